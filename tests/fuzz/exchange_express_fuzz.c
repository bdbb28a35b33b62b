/* Whatever goes the short way is answered with the bytes of the long way, and takes as much of what
 * arrived. */
#include <assert.h>

#include "base/random.h"
#include "http/answer.h"
#include "http/engine.h"
#include "http/exchange_express.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

/* All that a request may be told apart by. */
static size_t write_echo(Str query, Str place, IpAddress client, char *room) {
    int len = snprintf(room, HTTP_EXPRESS_BODY_BYTES_MAX, "%.*s|%.*s|%02x%02x|%zu",
                       STR_PRINTF(place), STR_PRINTF(str_part(query, 0, 1000)), client.bytes[12],
                       client.bytes[15], query.len);
    return (size_t)len;
}

static Error echo(Request *request, Response *response) {
    char *room = arena_alloc(request->arena, HTTP_EXPRESS_BODY_BYTES_MAX, 1);
    size_t len = write_echo(request->query, request_value(request, "key"), request->client, room);
    response_body(response, STR("text/plain; charset=utf-8"), (Str){room, len});
    return OK;
}

static void echo_express(void *site, ExpressAsk *asks, size_t count) {
    (void)site;
    for (size_t i = 0; i < count; i++)
        asks[i].len = write_echo(asks[i].query, asks[i].place, asks[i].client, asks[i].room);
}

#define ROW(address)                                                     \
    {                                                                    \
        HTTP_GET, address, ROUTE_ANYONE, LIMIT_TRACKER, echo, "-",       \
            .inline_answer = true, .bare = true, .express = echo_express \
    }
static const Route routes[] = {ROW("/announce"), ROW("/announce/{key}"), {0}};

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

static void compare(Connection *connection, Str head, Str express) {
    Loop *loop = connection->loop;
    Exchange *exchange = loop_take_exchange(loop);
    HeadScan scan = {0};
    size_t len = 0;
    exchange->connection = connection;
    exchange->request = (Request){0};
    exchange->parser = (Parser){0};
    Error e = head_scan(&scan, head, &len);
    assert(!failed(e) && len == head.len);
    exchange_open(exchange, head);
    exchange_expect_body(exchange);
    assert(!failed(exchange->fault) && exchange->parser.done);
    assert(exchange->closes == connection->closes);
    worker_answer(exchange, NULL);
    answer_condition(exchange);
    exchange_write_head(exchange, str_from_c(loop->date));
    assert(str_equal(exchange->head, str_part(express, 0, exchange->head.len)));
    assert(str_equal(exchange->response.body, str_skip(express, exchange->head.len)));
    loop_give_back(loop, exchange);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    HttpServer *server = server_once();
    Loop *loop = &server->loops[0];
    if (len < 1 || len > HTTP_READ_BYTES) return 0;
    Connection connection = {.loop = loop};
    assert(ip_parse(bytes[0] & 1 ? STR("10.0.0.1") : STR("192.0.2.1"), &connection.peer));
    Str input = str_from_bytes(bytes + 1, len - 1);
    size_t used = exchange_express_take(&connection, input);
    if (!used) return 0;
    exchange_express_run(loop);
    loop->batch->count = 0;
    compare(&connection, str_part(input, 0, used), loop->batch->entries[0].answer);
    return 0;
}
