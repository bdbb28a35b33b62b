#include <pthread.h>

#include "base/heap.h"
#include "base/limits.h"
#include "community/file_key.h"
#include "community/torrent_index.h"
#include "community/torrent_row.h"
#include "queries/torrent_count.h"
#include "queries/torrent_event.h"

enum {
    LOAD_WORKS = 1000, /* at a time */
    LOAD_HASHES = 4000,
    BATCH_BYTES_MAX = 128 * MIB, /* fewer at a time where they take more; the longest one fits */
    CHANGES_FEW = 20000,         /* caught up with before the first page is answered */
};

/* Two changes of one work, on two threads: whoever comes second must also read second, or the index
 * would keep what is no longer so. The lock is held for one read and one insertion in memory. */
static pthread_mutex_t index_lock = PTHREAD_MUTEX_INITIALIZER;

uint8_t torrent_health_of(const SearchCounts *counts, Seconds now) {
    HealthFacts facts = {counts->seeders, counts->leechers, counts->published_at,
                         counts->last_seeder_at, counts->well_seeded_at};
    return (uint8_t)health_state(&facts, now);
}

/* --- works as search and tracker know them --- */

static SearchWork work_of(const TorrentWorkRow *row, Arena *arena) {
    const Licence *licence = licence_find(row->license);
    SearchWork work = {
        .id = row->id,
        .title = row->title,
        .author = row->author,
        .description = row->description,
        .uploader = row->uploader,
        .license = row->license,
        .language = row->language,
        .category = (unsigned)row->category,
        .size_bytes = (uint64_t)row->size_bytes,
        .published_at = row->published_at,
        .seeders = (uint32_t)row->seeders,
        .leechers = (uint32_t)row->leechers,
        .completed = (uint64_t)row->completed,
        .last_seeder_at = row->last_seeder_at,
        .well_seeded_at = row->well_seeded_at,
        .is_claimed = row->claimed_at > 0,
        .file_count = (uint32_t)row->file_count,
        .may = licence ? (uint8_t)(licence->terms & LICENCE_MAY_ANY) : 0,
    };
    work.tags = torrent_split(row->tags, ' ', arena, &work.tag_count);
    work.paths = torrent_split(row->paths, '\n', arena, &work.path_count);
    work.keys = file_key_numbers(file_key_parse(row->keys, arena), arena, &work.key_count);
    return work;
}

static void tell_tracker(const Community *community, const TorrentWorkRow *row) {
    const TrackerPort *tracker = &community->tracker;
    InfoHash hash = torrent_row_hash(row->infohash_v1, row->infohash_v2);
    if (row->state == TORRENT_VISIBLE) {
        if (tracker->allow) tracker->allow(tracker->tracker, &hash);
    } else if (tracker->forget) {
        tracker->forget(tracker->tracker, &hash);
    }
}

/* Those visible in, the others out; with the lock held since before they were read. */
static void put_rows(const Community *community, const TorrentWorkRow *rows, size_t count,
                     Arena *arena) {
    SearchWork *works = arena_new(arena, SearchWork, count + 1);
    int64_t *hidden = arena_new(arena, int64_t, count + 1);
    size_t work_count = 0, hidden_count = 0;
    for (size_t i = 0; i < count; i++) {
        if (rows[i].state == TORRENT_VISIBLE)
            works[work_count++] = work_of(&rows[i], arena);
        else
            hidden[hidden_count++] = rows[i].id;
    }
    if (work_count) search_put_many(community->search, works, work_count);
    if (hidden_count) search_remove_many(community->search, hidden, hidden_count);
    for (size_t i = 0; i < count; i++) tell_tracker(community, &rows[i]);
}

/* --- one work, several works --- */

static Error index_locked(Visit *visit, int64_t id) {
    bool found;
    TorrentWorkRow row;
    TRY(query_torrent_work_by_id(visit->db, visit->arena, (TorrentWorkByIdAsk){.id = id}, &found,
                                 &row));
    if (found) put_rows(visit->community, &row, 1, visit->arena);
    return OK;
}

static Error index_some_locked(Visit *visit, const int64_t *ids, size_t count) {
    TorrentWorkRows rows;
    TRY(query_torrent_works_of(visit->db, visit->arena, (TorrentWorksOfAsk){{ids, count}}, &rows));
    put_rows(visit->community, rows.at, rows.count, visit->arena);
    return OK;
}

