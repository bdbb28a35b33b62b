/* server.h — the HTTP/1.1 server: sockets to Request, Response to sockets.
 * One epoll loop a listener thread, llhttp for the grammar, absolute deadlines, workers for
 * handlers that block. Owns its sockets and threads. What it serves (routes, guard, error pages) is
 * lent by the program at start. */
#pragma once
#include "base/histogram.h"
#include "base/listener.h"
#include "http/proxy.h"
#include "http/route.h"

typedef struct HttpServer HttpServer;

/* Where the server asks the rest of the program. All but `render_error` run on a worker thread. */
typedef struct {
    /* Who asks? Sets request->viewer (and language of the member, if the address has none). */
    Error (*identify)(Request *request, Response *response);
    /* May they? Checks route->who, scope, CSRF. Called after identify and after the form was read.
     */
    Error (*admit)(Request *request);
    /* Turns any error into a page or a problem document; also for faults found before a route was
     * known. */
    void (*render_error)(const Request *request, Error e, Response *response);
} HttpGuard;

/* One address to listen on, and whom to believe there. */
typedef struct {
    Endpoint endpoint;
    bool proxy_protocol; /* connections begin with a PROXY protocol header, from `trust` only */
    ProxyTrust trust;    /* whose X-Forwarded-For and X-Forwarded-Proto count */
} HttpListen;

typedef struct {
    const HttpListen *listen;
    size_t listen_count;
    unsigned loops, workers;
    const Route *routes; /* ends with a row without address */
    HttpGuard guard;
    void *site;
    void *(*worker_open)(void *site); /* once a worker thread, e.g. a read connection */
    void (*worker_close)(void *worker);
    const Str *hosts; /* names we answer to, with or without port; none: any (421 otherwise) */
    size_t host_count;
    bool secure;         /* the site's URL is https */
    bool limits_enabled; /* rate limits */
    bool log_addresses;
    Language language; /* default of the site */
    Milliseconds head_deadline_ms, body_deadline_ms, idle_deadline_ms,
        write_deadline_ms;                  /* 0: the defaults */
    size_t connections_max, websockets_max; /* 0: the defaults */
    unsigned websockets_per_address_max;    /* IPv6: of a /64; 0: no cap */
    Milliseconds websocket_ping_ms;         /* after that long in silence; 0: the default */
    Arena *arena; /* for the words of an error of create or start; NULL: they are less exact */
    ListenerSet *inherited; /* its listening sockets are taken before new ones are made; there are
                               at least as many loops as one address has of them. NULL is fine */
} HttpServerSettings;

MUST_USE Error http_server_create(const HttpServerSettings *settings, HttpServer **ret_server);
MUST_USE Error http_server_start(HttpServer *server);
void http_server_stop(
    HttpServer *server); /* no new connections, finishes requests under way, 10 s at most */
void http_server_free(HttpServer *server); /* NULL is fine */
uint16_t http_server_port(const HttpServer *server, size_t listen_index);

/* On reload, while it runs: hosts, secure, limits_enabled, log_addresses, language, and the trust
 * of listen[i] where it is the same address as before. Calls may not overlap. */
void http_server_change(HttpServer *server, const HttpServerSettings *settings);
void http_server_set_hosts(HttpServer *server, const Str *hosts, size_t count);

/* For a successor. Copies of the listening sockets: who connects waits there after the end. */
void http_server_list_sockets(const HttpServer *server, ListenerSet *set);
/* Connections on which nothing is being asked. Those of PROXY protocol addresses are left out:
 * whom they belong to was said once, at their beginning. */
typedef struct {
    int *fds;
    size_t count, room;
} HttpIdle;
/* As stop, but takes no more from the listening sockets, and gives idle connections away. */
void http_server_yield(HttpServer *server, HttpIdle *ret_idle);
/* Between create and start; takes them all, and closes those that come from none of its addresses.
 */
void http_server_adopt(HttpServer *server, HttpIdle *idle);
void http_idle_free(HttpIdle *idle); /* closes what is left */

void http_server_forget_cached(
    HttpServer *server); /* after a removal: the micro-cache starts anew */

typedef struct {
    uint64_t requests, errors, connections_open, rate_limited, shed, proxy_refused, websockets_open;
} HttpTotals;
HttpTotals http_server_totals(HttpServer *server);
/* How long requests of a kind took; those of no route count as LIMIT_NONE. */
HistogramCounts http_server_durations(HttpServer *server, RouteLimit limit);

/* Static files, embedded at build: "/assets/style.3f2a9c.css" served with a year of cache,
 * precompressed. */
typedef struct {
    const char *path;
    const char *content_type;
    Str plain, gzip, brotli, zstd; /* empty where it would not be smaller */
} HttpAsset;
void http_server_set_assets(HttpServer *server, const HttpAsset *assets, size_t count);
