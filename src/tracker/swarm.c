#include "tracker/swarm.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/bytes.h"
#include "base/random.h"
#include "tracker/hash_table.h"
#include "tracker/peers.h"

typedef enum { ROLE_SEEDER, ROLE_LEECHER, ROLE_COUNT } Role;

typedef struct Swarm Swarm;
struct Swarm {
    SwarmHash hash; /* first: hash_table.h asks for it */
    uint32_t partial_seeds;
    uint32_t web[ROLE_COUNT]; /* WebTorrent peers: counted here, kept by their connections */
    uint64_t completed;
    Peers peers[ROLE_COUNT][FAMILY_COUNT];
    Swarm *changed_next, **changed_link; /* the link that points here; NULL: not on the list */
};

/* Where the next sweep goes on. */
typedef struct {
    size_t slot, table, position;
} SweepHand;

typedef struct {
    alignas(64) pthread_mutex_t lock;
    HashTable table;
    Swarm *changed;
    SwarmTotals totals;
    uint64_t peers[FAMILY_COUNT];
    uint64_t draw; /* xorshift state */
    SweepHand hand;
    SwarmLimits limits; /* the same in all: they change under the lock */
} Shard;

struct Swarms {
    uint8_t key[SIPHASH_KEY_BYTES];
    PeerOrder order;
    alignas(64) _Atomic uint64_t peer_count;
    _Atomic uint64_t swarm_count;
    Shard shards[SWARM_SHARDS];
};

static_assert(SWARM_SHARDS == 256, "shard_of takes the top byte");

Swarms *swarms_create(const SwarmLimits *limits) {
    Swarms *swarms = aligned_alloc(alignof(Swarms), sizeof(Swarms));
    if (!swarms) return NULL;
    memset(swarms, 0, sizeof *swarms);
    random_bytes(swarms->key, sizeof swarms->key);
    random_bytes(swarms->order.key, sizeof swarms->order.key);
    swarms->order.together = limits->peers_per_address_max > 0;
    for (size_t i = 0; i < SWARM_SHARDS; i++) {
        pthread_mutex_init(&swarms->shards[i].lock, NULL);
        swarms->shards[i].draw = random_u64() | 1;
        swarms->shards[i].limits = *limits;
    }
    return swarms;
}

void swarms_change_limits(Swarms *swarms, const SwarmLimits *limits) {
    SwarmLimits changed = *limits;
    for (size_t i = 0; i < SWARM_SHARDS; i++) {
        Shard *shard = &swarms->shards[i];
        pthread_mutex_lock(&shard->lock);
        if (!swarms->order.together) changed.peers_per_address_max = 0;
        shard->limits = changed;
        pthread_mutex_unlock(&shard->lock);
    }
}

static Swarm *swarm_create(const SwarmHash *hash) {
    Swarm *swarm = calloc(1, sizeof *swarm);
    if (swarm) swarm->hash = *hash;
    return swarm;
}

static void swarm_free(Swarm *swarm) {
    if (!swarm) return;
    for (size_t role = 0; role < ROLE_COUNT; role++)
        for (size_t family = 0; family < FAMILY_COUNT; family++)
            peers_close(&swarm->peers[role][family]);
    free(swarm);
}

void swarms_free(Swarms *swarms) {
    if (!swarms) return;
    for (size_t i = 0; i < SWARM_SHARDS; i++) {
        HashTable *table = &swarms->shards[i].table;
        for (size_t slot = 0; slot < table->room; slot++)
            if (table->slots[slot].value) swarm_free(table->slots[slot].value);
        hash_table_close(table);
        pthread_mutex_destroy(&swarms->shards[i].lock);
    }
    free(swarms);
}

static Shard *shard_of(Swarms *swarms, uint64_t order) { return &swarms->shards[order >> 56]; }

static uint64_t next_draw(Shard *shard) {
    shard->draw ^= shard->draw << 13;
    shard->draw ^= shard->draw >> 7;
    shard->draw ^= shard->draw << 17;
    return shard->draw >> 8;
}

static uint32_t stored_in(const Swarm *swarm, Role role) {
    return swarm->peers[role][FAMILY_V4].count + swarm->peers[role][FAMILY_V6].count;
}

