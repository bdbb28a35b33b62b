#include <pthread.h>

#include "base/limits.h"
#include "community/file_key.h"
#include "community/torrent_row.h"
#include "queries/torrent_event.h"

enum { LOAD_WORKS = 100, LOAD_GONE = 1000 };

/* Two changes of one work, on two threads: whoever comes second must also read second, or the index
 * would keep what is no longer so. The lock is held for one small read and one insertion in memory.
 */
static pthread_mutex_t index_lock = PTHREAD_MUTEX_INITIALIZER;

static void put(const Community *community, const TorrentWorkRow *row, Arena *arena) {
    SearchWork work = {
        .id = row->id,
        .title = row->title,
        .author = row->author,
        .description = row->description,
        .uploader = row->uploader,
        .license = row->license,
        .language = row->language,
        .category = (unsigned)row->category,
        .size_bytes = (uint64_t)row->size_bytes,
        .published_at = row->published_at,
        .seeders = (uint32_t)row->seeders,
        .leechers = (uint32_t)row->leechers,
        .completed = (uint64_t)row->completed,
        .last_seeder_at = row->last_seeder_at,
        .well_seeded_at = row->well_seeded_at,
    };
    work.tags = torrent_split(row->tags, ' ', arena, &work.tag_count);
    work.paths = torrent_split(row->paths, '\n', arena, &work.path_count);
    work.keys = file_key_numbers(file_key_parse(row->keys, arena), arena, &work.key_count);
    search_put(community->search, &work);
    InfoHash hash = torrent_row_hash(row->infohash_v1, row->infohash_v2);
    if (community->tracker.allow) community->tracker.allow(community->tracker.tracker, &hash);
}

static void take_out(const Community *community, const TorrentWorkRow *row) {
    search_remove(community->search, row->id);
    InfoHash hash = torrent_row_hash(row->infohash_v1, row->infohash_v2);
    if (community->tracker.forget) community->tracker.forget(community->tracker.tracker, &hash);
}

static Error index_locked(Visit *visit, int64_t id) {
    bool found;
    TorrentWorkRow row;
    TRY(query_torrent_work_by_id(visit->db, visit->arena, (TorrentWorkByIdAsk){.id = id}, &found,
                                 &row));
    if (!found) return OK;
    if (row.state == TORRENT_VISIBLE)
        put(visit->community, &row, visit->arena);
    else
        take_out(visit->community, &row);
    return OK;
}

/* An arena that is full must not jump away with the lock: it is given a cap of its own to fail
 * with. */
Error torrent_index(Visit *visit, int64_t id) {
    Arena arena = arena_create(8 * MIB);
    Visit own = *visit;
    own.arena = &arena;
    pthread_mutex_lock(&index_lock);
    Error result = index_locked(&own, id);
    pthread_mutex_unlock(&index_lock);
    arena_free(&arena);
    return result;
}

/* An open tracker tracks every torrent but those it was told to let go, and forgets them with the
 * program. */
Error torrent_bar_gone(Visit *visit) {
    const TrackerPort *tracker = &visit->community->tracker;
    Arena arena = arena_create(REQUEST_ARENA_BYTES_MAX);
    Error result;
    TorrentGoneAfterRows rows = {0};
    int64_t last_id = 0;
    do {
        arena_reset(&arena);
        result = query_torrent_gone_after(
            visit->db, &arena, (TorrentGoneAfterAsk){.id = last_id, .count = LOAD_GONE}, &rows);
        if (failed(result)) break;
        for (size_t i = 0; i < rows.count; i++) {
            last_id = rows.at[i].id;
            InfoHash hash = torrent_row_hash(rows.at[i].infohash_v1, rows.at[i].infohash_v2);
            if (tracker->forget) tracker->forget(tracker->tracker, &hash);
        }
    } while (rows.count == LOAD_GONE);
    arena_free(&arena);
    return result;
}

static Error load_visible(Visit *visit) {
    Arena arena = arena_create(REQUEST_ARENA_BYTES_MAX);
    Error result;
    TorrentWorkRows rows = {0};
    int64_t last_id = 0;
    do {
        arena_reset(&arena);
        result = query_torrent_works_after(
            visit->db, &arena, (TorrentWorksAfterAsk){.id = last_id, .count = LOAD_WORKS}, &rows);
        if (failed(result)) break;
        for (size_t i = 0; i < rows.count; i++) put(visit->community, &rows.at[i], &arena);
        if (rows.count) last_id = rows.at[rows.count - 1].id;
    } while (rows.count == LOAD_WORKS);
    arena_free(&arena);
    return result;
}

Error torrent_load_all(Visit *visit) {
    TRY(torrent_bar_gone(visit));
    return load_visible(visit);
}

Error torrent_story_at(Visit *visit, int64_t *ret_event_id) {
    TorrentEventLastRow last;
    TRY(query_torrent_event_last(visit->db, visit->arena, &last));
    *ret_event_id = last.id;
    return OK;
}

/* The end is fixed first, so that this ends while people go on. */
Error torrent_catch_up(Visit *visit, int64_t after_event_id) {
    int64_t upto;
    TorrentEventChangedRows rows;
    TRY(torrent_story_at(visit, &upto));
    do {
        TorrentEventChangedAsk ask = {after_event_id, upto, LOAD_WORKS};
        TRY(query_torrent_event_changed(visit->db, visit->arena, ask, &rows));
        for (size_t i = 0; i < rows.count; i++) TRY(torrent_index(visit, rows.at[i].torrent_id));
        if (rows.count) after_event_id = rows.at[rows.count - 1].id;
    } while (rows.count == LOAD_WORKS);
    return OK;
}

/* Whoever has changed one of them since may have been quicker here: the story tells of them. */
Error torrent_index_new(Visit *visit, const TorrentWorkRow *rows, size_t count, int64_t event_id) {
    Arena arena = arena_create(REQUEST_ARENA_BYTES_MAX);
    for (size_t i = 0; i < count; i++) {
        put(visit->community, &rows[i], &arena);
        arena_reset(&arena);
    }
    arena_free(&arena);
    return torrent_catch_up(visit, event_id);
}
