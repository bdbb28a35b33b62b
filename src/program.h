/* program.h — the parts of essaim put together: store, search, community, and when serving tracker
 * and site. Owns all of them. Commands open it, `serve` starts it. One Program a process. */
#pragma once
#include <stdatomic.h>

#include "community/community.h"
#include "http/server.h"
#include "settings.h"
#include "tracker/tracker.h"

typedef struct Jobs Jobs;

typedef struct Program {
    Arena arena; /* of settings in force and everything made at start */
    const Settings *_Atomic settings;
    Community community;
    Tracker *tracker; /* NULL when only a command runs */
    HttpServer *http;
    Jobs *jobs;
    Seconds started_at;
} Program;

/* Opens the store (exclusively) and the search index; makes the data folder. */
MUST_USE Error program_open(const Settings *settings, Program **ret_program);
MUST_USE Error program_start(Program *program); /* tracker, catalogue into search, jobs, site */
void program_stop(Program *program);            /* drains */
void program_close(Program *program);           /* NULL is fine */
/* New settings at once where that is possible; listeners and threads need a restart. */
void program_reload(Program *program, const Settings *settings);

/* A visit for a command or a job, with the rights of an administrator and the name "operator". */
MUST_USE Error program_visit(Program *program, Arena *arena, Visit *ret_visit);
void program_visit_end(Visit *visit);