typedef struct {
    const int64_t *ids;
    size_t count;
} SomeWorks;

/* An arena that is full must not jump away with the lock: it is given a cap of its own to fail
 * with. */
static Error with_lock(Visit *visit, size_t bytes_max, Error (*run)(Visit *visit, void *argument),
                       void *argument) {
    Arena arena = arena_create(bytes_max);
    Visit own = *visit;
    jmp_buf full;
    own.arena = &arena;
    pthread_mutex_lock(&index_lock);
    Error result = error(TOO_LARGE, "work_too_large", "This work takes too much memory.");
    if (setjmp(full) == 0) {
        arena.overflow = &full;
        result = run(&own, argument);
    }
    pthread_mutex_unlock(&index_lock);
    if (failed(result)) /* its subjects go with the arena */
        for (size_t i = 0; i < 2; i++)
            result.subject[i] = arena_copy(visit->arena, result.subject[i]);
    arena_free(&arena);
    return result;
}

static Error run_one(Visit *visit, void *argument) {
    return index_locked(visit, *(const int64_t *)argument);
}

static Error run_some(Visit *visit, void *argument) {
    const SomeWorks *some = argument;
    return index_some_locked(visit, some->ids, some->count);
}

Error torrent_index(Visit *visit, int64_t id) {
    return with_lock(visit, REQUEST_ARENA_BYTES_MAX, run_one, &id);
}

/* Works of many files: half as many are tried next. */
static bool is_too_much(Error e, size_t *step) {
    bool is_so = e.code && (str_equal(str_from_c(e.code), STR("work_too_large")) ||
                            str_equal(str_from_c(e.code), STR("too_much_memory")));
    if (!is_so || *step == 1) return false;
    *step /= 2;
    return true;
}

Error torrent_index_some(Visit *visit, const int64_t *ids, size_t count) {
    size_t step = LOAD_WORKS;
    for (size_t done = 0; done < count;) {
        SomeWorks some = {ids + done, count - done < step ? count - done : step};
        Error e = with_lock(visit, BATCH_BYTES_MAX, run_some, &some);
        if (is_too_much(e, &step)) continue;
        TRY(e);
        done += some.count;
    }
    return OK;
}

void torrent_index_wait(void) {
    pthread_mutex_lock(&index_lock);
    pthread_mutex_unlock(&index_lock);
}

/* --- the tracker --- */

typedef void (*TellHash)(void *tracker, const InfoHash *hash);

/* A work let go between the read and the telling is told again by who let it go. */
static Error tell_hashes(Visit *visit, TorrentState state, TellHash tell) {
    Arena arena = arena_create(REQUEST_ARENA_BYTES_MAX);
    Error result;
    TorrentHashesAfterRows rows = {0};
    TorrentHashesAfterAsk ask = {.state = state, .count = LOAD_HASHES};
    do {
        arena_reset(&arena);
        result = query_torrent_hashes_after(visit->db, &arena, ask, &rows);
        if (failed(result)) break;
        for (size_t i = 0; i < rows.count; i++) {
            ask.id = rows.at[i].id;
            InfoHash hash = torrent_row_hash(rows.at[i].infohash_v1, rows.at[i].infohash_v2);
            if (tell) tell(visit->community->tracker.tracker, &hash);
        }
    } while (rows.count == LOAD_HASHES);
    arena_free(&arena);
    return result;
}

/* An open tracker tracks every torrent but those it was told to let go, and forgets them with the
 * program. */
Error torrent_bar_gone(Visit *visit) {
    TellHash forget = visit->community->tracker.forget;
    TRY(tell_hashes(visit, TORRENT_WITHDRAWN, forget));
    return tell_hashes(visit, TORRENT_REMOVED, forget);
}

Error torrent_allow_all(Visit *visit) {
    TRY(torrent_bar_gone(visit));
    return tell_hashes(visit, TORRENT_VISIBLE, visit->community->tracker.allow);
}

/* --- all works --- */

typedef struct {
    int64_t last_id;
    size_t step; /* at a time, at most LOAD_WORKS */
    bool done;
    size_t count; /* put */
} Loading;

