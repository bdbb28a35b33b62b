#include "community/health_sample.h"

#include "base/limits.h"
#include "queries/progress.h"
#include "queries/torrent_count.h"
#include "queries/torrent_health.h"

enum {
    HOUR_S = 3600,
    WORKS_OF_WRITE = 1000,
    OLD_OF_WRITE = 200, /* these carry their years with them */
    SAMPLE_ARENA_BYTES = 64 * MIB,
};

static const Str progress_name = STR("health");

/* What one write puts down; made before it, so that the writer only writes. */
typedef struct {
    TorrentHealthSetHoursAsk *hours;
    TorrentHealthSetDaysAsk *days; /* NULL: they stay as they are */
    size_t count;
} Batch;

static Error write_batch(Db *db, Arena *arena, void *argument) {
    const Batch *batch = argument;
    for (size_t i = 0; i < batch->count; i++) {
        TRY(query_torrent_health_set_hours(db, arena, batch->hours[i], NULL));
        if (batch->days) TRY(query_torrent_health_set_days(db, arena, batch->days[i], NULL));
    }
    return OK;
}

/* Where no hours are left, none is ever old. */
static TorrentHealthSetHoursAsk hours_ask(int64_t torrent_id, int64_t completed,
                                          const HealthSteps *hours, Arena *arena) {
    return (TorrentHealthSetHoursAsk){
        .torrent_id = torrent_id,
        .completed = completed,
        .first_hour = hours->count ? hours->at[0].at : UINT32_MAX,
        .steps = health_write(hours, arena),
    };
}

/* Damaged bytes are dropped: a history is no reason to stop counting. */
static HealthSteps steps_of(Str bytes, Arena *arena) {
    HealthSteps steps = {0};
    return health_parse(bytes, arena, &steps) ? steps : (HealthSteps){0};
}

static uint32_t at_most_u32(int64_t value) {
    return value < 0 ? 0 : value > UINT32_MAX ? UINT32_MAX : (uint32_t)value;
}

/* --- every hour: what changed --- */

/* Of a work first met in the first round of all, nobody knows when it was completed. */
static TorrentHealthSetHoursAsk sample_one(const TorrentHealthCountedRow *row,
                                           const HealthSampler *sampler, Arena *arena) {
    HealthSteps hours = steps_of(row->hours, arena);
    HealthStep step = {.at = (uint32_t)(sampler->to / HOUR_S - 1),
                       .seeders = at_most_u32(row->seeders),
                       .leechers = at_most_u32(row->leechers)};
    if (row->known_completed.known)
        step.completed = at_most_u32(row->completed - row->known_completed.value);
    else if (sampler->from)
        step.completed = at_most_u32(row->completed);
    health_append(&hours, step, arena);
    return hours_ask(row->torrent_id, row->completed, &hours, arena);
}

/* Nobody was ever counted at 0. */
static Error sample_some(Visit *visit, HealthSampler *sampler, Arena *arena, bool *ret_more) {
    TorrentHealthCountedRows rows;
    TRY(query_torrent_health_counted(
        visit->db, arena,
        (TorrentHealthCountedAsk){.after = sampler->after_id,
                                  .since = sampler->from + !sampler->from,
                                  .count = WORKS_OF_WRITE},
        &rows));
    Batch batch = {.hours = arena_new(arena, TorrentHealthSetHoursAsk, rows.count + 1)};
    for (; batch.count < rows.count; batch.count++)
        batch.hours[batch.count] = sample_one(&rows.at[batch.count], sampler, arena);
    if (batch.count) TRY(store_write(visit->community->store, arena, write_batch, &batch));
    if (rows.count) sampler->after_id = rows.at[rows.count - 1].torrent_id;
    *ret_more = rows.count == WORKS_OF_WRITE;
    return OK;
}

/* --- then: days out of old hours --- */

static Error compact_some(Visit *visit, const HealthSampler *sampler, Arena *arena,
                          bool *ret_more) {
    uint32_t hour = (uint32_t)(sampler->to / HOUR_S);
    TorrentHealthOldRows rows;
    TRY(query_torrent_health_old(
        visit->db, arena,
        (TorrentHealthOldAsk){.before = health_first_kept_hour(hour), .count = OLD_OF_WRITE},
        &rows));
    Batch batch = {.hours = arena_new(arena, TorrentHealthSetHoursAsk, rows.count + 1),
                   .days = arena_new(arena, TorrentHealthSetDaysAsk, rows.count + 1)};
    for (; batch.count < rows.count; batch.count++) {
        const TorrentHealthOldRow *row = &rows.at[batch.count];
        HealthSteps hours = steps_of(row->hours, arena), days = steps_of(row->days, arena);
        health_compact(&hours, &days, hour, arena);
        batch.hours[batch.count] = hours_ask(row->torrent_id, row->completed, &hours, arena);
        batch.days[batch.count] =
            (TorrentHealthSetDaysAsk){row->torrent_id, health_write(&days, arena)};
    }
    if (batch.count) TRY(store_write(visit->community->store, arena, write_batch, &batch));
    *ret_more = rows.count == OLD_OF_WRITE;
    return OK;
}

