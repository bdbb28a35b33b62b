#include "base/heap.h"
#include "base/text.h"
#include "community/import_batch.h"
#include "community/plain_text.h"
#include "community/torrent_row.h"
#include "community/upload_blob.h"
#include "queries/member.h"
#include "queries/progress.h"
#include "queries/torrent_event.h"

/* --- members --- */

enum { MEMBERS_MAX = 128 * KIB, MEMBER_SLOTS = 2 * MEMBERS_MAX, MEMBERS_BYTES = 64 * MIB };

static size_t slot_of(const ImportMembers *members, Str name) {
    uint64_t hash = 1469598103934665603u;
    for (size_t i = 0; i < name.len; i++)
        hash = (hash ^ (unsigned char)name.at[i]) * 1099511628211u;
    size_t slot = (hash ^ hash >> 32) % MEMBER_SLOTS;
    while (members->slots[slot].id && !str_equal(members->slots[slot].name, name))
        slot = (slot + 1) % MEMBER_SLOTS;
    return slot;
}

static void remember(ImportMembers *members, Str name, int64_t id) {
    if (members->count == MEMBERS_MAX) {
        memset(members->slots, 0, MEMBER_SLOTS * sizeof *members->slots);
        members->count = 0;
        arena_reset(&members->arena);
    }
    size_t slot = slot_of(members, name);
    members->slots[slot].name = arena_copy(&members->arena, name);
    members->slots[slot].id = id;
    members->count++;
}

/* Without a password nobody signs in, and without an address nobody is written to. The key of the
 * address cannot be typed: it has no @. */
static Error add_member(Db *db, Arena *arena, Str name, Seconds at, int64_t *ret_id) {
    Str key = plain_text_lower_ascii(name, arena);
    MemberAddAsk ask = {.name = name,
                        .name_key = key,
                        .email_key = arena_print(arena, "import:%.*s", STR_PRINTF(key)),
                        .role = ROLE_MEMBER,
                        .created_at = at};
    bool added;
    MemberAddRow row;
    TRY(query_member_add(db, arena, ask, &added, &row));
    if (!added) return error(BROKEN, NULL, "The account could not be made.");
    *ret_id = row.id;
    return OK;
}

static Error find_member(ImportWriter *writer, Db *db, Arena *arena, Str name, int64_t *ret_id) {
    ImportMembers *members = &writer->members;
    Str key = plain_text_lower_ascii(name, arena);
    size_t slot = slot_of(members, key);
    bool found = members->slots[slot].id > 0;
    MemberIdByNameRow row = {.id = members->slots[slot].id};
    if (!found) {
        MemberIdByNameAsk ask = {.name_key = key};
        TRY(query_member_id_by_name(db, arena, ask, &found, &row));
        if (!found) TRY(add_member(db, arena, name, writer->visit.now, &row.id));
        remember(members, key, row.id);
    }
    *ret_id = row.id;
    return OK;
}

/* --- works --- */

static Str bytes_or_null(bool there, const uint8_t *bytes, size_t len) {
    return there ? str_from_bytes(bytes, len) : (Str){0};
}

static Error write_contents(Db *db, Arena *arena, const ImportWork *work, int64_t id) {
    TorrentBlobAddAsk blob = work->blob;
    TorrentCountClaimAsk claim = work->claim;
    blob.torrent_id = claim.torrent_id = id;
    if (blob.info.len) {
        TRY(query_torrent_blob_add(db, arena, blob, NULL));
    } else {
        TorrentBlobListAsk list = {id, blob.paths, work->sizes, blob.trackers, blob.web_seeds};
        TRY(query_torrent_blob_list(db, arena, list, NULL));
    }
    if (work->keys.len)
        TRY(query_file_key_put(db, arena, (FileKeyPutAsk){.torrent_id = id, .keys = work->keys},
                               NULL));
    if (claim.at) return query_torrent_count_claim(db, arena, claim, NULL);
    return query_torrent_count_add(db, arena, (TorrentCountAddAsk){.torrent_id = id}, NULL);
}

