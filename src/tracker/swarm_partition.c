#include "tracker/swarm_partition.h"

#include <assert.h>
#include <sched.h>

#include "base/random.h"

enum {
    SEGMENTS_MAX = 1024, /* of a partition */
    SEGMENTS_MIN = 64,
    SEGMENTS_TOGETHER = 4096,
    YIELDS_MAX = 100,
};

/* --- as a whole --- */

/* Small segments keep growing short; with many partitions there are enough of them anyway. */
static size_t segments_for(size_t partitions) {
    size_t segments = SEGMENTS_MAX;
    while (segments > SEGMENTS_MIN && segments * partitions > SEGMENTS_TOGETHER) segments /= 2;
    return segments;
}

uint32_t swarm_tick_for(Seconds expiry_s) {
    Seconds tick_s = (expiry_s + PEER_TICKS_EXPIRY - 1) / PEER_TICKS_EXPIRY;
    return tick_s > 0 ? (uint32_t)tick_s : 1;
}

static bool partition_open(SwarmPartition *partition, const Swarms *swarms,
                           const SwarmLimits *limits) {
    pthread_mutexattr_t kind;
    pthread_mutexattr_init(&kind);
    pthread_mutexattr_settype(&kind, PTHREAD_MUTEX_ADAPTIVE_NP);
    pthread_mutex_init(&partition->lock, &kind);
    pthread_mutexattr_destroy(&kind);
    partition->draw = random_u64() | 1;
    partition->home.order = &swarms->order;
    partition->limits = *limits;
    partition->segments = calloc(swarms->segment_count, sizeof *partition->segments);
    if (!partition->segments) return false;
    for (size_t i = 0; i < swarms->segment_count; i++) {
        partition->segments[i].number = (uint32_t)i;
        partition->segments[i].tick_s = swarm_tick_for(limits->expiry_s);
    }
    return true;
}

static void partition_close(SwarmPartition *partition, size_t segments) {
    for (size_t i = 0; partition->segments && i < segments; i++)
        swarm_segment_close(&partition->segments[i]);
    free(partition->segments);
    slab_close(&partition->home.slab);
    pthread_mutex_destroy(&partition->lock);
}

Swarms *swarms_create(const SwarmLimits *limits) {
    size_t partitions = limits->steering.threads ? limits->steering.threads : 1;
    size_t bytes = sizeof(Swarms) + partitions * sizeof(SwarmPartition);
    Swarms *swarms = aligned_alloc(alignof(Swarms), bytes);
    if (!swarms) return NULL;
    memset(swarms, 0, bytes);
    swarms->steering = limits->steering;
    swarms->segment_count = segments_for(partitions);
    random_bytes(&swarms->key, sizeof swarms->key);
    random_bytes(&swarms->order.key, sizeof swarms->order.key);
    swarms->order.together = limits->peers_per_address_max > 0;
    swarms->gate = gate_create(&limits->gate);
    bool done = swarms->gate != NULL;
    for (size_t i = 0; i < partitions; i++) {
        done = partition_open(&swarms->partitions[i], swarms, limits) && done;
        swarms->partition_count++;
    }
    if (done) return swarms;
    swarms_free(swarms);
    return NULL;
}

void swarms_free(Swarms *swarms) {
    if (!swarms) return;
    for (size_t i = 0; i < swarms->partition_count; i++)
        partition_close(&swarms->partitions[i], swarms->segment_count);
    gate_free(swarms->gate);
    free(swarms);
}

/* --- the way to a swarm --- */

SwarmPath swarm_path(Swarms *swarms, const SwarmHash *hash) {
    unsigned number =
        swarms->partition_count == 1 ? 0 : udp_steering_thread(&swarms->steering, hash->bytes);
    SwarmPartition *partition = &swarms->partitions[number];
    uint64_t order = swarm_order(&swarms->key, hash);
    size_t segment = (size_t)(order >> 40) & (swarms->segment_count - 1);
    return (SwarmPath){partition, &partition->segments[segment], order};
}

void swarm_partition_enter(SwarmPartition *partition) {
    if (pthread_mutex_trylock(&partition->lock) == 0) return;
    atomic_fetch_add(&partition->waiting, 1);
    pthread_mutex_lock(&partition->lock);
    atomic_fetch_sub(&partition->waiting, 1);
}

/* A mutex is not fair: whoever leaves and comes back at once would have it again before another has
 * woken up. */
void swarm_partition_yield(SwarmPartition *partition) {
    swarm_partition_leave(partition);
    for (size_t i = 0; i < YIELDS_MAX && atomic_load(&partition->waiting) > 0; i++) sched_yield();
    swarm_partition_enter(partition);
}

SwarmSlot *swarm_find_slot(SwarmPath path, const SwarmHash *hash) {
    return swarm_segment_find(path.segment, path.order, hash);
}

SwarmSlot *swarm_add_slot(Swarms *swarms, SwarmPath path, const SwarmHash *hash) {
    path.partition->moves++;
    return swarm_segment_add(path.segment, &swarms->key, hash);
}