static SwarmState state_of(const Swarm *swarm) {
    return (SwarmState){
        .seeders = stored_in(swarm, ROLE_SEEDER) + swarm->web[ROLE_SEEDER],
        .leechers = stored_in(swarm, ROLE_LEECHER) + swarm->web[ROLE_LEECHER],
        .seeders_v6 = swarm->peers[ROLE_SEEDER][FAMILY_V6].count,
        .leechers_v6 = swarm->peers[ROLE_LEECHER][FAMILY_V6].count,
        .seeders_web = swarm->web[ROLE_SEEDER],
        .leechers_web = swarm->web[ROLE_LEECHER],
        .partial_seeds = swarm->partial_seeds,
        .completed = swarm->completed,
    };
}

static bool same_state(SwarmState a, SwarmState b) {
    return a.seeders == b.seeders && a.leechers == b.leechers && a.seeders_v6 == b.seeders_v6 &&
           a.leechers_v6 == b.leechers_v6 && a.seeders_web == b.seeders_web &&
           a.leechers_web == b.leechers_web && a.partial_seeds == b.partial_seeds &&
           a.completed == b.completed;
}

static bool has_peers(SwarmState state) { return state.seeders + state.leechers > 0; }

static void mark_changed(Shard *shard, Swarm *swarm) {
    if (swarm->changed_link) return;
    swarm->changed_next = shard->changed;
    if (shard->changed) shard->changed->changed_link = &swarm->changed_next;
    swarm->changed_link = &shard->changed;
    shard->changed = swarm;
}

static void unmark_changed(Swarm *swarm) {
    if (!swarm->changed_link) return;
    *swarm->changed_link = swarm->changed_next;
    if (swarm->changed_next) swarm->changed_next->changed_link = swarm->changed_link;
    swarm->changed_next = NULL;
    swarm->changed_link = NULL;
}

/* Brings the totals of the shard up to date after something happened to one swarm. */
static void account(Shard *shard, Swarm *swarm, SwarmState before) {
    SwarmState after = state_of(swarm);
    shard->totals.seeders += (uint64_t)after.seeders - before.seeders;
    shard->totals.leechers += (uint64_t)after.leechers - before.leechers;
    shard->totals.completed += after.completed - before.completed;
    shard->totals.swarms += (uint64_t)has_peers(after) - has_peers(before);
    if (!same_state(after, before)) mark_changed(shard, swarm);
}

static bool reserve(_Atomic uint64_t *count, uint64_t max) {
    if (atomic_fetch_add_explicit(count, 1, memory_order_relaxed) < max) return true;
    atomic_fetch_sub_explicit(count, 1, memory_order_relaxed);
    return false;
}

static void release(_Atomic uint64_t *count, uint64_t number) {
    atomic_fetch_sub_explicit(count, number, memory_order_relaxed);
}

static Swarm *begin_swarm(Swarms *swarms, Shard *shard, uint64_t order, const SwarmHash *hash) {
    if (!reserve(&swarms->swarm_count, shard->limits.swarms_max)) return NULL;
    Swarm *swarm = swarm_create(hash);
    if (swarm && hash_table_add(&shard->table, order, swarm)) return swarm;
    swarm_free(swarm);
    release(&swarms->swarm_count, 1);
    return NULL;
}

static void drop_swarm(Swarms *swarms, Shard *shard, uint64_t order, Swarm *swarm) {
    SwarmState state = state_of(swarm);
    shard->totals.seeders -= state.seeders;
    shard->totals.leechers -= state.leechers;
    shard->totals.completed -= state.completed;
    shard->totals.swarms -= has_peers(state);
    for (size_t family = 0; family < FAMILY_COUNT; family++)
        shard->peers[family] -=
            swarm->peers[ROLE_SEEDER][family].count + swarm->peers[ROLE_LEECHER][family].count;
    release(&swarms->peer_count,
            (uint64_t)stored_in(swarm, ROLE_SEEDER) + stored_in(swarm, ROLE_LEECHER));
    release(&swarms->swarm_count, 1);
    unmark_changed(swarm);
    hash_table_remove(&shard->table, order, &swarm->hash);
    swarm_free(swarm);
}

