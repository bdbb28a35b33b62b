#include "http/websocket.h"

#include <assert.h>
#include <errno.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "base/digest.h"
#include "base/heap.h"
#include "http/answer.h"
#include "http/engine.h"
#include "http/websocket_loop.h"

enum {
    FRAME_MS = 1000 / WEBSOCKET_FRAMES_PER_S,
    BURST_MS = WEBSOCKET_FRAMES_BURST * FRAME_MS,
    FILLS_PER_TURN = 4,
    LETTERS_AT_ONCE = 16,
    CROWDED_BYTES_MAX = 16 * KIB, /* what one may hold when all together hold much */
    LOOP_SHIFT = 56,
    SLOT_SHIFT = 32,
    SLOTS_MAX = 1 << 24,
    NO_SLOT = UINT32_MAX,
};

/* A frame on its way out: first in the mail of a loop, then in the queue of its socket. */
typedef struct Letter {
    struct Letter *next;
    WebSocketId to;
    size_t at, end; /* of what is still to be sent */
    uint8_t bytes[];
} Letter;

typedef enum {
    SOCKET_OPEN,
    SOCKET_CLOSING, /* has said close, waits for theirs */
    SOCKET_ENDING,  /* reads no more; the connection ends when all is sent */
} SocketState;

typedef struct WebSocket {
    WebSocketId id;
    WebSockets *home;
    Connection *connection;
    const WebSocketHandler *handler;
    void *lent;
    _Atomic uint32_t *meter; /* of its address */
    WebSocketReader reader;
    Letter *first, *last;
    size_t queued;                /* bytes of letters */
    size_t held;                  /* bytes of input, as the server's total knows it */
    Milliseconds blocked_at;      /* since then something waits to be sent; 0: nothing does */
    Milliseconds message_ends_at; /* when the message under way must be whole; 0: none is */
    Milliseconds paid_until;      /* FRAME_MS for each frame: how far ahead of its rate it is */
    SocketState state;
    bool awaits_pong;
} WebSocket;

typedef struct {
    WebSocket *socket; /* NULL: free */
    uint32_t generation, next_free;
} Slot;

struct WebSockets {
    Loop *loop;
    uint64_t loop_number;
    Slot *slots;
    size_t slot_count, slot_room;
    uint32_t first_free;
    pthread_mutex_t lock; /* of the mail */
    Letter *mail, **mail_end;
};

WebSockets *websockets_create(Loop *loop, unsigned loop_number) {
    WebSockets *sockets = heap_new(1, sizeof *sockets);
    *sockets = (WebSockets){.loop = loop, .loop_number = loop_number, .first_free = NO_SLOT};
    sockets->mail_end = &sockets->mail;
    pthread_mutex_init(&sockets->lock, NULL);
    return sockets;
}

/* --- letters --- */

static size_t letter_bytes(const Letter *letter) { return sizeof *letter + letter->end; }

static Letter *letter_create(HttpServer *server, WebSocketOpcode opcode, Str payload) {
    Letter *letter = heap_new(1, sizeof *letter + WEBSOCKET_HEAD_BYTES_MAX + payload.len);
    uint8_t head[WEBSOCKET_HEAD_BYTES_MAX];
    size_t head_len = websocket_head_write(opcode, payload.len, head);
    memcpy(letter->bytes, head, head_len);
    if (payload.len) memcpy(letter->bytes + head_len, payload.at, payload.len);
    letter->end = head_len + payload.len;
    atomic_fetch_add_explicit(&server->websocket_bytes, letter_bytes(letter), memory_order_relaxed);
    return letter;
}

static void letter_free(HttpServer *server, Letter *letter) {
    atomic_fetch_sub_explicit(&server->websocket_bytes, letter_bytes(letter), memory_order_relaxed);
    heap_free(letter);
}

static void free_letters(HttpServer *server, Letter *letter) {
    while (letter) {
        Letter *next = letter->next;
        letter_free(server, letter);
        letter = next;
    }
}

void websockets_free(WebSockets *sockets) {
    if (!sockets) return;
    free_letters(sockets->loop->server, sockets->mail);
    pthread_mutex_destroy(&sockets->lock);
    heap_free(sockets->slots);
    heap_free(sockets);
}

