#include "http/connection.h"

#include <assert.h>
#include <errno.h>
#include <linux/sockios.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/heap.h"
#include "base/log.h"
#include "http/engine.h"
#include "http/exchange_express.h"
#include "http/proxy_protocol.h"
#include "http/websocket_loop.h"

/* What one step of a connection led to. */
typedef enum { STEP_ON, STEP_WAIT, STEP_GONE } Step;

enum { FILLS_PER_TURN = 16, BLANK_LINES_MAX = 4 };

bool connection_is_idle(const Connection *connection) {
    return connection->state <= CONNECTION_HEAD && connection->kept_len == 0;
}

static void arm(Connection *connection, Timer timer) {
    Loop *loop = connection->loop;
    connection->progress = 0;
    deadline_arm(&connection->deadline, &loop->timers[timer], loop->now);
}

static bool is_armed(const Connection *connection, Timer timer) {
    return connection->deadline.list == &connection->loop->timers[timer];
}

void connection_open(Loop *loop, int fd, size_t listener, IpAddress peer) {
    const HttpListen *listen = &loop->server->settings.listen[listener];
    if (listen->proxy_protocol &&
        !proxy_is_trusted(engine_policy(loop->server)->trust[listener], peer)) {
        loop_note_proxy_refused(loop, "it does not come from a trusted address");
        close(fd);
        return;
    }
    Connection *connection = heap_new(1, sizeof *connection);
    *connection = (Connection){.loop = loop,
                               .fd = fd,
                               .state = listen->proxy_protocol ? CONNECTION_PROXY : CONNECTION_HEAD,
                               .listener = (uint8_t)listener,
                               .peer = peer,
                               .next = loop->connections,
                               .writable = true};
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
                                .data.ptr = connection};
    if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0) {
        close(fd);
        heap_free(connection);
        return;
    }
    if (loop->connections) loop->connections->previous = connection;
    loop->connections = connection;
    loop->connection_count++;
    atomic_fetch_add_explicit(&loop->server->totals.connections_open, 1, memory_order_relaxed);
    arm(connection, listen->proxy_protocol ? TIMER_HEAD : TIMER_IDLE);
}

static void forget_again(Connection *connection) {
    Connection **at = &connection->loop->again;
    if (!connection->is_again) return;
    while (*at != connection) at = &(*at)->next_again;
    *at = connection->next_again;
}

static void release(Connection *connection) {
    Loop *loop = connection->loop;
    *(connection->previous ? &connection->previous->next : &loop->connections) = connection->next;
    if (connection->next) connection->next->previous = connection->previous;
    loop->connection_count--;
    heap_free(connection);
}

void connection_close(Connection *connection) {
    Loop *loop = connection->loop;
    bool elsewhere = connection->state == CONNECTION_ELSEWHERE;
    assert(connection->state != CONNECTION_CLOSED);
    if (connection->socket) websocket_close(connection);
    deadline_disarm(&connection->deadline);
    forget_again(connection);
    connection->is_again = false;
    if (connection->fd >= 0) close(connection->fd);
    connection->fd = -1;
    heap_free(connection->kept);
    heap_free(connection->unsent);
    connection->kept = connection->unsent = NULL;
    connection->state = CONNECTION_CLOSED;
    atomic_fetch_sub_explicit(&loop->server->totals.connections_open, 1, memory_order_relaxed);
    if (elsewhere) return;
    if (connection->exchange) loop_give_back(loop, connection->exchange);
    release(connection);
}

void connection_give_away(Connection *connection) {
    Loop *loop = connection->loop;
    /* The socket lives on elsewhere, and would go on to wake us. */
    epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, connection->fd, NULL);
    engine_give_away(loop->server, connection->fd);
    connection->fd = -1;
    connection_close(connection);
}

void connection_linger(Connection *connection) {
    shutdown(connection->fd, SHUT_WR);
    connection->state = CONNECTION_LINGERING;
    arm(connection, TIMER_LINGER);
}

static Str input(const Loop *loop) { return (Str){loop->input + loop->input_at, loop->input_len}; }

static void consume(Loop *loop, size_t len) {
    loop->input_at += len;
    loop->input_len -= len;
}