/* --- a round --- */

static Error set_progress(Db *db, Arena *arena, void *argument) {
    const ProgressSetAsk *ask = argument;
    return query_progress_set(db, arena, *ask, NULL);
}

static Error begin_round(Visit *visit, HealthSampler *sampler) {
    bool found;
    ProgressFindRow row = {0};
    TRY(query_progress_find(visit->db, visit->arena, (ProgressFindAsk){.name = progress_name},
                            &found, &row));
    sampler->done_at = found ? row.at : 0;
    /* A clock that was set back does not keep the next round waiting. */
    if (sampler->done_at > visit->now) sampler->done_at = visit->now;
    if (visit->now / HOUR_S == sampler->done_at / HOUR_S) return OK;
    sampler->from = sampler->done_at;
    sampler->to = visit->now;
    sampler->after_id = 0;
    sampler->sampled = false;
    return OK;
}

static Error end_round(Visit *visit, HealthSampler *sampler) {
    ProgressSetAsk ask = {.name = progress_name, .at = sampler->to};
    TRY(store_write(visit->community->store, visit->arena, set_progress, &ask));
    sampler->done_at = sampler->to;
    sampler->to = 0;
    return OK;
}

static Error run_share(Visit *visit, HealthSampler *sampler, Arena *arena) {
    for (int works = 0; works < HEALTH_SAMPLES_AT_ONCE; works += WORKS_OF_WRITE) {
        bool more = false;
        if (!sampler->sampled) {
            TRY(sample_some(visit, sampler, arena, &more));
            sampler->sampled = !more;
        } else {
            TRY(compact_some(visit, sampler, arena, &more));
            if (!more) return end_round(visit, sampler);
        }
        arena_reset(arena);
    }
    return OK;
}

Error health_sample(Visit *visit, HealthSampler *sampler) {
    if (!sampler->to && visit->now / HOUR_S != sampler->done_at / HOUR_S)
        TRY(begin_round(visit, sampler));
    if (!sampler->to) return OK;
    Arena arena = arena_create(SAMPLE_ARENA_BYTES);
    Error result = run_share(visit, sampler, &arena);
    if (failed(result)) result.subject[0] = result.subject[1] = (Str){0}; /* went with it */
    arena_free(&arena);
    return result;
}

/* --- read back --- */

Error health_find(Visit *visit, int64_t torrent_id, HealthHistory *ret_history) {
    bool found;
    TorrentHealthFindRow row;
    TRY(query_torrent_health_find(visit->db, visit->arena,
                                  (TorrentHealthFindAsk){.torrent_id = torrent_id}, &found, &row));
    HealthHistory history = {0};
    if (found) {
        history.hours = steps_of(row.hours, visit->arena);
        history.days = steps_of(row.days, visit->arena);
    }
    *ret_history = history;
    return OK;
}

/* --- made up --- */

typedef struct {
    Batch batch;
    TorrentCountPutAsk counts;
} Putting;

static Error put(Db *db, Arena *arena, void *argument) {
    Putting *putting = argument;
    TRY(query_torrent_count_put(db, arena, putting->counts, NULL));
    return write_batch(db, arena, &putting->batch);
}

Error health_put(Visit *visit, int64_t torrent_id, const HealthPast *past) {
    Arena *arena = visit->arena;
    TorrentHealthSetHoursAsk hours =
        hours_ask(torrent_id, (int64_t)past->completed, &past->history.hours, arena);
    TorrentHealthSetDaysAsk days = {torrent_id, health_write(&past->history.days, arena)};
    Putting putting = {.batch = {.hours = &hours, .days = &days, .count = 1},
                       .counts = {.torrent_id = torrent_id,
                                  .seeders = past->seeders,
                                  .leechers = past->leechers,
                                  .completed = (int64_t)past->completed,
                                  .seeders_v6 = past->seeders_v6,
                                  .leechers_v6 = past->leechers_v6,
                                  .at = past->counted_at,
                                  .first_seeder_at = past->first_seeder_at,
                                  .last_seeder_at = past->last_seeder_at,
                                  .well_seeded_at = past->well_seeded_at}};
    TRY(store_write(visit->community->store, arena, put, &putting));
    SearchCounts counts = {.seeders = past->seeders,
                           .leechers = past->leechers,
                           .completed = past->completed,
                           .last_seeder_at = past->last_seeder_at,
                           .well_seeded_at = past->well_seeded_at};
    search_set_counts(visit->community->search, torrent_id, &counts);
    return OK;
}