/* Works after `last_id` in, and what else is in the index up to the last of them out. */
static Error load_some(Visit *visit, void *argument) {
    Loading *loading = argument;
    TorrentWorkRows rows;
    TorrentWorksAfterAsk ask = {.id = loading->last_id, .count = (int64_t)loading->step};
    TRY(query_torrent_works_after(visit->db, visit->arena, ask, &rows));
    put_rows(visit->community, rows.at, rows.count, visit->arena);
    loading->done = rows.count < loading->step;
    loading->count = rows.count;
    int64_t end = loading->done ? INT64_MAX : rows.at[rows.count - 1].id;
    int64_t *there = arena_new(visit->arena, int64_t, LOAD_WORKS), after = loading->last_id;
    size_t count, row = 0;
    do {
        count = search_list_ids(visit->community->search, after, there, LOAD_WORKS);
        size_t stale = 0;
        for (size_t i = 0; i < count; i++) {
            if (there[i] > end) {
                count = 0;
                break;
            }
            after = there[i];
            while (row < rows.count && rows.at[row].id < there[i]) row++;
            if (row == rows.count || rows.at[row].id != there[i]) there[stale++] = there[i];
        }
        if (stale) search_remove_many(visit->community->search, there, stale);
    } while (count == LOAD_WORKS);
    loading->last_id = end;
    return OK;
}

Error torrent_build(Visit *visit, int64_t after_id, const TorrentBuilding *building) {
    Search *search = visit->community->search;
    Loading loading = {.last_id = after_id, .step = LOAD_WORKS};
    uint64_t done = 0;
    while (!loading.done) {
        if (building && building->stop && atomic_load(building->stop))
            return error(UNAVAILABLE, "stopped", "This was stopped; it goes on at the next start.");
        Error e = with_lock(visit, BATCH_BYTES_MAX, load_some, &loading);
        if (is_too_much(e, &loading.step)) continue;
        TRY(e);
        loading.step = LOAD_WORKS;
        if (building && building->is_first) search_set_built(search, loading.last_id);
        done += loading.count;
        if (building && building->tell) building->tell(building->argument, done);
    }
    return OK;
}

Error torrent_load_all(Visit *visit) {
    TRY(torrent_bar_gone(visit));
    return torrent_build(visit, INT64_MIN, NULL);
}

/* --- what has happened since --- */

Error torrent_story_at(Visit *visit, int64_t *ret_event_id) {
    TorrentEventLastRow last;
    TRY(query_torrent_event_last(visit->db, visit->arena, &last));
    *ret_event_id = last.id;
    return OK;
}

