#include "tracker/swarm_peers.h"

#include <assert.h>

enum {
    FEW_BYTES_MAX = 340, /* 48 IPv4 peers: more than a look at all of them should read */
    FEW_BYTES_AGAIN = 180,
};

static Role role_of_lone(const SwarmSlot *slot) {
    return slot->is_seeding ? ROLE_SEEDER : ROLE_LEECHER;
}

static uint8_t *block_of(const PeerHome *home, const SwarmSlot *slot) {
    return slab_at(&home->slab, slot->block);
}

static uint8_t *bucket_of(const PeerHome *home, const PeerTable *table, uint32_t bucket) {
    Handle block = *peer_table_block(&home->slab, table, bucket);
    return block ? slab_at(&home->slab, block) : NULL;
}

uint32_t swarm_peers_count(const PeerHome *home, const SwarmSlot *slot, Family family, Role role) {
    unsigned section = peer_section(family, role);
    switch ((SlotKind)slot->kind) {
        case SLOT_LONE: return family == FAMILY_V4 && role == role_of_lone(slot);
        case SLOT_FEW: return block_of(home, slot)[section];
        case SLOT_MANY: return swarm_crowd(home, slot)->tables[section].count;
        default: return 0;
    }
}

static uint32_t count_partial_seeds(const PeerHome *home, const SwarmSlot *slot) {
    if (slot->kind == SLOT_LONE) return (slot->lone.state & PEER_IS_PARTIAL) != 0;
    if (slot->kind == SLOT_MANY) return swarm_crowd(home, slot)->partial_seeds;
    if (slot->kind != SLOT_FEW) return 0;
    uint32_t count = 0;
    uint8_t *block = block_of(home, slot);
    const PeerState *states = peer_block_states(block, 0);
    for (size_t i = 0; i < peer_block_count(block); i++)
        count += (states[i] & PEER_IS_PARTIAL) != 0;
    return count;
}

uint64_t swarm_peers_completed(const PeerHome *home, const SwarmSlot *slot) {
    return slot->kind == SLOT_MANY ? swarm_crowd(home, slot)->completed : slot->completed;
}

SwarmState swarm_peers_state(const PeerHome *home, const SwarmSlot *slot) {
    SwarmState state = {
        .seeders_v6 = swarm_peers_count(home, slot, FAMILY_V6, ROLE_SEEDER),
        .leechers_v6 = swarm_peers_count(home, slot, FAMILY_V6, ROLE_LEECHER),
        .partial_seeds = count_partial_seeds(home, slot),
        .completed = swarm_peers_completed(home, slot),
    };
    if (slot->kind == SLOT_MANY) {
        state.seeders_web = swarm_crowd(home, slot)->web[ROLE_SEEDER];
        state.leechers_web = swarm_crowd(home, slot)->web[ROLE_LEECHER];
    }
    state.seeders = swarm_peers_count(home, slot, FAMILY_V4, ROLE_SEEDER) + state.seeders_v6 +
                    state.seeders_web;
    state.leechers = swarm_peers_count(home, slot, FAMILY_V4, ROLE_LEECHER) + state.leechers_v6 +
                     state.leechers_web;
    return state;
}

static unsigned count_in_crowd(const PeerHome *home, const SwarmCrowd *crowd,
                               const PeerName *name) {
    unsigned count = 0;
    for (Role role = ROLE_SEEDER; role < ROLE_COUNT; role++) {
        const PeerTable *table = &crowd->tables[peer_section(name->family, role)];
        if (table->buckets == 0) continue;
        const uint8_t *block = bucket_of(home, table, peer_table_bucket(table, name->order));
        if (block) count += peer_block_count_address(block, name);
    }
    return count;
}

unsigned swarm_peers_count_address(const PeerHome *home, const SwarmSlot *slot,
                                   const PeerName *name) {
    switch ((SlotKind)slot->kind) {
        case SLOT_LONE:
            return name->family == FAMILY_V4 && memcmp(slot->lone.compact, name->compact, 4) == 0;
        case SLOT_FEW: return peer_block_count_address(block_of(home, slot), name);
        case SLOT_MANY: return count_in_crowd(home, swarm_crowd(home, slot), name);
        default: return 0;
    }
}