/* Reads more behind what is there already. */
static Step fill(Connection *connection) {
    Loop *loop = connection->loop;
    if (!connection->readable) return STEP_WAIT;
    if (loop->input_at > 0) {
        memmove(loop->input, loop->input + loop->input_at, loop->input_len);
        loop->input_at = 0;
    }
    size_t room = HTTP_READ_BYTES - loop->input_len;
    assert(room > 0);
    ssize_t got = recv(connection->fd, loop->input + loop->input_len, room, 0);
    if (got > 0) {
        loop->input_len += (size_t)got;
        /* A short read emptied the socket: the next bytes, unlike an end already seen, are told. */
        if ((size_t)got < room && !connection->hung_up) connection->readable = false;
        connection->progress += (size_t)got;
        return STEP_ON;
    }
    if (got < 0 && errno == EINTR) return STEP_ON;
    if (got < 0 && errno == EAGAIN) {
        connection->readable = false;
        return STEP_WAIT;
    }
    connection_close(connection);
    return STEP_GONE;
}

static Step settle(Connection *connection) {
    Loop *loop = connection->loop;
    Exchange *exchange = connection->exchange;
    if (loop->draining) exchange->closes = true;
    deadline_disarm(&connection->deadline);
    if (exchange_settle(exchange) == EXCHANGE_ELSEWHERE) {
        connection->state = CONNECTION_ELSEWHERE;
        return STEP_WAIT;
    }
    exchange_log(exchange);
    exchange_write_head(exchange, loop_date(loop));
    connection->state = CONNECTION_WRITING;
    return STEP_ON;
}

static Exchange *begin_exchange(Connection *connection) {
    Exchange *exchange = loop_take_exchange(connection->loop);
    exchange->connection = connection;
    exchange->request = (Request){0};
    exchange->parser = (Parser){0};
    connection->exchange = exchange;
    return exchange;
}

/* The request cannot go on: says so and closes, for what follows on this connection is unclear. */
static Step refuse(Connection *connection, Error e) {
    Exchange *exchange = connection->exchange ? connection->exchange : begin_exchange(connection);
    exchange_refuse(exchange, e);
    exchange->closes = true;
    return settle(connection);
}

static Step after_head(Connection *connection, Str head) {
    static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
    Loop *loop = connection->loop;
    Exchange *exchange = begin_exchange(connection);
    exchange_open(exchange, head);
    consume(loop, head.len);
    connection->scan = (HeadScan){0};
    connection->blank_lines = 0;
    exchange_expect_body(exchange);
    if (failed(exchange->fault) && !exchange->parser.done) exchange->closes = true;
    if (failed(exchange->fault) || exchange->parser.done) return settle(connection);
    connection->state = CONNECTION_BODY;
    connection->body_ends_at = loop->now + loop->server->settings.body_deadline_ms;
    arm(connection, TIMER_BODY);
    if (exchange->parser.expects_continue && loop->input_len == 0)
        (void)!send(connection->fd, go_on, sizeof go_on - 1, MSG_NOSIGNAL);
    return STEP_ON;
}

/* What the client has acknowledged: the kernel's buffer may be full for long while it still reads.
 */
static uint64_t acknowledged(const Connection *connection) {
    int queued = 0;
    if (ioctl(connection->fd, SIOCOUTQ, &queued) != 0) return 0;
    return (uint64_t)queued < connection->sent ? connection->sent - (uint64_t)queued : 0;
}

static void arm_write(Connection *connection) {
    arm(connection, TIMER_WRITE);
    connection->progress = acknowledged(connection);
}

static Step after_failed_send(Connection *connection) {
    if (errno == EINTR) return STEP_ON;
    if (errno == EAGAIN) {
        connection->writable = false;
        if (!is_armed(connection, TIMER_WRITE)) arm_write(connection);
        return STEP_WAIT;
    }
    connection_close(connection);
    return STEP_GONE;
}

static Step after_flush(Connection *connection) {
    connection->state = CONNECTION_HEAD;
    if (!connection->closes) {
        arm(connection, TIMER_IDLE);
        return STEP_ON;
    }
    if (connection->loop->input_len > 0 || connection->kept_len > 0) {
        connection_linger(connection);
        return STEP_ON;
    }
    connection_close(connection);
    return STEP_GONE;
}

