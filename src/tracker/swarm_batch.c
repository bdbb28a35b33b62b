/* Most of an announce is waiting for memory: its slot, its swarm, the block its peer is in, those
 * the answer comes from. So a batch goes in steps: each step asks for what the next one reads, for
 * all announces, and when a step looks its memory has come. */
#include <assert.h>

#include "tracker/swarm_partition.h"

enum {
    LINE_BYTES = 64,
    OWN_LINES = 5,     /* of most blocks of a table, states and all */
    BUCKET_LINES = 4,  /* of their endpoints */
    BUCKET_PEERS = 28, /* at least, in most of them */
};

typedef struct {
    SwarmAnnounce announces[SWARM_BATCH_MAX];
    SwarmVisit *visits;
    uint8_t members[SWARM_BATCH_MAX]; /* of the partition at hand */
    size_t count;                     /* of them */
} Batch;

/* A read that leads nowhere, and not a prefetch: of those the processor drops what it has no place
 * for (24 lines at once on Zen 4), and of a batch that is most. Reads wait for their place; none of
 * one step waits for what another brings, so as many are under way at once as there can be. */
static inline void fetch(const void *at) { (void)*(const volatile uint8_t *)at; }

/* A block may be shorter: behind its first line nothing is read, only asked for. */
static void fetch_lines(const Slab *slab, Handle block, size_t lines) {
    const uint8_t *at = slab_at(slab, block);
    fetch(at);
    for (size_t i = 1; i < lines; i++) __builtin_prefetch(at + i * LINE_BYTES);
}

/* --- the steps; each is over all members --- */

static void fetch_slot(const SwarmAnnounce *announce) {
    const SwarmSegment *segment = announce->path.segment;
    if (segment->room == 0) return;
    const SwarmSlot *home = swarm_segment_home(segment, announce->path.order);
    fetch(home);
    if (home + 2 < segment->slots + segment->room) fetch(home + 2);
}

static void find_slot(SwarmAnnounce *announce) {
    SwarmPartition *partition = announce->path.partition;
    announce->slot = swarm_find_slot(announce->path, &announce->announce->hash);
    announce->draw = swarm_partition_draw(partition);
    if (!announce->slot) return;
    if (announce->slot->kind == SLOT_FEW || announce->slot->kind == SLOT_MANY)
        fetch_lines(&partition->home.slab, announce->slot->block, 2);
}

static const PeerTable *table_of(const SwarmAnnounce *announce, Role role) {
    const SwarmCrowd *crowd = swarm_crowd(&announce->path.partition->home, announce->slot);
    return &crowd->tables[peer_section(announce->name.family, role)];
}

/* The bucket the answer begins with, as swarm_peers_sample will choose it. */
static uint32_t first_bucket(const SwarmAnnounce *announce, Role role, const PeerTable *table) {
    uint64_t draw = swarm_draw_for(announce->draw, announce->name.family, role);
    return scatter_range((uint32_t)(draw >> 32), table->buckets);
}

static void fetch_directory(const SwarmAnnounce *announce) {
    const Slab *slab = &announce->path.partition->home.slab;
    if (!announce->slot) return;
    if (announce->slot->kind == SLOT_FEW) {
        const uint8_t *block = slab_at(slab, announce->slot->block);
        size_t bytes = peer_block_bytes(block);
        for (size_t at = 2 * LINE_BYTES; at < bytes; at += LINE_BYTES) fetch(block + at);
    }
    if (announce->slot->kind != SLOT_MANY) return;
    for (Role role = ROLE_SEEDER; role < ROLE_COUNT; role++) {
        const PeerTable *table = table_of(announce, role);
        if (table->buckets == 0) continue;
        if (role == announce->role)
            fetch(peer_table_block(slab, table, peer_table_bucket(table, announce->name.order)));
        fetch(peer_table_block(slab, table, first_bucket(announce, role, table)));
    }
}

static void fetch_bucket(const Slab *slab, const PeerTable *table, uint32_t bucket, size_t lines) {
    Handle block = *peer_table_block(slab, table, bucket);
    if (block) fetch_lines(slab, block, lines);
}

