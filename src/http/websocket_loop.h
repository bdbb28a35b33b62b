/* websocket_loop.h — the sockets of one loop: what the loop and its connections call when one
 * opens, runs, is late, closes, or gets mail from another thread. */
#pragma once
#include "http/websocket.h"

struct Connection;
struct Exchange;
struct Loop;
typedef struct WebSockets WebSockets;

WebSockets *websockets_create(struct Loop *loop, unsigned loop_number);
void websockets_free(WebSockets *sockets);    /* NULL is fine */
void websockets_deliver(WebSockets *sockets); /* what other threads have sent */
void websockets_drain(WebSockets *sockets);   /* says 1001 to all */

/* Is there room for one more? Else the answer becomes 503. */
void websocket_admit(struct Exchange *exchange);

/* For a connection whose handshake has been answered. Each may end the connection. */
void websocket_open(struct Connection *connection, const struct Exchange *exchange);
/* True when no WebSocket is left and the connection only lingers. */
bool websocket_run(struct Connection *connection);
void websocket_expire(struct Connection *connection);
/* The connection closes: its socket goes. */
void websocket_close(struct Connection *connection);
