#include "tracker/peer_table.h"

#include <assert.h>

enum {
    PIECES_MAX = SLAB_BLOCK_BYTES_MAX / sizeof(Handle),
    BUCKETS_MAX = PIECES_MAX * PEER_TABLE_PIECE,
    PIECE_BYTES = PEER_TABLE_PIECE * sizeof(Handle),
};

/* Peers a bucket, when it is time to split one. An answer is then one or two runs; and a bucket
 * that waits for its turn, twice as full and with all ports of its addresses, is still far from
 * full. */
static uint64_t load_of(unsigned section) { return section / ROLE_COUNT == FAMILY_V4 ? 40 : 14; }

static uint32_t half_of(uint32_t bucket) { return 1u << (31 - __builtin_clz(bucket)); }

/* --- the directory --- */

/* Makes room for `bytes` in a block that holds `used`. */
static bool widen(Slab *slab, Handle *block, size_t used, size_t bytes) {
    if (*block && slab_room(slab, *block) >= bytes) return true;
    Handle wider = slab_alloc(slab, bytes);
    if (!wider) return false;
    if (*block) {
        memcpy(slab_at(slab, wider), slab_at(slab, *block), used);
        slab_release(slab, *block);
    }
    *block = wider;
    return true;
}

static void narrow(Slab *slab, Handle *block, size_t bytes) {
    if (slab_fits_tightly(slab, *block, bytes)) return;
    Handle tight = slab_alloc(slab, bytes);
    if (!tight) return;
    memcpy(slab_at(slab, tight), slab_at(slab, *block), bytes);
    slab_release(slab, *block);
    *block = tight;
}

static bool begin_piece(Slab *slab, PeerTable *table) {
    uint32_t pieces = table->buckets / PEER_TABLE_PIECE;
    Handle piece = slab_alloc(slab, PIECE_BYTES), top = table->directory;
    if (!piece) return false;
    if (pieces == 1) {
        /* Until now the directory was its only piece. */
        top = slab_alloc(slab, 2 * sizeof(Handle));
        if (top) memcpy(slab_at(slab, top), &table->directory, sizeof(Handle));
    } else if (!widen(slab, &top, pieces * sizeof(Handle), (pieces + 1) * sizeof(Handle))) {
        top = 0;
    }
    if (!top) {
        slab_release(slab, piece);
        return false;
    }
    ((Handle *)slab_at(slab, top))[pieces] = piece;
    table->directory = top;
    return true;
}

static bool append_bucket(Slab *slab, PeerTable *table) {
    uint32_t buckets = table->buckets;
    if (buckets == BUCKETS_MAX) return false;
    if (buckets < PEER_TABLE_PIECE) {
        if (!widen(slab, &table->directory, buckets * sizeof(Handle),
                   (buckets + 1) * sizeof(Handle)))
            return false;
    } else if (buckets % PEER_TABLE_PIECE == 0 && !begin_piece(slab, table)) {
        return false;
    }
    table->buckets++;
    *peer_table_block(slab, table, buckets) = 0;
    return true;
}

static void drop_last_bucket(Slab *slab, PeerTable *table) {
    uint32_t buckets = table->buckets - 1, pieces = buckets / PEER_TABLE_PIECE;
    if (buckets >= PEER_TABLE_PIECE && buckets % PEER_TABLE_PIECE == 0) {
        Handle *top = slab_at(slab, table->directory);
        slab_release(slab, top[pieces]);
        if (pieces == 1) {
            Handle only = top[0];
            slab_release(slab, table->directory);
            table->directory = only;
        } else {
            narrow(slab, &table->directory, pieces * sizeof(Handle));
        }
    } else if (buckets < PEER_TABLE_PIECE) {
        narrow(slab, &table->directory, buckets * sizeof(Handle));
    }
    table->buckets = buckets;
}

/* --- splitting and joining --- */

/* Copies those peers of one section whose turn it is; returns how many. */
typedef struct {
    uint8_t *from, *to;
    unsigned section;
} Copying;

static void copy_chosen(const Copying *copying, const bool *chosen, bool which) {
    unsigned section = copying->section;
    size_t stride = compact_bytes((Family)(section / ROLE_COUNT)), at = 0;
    const uint8_t *endpoints = peer_block_endpoints(copying->from, section);
    const uint8_t *states = peer_block_states(copying->from, section);
    uint8_t *new_endpoints = peer_block_endpoints(copying->to, section);
    uint8_t *new_states = peer_block_states(copying->to, section);
    for (size_t i = 0; i < copying->from[section]; i++) {
        if (chosen[i] != which) continue;
        memcpy(new_endpoints + at * stride, endpoints + i * stride, stride);
        new_states[at++] = states[i];
    }
}

/* A block for so many peers of one section, the counts already in place. */
static Handle open_block(Slab *slab, unsigned section, size_t count) {
    uint8_t counts[PEER_SECTIONS] = {0};
    counts[section] = (uint8_t)count;
    Handle block = slab_alloc(slab, peer_block_bytes(counts));
    if (block) memcpy(slab_at(slab, block), counts, sizeof counts);
    return block;
}

