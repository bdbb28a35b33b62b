#include <assert.h>

#include "tracker/swarm_partition.h"

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

/* --- the peer who announces --- */

/* A peer nobody has seen before, if there is room for it. */
static bool add_peer(SwarmAnnounce *visit, PeerPlace wanted) {
    Swarms *swarms = visit->swarms;
    PeerHome *home = &visit->path.partition->home;
    const SwarmLimits *limits = &visit->path.partition->limits;
    unsigned ports_max = limits->peers_per_address_max;
    if (ports_max > 0 && swarm_peers_count_address(home, visit->slot, &visit->name) >= ports_max)
        return false;
    if (!swarm_reserve(&swarms->peer_count, limits->peers_max)) return false;
    visit->place = wanted;
    if (swarm_peers_add(home, visit->slot, &visit->name, &visit->place)) return true;
    visit->place = (PeerPlace){0};
    swarm_release(&swarms->peer_count, 1);
    return false;
}

/* Puts the peer where it belongs now. True when the swarm says what the announce said. Nearly every
 * announce finds its peer where it was: then nothing has moved, and nothing is to be counted. */
static bool place_peer(SwarmAnnounce *visit, Seconds now, bool *ret_moved) {
    AnnounceEvent event = visit->announce->event;
    PeerHome *home = &visit->path.partition->home;
    SwarmSlot *slot = visit->slot;
    visit->place = swarm_peers_find(home, slot, &visit->name, visit->role);
    PeerState old = visit->place.is_there ? visit->place.state : 0;
    unsigned flags = old & PEER_HAS_COMPLETED;
    if (visit->role == ROLE_LEECHER && event == EVENT_PAUSED) flags |= PEER_IS_PARTIAL;
    /* Retransmitted announces tell of one completion, not of two. */
    if (visit->role == ROLE_SEEDER && event == EVENT_COMPLETED) flags |= PEER_HAS_COMPLETED;

    if (event == EVENT_STOPPED) {
        if (visit->place.is_there) {
            swarm_peers_remove(home, slot, &visit->name, &visit->place);
            swarm_release(&visit->swarms->peer_count, 1);
        }
        return true;
    }
    PeerPlace wanted = {.is_there = true,
                        .role = visit->role,
                        .state = (PeerState)(swarm_tick(visit->path.segment, now) | flags)};
    *ret_moved = !visit->place.is_there || visit->place.role != wanted.role ||
                 flags != (old & (PEER_HAS_COMPLETED | PEER_IS_PARTIAL));
    bool done = visit->place.is_there
                    ? swarm_peers_change(home, slot, &visit->name, &visit->place, &wanted)
                    : add_peer(visit, wanted);
    if (!done) return false;
    if ((flags & PEER_HAS_COMPLETED) && !(old & PEER_HAS_COMPLETED))
        swarm_peers_complete(home, slot, swarm_peers_completed(home, slot) + 1);
    /* Whoever asks for partial seeds is told of a change in them too. */
    if ((flags ^ old) & PEER_IS_PARTIAL) swarm_mark_changed(visit->path.segment, slot);
    return true;
}

/* --- the peers he is told of --- */

/* How many of `wanted` to take from a when b is the other source: in proportion, but no fewer than
 * the floors where there are as many. */
static size_t share(size_t wanted, size_t a, size_t b, size_t floor_a, size_t floor_b) {
    if (wanted >= a + b) return a;
    if (a == 0 || b == 0) return smaller(wanted, a);
    size_t part = wanted * a / (a + b);
    size_t low = smaller(a, floor_a), high = wanted - smaller(b, floor_b);
    if (part < low) part = low;
    if (part > high) part = high;
    part = smaller(part, a);
    return wanted - part > b ? wanted - b : part;
}

typedef struct {
    size_t seeders, leechers;
} Available;

/* Where nobody lacks anything. aria2 calls itself a seeder while it has nothing but a magnet: told
 * of no seeder it would never begin. */
enum { SEEDERS_FOR_A_SEEDER = 4 };

/* Who has everything wants only those who lack something; a partial seed wants nothing more. */
static Available available(const SwarmAnnounce *visit, const SwarmCounts *counts, Family family) {
    const Announce *announce = visit->announce;
    if (!announce->families[family]) return (Available){0};
    Available there = {counts->peers[peer_section(family, ROLE_SEEDER)],
                       counts->peers[peer_section(family, ROLE_LEECHER)]};
    bool is_among = visit->place.is_there && visit->name.family == family;
    if (is_among && visit->place.role == ROLE_SEEDER) there.seeders--;
    if (is_among && visit->place.role == ROLE_LEECHER) there.leechers--;
    if (visit->role == ROLE_LEECHER) {
        if (announce->event == EVENT_PAUSED) there.seeders = 0;
    } else {
        bool someone_lacks = counts->peers[peer_section(FAMILY_V4, ROLE_LEECHER)] ||
                             counts->peers[peer_section(FAMILY_V6, ROLE_LEECHER)];
        there.seeders = someone_lacks ? 0 : smaller(there.seeders, SEEDERS_FOR_A_SEEDER);
    }
    return there;
}