/* Known: nothing of it is changed, but where it waits for its .torrent this may bring it. */
static Error meet_known(ImportWriter *writer, Db *db, Arena *arena, const ImportWork *work) {
    const TorrentAddAsk *ask = &work->work;
    writer->totals.known++;
    if (!work->blob.info.len) return OK;
    bool found;
    TorrentWithoutFileRow row;
    TRY(query_torrent_without_file(
        db, arena, (TorrentWithoutFileAsk){ask->infohash_v1, ask->infohash_v2}, &found, &row));
    if (!found) return OK;
    UploadCompletion completion = {
        .work = {.infohash_v2 = ask->infohash_v2,
                 .size_bytes = ask->size_bytes,
                 .piece_length = ask->piece_length,
                 .file_count = ask->file_count,
                 .is_private = ask->is_private,
                 .name = ask->name},
        .blob = {.paths = work->blob.paths,
                 .trackers = work->blob.trackers,
                 .web_seeds = work->blob.web_seeds,
                 .comment = work->blob.comment,
                 .created_by = work->blob.created_by,
                 .created_at = work->blob.created_at,
                 .piece_layers = work->blob.piece_layers,
                 .info = work->blob.info},
        .keys = {.keys = work->keys},
        .note = {.torrent_id = row.id, .at = writer->visit.now, .what = STR("completed")}};
    TRY(upload_complete(db, arena, &completion));
    if (!completion.done) return OK;
    writer->totals.known--;
    writer->totals.completed++;
    writer->completed[writer->completed_count++] = row.id;
    return OK;
}

static Error write_work(ImportWriter *writer, Db *db, Arena *arena, size_t place) {
    const ImportWork *work = &writer->batch->works[place];
    TorrentAddAsk ask = work->work;
    ask.infohash_v1 = bytes_or_null(work->hash.has_v1, work->hash.v1, SHA1_BYTES);
    ask.infohash_v2 = bytes_or_null(work->hash.has_v2, work->hash.v2, SHA256_BYTES);
    ask.swarm = str_from_bytes(work->swarm.bytes, sizeof work->swarm.bytes);
    TRY(find_member(writer, db, arena, work->uploader, &ask.uploader_id));
    bool added;
    TorrentAddRow row;
    TRY(query_torrent_add(db, arena, ask, &added, &row));
    if (!added) {
        ImportWork known = *work;
        known.work = ask;
        return meet_known(writer, db, arena, &known);
    }
    TRY(write_contents(db, arena, work, row.id));
    bool visible = ask.state == TORRENT_VISIBLE;
    TorrentNote note = {.torrent_id = row.id,
                        .at = ask.at,
                        .actor_id = ask.uploader_id,
                        .what = visible ? STR("published") : STR("quarantined")};
    TRY(torrent_note(db, arena, &note));
    if (visible) writer->ids[place] = row.id;
    *(visible ? &writer->totals.published : &writer->totals.waiting) += 1;
    writer->totals.nameless += work->is_nameless;
    return OK;
}

static Str place_name(const ImportRules *rules, const char *what, Arena *arena) {
    return arena_print(arena, "import %.*s %s", STR_PRINTF(rules->name), what);
}

static Error write_place(Db *db, Arena *arena, const ImportWriter *writer) {
    const ImportPlace *place = &writer->batch->place;
    if (!writer->rules->name.len) return OK;
    TRY(query_progress_set(
        db, arena,
        (ProgressSetAsk){place_name(writer->rules, "byte", arena), (int64_t)place->offset}, NULL));
    return query_progress_set(
        db, arena, (ProgressSetAsk){place_name(writer->rules, "line", arena), (int64_t)place->line},
        NULL);
}

/* Members made here are forgotten with the transaction when it fails; then nothing goes on. */
static Error write_batch(Db *db, Arena *arena, void *argument) {
    ImportWriter *writer = argument;
    TorrentEventLastRow last;
    TRY(query_torrent_event_last(db, arena, &last));
    writer->before_id = last.id;
    Arena each = arena_create(REQUEST_ARENA_BYTES_MAX);
    Error result = OK;
    for (size_t i = 0; i < writer->batch->count && !failed(result); i++) {
        result = write_work(writer, db, &each, i);
        if (failed(result)) break;
        arena_reset(&each);
    }
    result.subject[0] = result.subject[1] = (Str){0}; /* may stand in what ends here */
    arena_free(&each);
    TRY(result);
    TRY(write_place(db, arena, writer));
    TRY(query_torrent_event_last(db, arena, &last));
    writer->event_id = last.id;
    return OK;
}

/* --- search --- */

