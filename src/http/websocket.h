/* websocket.h — WebSockets on the loops (RFC 6455). A route whose request asks for one accepts it;
 * from then on the connection carries messages instead of requests. No extensions, no
 * sub-protocols. A client must mask, keep to the grammar, answer pings and read what it is sent:
 * else it is closed with a code that says why, or cut off. Who sends too fast is read later.
 *
 * A socket is named by a number that is never used again, so anybody may keep it: sending to one
 * that is gone does nothing. Any thread may send; the bytes travel to the socket's own loop. */
#pragma once
#include "http/server.h"
#include "http/websocket_frame.h"

typedef uint64_t WebSocketId;

/* What is done with a route's sockets. `site` is HttpServerSettings.site. Called on the socket's
 * loop, one call at a time for one socket: must never block. */
typedef struct WebSocketHandler {
    void *(*opened)(void *site, WebSocketId socket, IpAddress client); /* returns what is `lent` */
    void (*message)(void *lent, Str bytes); /* text is well-formed UTF-8; bytes are not kept */
    void (*closed)(void *lent);             /* the last call */
} WebSocketHandler;

/* Does the request want a WebSocket? Then the handler of an inline route may accept it. What is
 * wrong with its handshake is answered 400, or 426 for another version than 13. */
bool websocket_is_asked(const Request *request);
Error websocket_accept(const Request *request, Response *response, const WebSocketHandler *handler);

/* One text message. False when there is no memory left for the unsent. */
bool websocket_send(HttpServer *server, WebSocketId socket, Str text);
