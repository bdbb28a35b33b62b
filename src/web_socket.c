#include "web_socket.h"

#include "base/heap.h"
#include "http/websocket.h"
#include "tracker/web.h"

typedef struct {
    Web *web;
    WebClient *client;
} Visitor;

static Seconds steady_now(void) { return clock_monotonic_ms() / 1000; }

/* What finds no room is lost, as packets are: clients announce again. */
static void send_text(void *argument, uint64_t socket, Str text) {
    Program *program = argument;
    (void)websocket_send(program->http, socket, text);
}

void web_socket_connect(Program *program) {
    web_set_send(tracker_web(program->tracker), send_text, program);
}

static void *open_visitor(void *site, WebSocketId socket, IpAddress client) {
    Program *program = site;
    Visitor *visitor = heap_new(1, sizeof *visitor);
    visitor->web = tracker_web(program->tracker);
    visitor->client = web_open(socket, client);
    return visitor;
}

static void take_message(void *lent, Str message) {
    Visitor *visitor = lent;
    web_take(visitor->web, visitor->client, message, steady_now());
}

static void close_visitor(void *lent) {
    Visitor *visitor = lent;
    web_close(visitor->web, visitor->client, steady_now());
    heap_free(visitor);
}

static const WebSocketHandler handler = {
    .opened = open_visitor, .message = take_message, .closed = close_visitor};

bool web_socket_is_asked(const Request *request) {
    Program *program = request->site;
    return websocket_is_asked(request) &&
           settings_flag(atomic_load(&program->settings), SETTING_tracker_web);
}

Error web_socket_accept(const Request *request, Response *response) {
    return websocket_accept(request, response, &handler);
}
