#include "base/limits.h"
#include "community/file_key.h"
#include "community/torrent_row.h"
#include "queries/file_key.h"
#include "queries/progress.h"

/* Works from before there were keys: a few at a time, each parsed in memory of its own. */
enum { WORKS_OF_WRITE = 100, TURN_MS = 1000 };
static const Str progress_name = STR("file_keys");

typedef struct {
    FileKeyPutAsk puts[WORKS_OF_WRITE];
    size_t count;
    int64_t upto_id;
} Batch;

static Error write_batch(Db *db, Arena *arena, void *argument) {
    const Batch *batch = argument;
    for (size_t i = 0; i < batch->count; i++)
        TRY(query_file_key_put(db, arena, batch->puts[i], NULL));
    return query_progress_set(db, arena,
                              (ProgressSetAsk){.name = progress_name, .at = batch->upto_id}, NULL);
}

/* What cannot be read has no keys, and is not looked at again. */
static Error make_one(const Visit *visit, int64_t id, Arena *scratch, Arena *arena, Str *ret_keys) {
    Visit own = *visit;
    Torrent torrent;
    TorrentContents contents = {0};
    own.arena = scratch;
    own.viewer.role = ROLE_MODERATOR; /* a work that is gone may come back */
    TRY(torrent_row_find(&own, id, &torrent));
    Error result = torrent_contents(&own, &torrent, &contents);
    if (result.kind != ERROR_BROKEN) TRY(result);
    *ret_keys = file_key_write(file_key_list(contents.files, contents.file_count, arena), arena);
    return OK;
}

static Error make_some(Visit *visit, int64_t *after, Arena *scratch, Arena *arena) {
    FileKeyMissingRows rows;
    FileKeyMissingAsk ask = {.after = *after, .count = WORKS_OF_WRITE};
    TRY(query_file_key_missing(visit->db, arena, ask, &rows));
    Batch *batch = arena_new(arena, Batch, 1);
    for (size_t i = 0; i < rows.count; i++) {
        batch->upto_id = rows.at[i].id;
        if (rows.at[i].known) continue;
        FileKeyPutAsk *put = &batch->puts[batch->count++];
        put->torrent_id = rows.at[i].id;
        TRY(make_one(visit, put->torrent_id, scratch, arena, &put->keys));
        arena_reset(scratch);
    }
    if (rows.count) TRY(store_write(visit->community->store, arena, write_batch, batch));
    for (size_t i = 0; i < batch->count; i++)
        if (batch->puts[i].keys.len) TRY(torrent_index(visit, batch->puts[i].torrent_id));
    *after = rows.count ? batch->upto_id : INT64_MAX;
    return OK;
}

static Error write_one(Db *db, Arena *arena, void *argument) {
    const FileKeyPutAsk *put = argument;
    return query_file_key_put(db, arena, *put, NULL);
}

Error file_key_save(Visit *visit, int64_t torrent_id, const TorrentFile *files, size_t file_count) {
    FileKeys keys = file_key_list(files, file_count, visit->arena);
    FileKeyPutAsk put = {.torrent_id = torrent_id, .keys = file_key_write(keys, visit->arena)};
    return store_write(visit->community->store, visit->arena, write_one, &put);
}

Error file_key_make_missing(Visit *visit) {
    bool found;
    ProgressFindRow row;
    TRY(query_progress_find(visit->db, visit->arena, (ProgressFindAsk){.name = progress_name},
                            &found, &row));
    Milliseconds end = clock_monotonic_ms() + TURN_MS;
    Arena scratch = arena_create(REQUEST_ARENA_BYTES_MAX);
    Arena arena = arena_create(8 * MIB);
    Error result = OK;
    for (int64_t after = found ? row.at : 0; after != INT64_MAX && !failed(result);) {
        result = make_some(visit, &after, &scratch, &arena);
        if (failed(result)) result.subject[0] = result.subject[1] = (Str){0};
        arena_reset(&arena);
        if (clock_monotonic_ms() >= end) break;
    }
    arena_free(&scratch);
    arena_free(&arena);
    return result;
}
