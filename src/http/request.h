/* request.h — one HTTP request, complete and checked, as a handler sees it.
 * Everything in it lives in `arena` or in the connection's buffer until the answer is sent. */
#pragma once
#include "base/address.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/language.h"

typedef enum {
    HTTP_GET,
    HTTP_HEAD,
    HTTP_POST,
    HTTP_PUT,
    HTTP_DELETE,
    HTTP_OPTIONS,
    HTTP_METHOD_COUNT
} HttpMethod;

typedef struct {
    Str name, value;
} HttpHeader;

enum { ROUTE_VALUES_MAX = 4 };

struct Route;
struct Form;

typedef struct Request {
    Arena *arena;
    HttpMethod method;
    Str target;       /* as sent: "/en/search?q=a%20b" */
    Str path;         /* decoded, no query */
    Str query;        /* behind '?', undecoded */
    Str host;         /* checked against the site's own */
    bool secure;      /* TLS at the trusted proxy */
    bool may_upgrade; /* the connection may become a WebSocket */
    IpAddress client; /* behind trusted proxies: the real one */
    Str id;           /* for the log and the error page */
    Seconds now;
    const HttpHeader *headers;
    size_t header_count;
    Str body; /* empty for streamed multipart: see form */
    const struct Route *route;
    Str values[ROUTE_VALUES_MAX]; /* of the address' {places}, decoded, in order */
    Language language;            /* of the address; else of cookie, Accept-Language, default */
    const struct Form *form;      /* NULL when the route declares none */
    void *site;                   /* what the program lent the server: HttpServerSettings.site */
    void *worker;                 /* what it lent this worker thread (a read connection):
                                     HttpServerSettings.worker_open */
    void *viewer;                 /* who asks: set by the guard */
} Request;

Str request_header(const Request *request, Str name); /* case-insensitive; empty when absent */
Str request_cookie(const Request *request, Str name); /* empty when absent */
/* Sec-Fetch-Site, else Origin, name our own site. For every request that changes something;
 * requests with neither pass, and rest on their CSRF token. */
bool request_comes_from_here(const Request *request);
bool request_wants_json(const Request *request); /* under /api/ */
/* A value of the address by the name of its place, "" when the route has none. */
Str request_value(const Request *request, const char *name);
