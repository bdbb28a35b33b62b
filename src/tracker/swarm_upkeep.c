#include <assert.h>

#include "tracker/swarm_partition.h"

enum {
    BLOCK_COST = 8, /* a slot away from the last one is one look; a block is a miss */
    REMOVAL_COST = 4,
    LOOK_AHEAD = 12, /* slots */
    TICKS_EXPIRY_MIN = 12,
    TICKS_EXPIRY_MAX = 60,
};

size_t swarms_shard_count(const Swarms *swarms) {
    return swarms->partition_count * swarms->segment_count;
}

static SwarmPath path_of_shard(Swarms *swarms, size_t shard) {
    SwarmPartition *partition = &swarms->partitions[shard / swarms->segment_count];
    return (SwarmPath){.partition = partition,
                       .segment = &partition->segments[shard % swarms->segment_count]};
}

/* --- limits --- */

/* An age in other ticks; older than can be said is as old as can be said. */
static PeerState in_other_ticks(PeerState state, const SwarmSegment *segment, uint32_t tick_s,
                                Seconds now) {
    Seconds age_s = (Seconds)peer_age_ticks(state, swarm_tick(segment, now)) * segment->tick_s;
    Seconds age = age_s / tick_s < PEER_TICKS - 1 ? age_s / tick_s : PEER_TICKS - 1;
    unsigned tick = (unsigned)(now / tick_s - age) & (PEER_TICKS - 1);
    return (PeerState)((state & ~(PEER_TICKS - 1u)) | tick);
}

typedef struct {
    const SwarmSegment *segment;
    uint32_t tick_s;
    Seconds now;
} NewTicks;

static void renew_block(const Slab *slab, Handle block, const NewTicks *ticks) {
    if (!block) return;
    uint8_t *bytes = slab_at(slab, block);
    PeerState *states = peer_block_states(bytes, 0);
    for (size_t i = 0; i < peer_block_count(bytes); i++)
        states[i] = in_other_ticks(states[i], ticks->segment, ticks->tick_s, ticks->now);
}

static void renew_slot(const PeerHome *home, SwarmSlot *slot, const NewTicks *ticks) {
    if (slot->kind == SLOT_LONE)
        slot->lone.state =
            in_other_ticks(slot->lone.state, ticks->segment, ticks->tick_s, ticks->now);
    if (slot->kind == SLOT_FEW) renew_block(&home->slab, slot->block, ticks);
    if (slot->kind != SLOT_MANY) return;
    const SwarmCrowd *crowd = swarm_crowd(home, slot);
    for (unsigned i = 0; i < PEER_SECTIONS; i++)
        for (uint32_t bucket = 0; bucket < crowd->tables[i].buckets; bucket++)
            renew_block(&home->slab, *peer_table_block(&home->slab, &crowd->tables[i], bucket),
                        ticks);
}

static void renew_ticks(const SwarmPartition *partition, SwarmSegment *segment, Seconds now) {
    Seconds expiry_s = partition->limits.expiry_s;
    unsigned most = swarm_ticks_max(segment, expiry_s);
    if (most >= TICKS_EXPIRY_MIN && most <= TICKS_EXPIRY_MAX) return;
    NewTicks ticks = {segment, swarm_tick_for(expiry_s), now};
    for (uint32_t i = 0; i < segment->room; i++)
        renew_slot(&partition->home, &segment->slots[i], &ticks);
    segment->tick_s = ticks.tick_s;
}

void swarms_change_limits(Swarms *swarms, const SwarmLimits *limits, Seconds now) {
    SwarmLimits changed = *limits;
    if (!swarms->order.together) changed.peers_per_address_max = 0;
    gate_change_rules(swarms->gate, &limits->gate);
    for (size_t i = 0; i < swarms->partition_count; i++) {
        SwarmPartition *partition = &swarms->partitions[i];
        swarm_partition_enter(partition);
        partition->limits = changed;
        for (size_t j = 0; j < swarms->segment_count; j++) {
            renew_ticks(partition, &partition->segments[j], now);
            swarm_partition_yield(partition);
        }
        swarm_partition_leave(partition);
    }
}

/* --- counts --- */