static bool split_block(PeerHome *home, unsigned section, Handle pair[2], uint32_t bit) {
    bool moves[PEER_SECTION_MAX];
    Family family = (Family)(section / ROLE_COUNT);
    uint8_t *old = slab_at(&home->slab, pair[0]);
    size_t count = old[section], moving = 0;
    const uint8_t *endpoints = peer_block_endpoints(old, section);
    for (size_t i = 0; i < count; i++, endpoints += compact_bytes(family))
        moving += moves[i] = (peer_order(home->order, family, endpoints) & bit) != 0;
    if (moving == 0) return true;
    if (moving == count) {
        pair[1] = pair[0];
        pair[0] = 0;
        return true;
    }
    Handle stays = open_block(&home->slab, section, count - moving);
    Handle leaves = open_block(&home->slab, section, moving);
    if (!stays || !leaves) {
        if (stays) slab_release(&home->slab, stays);
        if (leaves) slab_release(&home->slab, leaves);
        return false;
    }
    copy_chosen(&(Copying){old, slab_at(&home->slab, stays), section}, moves, false);
    copy_chosen(&(Copying){old, slab_at(&home->slab, leaves), section}, moves, true);
    slab_release(&home->slab, pair[0]);
    pair[0] = stays;
    pair[1] = leaves;
    return true;
}

/* Without memory the buckets just stay fuller. */
static void split_one(PeerHome *home, PeerTable *table, unsigned section) {
    uint32_t last = table->buckets;
    if (!append_bucket(&home->slab, table)) return;
    uint32_t half = half_of(last);
    Handle pair[2] = {*peer_table_block(&home->slab, table, last - half), 0};
    if (pair[0] && !split_block(home, section, pair, half)) {
        drop_last_bucket(&home->slab, table);
        return;
    }
    *peer_table_block(&home->slab, table, last - half) = pair[0];
    *peer_table_block(&home->slab, table, last) = pair[1];
}

static Handle join_blocks(Slab *slab, unsigned section, Handle a, Handle b) {
    static const bool all[PEER_SECTION_MAX];
    uint8_t *first = slab_at(slab, a), *second = slab_at(slab, b);
    size_t count = (size_t)first[section] + second[section];
    if (count > PEER_SECTION_MAX) return 0;
    Handle joined = open_block(slab, section, count);
    if (!joined) return 0;
    uint8_t *whole = slab_at(slab, joined);
    size_t stride = compact_bytes((Family)(section / ROLE_COUNT));
    copy_chosen(&(Copying){first, whole, section}, all, false);
    memcpy(peer_block_endpoints(whole, section) + first[section] * stride,
           peer_block_endpoints(second, section), second[section] * stride);
    memcpy(peer_block_states(whole, section) + first[section], peer_block_states(second, section),
           second[section]);
    slab_release(slab, a);
    slab_release(slab, b);
    return joined;
}

static void join_one(PeerHome *home, PeerTable *table, unsigned section) {
    uint32_t last = table->buckets - 1, into = last - half_of(last);
    Handle a = *peer_table_block(&home->slab, table, into);
    Handle b = *peer_table_block(&home->slab, table, last);
    Handle joined = a && b ? join_blocks(&home->slab, section, a, b) : a + b;
    if (a && b && !joined) return;
    *peer_table_block(&home->slab, table, into) = joined;
    drop_last_bucket(&home->slab, table);
}

/* --- peers --- */

bool peer_table_add(PeerHome *home, PeerTable *table, unsigned section, const PeerName *name,
                    PeerState state) {
    if (table->buckets == 0 && !append_bucket(&home->slab, table)) return false;
    uint32_t bucket = peer_table_bucket(table, name->order);
    Handle block = *peer_table_block(&home->slab, table, bucket);
    if (!peer_block_add(&home->slab, &block, section, name->compact, state)) {
        if (table->count == 0) peer_table_close(home, table);
        return false;
    }
    *peer_table_block(&home->slab, table, bucket) = block;
    table->count++;
    if (table->count > table->buckets * load_of(section)) split_one(home, table, section);
    return true;
}

void peer_table_remove(PeerHome *home, PeerTable *table, unsigned section, PeerSpot spot) {
    Handle block = *peer_table_block(&home->slab, table, spot.bucket);
    peer_block_remove(&home->slab, &block, section, spot.index);
    *peer_table_block(&home->slab, table, spot.bucket) = block;
    peer_table_note_removed(home, table, section, 1);
}

static bool is_too_empty(const PeerTable *table, unsigned section) {
    return table->buckets > 1 && table->count * 8ULL < table->buckets * load_of(section) * 5;
}

void peer_table_note_removed(PeerHome *home, PeerTable *table, unsigned section, uint32_t removed) {
    table->count -= removed;
    if (table->count == 0) {
        peer_table_close(home, table);
        return;
    }
    for (; removed > 0 && is_too_empty(table, section); removed--) join_one(home, table, section);
}

PeerTableShed peer_table_shed(PeerHome *home, PeerTable *table, unsigned section, size_t buckets) {
    PeerTableShed shed = {0};
    for (; buckets > 0 && table->buckets > 1; buckets--) {
        Handle block = *peer_table_block(&home->slab, table, table->buckets - 1);
        if (block) {
            uint8_t *bytes = slab_at(&home->slab, block);
            const PeerState *states = peer_block_states(bytes, section);
            for (size_t i = 0; i < bytes[section]; i++)
                shed.partial_seeds += (states[i] & PEER_IS_PARTIAL) != 0;
            shed.peers += bytes[section];
            slab_release(&home->slab, block);
        }
        drop_last_bucket(&home->slab, table);
    }
    table->count -= shed.peers;
    return shed;
}

void peer_table_close(PeerHome *home, PeerTable *table) {
    for (uint32_t i = 0; i < table->buckets; i++) {
        Handle block = *peer_table_block(&home->slab, table, i);
        if (block) slab_release(&home->slab, block);
    }
    while (table->buckets > 1) drop_last_bucket(&home->slab, table);
    if (table->directory) slab_release(&home->slab, table->directory);
    *table = (PeerTable){0};
}
