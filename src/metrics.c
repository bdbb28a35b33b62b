#include "metrics.h"

#include "base/limits.h"
#include "metric.h"
#include "process_usage.h"
#include "program.h"
#include "version.h"

enum { LABELS_BYTES_MAX = 128 };

static const char *const family_names[TRACKER_FAMILIES] = {"ipv4", "ipv6"};
static const char *const event_names[TRACKER_EVENTS] = {"none", "completed", "started", "stopped",
                                                        "paused"};

static void add_one(MetricWriter *writer, const char *name, const char *kind, const char *words,
                    uint64_t value) {
    metric_begin(writer, name, kind, words);
    metric_add(writer, NULL, value);
}

static void add_announces(MetricWriter *writer, const char *protocol,
                          const AnnounceTotals *totals) {
    char labels[LABELS_BYTES_MAX];
    for (size_t family = 0; family < TRACKER_FAMILIES; family++) {
        for (size_t event = 0; event < TRACKER_EVENTS; event++) {
            snprintf(labels, sizeof labels, "protocol=\"%s\",family=\"%s\",event=\"%s\"", protocol,
                     family_names[family], event_names[event]);
            metric_add(writer, labels, totals->by[family][event]);
        }
    }
}

static void add_tracker(MetricWriter *writer, Program *program) {
    TrackerTotals totals = tracker_totals(program->tracker);
    TrackerHealth health = tracker_health(program->tracker);
    add_one(writer, "essaim_swarms", "gauge", "Swarms with peers.", totals.torrents);
    metric_begin(writer, "essaim_peers", "gauge", "Peers the tracker counts, WebTorrent included.");
    metric_add(writer, "role=\"seeder\"", totals.seeders);
    metric_add(writer, "role=\"leecher\"", totals.leechers);
    add_one(writer, "essaim_websocket_peers", "gauge", "Among them: WebTorrent.", health.web_peers);
    add_one(writer, "essaim_completed_total", "counter", "Downloads reported complete.",
            totals.completed);
    metric_begin(writer, "essaim_announces_total", "counter", "Announces read.");
    add_announces(writer, "udp", &totals.udp);
    add_announces(writer, "http", &totals.http);
    metric_add(writer, "protocol=\"websocket\"", health.web_announces);
    add_one(writer, "essaim_scrapes_total", "counter", "Scrapes over UDP and HTTP.",
            totals.scrapes);
    add_one(writer, "essaim_udp_connects_total", "counter", "UDP connection ids given.",
            totals.connects);
    add_one(writer, "essaim_udp_bad_connection_ids_total", "counter",
            "UDP packets with a wrong connection id, left without an answer.",
            totals.bad_connection_ids);
    metric_begin(writer, "essaim_announces_refused_total", "counter",
                 "Announces and scrapes refused with a reason.");
    metric_add(writer, "protocol=\"websocket\"", health.web_refused);
    metric_add(writer, "protocol=\"udp_http\"", totals.refused);
    add_one(writer, "essaim_clients_denied_total", "counter",
            "Among them: by the lists of client programs.", totals.clients_denied);
    add_one(writer, "essaim_peers_not_stored_total", "counter",
            "Peers answered but not kept: a ceiling or cap was met.", totals.peers_not_stored);
    metric_begin(writer, "essaim_websocket_relayed_total", "counter",
                 "What browsers were handed of each other.");
    metric_add(writer, "kind=\"offer\"", health.web_offers);
    metric_add(writer, "kind=\"answer\"", health.web_answers);
    add_one(writer, "essaim_udp_datagrams_dropped_total", "counter",
            "UDP datagrams the kernel threw away because we were too slow.",
            health.datagrams_dropped);
    add_one(writer, "essaim_udp_receive_buffer_bytes", "gauge",
            "Receive buffer of the smallest UDP socket.", health.receive_buffer_bytes);
    add_one(writer, "essaim_announce_keys", "gauge", "Announce addresses of members.",
            health.announce_keys);
}

static void add_probes(MetricWriter *writer, Program *program) {
    static const char *const kinds[PROBE_KINDS] = {"tracker", "web_seed", "seeder", "port_test"};
    static const char *const results[PROBE_RESULTS] = {"fine", "failed", "not_sent"};
    char labels[LABELS_BYTES_MAX];
    metric_begin(writer, "essaim_probes_total", "counter",
                 "Questions to others: trackers, web seeds, ports of seeders and of members.");
    for (size_t kind = 0; kind < PROBE_KINDS; kind++) {
        for (size_t result = 0; result < PROBE_RESULTS; result++) {
            snprintf(labels, sizeof labels, "kind=\"%s\",result=\"%s\"", kinds[kind],
                     results[result]);
            metric_add(writer, labels, atomic_load(&program->probes[kind][result]));
        }
    }
}

