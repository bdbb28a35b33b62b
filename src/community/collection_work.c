#include "queries/collection_work.h"
#include "base/limits.h"
#include "community/collection_row.h"
#include "community/permission.h"
#include "community/plain_text.h"
#include "community/torrent_row.h"

/* --- reading --- */

static const TorrentLineRow *row_of(const TorrentLineRows *rows, int64_t id) {
    for (size_t i = 0; i < rows->count; i++)
        if (rows->at[i].id == id) return &rows->at[i];
    return NULL;
}

/* `works` has the numbers of its works; the rest comes from the store. */
static Error fill(Visit *visit, CollectionWorks *works) {
    TorrentLineRows rows = {0};
    int64_t *ids = arena_new(visit->arena, int64_t, works->count);
    for (size_t i = 0; i < works->count; i++) ids[i] = works->at[i].torrent.id;
    if (works->count)
        TRY(query_torrent_by_ids(visit->db, visit->arena,
                                 (TorrentByIdsAsk){.ids = {ids, works->count}}, &rows));
    size_t kept = 0;
    for (size_t i = 0; i < works->count; i++) {
        const TorrentLineRow *row = row_of(&rows, ids[i]);
        if (!row) continue;
        Torrent torrent = torrent_from_row(row, visit);
        if (torrent.state == TORRENT_QUARANTINED && !torrent_is_own(visit, &torrent)) continue;
        works->at[kept] = works->at[i];
        works->at[kept++].torrent = torrent;
    }
    works->count = kept;
    return OK;
}

Error collection_works(Visit *visit, const Collection *collection, Str cursor,
                       CollectionWorks *ret_works) {
    uint64_t after = 0;
    CollectionWorkPageRows rows;
    if (cursor.len && (!str_to_u64(cursor, &after) || after > INT64_MAX))
        return error_field(BAD_INPUT, "cursor", "bad_cursor",
                           "This page cannot be found again. Start from the first.");
    CollectionWorkPageAsk ask = {collection->id, (int64_t)after, COLLECTION_WORKS_LISTED_MAX + 1};
    CollectionWorkBeforeRow before = {0};
    TRY(query_collection_work_page(visit->db, visit->arena, ask, &rows));
    /* Places may be free where works were taken out, so a place is not how many stand before it. */
    if (after)
        TRY(query_collection_work_before(visit->db, visit->arena,
                                         (CollectionWorkBeforeAsk){collection->id, (int64_t)after},
                                         &before));
    bool is_last = rows.count <= COLLECTION_WORKS_LISTED_MAX;
    if (!is_last) rows.count = COLLECTION_WORKS_LISTED_MAX;
    CollectionWorks works = {.at = arena_new(visit->arena, CollectionWork, rows.count),
                             .count = rows.count,
                             .from = (uint64_t)before.count + 1};
    for (size_t i = 0; i < rows.count; i++)
        works.at[i] = (CollectionWork){.torrent = {.id = rows.at[i].torrent_id},
                                       .note = rows.at[i].note,
                                       .added_at = rows.at[i].added_at};
    if (!is_last)
        works.next = arena_print(visit->arena, "%lld", (long long)rows.at[rows.count - 1].place);
    TRY(fill(visit, &works));
    *ret_works = works;
    return OK;
}

Error collection_newest(Visit *visit, const Collection *collection, CollectionWorks *ret_works) {
    CollectionWorkNewestRows rows;
    TRY(query_collection_work_newest(
        visit->db, visit->arena, (CollectionWorkNewestAsk){collection->id, COLLECTION_WORKS_MAX},
        &rows));
    CollectionWorks works = {
        .at = arena_new(visit->arena, CollectionWork, rows.count), .count = rows.count, .from = 1};
    for (size_t i = 0; i < rows.count; i++)
        works.at[i] = (CollectionWork){.torrent = {.id = rows.at[i].torrent_id},
                                       .note = rows.at[i].note,
                                       .added_at = rows.at[i].added_at};
    TRY(fill(visit, &works));
    *ret_works = works;
    return OK;
}

/* A work that came into two of them is one. */
Error collection_news(Visit *visit, CollectionWorks *ret_works) {
    CollectionWorkNewsRows rows;
    TRY(permission_member(visit));
    TRY(query_collection_work_news(
        visit->db, visit->arena,
        (CollectionWorkNewsAsk){visit->viewer.member_id, COLLECTION_WORKS_LISTED_MAX}, &rows));
    CollectionWorks works = {.at = arena_new(visit->arena, CollectionWork, rows.count), .from = 1};
    for (size_t i = 0; i < rows.count; i++) {
        bool is_there = false;
        for (size_t k = 0; k < works.count; k++)
            is_there |= works.at[k].torrent.id == rows.at[i].torrent_id;
        if (!is_there)
            works.at[works.count++] = (CollectionWork){.torrent = {.id = rows.at[i].torrent_id},
                                                       .added_at = rows.at[i].added_at};
    }
    TRY(fill(visit, &works));
    *ret_works = works;
    return OK;
}

/* --- changing --- */

typedef struct {
    int64_t collection_id, torrent_id;
    Str note;
    uint64_t place;
    Seconds now;
} Change;

