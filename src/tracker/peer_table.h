/* peer_table.h — the peers of one role and family in a large swarm: as many blocks as it takes.
 * Linear hashing: a peer's block follows from its order, and one block at a time is split or joined
 * as peers come and go, so that no announce waits for a swarm to be moved, however large it is. A
 * run of neighbours is a random sample. With `together` all ports of one address stand in one
 * block. Memory is of a PeerHome. Not locked. */
#pragma once
#include "tracker/peer_block.h"

typedef struct {
    uint32_t count, buckets;
    Handle directory; /* the handles of the buckets, or of pieces of 1024 of them */
} PeerTable;

enum { PEER_TABLE_PIECE = 1024 };

static inline uint32_t peer_table_bucket(const PeerTable *table, uint64_t order) {
    uint32_t half = 1u << (31 - __builtin_clz(table->buckets)); /* half <= buckets < 2 half */
    uint32_t bucket = (uint32_t)order & (2 * half - 1);
    return bucket < table->buckets ? bucket : bucket - half;
}
/* Where the handle of a bucket is kept; until the next peer is added or removed. */
static inline Handle *peer_table_block(const Slab *slab, const PeerTable *table, uint32_t bucket) {
    Handle *directory = slab_at(slab, table->directory);
    if (table->buckets <= PEER_TABLE_PIECE) return &directory[bucket];
    Handle *piece = slab_at(slab, directory[bucket / PEER_TABLE_PIECE]);
    return &piece[bucket % PEER_TABLE_PIECE];
}

bool peer_table_add(PeerHome *home, PeerTable *table, unsigned section, const PeerName *name,
                    PeerState state);

/* One peer of a table. */
typedef struct {
    uint32_t bucket;
    unsigned index;
} PeerSpot;
void peer_table_remove(PeerHome *home, PeerTable *table, unsigned section, PeerSpot spot);
/* So many were taken out of their blocks by the caller: brings count and buckets in line. */
void peer_table_note_removed(PeerHome *home, PeerTable *table, unsigned section, uint32_t removed);
/* Lets the last buckets go with all who are in them, but for the first one; returns who that was.
 * For a table nobody adds to any more. */
typedef struct {
    uint32_t peers, partial_seeds;
} PeerTableShed;
PeerTableShed peer_table_shed(PeerHome *home, PeerTable *table, unsigned section, size_t buckets);
void peer_table_close(PeerHome *home, PeerTable *table);
