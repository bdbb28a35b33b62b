/* web_socket.h — WebTorrent over WebSocket at /announce: joins http/ and tracker/, which do not
 * know each other. Every socket of the route is one client of the tracker. */
#pragma once
#include "program.h"

void web_socket_connect(Program *program); /* the tracker learns how to reach sockets */

/* A WebSocket is wanted, and tracker.web is on. */
bool web_socket_is_asked(const Request *request);
Error web_socket_accept(const Request *request, Response *response);
