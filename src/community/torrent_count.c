#include "queries/torrent_count.h"
#include "base/limits.h"
#include "community/torrent.h"
#include "community/torrent_index.h"

typedef struct {
    const TorrentCount *counts;
    int64_t *ids;       /* 0: not ours */
    SearchCounts *kept; /* completions are never fewer than before */
    size_t count;
    Seconds at;
} Counting;

static TorrentCountSetAsk set_ask(const TorrentCount *count, Seconds at) {
    return (TorrentCountSetAsk){.swarm = str_from_bytes(count->hash.bytes, SHA1_BYTES),
                                .seeders = count->seeders,
                                .leechers = count->leechers,
                                .completed = (int64_t)count->completed,
                                .seeders_v6 = count->seeders_v6,
                                .leechers_v6 = count->leechers_v6,
                                .seeders_web = count->seeders_web,
                                .leechers_web = count->leechers_web,
                                .well = HEALTH_WELL_SEEDED,
                                .at = at};
}

static Error set_counts(Db *db, Arena *arena, void *argument) {
    const Counting *counting = argument;
    for (size_t i = 0; i < counting->count; i++) {
        const TorrentCount *count = &counting->counts[i];
        bool found;
        TorrentCountSetRow row;
        TRY(query_torrent_count_set(db, arena, set_ask(count, counting->at), &found, &row));
        counting->ids[i] = found ? row.torrent_id : 0;
        if (!found) continue;
        counting->kept[i] = (SearchCounts){.seeders = count->seeders,
                                           .leechers = count->leechers,
                                           .completed = (uint64_t)row.completed,
                                           .last_seeder_at = row.last_seeder_at,
                                           .well_seeded_at = row.well_seeded_at};
    }
    return OK;
}

static void tell_search(Visit *visit, const Counting *counting) {
    torrent_index_wait();
    for (size_t i = 0; i < counting->count; i++)
        if (counting->ids[i])
            search_set_counts(visit->community->search, counting->ids[i], &counting->kept[i]);
}

static Error count_some(Visit *visit, const TorrentCount *counts, size_t count, Arena *arena) {
    Counting counting = {.counts = counts,
                         .ids = arena_new(arena, int64_t, count),
                         .kept = arena_new(arena, SearchCounts, count),
                         .count = count,
                         .at = visit->now};
    TRY(store_write(visit->community->store, arena, set_counts, &counting));
    tell_search(visit, &counting);
    return OK;
}

/* Each write has its own memory: what all swarms changed at once would not fit into a visit's. */
Error torrent_count(Visit *visit, const TorrentCount *counts, size_t count) {
    Arena arena = arena_create(8 * MIB);
    Error result = OK;
    for (size_t done = 0; done < count && !failed(result);) {
        size_t some = count - done < COUNTS_OF_WRITE_MAX ? count - done : COUNTS_OF_WRITE_MAX;
        result = count_some(visit, counts + done, some, &arena);
        if (failed(result)) result.subject[0] = result.subject[1] = (Str){0}; /* went with it */
        arena_reset(&arena);
        done += some;
    }
    arena_free(&arena);
    return result;
}

/* --- counts nobody stands behind --- */

typedef struct {
    const TorrentCountUnconfirmedRows *rows;
    Seconds before, seen_at;
    Counting counting;
} Settling;

static Error clear_counts(Db *db, Arena *arena, void *argument) {
    const Settling *settling = argument;
    for (size_t i = 0; i < settling->rows->count; i++) {
        bool found;
        TorrentCountClearRow row;
        int64_t id = settling->rows->at[i].torrent_id;
        TRY(query_torrent_count_clear(db, arena,
                                      (TorrentCountClearAsk){.torrent_id = id,
                                                             .before = settling->before,
                                                             .seen_at = settling->seen_at,
                                                             .at = settling->counting.at,
                                                             .well = HEALTH_WELL_SEEDED},
                                      &found, &row));
        settling->counting.ids[i] = found ? id : 0;
        if (!found) continue;
        settling->counting.kept[i] = (SearchCounts){.completed = (uint64_t)row.completed,
                                                    .last_seeder_at = row.last_seeder_at,
                                                    .well_seeded_at = row.well_seeded_at};
    }
    return OK;
}

static Error settle_some(Visit *visit, Settling *settling, int64_t *after, Arena *arena) {
    TorrentCountUnconfirmedRows rows;
    TRY(query_torrent_count_unconfirmed(
        visit->db, arena,
        (TorrentCountUnconfirmedAsk){
            .after = *after, .before = settling->before, .count = COUNTS_OF_WRITE_MAX},
        &rows));
    settling->rows = &rows;
    settling->counting = (Counting){.ids = arena_new(arena, int64_t, rows.count + 1),
                                    .kept = arena_new(arena, SearchCounts, rows.count + 1),
                                    .count = rows.count,
                                    .at = visit->now};
    if (rows.count) TRY(store_write(visit->community->store, arena, clear_counts, settling));
    tell_search(visit, &settling->counting);
    *after = rows.count ? rows.at[rows.count - 1].torrent_id : INT64_MAX;
    return OK;
}

Error torrent_count_settle(Visit *visit, Seconds before, Seconds seen_at) {
    Arena arena = arena_create(8 * MIB);
    Settling settling = {.before = before, .seen_at = seen_at};
    Error result = OK;
    for (int64_t after = 0; after != INT64_MAX && !failed(result);) {
        result = settle_some(visit, &settling, &after, &arena);
        if (failed(result)) result.subject[0] = result.subject[1] = (Str){0};
        arena_reset(&arena);
    }
    arena_free(&arena);
    return result;
}
