#include "community/series.h"

#include "base/limits.h"
#include "community/permission.h"
#include "community/plain_text.h"
#include "community/series_edition.h"
#include "community/torrent_row.h"

const SeriesKind series_kinds[] = {
    {0, "other", "Something else"},
    {1, "distribution", "Distribution"},
    {2, "software", "Software"},
    {3, "game", "Game"},
    {4, "dataset", "Data set"},
    {5, "book", "Book"},
    {6, "album", "Album or recording"},
    {7, "periodical", "Magazine, podcast or course"},
    {8, "video", "Film or series of films"},
    {0, NULL, NULL},
};

static const SeriesKind *kind_by_number(int64_t number) {
    for (const SeriesKind *kind = series_kinds; kind->code; kind++)
        if (kind->number == number) return kind;
    return series_kinds;
}

static const SeriesKind *kind_find(Str code) {
    for (const SeriesKind *kind = series_kinds; kind->code; kind++)
        if (str_equal(code, str_from_c(kind->code))) return kind;
    return NULL;
}

Series series_from_row(const SeriesLineRow *row) {
    return (Series){.id = row->id,
                    .slug = row->slug,
                    .name = row->name,
                    .description = row->description,
                    .kind = kind_by_number(row->kind),
                    .owner_id = row->owner_id,
                    .owner = row->owner,
                    .created_at = row->created_at,
                    .changed_at = row->changed_at};
}

Error series_find(Visit *visit, Str slug, Series *ret_series) {
    bool found;
    SeriesLineRow row;
    TRY(query_series_by_slug(visit->db, visit->arena, (SeriesBySlugAsk){.slug = slug}, &found,
                             &row));
    if (!found) return error(NOT_FOUND, "no_such_series", "There is no series \"{}\".", slug);
    *ret_series = series_from_row(&row);
    return OK;
}

bool series_may_edit(const Visit *visit, const Series *series) {
    return !failed(permission_scope(visit, STR("upload"))) && visit->viewer.role >= ROLE_MEMBER &&
           (visit->viewer.role >= ROLE_TRUSTED || visit->viewer.member_id == series->owner_id);
}

static Error find_to_edit(Visit *visit, Str slug, Series *ret_series) {
    TRY(permission_role(visit, ROLE_MEMBER));
    TRY(permission_scope(visit, STR("upload")));
    TRY(series_find(visit, slug, ret_series));
    if (series_may_edit(visit, ret_series)) return OK;
    return error(NOT_ALLOWED, NULL, "You may not do this.");
}

/* --- words --- */

static void fault(ErrorList *errors, const char *field, const char *code, const char *words) {
    error_list_add(errors, error_field(BAD_INPUT, field, code, words));
}

static void fault_too_long(ErrorList *errors, const char *field, Arena *arena, size_t bytes_max) {
    error_list_add(errors,
                   error_field(BAD_INPUT, field, "too_long", "This is longer than {} bytes.",
                               arena_print(arena, "%zu", bytes_max)));
}

