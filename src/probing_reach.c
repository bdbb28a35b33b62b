#include "base/log.h"
#include "probe/peer.h"
#include "probing_turn.h"
#include "tracker/door.h"

enum {
    COUNTS_AT_ONCE = 64,
    TALLY_EVERY_MS = 10000,
    PORT_TESTS_AT_ONCE = 2,
    PORT_TEST_MS_MAX = 5000
};

static Seconds steady_s(void) { return clock_monotonic_ms() / 1000; }

/* What a stranger is told by its silence, and by its words. */
static DoorState state_of(PeerVerdict verdict) {
    switch (verdict) {
        case PEER_CLOSED: return DOOR_CLOSED;
        case PEER_GREETED: return DOOR_OPEN;
        case PEER_OPEN:
        case PEER_NOT_ASKED: /* nor will it be, before it has rested like the others */
            return DOOR_UNCLEAR;
    }
    return DOOR_UNKNOWN;
}

static ProbeResult result_of(PeerVerdict verdict) {
    return verdict == PEER_NOT_ASKED ? PROBE_NOT_SENT
           : verdict == PEER_CLOSED  ? PROBE_FAILED
                                     : PROBE_FINE;
}

static void knock(Probing *probing, Doors *doors, const DoorAsk *asks, size_t count) {
    PeerKnock knocks[PEER_KNOCKS_MAX];
    PeerVerdict verdicts[PEER_KNOCKS_MAX];
    for (size_t i = 0; i < count; i++)
        knocks[i] = (PeerKnock){.at = asks[i].at, .hash = asks[i].hash, .is_in_swarm = true};
    peer_knock(probing->outbound, knocks, count, verdicts);
    bool cut = outbound_is_stopping(probing->outbound);
    for (size_t i = 0; i < count; i++) {
        doors_tell(doors, asks[i].at, cut ? DOOR_UNKNOWN : state_of(verdicts[i]), steady_s());
        probing_count(probing->program, PROBE_SEEDER, result_of(verdicts[i]));
    }
}

Error probing_knock(Probing *probing, Visit *visit, bool *ret_did) {
    (void)visit;
    Doors *doors = tracker_doors(probing->program->tracker);
    if (!probing->reach_on || !doors) return OK;
    DoorAsk asks[PEER_KNOCKS_MAX];
    size_t allowed = probing_take(probing, &probing->knocks, PEER_KNOCKS_MAX);
    size_t count = doors_take(doors, asks, allowed);
    probing_give_back(probing, &probing->knocks, allowed - count);
    if (count) knock(probing, doors, asks, count);
    *ret_did = count > 0;
    return OK;
}

/* One thread at a time, and not at every turn: counting walks through all that was seen. */
static bool is_time_to_tally(Probing *probing) {
    Milliseconds now = clock_monotonic_ms();
    pthread_mutex_lock(&probing->lock);
    bool due = now - probing->tallied_at_ms >= TALLY_EVERY_MS;
    if (due) probing->tallied_at_ms = now;
    pthread_mutex_unlock(&probing->lock);
    return due;
}

Error probing_tally_reach(Probing *probing, Visit *visit, bool *ret_did) {
    (void)ret_did;
    Doors *doors = tracker_doors(probing->program->tracker);
    if (!probing->reach_on || !doors || !is_time_to_tally(probing)) return OK;
    DoorCount counts[COUNTS_AT_ONCE];
    ReachCount said[COUNTS_AT_ONCE];
    size_t count = doors_tally(doors, steady_s(), counts, COUNTS_AT_ONCE);
    for (size_t i = 0; i < count; i++)
        said[i] = (ReachCount){counts[i].swarm, counts[i].open + counts[i].closed, counts[i].open};
    return count ? claim_write_reach(visit, said, count) : OK;
}

/* --- a member's own port --- */

bool probing_may_test_port(void *program) {
    const Settings *settings = atomic_load(&((Program *)program)->settings);
    return settings_flag(settings, SETTING_probe_reachability);
}

/* On the caller's thread: a few may wait at a time, for a few seconds. */
PortState probing_test_port(void *argument, Endpoint at) {
    Program *program = argument;
    PortState state = PORT_BUSY;
    if (atomic_fetch_add(&program->port_tests, 1) < PORT_TESTS_AT_ONCE) {
        Arena arena = arena_create(MIB);
        OutboundSettings settings = probing_outbound_settings(program, &arena);
        if (settings.timeout_ms > PORT_TEST_MS_MAX) settings.timeout_ms = PORT_TEST_MS_MAX;
        Outbound *outbound = outbound_create(&settings);
        PeerKnock knock = {.at = at};
        PeerVerdict verdict;
        peer_knock(outbound, &knock, 1, &verdict);
        probing_count(program, PROBE_PORT_TEST, result_of(verdict));
        outbound_free(outbound);
        arena_free(&arena);
        state = verdict == PEER_NOT_ASKED ? PORT_NOT_TESTED
                : verdict == PEER_CLOSED  ? PORT_CLOSED
                                          : PORT_OPEN;
    }
    atomic_fetch_sub(&program->port_tests, 1);
    return state;
}