static void keep_unsent(Connection *connection, const struct iovec *parts, size_t count,
                        size_t done) {
    size_t len = 0;
    for (size_t i = 0; i < count; i++) len += parts[i].iov_len;
    connection->unsent_at = (uint32_t)done;
    connection->unsent_len = (uint32_t)len;
    connection->unsent = heap_new(len, 1);
    len = 0;
    for (size_t i = 0; i < count; len += parts[i++].iov_len)
        memcpy(connection->unsent + len, parts[i].iov_base, parts[i].iov_len);
    connection->state = CONNECTION_FLUSHING;
    connection->writable = true; /* the next step finds out */
}

/* They leave together; what the kernel does not take waits for the reader. */
static Step send_answers(Connection *connection, const ExpressEntry *entries, size_t count) {
    struct iovec parts[EXPRESS_BATCH_MAX];
    size_t len = 0;
    for (size_t i = 0; i < count; i++) {
        Str answer = entries[i].answer;
        parts[i] = (struct iovec){(void *)(uintptr_t)answer.at, answer.len};
        len += answer.len;
    }
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = count};
    ssize_t sent = count == 1
                       ? send(connection->fd, parts[0].iov_base, parts[0].iov_len, MSG_NOSIGNAL)
                       : sendmsg(connection->fd, &message, MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN && errno != EINTR) {
        connection_close(connection);
        return STEP_GONE;
    }
    size_t done = sent > 0 ? (size_t)sent : 0;
    connection->sent += done;
    if (done == len) return after_flush(connection);
    keep_unsent(connection, parts, count, done);
    return STEP_ON;
}

/* Answers a burst of this connection. */
static Step flush(Connection *connection) {
    ExpressBatch *batch = connection->loop->batch;
    size_t count = batch->count;
    exchange_express_run(connection->loop);
    batch->count = 0;
    connection->bursts = count > 1;
    return send_answers(connection, batch->entries, count);
}

static Step flush_rest(Connection *connection) {
    if (!connection->writable) return STEP_WAIT;
    ssize_t sent = send(connection->fd, connection->unsent + connection->unsent_at,
                        connection->unsent_len - connection->unsent_at, MSG_NOSIGNAL);
    if (sent < 0) return after_failed_send(connection);
    connection->sent += (uint64_t)sent;
    connection->unsent_at += (uint32_t)sent;
    if (connection->unsent_at < connection->unsent_len) return STEP_ON;
    heap_free(connection->unsent);
    connection->unsent = NULL;
    return after_flush(connection);
}

static Step after_express(Connection *connection, size_t len) {
    Loop *loop = connection->loop;
    consume(loop, len);
    connection->blank_lines = 0;
    bool is_full = loop->batch->count == EXPRESS_BATCH_MAX;
    return connection->closes || is_full ? flush(connection) : STEP_ON;
}

static Step refuse_proxied(Connection *connection, const char *why) {
    Loop *loop = connection->loop;
    loop_note_proxy_refused(loop, why);
    connection_close(connection);
    return STEP_GONE;
}

static Step read_proxy_header(Connection *connection) {
    Loop *loop = connection->loop;
    ProxyHeader header;
    switch (proxy_header_parse(input(loop), &header)) {
        case PROXY_HEADER_MORE: return fill(connection);
        case PROXY_HEADER_GOOD: break;
        case PROXY_HEADER_OLD: return refuse_proxied(connection, "it speaks version 1, not 2");
        case PROXY_HEADER_ABSENT: return refuse_proxied(connection, "no header came");
        case PROXY_HEADER_BROKEN: return refuse_proxied(connection, "the header is broken");
    }
    if (header.has_client) connection->peer = header.client;
    connection->secure = header.is_secure;
    consume(loop, header.len);
    connection->state = CONNECTION_HEAD;
    arm(connection, TIMER_IDLE);
    return STEP_ON;
}

static Step read_head(Connection *connection) {
    Loop *loop = connection->loop;
    size_t len = connection->scan.seen ? 0 : exchange_express_take(connection, input(loop));
    if (len) return after_express(connection, len);
    if (loop->batch->count) return flush(connection);
    while (str_starts(input(loop), STR("\r\n")) && connection->blank_lines < BLANK_LINES_MAX) {
        consume(loop, 2);
        connection->blank_lines++;
    }
    if (loop->input_len > 0 && !str_equal(input(loop), STR("\r"))) {
        if (!is_armed(connection, TIMER_HEAD)) arm(connection, TIMER_HEAD);
        Error e = head_scan(&connection->scan, input(loop), &len);
        if (failed(e)) return refuse(connection, e);
        if (len > 0) return after_head(connection, str_part(input(loop), 0, len));
    }
    return fill(connection);
}

