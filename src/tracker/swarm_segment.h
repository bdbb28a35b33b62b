/* swarm_segment.h — from a hash to its swarm: slots of 32 bytes, two to a cache line.
 * The swarms of a partition are spread over many segments by a keyed hash, each an open-addressed
 * table of its own, so that growing means copying one small segment. Segments grow at different
 * sizes, lest all be half empty at the same time. A slot holds all there is to say of most swarms:
 * whether the work is listed, how often it was completed, and its only peer. Not locked. */
#pragma once
#include <assert.h>

#include "tracker/peer_block.h"

typedef enum {
    SLOT_FREE,
    SLOT_NOBODY, /* listed, barred, or completed before */
    SLOT_LONE,   /* one IPv4 peer, here */
    SLOT_FEW,    /* a block */
    SLOT_MANY,   /* a crowd: swarm_peers.h */
    SLOT_ALIAS,  /* the second name of a hybrid: a block holds the hash of the swarm */
} SlotKind;

enum { SLOT_COMPLETED_BITS = 24, SLOT_COMPLETED_MAX = (1 << SLOT_COMPLETED_BITS) - 1 };

typedef struct {
    SwarmHash hash;
    uint32_t kind : 3;
    uint32_t is_listed : 1;
    uint32_t is_barred : 1;                   /* taken off: also an open tracker refuses it */
    uint32_t is_begun : 1;                    /* counts as a swarm */
    uint32_t is_changed : 1;                  /* since the last tally */
    uint32_t is_seeding : 1;                  /* the lone peer */
    uint32_t completed : SLOT_COMPLETED_BITS; /* a crowd keeps its own count */
    union {
        struct {
            uint8_t compact[COMPACT_V4_BYTES];
            PeerState state;
        } lone;
        Handle block;
    };
} SwarmSlot;
static_assert(sizeof(SwarmSlot) == 32, "two slots to a cache line");

typedef struct {
    SwarmSlot *slots;
    uint32_t room, count;
    uint32_t changed; /* slots */
    uint32_t number;
    uint32_t tick_s; /* in which its peers tell their age */
} SwarmSegment;

static inline uint64_t swarm_order(const ScatterKey *key, const SwarmHash *hash) {
    return scatter(key, hash->bytes, sizeof hash->bytes);
}
static inline const SwarmSlot *swarm_segment_home(const SwarmSegment *segment, uint64_t order) {
    return &segment->slots[scatter_range((uint32_t)order, segment->room)];
}

SwarmSlot *swarm_segment_find(const SwarmSegment *segment, uint64_t order, const SwarmHash *hash);
/* The hash must not be there yet; moves slots. NULL when memory is out. */
SwarmSlot *swarm_segment_add(SwarmSegment *segment, const ScatterKey *key, const SwarmHash *hash);
/* Moves slots: another may stand there then. */
void swarm_segment_remove(SwarmSegment *segment, const ScatterKey *key, SwarmSlot *slot);
/* After removals: gives back what is not needed. */
void swarm_segment_shrink(SwarmSegment *segment, const ScatterKey *key);
void swarm_segment_close(SwarmSegment *segment);