static TorrentWorkRow row_of(const ImportWork *work, int64_t id) {
    const TorrentAddAsk *ask = &work->work;
    return (TorrentWorkRow){
        .id = id,
        .infohash_v1 = bytes_or_null(work->hash.has_v1, work->hash.v1, SHA1_BYTES),
        .infohash_v2 = bytes_or_null(work->hash.has_v2, work->hash.v2, SHA256_BYTES),
        .state = ask->state,
        .uploader = work->uploader,
        .category = ask->category,
        .license = ask->license,
        .published_at = ask->at,
        .size_bytes = ask->size_bytes,
        .title = ask->title,
        .author = ask->author,
        .language = ask->language,
        .tags = ask->tags,
        .description = ask->description,
        .paths = work->blob.paths,
        .seeders = work->claim.seeders,
        .leechers = work->claim.leechers,
        .completed = work->claim.completed,
        .last_seeder_at = work->claim.seeded_at,
        .well_seeded_at = work->claim.well_seeded_at,
        .claimed_at = work->claim.at,
        .file_count = ask->file_count,
        .keys = work->keys};
}

static Error index_batch(ImportWriter *writer) {
    const ImportBatch *batch = writer->batch;
    TorrentWorkRow *rows = arena_new(writer->visit.arena, TorrentWorkRow, batch->count);
    size_t count = 0;
    for (size_t i = 0; i < batch->count; i++)
        if (writer->ids[i]) rows[count++] = row_of(&batch->works[i], writer->ids[i]);
    TRY(torrent_index_new(&writer->visit, rows, count, writer->event_id));
    for (size_t i = 0; i < writer->completed_count; i++)
        TRY(torrent_index(&writer->visit, writer->completed[i]));
    return torrent_index_note(&writer->visit, writer->before_id, writer->event_id);
}

/* --- the whole --- */

Error import_writer_open(Visit *visit, const ImportRules *rules, ImportWriter *ret_writer) {
    ImportWriter writer = {.visit = *visit, .rules = rules};
    TRY(store_reader_open(visit->community->store, &writer.visit.db));
    writer.visit.arena = heap_new(1, sizeof(Arena));
    *writer.visit.arena = arena_create(REQUEST_ARENA_BYTES_MAX);
    writer.members.slots = heap_new(MEMBER_SLOTS, sizeof *writer.members.slots);
    writer.members.arena = arena_create(MEMBERS_BYTES);
    writer.ids = heap_new(IMPORT_BATCH_WORKS, sizeof *writer.ids);
    writer.completed = heap_new(IMPORT_BATCH_WORKS, sizeof *writer.completed);
    store_expect_many(visit->community->store, true);
    *ret_writer = writer;
    return OK;
}

void import_writer_close(ImportWriter *writer) {
    if (!writer->ids) return;
    store_expect_many(writer->visit.community->store, false);
    store_reader_close(writer->visit.db);
    arena_free(writer->visit.arena);
    heap_free(writer->visit.arena);
    heap_free(writer->members.slots);
    arena_free(&writer->members.arena);
    heap_free(writer->ids);
    heap_free(writer->completed);
}

Error import_write(ImportWriter *writer, const ImportBatch *batch) {
    const Community *community = writer->visit.community;
    writer->batch = batch;
    writer->totals = (ImportTotals){0};
    writer->completed_count = 0;
    memset(writer->ids, 0, IMPORT_BATCH_WORKS * sizeof *writer->ids);
    Error result = store_write_many(community->store, writer->visit.arena, write_batch, writer);
    if (!failed(result)) result = index_batch(writer);
    result.subject[0] = result.subject[1] = (Str){0};
    arena_reset(writer->visit.arena);
    TRY(result);
    if (community->changed) community->changed(community->changed_argument);
    return OK;
}

static Error remove_place(Db *db, Arena *arena, void *argument) {
    const ImportWriter *writer = argument;
    ProgressRemoveAsk byte = {place_name(writer->rules, "byte", arena)},
                      line = {place_name(writer->rules, "line", arena)};
    TRY(query_progress_remove(db, arena, byte, NULL));
    return query_progress_remove(db, arena, line, NULL);
}

Error import_forget_place(ImportWriter *writer) {
    if (!writer->rules->name.len) return OK;
    return store_write(writer->visit.community->store, writer->visit.arena, remove_place, writer);
}

Error import_place(Visit *visit, Str name, ImportPlace *ret_place) {
    ImportRules rules = {.name = name};
    bool found = false;
    ProgressFindRow byte = {0}, line = {0};
    ProgressFindAsk ask = {place_name(&rules, "byte", visit->arena)};
    TRY(query_progress_find(visit->db, visit->arena, ask, &found, &byte));
    if (found) {
        ask.name = place_name(&rules, "line", visit->arena);
        TRY(query_progress_find(visit->db, visit->arena, ask, &found, &line));
    }
    *ret_place = found ? (ImportPlace){(uint64_t)byte.at, (uint64_t)line.at} : (ImportPlace){0};
    return OK;
}