/* One announce on its way through its swarm, under the lock of the shard. */
typedef struct {
    Swarms *swarms;
    Shard *shard;
    Swarm *swarm;
    const Announce *announce;
    PeerName name;
    Role role;
} Visit;

static Peers *peers_of(const Visit *visit, Role role) {
    return &visit->swarm->peers[role][visit->name.family];
}

static bool address_is_full(const Visit *visit) {
    unsigned max = visit->shard->limits.peers_per_address_max;
    return max > 0 && peers_count_address(peers_of(visit, ROLE_SEEDER), &visit->name) +
                              peers_count_address(peers_of(visit, ROLE_LEECHER), &visit->name) >=
                          max;
}

/* A peer nobody has seen before, if there is room for it. */
static bool add_peer(const Visit *visit, PeerState state) {
    Swarms *swarms = visit->swarms;
    if (address_is_full(visit)) return false;
    if (!reserve(&swarms->peer_count, visit->shard->limits.peers_max)) return false;
    if (!peers_put(peers_of(visit, visit->role), &swarms->order, &visit->name, state)) {
        release(&swarms->peer_count, 1);
        return false;
    }
    visit->shard->peers[visit->name.family]++;
    return true;
}

static void drop_peer(const Visit *visit, Role role) {
    peers_remove(peers_of(visit, role), &visit->swarms->order, &visit->name);
    release(&visit->swarms->peer_count, 1);
    visit->shard->peers[visit->name.family]--;
}

static bool change_peer(const Visit *visit, Role old_role, PeerState state) {
    const PeerOrder *order = &visit->swarms->order;
    if (!peers_put(peers_of(visit, visit->role), order, &visit->name, state)) return false;
    if (visit->role != old_role) peers_remove(peers_of(visit, old_role), order, &visit->name);
    return true;
}

/* Puts the peer where it belongs now. True when the swarm says what the announce said. */
static bool place_peer(const Visit *visit, Seconds now) {
    AnnounceEvent event = visit->announce->event;
    Swarm *swarm = visit->swarm;
    Role old_role = ROLE_SEEDER;
    PeerState old = 0;
    bool known = peers_find(peers_of(visit, ROLE_SEEDER), &visit->name, &old);
    if (!known) {
        old_role = ROLE_LEECHER;
        known = peers_find(peers_of(visit, ROLE_LEECHER), &visit->name, &old);
    }
    unsigned flags = old & PEER_HAS_COMPLETED;
    if (visit->role == ROLE_LEECHER && event == EVENT_PAUSED) flags |= PEER_IS_PARTIAL;
    /* Retransmitted announces tell of one completion, not of two. */
    if (visit->role == ROLE_SEEDER && event == EVENT_COMPLETED) flags |= PEER_HAS_COMPLETED;

    if (event == EVENT_STOPPED) {
        if (known) drop_peer(visit, old_role);
        flags = old & PEER_HAS_COMPLETED;
    } else {
        PeerState state = peer_state(now, flags);
        bool done = known ? change_peer(visit, old_role, state) : add_peer(visit, state);
        if (!done) return false;
    }
    swarm->completed += (flags & PEER_HAS_COMPLETED) && !(old & PEER_HAS_COMPLETED);
    swarm->partial_seeds += (flags & PEER_IS_PARTIAL) != 0;
    swarm->partial_seeds -= (old & PEER_IS_PARTIAL) != 0;
    return true;
}

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

/* How many of `wanted` to take from a when b is the other source: in proportion, but no fewer than
 * the floors where there are as many. */
