/* engine.h — what all loops and workers of one HttpServer share. Everything here is set before the
 * first thread starts, or guards itself. */
#pragma once
#include <stdatomic.h>

#include "http/cache.h"
#include "http/dispatch.h"
#include "http/loop.h"
#include "http/rate.h"
#include "http/server.h"
#include "http/worker.h"

typedef struct {
    pthread_rwlock_t lock;
    Arena arena;
    const Str *names;
    size_t count;
} HostList;

enum { EXPRESS_ROUTES_MAX = 4 };

typedef struct {
    const Route *route;
    Str address; /* before its place */
    bool has_place;
} ExpressRoute;

typedef struct {
    const HttpAsset *asset;
    char etag[20];
} AssetRow;

typedef struct {
    _Atomic uint64_t errors, connections_open, rate_limited, shed, proxy_refused, websockets_open;
} EngineTotals;

/* What a reload changes. Whoever reads it may be late by one: an old one stays as long as the
 * server.
 */
typedef struct {
    bool secure, limits_enabled, log_addresses;
    Language language;
    ProxyTrust trust[LOOP_LISTENERS_MAX];
} HttpPolicy;

struct HttpServer {
    HttpServerSettings settings;
    const HttpPolicy *_Atomic policy;
    Arena arena;
    Dispatch *dispatch;
    Cache *cache;
    Rate *rate;
    WorkerPool *workers;
    HostList hosts;
    AssetRow *assets; /* by path */
    size_t asset_count;
    ExpressRoute express[EXPRESS_ROUTES_MAX];
    size_t express_count;
    Loop *loops;
    size_t loops_running;
    EngineTotals totals;
    Histogram durations[LIMIT_COUNT];
    _Atomic size_t body_bytes;
    _Atomic size_t websocket_bytes;                      /* half arrived and unsent */
    _Atomic uint32_t websocket_meters[WEBSOCKET_METERS]; /* open, by address */
    _Atomic uint64_t next_id;
    uint64_t id_seed;
    uint16_t ports[LOOP_LISTENERS_MAX];
    atomic_bool stopping, yielding;
    HttpIdle idle; /* given away while yielding */
    pthread_mutex_t idle_lock;
    bool started;
};

static inline const HttpPolicy *engine_policy(const struct HttpServer *server) {
    return atomic_load_explicit(&server->policy, memory_order_acquire);
}
void engine_give_away(struct HttpServer *server, int fd);
bool host_list_has(HostList *hosts, Str host);
const AssetRow *engine_find_asset(const struct HttpServer *server, Str path);
