/* response.h — what a handler answers. The server adds framing, security headers, ETag,
 * compression, request id. */
#pragma once
#include "base/text.h"
#include "http/request.h"

enum { RESPONSE_HEADERS_MAX = 20 };

typedef struct Response {
    Arena *arena;
    int status; /* 200 unless set */
    Str content_type;
    Str body;
    HttpHeader headers[RESPONSE_HEADERS_MAX];
    size_t header_count;
    const struct WebSocketHandler *websocket; /* what a 101 leads to: websocket_accept sets it */
    bool no_store; /* personal: never kept by caches. Set for every answer to a signed-in person */
} Response;

void response_body(Response *response, Str content_type, Str body);
void response_header(Response *response, Str name,
                     Str value); /* control characters are a programmer's error */
/* 303 to a path of this site ("/en/login"): anything else is a programmer's error. */
void response_redirect(Response *response, Str path);
void response_redirect_permanent(Response *response, Str path); /* 308 */

typedef struct {
    Str name, value;   /* "session" becomes __Host-session on a secure site */
    Seconds max_age_s; /* 0: until the browser closes; -1: remove */
} Cookie;
/* Always Path=/, HttpOnly, SameSite=Lax, Secure where the site is. */
void response_cookie(Response *response, const Request *request, const Cookie *cookie);
