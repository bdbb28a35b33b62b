#include "http/loop.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/log.h"
#include "http/engine.h"
#include "http/exchange_express.h"
#include "http/websocket_loop.h"

enum {
    EVENTS_PER_TURN = 256,
    ACCEPTS_PER_TURN = 64,
    FREE_EXCHANGES_KEPT = 32,
    BACKLOG = 4096,
    TURN_MS_MAX = 1000,
    DRAIN_MS = 10000,
    LINGER_MS = 2000,
    SOCKET_MESSAGE_MS = 10000,
    SOCKET_TOO_FAST_MS = 1000,
    SOCKET_CLOSE_MS = 3000,
    BODY_CHECK_MS = 5000,
    PROXY_WARNING_MS = 60000,
};

static Error system_error(const char *words, const Endpoint *endpoint, Arena *arena) {
    Str address = endpoint ? endpoint_write(arena, *endpoint) : (Str){0};
    return error(UNAVAILABLE, "cannot_listen", words, address,
                 arena_copy(arena, str_from_c(strerror(errno))));
}

/* SO_REUSEPORT would let a second server of ours quietly take half of the connections: so the first
 * loop asks without it whether the address is free. */
static Error check_free(Endpoint endpoint, Arena *arena) {
    struct sockaddr_storage address;
    socklen_t len = endpoint_to_sockaddr(endpoint, &address);
    int one = 1;
    int fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool is_free = fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) == 0;
    if (is_free && address.ss_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
    is_free = is_free && bind(fd, (struct sockaddr *)&address, len) == 0;
    Error e = is_free ? OK : system_error("Cannot listen on {}: {}", &endpoint, arena);
    if (fd >= 0) close(fd);
    return e;
}

static bool listen_on(int fd, const struct sockaddr_storage *address, socklen_t len) {
    int one = 1;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) != 0) return false;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one) != 0) return false;
    if (address->ss_family == AF_INET6 &&
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one) != 0)
        return false;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one); /* connections inherit it */
    return bind(fd, (const struct sockaddr *)address, len) == 0 && listen(fd, BACKLOG) == 0;
}

static int make_listener(Endpoint endpoint) {
    struct sockaddr_storage address;
    socklen_t len = endpoint_to_sockaddr(endpoint, &address);
    int fd = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || listen_on(fd, &address, len)) return fd;
    int cause = errno;
    close(fd);
    errno = cause;
    return -1;
}

/* One that was bound before us, or one of our own. Whoever bound the first may not share the port:
 * then all loops wait on that one. */
static int take_listener(const Loop *loop, size_t i, Endpoint endpoint) {
    int one = 1, fd = listener_set_take(loop->server->settings.inherited, LISTENER_TCP, endpoint);
    if (fd >= 0) {
        int flags = fcntl(fd, F_GETFL);
        fcntl(fd, F_SETFL, (flags < 0 ? 0 : flags) | O_NONBLOCK);
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        return fd;
    }
    fd = make_listener(endpoint);
    const Loop *first = loop->server->loops;
    if (fd >= 0 || errno != EADDRINUSE || loop == first) return fd;
    return fcntl(first->listeners[i], F_DUPFD_CLOEXEC, 0);
}

static Error open_listener(Loop *loop, size_t i) {
    HttpServer *server = loop->server;
    Endpoint endpoint = server->settings.listen[i].endpoint;
    if (server->ports[i] != 0)
        endpoint.port = server->ports[i];
    else if (listener_set_count(server->settings.inherited, LISTENER_TCP, endpoint) == 0)
        TRY(check_free(endpoint, &server->arena));
    int fd = take_listener(loop, i, endpoint);
    if (fd < 0) return system_error("Cannot listen on {}: {}", &endpoint, &server->arena);
    struct sockaddr_storage address;
    socklen_t len = sizeof address;
    getsockname(fd, (struct sockaddr *)&address, &len);
    server->ports[i] = endpoint_from_sockaddr(&address).port;
    loop->listeners[loop->listener_count++] = fd;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = &loop->listeners[i]};
    if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0)
        return system_error("Cannot listen on {}: {}", &endpoint, &server->arena);
    return OK;
}