bool websocket_send(HttpServer *server, WebSocketId id, Str text) {
    size_t loop = (size_t)(id >> LOOP_SHIFT);
    size_t bytes = atomic_load_explicit(&server->websocket_bytes, memory_order_relaxed);
    assert(loop < server->settings.loops && text.len <= WEBSOCKET_QUEUE_BYTES_MAX / 2);
    if (bytes + text.len > WEBSOCKETS_BYTES_MAX) return false;
    WebSockets *sockets = server->loops[loop].sockets;
    Letter *letter = letter_create(server, WEBSOCKET_FRAME_TEXT, text);
    letter->to = id;
    pthread_mutex_lock(&sockets->lock);
    bool was_empty = sockets->mail == NULL;
    *sockets->mail_end = letter;
    sockets->mail_end = &letter->next;
    /* Under the lock: past it the loop may already be closing. */
    if (was_empty) loop_wake(sockets->loop);
    pthread_mutex_unlock(&sockets->lock);
    return true;
}

/* --- a socket and its slot --- */

static WebSocket *find_socket(const WebSockets *sockets, WebSocketId id) {
    size_t slot = (size_t)(id >> SLOT_SHIFT) % SLOTS_MAX;
    if (slot >= sockets->slot_count) return NULL;
    const Slot *found = &sockets->slots[slot];
    return found->generation == (uint32_t)id ? found->socket : NULL;
}

static void take_slot(WebSockets *sockets, WebSocket *socket) {
    uint32_t number = sockets->first_free;
    if (number == NO_SLOT) {
        number = (uint32_t)sockets->slot_count;
        assert(number < SLOTS_MAX);
        sockets->slots = heap_grow(sockets->slots, &sockets->slot_room, sockets->slot_count + 1,
                                   sizeof *sockets->slots);
        sockets->slots[sockets->slot_count++] = (Slot){.generation = 0};
    } else {
        sockets->first_free = sockets->slots[number].next_free;
    }
    Slot *slot = &sockets->slots[number];
    slot->generation++;
    slot->socket = socket;
    socket->id =
        sockets->loop_number << LOOP_SHIFT | (uint64_t)number << SLOT_SHIFT | slot->generation;
}

static void give_slot_back(WebSockets *sockets, WebSocketId id) {
    uint32_t number = (uint32_t)(id >> SLOT_SHIFT) % SLOTS_MAX;
    sockets->slots[number].socket = NULL;
    sockets->slots[number].next_free = sockets->first_free;
    sockets->first_free = number;
}

static HttpServer *server_of(const WebSocket *socket) { return socket->home->loop->server; }

/* How many one address holds. */
static _Atomic uint32_t *meter_of(HttpServer *server, IpAddress ip) {
    uint8_t key[SIPHASH_KEY_BYTES] = {0};
    memcpy(key, &server->id_seed, sizeof server->id_seed);
    size_t len = ip_is_v4(ip) ? sizeof ip.bytes : 8; /* IPv6: a line has a whole /64 */
    uint64_t order = siphash(str_from_bytes(ip.bytes, len), key);
    return &server->websocket_meters[order % WEBSOCKET_METERS];
}

static bool has_room(const Exchange *exchange) {
    HttpServer *server = exchange->server;
    const HttpServerSettings *settings = &server->settings;
    uint32_t own = *meter_of(server, exchange->request.client);
    uint64_t open = atomic_load_explicit(&server->totals.websockets_open, memory_order_relaxed);
    if (exchange->loop->draining || open >= settings->websockets_max) return false;
    /* Behind a proxy on this machine that nobody trusts, loopback is everybody. */
    return settings->websockets_per_address_max == 0 ||
           own < settings->websockets_per_address_max || ip_is_loopback(exchange->request.client) ||
           !engine_policy(server)->limits_enabled;
}

void websocket_admit(Exchange *exchange) {
    HttpServer *server = exchange->server;
    Response *response = &exchange->response;
    if (has_room(exchange)) return;
    atomic_fetch_add_explicit(&server->totals.shed, 1, memory_order_relaxed);
    response->websocket = NULL;
    answer_plainly(response, 503);
    response_header(response, STR("Retry-After"), STR("60"));
}

