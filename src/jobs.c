#include "jobs.h"

#include <assert.h>
#include <pthread.h>

#include "base/limits.h"
#include "base/log.h"
#include "community/draft.h"
#include "community/session.h"
#include "community/torrent.h"

typedef Error (*JobRun)(Program *program, Visit *visit);

typedef struct {
    const char *name;
    Seconds every_s;
    JobRun run;
} Job;

typedef struct {
    TorrentCount *at;
    size_t count, room;
    Arena *arena;
} CountList;

static void add_count(void *argument, const SwarmCount *count) {
    CountList *list = argument;
    if (list->count == list->room) {
        size_t room = list->room ? list->room * 2 : 256;
        TorrentCount *grown = arena_new(list->arena, TorrentCount, room);
        if (list->count) memcpy(grown, list->at, list->count * sizeof *grown);
        list->at = grown;
        list->room = room;
    }
    list->at[list->count++] =
        (TorrentCount){count->hash, count->seeders, count->leechers, count->completed};
}

static Error tally(Program *program, Visit *visit) {
    CountList list = {.arena = visit->arena};
    tracker_tally(program->tracker, add_count, &list);
    return list.count ? torrent_count(visit, list.at, list.count) : OK;
}

static Error end_sessions(Program *program, Visit *visit) {
    (void)program;
    return session_forget_ended(visit);
}

static Error forget_drafts(Program *program, Visit *visit) {
    (void)program;
    return draft_forget_old(visit);
}

static const Job jobs_table[] = {
    {"tally", 2, tally},
    {"end_sessions", 3600, end_sessions},
    {"forget_drafts", 3600, forget_drafts},
};
enum { JOB_COUNT = sizeof jobs_table / sizeof jobs_table[0] };

struct Jobs {
    Program *program;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool stopping;
};

static void run_job(Jobs *jobs, const Job *job) {
    Arena arena = arena_create(REQUEST_ARENA_BYTES_MAX);
    Visit visit;
    Error e = program_visit(jobs->program, &arena, &visit);
    if (!failed(e)) {
        e = job->run(jobs->program, &visit);
        program_visit_end(&visit);
    }
    if (failed(e))
        log_event(LOG_ERROR, "job_failed", {"job", str_from_c(job->name)},
                  {"why", error_text(e, &arena)});
    arena_free(&arena);
}

/* Sleeps until the next second or the stop. */
static bool wait_a_second(Jobs *jobs) {
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 1;
    pthread_mutex_lock(&jobs->lock);
    if (!jobs->stopping) pthread_cond_timedwait(&jobs->wake, &jobs->lock, &until);
    bool going_on = !jobs->stopping;
    pthread_mutex_unlock(&jobs->lock);
    return going_on;
}

static void *run_jobs(void *argument) {
    Jobs *jobs = argument;
    Milliseconds due[JOB_COUNT] = {0};
    while (wait_a_second(jobs)) {
        for (size_t i = 0; i < JOB_COUNT; i++) {
            Milliseconds now = clock_monotonic_ms();
            if (now < due[i]) continue;
            run_job(jobs, &jobs_table[i]);
            due[i] = now + jobs_table[i].every_s * 1000;
        }
    }
    run_job(jobs, &jobs_table[0]); /* the last counts before the end */
    return NULL;
}

Error jobs_start(Program *program, Jobs **ret_jobs) {
    Jobs *jobs = calloc(1, sizeof *jobs);
    assert(jobs);
    jobs->program = program;
    pthread_mutex_init(&jobs->lock, NULL);
    pthread_cond_init(&jobs->wake, NULL);
    if (pthread_create(&jobs->thread, NULL, run_jobs, jobs) != 0) {
        free(jobs);
        return error(UNAVAILABLE, "no_thread", "The system gives no thread for the jobs.");
    }
    *ret_jobs = jobs;
    return OK;
}

void jobs_stop(Jobs *jobs) {
    if (!jobs) return;
    pthread_mutex_lock(&jobs->lock);
    jobs->stopping = true;
    pthread_cond_signal(&jobs->wake);
    pthread_mutex_unlock(&jobs->lock);
    pthread_join(jobs->thread, NULL);
    pthread_cond_destroy(&jobs->wake);
    pthread_mutex_destroy(&jobs->lock);
    free(jobs);
}