Error loop_open(Loop *loop, HttpServer *server) {
    const HttpServerSettings *settings = &server->settings;
    *loop = (Loop){.server = server, .epoll_fd = -1, .wake_fd = -1, .spare_fd = -1};
    pthread_mutex_init(&loop->inbox_lock, NULL);
    loop->sockets = websockets_create(loop, (unsigned)(loop - server->loops));
    loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    loop->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    loop->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    loop->input = malloc(HTTP_READ_BYTES);
    loop->slots = malloc((size_t)EXPRESS_BATCH_MAX * LOOP_SLOT_BYTES);
    loop->batch = exchange_express_create();
    assert(loop->input && loop->slots);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = &loop->wake_fd};
    if (loop->epoll_fd < 0 || loop->wake_fd < 0 ||
        epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, loop->wake_fd, &event) != 0)
        return error(BROKEN, "no_descriptors", "The system gives no more file descriptors.");
    loop->connections_max = settings->connections_max / settings->loops + 1;
    loop->timers[TIMER_HEAD].span_ms = settings->head_deadline_ms;
    loop->timers[TIMER_IDLE].span_ms = settings->idle_deadline_ms;
    loop->timers[TIMER_BODY].span_ms =
        settings->body_deadline_ms < BODY_CHECK_MS ? settings->body_deadline_ms : BODY_CHECK_MS;
    loop->timers[TIMER_WRITE].span_ms = settings->write_deadline_ms;
    loop->timers[TIMER_LINGER].span_ms = LINGER_MS;
    loop->timers[TIMER_PING].span_ms = settings->websocket_ping_ms;
    loop->timers[TIMER_PONG].span_ms = settings->websocket_ping_ms;
    loop->timers[TIMER_MESSAGE].span_ms = SOCKET_MESSAGE_MS;
    loop->timers[TIMER_TOO_FAST].span_ms = SOCKET_TOO_FAST_MS;
    loop->timers[TIMER_CLOSE].span_ms = SOCKET_CLOSE_MS;
    for (size_t i = 0; i < settings->listen_count; i++) TRY(open_listener(loop, i));
    return OK;
}

static void close_fd(int *fd) {
    if (*fd >= 0) close(*fd);
    *fd = -1;
}

static void close_listeners(Loop *loop) {
    for (size_t i = 0; i < loop->listener_count; i++) {
        /* A successor may hold the same socket: closing alone would not end the events. */
        epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, loop->listeners[i], NULL);
        close_fd(&loop->listeners[i]);
    }
    loop->listener_count = 0;
}

void loop_close(Loop *loop) {
    if (!loop->server) return;
    while (loop->connections) connection_close(loop->connections);
    websockets_free(loop->sockets);
    close_listeners(loop);
    close_fd(&loop->epoll_fd);
    close_fd(&loop->wake_fd);
    close_fd(&loop->spare_fd);
    while (loop->free_exchanges) {
        Exchange *exchange = loop->free_exchanges;
        loop->free_exchanges = exchange->next;
        exchange_free(exchange);
    }
    pthread_mutex_destroy(&loop->inbox_lock);
    free(loop->input);
    free(loop->slots);
    exchange_express_free(loop->batch);
    loop->server = NULL;
}

void loop_count_request(Loop *loop) {
    uint64_t count = atomic_load_explicit(&loop->requests, memory_order_relaxed);
    atomic_store_explicit(&loop->requests, count + 1, memory_order_relaxed);
}

Exchange *loop_take_exchange(Loop *loop) {
    Exchange *exchange = loop->free_exchanges;
    loop_count_request(loop);
    loop->exchange_count++;
    if (!exchange) {
        exchange = exchange_create(loop->server);
        exchange->loop = loop;
        return exchange;
    }
    loop->free_exchanges = exchange->next;
    loop->free_exchange_count--;
    exchange->next = NULL;
    return exchange;
}

void loop_give_back(Loop *loop, Exchange *exchange) {
    if (exchange->response.status >= 500)
        atomic_fetch_add_explicit(&loop->server->totals.errors, 1, memory_order_relaxed);
    loop->exchange_count--;
    if (loop->free_exchange_count == FREE_EXCHANGES_KEPT) {
        exchange_free(exchange);
        return;
    }
    exchange_clear(exchange);
    exchange->next = loop->free_exchanges;
    loop->free_exchanges = exchange;
    loop->free_exchange_count++;
}

