/* loop.h — one thread, one epoll, one listener for each address (SO_REUSEPORT shares them between
 * loops). Never blocks but in epoll_wait. A connection lives and dies on the loop that accepted it.
 */
#pragma once
#include <pthread.h>
#include <stdatomic.h>

#include "http/connection.h"

enum {
    LOOP_LISTENERS_MAX = 16,
    LOOP_SLOT_BYTES = 2 * KIB, /* longer ones, and bursts, are read by themselves */
};

typedef enum {
    TIMER_HEAD,
    TIMER_IDLE,
    TIMER_BODY,
    TIMER_WRITE,
    TIMER_LINGER,
    TIMER_PING,
    TIMER_PONG,
    TIMER_MESSAGE,
    TIMER_TOO_FAST,
    TIMER_CLOSE, /* of WebSockets */
    TIMER_COUNT
} Timer;

typedef struct Loop {
    struct HttpServer *server;
    pthread_t thread;
    int epoll_fd, wake_fd, spare_fd;
    int listeners[LOOP_LISTENERS_MAX];
    size_t listener_count;
    DeadlineList timers[TIMER_COUNT];
    Milliseconds now;
    Connection *connections, *again;
    size_t connection_count, connections_max;
    Exchange *free_exchanges;
    size_t free_exchange_count, exchange_count;
    pthread_mutex_t inbox_lock;
    Exchange *inbox; /* answered elsewhere, last first */
    struct WebSockets *sockets;
    Seconds date_at;
    char date[32];
    bool draining;
    Milliseconds drain_ends_at;
    Milliseconds proxy_warned_at;
    _Atomic uint64_t requests;  /* only this loop adds */
    struct ExpressBatch *batch; /* taken, not yet answered */
    char *slots;                /* where first bytes of many connections stand meanwhile */
    char *input;                /* HTTP_READ_BYTES, of the connection that runs */
    size_t input_at, input_len;
} Loop;

MUST_USE Error loop_open(Loop *loop, struct HttpServer *server);
void loop_close(Loop *loop);
void *loop_run(void *loop);                   /* the thread */
void loop_post(Loop *loop, Exchange *answer); /* from any thread */
void loop_wake(Loop *loop);                   /* from any thread */

/* For connections of this loop. */
Exchange *loop_take_exchange(Loop *loop);
void loop_give_back(Loop *loop, Exchange *exchange);
Str loop_date(Loop *loop);
void loop_count_request(Loop *loop);
void loop_note_proxy_refused(Loop *loop, const char *why); /* counts, and now and then says so */