static Step read_body(Connection *connection) {
    Loop *loop = connection->loop;
    Exchange *exchange = connection->exchange;
    size_t used = 0;
    if (loop->input_len == 0) return fill(connection);
    Error e = parser_read_body(&exchange->parser, input(loop), &used);
    if (failed(e)) return refuse(connection, e);
    consume(loop, used);
    return exchange->parser.done ? settle(connection) : STEP_ON;
}

static Step after_answer(Connection *connection) {
    Exchange *exchange = connection->exchange;
    bool closes = exchange->closes;
    /* With unread bytes in its buffer the kernel would reset, and the answer might be lost. */
    bool lingers = closes && (failed(exchange->fault) || connection->loop->input_len > 0);
    connection->exchange = NULL;
    bool upgrades = exchange->response.websocket && !closes;
    if (upgrades) websocket_open(connection, exchange);
    loop_give_back(connection->loop, exchange);
    if (upgrades) return STEP_WAIT;
    if (!closes) {
        connection->state = CONNECTION_HEAD;
        arm(connection, TIMER_IDLE);
        if (!connection->loop->draining || connection->loop->input_len > 0) return STEP_ON;
    }
    if (lingers) {
        connection_linger(connection);
        return STEP_ON;
    }
    connection_close(connection);
    return STEP_GONE;
}

static Step write_answer(Connection *connection) {
    Exchange *exchange = connection->exchange;
    Str head = str_skip(exchange->head, exchange->sent);
    size_t body_sent =
        exchange->sent > exchange->head.len ? exchange->sent - exchange->head.len : 0;
    Str body = exchange->head_only ? (Str){0} : str_skip(exchange->response.body, body_sent);
    if (head.len + body.len == 0) return after_answer(connection);
    if (!connection->writable) return STEP_WAIT;
    struct iovec parts[2] = {{(void *)(uintptr_t)head.at, head.len},
                             {(void *)(uintptr_t)body.at, body.len}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = body.len ? 2 : 1};
    if (head.len == 0) {
        message.msg_iov = parts + 1;
        message.msg_iovlen = 1;
    }
    ssize_t sent = sendmsg(connection->fd, &message, MSG_NOSIGNAL);
    if (sent < 0) return after_failed_send(connection);
    exchange->sent += (size_t)sent;
    connection->sent += (uint64_t)sent;
    return STEP_ON;
}

static Step swallow(Connection *connection) {
    consume(connection->loop, connection->loop->input_len);
    return fill(connection);
}

static Step step(Connection *connection) {
    switch (connection->state) {
        case CONNECTION_PROXY: return read_proxy_header(connection);
        case CONNECTION_HEAD: return read_head(connection);
        case CONNECTION_BODY: return read_body(connection);
        case CONNECTION_WRITING: return write_answer(connection);
        case CONNECTION_FLUSHING: return flush_rest(connection);
        case CONNECTION_LINGERING: return swallow(connection);
        case CONNECTION_WEBSOCKET:
        case CONNECTION_ELSEWHERE:
        case CONNECTION_CLOSED: return STEP_WAIT;
    }
    return STEP_WAIT;
}

/* The loop's buffer serves all its connections: what is left over moves to the connection's own. */
static void take_input(Connection *connection) {
    Loop *loop = connection->loop;
    loop->input_at = 0;
    loop->input_len = connection->kept_len;
    if (connection->kept_len) memcpy(loop->input, connection->kept, connection->kept_len);
    heap_free(connection->kept);
    connection->kept = NULL;
    connection->kept_len = 0;
}

static void keep(Connection *connection, Str bytes) {
    if (bytes.len == 0) return;
    connection->kept = heap_new(bytes.len, 1);
    memcpy(connection->kept, bytes.at, bytes.len);
    connection->kept_len = (uint32_t)bytes.len;
}

void connection_run_again(Connection *connection) {
    if (connection->is_again) return;
    connection->is_again = true;
    connection->next_again = connection->loop->again;
    connection->loop->again = connection;
}