/* --- finding --- */

static PeerPlace find_in_block(uint8_t *block, const PeerName *name) {
    int index = peer_block_find(block, name);
    if (index < 0) return (PeerPlace){0};
    unsigned seeders = peer_section(name->family, ROLE_SEEDER);
    return (PeerPlace){.is_there = true,
                       .role = index < block[seeders] ? ROLE_SEEDER : ROLE_LEECHER,
                       .state = peer_block_states(block, seeders)[index],
                       .spot.index = (unsigned)index};
}

static PeerPlace find_in_table(const PeerHome *home, const PeerTable *table, const PeerName *name) {
    if (table->buckets == 0) return (PeerPlace){0};
    uint32_t bucket = peer_table_bucket(table, name->order);
    uint8_t *block = bucket_of(home, table, bucket);
    if (!block) return (PeerPlace){0};
    PeerPlace place = find_in_block(block, name);
    place.spot.bucket = bucket;
    return place;
}

PeerPlace swarm_peers_find(const PeerHome *home, const SwarmSlot *slot, const PeerName *name,
                           Role role) {
    if (slot->kind == SLOT_FEW) return find_in_block(block_of(home, slot), name);
    if (slot->kind == SLOT_MANY) {
        const PeerTable *tables = swarm_crowd(home, slot)->tables;
        PeerPlace place = find_in_table(home, &tables[peer_section(name->family, role)], name);
        if (place.is_there) return place;
        Role other = role == ROLE_SEEDER ? ROLE_LEECHER : ROLE_SEEDER;
        return find_in_table(home, &tables[peer_section(name->family, other)], name);
    }
    if (slot->kind == SLOT_LONE && name->family == FAMILY_V4 &&
        memcmp(slot->lone.compact, name->compact, COMPACT_V4_BYTES) == 0)
        return (PeerPlace){.is_there = true, .role = role_of_lone(slot), .state = slot->lone.state};
    return (PeerPlace){0};
}

/* --- shapes --- */

static bool make_few(PeerHome *home, SwarmSlot *slot) {
    Handle block = 0;
    if (slot->kind == SLOT_LONE &&
        !peer_block_add(&home->slab, &block, peer_section(FAMILY_V4, role_of_lone(slot)),
                        slot->lone.compact, slot->lone.state))
        return false;
    slot->kind = SLOT_FEW;
    slot->block = block;
    return true;
}

static void close_tables(PeerHome *home, SwarmCrowd *crowd) {
    for (unsigned i = 0; i < PEER_SECTIONS; i++) peer_table_close(home, &crowd->tables[i]);
}

static bool add_to_crowd(PeerHome *home, SwarmCrowd *crowd, const uint8_t *block,
                         unsigned section) {
    Family family = (Family)(section / ROLE_COUNT);
    const uint8_t *endpoints = peer_block_endpoints((uint8_t *)block, section);
    const PeerState *states = peer_block_states((uint8_t *)block, section);
    for (size_t i = 0; i < block[section]; i++) {
        PeerName name = {.family = family};
        memcpy(name.compact, endpoints + i * compact_bytes(family), compact_bytes(family));
        name.order = peer_order(home->order, family, name.compact);
        if (!peer_table_add(home, &crowd->tables[section], section, &name, states[i])) return false;
        crowd->partial_seeds += (states[i] & PEER_IS_PARTIAL) != 0;
    }
    return true;
}

static bool make_crowd(PeerHome *home, SwarmSlot *slot) {
    if (slot->kind == SLOT_MANY) return true;
    if (slot->kind == SLOT_LONE && !make_few(home, slot)) return false;
    Handle handle = slab_alloc(&home->slab, sizeof(SwarmCrowd));
    if (!handle) return false;
    SwarmCrowd *crowd = slab_at(&home->slab, handle);
    *crowd = (SwarmCrowd){.completed = slot->completed};
    if (slot->kind == SLOT_FEW) {
        for (unsigned section = 0; section < PEER_SECTIONS; section++) {
            if (add_to_crowd(home, crowd, block_of(home, slot), section)) continue;
            close_tables(home, crowd);
            slab_release(&home->slab, handle);
            return false;
        }
        slab_release(&home->slab, slot->block);
    }
    slot->kind = SLOT_MANY;
    slot->block = handle;
    return true;
}

