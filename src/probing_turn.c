#include "probing_turn.h"

#include "base/random.h"
#include "probe/scrape.h"
#include "probe/web_seed.h"

enum { SEED_RETRY_S = 3600, BURST_PART = 12 };

size_t budget_take(Budget *budget, size_t wanted, Milliseconds now_ms) {
    double burst = budget->per_hour / BURST_PART;
    if (burst < 1) burst = 1;
    double grown = budget->per_hour * (double)(now_ms - budget->filled_at_ms) / 3600e3;
    budget->left = budget->filled_at_ms ? budget->left + grown : burst;
    if (budget->left > burst) budget->left = burst;
    budget->filled_at_ms = now_ms;
    size_t taken = wanted < (size_t)budget->left ? wanted : (size_t)budget->left;
    budget->left -= (double)taken;
    return taken;
}

size_t probing_take(Probing *probing, Budget *budget, size_t wanted) {
    pthread_mutex_lock(&probing->lock);
    size_t taken = budget_take(budget, wanted, clock_monotonic_ms());
    pthread_mutex_unlock(&probing->lock);
    return taken;
}

void probing_give_back(Probing *probing, Budget *budget, size_t count) {
    pthread_mutex_lock(&probing->lock);
    budget->left += (double)count;
    pthread_mutex_unlock(&probing->lock);
}

/* One thread at a time; false: another is at it. */
static bool begin_alone(Probing *probing, bool *busy) {
    pthread_mutex_lock(&probing->lock);
    bool mine = !*busy;
    *busy = true;
    pthread_mutex_unlock(&probing->lock);
    return mine;
}

static void end_alone(Probing *probing, bool *busy) {
    pthread_mutex_lock(&probing->lock);
    *busy = false;
    pthread_mutex_unlock(&probing->lock);
}

void probing_count(Program *program, ProbeKind kind, ProbeResult result) {
    atomic_fetch_add_explicit(&program->probes[kind][result], 1, memory_order_relaxed);
}

static ProbeResult result_of(Outcome outcome) {
    switch (outcome) {
        case OUTCOME_OK:
        case OUTCOME_SIZE_RIGHT: return PROBE_FINE;
        case OUTCOME_NO_SEED:
        case OUTCOME_NO_NAME:
        case OUTCOME_BAD_URL:
        case OUTCOME_BAD_PORT:
        case OUTCOME_PRIVATE_ADDRESS:
        case OUTCOME_OWN_ADDRESS:
        case OUTCOME_TOO_SOON:
        case OUTCOME_STOPPED: return PROBE_NOT_SENT;
        default: return PROBE_FAILED;
    }
}

static bool is_askable(Str url) {
    Target target;
    return scrape_check(url, &target) == OUTCOME_OK;
}

Error probing_enrol(Probing *probing, Visit *visit, bool *ret_did) {
    if (!begin_alone(probing, &probing->enrol_is_busy)) return OK;
    Error e = claim_enrol(visit, is_askable, ret_did);
    end_alone(probing, &probing->enrol_is_busy);
    return e;
}

/* --- foreign trackers --- */

static bool is_busy(const Probing *probing, int64_t tracker_id) {
    for (size_t i = 0; i < probing->busy_count; i++)
        if (probing->busy_trackers[i] == tracker_id) return true;
    return false;
}

static const DueTracker *begin_tracker(Probing *probing, const DueTracker *due, size_t count) {
    const DueTracker *mine = NULL;
    pthread_mutex_lock(&probing->lock);
    for (size_t i = 0; i < count && !mine; i++)
        if (!is_busy(probing, due[i].id)) mine = &due[i];
    if (mine) probing->busy_trackers[probing->busy_count++] = mine->id;
    pthread_mutex_unlock(&probing->lock);
    return mine;
}

static void end_tracker(Probing *probing, int64_t tracker_id) {
    pthread_mutex_lock(&probing->lock);
    for (size_t i = 0; i < probing->busy_count; i++)
        if (probing->busy_trackers[i] == tracker_id)
            probing->busy_trackers[i] = probing->busy_trackers[--probing->busy_count];
    pthread_mutex_unlock(&probing->lock);
}

/* The names clients announce a work by: v1, and v2 cut to 20 bytes (BEP 52). */
static size_t add_names(const DueSwarm *swarm, SwarmHash *names) {
    size_t count = 0;
    if (swarm->is_silent) return 0;
    if (swarm->hash.has_v1) memcpy(names[count++].bytes, swarm->hash.v1, SHA1_BYTES);
    if (swarm->hash.has_v2) memcpy(names[count++].bytes, swarm->hash.v2, SHA1_BYTES);
    return count;
}

static uint32_t larger(uint32_t a, uint32_t b) { return a > b ? a : b; }

/* The same people announce both names of a hybrid: the larger count, not the sum. */
static void join_claims(DueSwarm *swarm, const SwarmClaim *claims, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (!claims[i].known) continue;
        swarm->counted = true;
        swarm->seeders = larger(swarm->seeders, claims[i].seeders);
        swarm->leechers = larger(swarm->leechers, claims[i].leechers);
        swarm->completed = larger(swarm->completed, claims[i].completed);
    }
}

typedef struct {
    DueSwarm *swarms;
    size_t count;
    SwarmHash *names; /* of all swarms, one behind the other */
    size_t name_count;
    SwarmClaim *claims;
    ScrapeAnswer answer;
} Asking;

static void collect_names(Asking *asking, Arena *arena) {
    asking->names = arena_new(arena, SwarmHash, asking->count * 2);
    asking->claims = arena_new(arena, SwarmClaim, asking->count * 2);
    for (size_t i = 0; i < asking->count; i++)
        asking->name_count += add_names(&asking->swarms[i], asking->names + asking->name_count);
}