Str loop_date(Loop *loop) {
    Seconds now = clock_now();
    if (now != loop->date_at) {
        Arena arena = arena_create(256);
        Str date = clock_http_date(&arena, now);
        assert(date.len < sizeof loop->date);
        memcpy(loop->date, date.at, date.len);
        loop->date[date.len] = '\0';
        loop->date_at = now;
        arena_free(&arena);
    }
    return str_from_c(loop->date);
}

void loop_note_proxy_refused(Loop *loop, const char *why) {
    atomic_fetch_add_explicit(&loop->server->totals.proxy_refused, 1, memory_order_relaxed);
    if (loop->proxy_warned_at && loop->now - loop->proxy_warned_at < PROXY_WARNING_MS) return;
    loop->proxy_warned_at = loop->now;
    log_event(LOG_WARNING, "proxied connection refused", {"why", str_from_c(why)});
}

void loop_wake(Loop *loop) {
    uint64_t one = 1;
    (void)!write(loop->wake_fd, &one, sizeof one);
}

void loop_post(Loop *loop, Exchange *answer) {
    pthread_mutex_lock(&loop->inbox_lock);
    bool was_empty = loop->inbox == NULL;
    answer->next = loop->inbox;
    loop->inbox = answer;
    /* Under the lock: past it the loop may already be closing. */
    if (was_empty) loop_wake(loop);
    pthread_mutex_unlock(&loop->inbox_lock);
}

static void empty_inbox(Loop *loop) {
    pthread_mutex_lock(&loop->inbox_lock);
    Exchange *answers = loop->inbox, *in_order = NULL;
    loop->inbox = NULL;
    pthread_mutex_unlock(&loop->inbox_lock);
    while (answers) {
        Exchange *next = answers->next;
        answers->next = in_order;
        in_order = answers;
        answers = next;
    }
    while (in_order) {
        Exchange *next = in_order->next;
        in_order->next = NULL;
        connection_take_back(in_order);
        in_order = next;
    }
}

/* Whoever has waited longest without asking anything makes room for who comes now. */
static bool drop_idlest(Loop *loop) {
    Deadline *oldest = loop->timers[TIMER_IDLE].first;
    if (!oldest) return false;
    connection_close((Connection *)oldest);
    return true;
}

/* Without a descriptor left the queue would stay full and the loop spin: the spare one is given up
 * for a moment, to accept the connection and close it. */
static void accept_and_close(Loop *loop, int listener) {
    close_fd(&loop->spare_fd);
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd >= 0) close(fd);
    loop->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void accept_some(Loop *loop, size_t listener) {
    int listener_fd = loop->listeners[listener];
    for (unsigned i = 0; i < ACCEPTS_PER_TURN; i++) {
        struct sockaddr_storage address;
        socklen_t len = sizeof address;
        int fd =
            accept4(listener_fd, (struct sockaddr *)&address, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0 && (errno == EMFILE || errno == ENFILE)) {
            if (!drop_idlest(loop)) accept_and_close(loop, listener_fd);
            continue;
        }
        if (fd < 0 && (errno == ECONNABORTED || errno == EINTR || errno == EPROTO)) continue;
        if (fd < 0) return;
        if (loop->connection_count >= loop->connections_max && !drop_idlest(loop)) {
            close(fd);
            continue;
        }
        connection_open(loop, fd, listener, endpoint_from_sockaddr(&address).ip);
    }
}

/* What has not begun yet is the successor's. */
static void give_idle_away(Loop *loop) {
    for (Connection *connection = loop->connections, *next; connection; connection = next) {
        next = connection->next;
        const HttpListen *listen = &loop->server->settings.listen[connection->listener];
        if (connection_is_idle(connection) && !listen->proxy_protocol)
            connection_give_away(connection);
    }
}

static void begin_drain(Loop *loop) {
    bool yields = atomic_load_explicit(&loop->server->yielding, memory_order_relaxed);
    loop->draining = true;
    loop->drain_ends_at = loop->now + DRAIN_MS;
    for (size_t i = 0; !yields && i < loop->listener_count; i++) accept_some(loop, i);
    close_listeners(loop);
    if (yields) give_idle_away(loop);
    for (Connection *connection = loop->connections, *next; connection; connection = next) {
        next = connection->next;
        if (connection_is_idle(connection) && !connection->readable) {
            /* What has arrived already is still answered. */
            connection->readable = true;
            connection_run(connection);
        }
    }
    for (Connection *connection = loop->connections, *next; connection; connection = next) {
        next = connection->next;
        if (connection_is_idle(connection) || connection->state == CONNECTION_PROXY)
            connection_close(connection);
    }
    websockets_drain(loop->sockets);
}

