/* exchange_express.h — the short way of an announce: from the bytes that arrived straight to the
 * bytes that leave, on the loop, without an Exchange or a byte of memory. Only what is plain goes
 * it: a whole head, GET, HTTP/1.1, no body, one Host, nothing asked of the connection but to stay
 * or to close, a route with `express`. All else goes the way of exchange.c; what goes the short way
 * would be answered the same bytes there (tests/fuzz/exchange_express_fuzz.c). */
#pragma once
#include "base/limits.h"
#include "http/route.h"

struct Connection;
struct HttpServer;
struct Loop;

typedef struct {
    size_t len; /* with its empty line */
    Str path, query;
    bool closes;
    size_t header_count;
    HttpHeader headers[HTTP_HEADERS_MAX];
} ExpressHead;

/* False: not plain, or not all there. Pure. */
bool exchange_express_read(Str bytes, ExpressHead *ret_head);

void exchange_express_open(struct HttpServer *server); /* finds the routes that have it */

/* Requests that are answered together, so that none waits for memory alone: of one connection, or
 * one each of many. Owned by the loop. */
typedef struct {
    struct Connection *connection;
    bool closes;
    Str answer; /* head and body, once run */
} ExpressEntry;
typedef struct ExpressBatch {
    size_t count;
    RouteExpress express; /* of all of them */
    ExpressAsk asks[EXPRESS_BATCH_MAX];
    ExpressEntry entries[EXPRESS_BATCH_MAX];
    char *rooms;
    char start[160]; /* of a head, as of `started` */
    size_t start_len;
    Milliseconds started;
} ExpressBatch;
ExpressBatch *exchange_express_create(void);
void exchange_express_free(ExpressBatch *batch); /* NULL is fine */

/* Takes a request off the front of `bytes`, which must stay until the batch is run, and returns how
 * long it was; 0: the long way. Sets connection->closes when nothing may follow. */
size_t exchange_express_take(struct Connection *connection, Str bytes);
void exchange_express_run(struct Loop *loop); /* sets entries[].answer */
