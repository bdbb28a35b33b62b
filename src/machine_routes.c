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

typedef struct {
    const char *name, *kind, *words;
    uint64_t value;
} Metric;

static void write_metric(Text *text, const Metric *metric) {
    text_print(text, "# HELP essaim_%s %s\n# TYPE essaim_%s %s\nessaim_%s %llu\n", metric->name,
               metric->words, metric->name, metric->kind, metric->name,
               (unsigned long long)metric->value);
}

Error metrics_route(Request *request, Response *response) {
    Program *program = request->site;
    /* Through a proxy on this machine that nobody trusted, the whole world is 127.0.0.1. */
    bool forwarded = request_header(request, STR("x-forwarded-for")).len ||
                     request_header(request, STR("forwarded")).len ||
                     request_header(request, STR("via")).len;
    if (forwarded || !ip_is_loopback(request->client))
        return error(NOT_ALLOWED, "metrics_are_local",
                     "Metrics are answered to this machine only.");
    TrackerTotals tracker = tracker_totals(program->tracker);
    HttpTotals http = http_server_totals(program->http);
    StoreTotals store = store_totals(program->community.store);
    const Metric metrics[] = {
        {"works", "gauge", "Works in the search index.", search_count(program->community.search)},
        {"swarms", "gauge", "Swarms with peers.", tracker.torrents},
        {"seeders", "gauge", "Seeders known to the tracker.", tracker.seeders},
        {"leechers", "gauge", "Leechers known to the tracker.", tracker.leechers},
        {"completed_total", "counter", "Downloads reported complete.", tracker.completed},
        {"announces_udp_total", "counter", "UDP announces answered.", tracker.announces_udp},
        {"announces_http_total", "counter", "HTTP announces answered.", tracker.announces_http},
        {"scrapes_total", "counter", "Scrapes answered.", tracker.scrapes},
        {"connects_total", "counter", "UDP connection ids given.", tracker.connects},
        {"announces_refused_total", "counter", "Announces refused with a reason.", tracker.refused},
        {"bad_connection_ids_total", "counter", "UDP packets with a wrong connection id.",
         tracker.bad_connection_ids},
        {"peers_not_stored_total", "counter", "Peers answered but not kept, for want of room.",
         tracker.peers_not_stored},
        {"http_requests_total", "counter", "HTTP requests answered.", http.requests},
        {"http_errors_total", "counter", "HTTP answers of 500 and above.", http.errors},
        {"http_connections", "gauge", "HTTP connections open.", http.connections_open},
        {"http_rate_limited_total", "counter", "HTTP requests answered 429.", http.rate_limited},
        {"http_proxy_refused_total", "counter",
         "Connections closed for want of a right PROXY protocol header.", http.proxy_refused},
        {"http_shed_total", "counter", "HTTP requests answered 503 under load.", http.shed},
        {"store_writes_total", "counter", "Units of writing.", store.writes},
        {"store_commits_total", "counter", "Commits they shared.", store.commits},
        {"store_failures_total", "counter", "Writes that failed.", store.failures},
    };
    Text text = text_create(request->arena, 64 * 1024);
    for (size_t i = 0; i < sizeof metrics / sizeof metrics[0]; i++)
        write_metric(&text, &metrics[i]);
    response_body(response, STR("text/plain; version=0.0.4; charset=utf-8"), text_str(&text));
    return OK;
}
