/* exchange.h — one request and its answer on their way through the server: from the loop that read
 * it, perhaps to a worker, back to the same loop, out. Exactly one thread holds an exchange at a
 * time; handing it over (worker queue, loop's inbox) is the only synchronisation it needs.
 * Owns the arena of the request, its body and its reference to the cache. */
#pragma once
#include "http/compress.h"
#include "http/gather.h"
#include "http/parse.h"
#include "http/route.h"

struct Connection;
struct HttpServer;
struct CacheEntry;
struct Multipart;
struct Loop;

typedef struct Exchange {
    struct Exchange *next; /* in the one list that holds it now */
    struct HttpServer *server;
    struct Loop *loop;
    struct Connection *connection;
    Arena arena;
    unsigned overflows; /* of the arena: the second one is answered in plain words */
    Request request;
    Response response;
    HttpHeader headers[HTTP_HEADERS_MAX];
    Parser parser;
    Gather body;
    size_t body_reserved; /* of HTTP_BODIES_BYTES_MAX */
    uint64_t body_seen;
    struct Multipart *multipart; /* NULL: the body is not one */
    Error body_fault;            /* of the form as a whole, found while reading */
    Error fault;                 /* found before the handler: answered in its place */
    bool head_only, closes, is_asset;
    Encoding encoding; /* what the client prefers */
    struct CacheEntry *cached;
    bool fills_cache; /* others wait for this answer */
    int64_t started_us;

    Str head; /* of the answer, written */
    size_t sent;
} Exchange;

Exchange *exchange_create(struct HttpServer *server);
void exchange_clear(Exchange *exchange); /* for the next request; gives back all it holds */
void exchange_free(Exchange *exchange);  /* NULL is fine */

/* Reads the head into exchange->request and decides what it is about: route, client, host, limits.
 * Whatever is wrong with it ends up in exchange->fault. */
void exchange_open(Exchange *exchange, Str head);
/* Is the body wanted at all? Sets where its bytes go. Faults as above. */
void exchange_expect_body(Exchange *exchange);
/* A fault found by the loop itself: a deadline, a scan. */
void exchange_refuse(Exchange *exchange, Error e);
/* Decides how the request is answered once complete. */
typedef enum {
    EXCHANGE_ANSWERED, /* the response is set */
    EXCHANGE_ELSEWHERE /* a worker or another request's answer will: it comes back by the inbox */
} ExchangeFate;
ExchangeFate exchange_settle(Exchange *exchange);
/* Writes head and framing for what is in exchange->response. */
void exchange_write_head(Exchange *exchange, Str date);
void exchange_log(const Exchange *exchange);
