#include "indexing.h"

#include "base/heap.h"
#include "base/limits.h"
#include "base/log.h"
#include "community/torrent_index.h"

enum { SAVE_EVERY_S = 180, WAIT_FOR_FIRST_MS = 300 };

struct Indexing {
    Program *program;
    TorrentIndexing left;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake, done;
    bool runs, stopping, finished;
    atomic_bool stop;
    atomic_bool rebuilds;
};

static Str folder_of(Program *program, Arena *arena) {
    Str folder = atomic_load(&program->settings)->data_folder;
    return arena_print(arena, "%.*s/search", STR_PRINTF(folder));
}

Error indexing_open(Program *program, Visit *visit) {
    Indexing *indexing = heap_new(1, sizeof *indexing);
    indexing->program = program;
    Error e = torrent_index_open(visit, folder_of(program, &program->arena), &indexing->left);
    if (failed(e)) {
        heap_free(indexing);
        return e;
    }
    pthread_condattr_t steady;
    pthread_condattr_init(&steady);
    pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
    pthread_mutex_init(&indexing->lock, NULL);
    pthread_cond_init(&indexing->wake, &steady);
    pthread_cond_init(&indexing->done, &steady);
    pthread_condattr_destroy(&steady);
    program->indexing = indexing;
    return OK;
}

static void complain(const char *event, Error e, Arena *arena) {
    if (failed(e)) log_event(LOG_ERROR, event, {"why", error_text(e, arena)});
}

static Error rebuild_damaged(Indexing *indexing, Visit *visit) {
    Search *search = indexing->program->community.search;
    int64_t at;
    TRY(torrent_story_at(visit, &at));
    search_set_building(search, true, search_count(search));
    search_forget_all(search);
    search_set_mark(search, at);
    indexing->left.build = true;
    indexing->left.built_upto = INT64_MIN;
    return torrent_index_finish(visit, &indexing->left,
                                &(TorrentBuilding){.stop = &indexing->stop});
}

/* Lists are believed at once, since reading them all takes longer than a start may; rot is found
 * here a moment later, and heals by itself. */
static Error finish(Indexing *indexing, Visit *visit) {
    Milliseconds began_ms = clock_monotonic_ms();
    bool was_building = indexing->left.build;
    TorrentBuilding building = {.stop = &indexing->stop};
    TRY(torrent_index_finish(visit, &indexing->left, &building));
    if (was_building)
        log_event(LOG_INFO, "search_built",
                  {"works", arena_print(visit->arena, "%zu",
                                        search_count(indexing->program->community.search))},
                  {"ms", arena_print(visit->arena, "%lld",
                                     (long long)(clock_monotonic_ms() - began_ms))});
    pthread_mutex_lock(&indexing->lock);
    indexing->finished = true;
    pthread_cond_broadcast(&indexing->done);
    pthread_mutex_unlock(&indexing->lock);
    if (search_lists_are_whole(indexing->program->community.search)) return OK;
    log_event(LOG_ERROR, "search_damaged");
    return rebuild_damaged(indexing, visit);
}

static void run_turn(Indexing *indexing, bool is_first) {
    Arena arena = arena_create(REQUEST_ARENA_BYTES_MAX);
    Visit visit;
    Error e = program_visit(indexing->program, &arena, &visit);
    if (!failed(e)) {
        e = is_first ? finish(indexing, &visit) : torrent_index_save(&visit);
        program_visit_end(&visit);
    }
    if (!atomic_load(&indexing->stop))
        complain(is_first ? "search_not_built" : "search_not_saved", e, &arena);
    arena_free(&arena);
}

static bool wait_for_turn(Indexing *indexing) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += SAVE_EVERY_S;
    pthread_mutex_lock(&indexing->lock);
    while (!indexing->stopping &&
           pthread_cond_timedwait(&indexing->wake, &indexing->lock, &until) == 0)
        continue;
    bool going_on = !indexing->stopping;
    pthread_mutex_unlock(&indexing->lock);
    return going_on;
}

/* What the first turn could not finish, say for a full disk, the next one goes on with: else lists
 * would be refused until somebody starts the server again. */
static void *run_indexing(void *argument) {
    Indexing *indexing = argument;
    Search *search = indexing->program->community.search;
    run_turn(indexing, true);
    while (wait_for_turn(indexing))
        run_turn(indexing, !indexing->finished || failed(search_check_ready(search)));
    return NULL;
}

Error indexing_start(Program *program) {
    Indexing *indexing = program->indexing;
    if (pthread_create(&indexing->thread, NULL, run_indexing, indexing) != 0)
        return error(UNAVAILABLE, "no_thread", "The system gives no thread for the search index.");
    indexing->runs = true;
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += WAIT_FOR_FIRST_MS / 1000;
    until.tv_nsec += WAIT_FOR_FIRST_MS % 1000 * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_mutex_lock(&indexing->lock);
    while (!indexing->finished &&
           pthread_cond_timedwait(&indexing->done, &indexing->lock, &until) == 0)
        continue;
    pthread_mutex_unlock(&indexing->lock);
    return OK;
}

static void save_last(Indexing *indexing) {
    Arena arena = arena_create(REQUEST_ARENA_BYTES_MAX);
    Visit visit;
    Error e = program_visit(indexing->program, &arena, &visit);
    if (!failed(e)) {
        e = torrent_index_save(&visit);
        program_visit_end(&visit);
    }
    complain("search_not_saved", e, &arena);
    complain("search_not_closed", search_close(indexing->program->community.search), &arena);
    arena_free(&arena);
}

void indexing_stop(Program *program) {
    Indexing *indexing = program->indexing;
    if (!indexing) return;
    atomic_store(&indexing->stop, true);
    pthread_mutex_lock(&indexing->lock);
    indexing->stopping = true;
    pthread_cond_signal(&indexing->wake);
    pthread_mutex_unlock(&indexing->lock);
    if (indexing->runs) pthread_join(indexing->thread, NULL);
    save_last(indexing);
    torrent_indexing_free(&indexing->left);
    pthread_cond_destroy(&indexing->wake);
    pthread_cond_destroy(&indexing->done);
    pthread_mutex_destroy(&indexing->lock);
    heap_free(indexing);
    program->indexing = NULL;
}

Error indexing_note_only(Program *program) {
    return search_note_only(program->community.search, folder_of(program, &program->arena));
}

Error indexing_open_alone(Program *program, Visit *visit,
                          void (*tell)(void *argument, uint64_t works), void *argument,
                          bool *ret_is_new) {
    TRY(indexing_open(program, visit));
    Indexing *indexing = program->indexing;
    *ret_is_new = indexing->left.build;
    TorrentBuilding building = {.stop = &indexing->stop, .tell = tell, .argument = argument};
    return torrent_index_finish(visit, &indexing->left, &building);
}

Error indexing_rebuild(Program *program, Visit *visit, void (*tell)(void *argument, uint64_t works),
                       void *argument) {
    Indexing *indexing = program->indexing;
    TRY(search_check_ready(program->community.search));
    if (!indexing || atomic_exchange(&indexing->rebuilds, true))
        return error(CONFLICT, "search_rebuilds", "The search index is being rebuilt already.");
    TorrentBuilding building = {.stop = &indexing->stop, .tell = tell, .argument = argument};
    Error e = torrent_build(visit, INT64_MIN, &building);
    if (!failed(e)) e = torrent_index_save(visit);
    atomic_store(&indexing->rebuilds, false);
    return e;
}
