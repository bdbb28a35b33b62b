/* torrent_index.h — search and tracker made to follow the catalogue.
 * The index in search/ is derived: what it holds is what the store says of every visible work. It
 * is opened at start, follows each change, is saved with the event of the story it holds, and
 * can be built anew at any time while the site goes on. */
#pragma once
#include "community/torrent.h"

/* The rule of health_state.h, for search_set_health_rule. */
uint8_t torrent_health_of(const SearchCounts *counts, Seconds now);

/* What an index that was opened still lacks. */
typedef struct {
    bool build, catch_up, refresh_counts;
    int64_t built_upto, event_id;
    int64_t *changed_ids;
    size_t changed_count;
} TorrentIndexing;
/* Puts every visible work after an id, and takes out what is none: into an empty index, or over one
 * that goes on answering. */
typedef struct {
    bool is_first; /* an empty one: how far it is, is kept */
    const atomic_bool *stop;
    void (*tell)(void *argument, uint64_t works);
    void *argument;
} TorrentBuilding;

/* Opens the index in the folder and brings it up to date, when that takes a moment only; else lists
 * are refused until torrent_index_finish, which may run on a thread of its own, has done it. */
MUST_USE Error torrent_index_open(Visit *visit, Str folder, TorrentIndexing *ret_left);
MUST_USE Error torrent_index_finish(Visit *visit, TorrentIndexing *left,
                                    const TorrentBuilding *building);
MUST_USE Error torrent_index_catch_up(Visit *visit, TorrentIndexing *left);
void torrent_indexing_free(TorrentIndexing *left);
/* A job of every few minutes, and of the end: all that has happened is on disk. */
MUST_USE Error torrent_index_save(Visit *visit);

MUST_USE Error torrent_build(Visit *visit, int64_t after_id, const TorrentBuilding *building);
MUST_USE Error torrent_index_some(Visit *visit, const int64_t *ids, size_t count);

/* Compares the index with the catalogue: every work, its columns, its words and where they stand.
 * Reports the first differences by the id of the work; 0: of none in particular. */
enum { CHECKED_DIFFERENCES_MAX = 20 };
typedef struct {
    void (*report)(void *argument, int64_t id, const char *what);
    void (*tell)(void *argument, uint64_t works);
    void *argument;
} TorrentChecking;
MUST_USE Error torrent_index_check(Visit *visit, const TorrentChecking *checking,
                                   size_t *ret_differences);
/* Until every work that is being put just now is in: counts told after that are the last. */
void torrent_index_wait(void);

/* The tracker's list: all that is visible, and what was let go barred. */
MUST_USE Error torrent_allow_all(Visit *visit);