static bool add_all(PeerHome *home, Handle *block, const PeerTable *table, unsigned section) {
    size_t stride = compact_bytes((Family)(section / ROLE_COUNT));
    for (uint32_t bucket = 0; bucket < table->buckets; bucket++) {
        uint8_t *from = bucket_of(home, table, bucket);
        for (size_t i = 0; from && i < from[section]; i++)
            if (!peer_block_add(&home->slab, block, section,
                                peer_block_endpoints(from, section) + i * stride,
                                peer_block_states(from, section)[i]))
                return false;
    }
    return true;
}

static bool needs_crowd(const SwarmCrowd *crowd) {
    size_t bytes = 0;
    for (unsigned i = 0; i < PEER_SECTIONS; i++)
        bytes += (size_t)crowd->tables[i].count * (compact_bytes((Family)(i / ROLE_COUNT)) + 1);
    return bytes > FEW_BYTES_AGAIN || crowd->web[ROLE_SEEDER] || crowd->web[ROLE_LEECHER] ||
           crowd->completed > SLOT_COMPLETED_MAX;
}

static void leave_crowd(PeerHome *home, SwarmSlot *slot) {
    Handle block = 0;
    SwarmCrowd *crowd = swarm_crowd(home, slot);
    for (unsigned section = 0; section < PEER_SECTIONS; section++)
        if (!add_all(home, &block, &crowd->tables[section], section)) {
            if (block) slab_release(&home->slab, block);
            return;
        }
    slot->completed = (uint32_t)crowd->completed & SLOT_COMPLETED_MAX;
    close_tables(home, crowd);
    slab_release(&home->slab, slot->block);
    slot->kind = SLOT_FEW;
    slot->block = block;
}

static void leave_few(PeerHome *home, SwarmSlot *slot) {
    if (slot->block == 0) {
        slot->kind = SLOT_NOBODY;
        return;
    }
    uint8_t *block = block_of(home, slot);
    unsigned seeders = block[peer_section(FAMILY_V4, ROLE_SEEDER)];
    unsigned leechers = block[peer_section(FAMILY_V4, ROLE_LEECHER)];
    if (seeders + leechers != 1 || peer_block_count(block) != 1) return;
    Handle old = slot->block;
    memcpy(slot->lone.compact, peer_block_endpoints(block, 0), COMPACT_V4_BYTES);
    slot->lone.state = peer_block_states(block, 0)[0];
    slot->is_seeding = seeders == 1;
    slot->kind = SLOT_LONE;
    slab_release(&home->slab, old);
}

void swarm_peers_settle(PeerHome *home, SwarmSlot *slot) {
    if (slot->kind == SLOT_MANY && !needs_crowd(swarm_crowd(home, slot))) leave_crowd(home, slot);
    if (slot->kind == SLOT_FEW) leave_few(home, slot);
}

void swarm_peers_close(PeerHome *home, SwarmSlot *slot) {
    if (slot->kind == SLOT_MANY) close_tables(home, swarm_crowd(home, slot));
    if (slot->kind == SLOT_MANY || slot->kind == SLOT_FEW || slot->kind == SLOT_ALIAS)
        slab_release(&home->slab, slot->block);
    slot->kind = SLOT_NOBODY;
    slot->completed = 0;
}

/* --- changing --- */

static void count_partial(SwarmCrowd *crowd, PeerState old, PeerState new) {
    crowd->partial_seeds += (new &PEER_IS_PARTIAL) != 0;
    crowd->partial_seeds -= (old & PEER_IS_PARTIAL) != 0;
}

static bool add_to_few(PeerHome *home, SwarmSlot *slot, const PeerName *name,
                       const PeerPlace *place) {
    bool was_nobody = slot->kind == SLOT_NOBODY;
    if (slot->kind != SLOT_FEW && !make_few(home, slot)) return false;
    unsigned section = peer_section(name->family, place->role);
    if (peer_block_add(&home->slab, &slot->block, section, name->compact, place->state))
        return true;
    if (was_nobody) slot->kind = SLOT_NOBODY;
    return false;
}

