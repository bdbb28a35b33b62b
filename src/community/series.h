/* series.h — works with several releases: a distribution, an album, a book, a data set, and the
 * works that are its editions, in the order of their dates.
 * The address of a series is for ever: /s/{slug}/latest leads to the newest edition, and stands as
 * update-url (BEP 39) in the files of all of them. Whoever owns the series, members who are trusted
 * and moderators change its words and add editions; whoever is not trusted adds works of their own
 * only. A work is an edition of one series at most. Removed works and those that wait are editions
 * still, but nobody is shown them. */
#pragma once
#include "community/torrent.h"

typedef struct {
    unsigned number; /* kept for ever */
    const char *code;
    const char *name; /* English, translatable */
} SeriesKind;
extern const SeriesKind series_kinds[]; /* ends with code NULL; the first is for what is not told */

typedef struct {
    int64_t id;
    Str slug, name, description;
    const SeriesKind *kind;
    int64_t owner_id;
    Str owner;
    Seconds created_at, changed_at;
} Series;

typedef struct {
    Str slug; /* empty: made of the name. Taken when a series is made, never changed */
    Str name, kind, description;
} SeriesWords;

/* Fields slug name kind description. Members. */
MUST_USE Error series_add(Visit *visit, const SeriesWords *words, ErrorList *errors,
                          Series *ret_series);
MUST_USE Error series_find(Visit *visit, Str slug, Series *ret_series);
bool series_may_edit(const Visit *visit, const Series *series);
MUST_USE Error series_change(Visit *visit, Str slug, const SeriesWords *words, ErrorList *errors);
/* Its works stay. The owner while it has no editions; moderators whenever. */
MUST_USE Error series_remove(Visit *visit, Str slug);

typedef struct {
    Series *at;
    size_t count;
    Str next; /* cursor of the next page; empty on the last */
} SeriesList;
/* Those something was done to last, first. A foreign cursor is an error with field "cursor". */
MUST_USE Error series_list(Visit *visit, Str cursor, SeriesList *ret_list);
/* What a member may add editions to without asking: their own. */
MUST_USE Error series_list_own(Visit *visit, SeriesList *ret_list);

typedef struct {
    int64_t torrent_id;
    Str label; /* "13.2" */
    Seconds dated_at;
} Edition;
typedef struct {
    Edition *at;
    Torrent *works; /* one each */
    size_t count;
    Str next;
} EditionList;
MUST_USE Error series_editions(Visit *visit, const Series *series, Str cursor,
                               EditionList *ret_list);
MUST_USE Error series_newest(Visit *visit, const Series *series, bool *ret_found, Torrent *ret_work,
                             Edition *ret_edition);

/* What a work is to its series. */
typedef struct {
    bool is_one;
    Series series; /* slug, name, kind and owner_id alone */
    Str label;
    Seconds dated_at;
    bool is_newest;
    bool is_superseded; /* a newer one is there: */
    Torrent newest;
    Str newest_label;
} WorkEdition;
MUST_USE Error series_of_work(Visit *visit, const Torrent *work, WorkEdition *ret_edition);
MUST_USE Error series_slug_of(Visit *visit, int64_t torrent_id, Str *ret_slug); /* may be empty */
/* Where clients learn of newer editions (BEP 39); empty for the empty slug. */
Str series_update_url(const Visit *visit, Str slug);

/* --- making a work an edition: fields series series_name edition edition_date --- */
typedef struct {
    Str series;      /* its slug */
    Str series_name; /* or the name of a new one */
    Str label;
    Str date; /* "2026-11-23"; empty: now */
} EditionWords;

/* Of a work that is there: label and date change when it is one already. */
MUST_USE Error series_put(Visit *visit, int64_t torrent_id, const EditionWords *words,
                          ErrorList *errors);
MUST_USE Error series_take_out(Visit *visit, Str slug, int64_t torrent_id);