void connection_run(Connection *connection) {
    Step last = STEP_ON;
    if (connection->socket && !websocket_run(connection)) return;
    /* A client that never pauses must not keep the others waiting. */
    take_input(connection);
    for (unsigned i = 0; last == STEP_ON && i < FILLS_PER_TURN * 4; i++) last = step(connection);
    if (last == STEP_ON && connection->loop->batch->count) last = flush(connection);
    if (last == STEP_GONE) return;
    keep(connection, input(connection->loop));
    if (last == STEP_ON) connection_run_again(connection);
    if (connection->socket) connection_run(connection); /* what came with the handshake */
}

bool connection_join_batch(Connection *connection) {
    Loop *loop = connection->loop;
    bool waits = connection->state == CONNECTION_HEAD && connection->kept_len == 0 &&
                 connection->readable && !connection->hung_up && !connection->is_again;
    if (!waits || connection->bursts || loop->server->express_count == 0) return false;
    char *slot = loop->slots + loop->batch->count * LOOP_SLOT_BYTES;
    ssize_t got = recv(connection->fd, slot, LOOP_SLOT_BYTES, 0);
    if (got <= 0) return false; /* connection_run finds out why */
    connection->readable = got == LOOP_SLOT_BYTES;
    size_t used = exchange_express_take(connection, (Str){slot, (size_t)got});
    keep(connection, (Str){slot + used, (size_t)got - used});
    connection->bursts = used > 0 && used < (size_t)got;
    return used > 0;
}

void connection_answer_batch(Loop *loop) {
    ExpressBatch *batch = loop->batch;
    Connection *going_on[EXPRESS_BATCH_MAX];
    size_t count = 0;
    exchange_express_run(loop);
    loop->input_len = 0; /* it is nobody's now */
    for (size_t i = 0; i < batch->count; i++) {
        Connection *connection = batch->entries[i].connection;
        connection->blank_lines = 0;
        if (send_answers(connection, &batch->entries[i], 1) == STEP_GONE) continue;
        if (connection->state != CONNECTION_HEAD || connection->kept_len || connection->readable)
            going_on[count++] = connection;
    }
    batch->count = 0;
    for (size_t i = 0; i < count; i++) connection_run(going_on[i]);
}

void connection_take_back(Exchange *exchange) {
    Connection *connection = exchange->connection;
    Loop *loop = connection->loop;
    if (connection->state == CONNECTION_CLOSED) {
        loop_give_back(loop, exchange);
        release(connection);
        return;
    }
    assert(connection->state == CONNECTION_ELSEWHERE);
    if (loop->draining) exchange->closes = true;
    exchange_write_head(exchange, loop_date(loop));
    connection->state = CONNECTION_WRITING;
    connection_run(connection);
}

static void time_out(Connection *connection) {
    static const Error too_slow = {.kind = ERROR_TOO_SLOW,
                                   .words = "The request took too long to arrive."};
    take_input(connection);
    consume(connection->loop, connection->loop->input_len);
    Step last = refuse(connection, too_slow);
    while (last == STEP_ON) last = step(connection);
}

void connection_expire(Connection *connection) {
    Loop *loop = connection->loop;
    if (connection->socket) {
        websocket_expire(connection);
        return;
    }
    Milliseconds span = connection->deadline.list->span_ms;
    if (connection->state == CONNECTION_PROXY) {
        refuse_proxied(connection, "no header came in time");
    } else if (is_armed(connection, TIMER_HEAD)) {
        time_out(connection);
    } else if (is_armed(connection, TIMER_BODY)) {
        uint64_t wanted = (uint64_t)span * HTTP_BODY_BYTES_PER_S_MIN / 1000;
        if (connection->progress < wanted || loop->now >= connection->body_ends_at)
            time_out(connection);
        else
            arm(connection, TIMER_BODY);
    } else if (is_armed(connection, TIMER_WRITE) &&
               acknowledged(connection) - connection->progress >=
                   (uint64_t)span * HTTP_ANSWER_BYTES_PER_S_MIN / 1000) {
        arm_write(connection);
    } else {
        /* What the kernel still holds for a reader that does not read goes at once. */
        struct linger reset = {.l_onoff = 1, .l_linger = 0};
        if (is_armed(connection, TIMER_WRITE))
            setsockopt(connection->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
        connection_close(connection);
    }
}