static bool is_too_many(const PeerHome *home, const SwarmSlot *slot, Family family) {
    return slot->kind == SLOT_FEW &&
           peer_block_bytes(block_of(home, slot)) + compact_bytes(family) + 1 > FEW_BYTES_MAX;
}

bool swarm_peers_add(PeerHome *home, SwarmSlot *slot, const PeerName *name, PeerPlace *place) {
    if (is_too_many(home, slot, name->family) && !make_crowd(home, slot)) return false;
    if (slot->kind == SLOT_NOBODY && name->family == FAMILY_V4) {
        memcpy(slot->lone.compact, name->compact, COMPACT_V4_BYTES);
        slot->lone.state = place->state;
        slot->is_seeding = place->role == ROLE_SEEDER;
        slot->kind = SLOT_LONE;
    } else if (slot->kind == SLOT_MANY) {
        unsigned section = peer_section(name->family, place->role);
        SwarmCrowd *crowd = swarm_crowd(home, slot);
        if (!peer_table_add(home, &crowd->tables[section], section, name, place->state))
            return false;
        count_partial(crowd, 0, place->state);
    } else if (!add_to_few(home, slot, name, place)) {
        return false;
    }
    *place = swarm_peers_find(home, slot, name, place->role);
    return true;
}

static bool change_in_crowd(PeerHome *home, SwarmCrowd *crowd, const PeerName *name,
                            const PeerPlace *place, const PeerPlace *wanted) {
    unsigned from = peer_section(name->family, place->role);
    unsigned to = peer_section(name->family, wanted->role);
    if (from != to) {
        if (!peer_table_add(home, &crowd->tables[to], to, name, wanted->state)) return false;
        peer_table_remove(home, &crowd->tables[from], from, place->spot);
    } else {
        uint8_t *block = bucket_of(home, &crowd->tables[to], place->spot.bucket);
        peer_block_states(block, to)[place->spot.index] = wanted->state;
    }
    count_partial(crowd, place->state, wanted->state);
    return true;
}

bool swarm_peers_change(PeerHome *home, SwarmSlot *slot, const PeerName *name, PeerPlace *place,
                        const PeerPlace *wanted) {
    bool turns = place->role != wanted->role;
    if (!turns && place->state == wanted->state) return true; /* back within the same tick */
    if (slot->kind == SLOT_MANY) {
        if (!change_in_crowd(home, swarm_crowd(home, slot), name, place, wanted)) return false;
        if (turns) *place = swarm_peers_find(home, slot, name, wanted->role);
    } else if (slot->kind == SLOT_FEW) {
        uint8_t *block = block_of(home, slot);
        if (turns) place->spot.index = peer_block_turn(block, name->family, place->spot.index);
        unsigned first = peer_section(name->family, ROLE_SEEDER);
        peer_block_states(block, first)[place->spot.index] = wanted->state;
    } else {
        slot->lone.state = wanted->state;
        slot->is_seeding = wanted->role == ROLE_SEEDER;
    }
    place->role = wanted->role;
    place->state = wanted->state;
    return true;
}

void swarm_peers_remove(PeerHome *home, SwarmSlot *slot, const PeerName *name, PeerPlace *place) {
    unsigned section = peer_section(name->family, place->role), index = place->spot.index;
    if (slot->kind == SLOT_MANY) {
        SwarmCrowd *crowd = swarm_crowd(home, slot);
        peer_table_remove(home, &crowd->tables[section], section, place->spot);
        count_partial(crowd, place->state, 0);
    } else if (slot->kind == SLOT_FEW) {
        if (place->role == ROLE_LEECHER) index -= block_of(home, slot)[section - 1];
        peer_block_remove(&home->slab, &slot->block, section, index);
    } else {
        slot->kind = SLOT_NOBODY;
    }
    swarm_peers_settle(home, slot);
    place->is_there = false;
}

bool swarm_peers_complete(PeerHome *home, SwarmSlot *slot, uint64_t completed) {
    if (completed > SLOT_COMPLETED_MAX && !make_crowd(home, slot)) return false;
    if (slot->kind == SLOT_MANY)
        swarm_crowd(home, slot)->completed = completed;
    else
        slot->completed = (uint32_t)completed & SLOT_COMPLETED_MAX;
    return true;
}

