#include "http/server.h"

#include <assert.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/encode.h"
#include "base/random.h"
#include "http/engine.h"
#include "http/exchange_express.h"

enum {
    HEAD_DEADLINE_MS = 10000,
    BODY_DEADLINE_MS = 300000,
    IDLE_DEADLINE_MS = 60000,
    WRITE_DEADLINE_MS = 30000,
    WEBSOCKET_PING_MS = 50000, /* proxies end a silent connection after a minute */
    WORKERS_MAX = 256,
    LOOPS_MAX = 64,
};

static void fill_defaults(HttpServerSettings *settings) {
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    if (!settings->loops) settings->loops = cores > 0 ? (unsigned)cores : 1;
    if (settings->loops > LOOPS_MAX) settings->loops = LOOPS_MAX;
    if (!settings->workers) settings->workers = settings->loops * 4;
    if (settings->workers > WORKERS_MAX) settings->workers = WORKERS_MAX;
    if (!settings->head_deadline_ms) settings->head_deadline_ms = HEAD_DEADLINE_MS;
    if (!settings->body_deadline_ms) settings->body_deadline_ms = BODY_DEADLINE_MS;
    if (!settings->idle_deadline_ms) settings->idle_deadline_ms = IDLE_DEADLINE_MS;
    if (!settings->write_deadline_ms) settings->write_deadline_ms = WRITE_DEADLINE_MS;
    if (!settings->connections_max) settings->connections_max = HTTP_CONNECTIONS_MAX;
    if (!settings->websockets_max) settings->websockets_max = WEBSOCKETS_MAX;
    /* They stay for hours: the rest is for requests. */
    if (settings->websockets_max > settings->connections_max / 4 * 3)
        settings->websockets_max = settings->connections_max / 4 * 3;
    if (!settings->websocket_ping_ms) settings->websocket_ping_ms = WEBSOCKET_PING_MS;
}

/* Each of the sockets of an address needs somebody who looks after it. */
static void fit_inherited(HttpServerSettings *settings) {
    for (size_t i = 0; i < settings->listen_count; i++) {
        size_t count =
            listener_set_count(settings->inherited, LISTENER_TCP, settings->listen[i].endpoint);
        if (count > LOOPS_MAX) count = LOOPS_MAX;
        if (settings->loops < count) settings->loops = (unsigned)count;
    }
}

static ProxyTrust copy_trust(ProxyTrust trust, Arena *arena) {
    IpNetwork *trusted = arena_new(arena, IpNetwork, trust.count);
    if (trust.count) memcpy(trusted, trust.trusted, trust.count * sizeof *trusted);
    return (ProxyTrust){trusted, trust.count};
}

static const HttpListen *find_listen(const HttpServerSettings *settings, Endpoint endpoint) {
    for (size_t i = 0; i < settings->listen_count; i++) {
        const HttpListen *listen = &settings->listen[i];
        if (ip_equal(listen->endpoint.ip, endpoint.ip) && listen->endpoint.port == endpoint.port)
            return listen;
    }
    return NULL;
}

static void set_policy(HttpServer *server, const HttpServerSettings *from) {
    const HttpServerSettings *settings = &server->settings;
    const HttpPolicy *before = engine_policy(server);
    HttpPolicy *policy = arena_new(&server->arena, HttpPolicy, 1);
    *policy = (HttpPolicy){.secure = from->secure,
                           .limits_enabled = from->limits_enabled,
                           .log_addresses = from->log_addresses,
                           .language = from->language};
    for (size_t i = 0; i < settings->listen_count; i++) {
        const HttpListen *listen = find_listen(from, settings->listen[i].endpoint);
        policy->trust[i] = listen ? copy_trust(listen->trust, &server->arena) : before->trust[i];
    }
    atomic_store_explicit(&server->policy, policy, memory_order_release);
}

/* What the caller lent may be gone once create has returned, but for routes and assets. */
static void copy_settings(HttpServer *server, const HttpServerSettings *from) {
    HttpServerSettings *settings = &server->settings;
    Arena *arena = &server->arena;
    *settings = *from;
    HttpListen *listen = arena_new(arena, HttpListen, from->listen_count);
    for (size_t i = 0; i < from->listen_count; i++) {
        listen[i] = from->listen[i];
        listen[i].trust = (ProxyTrust){0}; /* of the policy */
    }
    settings->listen = listen;
    fill_defaults(settings);
    fit_inherited(settings);
    set_policy(server, from);
}

Error http_server_create(const HttpServerSettings *settings, HttpServer **ret_server) {
    assert(settings->listen_count <= LOOP_LISTENERS_MAX);
    HttpServer *server = calloc(1, sizeof *server);
    assert(server);
    server->arena = arena_create(16 * MIB);
    copy_settings(server, settings);
    pthread_rwlock_init(&server->hosts.lock, NULL);
    pthread_mutex_init(&server->idle_lock, NULL);
    server->hosts.arena = arena_create(MIB);
    http_server_set_hosts(server, settings->hosts, settings->host_count);
    server->id_seed = random_u64();
    server->dispatch = dispatch_create(settings->routes);
    exchange_express_open(server);
    server->cache = cache_create(HTTP_CACHE_BYTES_MAX, HTTP_CACHE_ENTRIES_MAX);
    server->rate = rate_create();
    server->workers = worker_pool_create(server, server->settings.workers);
    server->loops = calloc(server->settings.loops, sizeof *server->loops);
    assert(server->loops);
    for (unsigned i = 0; i < server->settings.loops; i++) {
        Error e = loop_open(&server->loops[i], server);
        if (!failed(e)) continue;
        for (size_t j = 0; j < 2; j++) /* what they point to goes with the server */
            e.subject[j] = settings->arena ? arena_copy(settings->arena, e.subject[j]) : STR("?");
        http_server_free(server);
        return e;
    }
    server->settings.inherited = NULL;
    *ret_server = server;
    return OK;
}

