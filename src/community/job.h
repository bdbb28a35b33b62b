/* job.h — work for later, a row each, so that it survives a restart.
 * A job that fails is tried again after a growing pause; how it went stays in its row. */
#pragma once
#include "community/community.h"

typedef struct {
    int64_t id;
    Str kind, subject;
    Seconds due_at, every_s; /* every_s 0: once */
    int64_t tries;
} Job;

/* Waits already: stays as it is. */
MUST_USE Error job_repeat(Visit *visit, Str kind, Seconds every_s);
/* The longest overdue first, a few at a time. */
MUST_USE Error job_list_due(Visit *visit, Job **ret_jobs, size_t *ret_count);
/* `result` OK: gone, or put off to its next turn. A failure: again after a pause. */
MUST_USE Error job_done(Visit *visit, const Job *job, Error result);