void websocket_open(Connection *connection, const Exchange *exchange) {
    Loop *loop = connection->loop;
    WebSocket *socket = heap_new(1, sizeof *socket);
    *socket = (WebSocket){
        .home = loop->sockets, .connection = connection, .handler = exchange->response.websocket};
    take_slot(loop->sockets, socket);
    connection->socket = socket;
    connection->state = CONNECTION_WEBSOCKET;
    atomic_fetch_add_explicit(&loop->server->totals.websockets_open, 1, memory_order_relaxed);
    socket->meter = meter_of(loop->server, exchange->request.client);
    atomic_fetch_add_explicit(socket->meter, 1, memory_order_relaxed);
    socket->lent =
        socket->handler->opened(loop->server->settings.site, socket->id, exchange->request.client);
}

static void count_held(WebSocket *socket, size_t held) {
    atomic_fetch_add_explicit(&server_of(socket)->websocket_bytes, held - socket->held,
                              memory_order_relaxed);
    socket->held = held;
}

void websocket_close(Connection *connection) {
    WebSocket *socket = connection->socket;
    HttpServer *server = server_of(socket);
    connection->socket = NULL;
    give_slot_back(socket->home, socket->id);
    free_letters(server, socket->first);
    count_held(socket, 0);
    websocket_reader_close(&socket->reader);
    atomic_fetch_sub_explicit(&server->totals.websockets_open, 1, memory_order_relaxed);
    atomic_fetch_sub_explicit(socket->meter, 1, memory_order_relaxed);
    socket->handler->closed(socket->lent);
    heap_free(socket);
}

/* --- out --- */

static void enqueue(WebSocket *socket, Letter *letter) {
    letter->next = NULL;
    *(socket->last ? &socket->last->next : &socket->first) = letter;
    socket->last = letter;
    socket->queued += letter_bytes(letter);
    if (!socket->blocked_at) socket->blocked_at = socket->home->loop->now;
}

static void enqueue_frame(WebSocket *socket, WebSocketOpcode opcode, Str payload) {
    enqueue(socket, letter_create(server_of(socket), opcode, payload));
}

static void enqueue_close(WebSocket *socket, unsigned code) {
    char bytes[2] = {(char)(code >> 8), (char)code};
    enqueue_frame(socket, WEBSOCKET_FRAME_CLOSE,
                  (Str){bytes, code == WEBSOCKET_CODE_NONE ? 0 : sizeof bytes});
}

/* Says why and reads no more (RFC 6455, 7.1.7). */
static void fail(WebSocket *socket, unsigned code) {
    if (socket->state == SOCKET_OPEN) enqueue_close(socket, code);
    socket->state = SOCKET_ENDING;
}

static void take_sent(WebSocket *socket, size_t sent) {
    while (socket->first) {
        Letter *letter = socket->first;
        size_t part = letter->end - letter->at;
        if (sent < part) {
            letter->at += sent;
            return;
        }
        sent -= part;
        socket->first = letter->next;
        socket->queued -= letter_bytes(letter);
        letter_free(server_of(socket), letter);
    }
    socket->last = NULL;
    socket->blocked_at = 0;
}

/* False when the connection is broken. */
static bool write_out(WebSocket *socket) {
    Connection *connection = socket->connection;
    while (socket->first && connection->writable) {
        struct iovec parts[LETTERS_AT_ONCE];
        struct msghdr message = {.msg_iov = parts};
        for (Letter *letter = socket->first; letter && message.msg_iovlen < LETTERS_AT_ONCE;
             letter = letter->next)
            parts[message.msg_iovlen++] =
                (struct iovec){letter->bytes + letter->at, letter->end - letter->at};
        ssize_t sent = sendmsg(connection->fd, &message, MSG_NOSIGNAL);
        if (sent >= 0)
            take_sent(socket, (size_t)sent);
        else if (errno == EAGAIN)
            connection->writable = false;
        else if (errno != EINTR)
            return false;
    }
    return true;
}

/* --- in --- */

static bool is_too_fast(const WebSocket *socket) {
    const Loop *loop = socket->home->loop;
    return engine_policy(loop->server)->limits_enabled && socket->paid_until - loop->now > BURST_MS;
}

