/* worker.h — the threads on which handlers may block, and the one place where a request is turned
 * into an answer: identify, form, admit, handler, error page, ETag, compression.
 * Owns its threads and what the program lends each of them. The queue is bounded: what does not fit
 * is refused at once, so that a flood cannot make everybody wait. */
#pragma once
#include "http/exchange.h"
#include "http/server.h"

typedef struct WorkerPool WorkerPool;

WorkerPool *worker_pool_create(struct HttpServer *server, unsigned count);
MUST_USE Error worker_pool_start(WorkerPool *pool);
bool worker_pool_submit(WorkerPool *pool, Exchange *exchange); /* false: full */
void worker_pool_stop(WorkerPool *pool); /* finishes what is queued, then joins */
void worker_pool_free(WorkerPool *pool); /* NULL is fine */

/* Also called by loops: for inline routes and for faults. Catches an arena that overflows. */
void worker_answer(Exchange *exchange, void *worker);
void worker_shed(Exchange *exchange); /* answers 503: there is too much to do */
/* Keeps the answer in the micro-cache if others wait for it, and serves them. */
void worker_share(Exchange *exchange);