static void add_http(MetricWriter *writer, Program *program) {
    HttpTotals totals = http_server_totals(program->http);
    add_one(writer, "essaim_http_requests_total", "counter", "HTTP requests answered.",
            totals.requests);
    add_one(writer, "essaim_http_errors_total", "counter", "HTTP answers of 500 and above.",
            totals.errors);
    add_one(writer, "essaim_http_connections", "gauge", "HTTP connections open.",
            totals.connections_open);
    add_one(writer, "essaim_websocket_connections", "gauge", "WebSockets open.",
            totals.websockets_open);
    add_one(writer, "essaim_http_rate_limited_total", "counter", "HTTP requests answered 429.",
            totals.rate_limited);
    add_one(writer, "essaim_http_proxy_refused_total", "counter",
            "Connections closed for want of a right PROXY protocol header.", totals.proxy_refused);
    add_one(writer, "essaim_http_shed_total", "counter", "HTTP requests answered 503 under load.",
            totals.shed);
    metric_begin(writer, "essaim_http_request_duration_seconds", "histogram",
                 "From the first byte of a request to its answer, by what it costs. Announces on "
                 "their short way are not timed.");
    for (RouteLimit limit = LIMIT_NONE; limit < LIMIT_COUNT; limit++) {
        char labels[LABELS_BYTES_MAX];
        HistogramCounts counts = http_server_durations(program->http, limit);
        snprintf(labels, sizeof labels, "class=\"%s\"", route_limit_name(limit));
        metric_add_histogram(writer, labels, &counts);
    }
}

static void add_search(MetricWriter *writer, Program *program) {
    SearchStatus status = search_status(program->community.search);
    add_one(writer, "essaim_works", "gauge", "Works in the search index.", status.works);
    add_one(writer, "essaim_search_segments", "gauge", "Parts the search index is in.",
            status.segments);
    add_one(writer, "essaim_search_gone_documents", "gauge",
            "Works removed or replaced that still take room in it.", status.gone);
    add_one(writer, "essaim_search_mapped_bytes", "gauge", "Of it mapped from the disk.",
            status.mapped_bytes);
    add_one(writer, "essaim_search_memory_bytes", "gauge", "Of it held in memory.",
            status.heap_bytes);
    add_one(writer, "essaim_search_merges_total", "counter", "Parts made out of several.",
            status.merges);
    add_one(writer, "essaim_search_building", "gauge",
            "1 while the index is made anew and lists are refused.", status.is_building);
}

static void add_store(MetricWriter *writer, Program *program) {
    StoreTotals totals = store_totals(program->community.store);
    add_one(writer, "essaim_store_writes_total", "counter", "Units of writing.", totals.writes);
    add_one(writer, "essaim_store_commits_total", "counter", "Commits they shared.",
            totals.commits);
    add_one(writer, "essaim_store_failures_total", "counter", "Writes that failed.",
            totals.failures);
    metric_begin(writer, "essaim_store_write_duration_seconds", "histogram",
                 "From handing a write in until it is safe on the disk, or has failed.");
    metric_add_histogram(writer, NULL, &totals.write_durations);
}

static void add_process(MetricWriter *writer, const Program *program) {
    ProcessUsage usage = process_usage_read();
    metric_begin(writer, "essaim_build_info", "gauge", "The version that runs.");
    metric_add(writer, "version=\"" ESSAIM_VERSION "\"", 1);
    add_one(writer, "process_start_time_seconds", "gauge", "When it started, in Unix seconds.",
            (uint64_t)program->started_at);
    metric_begin(writer, "process_cpu_seconds_total", "counter",
                 "Processor time spent, user and system.");
    metric_add_real(writer, NULL, usage.cpu_s);
    add_one(writer, "process_resident_memory_bytes", "gauge", "Memory in use.",
            usage.resident_bytes);
    add_one(writer, "process_virtual_memory_bytes", "gauge", "Address space in use.",
            usage.virtual_bytes);
    add_one(writer, "process_open_fds", "gauge", "Files and sockets open.", usage.open_fds);
    add_one(writer, "process_max_fds", "gauge", "Files and sockets it may open.", usage.fds_max);
    add_one(writer, "process_threads", "gauge", "Threads.", usage.threads);
}

/* Many may ask at once, and often: what is read goes to the request's arena. */
static bool is_allowed(const Request *request, const Settings *settings) {
    size_t count;
    Settings own = *settings;
    own.arena = request->arena;
    const IpNetwork *networks = settings_networks(&own, SETTING_metrics_allowed, &count);
    for (size_t i = 0; i < count; i++)
        if (ip_network_contains(networks[i], request->client)) return true;
    return false;
}

Error metrics_route(Request *request, Response *response) {
    Program *program = request->site;
    /* Through a proxy on this machine that nobody trusted, the whole world is 127.0.0.1. */
    bool forwarded = request_header(request, STR("x-forwarded-for")).len ||
                     request_header(request, STR("forwarded")).len ||
                     request_header(request, STR("via")).len;
    if ((forwarded && ip_is_loopback(request->client)) ||
        !is_allowed(request, atomic_load(&program->settings)))
        return error(NOT_ALLOWED, "metrics_are_local",
                     "Metrics are answered only to the addresses in metrics.allowed.");
    Str accept = request_header(request, STR("accept"));
    MetricWriter writer =
        metric_writer(request->arena, str_contains(accept, STR("application/openmetrics-text")));
    add_tracker(&writer, program);
    add_probes(&writer, program);
    add_http(&writer, program);
    add_search(&writer, program);
    add_store(&writer, program);
    add_process(&writer, program);
    response_body(response, metric_content_type(&writer), metric_finish(&writer));
    return OK;
}
