#include "allow_list.h"

#include "base/heap.h"
#include "base/limits.h"
#include "base/log.h"
#include "community/torrent.h"
#include "community/torrent_index.h"

enum { WAIT_MS = 200, RETRY_S = 2 };

struct AllowList {
    Program *program;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool stopping, finished;
};

/* What people do meanwhile is told by the story: a work let go between the read and the telling
 * would be allowed again. */
static Error load(Program *program, Visit *visit) {
    int64_t at;
    TRY(torrent_story_at(visit, &at));
    TRY(torrent_allow_all(visit));
    TRY(torrent_catch_up(visit, at));
    return torrent_story_at(visit, &program->loaded_at);
}

static bool load_once(AllowList *list) {
    Milliseconds began_ms = clock_monotonic_ms();
    Arena arena = arena_create(REQUEST_ARENA_BYTES_MAX);
    Visit visit;
    Error e = program_visit(list->program, &arena, &visit);
    if (!failed(e)) {
        e = load(list->program, &visit);
        program_visit_end(&visit);
    }
    if (failed(e))
        log_event(LOG_ERROR, "allow_list_not_read", {"why", error_text(e, &arena)});
    else
        log_event(
            LOG_INFO, "allow_list_read",
            {"ms", arena_print(&arena, "%lld", (long long)(clock_monotonic_ms() - began_ms))});
    arena_free(&arena);
    return !failed(e);
}

/* With the lock held; false when `wait_ms` are over. */
static bool wait_changed(AllowList *list, Milliseconds wait_ms) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += wait_ms / 1000;
    until.tv_nsec += wait_ms % 1000 * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    return pthread_cond_timedwait(&list->changed, &list->lock, &until) == 0;
}

static void *run(void *argument) {
    AllowList *list = argument;
    bool loaded = load_once(list);
    pthread_mutex_lock(&list->lock);
    while (!loaded && !list->stopping) {
        if (wait_changed(list, RETRY_S * 1000)) continue;
        pthread_mutex_unlock(&list->lock);
        loaded = load_once(list);
        pthread_mutex_lock(&list->lock);
    }
    list->finished = true;
    atomic_store(&list->program->is_loaded, loaded);
    tracker_await_list(list->program->tracker, false);
    pthread_cond_broadcast(&list->changed);
    pthread_mutex_unlock(&list->lock);
    return NULL;
}

Error allow_list_start(Program *program) {
    AllowList *list = heap_new(1, sizeof *list);
    list->program = program;
    pthread_condattr_t steady;
    pthread_condattr_init(&steady);
    pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
    pthread_mutex_init(&list->lock, NULL);
    pthread_cond_init(&list->changed, &steady);
    pthread_condattr_destroy(&steady);
    tracker_await_list(program->tracker, true);
    if (pthread_create(&list->thread, NULL, run, list) != 0) {
        tracker_await_list(program->tracker, false);
        heap_free(list);
        return error(UNAVAILABLE, "no_thread",
                     "The system gives no thread for the tracker's list.");
    }
    program->allow_list = list;
    pthread_mutex_lock(&list->lock);
    while (!list->finished && wait_changed(list, WAIT_MS)) continue;
    pthread_mutex_unlock(&list->lock);
    return OK;
}

void allow_list_stop(Program *program) {
    AllowList *list = program->allow_list;
    if (!list) return;
    pthread_mutex_lock(&list->lock);
    list->stopping = true;
    pthread_cond_broadcast(&list->changed);
    pthread_mutex_unlock(&list->lock);
    pthread_join(list->thread, NULL);
    pthread_cond_destroy(&list->changed);
    pthread_mutex_destroy(&list->lock);
    heap_free(list);
    program->allow_list = NULL;
}

Error allow_list_check(const Program *program) {
    if (atomic_load(&program->is_loaded)) return OK;
    return error(UNAVAILABLE, "tracker_list",
                 "The tracker is reading which works it tracks. Announces wait a moment.");
}
