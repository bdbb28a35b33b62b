/* search.h — finding works: text, filters, sorts, facets, exact totals.
 * A derived index: the catalogue can rebuild it at any time. Tokens are folded (NFKC, case, marks,
 * ligatures). Any input is a valid query. Every function may be called from any thread. */
#pragma once
#include "base/clock.h"
#include "base/error.h"
#include "base/limits.h"

typedef struct Search Search;

/* What is indexed of one work. Strings are copied. */
typedef struct {
    int64_t id;
    Str title, author, description, uploader, license, language;
    unsigned category; /* community/category.h */
    const Str *tags;
    size_t tag_count;
    const Str *paths; /* file names with folders */
    size_t path_count;
    uint64_t size_bytes;
    Seconds published_at;
    uint32_t seeders, leechers;
    uint64_t completed;
    Seconds last_seeder_at, well_seeded_at; /* when last there was one, and enough; 0: never */
    bool is_claimed;                        /* the counts, as in SearchCounts */
    bool keeps_counts; /* those it has here stand, if it is here: they are no older */
    uint32_t file_count;
    uint8_t may;          /* bits of what one may do, community/licence.h */
    const uint64_t *keys; /* of its files, for search_by_key */
    size_t key_count;
} SearchWork;

typedef enum {
    SEARCH_BY_RELEVANCE, /* newest first when there is no text */
    SEARCH_BY_NEWEST,
    SEARCH_BY_SEEDERS,
    SEARCH_BY_SIZE,
    SEARCH_BY_COMPLETED,
    SEARCH_BY_NEED, /* fewest seeders, then most leechers, then longest without a seeder */
} SearchSort;

enum { SEARCH_ANY = -1 };

/* What changes all day. */
typedef struct {
    uint32_t seeders, leechers;
    uint64_t completed;
    Seconds published_at, last_seeder_at, well_seeded_at;
    bool is_claimed; /* nobody counted them: somebody's word, left out of totals */
} SearchCounts;

/* A rule of the caller's own over the counts; quick, for it is asked of every work that matches. */
typedef struct {
    bool (*keep)(const SearchCounts *counts, const void *argument); /* NULL: every work */
    const void *argument;
    uint32_t mark; /* equal for equal rules: a cursor belongs to one */
} SearchFilter;

typedef struct {
    Str text; /* words, "phrase", -not, or, prefix*, (groups), field:value: see query.h */
    struct QueryNode *query; /* the text as read already, used up by asking; NULL: it is read now */
    int category;            /* SEARCH_ANY */
    Str license, language, tag, uploader; /* empty: any */
    uint64_t min_size, max_size;          /* 0: none */
    Seconds after, before;                /* published from (included), to (excluded); 0: none */
    uint32_t min_seeders;
    uint64_t min_files, max_files; /* 0: none */
    uint8_t may;                   /* works that allow all of these bits */
    uint8_t healths;               /* works in one of these states, a bit each; 0: any */
    uint32_t year;                 /* published in it, UTC; 0: any */
    SearchFilter filter;
    SearchSort sort;
    Str cursor;   /* `next` of the page before, or empty; a foreign one is an error with field
                     "cursor" */
    size_t limit; /* at most LIST_PAGE_MAX; 0: only totals and facets */
    bool facets;
} SearchAsk;

typedef struct {
    int64_t id;
    Str matched_path; /* the file that made it a hit, or empty */
    bool in_file;     /* found by its file names alone */
} SearchHit;

typedef struct {
    Str value; /* of a category: its name, or its number where it has none */
    size_t count;
} SearchFacet;

typedef struct {
    SearchFacet *at;
    size_t count;
} SearchFacets;

typedef struct {
    SearchHit *hits;
    size_t count;
    size_t total;                                 /* exact */
    Str next;                                     /* cursor of the next page, empty on the last */
    SearchFacets categories, licenses, languages; /* when asked for */
    /* Values are the number of a bit, of a state, and of a year. A work counts once for every bit.
     */
    SearchFacets mays, healths, years;
} SearchResult;

Search *search_create(void);
/* Names by number (an empty one where there is none), for "category:games" in a query, and the
 * number of each one's parent (0: none): who asks for a parent is given its children too. Facets
 * count each by itself. Once, before any other thread knows of it. */
void search_name_categories(Search *search, const Str *names, const uint8_t *parents, size_t count);
void search_free(Search *search);
void search_put(Search *search, const SearchWork *work); /* adds, or replaces by id */
void search_remove(Search *search, int64_t id);
/* Many at once: cut and sorted together. Waits while more is in memory than merges keep up with. */
void search_put_many(Search *search, const SearchWork *works, size_t count);
void search_remove_many(Search *search, const int64_t *ids, size_t count);
/* published_at stays as it is. */
void search_set_counts(Search *search, int64_t id, const SearchCounts *counts);
MUST_USE Error search_find(Search *search, const SearchAsk *ask, Arena *arena,
                           SearchResult *ret_result);