void http_server_change(HttpServer *server, const HttpServerSettings *settings) {
    set_policy(server, settings);
    http_server_set_hosts(server, settings->hosts, settings->host_count);
    http_server_forget_cached(server);
}

/* The soft limit is 1024 by custom; what the system allows is the hard one. */
static void raise_descriptor_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

Error http_server_start(HttpServer *server) {
    sigset_t all, before;
    assert(!server->started);
    server->started = true;
    raise_descriptor_limit();
    /* Signals are the main thread's business. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    Error e = worker_pool_start(server->workers);
    for (; !failed(e) && server->loops_running < server->settings.loops; server->loops_running++) {
        Loop *loop = &server->loops[server->loops_running];
        if (pthread_create(&loop->thread, NULL, loop_run, loop) != 0) {
            e = error(BROKEN, "no_thread", "The system gives no more threads.");
            break;
        }
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return e;
}

void http_server_stop(HttpServer *server) {
    if (atomic_exchange(&server->stopping, true)) return;
    for (size_t i = 0; i < server->loops_running; i++) loop_wake(&server->loops[i]);
    for (size_t i = 0; i < server->loops_running; i++) pthread_join(server->loops[i].thread, NULL);
    server->loops_running = 0;
    worker_pool_stop(server->workers);
}

void http_server_free(HttpServer *server) {
    if (!server) return;
    http_server_stop(server);
    worker_pool_free(server->workers);
    for (unsigned i = 0; i < server->settings.loops; i++) loop_close(&server->loops[i]);
    free(server->loops);
    cache_free(server->cache);
    rate_free(server->rate);
    dispatch_free(server->dispatch);
    pthread_rwlock_destroy(&server->hosts.lock);
    pthread_mutex_destroy(&server->idle_lock);
    http_idle_free(&server->idle);
    arena_free(&server->hosts.arena);
    arena_free(&server->arena);
    free(server);
}

uint16_t http_server_port(const HttpServer *server, size_t listen_index) {
    assert(listen_index < server->settings.listen_count);
    return server->ports[listen_index];
}

void http_server_forget_cached(HttpServer *server) { cache_forget(server->cache); }

HistogramCounts http_server_durations(HttpServer *server, RouteLimit limit) {
    return histogram_read(&server->durations[limit]);
}

HttpTotals http_server_totals(HttpServer *server) {
    EngineTotals *totals = &server->totals;
    uint64_t requests = 0;
    for (unsigned i = 0; i < server->settings.loops; i++)
        requests += atomic_load_explicit(&server->loops[i].requests, memory_order_relaxed);
    return (HttpTotals){.requests = requests,
                        .errors = atomic_load(&totals->errors),
                        .connections_open = atomic_load(&totals->connections_open),
                        .rate_limited = atomic_load(&totals->rate_limited),
                        .shed = atomic_load(&totals->shed),
                        .websockets_open = atomic_load(&totals->websockets_open),
                        .proxy_refused = atomic_load(&totals->proxy_refused)};
}

void http_server_set_hosts(HttpServer *server, const Str *hosts, size_t count) {
    HostList *list = &server->hosts;
    pthread_rwlock_wrlock(&list->lock);
    arena_reset(&list->arena);
    Str *names = arena_new(&list->arena, Str, count);
    for (size_t i = 0; i < count; i++) names[i] = arena_copy(&list->arena, hosts[i]);
    list->names = names;
    list->count = count;
    pthread_rwlock_unlock(&list->lock);
}

/* "example.org:8080" is example.org; "[::1]:8080" is [::1]. */
static Str without_port(Str host) {
    size_t end = host.len;
    while (end > 0 && host.at[end - 1] >= '0' && host.at[end - 1] <= '9') end--;
    if (end == 0 || end == host.len || host.at[end - 1] != ':') return host;
    return str_part(host, 0, end - 1);
}

bool host_list_has(HostList *list, Str host) {
    pthread_rwlock_rdlock(&list->lock);
    bool has = list->count == 0;
    for (size_t i = 0; i < list->count && !has; i++)
        has = str_equal_nocase(list->names[i], host) ||
              str_equal_nocase(list->names[i], without_port(host));
    pthread_rwlock_unlock(&list->lock);
    return has;
}

static int compare_assets(const void *a, const void *b) {
    const AssetRow *left = a, *right = b;
    return strcmp(left->asset->path, right->asset->path);
}

void http_server_set_assets(HttpServer *server, const HttpAsset *assets, size_t count) {
    enum { ETAG_BYTES = 8 };
    assert(!server->started);
    server->assets = arena_new(&server->arena, AssetRow, count);
    server->asset_count = count;
    for (size_t i = 0; i < count; i++) {
        uint8_t digest[SHA1_BYTES];
        AssetRow *row = &server->assets[i];
        row->asset = &assets[i];
        sha1(assets[i].plain, digest);
        Str text = hex_write(&server->arena, digest, ETAG_BYTES);
        assert(text.len < sizeof row->etag);
        memcpy(row->etag, text.at, text.len);
    }
    if (count) qsort(server->assets, count, sizeof *server->assets, compare_assets);
}

const AssetRow *engine_find_asset(const HttpServer *server, Str path) {
    size_t low = 0, high = server->asset_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = str_compare(path, str_from_c(server->assets[middle].asset->path));
        if (order == 0) return &server->assets[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}
