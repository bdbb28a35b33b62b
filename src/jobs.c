#include "jobs.h"

#include <assert.h>
#include <pthread.h>

#include "base/heap.h"
#include "base/limits.h"
#include "base/log.h"
#include "community/draft.h"
#include "community/file_key.h"
#include "community/giving.h"
#include "community/health_sample.h"
#include "community/job.h"
#include "community/session.h"
#include "community/statistic.h"
#include "community/tag_merge.h"
#include "community/top_list_make.h"
#include "community/torrent.h"
#include "tracker/web.h"

enum { HOUR_S = 3600, TALLY_EVERY_S = 2 };

/* What a row of the table of jobs stands for. */
static const struct {
    const char *kind;
    Seconds every_s;
    Error (*run)(Visit *visit);
} kinds[] = {
    {"forget_ended_sessions", HOUR_S, session_forget_ended},
    {"forget_old_drafts", HOUR_S, draft_forget_old},
    {"make_file_keys", 10, file_key_make_missing},
    {"forget_unused_givings", HOUR_S, giving_forget_unused},
    {"look_for_merged_tags", HOUR_S, tag_merge_look_again},
};
enum { KIND_COUNT = sizeof kinds / sizeof kinds[0] };

struct Jobs {
    Program *program;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool stopping;
    TorrentCount *counts; /* not yet in the store: a swarm tells a change only once */
    size_t count, room;
    Seconds started_at, ran_until; /* this time; when the site is known to have run before it */
    Seconds settled_at;
    HealthSampler health;
    StatisticSampler statistic;
    TopListMaker top_list;
};

static void complain(const char *what, Error e, Arena *arena) {
    if (failed(e))
        log_event(LOG_ERROR, "job_failed", {"job", str_from_c(what)},
                  {"why", error_text(e, arena)});
}

/* --- counts: from the tracker to the pages --- */

static void add_count(void *argument, const SwarmCount *count) {
    Jobs *jobs = argument;
    jobs->counts = heap_grow(jobs->counts, &jobs->room, jobs->count + 1, sizeof *jobs->counts);
    jobs->counts[jobs->count++] = (TorrentCount){.hash = count->hash,
                                                 .seeders = count->seeders,
                                                 .leechers = count->leechers,
                                                 .completed = count->completed,
                                                 .seeders_v6 = count->seeders_v6,
                                                 .leechers_v6 = count->leechers_v6,
                                                 .seeders_web = count->seeders_web,
                                                 .leechers_web = count->leechers_web};
}

/* While the store takes none, further changes wait in the swarms, which keep only the latest: a
 * full disk must not fill the memory too. */
static Error tally(Jobs *jobs, Visit *visit) {
    if (jobs->count == 0) tracker_tally(jobs->program->tracker, add_count, jobs);
    if (jobs->count > 0) TRY(torrent_count(visit, jobs->counts, jobs->count));
    heap_free(jobs->counts);
    jobs->counts = NULL;
    jobs->count = jobs->room = 0;
    atomic_store(&visit->community->counted_at, visit->now);
    return OK;
}

/* Who was in a swarm when the site stopped has announced again by now, or is gone: what no swarm
 * stands behind is from a tracker that could not save them. */
static Error settle(Jobs *jobs, Visit *visit) {
    Seconds interval_s =
        (Seconds)settings_number(atomic_load(&jobs->program->settings), SETTING_tracker_interval_s);
    if (visit->now - jobs->started_at < 2 * interval_s || visit->now - jobs->settled_at < HOUR_S)
        return OK;
    TRY(torrent_count_settle(visit, jobs->started_at, jobs->ran_until));
    jobs->settled_at = visit->now;
    return OK;
}

/* --- history --- */

static Error sample_site(Jobs *jobs, Visit *visit, bool is_last) {
    if (failed(search_check_ready(visit->community->search))) return OK; /* it counts them all */
    TrackerTotals totals = tracker_totals(jobs->program->tracker);
    StatisticTracker tracker = {
        .swarms = totals.torrents,
        .announces_udp = totals.announces_udp,
        .announces_http = totals.announces_http,
        .announces_web = web_totals(tracker_web(jobs->program->tracker)).announces,
        .scrapes = totals.scrapes};
    return statistic_sample(visit, &tracker, is_last, &jobs->statistic);
}