static bool may_read(const WebSocket *socket) {
    return socket->state != SOCKET_ENDING && !is_too_fast(socket);
}

/* Long messages take longer to understand, so they cost more. */
static void pay_frame(WebSocket *socket, size_t bytes) {
    Milliseconds now = socket->home->loop->now;
    if (socket->paid_until < now) socket->paid_until = now;
    socket->paid_until += FRAME_MS * (Milliseconds)(1 + bytes / WEBSOCKET_FRAME_BYTES);
}

static void take_event(WebSocket *socket, const WebSocketEvent *event) {
    bool is_open = socket->state == SOCKET_OPEN;
    pay_frame(socket, event->payload.len);
    socket->awaits_pong = false;
    switch (event->kind) {
        case WEBSOCKET_EVENT_NONE:
        case WEBSOCKET_EVENT_FRAME:
        case WEBSOCKET_EVENT_PONG: break;
        case WEBSOCKET_EVENT_MESSAGE:
            socket->message_ends_at = 0;
            if (is_open) socket->handler->message(socket->lent, event->payload);
            break;
        case WEBSOCKET_EVENT_PING:
            if (is_open) enqueue_frame(socket, WEBSOCKET_FRAME_PONG, event->payload);
            break;
        case WEBSOCKET_EVENT_CLOSE:
        case WEBSOCKET_EVENT_FAULT: fail(socket, event->code); break;
    }
}

static void keep(Connection *connection, Str rest) {
    connection->kept = NULL;
    connection->kept_len = (uint32_t)rest.len;
    if (rest.len == 0) return;
    connection->kept = heap_new(rest.len, 1);
    memcpy(connection->kept, rest.at, rest.len);
}

/* Whether a whole frame was among the bytes; what may not be read yet is kept. */
static bool take_bytes(WebSocket *socket, Str input) {
    bool any = false;
    while (may_read(socket)) {
        WebSocketEvent event = websocket_reader_next(&socket->reader, &input);
        if (event.kind == WEBSOCKET_EVENT_NONE) break;
        take_event(socket, &event);
        any = true;
    }
    keep(socket->connection, socket->state == SOCKET_ENDING ? (Str){0} : input);
    return any;
}

typedef enum { INPUT_SOME, INPUT_NONE, INPUT_END } Input;

static Input receive(Connection *connection, Str *ret_input) {
    Loop *loop = connection->loop;
    if (!connection->readable) return INPUT_NONE;
    ssize_t got = recv(connection->fd, loop->input, HTTP_READ_BYTES, 0);
    if (got > 0) {
        *ret_input = (Str){loop->input, (size_t)got};
        if (got < HTTP_READ_BYTES && !connection->hung_up) connection->readable = false;
        return INPUT_SOME;
    }
    if (got < 0 && errno == EINTR) return receive(connection, ret_input);
    if (got == 0 || errno != EAGAIN) return INPUT_END;
    connection->readable = false;
    return INPUT_NONE;
}

/* False when the other side is gone. */
static bool read_in(WebSocket *socket, bool *ret_any) {
    Connection *connection = socket->connection;
    Input input = INPUT_SOME;
    /* The reader too may hold whole frames, from when too many had come. */
    if (connection->kept || socket->reader.part) {
        char *kept = connection->kept;
        *ret_any |= take_bytes(socket, (Str){kept, connection->kept_len});
        heap_free(kept);
    }
    for (unsigned i = 0; i < FILLS_PER_TURN && input == INPUT_SOME && may_read(socket); i++) {
        Str bytes;
        input = receive(connection, &bytes);
        if (input == INPUT_SOME) *ret_any |= take_bytes(socket, bytes);
    }
    if (input == INPUT_SOME && may_read(socket)) connection_run_again(connection);
    return input != INPUT_END;
}

/* --- time and memory --- */

static Timer wanted_timer(const WebSocket *socket) {
    if (socket->state != SOCKET_OPEN) return TIMER_CLOSE;
    if (is_too_fast(socket)) return TIMER_TOO_FAST;
    if (socket->reader.part) return TIMER_MESSAGE;
    return socket->awaits_pong ? TIMER_PONG : TIMER_PING;
}

