#include "http/worker.h"

#include <assert.h>
#include <pthread.h>

#include "base/log.h"
#include "http/answer.h"
#include "http/engine.h"
#include "http/form_read.h"
#include "http/multipart.h"

typedef struct {
    pthread_t thread;
    WorkerPool *pool;
} Worker;

struct WorkerPool {
    HttpServer *server;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    Exchange *first, *last;
    size_t queued;
    bool stopping;
    unsigned count, running;
    Worker workers[];
};

WorkerPool *worker_pool_create(HttpServer *server, unsigned count) {
    WorkerPool *pool = calloc(1, sizeof *pool + count * sizeof pool->workers[0]);
    assert(pool);
    pool->server = server;
    pool->count = count;
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->wake, NULL);
    return pool;
}

bool worker_pool_submit(WorkerPool *pool, Exchange *exchange) {
    pthread_mutex_lock(&pool->lock);
    bool fits = pool->queued < HTTP_QUEUE_MAX;
    if (fits) {
        exchange->next = NULL;
        *(pool->last ? &pool->last->next : &pool->first) = exchange;
        pool->last = exchange;
        pool->queued++;
    }
    pthread_mutex_unlock(&pool->lock);
    /* Behind the lock: whom it wakes would only run into it. */
    if (fits) pthread_cond_signal(&pool->wake);
    return fits;
}

static Exchange *next_exchange(WorkerPool *pool) {
    pthread_mutex_lock(&pool->lock);
    while (!pool->first && !pool->stopping) pthread_cond_wait(&pool->wake, &pool->lock);
    Exchange *exchange = pool->first;
    if (exchange) {
        pool->first = exchange->next;
        if (!pool->first) pool->last = NULL;
        pool->queued--;
        exchange->next = NULL;
    }
    pthread_mutex_unlock(&pool->lock);
    return exchange;
}

static Error call_handler(Exchange *exchange) {
    Request *request = &exchange->request;
    Response *response = &exchange->response;
    const Route *route = request->route;
    const HttpGuard *guard = &exchange->server->settings.guard;
    if (route->inline_answer) {
        if (!route->bare) TRY(form_read_finish(request, exchange->multipart));
        return route->handler(request, response);
    }
    /* Who and whether they may come first: a stranger learns nothing about the form. */
    if (guard->identify) TRY(guard->identify(request, response));
    Error form_fault = exchange->body_fault;
    if (!failed(form_fault))
        form_fault = form_read_finish(request, exchange->multipart);
    else if (exchange->multipart)
        request->form = multipart_form(exchange->multipart); /* its token, if it came that far */
    if (guard->admit) TRY(guard->admit(request));
    TRY(form_fault);
    return route->handler(request, response);
}

static void render_error(Exchange *exchange, Error e) {
    Response *response = &exchange->response;
    const HttpGuard *guard = &exchange->server->settings.guard;
    int status = error_status(e.kind);
    bool ours = e.kind == ERROR_BROKEN;
    if (ours || e.kind == ERROR_UNAVAILABLE) /* a crowd is no fault; a strange version not ours */
        log_event(ours ? LOG_ERROR : LOG_WARNING, "request failed", {"id", exchange->request.id},
                  {"code", str_from_c(error_code(e))}, {"words", error_text(e, &exchange->arena)});
    response->status = status;
    response->body = (Str){0};
    response->no_store = true;
    if (status == 503) response_header(response, STR("Retry-After"), STR("2"));
    if (guard->render_error)
        guard->render_error(&exchange->request, e, response);
    else
        answer_plainly(response, status);
}

static void make_answer(Exchange *exchange) {
    Response *response = &exchange->response;
    Error e = exchange->fault;
    if (exchange->overflows)
        e = error(UNAVAILABLE, "too_much_memory",
                  "This request needs more memory than it may have.");
    if (!failed(e)) {
        e = call_handler(exchange);
        if (failed(e)) {
            /* What the handler had begun is forgotten, but not that a cookie was set or removed. */
            size_t kept = 0;
            for (size_t i = 0; i < response->header_count; i++)
                if (str_equal_nocase(response->headers[i].name, STR("set-cookie")))
                    response->headers[kept++] = response->headers[i];
            response->header_count = kept;
        }
    }
    if (failed(e)) render_error(exchange, e);
    answer_finish(exchange);
}