/* So many works a turn, so that nothing else waits long. */
static Error merge_tags(Visit *visit, bool is_last) {
    bool more;
    return is_last ? OK : tag_merge_work(visit, &more);
}

/* --- the table of jobs --- */

static Error run_job(Visit *visit, const Job *job) {
    for (size_t i = 0; i < KIND_COUNT; i++)
        if (str_equal(job->kind, str_from_c(kinds[i].kind))) return kinds[i].run(visit);
    return error(BROKEN, "unknown_job", "There is no job \"{}\".", job->kind);
}

static Error run_due(Visit *visit) {
    Job *due;
    size_t count;
    TRY(job_list_due(visit, &due, &count));
    for (size_t i = 0; i < count; i++) {
        Error e = run_job(visit, &due[i]);
        complain(str_c(visit->arena, due[i].kind), e, visit->arena);
        TRY(job_done(visit, &due[i], e));
    }
    return OK;
}

static Error repeat_all(Visit *visit) {
    for (size_t i = 0; i < KIND_COUNT; i++)
        TRY(job_repeat(visit, str_from_c(kinds[i].kind), kinds[i].every_s));
    return OK;
}

/* --- the thread --- */

static void run_turn(Jobs *jobs, bool is_last) {
    Arena arena = arena_create(REQUEST_ARENA_BYTES_MAX);
    Visit visit;
    Error e = program_visit(jobs->program, &arena, &visit);
    if (!failed(e)) {
        complain("tally", tally(jobs, &visit), &arena);
        complain("settle", settle(jobs, &visit), &arena);
        complain("health", health_sample(&visit, &jobs->health), &arena);
        complain("top_list", top_list_make(&visit, &jobs->top_list), &arena);
        complain("tag_merge", merge_tags(&visit, is_last), &arena);
        complain("statistic", sample_site(jobs, &visit, is_last), &arena);
        e = run_due(&visit);
        program_visit_end(&visit);
    }
    complain("jobs", e, &arena);
    arena_free(&arena);
}

static bool wait_for_turn(Jobs *jobs) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += TALLY_EVERY_S;
    pthread_mutex_lock(&jobs->lock);
    while (!jobs->stopping && pthread_cond_timedwait(&jobs->wake, &jobs->lock, &until) == 0)
        continue;
    bool going_on = !jobs->stopping;
    pthread_mutex_unlock(&jobs->lock);
    return going_on;
}

static void *run_jobs(void *argument) {
    Jobs *jobs = argument;
    while (wait_for_turn(jobs)) run_turn(jobs, false);
    run_turn(jobs, true); /* the last counts before the end */
    return NULL;
}

static Error prepare(Program *program, Jobs *jobs) {
    Arena arena = arena_create(REQUEST_ARENA_BYTES_MAX);
    Visit visit;
    Error e = program_visit(program, &arena, &visit);
    if (!failed(e)) {
        e = repeat_all(&visit);
        if (!failed(e)) e = statistic_last_at(&visit, &jobs->ran_until);
        /* Whatever the tracker has counted since its start is to be told, also where an index still
         * being made cannot say yet how many completions there were. */
        jobs->statistic = (StatisticSampler){.at = visit.now, .completed = UINT64_MAX};
        if (!failed(e) && !failed(search_check_ready(visit.community->search))) {
            jobs->statistic = (StatisticSampler){0};
            e = statistic_sample(&visit, &(StatisticTracker){0}, false, &jobs->statistic);
        }
        jobs->started_at = visit.now;
        atomic_store(&program->community.counting_since, visit.now);
        program_visit_end(&visit);
    }
    arena_free(&arena);
    return e;
}

Error jobs_start(Program *program, Jobs **ret_jobs) {
    Jobs *jobs = calloc(1, sizeof *jobs);
    assert(jobs);
    jobs->program = program;
    Error e = prepare(program, jobs);
    if (failed(e)) {
        free(jobs);
        return e;
    }
    pthread_condattr_t steady;
    pthread_condattr_init(&steady);
    pthread_condattr_setclock(&steady, CLOCK_MONOTONIC); /* a set clock must not stop the tally */
    pthread_mutex_init(&jobs->lock, NULL);
    pthread_cond_init(&jobs->wake, &steady);
    pthread_condattr_destroy(&steady);
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
    heap_free(jobs->counts);
    top_list_maker_free(&jobs->top_list);
    free(jobs);
}
