#include "community/collection.h"

#include "base/encode.h"
#include "base/limits.h"
#include "base/random.h"
#include "community/collection_row.h"
#include "community/permission.h"
#include "community/plain_text.h"
#include "community/torrent_row.h"

enum { SLUG_SECRET_BYTES = 10 };

Collection collection_from_row(const CollectionLineRow *row) {
    return (Collection){.id = row->id,
                        .slug = row->slug,
                        .title = row->title,
                        .description = row->description,
                        .is_public = row->is_public,
                        .owner_id = row->member_id,
                        .owner = row->owner,
                        .works = (uint64_t)row->works,
                        .followers = (uint64_t)row->followers,
                        .created_at = row->created_at,
                        .changed_at = row->changed_at};
}

void collection_spread(const Visit *visit) {
    const Community *community = visit->community;
    if (community->changed) community->changed(community->changed_argument);
}

bool collection_may_edit(const Visit *visit, const Collection *collection) {
    return !failed(permission_edit(visit, collection->owner_id));
}

Str collection_path(Visit *visit, Language language, const Collection *collection) {
    return arena_print(visit->arena, "/%s/collection/%.*s", language_code(language),
                       STR_PRINTF(collection->slug));
}

Error collection_find(Visit *visit, Str slug, Collection *ret_collection) {
    bool found, follows = false;
    CollectionLineRow row;
    CollectionFollowFindRow follow;
    TRY(query_collection_by_slug(visit->db, visit->arena, (CollectionBySlugAsk){slug}, &found,
                                 &row));
    if (!found) return error(NOT_FOUND, "no_such_collection", "There is no such collection.");
    if (visit->viewer.member_id)
        TRY(query_collection_follow_find(visit->db, visit->arena,
                                         (CollectionFollowFindAsk){visit->viewer.member_id, row.id},
                                         &follows, &follow));
    *ret_collection = collection_from_row(&row);
    ret_collection->is_followed = follows;
    return OK;
}

Error collection_to_edit(Visit *visit, Str slug, Collection *ret_collection) {
    Collection collection;
    TRY(permission_member(visit));
    TRY(permission_scope(visit, STR("upload")));
    TRY(collection_find(visit, slug, &collection));
    TRY(permission_edit(visit, collection.owner_id));
    *ret_collection = collection;
    return OK;
}

/* --- words --- */

typedef struct {
    Str title, description;
    bool is_public;
} Checked;

static void check_length(Arena *arena, Str text, const char *field, size_t bytes_max,
                         ErrorList *errors) {
    if (text.len > bytes_max)
        error_list_add(errors,
                       error_field(BAD_INPUT, field, "too_long", "This is longer than {} bytes.",
                                   arena_print(arena, "%zu", bytes_max)));
}

static Error check_words(const CollectionWords *words, Arena *arena, ErrorList *errors,
                         Checked *ret_checked) {
    Checked checked = {.is_public = str_equal(words->visibility, STR("public"))};
    static const char bad[] = "This contains characters that cannot be shown.";
    errors->arena = arena;
    if (!plain_text_line(words->title, arena, &checked.title))
        error_list_add(errors, error_field(BAD_INPUT, "title", "bad_characters", bad));
    else if (checked.title.len == 0)
        error_list_add(errors, error_field(BAD_INPUT, "title", "title_required",
                                           "Give the collection a title."));
    check_length(arena, checked.title, "title", COLLECTION_TITLE_BYTES_MAX, errors);
    if (!plain_text_lines(words->description, arena, &checked.description))
        error_list_add(errors, error_field(BAD_INPUT, "description", "bad_characters", bad));
    check_length(arena, checked.description, "description", COLLECTION_DESCRIPTION_BYTES_MAX,
                 errors);
    if (!checked.is_public && !str_equal(words->visibility, STR("unlisted")))
        error_list_add(errors, error_field(BAD_INPUT, "visibility", "bad_visibility",
                                           "A collection is public or unlisted."));
    TRY(error_list_first(errors));
    *ret_checked = checked;
    return OK;
}

/* Read by people, and guessed by nobody. */
static Str make_slug(Str title, Arena *arena) {
    uint8_t secret[SLUG_SECRET_BYTES];
    random_bytes(secret, sizeof secret);
    Str words = torrent_slug(title, arena), tail = hex_write(arena, secret, sizeof secret);
    return arena_print(arena, "%.*s-%.*s", STR_PRINTF(words), STR_PRINTF(tail));
}

static Error add(Db *db, Arena *arena, void *argument) {
    const CollectionAddAsk *ask = argument;
    CollectionCountOfMemberRow there;
    CollectionAddRow added;
    TRY(query_collection_count_of_member(db, arena, (CollectionCountOfMemberAsk){ask->member_id},
                                         &there));
    if (there.count >= COLLECTIONS_OF_MEMBER_MAX)
        return error(CONFLICT, "too_many_collections",
                     "You have made very many collections. Remove one first.");
    return query_collection_add(db, arena, *ask, &added);
}