void worker_answer(Exchange *exchange, void *worker) {
    enum { ERROR_PAGE_BYTES = 4 * MIB, HEAD_ROOM_BYTES = 128 * KIB };
    jmp_buf overflow;
    exchange->request.worker = worker;
    exchange->arena.overflow = &overflow;
    if (setjmp(overflow) != 0) {
        /* The request itself lives in the arena: it stays, and the error page gets its own share.
         */
        exchange->overflows++;
        exchange->arena.cap = exchange->arena.used + ERROR_PAGE_BYTES;
        exchange->response.header_count = 0;
    }
    if (exchange->overflows < 2)
        make_answer(exchange);
    else
        answer_plainly(&exchange->response, 503);
    /* The head is written by the loop, which has nowhere to jump to. */
    exchange->arena.cap += HEAD_ROOM_BYTES;
    exchange->arena.overflow = NULL;
}

void worker_shed(Exchange *exchange) {
    atomic_fetch_add_explicit(&exchange->server->totals.shed, 1, memory_order_relaxed);
    exchange->fault =
        error(UNAVAILABLE, NULL, "The server has too much to do. Please try again soon.");
    worker_answer(exchange, NULL);
    worker_share(exchange);
}

static bool may_be_kept(const Response *response) {
    if (response->status != 200 || response->no_store) return false;
    for (size_t i = 0; i < response->header_count; i++)
        if (str_equal_nocase(response->headers[i].name, STR("set-cookie"))) return false;
    return true;
}

/* Hands the answer, or the work, to those who waited for it. */
void worker_share(Exchange *exchange) {
    HttpServer *server = exchange->server;
    if (!exchange->fills_cache) return;
    exchange->fills_cache = false;
    bool kept = may_be_kept(&exchange->response);
    Exchange *waiting = kept ? cache_fill(server->cache, exchange, clock_monotonic_ms())
                             : cache_abandon(server->cache, exchange);
    while (waiting) {
        Exchange *next = waiting->next;
        waiting->next = NULL;
        if (waiting->cached) {
            cache_answer(waiting->cached, &waiting->response);
            answer_condition(waiting);
            loop_post(waiting->loop, waiting);
        } else if (!worker_pool_submit(server->workers, waiting)) {
            worker_shed(waiting);
            loop_post(waiting->loop, waiting);
        }
        waiting = next;
    }
}

static void *run(void *argument) {
    Worker *self = argument;
    HttpServer *server = self->pool->server;
    const HttpServerSettings *settings = &server->settings;
    void *lent = settings->worker_open ? settings->worker_open(settings->site) : NULL;
    for (Exchange *exchange; (exchange = next_exchange(self->pool));) {
        worker_answer(exchange, lent);
        worker_share(exchange);
        answer_condition(exchange);
        exchange_log(exchange);
        loop_post(exchange->loop, exchange);
    }
    if (settings->worker_close) settings->worker_close(lent);
    return NULL;
}

Error worker_pool_start(WorkerPool *pool) {
    for (; pool->running < pool->count; pool->running++) {
        Worker *worker = &pool->workers[pool->running];
        worker->pool = pool;
        if (pthread_create(&worker->thread, NULL, run, worker) != 0)
            return error(BROKEN, "no_thread", "The system gives no more threads.");
    }
    return OK;
}

void worker_pool_stop(WorkerPool *pool) {
    pthread_mutex_lock(&pool->lock);
    pool->stopping = true;
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->lock);
    for (; pool->running > 0; pool->running--)
        pthread_join(pool->workers[pool->running - 1].thread, NULL);
}

void worker_pool_free(WorkerPool *pool) {
    if (!pool) return;
    worker_pool_stop(pool);
    pthread_mutex_destroy(&pool->lock);
    pthread_cond_destroy(&pool->wake);
    free(pool);
}
