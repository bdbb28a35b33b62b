/* peer_block.h — some peers of one swarm, packed: an answer is one copy out of it.
 * Four counts, then the compact endpoints clients read (BEP 23: 6 bytes; BEP 7: 18) by section —
 * IPv4 seeders, IPv4 leechers, IPv6 seeders, IPv6 leechers — then a byte of state for each in the
 * same order. No gaps, so its length follows from the counts. Its memory is a block of a Slab; it
 * moves when it grows. A swarm of a few peers is one of these, a larger one a table of them.
 * Not locked; time is an argument, in ticks. */
#pragma once
#include "tracker/announce.h"
#include "tracker/scatter.h"
#include "tracker/slab.h"

typedef enum { ROLE_SEEDER, ROLE_LEECHER, ROLE_COUNT } Role;

enum {
    PEER_SECTIONS = FAMILY_COUNT * ROLE_COUNT, /* family * 2 + role */
    PEER_SECTION_MAX = 255,
    PEER_BLOCK_HEAD_BYTES = PEER_SECTIONS,
    PEER_BLOCK_BYTES_MAX = PEER_BLOCK_HEAD_BYTES + PEER_SECTION_MAX * (COMPACT_V6_BYTES + 1),
    PEER_TICKS = 64,        /* then the count starts anew */
    PEER_TICKS_EXPIRY = 32, /* about as many make an expiry time */
    PEER_IS_PARTIAL = 64,
    PEER_HAS_COMPLETED = 128,
};
/* When last heard of, in ticks (6 bits), and flags. */
typedef uint8_t PeerState;

typedef struct {
    ScatterKey key;
    bool together; /* place by address (IPv6: by /64), not by address and port */
} PeerOrder;

/* An endpoint as blocks and tables know it. */
typedef struct {
    Family family;
    uint8_t compact[COMPACT_V6_BYTES];
    uint64_t order;
} PeerName;

/* What all peers of one partition have in common. */
typedef struct {
    Slab slab;
    const PeerOrder *order;
} PeerHome;

static inline size_t compact_bytes(Family family) {
    return family == FAMILY_V4 ? COMPACT_V4_BYTES : COMPACT_V6_BYTES;
}
static inline unsigned peer_section(Family family, Role role) {
    return (unsigned)family * ROLE_COUNT + role;
}

/* In the header, as are the lengths as numbers: they are asked for each announce. */
static inline uint64_t peer_order(const PeerOrder *order, Family family, const uint8_t *compact) {
    const ScatterKey *key = &order->key;
    if (family == FAMILY_V4)
        return order->together ? scatter(key, compact, 4) : scatter(key, compact, COMPACT_V4_BYTES);
    return order->together ? scatter(key, compact, 8) : scatter(key, compact, COMPACT_V6_BYTES);
}

static inline PeerName peer_name(const PeerOrder *order, Endpoint endpoint) {
    PeerName name = {.family = endpoint_family(endpoint)};
    uint16_t port = htons(endpoint.port);
    if (name.family == FAMILY_V4) {
        memcpy(name.compact, endpoint.ip.bytes + 12, 4);
        memcpy(name.compact + 4, &port, sizeof port);
    } else {
        memcpy(name.compact, endpoint.ip.bytes, 16);
        memcpy(name.compact + 16, &port, sizeof port);
    }
    name.order = peer_order(order, name.family, name.compact);
    return name;
}
Endpoint peer_endpoint(Family family, const uint8_t *compact);
static inline unsigned peer_age_ticks(PeerState state, unsigned tick) {
    return (tick - state) & (PEER_TICKS - 1);
}

static inline size_t peer_block_count(const uint8_t counts[PEER_SECTIONS]) {
    return (size_t)counts[0] + counts[1] + counts[2] + counts[3];
}
/* Where the states begin, and with them added, how long it is. */
static inline size_t peer_block_states_at(const uint8_t counts[PEER_SECTIONS]) {
    return PEER_BLOCK_HEAD_BYTES + ((size_t)counts[0] + counts[1]) * COMPACT_V4_BYTES +
           ((size_t)counts[2] + counts[3]) * COMPACT_V6_BYTES;
}
static inline size_t peer_block_bytes(const uint8_t counts[PEER_SECTIONS]) {
    return peer_block_states_at(counts) + peer_block_count(counts);
}
static inline uint8_t *peer_block_endpoints(uint8_t *block, unsigned section) {
    size_t at = PEER_BLOCK_HEAD_BYTES;
    if (section > 0) at += (size_t)block[0] * COMPACT_V4_BYTES;
    if (section > 1) at += (size_t)block[1] * COMPACT_V4_BYTES;
    if (section > 2) at += (size_t)block[2] * COMPACT_V6_BYTES;
    return block + at;
}
static inline uint8_t *peer_block_states(uint8_t *block, unsigned section) {
    size_t at = peer_block_states_at(block);
    if (section > 0) at += block[0];
    if (section > 1) at += block[1];
    if (section > 2) at += block[2];
    return block + at;
}

/* Where in its family the peer stands, seeders first; or -1. */
int peer_block_find(const uint8_t *block, const PeerName *name);
/* How many ports of that address (IPv6: of that /64) are here. */
unsigned peer_block_count_address(const uint8_t *block, const PeerName *name);
/* 0 stands for a block with nobody in it. False, and nothing changed, when memory is out or the
 * section is full. */
bool peer_block_add(Slab *slab, Handle *block, unsigned section, const uint8_t *compact,
                    PeerState state);
void peer_block_remove(Slab *slab, Handle *block, unsigned section, unsigned index);
/* The peer at that place of its family becomes a leecher, or a seeder; returns the new place. */
unsigned peer_block_turn(uint8_t *block, Family family, unsigned index);