SwarmTotals swarms_totals(Swarms *swarms) {
    SwarmTotals sum = {0};
    for (size_t i = 0; i < swarms->partition_count; i++) {
        SwarmPartition *partition = &swarms->partitions[i];
        swarm_partition_enter(partition);
        sum.swarms += partition->totals.swarms;
        sum.seeders += partition->totals.seeders;
        sum.leechers += partition->totals.leechers;
        sum.completed += partition->totals.completed;
        swarm_partition_leave(partition);
    }
    return sum;
}

size_t swarms_take_changed(Swarms *swarms, size_t shard, size_t *position, SwarmChange *ret_changes,
                           size_t room) {
    SwarmPath path = path_of_shard(swarms, shard);
    size_t count = 0;
    swarm_partition_enter(path.partition);
    while (path.segment->changed > 0 && *position < path.segment->room && count < room) {
        SwarmSlot *slot = &path.segment->slots[(*position)++];
        if (slot->kind == SLOT_FREE || !slot->is_changed) continue;
        slot->is_changed = false;
        path.segment->changed--;
        /* A snapshot may hold works that were taken off while nothing ran. */
        if (!swarm_is_tracked(swarms, slot)) continue;
        ret_changes[count++] =
            (SwarmChange){slot->hash, swarm_peers_state(&path.partition->home, slot)};
    }
    swarm_partition_leave(path.partition);
    return count;
}

/* --- sweeping --- */

/* A sweep on its way through one shard, under the lock of its partition. */
typedef struct {
    Swarms *swarms;
    SwarmPath path;
    SwarmSweep *sweep;
    unsigned tick, ticks_max;
    size_t dropped, dropped_partials;
} Broom;

static void spend(SwarmSweep *sweep, size_t slots) {
    sweep->slots -= slots < sweep->slots ? slots : sweep->slots;
}

static bool is_gone(const Broom *broom, PeerState state) {
    return peer_age_ticks(state, broom->tick) > broom->ticks_max;
}

static uint32_t sweep_section(Broom *broom, Handle *block, unsigned section) {
    Slab *slab = &broom->path.partition->home.slab;
    uint32_t removed = 0;
    if (!*block) return 0;
    for (unsigned i = ((uint8_t *)slab_at(slab, *block))[section]; i-- > 0;) {
        PeerState state = peer_block_states(slab_at(slab, *block), section)[i];
        if (!is_gone(broom, state)) continue;
        broom->dropped_partials += (state & PEER_IS_PARTIAL) != 0;
        peer_block_remove(slab, block, section, i);
        removed++;
        if (!*block) break;
    }
    broom->dropped += removed;
    return removed;
}

static void sweep_few(Broom *broom, SwarmSlot *slot) {
    Slab *slab = &broom->path.partition->home.slab;
    spend(broom->sweep, BLOCK_COST + peer_block_count(slab_at(slab, slot->block)));
    for (unsigned section = 0; section < PEER_SECTIONS; section++)
        sweep_section(broom, &slot->block, section);
    if (slot->block) slot->block = slab_settle(slab, slot->block);
}

/* Goes on where the last piece ended. From the last bucket down, because joining moves what is in
 * the last one: so it has been seen. hand->bucket: 0 at first, then how many are left, and one.
 * True when all four tables have been walked through. */
static bool sweep_crowd(Broom *broom, SwarmSlot *slot) {
    PeerHome *home = &broom->path.partition->home;
    SwarmCursor *hand = &broom->path.partition->hand;
    SwarmCrowd *crowd = swarm_crowd(home, slot);
    swarm_cursor_enter(hand, &slot->hash);
    while (hand->section < PEER_SECTIONS && broom->sweep->slots > 0) {
        unsigned section = (unsigned)hand->section;
        PeerTable *table = &crowd->tables[section];
        if (hand->bucket == 0 || hand->bucket > table->buckets + 1ULL)
            hand->bucket = table->buckets + 1ULL;
        if (hand->bucket == 1) {
            hand->section++;
            hand->bucket = 0;
            continue;
        }
        Handle *place = peer_table_block(&home->slab, table, (uint32_t)(hand->bucket-- - 2));
        size_t partials = broom->dropped_partials;
        Handle block = *place;
        uint32_t removed = sweep_section(broom, &block, section);
        *place = block ? slab_settle(&home->slab, block) : 0;
        spend(broom->sweep, BLOCK_COST * 3 + removed * REMOVAL_COST);
        crowd->partial_seeds -= (uint32_t)(broom->dropped_partials - partials);
        if (removed) peer_table_note_removed(home, table, section, removed);
    }
    if (hand->section < PEER_SECTIONS) return false;
    hand->section = hand->bucket = 0;
    return true;
}

