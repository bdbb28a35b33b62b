#include "community/series_edition.h"

#include "base/limits.h"
#include "community/permission.h"
#include "community/plain_text.h"
#include "community/torrent_row.h"

enum { AHEAD_S_MAX = 2 * 24 * 60 * 60 };

static void fault(ErrorList *errors, const char *field, const char *code, const char *words) {
    error_list_add(errors, error_field(BAD_INPUT, field, code, words));
}

/* --- what is typed --- */

static Str check_label(Str typed, Arena *arena, ErrorList *errors) {
    Str label = {0};
    bool fits = typed.len <= 3 * EDITION_LABEL_BYTES_MAX;
    bool fine = !fits || plain_text_line(typed, arena, &label);
    if (!fits || label.len > EDITION_LABEL_BYTES_MAX)
        error_list_add(
            errors, error_field(BAD_INPUT, "edition", "too_long", "This is longer than {} bytes.",
                                arena_print(arena, "%d", EDITION_LABEL_BYTES_MAX)));
    else if (!fine)
        fault(errors, "edition", "bad_characters",
              "This contains characters that cannot be shown.");
    else if (label.len == 0)
        fault(errors, "edition", "edition_required",
              "Say which edition it is: a version, a year, a number.");
    return label;
}

/* One from a far future would be the latest for ever. */
static Seconds check_date(Str typed, Seconds now, ErrorList *errors) {
    Seconds at = now;
    Str text = str_trim(typed);
    if (text.len && !clock_parse_rfc3339(text, &at))
        error_list_add(errors, error_field(BAD_INPUT, "edition_date", "bad_time",
                                           "A date is written as 2026-11-23, not \"{}\".", text));
    else if (at > now + AHEAD_S_MAX)
        fault(errors, "edition_date", "date_ahead", "This date is still to come.");
    return at;
}

static unsigned kind_of(const Category *category) {
    static const struct {
        const char *category, *kind;
    } kinds[] = {{"linux", "distribution"}, {"software", "software"},   {"games", "game"},
                 {"data", "dataset"},       {"books", "book"},          {"audiobooks", "book"},
                 {"music", "album"},        {"podcasts", "periodical"}, {"video", "video"},
                 {"courses", "periodical"}, {"maps", "dataset"}};
    for (size_t i = 0; category && i < sizeof kinds / sizeof *kinds; i++)
        for (const SeriesKind *kind = series_kinds; kind->code; kind++)
            if (strcmp(kinds[i].category, category->code) == 0 &&
                strcmp(kinds[i].kind, kind->code) == 0)
                return kind->number;
    return series_kinds[0].number;
}

/* Faults of its words are faults of the one field that makes it here. */
static Error prepare_new(Visit *visit, Str name, const Category *category, ErrorList *errors,
                         PreparedEdition *prepared) {
    ErrorList faults = {.arena = visit->arena};
    SeriesWords words = {.name = name};
    bool found = false;
    SeriesLineRow row;
    SeriesCountOfMemberRow own;
    SeriesCountOfMemberAsk whose = {.owner_id = visit->viewer.member_id};
    prepared->is_new_series = true;
    if (!series_check_words(&words, visit->arena, &faults, &prepared->series)) {
        faults.at[0].field = "series_name";
        error_list_add(errors, faults.at[0]);
        return OK;
    }
    SeriesBySlugAsk taken = {.slug = prepared->series.slug};
    TRY(query_series_by_slug(visit->db, visit->arena, taken, &found, &row));
    if (found)
        error_list_add(errors,
                       error_field(CONFLICT, "series_name", "slug_taken",
                                   "There is a series like this already: \"{}\".", row.slug));
    TRY(query_series_count_of_member(visit->db, visit->arena, whose, &own));
    if (own.count >= SERIES_OF_MEMBER_MAX)
        fault(errors, "series_name", "too_many_series", "You have as many series as one may have.");
    prepared->series.kind = kind_of(category);
    prepared->series.owner_id = visit->viewer.member_id;
    prepared->series.at = visit->now;
    return OK;
}

static Error prepare_known(Visit *visit, Str slug, ErrorList *errors, PreparedEdition *prepared) {
    Series series;
    EditionCountRow editions;
    Error e = series_find(visit, slug, &series);
    if (e.kind == ERROR_NOT_FOUND) {
        error_list_add(errors, error_field(BAD_INPUT, "series", "no_such_series",
                                           "There is no series \"{}\".", slug));
        return OK;
    }
    TRY(e);
    prepared->edition.series_id = series.id;
    if (!series_may_edit(visit, &series))
        fault(errors, "series", "series_of_another",
              "This series is another member's: only who owns it, or is trusted, adds to it.");
    TRY(query_edition_count(visit->db, visit->arena, (EditionCountAsk){.series_id = series.id},
                            &editions));
    if (editions.count >= EDITIONS_OF_SERIES_MAX)
        fault(errors, "series", "too_many_editions",
              "This series has as many editions as one may have.");
    return OK;
}