static size_t share(size_t wanted, size_t a, size_t b, size_t floor_a, size_t floor_b) {
    if (wanted >= a + b) return a;
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
static Available available(const Visit *visit, Family family, bool is_stored) {
    const Announce *announce = visit->announce;
    const Swarm *swarm = visit->swarm;
    if (!announce->families[family]) return (Available){0};
    Available there = {swarm->peers[ROLE_SEEDER][family].count,
                       swarm->peers[ROLE_LEECHER][family].count};
    bool is_among = is_stored && visit->name.family == family;
    if (visit->role == ROLE_LEECHER) {
        there.leechers -= is_among;
        if (announce->event == EVENT_PAUSED) there.seeders = 0;
    } else {
        bool someone_lacks = swarm->peers[ROLE_LEECHER][FAMILY_V4].count ||
                             swarm->peers[ROLE_LEECHER][FAMILY_V6].count;
        there.seeders = someone_lacks ? 0 : smaller(there.seeders - is_among, SEEDERS_FOR_A_SEEDER);
    }
    return there;
}

static size_t sample_role(const Visit *visit, Role role, Family family, size_t wanted,
                          uint8_t *ret_compact) {
    PeersAsk ask = {.wanted = wanted, .draw = next_draw(visit->shard), .except = &visit->name};
    return peers_sample(&visit->swarm->peers[role][family], family, &ask, ret_compact);
}

/* At least half of them seeders, where there are as many. */
static size_t sample_family(const Visit *visit, Family family, Available there, size_t wanted,
                            uint8_t *ret_compact) {
    size_t stride = family == FAMILY_V4 ? COMPACT_V4_BYTES : COMPACT_V6_BYTES;
    size_t seeders = share(wanted, there.seeders, there.leechers, (wanted + 1) / 2, 0);
    size_t found = sample_role(visit, ROLE_SEEDER, family, seeders, ret_compact);
    return found +
           sample_role(visit, ROLE_LEECHER, family, wanted - seeders, ret_compact + found * stride);
}

/* Over HTTP both families share the answer, a quarter at least for each that has as many: a client
 * that can use only one must not be left alone. */
static void sample_peers(const Visit *visit, bool is_stored, Answer *answer) {
    Available v4 = available(visit, FAMILY_V4, is_stored);
    Available v6 = available(visit, FAMILY_V6, is_stored);
    size_t v4_most = smaller(v4.seeders + v4.leechers, TRACKER_PEERS_V4_MAX);
    size_t v6_most = smaller(v6.seeders + v6.leechers, TRACKER_PEERS_V6_MAX);
    size_t wanted = visit->announce->wanted;
    size_t v4_wanted = smaller(share(wanted, v4_most, v6_most, wanted / 4, wanted / 4), v4_most);
    size_t v6_wanted = smaller(wanted - v4_wanted, v6_most);
    answer->v4_count = sample_family(visit, FAMILY_V4, v4, v4_wanted, answer->v4);
    answer->v6_count = sample_family(visit, FAMILY_V6, v6, v6_wanted, answer->v6);
}

static unsigned announce_locked(Visit *visit, uint64_t order, Seconds now, Answer *answer) {
    const Announce *announce = visit->announce;
    bool stops = announce->event == EVENT_STOPPED, stored = false;
    unsigned outcome = 0;
    visit->swarm = hash_table_find(&visit->shard->table, order, &announce->hash);
    if (!visit->swarm && announce->is_stored && announce->may_open_swarm && !stops) {
        visit->swarm = begin_swarm(visit->swarms, visit->shard, order, &announce->hash);
        if (visit->swarm) outcome |= SWARM_BEGUN;
    }
    if (!visit->swarm) return outcome | (stops ? SWARM_STORED : SWARM_NOT_STORED);
    SwarmState before = state_of(visit->swarm);
    if (announce->is_stored) stored = place_peer(visit, now);
    account(visit->shard, visit->swarm, before);
    answer->swarm = state_of(visit->swarm);
    if (announce->wanted > 0 && !stops) sample_peers(visit, stored, answer);
    return outcome | (stored ? SWARM_STORED : SWARM_NOT_STORED);
}

unsigned swarms_announce(Swarms *swarms, const Announce *announce, Seconds now,
                         Answer *ret_answer) {
    assert(announce->from.port != 0 && announce->wanted <= TRACKER_PEERS_V4_MAX);
    uint64_t order = hash_order(&announce->hash, swarms->key);
    Visit visit = {
        .swarms = swarms,
        .shard = shard_of(swarms, order),
        .announce = announce,
        .name = peer_name(&swarms->order, announce->from),
        .role = announce->left == 0 ? ROLE_SEEDER : ROLE_LEECHER,
    };
    ret_answer->swarm = (SwarmState){0};
    ret_answer->v4_count = ret_answer->v6_count = 0;
    pthread_mutex_lock(&visit.shard->lock);
    unsigned outcome = announce_locked(&visit, order, now, ret_answer);
    pthread_mutex_unlock(&visit.shard->lock);
    return outcome;
}

static void change_count(uint32_t *count, int change) {
    *count = change < 0 && *count < (uint32_t)-change ? 0 : *count + (uint32_t)change;
}

bool swarms_count_web(Swarms *swarms, const SwarmHash *hash, const WebChange *change, Seconds now) {
    uint64_t order = hash_order(hash, swarms->key);
    Shard *shard = shard_of(swarms, order);
    bool comes = change->seeders > 0 || change->leechers > 0;
    (void)now;
    pthread_mutex_lock(&shard->lock);
    Swarm *swarm = hash_table_find(&shard->table, order, hash);
    if (!swarm && comes) swarm = begin_swarm(swarms, shard, order, hash);
    if (swarm) {
        SwarmState before = state_of(swarm);
        change_count(&swarm->web[ROLE_SEEDER], change->seeders);
        change_count(&swarm->web[ROLE_LEECHER], change->leechers);
        swarm->completed += change->completed;
        account(shard, swarm, before);
    }
    pthread_mutex_unlock(&shard->lock);
    return swarm != NULL;
}

SwarmState swarms_state(Swarms *swarms, const SwarmHash *hash) {
    uint64_t order = hash_order(hash, swarms->key);
    Shard *shard = shard_of(swarms, order);
    pthread_mutex_lock(&shard->lock);
    const Swarm *swarm = hash_table_find(&shard->table, order, hash);
    SwarmState state = swarm ? state_of(swarm) : (SwarmState){0};
    pthread_mutex_unlock(&shard->lock);
    return state;
}

void swarms_remove(Swarms *swarms, const SwarmHash *hash) {
    uint64_t order = hash_order(hash, swarms->key);
    Shard *shard = shard_of(swarms, order);
    pthread_mutex_lock(&shard->lock);
    Swarm *swarm = hash_table_find(&shard->table, order, hash);
    if (swarm) drop_swarm(swarms, shard, order, swarm);
    pthread_mutex_unlock(&shard->lock);
}

void swarms_touch(Swarms *swarms, const SwarmHash *hash) {
    uint64_t order = hash_order(hash, swarms->key);
    Shard *shard = shard_of(swarms, order);
    pthread_mutex_lock(&shard->lock);
    Swarm *swarm = hash_table_find(&shard->table, order, hash);
    if (swarm) mark_changed(shard, swarm);
    pthread_mutex_unlock(&shard->lock);
}

size_t swarms_take_changed(Swarms *swarms, size_t shard_index, SwarmChange *ret_changes,
                           size_t room) {
    Shard *shard = &swarms->shards[shard_index];
    size_t count = 0;
    pthread_mutex_lock(&shard->lock);
    while (shard->changed && count < room) {
        Swarm *swarm = shard->changed;
        ret_changes[count++] = (SwarmChange){swarm->hash, state_of(swarm)};
        unmark_changed(swarm);
    }
    pthread_mutex_unlock(&shard->lock);
    return count;
}

SwarmTotals swarms_totals(Swarms *swarms) {
    SwarmTotals sum = {0};
    for (size_t i = 0; i < SWARM_SHARDS; i++) {
        Shard *shard = &swarms->shards[i];
        pthread_mutex_lock(&shard->lock);
        sum.swarms += shard->totals.swarms;
        sum.seeders += shard->totals.seeders;
        sum.leechers += shard->totals.leechers;
        sum.completed += shard->totals.completed;
        pthread_mutex_unlock(&shard->lock);
    }
    return sum;
}

/* True when all four tables of the swarm have been walked through. */
static bool sweep_swarm(Swarms *swarms, Shard *shard, Swarm *swarm, SwarmSweep *sweep) {
    SweepHand *hand = &shard->hand;
    while (hand->table < ROLE_COUNT * FAMILY_COUNT && sweep->slots > 0) {
        Family family = (Family)(hand->table % FAMILY_COUNT);
        Peers *peers = &swarm->peers[hand->table / FAMILY_COUNT][family];
        PeersSweep pass = {.family = family,
                           .now = sweep->now,
                           .expiry_s = shard->limits.expiry_s,
                           .position = hand->position,
                           .budget = sweep->slots};
        SwarmState before = state_of(swarm);
        peers_sweep(peers, &swarms->order, &pass);
        swarm->partial_seeds -= (uint32_t)pass.dropped_partials;
        shard->peers[family] -= pass.dropped;
        release(&swarms->peer_count, pass.dropped);
        account(shard, swarm, before);
        sweep->slots = pass.budget;
        hand->position = pass.position;
        hand->table += pass.is_through;
    }
    if (hand->table < ROLE_COUNT * FAMILY_COUNT) return false;
    hand->table = hand->position = 0;
    return true;
}

bool swarms_sweep(Swarms *swarms, size_t shard_index, SwarmSweep *sweep) {
    Shard *shard = &swarms->shards[shard_index];
    SweepHand *hand = &shard->hand;
    const size_t empty_max = sizeof sweep->empty / sizeof sweep->empty[0];
    sweep->empty_count = 0;
    pthread_mutex_lock(&shard->lock);
    while (hand->slot < shard->table.room && sweep->slots > 0 && sweep->empty_count < empty_max) {
        sweep->slots--;
        uint64_t order = shard->table.slots[hand->slot].order;
        Swarm *swarm = shard->table.slots[hand->slot].value;
        if (swarm && !sweep_swarm(swarms, shard, swarm, sweep)) continue;
        if (swarm && !has_peers(state_of(swarm)) &&
            !(swarm->changed_link && sweep->tally_is_read)) {
            if (swarm->completed == 0) {
                drop_swarm(swarms, shard, order, swarm); /* another may move here: look again */
                continue;
            }
            sweep->empty[sweep->empty_count++] = swarm->hash;
        }
        hand->slot++;
    }
    bool through = hand->slot >= shard->table.room;
    if (through) *hand = (SweepHand){0};
    pthread_mutex_unlock(&shard->lock);
    return through;
}

/* A swarm as bytes: hash, completions, four counts (32 bits each), then the records: compact
 * endpoint, and 16 bits of age in ticks and flags. */
enum { SWARM_HEAD_BYTES = SHA1_BYTES + 8 + ROLE_COUNT * FAMILY_COUNT * 4 };

static const size_t record_bytes[FAMILY_COUNT] = {COMPACT_V4_BYTES + 2, COMPACT_V6_BYTES + 2};

static void write_peers(ByteWriter *writer, const Peers *peers, Family family, Seconds now) {
    PeerState state;
    size_t position = 0;
    const uint8_t *compact;
    while ((compact = peers_next(peers, family, &position, &state))) {
        unsigned flags = state & (PEER_IS_PARTIAL | PEER_HAS_COMPLETED);
        byte_write_bytes(writer, compact, record_bytes[family] - 2);
        byte_write_u16(writer, peer_state(peer_age(state, now), flags));
    }
}

static void write_swarm(ByteWriter *writer, const Swarm *swarm, Seconds now) {
    byte_write_bytes(writer, swarm->hash.bytes, SHA1_BYTES);
    byte_write_u64(writer, swarm->completed);
    for (size_t i = 0; i < ROLE_COUNT * FAMILY_COUNT; i++)
        byte_write_u32(writer, swarm->peers[i / FAMILY_COUNT][i % FAMILY_COUNT].count);
    for (size_t i = 0; i < ROLE_COUNT * FAMILY_COUNT; i++)
        write_peers(writer, &swarm->peers[i / FAMILY_COUNT][i % FAMILY_COUNT],
                    (Family)(i % FAMILY_COUNT), now);
}

Str swarms_write_bytes(Swarms *swarms, size_t shard_index, Seconds now, Arena *arena) {
    Shard *shard = &swarms->shards[shard_index];
    pthread_mutex_lock(&shard->lock);
    size_t room = shard->table.count * SWARM_HEAD_BYTES +
                  shard->peers[FAMILY_V4] * record_bytes[FAMILY_V4] +
                  shard->peers[FAMILY_V6] * record_bytes[FAMILY_V6];
    ByteWriter writer = byte_writer(arena_new(arena, uint8_t, room), room);
    for (size_t slot = 0; slot < shard->table.room; slot++)
        if (shard->table.slots[slot].value)
            write_swarm(&writer, shard->table.slots[slot].value, now);
    pthread_mutex_unlock(&shard->lock);
    assert(!writer.failed && writer.left == 0);
    return str_from_bytes(writer.start, room);
}

static bool read_peer(const Visit *visit, PeerState saved, const SwarmReading *reading) {
    Seconds age = (saved & (PEER_TICKS_MAX - 1)) * PEER_TICK_S + reading->stopped_s;
    unsigned flags = saved & (PEER_IS_PARTIAL | PEER_HAS_COMPLETED);
    PeerState known;
    if (age > visit->shard->limits.expiry_s) return false;
    if (peers_find(peers_of(visit, ROLE_SEEDER), &visit->name, &known)) return false;
    if (peers_find(peers_of(visit, ROLE_LEECHER), &visit->name, &known)) return false;
    if (visit->role == ROLE_SEEDER) flags &= ~(unsigned)PEER_IS_PARTIAL;
    if (!add_peer(visit, peer_state(reading->now - age, flags))) return false;
    visit->swarm->partial_seeds += (flags & PEER_IS_PARTIAL) != 0;
    return true;
}

static void read_peers(Visit *visit, ByteReader *reader, Family family, uint32_t count,
                       const SwarmReading *reading) {
    for (uint32_t i = 0; i < count; i++) {
        Endpoint endpoint =
            peer_endpoint(family, byte_read_bytes(reader, record_bytes[family] - 2));
        PeerState saved = byte_read_u16(reader);
        /* A v6 record may hold a mapped v4 address only in a file that is not ours. */
        if (endpoint.port == 0 || endpoint_family(endpoint) != family) continue;
        if (!reading->allow_private_addresses && ip_is_bogon(endpoint.ip)) continue;
        visit->name = peer_name(&visit->swarms->order, endpoint);
        read_peer(visit, saved, reading);
    }
}

static bool read_swarm(Swarms *swarms, ByteReader *reader, const SwarmReading *reading) {
    SwarmHash hash;
    uint32_t counts[ROLE_COUNT * FAMILY_COUNT];
    uint64_t bytes = 0;
    const uint8_t *hash_bytes = byte_read_bytes(reader, SHA1_BYTES);
    uint64_t completed = byte_read_u64(reader);
    for (size_t i = 0; i < ROLE_COUNT * FAMILY_COUNT; i++) {
        counts[i] = byte_read_u32(reader);
        bytes += (uint64_t)counts[i] * record_bytes[i % FAMILY_COUNT];
    }
    if (reader->failed || bytes > reader->left) return false;
    memcpy(hash.bytes, hash_bytes, SHA1_BYTES);

    uint64_t order = hash_order(&hash, swarms->key);
    Visit visit = {.swarms = swarms, .shard = shard_of(swarms, order)};
    pthread_mutex_lock(&visit.shard->lock);
    visit.swarm = hash_table_find(&visit.shard->table, order, &hash);
    if (!visit.swarm) visit.swarm = begin_swarm(swarms, visit.shard, order, &hash);
    if (visit.swarm) {
        SwarmState before = state_of(visit.swarm);
        if (completed > before.completed) visit.swarm->completed = completed;
        for (size_t i = 0; i < ROLE_COUNT * FAMILY_COUNT; i++) {
            visit.role = (Role)(i / FAMILY_COUNT);
            read_peers(&visit, reader, (Family)(i % FAMILY_COUNT), counts[i], reading);
        }
        account(visit.shard, visit.swarm, before);
        mark_changed(visit.shard, visit.swarm);
    } else {
        byte_skip(reader, bytes);
    }
    pthread_mutex_unlock(&visit.shard->lock);
    return true;
}

bool swarms_read_bytes(Swarms *swarms, Str bytes, const SwarmReading *reading) {
    ByteReader reader = byte_reader(bytes.at, bytes.len);
    while (reader.left > 0)
        if (!read_swarm(swarms, &reader, reading)) return false;
    return true;
}