/* True when all of the swarm has been seen. */
static bool sweep_swarm(Broom *broom, SwarmSlot *slot) {
    PeerHome *home = &broom->path.partition->home;
    SwarmCounts before = swarm_counts(home, slot);
    bool is_through = true;
    broom->dropped = 0;
    if (slot->kind == SLOT_LONE && is_gone(broom, slot->lone.state)) {
        slot->kind = SLOT_NOBODY;
        broom->dropped = 1;
    } else if (slot->kind == SLOT_FEW) {
        sweep_few(broom, slot);
    } else if (slot->kind == SLOT_MANY) {
        is_through = sweep_crowd(broom, slot);
    }
    if (is_through) swarm_peers_settle(home, slot);
    if (broom->dropped) {
        swarm_release(&broom->swarms->peer_count, broom->dropped);
        SwarmCounts after = swarm_counts(home, slot);
        swarm_account(broom->path, slot, &before, &after);
    }
    return is_through;
}

/* Empty swarms are kept for their completions while the work is listed, and only then. */
static bool is_over(const Broom *broom, const SwarmSlot *slot) {
    const SwarmSweep *sweep = broom->sweep;
    if (!slot->is_begun || slot->kind != SLOT_NOBODY) return false;
    if (slot->is_changed && sweep->tally_is_read) return false;
    return slot->completed == 0 || (!slot->is_listed && !sweep->keeps_unlisted);
}

static void look_ahead(const Broom *broom, size_t slot) {
    const SwarmSegment *segment = broom->path.segment;
    if (slot + LOOK_AHEAD >= segment->room) return;
    const SwarmSlot *ahead = &segment->slots[slot + LOOK_AHEAD];
    if (ahead->kind == SLOT_FEW || ahead->kind == SLOT_MANY)
        __builtin_prefetch(slab_at(&broom->path.partition->home.slab, ahead->block));
}

bool swarms_sweep(Swarms *swarms, size_t shard, SwarmSweep *sweep) {
    SwarmPath path = path_of_shard(swarms, shard);
    SwarmCursor *hand = &path.partition->hand;
    swarm_partition_enter(path.partition);
    Broom broom = {.swarms = swarms,
                   .path = path,
                   .sweep = sweep,
                   .tick = swarm_tick(path.segment, sweep->now),
                   .ticks_max = swarm_ticks_max(path.segment, path.partition->limits.expiry_s)};
    if (hand->shard != shard) *hand = (SwarmCursor){.shard = shard};
    while (hand->slot < path.segment->room && sweep->slots > 0) {
        SwarmSlot *slot = &path.segment->slots[hand->slot];
        spend(sweep, 1);
        look_ahead(&broom, hand->slot);
        if (slot->kind != SLOT_FREE && slot->kind != SLOT_ALIAS) {
            if (!sweep_swarm(&broom, slot)) continue;
            if (is_over(&broom, slot)) {
                swarm_drop(swarms, path, slot);
                /* Another may stand there now; else the slot is free or only listed. */
                if (path.segment->slots[hand->slot].is_begun) continue;
            }
        }
        hand->slot++;
    }
    bool through = hand->slot >= path.segment->room;
    if (through) {
        path.partition->moves++;
        swarm_segment_shrink(path.segment, &swarms->key);
        slab_trim(&path.partition->home.slab);
        *hand = (SwarmCursor){.shard = shard};
    }
    swarm_partition_leave(path.partition);
    return through;
}

void swarms_prepare(Swarms *swarms) {
    for (size_t i = 0; i < swarms->partition_count; i++) {
        SwarmPartition *partition = &swarms->partitions[i];
        swarm_partition_enter(partition);
        bool wants = slab_wants_spare(&partition->home.slab);
        swarm_partition_leave(partition);
        uint8_t *spare = wants ? slab_spare_open() : NULL;
        if (!spare) continue;
        swarm_partition_enter(partition);
        slab_give_spare(&partition->home.slab, spare);
        swarm_partition_leave(partition);
    }
}
