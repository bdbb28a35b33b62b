#include "http/rate.h"

#include <assert.h>
#include <pthread.h>

#include "base/digest.h"
#include "base/limits.h"
#include "base/random.h"

/* `burst` at once, then `per_minute`. */
typedef struct {
    uint32_t burst, per_minute;
} RateFigure;

static const RateFigure figures[LIMIT_COUNT] = {
    [LIMIT_NONE] = {0, 0},
    [LIMIT_PAGES] = {600, 1800},
    [LIMIT_SEARCH] = {240, 600},
    [LIMIT_WRITES] = {120, 120},
    [LIMIT_SIGN_IN] = {60, 30},
    [LIMIT_UPLOADS] = {120, 120},
    [LIMIT_TRACKER] = {20000, 12000}, /* a seedbox starting with all it has */
};

const char *route_limit_name(RouteLimit limit) {
    static const char *const names[LIMIT_COUNT] = {"none",    "pages",   "search", "writes",
                                                   "sign_in", "uploads", "tracker"};
    return names[limit];
}

enum { WAYS = 8, SETS = HTTP_RATE_BUCKETS_MAX / WAYS, LOCKS = 64 };

typedef struct {
    uint64_t tag; /* 0: free */
    Milliseconds at;
    double tokens;
} RateBucket;

struct Rate {
    uint8_t key[SIPHASH_KEY_BYTES];
    pthread_mutex_t locks[LOCKS];
    RateBucket buckets[SETS][WAYS];
};

Rate *rate_create(void) {
    Rate *rate = calloc(1, sizeof *rate);
    assert(rate);
    random_bytes(rate->key, sizeof rate->key);
    for (size_t i = 0; i < LOCKS; i++) pthread_mutex_init(&rate->locks[i], NULL);
    return rate;
}

void rate_free(Rate *rate) {
    if (!rate) return;
    for (size_t i = 0; i < LOCKS; i++) pthread_mutex_destroy(&rate->locks[i]);
    free(rate);
}

static RateBucket *find_bucket(RateBucket set[WAYS], uint64_t tag, double burst) {
    RateBucket *oldest = &set[0];
    for (size_t i = 0; i < WAYS; i++) {
        if (set[i].tag == tag) return &set[i];
        if (set[i].at < oldest->at) oldest = &set[i];
    }
    *oldest = (RateBucket){.tag = tag, .tokens = burst, .at = -1};
    return oldest;
}

bool rate_take(Rate *rate, IpAddress client, RouteLimit limit, Milliseconds now,
               Seconds *ret_retry_after_s) {
    assert(limit < LIMIT_COUNT);
    const RateFigure *figure = &figures[limit];
    if (figure->burst == 0) return true;
    uint8_t who[sizeof client.bytes + 1];
    if (!ip_is_v4(client)) memset(client.bytes + 8, 0, 8);
    memcpy(who, client.bytes, sizeof client.bytes);
    who[sizeof client.bytes] = (uint8_t)limit;
    uint64_t tag = siphash(str_from_bytes(who, sizeof who), rate->key) | 1;
    size_t set = (tag >> 8) % SETS;
    double per_ms = figure->per_minute / 60000.0;

    pthread_mutex_lock(&rate->locks[set % LOCKS]);
    RateBucket *bucket = find_bucket(rate->buckets[set], tag, figure->burst);
    if (bucket->at >= 0 && now > bucket->at) bucket->tokens += (double)(now - bucket->at) * per_ms;
    if (bucket->tokens > figure->burst) bucket->tokens = figure->burst;
    bucket->at = now;
    bool granted = bucket->tokens >= 1;
    if (granted) bucket->tokens -= 1;
    double missing = 1 - bucket->tokens;
    pthread_mutex_unlock(&rate->locks[set % LOCKS]);

    if (!granted) *ret_retry_after_s = (Seconds)(missing / per_ms / 1000) + 1;
    return granted;
}
