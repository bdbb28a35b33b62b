/* jobs.h — what is done by the clock: tallies to pages, sessions that ended.
 * One thread, one table; a job that fails is logged and tried again at its next turn. */
#pragma once
#include "program.h"

MUST_USE Error jobs_start(Program *program, Jobs **ret_jobs);
void jobs_stop(Jobs *jobs); /* lets the running job finish; NULL is fine */