static Error touch(Db *db, Arena *arena, const Change *change, int works) {
    return query_collection_touch(
        db, arena, (CollectionTouchAsk){change->collection_id, works, change->now}, NULL);
}

static Error add(Db *db, Arena *arena, void *argument) {
    const Change *change = argument;
    CollectionWorkLastRow last;
    CollectionWorkAddRow added;
    bool is_new;
    TRY(query_collection_work_last(db, arena, (CollectionWorkLastAsk){change->collection_id},
                                   &last));
    TRY(query_collection_work_add(db, arena,
                                  (CollectionWorkAddAsk){change->collection_id, change->torrent_id,
                                                         last.place + 1, change->note, change->now},
                                  &is_new, &added));
    if (!is_new)
        return error_field(CONFLICT, "torrent", "in_it_already",
                           "This work is in the collection already.");
    if (last.count >= COLLECTION_WORKS_MAX)
        return error_field(CONFLICT, "torrent", "collection_full",
                           "This collection is full: make another.");
    return touch(db, arena, change, 1);
}

static Error not_in_it(void) {
    return error_field(NOT_FOUND, "torrent", "not_in_it", "This work is not in the collection.");
}

static Error put_note(Db *db, Arena *arena, void *argument) {
    const Change *change = argument;
    int64_t changed;
    TRY(query_collection_work_note(
        db, arena, (CollectionWorkNoteAsk){change->collection_id, change->torrent_id, change->note},
        &changed));
    return changed ? touch(db, arena, change, 0) : not_in_it();
}

static Error take_out(Db *db, Arena *arena, void *argument) {
    const Change *change = argument;
    int64_t removed;
    TRY(query_collection_work_remove(
        db, arena, (CollectionWorkRemoveAsk){change->collection_id, change->torrent_id}, &removed));
    return removed ? touch(db, arena, change, -1) : not_in_it();
}

/* Places are numbered anew, from 1: only the rows between are written. */
static Error move(Db *db, Arena *arena, void *argument) {
    const Change *change = argument;
    CollectionWorkPlacesRows rows;
    TRY(query_collection_work_places(
        db, arena, (CollectionWorkPlacesAsk){change->collection_id, COLLECTION_WORKS_MAX}, &rows));
    size_t from = 0;
    while (from < rows.count && rows.at[from].torrent_id != change->torrent_id) from++;
    if (from == rows.count) return not_in_it();
    size_t to = change->place > rows.count ? rows.count - 1 : (size_t)change->place - 1;
    CollectionWorkPlacesRow moved = rows.at[from];
    for (size_t i = from; i < to; i++) rows.at[i] = rows.at[i + 1];
    for (size_t i = from; i > to; i--) rows.at[i] = rows.at[i - 1];
    rows.at[to] = moved;
    for (size_t i = 0; i < rows.count; i++) {
        int64_t place = (int64_t)i + 1;
        if (rows.at[i].place == place) continue;
        TRY(query_collection_work_put(
            db, arena, (CollectionWorkPutAsk){change->collection_id, rows.at[i].torrent_id, place},
            NULL));
    }
    return touch(db, arena, change, 0);
}

static Error check_note(Visit *visit, Str typed, Str *ret_note) {
    Str note;
    if (!plain_text_line(typed, visit->arena, &note))
        return error_field(BAD_INPUT, "note", "bad_characters",
                           "This contains characters that cannot be shown.");
    if (note.len > COLLECTION_NOTE_BYTES_MAX)
        return error_field(BAD_INPUT, "note", "too_long", "This is longer than {} bytes.",
                           arena_print(visit->arena, "%d", COLLECTION_NOTE_BYTES_MAX));
    *ret_note = note;
    return OK;
}

static Error write(Visit *visit, Str slug, StoreWork work, Change *change) {
    Collection collection;
    TRY(collection_to_edit(visit, slug, &collection));
    change->collection_id = collection.id;
    change->now = visit->now;
    TRY(store_write(visit->community->store, visit->arena, work, change));
    collection_spread(visit);
    return OK;
}

Error collection_add_work(Visit *visit, Str slug, int64_t torrent_id, Str note) {
    Torrent torrent;
    Change change = {.torrent_id = torrent_id};
    TRY(check_note(visit, note, &change.note));
    Error missing = torrent_row_find(visit, torrent_id, &torrent);
    missing.field = failed(missing) ? "torrent" : NULL;
    TRY(missing);
    if (torrent.state != TORRENT_VISIBLE)
        return error_field(CONFLICT, "torrent", "not_published", "This work is not published.");
    return write(visit, slug, add, &change);
}

Error collection_note_work(Visit *visit, Str slug, int64_t torrent_id, Str note) {
    Change change = {.torrent_id = torrent_id};
    TRY(check_note(visit, note, &change.note));
    return write(visit, slug, put_note, &change);
}

Error collection_move_work(Visit *visit, Str slug, int64_t torrent_id, uint64_t place) {
    Change change = {.torrent_id = torrent_id, .place = place ? place : 1};
    return write(visit, slug, move, &change);
}

Error collection_remove_work(Visit *visit, Str slug, int64_t torrent_id) {
    Change change = {.torrent_id = torrent_id};
    return write(visit, slug, take_out, &change);
}