Error collection_add(Visit *visit, const CollectionWords *words, ErrorList *errors,
                     Collection *ret_collection) {
    Checked checked;
    TRY(permission_member(visit));
    TRY(permission_scope(visit, STR("upload")));
    TRY(check_words(words, visit->arena, errors, &checked));
    CollectionAddAsk ask = {make_slug(checked.title, visit->arena),
                            visit->viewer.member_id,
                            checked.title,
                            checked.description,
                            checked.is_public,
                            visit->now};
    TRY(store_write(visit->community->store, visit->arena, add, &ask));
    collection_spread(visit);
    return collection_find(visit, ask.slug, ret_collection);
}

static Error change(Db *db, Arena *arena, void *argument) {
    return query_collection_change(db, arena, *(CollectionChangeAsk *)argument, NULL);
}

Error collection_change(Visit *visit, Str slug, const CollectionWords *words, ErrorList *errors) {
    Collection collection;
    Checked checked;
    TRY(collection_to_edit(visit, slug, &collection));
    TRY(check_words(words, visit->arena, errors, &checked));
    CollectionChangeAsk ask = {collection.id, checked.title, checked.description, checked.is_public,
                               visit->now};
    TRY(store_write(visit->community->store, visit->arena, change, &ask));
    collection_spread(visit);
    return OK;
}

static Error take_away(Db *db, Arena *arena, void *argument) {
    return query_collection_remove(db, arena, *(CollectionRemoveAsk *)argument, NULL);
}

Error collection_remove(Visit *visit, Str slug) {
    Collection collection;
    TRY(collection_to_edit(visit, slug, &collection));
    CollectionRemoveAsk ask = {collection.id};
    TRY(store_write(visit->community->store, visit->arena, take_away, &ask));
    collection_spread(visit);
    return OK;
}

/* --- lists --- */

static CollectionList list_of(Visit *visit, const CollectionLineRows *rows) {
    CollectionList list = {.at = arena_new(visit->arena, Collection, rows->count),
                           .count = rows->count};
    for (size_t i = 0; i < rows->count; i++) list.at[i] = collection_from_row(&rows->at[i]);
    return list;
}

/* "1800000000-12": when it was changed, and its number. */
static bool read_cursor(Str cursor, CollectionPublicAsk *ask) {
    Str at = str_cut(&cursor, '-');
    return str_to_i64(at, &ask->changed_before) && str_to_i64(cursor, &ask->id_before);
}

Error collection_list(Visit *visit, Str cursor, CollectionList *ret_list) {
    CollectionPublicAsk ask = {INT64_MAX, INT64_MAX, COLLECTIONS_LISTED_MAX + 1};
    CollectionLineRows rows;
    if (cursor.len && !read_cursor(cursor, &ask))
        return error_field(BAD_INPUT, "cursor", "bad_cursor",
                           "This page cannot be found again. Start from the first.");
    TRY(query_collection_public(visit->db, visit->arena, ask, &rows));
    bool is_last = rows.count <= COLLECTIONS_LISTED_MAX;
    if (!is_last) rows.count = COLLECTIONS_LISTED_MAX;
    CollectionList list = list_of(visit, &rows);
    const Collection *last = list.count ? &list.at[list.count - 1] : NULL;
    if (!is_last)
        list.next = arena_print(visit->arena, "%lld-%lld", (long long)last->changed_at,
                                (long long)last->id);
    *ret_list = list;
    return OK;
}

Error collection_list_of_member(Visit *visit, int64_t member_id, CollectionList *ret_list) {
    CollectionLineRows rows;
    if (failed(permission_edit(visit, member_id)))
        TRY(query_collection_of_member_public(
            visit->db, visit->arena,
            (CollectionOfMemberPublicAsk){member_id, COLLECTIONS_OF_MEMBER_MAX}, &rows));
    else
        TRY(query_collection_of_member(
            visit->db, visit->arena, (CollectionOfMemberAsk){member_id, COLLECTIONS_OF_MEMBER_MAX},
            &rows));
    *ret_list = list_of(visit, &rows);
    return OK;
}

Error collection_list_of_work(Visit *visit, int64_t torrent_id, CollectionList *ret_list) {
    CollectionLineRows rows;
    TRY(query_collection_of_work(visit->db, visit->arena,
                                 (CollectionOfWorkAsk){torrent_id, COLLECTIONS_OF_WORK_SHOWN},
                                 &rows));
    *ret_list = list_of(visit, &rows);
    return OK;
}

Error collection_list_followed(Visit *visit, CollectionList *ret_list) {
    CollectionFollowedRows rows;
    TRY(permission_member(visit));
    TRY(query_collection_followed(
        visit->db, visit->arena,
        (CollectionFollowedAsk){visit->viewer.member_id, COLLECTIONS_FOLLOWED_MAX}, &rows));
    CollectionList list = {.at = arena_new(visit->arena, Collection, rows.count),
                           .count = rows.count};
    for (size_t i = 0; i < rows.count; i++) {
        const CollectionFollowedRow *row = &rows.at[i];
        CollectionLineRow line = {row->id,        row->slug,        row->member_id, row->owner,
                                  row->title,     row->description, row->is_public, row->works,
                                  row->followers, row->created_at,  row->changed_at};
        list.at[i] = collection_from_row(&line);
        list.at[i].is_followed = true;
        list.at[i].news = (uint64_t)row->news;
    }
    *ret_list = list;
    return OK;
}
