#include "machine_routes.h"

#include <assert.h>

#include "allow_list.h"
#include "base/limits.h"
#include "program.h"
#include "store/store.h"
#include "web_socket.h"

static const Str bencode_type = STR("text/plain; charset=utf-8");

Error announce_route(Request *request, Response *response) {
    Program *program = request->site;
    if (web_socket_is_asked(request)) return web_socket_accept(request, response);
    HttpAsk ask = {.query = request->query,
                   .key = request_value(request, "key"),
                   .from = request->client,
                   .now = clock_monotonic_ms(),
                   .room = arena_alloc(request->arena, TRACKER_HTTP_ANSWER_BYTES_MAX, 1)};
    tracker_http_announces(program->tracker, &ask, 1);
    response_body(response, bencode_type, (Str){ask.room, ask.len});
    return OK;
}

static_assert((int)TRACKER_HTTP_ANSWER_BYTES_MAX <= (int)HTTP_EXPRESS_BODY_BYTES_MAX,
              "an announce's answer goes the short way");

void announce_express(void *site, ExpressAsk *asks, size_t count) {
    const Program *program = site;
    HttpAsk http[EXPRESS_BATCH_MAX];
    for (size_t i = 0; i < count; i++)
        http[i] = (HttpAsk){.query = asks[i].query,
                            .key = asks[i].place,
                            .from = asks[i].client,
                            .now = asks[i].now,
                            .room = asks[i].room};
    tracker_http_announces(program->tracker, http, count);
    for (size_t i = 0; i < count; i++) asks[i].len = http[i].len;
}

Error scrape_route(Request *request, Response *response) {
    Program *program = request->site;
    response_body(response, bencode_type,
                  tracker_http_scrape(program->tracker, request->query, request->arena));
    return OK;
}

Error live_route(Request *request, Response *response) {
    (void)request;
    response_body(response, STR("text/plain; charset=utf-8"), STR("alive\n"));
    return OK;
}

static Error no_work(Db *db, Arena *arena, void *argument) {
    (void)db, (void)arena, (void)argument;
    return OK;
}

Error ready_route(Request *request, Response *response) {
    Program *program = request->site;
    if (!request->worker) return error(UNAVAILABLE, "no_reader", "The database cannot be read.");
    TRY(search_check_ready(program->community.search));
    TRY(allow_list_check(program));
    TRY(store_write(program->community.store, request->arena, no_work, NULL));
    response_body(response, STR("text/plain; charset=utf-8"), STR("ready\n"));
    return OK;
}