bool swarm_reserve(_Atomic uint64_t *count, uint64_t max) {
    if (atomic_fetch_add_explicit(count, 1, memory_order_relaxed) < max) return true;
    atomic_fetch_sub_explicit(count, 1, memory_order_relaxed);
    return false;
}

SwarmSlot *swarm_begin(Swarms *swarms, SwarmPath path, SwarmSlot *slot, const SwarmHash *hash) {
    if (slot && slot->is_begun) return slot;
    if (!swarm_reserve(&swarms->swarm_count, path.partition->limits.swarms_max)) return NULL;
    if (!slot) slot = swarm_add_slot(swarms, path, hash);
    if (slot)
        slot->is_begun = true;
    else
        swarm_release(&swarms->swarm_count, 1);
    return slot;
}

void swarm_drop(Swarms *swarms, SwarmPath path, SwarmSlot *slot) {
    SwarmPartition *partition = path.partition;
    SwarmCounts counts = swarm_counts(&partition->home, slot);
    uint64_t peers = 0;
    for (unsigned i = 0; i < PEER_SECTIONS; i++) peers += counts.peers[i];
    swarm_peers_close(&partition->home, slot);
    SwarmCounts none = {0};
    swarm_account(path, slot, &counts, &none);
    if (peers) swarm_release(&swarms->peer_count, peers);
    if (slot->is_begun) swarm_release(&swarms->swarm_count, 1);
    slot->is_begun = false;
    path.segment->changed -= slot->is_changed;
    slot->is_changed = false;
    if (slot->is_listed || slot->is_barred) return;
    partition->moves++;
    swarm_segment_remove(path.segment, &swarms->key, slot);
}

/* --- counting --- */

SwarmCounts swarm_counts(const PeerHome *home, const SwarmSlot *slot) {
    SwarmCounts counts = {.completed = slot->completed};
    if (slot->kind == SLOT_LONE) {
        counts.peers[slot->is_seeding ? ROLE_SEEDER : ROLE_LEECHER] = 1;
    } else if (slot->kind == SLOT_FEW) {
        const uint8_t *block = slab_at(&home->slab, slot->block);
        for (unsigned i = 0; i < PEER_SECTIONS; i++) counts.peers[i] = block[i];
    } else if (slot->kind == SLOT_MANY) {
        const SwarmCrowd *crowd = swarm_crowd(home, slot);
        for (unsigned i = 0; i < PEER_SECTIONS; i++) counts.peers[i] = crowd->tables[i].count;
        memcpy(counts.web, crowd->web, sizeof counts.web);
        counts.completed = crowd->completed;
    }
    return counts;
}

static uint64_t of_role(const SwarmCounts *counts, Role role) {
    return (uint64_t)counts->peers[peer_section(FAMILY_V4, role)] +
           counts->peers[peer_section(FAMILY_V6, role)] + counts->web[role];
}

void swarm_mark_changed(SwarmSegment *segment, SwarmSlot *slot) {
    segment->changed += !slot->is_changed;
    slot->is_changed = true;
}

/* Nearly every announce changes nothing: told by four words, without a call. */
static bool same_counts(const SwarmCounts *a, const SwarmCounts *b) {
    static_assert(sizeof *a == 4 * sizeof(uint64_t), "no gaps");
    uint64_t x[4], y[4];
    memcpy(x, a, sizeof x);
    memcpy(y, b, sizeof y);
    return ((x[0] ^ y[0]) | (x[1] ^ y[1]) | (x[2] ^ y[2]) | (x[3] ^ y[3])) == 0;
}

void swarm_account(SwarmPath path, SwarmSlot *slot, const SwarmCounts *before,
                   const SwarmCounts *after) {
    SwarmTotals *totals = &path.partition->totals;
    if (same_counts(after, before)) return;
    totals->seeders += of_role(after, ROLE_SEEDER) - of_role(before, ROLE_SEEDER);
    totals->leechers += of_role(after, ROLE_LEECHER) - of_role(before, ROLE_LEECHER);
    totals->completed += after->completed - before->completed;
    totals->swarms += (uint64_t)swarm_has_peers(after) - swarm_has_peers(before);
    swarm_mark_changed(path.segment, slot);
}

SwarmState swarm_state_of(const SwarmCounts *counts) {
    return (SwarmState){
        .seeders = (uint32_t)of_role(counts, ROLE_SEEDER),
        .leechers = (uint32_t)of_role(counts, ROLE_LEECHER),
        .seeders_v6 = counts->peers[peer_section(FAMILY_V6, ROLE_SEEDER)],
        .leechers_v6 = counts->peers[peer_section(FAMILY_V6, ROLE_LEECHER)],
        .seeders_web = counts->web[ROLE_SEEDER],
        .leechers_web = counts->web[ROLE_LEECHER],
        .completed = counts->completed,
    };
}