static void expire(Loop *loop) {
    for (Timer timer = 0; timer < TIMER_COUNT; timer++)
        for (Deadline *deadline; (deadline = deadline_expired(&loop->timers[timer], loop->now));)
            connection_expire((Connection *)deadline);
}

static int turn_ms(const Loop *loop) {
    Milliseconds wait = TURN_MS_MAX;
    if (loop->again) return 0;
    for (Timer timer = 0; timer < TIMER_COUNT; timer++) {
        const Deadline *first = loop->timers[timer].first;
        if (first && first->at - loop->now < wait) wait = first->at - loop->now;
    }
    return wait < 0 ? 0 : (int)wait;
}

static void run_again(Loop *loop) {
    /* Those that ask for yet another turn join a new list. */
    Connection *batch = loop->again;
    size_t count = 0;
    for (Connection *connection = batch; connection; connection = connection->next_again) count++;
    while (count-- > 0 && loop->again) {
        Connection *connection = loop->again;
        loop->again = connection->next_again;
        connection->is_again = false;
        connection_run(connection);
    }
}

static bool is_listener(const Loop *loop, const void *pointer) {
    return pointer >= (const void *)loop->listeners &&
           pointer < (const void *)(loop->listeners + LOOP_LISTENERS_MAX);
}

/* The connection the event is of; NULL: something else woke us. */
static Connection *note_event(Loop *loop, const struct epoll_event *event) {
    if (is_listener(loop, event->data.ptr)) return NULL;
    if (event->data.ptr == &loop->wake_fd) {
        uint64_t count;
        (void)!read(loop->wake_fd, &count, sizeof count);
        return NULL;
    }
    Connection *connection = event->data.ptr;
    if (event->events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) connection->readable = true;
    if (event->events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) connection->hung_up = true;
    if (event->events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) connection->writable = true;
    return connection;
}

/* Announces first, many at a time; then the rest, one by one. */
static void handle_events(Loop *loop, const struct epoll_event *events, int count) {
    Connection *rest[EVENTS_PER_TURN];
    size_t rest_count = 0;
    for (int i = 0; i < count; i++) {
        Connection *connection = note_event(loop, &events[i]);
        if (connection && !connection_join_batch(connection)) rest[rest_count++] = connection;
        if (loop->batch->count == EXPRESS_BATCH_MAX) connection_answer_batch(loop);
    }
    if (loop->batch->count) connection_answer_batch(loop);
    for (size_t i = 0; i < rest_count; i++) connection_run(rest[i]);
}

static void turn(Loop *loop) {
    struct epoll_event events[EVENTS_PER_TURN];
    int count = epoll_wait(loop->epoll_fd, events, EVENTS_PER_TURN, turn_ms(loop));
    loop->now = clock_monotonic_ms();
    /* A connection is only ever freed by its own event, by the inbox, a deadline or a newcomer: the
     * latter three come after all events, so none of them points to freed memory. */
    handle_events(loop, events, count);
    run_again(loop);
    empty_inbox(loop);
    websockets_deliver(loop->sockets);
    expire(loop);
    for (int i = 0; i < count; i++)
        if (is_listener(loop, events[i].data.ptr) && !loop->draining)
            accept_some(loop, (size_t)((int *)events[i].data.ptr - loop->listeners));
    if (!loop->draining && atomic_load_explicit(&loop->server->stopping, memory_order_acquire))
        begin_drain(loop);
}

void *loop_run(void *argument) {
    Loop *loop = argument;
    loop->now = clock_monotonic_ms();
    while (!loop->draining || (loop->connections && loop->now < loop->drain_ends_at)) turn(loop);
    for (Connection *connection = loop->connections, *next; connection; connection = next) {
        next = connection->next;
        if (connection->state != CONNECTION_CLOSED) connection_close(connection);
    }
    /* Requests that workers still hold come back before their memory may go. */
    while (loop->connections) turn(loop);
    return NULL;
}
