/* program.h — the parts of essaim put together: store, search, community, and when serving tracker
 * and site. Owns all of them. Commands open it, `serve` starts it. One Program a process. */
#pragma once
#include <pthread.h>
#include <stdatomic.h>

#include "community/community.h"
#include "http/server.h"
#include "settings.h"
#include "tracker/tracker.h"

typedef struct Jobs Jobs;
typedef struct Probing Probing;
typedef struct Indexing Indexing;
typedef struct AllowList AllowList;

typedef enum {
    PROBE_TRACKER,
    PROBE_WEB_SEED,
    PROBE_SEEDER,
    PROBE_PORT_TEST,
    PROBE_KINDS
} ProbeKind;
typedef enum { PROBE_FINE, PROBE_FAILED, PROBE_NOT_SENT, PROBE_RESULTS } ProbeResult;

typedef struct Program {
    Arena arena; /* of settings in force and everything made at start */
    const Settings *_Atomic settings;
    Community community;
    Tracker *tracker; /* NULL when only a command runs */
    HttpServer *http;
    Jobs *jobs;
    Probing *probing;      /* NULL while every probe is off */
    Indexing *indexing;    /* NULL while the index is in no folder */
    atomic_int port_tests; /* under way */
    atomic_ullong probes[PROBE_KINDS][PROBE_RESULTS];
    Seconds started_at;
    AllowList *allow_list; /* NULL when the tracker was told beside another process */
    atomic_bool is_loaded; /* the tracker knows the catalogue ... */
    int64_t loaded_at;     /* ... as it was at this event of its story */
    pthread_mutex_t reload_lock;
} Program;

/* What one process leaves to the next: sockets that are bound, connections that are open. */
typedef struct {
    ListenerSet *listeners;
    HttpIdle idle;
} Inheritance;
void inheritance_free(Inheritance *inheritance); /* closes what is left */

/* Opens the store (exclusively) and the search index; makes the data folder. */
MUST_USE Error program_open(const Settings *settings, Program **ret_program);
/* Takes over from a process that still runs: reads its catalogue, opens nothing for writing. */
MUST_USE Error program_prepare(const Settings *settings, const Inheritance *inheritance,
                               Program **ret_program);
/* Tracker, catalogue into search, jobs, site; the store first where it is not open. Addresses are
 * looked for in `inheritance` before they are bound. */
MUST_USE Error program_start(Program *program, Inheritance *inheritance);
/* Ends what program_start began and closes the store, so that another process may go on: whatever
 * comes in waits in the sockets added to `inheritance`. Another program_start resumes. */
void program_yield(Program *program, Inheritance *inheritance);
void program_list_sockets(const Program *program, ListenerSet *set); /* copies */
void program_stop(Program *program);                                 /* drains */
void program_close(Program *program);                                /* NULL is fine */

typedef struct {
    SettingId changed[SETTING_COUNT], waiting[SETTING_COUNT]; /* waiting: for a restart */
    size_t changed_count, waiting_count;
} Reload;
/* Reads the settings again. What is marked LIVE holds at once; on an Error nothing has changed.
 * From any thread. */
MUST_USE Error program_reload(Program *program, Arena *arena, Reload *ret_reload);

/* A visit for a command or a job, with the rights of an administrator and the name "operator". */
MUST_USE Error program_visit(Program *program, Arena *arena, Visit *ret_visit);
void program_visit_end(Visit *visit);
