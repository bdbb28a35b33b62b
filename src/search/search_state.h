/* search_state.h — what a Search is made of; for search*.c only.
 * Two locks. `writing` is held by whoever changes which works there are, while it does; `lock` for
 * moments: it guards the pointer to the view and the list of changed counts. `writing` is taken
 * first. */
#pragma once
#include <pthread.h>

#include "search/draft.h"
#include "search/merge.h"
#include "search/query.h"
#include "search/search.h"
#include "search/view.h"

/* Works whose counts changed while a merge copied them. */
typedef struct {
    int64_t *ids;
    size_t count, room;
    bool is_on;
} CountLog;

struct Search {
    pthread_mutex_t writing, lock;
    View *view;
    CountLog log;
    SearchTotals totals;      /* as of `totals_version`; guarded by `lock` */
    uint64_t totals_version;  /* 0: never counted */
    _Atomic uint64_t version; /* of works and counts: goes up after each change */
    QueryNames names;
    Arena name_letters;
    uint8_t (*health_rule)(const SearchCounts *counts, Seconds now);
    _Atomic Seconds now; /* as of the last refresh */

    /* upkeep: merges and writing to disk; guarded by `writing` */
    pthread_t upkeep;
    pthread_cond_t wake, done;
    bool upkeep_runs, stopping;
    atomic_bool stop_merge;
    uint64_t flush_wanted, flush_done; /* counted */
    uint64_t changes, saved_changes;   /* of works, and those the manifest holds */
    int64_t mark, saved_mark, built_upto, saved_built_upto;

    /* the folder; guarded by `writing` */
    char *folder; /* NULL: in memory only */
    uint64_t catalogue, sequence, next_number;
    bool note_only;
    int journal; /* ids changed since the manifest; -1: none */
    int cause;   /* errno of the last try to write; 0: it went well */
    Milliseconds retry_at;
    _Atomic bool building;
    _Atomic uint64_t built, to_build, merges, merged_works;
};

View *search_hold(Search *search);
/* With `writing` held: replaces the view; takes over the caller's hold of the new one. */
void search_swap(Search *search, View *view);
void search_compute_health(const Search *search, Segment *segment);

/* search_upkeep.c; with `writing` held */
void search_wake(Search *search);
bool search_is_crowded(const Search *search); /* the next one who adds should wait */

/* search_folder.c */
Error search_path_error(const char *path, int cause);
/* The file of a merge: to be written; then mapped, with its counts. */
int search_segment_create(Search *search, uint64_t number);
Segment *search_segment_adopt(Search *search, uint64_t number, int file);
void search_segment_delete(Search *search, uint64_t number);
/* Names the segments of the view that have files, with what is gone in it. */
bool search_save_manifest(Search *search, const View *view, int64_t mark, int64_t built_upto);
/* A new journal; those before it are dropped by the next manifest. */
void search_turn_journal(Search *search);
void search_note_ids(Search *search, const int64_t *ids, size_t count);
