#include "community/job.h"

#include "queries/job.h"

enum { DUE_AT_ONCE = 20, PAUSE_FIRST_S = 60, PAUSE_DOUBLINGS_MAX = 6 };

static Error put(Db *db, Arena *arena, void *argument) {
    JobPutAsk *ask = argument;
    bool waits;
    JobFindRow row;
    TRY(query_job_find(db, arena, (JobFindAsk){.kind = ask->kind, .subject = ask->subject}, &waits,
                       &row));
    return waits ? OK : query_job_put(db, arena, *ask, NULL);
}

Error job_repeat(Visit *visit, Str kind, Seconds every_s) {
    JobPutAsk ask = {.kind = kind, .due_at = visit->now + every_s, .every_s = every_s};
    return store_write(visit->community->store, visit->arena, put, &ask);
}

Error job_list_due(Visit *visit, Job **ret_jobs, size_t *ret_count) {
    JobListDueRows rows;
    TRY(query_job_list_due(visit->db, visit->arena,
                           (JobListDueAsk){.now = visit->now, .count = DUE_AT_ONCE}, &rows));
    Job *jobs = arena_new(visit->arena, Job, rows.count);
    for (size_t i = 0; i < rows.count; i++)
        jobs[i] = (Job){.id = rows.at[i].id,
                        .kind = rows.at[i].kind,
                        .subject = rows.at[i].subject,
                        .due_at = rows.at[i].due_at,
                        .every_s = rows.at[i].every_s,
                        .tries = rows.at[i].tries};
    *ret_jobs = jobs;
    *ret_count = rows.count;
    return OK;
}

static Error put_off(Db *db, Arena *arena, void *argument) {
    const JobPutOffAsk *ask = argument;
    return query_job_put_off(db, arena, *ask, NULL);
}

static Error forget(Db *db, Arena *arena, void *argument) {
    const Job *job = argument;
    return query_job_remove(db, arena, (JobRemoveAsk){.id = job->id}, NULL);
}

static Seconds pause_after(int64_t tries) {
    int64_t doublings = tries < PAUSE_DOUBLINGS_MAX ? tries : PAUSE_DOUBLINGS_MAX;
    return PAUSE_FIRST_S << doublings;
}

Error job_done(Visit *visit, const Job *job, Error result) {
    Store *store = visit->community->store;
    if (!failed(result) && job->every_s == 0)
        return store_write(store, visit->arena, forget, (void *)job);
    JobPutOffAsk ask = {.id = job->id, .due_at = visit->now + job->every_s};
    if (failed(result)) {
        ask.due_at = visit->now + pause_after(job->tries);
        ask.tries = job->tries + 1;
        ask.fault = error_text(result, visit->arena);
    }
    return store_write(store, visit->arena, put_off, &ask);
}
