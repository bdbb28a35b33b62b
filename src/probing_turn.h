/* probing_turn.h — one thing asked of one stranger; for probing.c alone, whose threads take turns.
 */
#pragma once
#include <pthread.h>

#include "community/claim_turn.h"
#include "probe/outbound.h"
#include "probing.h"

enum { PROBING_THREADS_MAX = 16 };

/* So many an hour, and a twelfth of that at once. */
typedef struct {
    double per_hour, left;
    Milliseconds filled_at_ms;
} Budget;

struct Probing {
    Program *program;
    OutboundSettings outbound_settings;
    Outbound *outbound;
    bool foreign_on, seeds_on, reach_on;
    size_t trackers_max;
    Seconds interval_s, seed_interval_s;
    uint64_t seed_piece_bytes_max;
    Arena arena; /* of the settings it was started with */
    size_t thread_count;
    pthread_t threads[PROBING_THREADS_MAX];
    pthread_mutex_t lock; /* of all below */
    pthread_cond_t wake;
    bool stopping;
    Budget hashes, seeds, knocks;
    Milliseconds tallied_at_ms;
    int64_t busy_trackers[PROBING_THREADS_MAX]; /* one a thread; 0: none */
    size_t busy_count;
    bool seed_is_busy, enrol_is_busy;
};

/* Each: false when there was nothing to do. */
typedef Error (*ProbingTurn)(Probing *probing, Visit *visit, bool *ret_did);
MUST_USE Error probing_enrol(Probing *probing, Visit *visit, bool *ret_did);
MUST_USE Error probing_ask_tracker(Probing *probing, Visit *visit, bool *ret_did);
MUST_USE Error probing_ask_seed(Probing *probing, Visit *visit, bool *ret_did);

MUST_USE Error probing_knock(Probing *probing, Visit *visit, bool *ret_did);
MUST_USE Error probing_tally_reach(Probing *probing, Visit *visit, bool *ret_did);

/* What probes are bound to, by the settings in force. */
OutboundSettings probing_outbound_settings(Program *program, Arena *arena);

void probing_count(Program *program, ProbeKind kind, ProbeResult result);

/* As many of `wanted` as the hour still has. */
size_t budget_take(Budget *budget, size_t wanted, Milliseconds now_ms);
size_t probing_take(Probing *probing, Budget *budget, size_t wanted);
void probing_give_back(Probing *probing, Budget *budget, size_t count);