Error series_prepare(Visit *visit, const EditionWords *words, const Category *category,
                     ErrorList *errors, PreparedEdition *ret_prepared) {
    PreparedEdition prepared = {.at = visit->now};
    Str slug = plain_text_lower_ascii(str_trim(words->series), visit->arena);
    Str name = str_trim(words->series_name), label = str_trim(words->label);
    *ret_prepared = prepared;
    if (!slug.len && !name.len && !label.len && !str_trim(words->date).len) return OK;
    prepared.is_one = true;
    if (slug.len && name.len)
        fault(errors, "series_name", "two_series",
              "Choose a series, or name a new one, but not both.");
    else if (slug.len)
        TRY(prepare_known(visit, slug, errors, &prepared));
    else if (name.len)
        TRY(prepare_new(visit, name, category, errors, &prepared));
    else
        fault(errors, "series", "series_required",
              "Choose the series this is an edition of, or name a new one.");
    prepared.edition.label = check_label(words->label, visit->arena, errors);
    prepared.edition.dated_at = check_date(words->date, visit->now, errors);
    *ret_prepared = prepared;
    return OK;
}

Error series_write_edition(Db *db, Arena *arena, PreparedEdition *prepared, int64_t torrent_id) {
    int64_t changed;
    if (!prepared->is_one) return OK;
    if (prepared->is_new_series) {
        bool added;
        SeriesAddRow row;
        TRY(query_series_add(db, arena, prepared->series, &added, &row));
        if (!added)
            return error_field(CONFLICT, "series_name", "slug_taken",
                               "There is a series like this already: \"{}\".",
                               prepared->series.slug);
        prepared->edition.series_id = row.id;
    }
    prepared->edition.torrent_id = torrent_id;
    TRY(query_edition_put(db, arena, prepared->edition, &changed));
    if (!changed)
        return error_field(CONFLICT, "series", "edition_of_another",
                           "This work is an edition of another series.");
    SeriesTouchAsk touch = {.id = prepared->edition.series_id, .at = prepared->at};
    return query_series_touch(db, arena, touch, NULL);
}

/* --- of a work that is there --- */

static void spread(const Visit *visit) {
    if (visit->community->changed) visit->community->changed(visit->community->changed_argument);
}

typedef struct {
    PreparedEdition prepared;
    TorrentNote note;
} Putting;

static Error write_put(Db *db, Arena *arena, void *argument) {
    Putting *putting = argument;
    TRY(series_write_edition(db, arena, &putting->prepared, putting->note.torrent_id));
    return torrent_note(db, arena, &putting->note);
}

/* Somebody else's work becomes an edition only by who is trusted: its page will name the series. */
static Error find_work(Visit *visit, int64_t id, Torrent *ret_work) {
    TRY(permission_role(visit, ROLE_MEMBER));
    TRY(permission_scope(visit, STR("upload")));
    TRY(torrent_find(visit, id, ret_work));
    TRY(torrent_gone(ret_work));
    if (ret_work->uploader_id == visit->viewer.member_id) return OK;
    return permission_role(visit, ROLE_TRUSTED);
}

Error series_put(Visit *visit, int64_t torrent_id, const EditionWords *words, ErrorList *errors) {
    Torrent work;
    Putting putting = {0};
    TRY(find_work(visit, torrent_id, &work));
    errors->arena = visit->arena;
    TRY(series_prepare(visit, words, work.category, errors, &putting.prepared));
    if (!putting.prepared.is_one && !errors->count)
        fault(errors, "series", "series_required",
              "Choose the series this is an edition of, or name a new one.");
    TRY(error_list_first(errors));
    Str slug = putting.prepared.is_new_series ? putting.prepared.series.slug : words->series;
    putting.note = (TorrentNote){.torrent_id = torrent_id,
                                 .at = visit->now,
                                 .actor_id = visit->viewer.member_id,
                                 .what = STR("put in a series"),
                                 .detail = arena_print(visit->arena, "%.*s %.*s", STR_PRINTF(slug),
                                                       STR_PRINTF(putting.prepared.edition.label))};
    Error result = store_write(visit->community->store, visit->arena, write_put, &putting);
    if (result.kind == ERROR_CONFLICT) error_list_add(errors, result);
    TRY(result);
    spread(visit);
    return OK;
}

typedef struct {
    EditionRemoveAsk ask;
    TorrentNote note;
} TakingOut;

static Error write_take_out(Db *db, Arena *arena, void *argument) {
    const TakingOut *taking = argument;
    int64_t changed;
    TRY(query_edition_remove(db, arena, taking->ask, &changed));
    if (!changed) return error(NOT_FOUND, "no_such_edition", "This work is no edition of it.");
    TRY(query_series_touch(
        db, arena, (SeriesTouchAsk){.id = taking->ask.series_id, .at = taking->note.at}, NULL));
    return torrent_note(db, arena, &taking->note);
}

/* Whoever may edit the series, and the work's own uploader. */
Error series_take_out(Visit *visit, Str slug, int64_t torrent_id) {
    Series series;
    Torrent work;
    TRY(permission_role(visit, ROLE_MEMBER));
    TRY(permission_scope(visit, STR("upload")));
    TRY(series_find(visit, slug, &series));
    TRY(torrent_find(visit, torrent_id, &work));
    if (!series_may_edit(visit, &series)) TRY(permission_edit(visit, work.uploader_id));
    TakingOut taking = {.ask = {.torrent_id = torrent_id, .series_id = series.id},
                        .note = {.torrent_id = torrent_id,
                                 .at = visit->now,
                                 .actor_id = visit->viewer.member_id,
                                 .what = STR("taken out of a series"),
                                 .detail = series.slug}};
    TRY(store_write(visit->community->store, visit->arena, write_take_out, &taking));
    spread(visit);
    return OK;
}