static void arm_timer(WebSocket *socket, bool any) {
    Loop *loop = socket->home->loop;
    Deadline *deadline = &socket->connection->deadline;
    Timer timer = wanted_timer(socket);
    bool is_new = socket->reader.part && !socket->message_ends_at;
    if (is_new) socket->message_ends_at = loop->now + loop->timers[TIMER_MESSAGE].span_ms;
    /* Only a sign of life puts off the ping, only a new message the end of the message. */
    if (deadline->list != &loop->timers[timer] || (timer == TIMER_PING && any) ||
        (timer == TIMER_MESSAGE && is_new))
        deadline_arm(deadline, &loop->timers[timer], loop->now);
}

static bool holds_too_much(WebSocket *socket) {
    size_t all = atomic_load_explicit(&server_of(socket)->websocket_bytes, memory_order_relaxed);
    size_t max = all > WEBSOCKETS_BYTES_MAX / 2 ? CROWDED_BYTES_MAX : WEBSOCKET_QUEUE_BYTES_MAX;
    return socket->queued + socket->held > max;
}

static bool is_late(const WebSocket *socket) {
    const Loop *loop = socket->home->loop;
    Milliseconds write_ms = loop->server->settings.write_deadline_ms;
    return socket->blocked_at && loop->now - socket->blocked_at >= write_ms;
}

/* What the kernel still holds for a reader that does not read goes at once. */
static void cut_off(Connection *connection) {
    struct linger reset = {.l_onoff = 1, .l_linger = 0};
    setsockopt(connection->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    connection_close(connection);
}

bool websocket_run(Connection *connection) {
    WebSocket *socket = connection->socket;
    Loop *loop = connection->loop;
    bool any = false;
    if (!read_in(socket, &any)) {
        connection_close(connection);
        return false;
    }
    websocket_reader_rest(&socket->reader);
    if (!socket->reader.part) socket->message_ends_at = 0;
    if (socket->message_ends_at && loop->now >= socket->message_ends_at)
        fail(socket, WEBSOCKET_CODE_POLICY);
    count_held(socket, websocket_reader_bytes(&socket->reader) + connection->kept_len);
    if (!write_out(socket) || is_late(socket) || holds_too_much(socket)) {
        cut_off(connection);
        return false;
    }
    if (socket->state == SOCKET_ENDING && !socket->first) {
        websocket_close(connection);
        connection_linger(connection);
        return true;
    }
    arm_timer(socket, any);
    return false;
}

void websocket_expire(Connection *connection) {
    WebSocket *socket = connection->socket;
    Loop *loop = connection->loop;
    Timer timer = (Timer)(connection->deadline.list - loop->timers);
    deadline_disarm(&connection->deadline);
    switch (timer) {
        case TIMER_PING:
            socket->awaits_pong = true;
            enqueue_frame(socket, WEBSOCKET_FRAME_PING, (Str){0});
            break;
        case TIMER_MESSAGE: fail(socket, WEBSOCKET_CODE_POLICY); break;
        case TIMER_PONG:
        case TIMER_CLOSE: cut_off(connection); return;
        default: break;
    }
    connection_run(connection);
}

/* --- from elsewhere --- */

void websockets_deliver(WebSockets *sockets) {
    pthread_mutex_lock(&sockets->lock);
    Letter *mail = sockets->mail;
    sockets->mail = NULL;
    sockets->mail_end = &sockets->mail;
    pthread_mutex_unlock(&sockets->lock);
    while (mail) {
        Letter *letter = mail;
        mail = mail->next;
        WebSocket *socket = find_socket(sockets, letter->to);
        if (!socket || socket->state != SOCKET_OPEN) {
            letter_free(sockets->loop->server, letter);
            continue;
        }
        enqueue(socket, letter);
        if (!mail || mail->to != socket->id) connection_run(socket->connection);
    }
}

void websockets_drain(WebSockets *sockets) {
    for (size_t i = 0; i < sockets->slot_count; i++) {
        WebSocket *socket = sockets->slots[i].socket;
        if (!socket || socket->state != SOCKET_OPEN) continue;
        enqueue_close(socket, WEBSOCKET_CODE_GOING_AWAY);
        socket->state = SOCKET_CLOSING;
        connection_run(socket->connection);
    }
}
