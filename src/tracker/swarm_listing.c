#include "tracker/swarm_partition.h"

enum { BUCKETS_AT_ONCE = 256 }; /* of each table: some tenths of a millisecond */

/* The slot of that name, emptied of whatever it held but a swarm of its own if `keeps_swarm`. */
static SwarmSlot *slot_for(Swarms *swarms, SwarmPath path, const SwarmHash *hash,
                           bool keeps_swarm) {
    SwarmSlot *slot = swarm_find_slot(path, hash);
    if (!slot) return swarm_add_slot(swarms, path, hash);
    if (keeps_swarm && slot->kind != SLOT_ALIAS) return slot;
    slot->is_listed = true; /* so that the slot stays */
    swarm_drop(swarms, path, slot);
    return slot;
}

static bool list_swarm(Swarms *swarms, const SwarmHash *hash) {
    SwarmPath path = swarm_path(swarms, hash);
    swarm_partition_enter(path.partition);
    SwarmSlot *slot = slot_for(swarms, path, hash, true);
    if (slot) {
        slot->is_listed = true;
        slot->is_barred = false;
        if (slot->is_begun) swarm_mark_changed(path.segment, slot);
    }
    swarm_partition_leave(path.partition);
    return slot != NULL;
}

static bool list_alias(Swarms *swarms, const SwarmHash *hash, const SwarmHash *target) {
    SwarmPath path = swarm_path(swarms, hash);
    swarm_partition_enter(path.partition);
    Slab *slab = &path.partition->home.slab;
    Handle cell = slab_alloc(slab, sizeof *target);
    SwarmSlot *slot = cell ? slot_for(swarms, path, hash, false) : NULL;
    if (slot) {
        memcpy(slab_at(slab, cell), target, sizeof *target);
        slot->kind = SLOT_ALIAS;
        slot->block = cell;
        slot->is_listed = true;
        slot->is_barred = false;
    } else if (cell) {
        slab_release(slab, cell);
    }
    swarm_partition_leave(path.partition);
    return slot != NULL;
}

bool swarms_list(Swarms *swarms, const InfoHash *hash) {
    GateNames names = gate_names(hash);
    bool done = names.count > 0 && list_swarm(swarms, &names.hashes[0]);
    for (size_t i = 1; i < names.count; i++)
        if (memcmp(&names.hashes[i], &names.hashes[0], sizeof names.hashes[0]) != 0)
            done = list_alias(swarms, &names.hashes[i], &names.hashes[0]) && done;
    return done;
}

/* False when there is little left. */
static bool shed_some(Swarms *swarms, SwarmPath path, SwarmSlot *slot) {
    PeerHome *home = &path.partition->home;
    if (slot->kind != SLOT_MANY) return false;
    SwarmCrowd *crowd = swarm_crowd(home, slot);
    SwarmCounts before = swarm_counts(home, slot);
    uint64_t peers = 0, buckets = 0;
    for (unsigned section = 0; section < PEER_SECTIONS; section++) {
        PeerTable *table = &crowd->tables[section];
        PeerTableShed shed = peer_table_shed(home, table, section, BUCKETS_AT_ONCE);
        crowd->partial_seeds -= shed.partial_seeds;
        peers += shed.peers;
        buckets += table->buckets;
    }
    swarm_release(&swarms->peer_count, peers);
    SwarmCounts after = swarm_counts(home, slot);
    swarm_account(path, slot, &before, &after);
    return buckets > PEER_SECTIONS;
}

/* Where strangers are let in the slot stays, to say that this one is not. Whoever announces now is
 * refused, so a crowd goes in pieces: other swarms need not wait for all of it. When it is listed
 * again meanwhile, the rest stays. */
static void unlist_name(Swarms *swarms, const SwarmHash *hash, bool is_barred) {
    SwarmPath path = swarm_path(swarms, hash);
    swarm_partition_enter(path.partition);
    SwarmSlot *slot = swarm_find_slot(path, hash);
    if (!slot && is_barred) slot = swarm_add_slot(swarms, path, hash);
    if (slot) {
        slot->is_listed = false;
        slot->is_barred = is_barred;
    }
    while (slot && !slot->is_listed && shed_some(swarms, path, slot)) {
        swarm_partition_yield(path.partition);
        slot = swarm_find_slot(path, hash);
    }
    if (slot && !slot->is_listed) swarm_drop(swarms, path, slot);
    swarm_partition_leave(path.partition);
}

void swarms_unlist(Swarms *swarms, const InfoHash *hash) {
    GateNames names = gate_names(hash);
    bool is_open = gate_is_open(swarms->gate);
    for (size_t i = 0; i < names.count; i++) unlist_name(swarms, &names.hashes[i], is_open);
}