static int compare_ids(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static Error catch_up_some(Visit *visit, int64_t *after_event_id, int64_t upto, Arena *arena) {
    TorrentEventChangedRows rows;
    TorrentEventChangedAsk ask = {*after_event_id, upto, LOAD_WORKS};
    TRY(query_torrent_event_changed(visit->db, arena, ask, &rows));
    int64_t *ids = arena_new(arena, int64_t, rows.count + 1);
    size_t count = 0;
    for (size_t i = 0; i < rows.count; i++) ids[i] = rows.at[i].torrent_id;
    qsort(ids, rows.count, sizeof *ids, compare_ids);
    for (size_t i = 0; i < rows.count; i++)
        if (count == 0 || ids[count - 1] != ids[i]) ids[count++] = ids[i];
    TRY(torrent_index_some(visit, ids, count));
    *after_event_id = rows.count < LOAD_WORKS ? upto : rows.at[rows.count - 1].id;
    return OK;
}

static Error catch_up(Visit *visit, int64_t after_event_id, int64_t upto) {
    Arena arena = arena_create(REQUEST_ARENA_BYTES_MAX);
    Visit own = *visit;
    own.arena = &arena;
    Error result = OK;
    while (after_event_id < upto && !failed(result)) {
        result = catch_up_some(&own, &after_event_id, upto, &arena);
        if (failed(result))
            for (size_t i = 0; i < 2; i++)
                result.subject[i] = arena_copy(visit->arena, result.subject[i]);
        arena_reset(&arena);
    }
    arena_free(&arena);
    return result;
}

/* The end is fixed first, so that this ends while people go on. */
Error torrent_catch_up(Visit *visit, int64_t after_event_id) {
    int64_t upto;
    TRY(torrent_story_at(visit, &upto));
    return catch_up(visit, after_event_id, upto);
}

Error torrent_index_new(Visit *visit, const TorrentWorkRow *rows, size_t count, int64_t event_id) {
    Arena arena = arena_create(REQUEST_ARENA_BYTES_MAX);
    /* Whoever has changed one of them since may have been quicker here: the story tells of them. */
    put_rows(visit->community, rows, count, &arena);
    arena_free(&arena);
    return torrent_catch_up(visit, event_id);
}

Error torrent_index_note(Visit *visit, int64_t before_id, int64_t event_id) {
    Search *search = visit->community->search;
    bool is_alone = !visit->community->tracker.tracker;
    int64_t mark = search_mark(search);
    if (event_id <= mark || failed(search_check_ready(search))) return OK;
    if (!is_alone && mark < before_id) TRY(catch_up(visit, mark, before_id));
    search_set_mark(search, event_id);
    return OK;
}

/* --- the index on disk --- */

static Error refresh_counts(Visit *visit) {
    Arena arena = arena_create(REQUEST_ARENA_BYTES_MAX);
    Error result;
    TorrentCountAfterRows rows = {0};
    int64_t last_id = INT64_MIN;
    do {
        arena_reset(&arena);
        TorrentCountAfterAsk ask = {.torrent_id = last_id, .count = LOAD_WORKS};
        pthread_mutex_lock(&index_lock);
        result = query_torrent_count_after(visit->db, &arena, ask, &rows);
        for (size_t i = 0; i < rows.count && !failed(result); i++) {
            last_id = rows.at[i].torrent_id;
            SearchCounts counts = {.seeders = (uint32_t)rows.at[i].seeders,
                                   .leechers = (uint32_t)rows.at[i].leechers,
                                   .completed = (uint64_t)rows.at[i].completed,
                                   .last_seeder_at = rows.at[i].last_seeder_at,
                                   .well_seeded_at = rows.at[i].well_seeded_at,
                                   .is_claimed = rows.at[i].claimed_at > 0};
            search_set_counts(visit->community->search, last_id, &counts);
        }
        pthread_mutex_unlock(&index_lock);
    } while (!failed(result) && rows.count == LOAD_WORKS);
    arena_free(&arena);
    return result;
}

/* A number that another catalogue does not have. */
static uint64_t catalogue_number(const Community *community) {
    uint8_t digest[SHA256_BYTES];
    uint64_t number;
    hmac_sha256(STR("search index"), community->secret, digest);
    memcpy(&number, digest, sizeof number);
    return number;
}

Error torrent_index_open(Visit *visit, Str folder, TorrentIndexing *ret_left) {
    Search *search = visit->community->search;
    SearchOpening opening;
    int64_t upto;
    TRY(torrent_story_at(visit, &upto));
    TRY(search_open(search, folder, catalogue_number(visit->community), &opening));
    /* A catalogue put back from an older copy. */
    if (opening.event_id > upto) {
        search_forget_all(search);
        opening.is_new = true;
        opening.event_id = 0;
    }
    TorrentIndexing left = {.build = opening.is_new || opening.built_upto != INT64_MAX,
                            .built_upto = opening.is_new ? INT64_MIN : opening.built_upto,
                            .refresh_counts = opening.counts_are_old && !opening.is_new};
    if (opening.is_new) {
        search_set_mark(search, upto); /* all works are read after it */
        search_set_built(search, INT64_MIN);
    } else {
        left.catch_up = opening.changed_count + (size_t)(upto - opening.event_id) > CHANGES_FEW;
        left.event_id = opening.event_id;
        left.changed_ids = opening.changed_ids;
        left.changed_count = opening.changed_count;
        opening.changed_ids = NULL;
    }
    search_opening_free(&opening);
    *ret_left = left;
    if (left.build) {
        TorrentCountVisibleRow row;
        TRY(query_torrent_count_visible(visit->db, visit->arena, &row));
        search_set_building(search, true, (uint64_t)row.count);
    } else if (left.catch_up) {
        search_set_building(search, true, (uint64_t)(upto - left.event_id));
    } else {
        TRY(torrent_index_catch_up(visit, ret_left));
    }
    return OK;
}

Error torrent_index_catch_up(Visit *visit, TorrentIndexing *left) {
    int64_t upto;
    TRY(torrent_story_at(visit, &upto));
    if (left->changed_count) TRY(torrent_index_some(visit, left->changed_ids, left->changed_count));
    TRY(torrent_catch_up(visit, left->event_id));
    search_set_mark(visit->community->search, upto);
    heap_free(left->changed_ids);
    left->changed_ids = NULL;
    left->changed_count = 0;
    left->catch_up = false;
    return OK;
}

Error torrent_index_finish(Visit *visit, TorrentIndexing *left, const TorrentBuilding *building) {
    Search *search = visit->community->search;
    if (left->catch_up || left->changed_count) TRY(torrent_index_catch_up(visit, left));
    if (left->build) {
        TorrentBuilding first = *building;
        first.is_first = true;
        TRY(torrent_build(visit, left->built_upto, &first));
        left->build = false;
    }
    search_set_building(search, false, 0);
    if (left->refresh_counts) TRY(refresh_counts(visit));
    left->refresh_counts = false;
    return OK;
}

void torrent_indexing_free(TorrentIndexing *left) {
    heap_free(left->changed_ids);
    *left = (TorrentIndexing){0};
}

/* Works that were put after the mark are put once more here: only then is it known that none of
 * them is still on its way. */
Error torrent_index_save(Visit *visit) {
    Search *search = visit->community->search;
    if (failed(search_check_ready(search))) return OK;
    int64_t upto;
    TRY(torrent_story_at(visit, &upto));
    if (upto != search_mark(search)) {
        TRY(torrent_catch_up(visit, search_mark(search)));
        search_set_mark(search, upto);
    }
    search_refresh(search, visit->now);
    return search_flush(search);
}

/* --- checking --- */

typedef struct {
    Loading loading;
    const TorrentChecking *checking;
    uint64_t places;
    size_t differences;
} Checked;

static void count_difference(void *argument, int64_t id, const char *what) {
    Checked *checked = argument;
    if (checked->differences++ < CHECKED_DIFFERENCES_MAX)
        checked->checking->report(checked->checking->argument, id, what);
}

static void check_extra(Visit *visit, Checked *checked, const TorrentWorkRows *rows, int64_t end) {
    int64_t *there = arena_new(visit->arena, int64_t, LOAD_WORKS);
    int64_t after = checked->loading.last_id;
    size_t count, row = 0;
    do {
        count = search_list_ids(visit->community->search, after, there, LOAD_WORKS);
        for (size_t i = 0; i < count; i++) {
            if (there[i] > end) return;
            after = there[i];
            while (row < rows->count && rows->at[row].id < there[i]) row++;
            if (row == rows->count || rows->at[row].id != there[i])
                count_difference(checked, there[i], "is no visible work");
        }
    } while (count == LOAD_WORKS);
}

static Error check_some(Visit *visit, void *argument) {
    Checked *checked = argument;
    Loading *loading = &checked->loading;
    TorrentWorkRows rows;
    TorrentWorksAfterAsk ask = {.id = loading->last_id, .count = (int64_t)loading->step};
    TRY(query_torrent_works_after(visit->db, visit->arena, ask, &rows));
    SearchWork *works = arena_new(visit->arena, SearchWork, rows.count + 1);
    for (size_t i = 0; i < rows.count; i++) works[i] = work_of(&rows.at[i], visit->arena);
    loading->done = rows.count < loading->step;
    int64_t end = loading->done ? INT64_MAX : rows.at[rows.count - 1].id;
    check_extra(visit, checked, &rows, end); /* here the arena is used for the last time */
    checked->places +=
        search_check_works(visit->community->search, works, rows.count, count_difference, checked);
    loading->count += rows.count;
    loading->last_id = end;
    return OK;
}

Error torrent_index_check(Visit *visit, const TorrentChecking *checking, size_t *ret_differences) {
    Search *search = visit->community->search;
    TRY(search_check_ready(search));
    Checked checked = {.checking = checking, .loading = {.last_id = INT64_MIN, .step = LOAD_WORKS}};
    int64_t began_at, ended_at;
    TRY(torrent_story_at(visit, &began_at));
    while (!checked.loading.done) {
        Error e = with_lock(visit, BATCH_BYTES_MAX, check_some, &checked);
        if (is_too_much(e, &checked.loading.step)) continue;
        TRY(e);
        checked.loading.step = LOAD_WORKS;
        if (checking->tell) checking->tell(checking->argument, checked.loading.count);
    }
    uint64_t places = search_count_places(search);
    TRY(torrent_story_at(visit, &ended_at));
    /* Words that no work has any more: told only where nothing was published meanwhile. */
    if (!checked.differences && began_at == ended_at && places != checked.places)
        count_difference(&checked, 0, "words are in the index that no work has");
    if (!search_lists_are_whole(search))
        count_difference(&checked, 0, "a list does not fit its checksum");
    *ret_differences = checked.differences;
    return OK;
}