/* UNAVAILABLE while the index is being made anew: then no list would be right. */
MUST_USE Error search_check_ready(Search *search);
size_t search_count(Search *search); /* works held */
/* The first ids after one, rising; how many were given. */
size_t search_list_ids(Search *search, int64_t after, int64_t *ret_ids, size_t room);
/* Works with one of their keys so, at most `room`; how many were given. */
size_t search_by_key(Search *search, uint64_t key, int64_t *ret_ids, size_t room);

/* The tags that most works carry, as the index folds them, most first: at most `room`. Counts may
 * have works in them that went lately. */
MUST_USE Error search_list_tags(Search *search, size_t room, Arena *arena, SearchFacets *ret_tags);

/* Of all works together: a pass over them, but only when something has changed since the last.
 * Seeders, leechers and completions are those that were counted, without claims. */
typedef struct {
    uint64_t works, seeders, leechers, completed;
    uint64_t by_category[SEARCH_CATEGORIES_MAX];
} SearchTotals;
SearchTotals search_totals(Search *search);
/* Calls `each` for every work, in no order and under the lock: it must be quick. */
void search_each_counts(Search *search, void (*each)(void *argument, const SearchCounts *counts),
                        void *argument);
/* The same with what does not change; the strings hold while the call lasts. */
typedef struct {
    int64_t id;
    uint64_t size_bytes;
    unsigned category;
    Str license, language;
    SearchCounts counts;
} SearchLine;
void search_each(Search *search, void (*each)(void *argument, const SearchLine *line),
                 void *argument);

/* What state a work is in, by its counts and the time: the caller's rule, asked when counts change
 * and, of every work, by search_refresh. Set before any other thread knows of the search. */
void search_set_health_rule(Search *search,
                            uint8_t (*rule)(const SearchCounts *counts, Seconds now), Seconds now);
void search_refresh(Search *search, Seconds now);

/* --- on disk ---
 * Without a folder all is in memory. With one, segments are mapped from it, and what is new goes
 * there now and then: when it is much, at search_flush, and at the end. An end at any moment leaves
 * what a manifest names, and the ids that changed since. */
typedef struct {
    bool is_new;          /* nothing usable was there: all is to be put */
    bool counts_are_old;  /* it was not closed: counts are to be set again */
    int64_t event_id;     /* as given to search_set_mark */
    int64_t built_upto;   /* as given to search_set_built: go on from there */
    int64_t *changed_ids; /* works to be put again, or removed */
    size_t changed_count;
} SearchOpening;
/* `catalogue`: a number of its own for each; an index of another one is not believed. */
MUST_USE Error search_open(Search *search, Str folder, uint64_t catalogue,
                           SearchOpening *ret_opening);
void search_opening_free(SearchOpening *opening);
/* Instead of opening: of works put and removed only the ids are noted, for who opens it next. */
MUST_USE Error search_note_only(Search *search, Str folder);
/* All that happened up to this event of the catalogue's story has been put. */
void search_set_mark(Search *search, int64_t event_id);
/* While works are put by id from the first to the last: up to which all are in. INT64_MAX: done. */
void search_set_built(Search *search, int64_t upto_id);
int64_t search_mark(Search *search);
/* Lists are refused from here on, until it is false again. */
void search_set_building(Search *search, bool building, uint64_t works_to_build);
void search_forget_all(Search *search); /* to be built anew */
/* Reads every list once, against its checksum; false: damaged. */
bool search_lists_are_whole(Search *search);
MUST_USE Error search_flush(Search *search); /* returns when it is on disk */
void search_stop(Search *search);            /* merges end; others may still ask */
MUST_USE Error search_close(Search *search); /* after that it is in memory only */

typedef struct {
    size_t segments, segments_on_disk;
    uint64_t works, gone, words; /* gone: documents that take room still */
    uint64_t mapped_bytes, heap_bytes;
    uint64_t merges, merged_works;
    bool is_building;
    uint64_t built, to_build;
} SearchStatus;
SearchStatus search_status(Search *search);

/* --- checking ---
 * Tells of each of these works that is not as it should be, once, and returns how many pairs of a
 * work and a word, or a key, they make; all works together must make search_count_places, which
 * reads every list. */
uint64_t search_check_works(Search *search, const SearchWork *works, size_t count,
                            void (*report)(void *argument, int64_t id, const char *what),
                            void *argument);
uint64_t search_count_places(Search *search);