static size_t sample_role(const SwarmAnnounce *visit, Family family, Role role, size_t wanted,
                          uint8_t *ret_compact) {
    PeersAsk ask = {.family = family,
                    .role = role,
                    .wanted = wanted,
                    .draw = swarm_draw_for(visit->draw, family, role),
                    .asker = &visit->name,
                    .place = &visit->place};
    return swarm_peers_sample(&visit->path.partition->home, visit->slot, &ask, ret_compact);
}

/* At least half of them seeders, where there are as many. */
static size_t sample_family(const SwarmAnnounce *visit, Family family, Available there,
                            size_t wanted, uint8_t *ret_compact) {
    size_t seeders = share(wanted, there.seeders, there.leechers, (wanted + 1) / 2, 0);
    size_t found = sample_role(visit, family, ROLE_SEEDER, seeders, ret_compact);
    return found + sample_role(visit, family, ROLE_LEECHER, wanted - seeders,
                               ret_compact + found * compact_bytes(family));
}

/* Over HTTP both families share the answer, a quarter at least for each that has as many: a client
 * that can use only one must not be left alone. */
static void sample_peers(const SwarmAnnounce *visit, const SwarmCounts *counts, Answer *answer) {
    Available v4 = available(visit, counts, FAMILY_V4);
    Available v6 = available(visit, counts, FAMILY_V6);
    size_t v4_most = smaller(v4.seeders + v4.leechers, TRACKER_PEERS_V4_MAX);
    size_t v6_most = smaller(v6.seeders + v6.leechers, TRACKER_PEERS_V6_MAX);
    size_t wanted = visit->announce->wanted;
    size_t v4_wanted = smaller(share(wanted, v4_most, v6_most, wanted / 4, wanted / 4), v4_most);
    size_t v6_wanted = smaller(wanted - v4_wanted, v6_most);
    if (v4_wanted) answer->v4_count = sample_family(visit, FAMILY_V4, v4, v4_wanted, answer->v4);
    if (v6_wanted) answer->v6_count = sample_family(visit, FAMILY_V6, v6, v6_wanted, answer->v6);
}

/* --- one announce --- */

/* A stranger's swarm begins only if its address has not begun too many. */
static unsigned begin_swarm(SwarmAnnounce *visit, Seconds now) {
    const Announce *announce = visit->announce;
    Gate *gate = visit->swarms->gate;
    bool is_stranger = !visit->slot || !visit->slot->is_listed;
    if (is_stranger && !gate_may_begin(gate, announce->from.ip, now)) return 0;
    SwarmSlot *begun = swarm_begin(visit->swarms, visit->path, visit->slot, &announce->hash);
    if (!begun) return 0;
    visit->slot = begun;
    if (is_stranger) gate_note_begun(gate, announce->from.ip, now);
    return SWARM_BEGUN;
}

unsigned swarm_announce_locked(SwarmAnnounce *visit, Seconds now, Answer *answer) {
    const Announce *announce = visit->announce;
    bool stops = announce->event == EVENT_STOPPED, stored = false;
    unsigned outcome = 0;
    if (!swarm_is_tracked(visit->swarms, visit->slot)) return SWARM_REFUSED;
    bool is_begun = visit->slot && visit->slot->is_begun;
    if (!is_begun && announce->is_stored && !stops) {
        outcome = begin_swarm(visit, now);
        is_begun = outcome == SWARM_BEGUN;
    }
    if (visit->slot && visit->slot->is_listed) outcome |= SWARM_LISTED;
    answer->hash = announce->hash;
    if (!is_begun) return outcome | (stops ? SWARM_STORED : SWARM_NOT_STORED);
    const PeerHome *home = &visit->path.partition->home;
    SwarmCounts counts = swarm_counts(home, visit->slot);
    if (announce->is_stored) {
        bool moved = true;
        stored = place_peer(visit, now, &moved);
        if (moved) {
            SwarmCounts before = counts;
            counts = swarm_counts(home, visit->slot);
            swarm_account(visit->path, visit->slot, &before, &counts);
        }
    }
    answer->swarm = swarm_state_of(&counts);
    if (announce->wanted > 0 && !stops) sample_peers(visit, &counts, answer);
    return outcome | (stored ? SWARM_STORED : SWARM_NOT_STORED);
}

