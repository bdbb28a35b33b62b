/* swarm_partition.h — how swarms lie in memory, for the files of this module (swarm*.c) alone.
 * A partition holds those swarms whose packets come to one UDP thread; everything in it is under
 * its one lock, so that a batch of announces costs a single lock and no shared cache line. */
#pragma once
#include <pthread.h>
#include <stdatomic.h>

#include "tracker/swarm.h"
#include "tracker/swarm_peers.h"

typedef struct {
    alignas(64) pthread_mutex_t lock;
    _Atomic unsigned waiting; /* threads that found it locked */
    uint64_t draw;            /* xorshift state */
    uint64_t moves;           /* changes whenever slots may have moved */
    SwarmTotals totals;
    SwarmCursor hand; /* where the next sweep goes on */
    PeerHome home;
    SwarmSegment *segments;
    SwarmLimits limits; /* the same in all: they change under the lock */
} SwarmPartition;

struct Swarms {
    Gate *gate;
    UdpSteering steering;
    ScatterKey key;
    PeerOrder order;
    size_t segment_count; /* of each partition; a power of two */
    alignas(64) _Atomic uint64_t peer_count;
    _Atomic uint64_t swarm_count;
    size_t partition_count;
    SwarmPartition partitions[];
};

/* Where a hash belongs. */
typedef struct {
    SwarmPartition *partition;
    SwarmSegment *segment;
    uint64_t order;
} SwarmPath;
SwarmPath swarm_path(Swarms *swarms, const SwarmHash *hash);

void swarm_partition_enter(SwarmPartition *partition);
static inline void swarm_partition_leave(SwarmPartition *partition) {
    pthread_mutex_unlock(&partition->lock);
}
/* For whoever will be back soon: lets those who wait go first. */
void swarm_partition_yield(SwarmPartition *partition);

static inline uint64_t swarm_partition_draw(SwarmPartition *partition) {
    uint64_t draw = partition->draw;
    draw ^= draw << 13;
    draw ^= draw >> 7;
    draw ^= draw << 17;
    return partition->draw = draw;
}

static inline unsigned swarm_tick(const SwarmSegment *segment, Seconds now) {
    return (unsigned)(now / segment->tick_s) & (PEER_TICKS - 1);
}
/* A peer silent for more ticks than this has been silent for longer than its time. */
static inline unsigned swarm_ticks_max(const SwarmSegment *segment, Seconds expiry_s) {
    return (unsigned)((expiry_s + segment->tick_s - 1) / segment->tick_s);
}
uint32_t swarm_tick_for(Seconds expiry_s);

/* What totals and tallies are made of. */
typedef struct {
    uint32_t peers[PEER_SECTIONS];
    uint32_t web[ROLE_COUNT];
    uint64_t completed;
} SwarmCounts;
SwarmCounts swarm_counts(const PeerHome *home, const SwarmSlot *slot);
/* Brings the totals up to date after something happened to one swarm, and notes the change. */
void swarm_account(SwarmPath path, SwarmSlot *slot, const SwarmCounts *before,
                   const SwarmCounts *after);
SwarmState swarm_state_of(const SwarmCounts *counts); /* but for the partial seeds */
void swarm_mark_changed(SwarmSegment *segment, SwarmSlot *slot);
static inline bool swarm_has_peers(const SwarmCounts *counts) {
    return counts->peers[0] || counts->peers[1] || counts->peers[2] || counts->peers[3] ||
           counts->web[ROLE_SEEDER] || counts->web[ROLE_LEECHER];
}

SwarmSlot *swarm_find_slot(SwarmPath path, const SwarmHash *hash);
SwarmSlot *swarm_add_slot(Swarms *swarms, SwarmPath path, const SwarmHash *hash);
/* Begins a swarm in that slot (NULL: there is none yet), if there is room for one more. */
SwarmSlot *swarm_begin(Swarms *swarms, SwarmPath path, SwarmSlot *slot, const SwarmHash *hash);
/* Drops all a slot holds but its listing; and the slot, when it holds nothing then. */
void swarm_drop(Swarms *swarms, SwarmPath path, SwarmSlot *slot);

bool swarm_reserve(_Atomic uint64_t *count, uint64_t max);
static inline void swarm_release(_Atomic uint64_t *count, uint64_t number) {
    atomic_fetch_sub_explicit(count, number, memory_order_relaxed);
}

/* Whether what stands there, or does not, is let in. */
static inline bool swarm_is_tracked(const Swarms *swarms, const SwarmSlot *slot) {
    return slot && (slot->is_listed || slot->is_barred) ? slot->is_listed
                                                        : gate_is_open(swarms->gate);
}
/* Where the second name of a hybrid leads. */
static inline SwarmHash swarm_alias_target(const PeerHome *home, const SwarmSlot *slot) {
    SwarmHash target;
    memcpy(&target, slab_at(&home->slab, slot->block), sizeof target);
    return target;
}

/* Goes on with that crowd, or begins with it when the cursor was in another. */
static inline void swarm_cursor_enter(SwarmCursor *cursor, const SwarmHash *hash) {
    if (memcmp(&cursor->swarm, hash, sizeof *hash) == 0) return;
    cursor->section = cursor->bucket = 0;
    cursor->swarm = *hash;
}

/* An announce, under the lock of its partition. */
typedef struct {
    Swarms *swarms;
    SwarmPath path;
    SwarmSlot *slot;
    const Announce *announce;
    PeerName name;
    Role role;
    uint64_t draw;
    PeerPlace place;
} SwarmAnnounce;
unsigned swarm_announce_locked(SwarmAnnounce *visit, Seconds now, Answer *answer);
static inline uint64_t swarm_draw_for(uint64_t draw, Family family, Role role) {
    return scatter_finish(draw + peer_section(family, role));
}
