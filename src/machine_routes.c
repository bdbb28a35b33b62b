#include "machine_routes.h"

#include <assert.h>

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
                   .now = clock_monotonic_ms()};
    char *room = arena_alloc(request->arena, TRACKER_HTTP_ANSWER_BYTES_MAX, 1);
    response_body(response, bencode_type,
                  (Str){room, tracker_http_announce(program->tracker, &ask, room)});
    return OK;
}

static_assert((int)TRACKER_HTTP_ANSWER_BYTES_MAX <= (int)HTTP_EXPRESS_BODY_BYTES_MAX,
              "an announce's answer goes the short way");

size_t announce_express(void *site, const ExpressAsk *ask, char *room) {
    const Program *program = site;
    HttpAsk http = {.query = ask->query, .key = ask->place, .from = ask->client, .now = ask->now};
    return tracker_http_announce(program->tracker, &http, room);
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
    TRY(store_write(program->community.store, request->arena, no_work, NULL));
    response_body(response, STR("text/plain; charset=utf-8"), STR("ready\n"));
    return OK;
}