/* The second name of a hybrid leads to another swarm, maybe in another partition. Nobody may hold
 * two locks, so the listing is looked at again there. */
typedef struct {
    SwarmHash hash;
    SwarmPath path;
    SwarmSlot *slot;
} Arrival;

static bool arrive(Swarms *swarms, const SwarmHash *hash, Arrival *ret_arrival) {
    Arrival arrival = {.hash = *hash};
    for (unsigned hops = 0; hops < 2; hops++) {
        arrival.path = swarm_path(swarms, &arrival.hash);
        swarm_partition_enter(arrival.path.partition);
        arrival.slot = swarm_find_slot(arrival.path, &arrival.hash);
        if (!arrival.slot || arrival.slot->kind != SLOT_ALIAS) {
            *ret_arrival = arrival;
            return true;
        }
        arrival.hash = swarm_alias_target(&arrival.path.partition->home, arrival.slot);
        swarm_partition_leave(arrival.path.partition);
    }
    return false;
}

unsigned swarms_announce(Swarms *swarms, const Announce *announce, Seconds now,
                         Answer *ret_answer) {
    assert(announce->from.port != 0 && announce->wanted <= TRACKER_PEERS_V4_MAX);
    Arrival arrival;
    Announce asked = *announce;
    ret_answer->swarm = (SwarmState){0};
    ret_answer->v4_count = ret_answer->v6_count = 0;
    if (!arrive(swarms, &announce->hash, &arrival)) return SWARM_REFUSED;
    asked.hash = arrival.hash;
    SwarmAnnounce visit = {
        .swarms = swarms,
        .path = arrival.path,
        .slot = arrival.slot,
        .announce = &asked,
        .name = peer_name(&swarms->order, announce->from),
        .role = announce->left == 0 ? ROLE_SEEDER : ROLE_LEECHER,
        .draw = swarm_partition_draw(arrival.path.partition),
    };
    unsigned outcome = swarm_announce_locked(&visit, now, ret_answer);
    swarm_partition_leave(arrival.path.partition);
    return outcome;
}

SwarmState swarms_state(Swarms *swarms, const SwarmHash *hash) {
    Arrival arrival;
    SwarmState state = {0};
    if (!arrive(swarms, hash, &arrival)) return state;
    if (arrival.slot && swarm_is_tracked(swarms, arrival.slot))
        state = swarm_peers_state(&arrival.path.partition->home, arrival.slot);
    swarm_partition_leave(arrival.path.partition);
    return state;
}

/* --- WebTorrent --- */

static uint32_t changed_count(uint32_t count, int change) {
    if (change < 0 && count < (uint32_t)-change) return 0;
    return count + (uint32_t)change;
}

static bool count_web(SwarmAnnounce *visit, const WebCount *count) {
    const WebChange *change = &count->change;
    PeerHome *home = &visit->path.partition->home;
    bool comes = change->seeders > 0 || change->leechers > 0;
    bool is_begun = visit->slot && visit->slot->is_begun;
    if (!is_begun && (!comes || !begin_swarm(visit, count->now))) return !comes;
    SwarmCounts before = swarm_counts(home, visit->slot);
    uint32_t web[ROLE_COUNT] = {changed_count(before.web[ROLE_SEEDER], change->seeders),
                                changed_count(before.web[ROLE_LEECHER], change->leechers)};
    bool counted = swarm_peers_count_web(home, visit->slot, web);
    if (change->completed)
        swarm_peers_complete(home, visit->slot, before.completed + change->completed);
    SwarmCounts after = swarm_counts(home, visit->slot);
    swarm_account(visit->path, visit->slot, &before, &after);
    return counted;
}

bool swarms_count_web(Swarms *swarms, const WebCount *count, WebSwarm *ret_swarm) {
    Arrival arrival;
    if (!arrive(swarms, &count->hash, &arrival)) return false;
    Announce announce = {.hash = arrival.hash, .from.ip = count->from};
    SwarmAnnounce visit = {
        .swarms = swarms, .path = arrival.path, .slot = arrival.slot, .announce = &announce};
    bool is_tracked = swarm_is_tracked(swarms, visit.slot);
    if (is_tracked) {
        *ret_swarm = (WebSwarm){.hash = arrival.hash, .is_counted = count_web(&visit, count)};
        if (visit.slot)
            ret_swarm->state = swarm_peers_state(&arrival.path.partition->home, visit.slot);
    }
    swarm_partition_leave(arrival.path.partition);
    return is_tracked;
}