/* How many of that role the answer will hold, about. */
static uint32_t expected(const SwarmAnnounce *announce, Role role) {
    uint32_t there = table_of(announce, role)->count;
    uint32_t wanted = announce->announce->wanted;
    if (announce->role == ROLE_SEEDER && role == ROLE_SEEDER) wanted = 0;
    if (announce->role == ROLE_LEECHER && table_of(announce, !role)->count > wanted / 2)
        wanted = wanted / 2;
    return there < wanted ? there : wanted;
}

static void fetch_buckets(const SwarmAnnounce *announce) {
    const Slab *slab = &announce->path.partition->home.slab;
    if (!announce->slot || announce->slot->kind != SLOT_MANY) return;
    for (Role role = ROLE_SEEDER; role < ROLE_COUNT; role++) {
        const PeerTable *table = table_of(announce, role);
        if (table->buckets == 0) continue;
        if (role == announce->role)
            fetch_bucket(slab, table, peer_table_bucket(table, announce->name.order), OWN_LINES);
        uint32_t bucket = first_bucket(announce, role, table), peers = expected(announce, role);
        for (uint32_t i = 0; peers && i <= peers / BUCKET_PEERS && i < table->buckets; i++) {
            fetch_bucket(slab, table, bucket, BUCKET_LINES);
            bucket = bucket + 1 == table->buckets ? 0 : bucket + 1;
        }
    }
}

static void announce_members(Swarms *swarms, Batch *batch, Seconds now) {
    SwarmPartition *partition = batch->announces[batch->members[0]].path.partition;
    const size_t count = batch->count;
    const uint8_t *members = batch->members;
    swarm_partition_enter(partition);
    for (size_t i = 0; i < count; i++) fetch_slot(&batch->announces[members[i]]);
    for (size_t i = 0; i < count; i++) find_slot(&batch->announces[members[i]]);
    for (size_t i = 0; i < count; i++) fetch_directory(&batch->announces[members[i]]);
    for (size_t i = 0; i < count; i++) fetch_buckets(&batch->announces[members[i]]);
    uint64_t moves = partition->moves;
    for (size_t i = 0; i < count; i++) {
        SwarmAnnounce *announce = &batch->announces[members[i]];
        SwarmVisit *visit = &batch->visits[members[i]];
        if (partition->moves != moves)
            announce->slot = swarm_find_slot(announce->path, &announce->announce->hash);
        bool is_elsewhere = announce->slot && announce->slot->kind == SLOT_ALIAS;
        if (!is_elsewhere) visit->outcome = swarm_announce_locked(announce, now, visit->answer);
        announce->path.partition = is_elsewhere ? NULL : partition;
    }
    swarm_partition_leave(partition);
    for (size_t i = 0; i < count; i++) {
        SwarmVisit *visit = &batch->visits[members[i]];
        if (!batch->announces[members[i]].path.partition)
            visit->outcome = swarms_announce(swarms, visit->announce, now, visit->answer);
    }
}

void swarms_announce_batch(Swarms *swarms, SwarmVisit *visits, size_t count, Seconds now) {
    Batch batch;
    batch.visits = visits;
    uint64_t left = count == SWARM_BATCH_MAX ? UINT64_MAX : (1ULL << count) - 1;
    assert(count <= SWARM_BATCH_MAX);
    for (size_t i = 0; i < count; i++) {
        const Announce *announce = visits[i].announce;
        assert(announce->from.port != 0 && announce->wanted <= TRACKER_PEERS_V4_MAX);
        batch.announces[i] = (SwarmAnnounce){
            .swarms = swarms,
            .path = swarm_path(swarms, &announce->hash),
            .announce = announce,
            .name = peer_name(&swarms->order, announce->from),
            .role = announce->left == 0 ? ROLE_SEEDER : ROLE_LEECHER,
        };
        visits[i].answer->swarm = (SwarmState){0};
        visits[i].answer->v4_count = visits[i].answer->v6_count = 0;
    }
    while (left) {
        const SwarmPartition *partition = batch.announces[__builtin_ctzll(left)].path.partition;
        batch.count = 0;
        for (uint64_t rest = left; rest; rest &= rest - 1) {
            unsigned member = (unsigned)__builtin_ctzll(rest);
            if (batch.announces[member].path.partition != partition) continue;
            batch.members[batch.count++] = (uint8_t)member;
            left &= ~(1ULL << member);
        }
        announce_members(swarms, &batch, now);
    }
}