static bool is_slug(Str slug) {
    for (size_t i = 0; i < slug.len; i++) {
        char c = slug.at[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        bool dash = c == '-' && i > 0 && i + 1 < slug.len && slug.at[i - 1] != '-';
        if (!letter && !dash) return false;
    }
    return slug.len >= SERIES_SLUG_BYTES_MIN && slug.len <= SERIES_SLUG_BYTES_MAX;
}

/* A name without a letter of ours still needs an address that can be typed. */
static Str slug_of(Str name, Arena *arena) {
    static const uint8_t key[SIPHASH_KEY_BYTES];
    Str slug = torrent_slug(name, arena);
    if (!str_equal(slug, STR("work")) && slug.len >= SERIES_SLUG_BYTES_MIN) return slug;
    return arena_print(arena, "series-%08llx",
                       (unsigned long long)siphash(name, key) & 0xFFFFFFFFull);
}

/* "new" is where series are made. */
static Str check_slug(Str typed, Str name, Arena *arena, ErrorList *errors) {
    Str slug = plain_text_lower_ascii(str_trim(typed), arena);
    if (slug.len == 0 && name.len > 0) slug = slug_of(name, arena);
    if (slug.len == 0) return slug;
    if (!is_slug(slug))
        fault(errors, "slug", "bad_slug",
              "The address has 2 to 60 letters from a to z, digits and single dashes: "
              "debian-amd64.");
    else if (str_equal(slug, STR("new")))
        fault(errors, "slug", "slug_reserved", "Choose another address for this series.");
    return slug;
}

bool series_check_words(const SeriesWords *words, Arena *arena, ErrorList *errors,
                        SeriesAddAsk *ret_ask) {
    SeriesAddAsk ask = {0};
    size_t before = errors->count;
    bool name_fine = words->name.len <= 3 * SERIES_NAME_BYTES_MAX &&
                     plain_text_line(words->name, arena, &ask.name);
    bool text_fine = words->description.len <= 3 * SERIES_DESCRIPTION_BYTES_MAX &&
                     plain_text_lines(words->description, arena, &ask.description);
    if (words->name.len > 3 * SERIES_NAME_BYTES_MAX || ask.name.len > SERIES_NAME_BYTES_MAX)
        fault_too_long(errors, "name", arena, SERIES_NAME_BYTES_MAX);
    else if (!name_fine)
        fault(errors, "name", "bad_characters", "This contains characters that cannot be shown.");
    else if (ask.name.len < SERIES_SLUG_BYTES_MIN)
        fault(errors, "name", "name_required", "Give the series a name.");
    ask.slug = check_slug(words->slug, ask.name, arena, errors);
    const SeriesKind *kind = words->kind.len ? kind_find(words->kind) : series_kinds;
    if (kind)
        ask.kind = kind->number;
    else
        error_list_add(errors, error_field(BAD_INPUT, "kind", "unknown_kind",
                                           "There is no kind of series \"{}\".", words->kind));
    if (words->description.len > 3 * SERIES_DESCRIPTION_BYTES_MAX ||
        ask.description.len > SERIES_DESCRIPTION_BYTES_MAX)
        fault_too_long(errors, "description", arena, SERIES_DESCRIPTION_BYTES_MAX);
    else if (!text_fine)
        fault(errors, "description", "bad_characters",
              "This contains characters that cannot be shown.");
    *ret_ask = ask;
    return errors->count == before;
}

/* --- making, changing, removing --- */

static Error write_add(Db *db, Arena *arena, void *argument) {
    SeriesAddAsk *ask = argument;
    bool added;
    SeriesAddRow row;
    TRY(query_series_add(db, arena, *ask, &added, &row));
    if (added) return OK;
    return error_field(CONFLICT, "slug", "slug_taken",
                       "There is a series at this address already: choose another.");
}

Error series_add(Visit *visit, const SeriesWords *words, ErrorList *errors, Series *ret_series) {
    TRY(permission_member(visit));
    TRY(permission_scope(visit, STR("upload")));
    errors->arena = visit->arena;
    SeriesAddAsk ask;
    if (!series_check_words(words, visit->arena, errors, &ask)) return error_list_first(errors);
    SeriesCountOfMemberRow own;
    SeriesCountOfMemberAsk whose = {.owner_id = visit->viewer.member_id};
    TRY(query_series_count_of_member(visit->db, visit->arena, whose, &own));
    if (own.count >= SERIES_OF_MEMBER_MAX)
        return error(CONFLICT, "too_many_series", "You have as many series as one may have.");
    ask.owner_id = visit->viewer.member_id;
    ask.at = visit->now;
    Error result = store_write(visit->community->store, visit->arena, write_add, &ask);
    if (result.kind == ERROR_CONFLICT) error_list_add(errors, result);
    TRY(result);
    return series_find(visit, ask.slug, ret_series);
}

static void spread(const Visit *visit) {
    if (visit->community->changed) visit->community->changed(visit->community->changed_argument);
}

static Error write_change(Db *db, Arena *arena, void *argument) {
    const SeriesChangeAsk *ask = argument;
    return query_series_change(db, arena, *ask, NULL);
}

Error series_change(Visit *visit, Str slug, const SeriesWords *words, ErrorList *errors) {
    Series series;
    SeriesAddAsk checked;
    TRY(find_to_edit(visit, slug, &series));
    errors->arena = visit->arena;
    SeriesWords typed = *words;
    typed.slug = series.slug;
    if (!series_check_words(&typed, visit->arena, errors, &checked))
        return error_list_first(errors);
    SeriesChangeAsk ask = {.id = series.id,
                           .name = checked.name,
                           .kind = checked.kind,
                           .description = checked.description,
                           .at = visit->now};
    TRY(store_write(visit->community->store, visit->arena, write_change, &ask));
    spread(visit);
    return OK;
}

typedef struct {
    int64_t id;
    bool only_empty;
} Removal;

static Error write_remove(Db *db, Arena *arena, void *argument) {
    const Removal *removal = argument;
    EditionCountRow editions;
    TRY(query_edition_count(db, arena, (EditionCountAsk){.series_id = removal->id}, &editions));
    if (removal->only_empty && editions.count > 0)
        return error(CONFLICT, "series_in_use",
                     "Take its editions out first: links lead to this series.");
    return query_series_remove(db, arena, (SeriesRemoveAsk){.id = removal->id}, NULL);
}

Error series_remove(Visit *visit, Str slug) {
    Series series;
    TRY(find_to_edit(visit, slug, &series));
    TRY(permission_edit(visit, series.owner_id));
    Removal removal = {series.id, visit->viewer.role < ROLE_MODERATOR};
    TRY(store_write(visit->community->store, visit->arena, write_remove, &removal));
    spread(visit);
    return OK;
}

/* --- lists --- */

Error series_parse_cursor(Str cursor, Seconds *ret_at, int64_t *ret_id) {
    *ret_at = *ret_id = INT64_MAX;
    if (!cursor.len) return OK;
    Str at = str_cut(&cursor, '.');
    if (str_to_i64(at, ret_at) && str_to_i64(cursor, ret_id)) return OK;
    return error_field(BAD_INPUT, "cursor", "cursor_foreign", "This is not a page of this list.");
}

Str series_write_cursor(Seconds at, int64_t id, Arena *arena) {
    return arena_print(arena, "%lld.%lld", (long long)at, (long long)id);
}

static void take_rows(Visit *visit, const SeriesLineRows *rows, SeriesList *ret_list) {
    SeriesList list = {.at = arena_new(visit->arena, Series, rows->count + 1),
                       .count = rows->count};
    for (size_t i = 0; i < rows->count; i++) list.at[i] = series_from_row(&rows->at[i]);
    *ret_list = list;
}

Error series_list(Visit *visit, Str cursor, SeriesList *ret_list) {
    SeriesListAsk ask = {.count = SERIES_LISTED_MAX + 1};
    SeriesLineRows rows;
    TRY(series_parse_cursor(cursor, &ask.before_at, &ask.before_id));
    TRY(query_series_list(visit->db, visit->arena, ask, &rows));
    take_rows(visit, &rows, ret_list);
    if (ret_list->count > SERIES_LISTED_MAX) {
        const Series *last = &ret_list->at[--ret_list->count - 1];
        ret_list->next = series_write_cursor(last->changed_at, last->id, visit->arena);
    }
    return OK;
}

Error series_list_own(Visit *visit, SeriesList *ret_list) {
    SeriesLineRows rows;
    SeriesOfMemberAsk ask = {.owner_id = visit->viewer.member_id, .count = SERIES_OF_MEMBER_MAX};
    TRY(query_series_of_member(visit->db, visit->arena, ask, &rows));
    take_rows(visit, &rows, ret_list);
    return OK;
}