/* What a swarm was told: counts, that nobody knows it there, or why not. */
static void hand_out(Asking *asking) {
    size_t at = 0;
    for (size_t i = 0; i < asking->count; i++) {
        DueSwarm *swarm = &asking->swarms[i];
        SwarmHash names[2];
        size_t names_of = add_names(swarm, names);
        if (names_of == 0) continue;
        bool answered = at + names_of <= asking->answer.answered;
        if (answered) join_claims(swarm, asking->claims + at, names_of);
        at += names_of;
        swarm->is_asked = answered || asking->answer.outcome != OUTCOME_OK;
        Outcome outcome = !answered        ? asking->answer.outcome
                          : swarm->counted ? OUTCOME_OK
                                           : OUTCOME_UNKNOWN_THERE;
        swarm->outcome = outcome_code(outcome);
    }
}

static Error write_answer(const Probing *probing, Visit *visit, const DueTracker *tracker,
                          Asking *asking) {
    Outcome outcome = asking->answer.outcome;
    Seconds pause_s = probing->outbound_settings.pause_ms / 1000;
    TrackerTurn turn = {.tracker = *tracker,
                        .swarms = asking->swarms,
                        .count = asking->count,
                        .interval_s = probing->interval_s,
                        .not_before_s = pause_s};
    if (asking->answer.min_interval_s > turn.interval_s)
        turn.interval_s = asking->answer.min_interval_s;
    visit->now = clock_now();
    if (outcome == OUTCOME_STOPPED) return OK;
    if (outcome != OUTCOME_TOO_SOON) hand_out(asking);
    turn.has_failed = outcome != OUTCOME_OK && outcome != OUTCOME_TOO_SOON;
    if (outcome == OUTCOME_TOO_SOON && turn.not_before_s < 1) turn.not_before_s = 1;
    return claim_write_tracker(visit, &turn);
}

static Error ask_tracker(Probing *probing, Visit *visit, const DueTracker *tracker) {
    Asking asking = {0};
    size_t allowed = probing_take(probing, &probing->hashes, CLAIM_ASKED_AT_ONCE_MAX);
    Error e = claim_swarms_due(visit, tracker->id, allowed / 2, &asking.swarms, &asking.count);
    if (!failed(e)) collect_names(&asking, visit->arena);
    probing_give_back(probing, &probing->hashes, allowed - asking.name_count);
    TRY(e);
    if (asking.name_count) {
        ScrapeAsk ask = {asking.names, asking.name_count};
        asking.answer = scrape_tracker(probing->outbound, tracker->url, &ask, asking.claims);
        probing_count(probing->program, PROBE_TRACKER, result_of(asking.answer.outcome));
    }
    return write_answer(probing, visit, tracker, &asking);
}

Error probing_ask_tracker(Probing *probing, Visit *visit, bool *ret_did) {
    DueTracker *due;
    size_t count;
    if (!probing->foreign_on) return OK;
    if (probing_take(probing, &probing->hashes, 2) < 2) return OK;
    probing_give_back(probing, &probing->hashes, 2);
    TRY(claim_trackers_due(visit, probing->trackers_max, &due, &count));
    const DueTracker *tracker = begin_tracker(probing, due, count);
    if (!tracker) return OK;
    *ret_did = true;
    Error e = ask_tracker(probing, visit, tracker);
    end_tracker(probing, tracker->id);
    return e;
}

/* --- web seeds --- */

/* A first failure may be a bad moment: it is tried again sooner. */
static Seconds again_after(const Probing *probing, const DueSeed *seed, bool is_fine) {
    bool soon = !is_fine && seed->faults == 0 && probing->seed_interval_s > SEED_RETRY_S;
    return soon ? SEED_RETRY_S : probing->seed_interval_s;
}

static Error ask_seed(Probing *probing, Visit *visit, const DueSeed *seed) {
    SeedTurn turn = {.seed = seed, .again_s = probing->seed_interval_s};
    if (seed->is_silent) {
        probing_give_back(probing, &probing->seeds, 1);
        return claim_write_seed(visit, &turn);
    }
    WebSeedAsk ask = {
        .url = seed->url, .piece_bytes_max = probing->seed_piece_bytes_max, .chance = random_u64()};
    TRY(claim_seed_work(visit, seed->torrent_id, &ask.info, &ask.piece_layers));
    Outcome outcome = web_seed_check(probing->outbound, &ask, visit->arena);
    probing_count(probing->program, PROBE_WEB_SEED, result_of(outcome));
    visit->now = clock_now();
    if (outcome == OUTCOME_STOPPED) return OK;
    if (outcome == OUTCOME_TOO_SOON) {
        turn.again_s = probing->outbound_settings.pause_ms / 1000 + 1;
        return claim_write_seed(visit, &turn);
    }
    turn.is_fine = outcome == OUTCOME_OK || outcome == OUTCOME_SIZE_RIGHT;
    turn.outcome = outcome_code(outcome);
    turn.again_s = again_after(probing, seed, turn.is_fine);
    return claim_write_seed(visit, &turn);
}

Error probing_ask_seed(Probing *probing, Visit *visit, bool *ret_did) {
    if (!probing->seeds_on || !begin_alone(probing, &probing->seed_is_busy)) return OK;
    DueSeed *due;
    size_t count = 0;
    Error e = OK;
    if (probing_take(probing, &probing->seeds, 1)) {
        e = claim_seeds_due(visit, &due, &count);
        if (!failed(e) && count) e = ask_seed(probing, visit, &due[0]);
        if (count == 0) probing_give_back(probing, &probing->seeds, 1);
        *ret_did = count > 0;
    }
    end_alone(probing, &probing->seed_is_busy);
    return e;
}
