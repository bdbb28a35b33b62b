/* Bytes as they come from a connection, through scan, parser, dispatch, form, handler and answer:
 * everything of http/ but the sockets. The first byte says in which pieces the body arrives. */
#include <assert.h>

#include "base/random.h"
#include "http/answer.h"
#include "http/engine.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static Error show(Request *request, Response *response) {
    Text text = text_create(request->arena, 1 << 20);
    text_add(&text, request_value(request, "id"));
    text_add(&text, request_cookie(request, STR("session")));
    if (request->form)
        for (size_t i = 0; request->form->kind->fields[i].name; i++)
            text_add(&text, request->form->values[i].value);
    text_add(&text, request->body);
    text_print(&text, "%d", request_comes_from_here(request));
    response_body(response, STR("text/plain"), text_str(&text));
    return OK;
}

static const FormField fields[] = {
    {"title", FIELD_TEXT, 1, 20, NULL, "Title"}, {"words", FIELD_LINES, 0, 100, NULL, "Words"},
    {"age", FIELD_NUMBER, 0, 150, NULL, "Age"},  {"kind", FIELD_CHOICE, 0, 0, "one|two", "Kind"},
    {"file", FIELD_FILE, 0, 3000, NULL, "File"}, {0}};
static const FormKind form = {"fuzz", fields, true};
static const Route routes[] = {
    {HTTP_GET, "/", ROUTE_ANYONE, LIMIT_NONE, show, "-"},
    {HTTP_GET, "/{language}/f", ROUTE_ANYONE, LIMIT_PAGES, show, "-", .form = &form},
    {HTTP_POST, "/{language}/f", ROUTE_ANYONE, LIMIT_WRITES, show, "-", .form = &form},
    {HTTP_GET, "/t/{id}.torrent", ROUTE_ANYONE, LIMIT_NONE, show, "-", .inline_answer = true},
    {HTTP_POST, "/api/x", ROUTE_ANYONE, LIMIT_WRITES, show, "-", .csrf = CSRF_BEARER,
     .body_max = 5000},
    {0},
};

static HttpServer *server_once(void) {
    static HttpServer *server;
    static IpNetwork trusted;
    if (server) return server;
    assert(random_start() && ip_network_parse(STR("10.0.0.0/8"), &trusted));
    HttpListen listen = {.trust = {&trusted, 1}};
    assert(ip_parse(STR("127.0.0.1"), &listen.endpoint.ip));
    HttpServerSettings settings = {
        .routes = routes, .loops = 1, .workers = 1, .listen = &listen, .listen_count = 1};
    assert(!failed(http_server_create(&settings, &server)));
    return server;
}

static void read_body(Exchange *exchange, Str rest, size_t piece) {
    while (!exchange->parser.done && !failed(exchange->fault) && rest.len) {
        size_t used = 0;
        Error e = parser_read_body(&exchange->parser, str_part(rest, 0, piece), &used);
        if (failed(e)) exchange_refuse(exchange, e);
        rest = str_skip(rest, used);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    HttpServer *server = server_once();
    if (len < 1) return 0;
    Str input = {(const char *)bytes + 1, len - 1};
    Connection connection = {.loop = &server->loops[0]};
    assert(ip_parse(STR("10.0.0.1"), &connection.peer));
    Exchange *exchange = loop_take_exchange(&server->loops[0]);
    HeadScan scan = {0};
    size_t head_len = 0;
    exchange->connection = &connection;
    exchange->request = (Request){0};
    exchange->parser = (Parser){0};
    Error e = head_scan(&scan, input, &head_len);
    if (failed(e)) {
        exchange_refuse(exchange, e);
    } else if (head_len) {
        exchange_open(exchange, str_part(input, 0, head_len));
        exchange_expect_body(exchange);
        read_body(exchange, str_skip(input, head_len), bytes[0] ? bytes[0] : 10000);
    }
    if (failed(exchange->fault) || (exchange->parser.done && exchange->request.route)) {
        exchange->request.body = gather_str(&exchange->body);
        worker_answer(exchange, NULL);
        answer_condition(exchange);
        exchange_write_head(exchange, STR("Mon, 23 Nov 2026 13:00:00 GMT"));
        assert(str_starts(exchange->head, STR("HTTP/1.1 ")) &&
               str_ends(exchange->head, STR("\r\n\r\n")));
        assert(str_find(exchange->head, STR("\r\n\r\n")) == exchange->head.len - 4);
    }
    loop_give_back(&server->loops[0], exchange);
    return 0;
}