bool swarm_peers_count_web(PeerHome *home, SwarmSlot *slot, const uint32_t web[ROLE_COUNT]) {
    bool has_some = web[ROLE_SEEDER] || web[ROLE_LEECHER];
    if (has_some && !make_crowd(home, slot)) return false;
    if (slot->kind == SLOT_MANY) {
        memcpy(swarm_crowd(home, slot)->web, web, ROLE_COUNT * sizeof web[0]);
        if (!has_some) swarm_peers_settle(home, slot);
    }
    return true;
}

/* --- choosing --- */

/* A sample on its way: what was written, and whom to leave out of the block at hand. */
typedef struct {
    uint8_t *to;
    size_t stride, found, wanted;
} Sample;

static void take_run(Sample *sample, const uint8_t *endpoints, size_t from, size_t to) {
    size_t count = to - from, left = sample->wanted - sample->found;
    if (count > left) count = left;
    memcpy(sample->to + sample->found * sample->stride, endpoints + from * sample->stride,
           count * sample->stride);
    sample->found += count;
}

/* `skip`: who is left out, or SIZE_MAX. */
static void take_all_but(Sample *sample, const uint8_t *endpoints, size_t from, size_t to,
                         size_t skip) {
    if (skip >= from && skip < to) {
        take_run(sample, endpoints, from, skip);
        from = skip + 1;
    }
    take_run(sample, endpoints, from, to);
}

/* As many as are wanted of the `count` endpoints of one block, from any place on, round. */
static void take_block(Sample *sample, const uint8_t *endpoints, size_t count, size_t skip,
                       uint32_t draw) {
    size_t start = 0;
    if (count > sample->wanted - sample->found) start = scatter_range(draw, (uint32_t)count);
    take_all_but(sample, endpoints, start, count, skip);
    if (start > 0) take_all_but(sample, endpoints, 0, start, skip);
}

static bool holds_asker(const PeersAsk *ask) {
    return ask->place->is_there && ask->place->role == ask->role &&
           ask->asker->family == ask->family;
}

static void sample_few(Sample *sample, uint8_t *block, const PeersAsk *ask) {
    unsigned section = peer_section(ask->family, ask->role);
    size_t count = block[section], skip = SIZE_MAX;
    const uint8_t *endpoints = peer_block_endpoints(block, section);
    if (holds_asker(ask))
        skip = ask->place->spot.index - (ask->role == ROLE_LEECHER ? block[section - 1] : 0u);
    take_block(sample, endpoints, count, skip, (uint32_t)ask->draw);
}

static void sample_many(Sample *sample, const PeerHome *home, const PeerTable *table,
                        const PeersAsk *ask) {
    if (table->buckets == 0) return;
    unsigned section = peer_section(ask->family, ask->role);
    uint32_t bucket = scatter_range((uint32_t)(ask->draw >> 32), table->buckets);
    uint32_t own = holds_asker(ask) ? ask->place->spot.bucket : UINT32_MAX;
    for (uint32_t i = 0; i < table->buckets && sample->found < sample->wanted; i++) {
        uint8_t *block = bucket_of(home, table, bucket);
        size_t skip = bucket == own ? ask->place->spot.index : SIZE_MAX;
        if (block)
            take_block(sample, peer_block_endpoints(block, section), block[section], skip,
                       (uint32_t)ask->draw);
        bucket = bucket + 1 == table->buckets ? 0 : bucket + 1;
    }
}

size_t swarm_peers_sample(const PeerHome *home, const SwarmSlot *slot, const PeersAsk *ask,
                          uint8_t *ret_compact) {
    Sample sample = {
        .to = ret_compact, .stride = compact_bytes(ask->family), .wanted = ask->wanted};
    if (ask->wanted == 0) return 0;
    if (slot->kind == SLOT_FEW) {
        sample_few(&sample, block_of(home, slot), ask);
    } else if (slot->kind == SLOT_MANY) {
        const PeerTable *tables = swarm_crowd(home, slot)->tables;
        sample_many(&sample, home, &tables[peer_section(ask->family, ask->role)], ask);
    } else if (swarm_peers_count(home, slot, ask->family, ask->role) > 0 && !holds_asker(ask)) {
        take_run(&sample, slot->lone.compact, 0, 1);
    }
    return sample.found;
}
