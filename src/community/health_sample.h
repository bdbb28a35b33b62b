/* health_sample.h — the history of works in the store: sampled by the hour, made days of, read
 * back. Only works whose count changed are written, a thousand in one write, and no more than
 * HEALTH_SAMPLES_AT_ONCE at one call, so that neither the writer nor the jobs are held up. */
#pragma once
#include "community/community.h"
#include "community/health.h"

enum { HEALTH_SAMPLES_AT_ONCE = 10000 };

/* The round under way; all zero at the start. A round begins with each hour. */
typedef struct {
    Seconds from, to; /* works counted in between; to 0: no round */
    int64_t after_id;
    bool sampled; /* all of them: what is left is to make days of old hours */
    Seconds done_at;
} HealthSampler;
/* Call it every few seconds. What fails is done again at the next call. */
MUST_USE Error health_sample(Visit *visit, HealthSampler *sampler);

typedef struct {
    HealthSteps hours, days;
} HealthHistory;
/* Empty where nothing has been sampled. */
MUST_USE Error health_find(Visit *visit, int64_t torrent_id, HealthHistory *ret_history);
/* A past made up, for the sample catalogue: the history and what it led to. */
typedef struct {
    HealthHistory history;
    uint32_t seeders, leechers, seeders_v6, leechers_v6;
    uint64_t completed;
    Seconds counted_at, first_seeder_at, last_seeder_at, well_seeded_at;
} HealthPast;
MUST_USE Error health_put(Visit *visit, int64_t torrent_id, const HealthPast *past);
