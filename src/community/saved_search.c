#include "community/saved_search.h"

#include "base/limits.h"
#include "community/permission.h"
#include "queries/saved_search.h"

typedef struct {
    int64_t member_id, id;
    Str query, sort;
    Seconds now;
} Saving;

static Error add(Db *db, Arena *arena, void *argument) {
    const Saving *saving = argument;
    bool is_new;
    SavedSearchAddRow row;
    SavedSearchCountRow kept;
    TRY(query_saved_search_add(
        db, arena, (SavedSearchAddAsk){saving->member_id, saving->query, saving->sort, saving->now},
        &is_new, &row));
    TRY(query_saved_search_count(db, arena, (SavedSearchCountAsk){saving->member_id}, &kept));
    if (kept.count > SAVED_SEARCHES_OF_MEMBER_MAX)
        return error(CONFLICT, "too_many_searches",
                     "You keep very many searches already. Remove one first.");
    return OK;
}

static Error take_out(Db *db, Arena *arena, void *argument) {
    const Saving *saving = argument;
    int64_t removed;
    TRY(query_saved_search_remove(db, arena, (SavedSearchRemoveAsk){saving->id, saving->member_id},
                                  &removed));
    if (removed) return OK;
    return error(NOT_FOUND, "no_such_search", "You keep no such search.");
}

/* What a member keeps is for their own browser. */
static Error check_member(const Visit *visit) {
    TRY(permission_member(visit));
    return visit->viewer.by_token ? error(NOT_ALLOWED, NULL, "You may not do this.") : OK;
}

Error saved_search_add(Visit *visit, Str query, Str sort) {
    TRY(check_member(visit));
    Str kept = str_trim(query);
    if (str_is_empty(kept))
        return error_field(BAD_INPUT, "q", "nothing_to_keep", "Search for something first.");
    if (kept.len > SEARCH_QUERY_BYTES_MAX)
        return error_field(BAD_INPUT, "q", "too_long", "This search is too long to keep.");
    Saving saving = {visit->viewer.member_id, 0, kept, sort, visit->now};
    return store_write(visit->community->store, visit->arena, add, &saving);
}

Error saved_search_list(Visit *visit, SavedSearch **ret_searches, size_t *ret_count) {
    TRY(check_member(visit));
    SavedSearchListRows rows;
    TRY(query_saved_search_list(visit->db, visit->arena,
                                (SavedSearchListAsk){visit->viewer.member_id}, &rows));
    SavedSearch *searches = arena_new(visit->arena, SavedSearch, rows.count);
    for (size_t i = 0; i < rows.count; i++)
        searches[i] =
            (SavedSearch){rows.at[i].id, rows.at[i].query, rows.at[i].sort, rows.at[i].created_at};
    *ret_searches = searches;
    *ret_count = rows.count;
    return OK;
}

Error saved_search_remove(Visit *visit, int64_t id) {
    TRY(check_member(visit));
    Saving saving = {.member_id = visit->viewer.member_id, .id = id};
    return store_write(visit->community->store, visit->arena, take_out, &saving);
}
