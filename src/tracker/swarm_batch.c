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

/* Where the handles stand of the blocks an announce to a crowd will read. */
typedef struct {
    const Handle *own;                 /* NULL: none */
    const Handle *sampled[ROLE_COUNT]; /* so many in a row */
    uint32_t sampled_count[ROLE_COUNT];
} Ahead;

typedef struct {
    SwarmAnnounce announces[SWARM_BATCH_MAX];
    Ahead ahead[SWARM_BATCH_MAX];
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

/* The buckets the answer begins with, as swarm_peers_sample will choose them, as far as they stand
 * in a row. */
static void fetch_sampled(const SwarmAnnounce *announce, Role role, const PeerTable *table,
                          uint32_t wanted, Ahead *ahead) {
    if (wanted > table->count) wanted = table->count;
    if (wanted == 0 || table->buckets == 0) return;
    uint64_t draw = swarm_draw_for(announce->draw, announce->name.family, role);
    uint32_t bucket = scatter_range((uint32_t)(draw >> 32), table->buckets);
    uint32_t row = table->buckets - bucket, count = wanted / BUCKET_PEERS + 1;
    if (row > PEER_TABLE_PIECE - bucket % PEER_TABLE_PIECE)
        row = PEER_TABLE_PIECE - bucket % PEER_TABLE_PIECE;
    ahead->sampled[role] = peer_table_block(&announce->path.partition->home.slab, table, bucket);
    ahead->sampled_count[role] = count < row ? count : row;
    fetch(ahead->sampled[role]);
}

static void fetch_directory(const SwarmAnnounce *announce, Ahead *ahead) {
    const Slab *slab = &announce->path.partition->home.slab;
    const SwarmSlot *slot = announce->slot;
    uint32_t wanted = announce->announce->wanted;
    *ahead = (Ahead){0};
    if (!slot) return;
    if (slot->kind == SLOT_FEW) {
        const uint8_t *block = slab_at(slab, slot->block);
        size_t bytes = peer_block_bytes(block);
        for (size_t at = 2 * LINE_BYTES; at < bytes; at += LINE_BYTES) fetch(block + at);
    }
    if (slot->kind != SLOT_MANY) return;
    const SwarmCrowd *crowd = slab_at(slab, slot->block);
    const PeerTable *tables = &crowd->tables[peer_section(announce->name.family, ROLE_SEEDER)];
    const PeerTable *own = &tables[announce->role];
    if (own->buckets) {
        ahead->own = peer_table_block(slab, own, peer_table_bucket(own, announce->name.order));
        fetch(ahead->own);
    }
    /* About as sample_family will share it. */
    uint32_t seeders = announce->role == ROLE_SEEDER ? 0 : wanted;
    if (seeders && tables[ROLE_LEECHER].count > wanted / 2) seeders = wanted / 2;
    uint32_t leechers = seeders && tables[ROLE_SEEDER].count > wanted / 2 ? wanted / 2 : wanted;
    fetch_sampled(announce, ROLE_SEEDER, &tables[ROLE_SEEDER], seeders, ahead);
    fetch_sampled(announce, ROLE_LEECHER, &tables[ROLE_LEECHER], leechers, ahead);
}

static void fetch_buckets(const Slab *slab, const Ahead *ahead) {
    if (ahead->own && *ahead->own) fetch_lines(slab, *ahead->own, OWN_LINES);
    for (Role role = ROLE_SEEDER; role < ROLE_COUNT; role++)
        for (uint32_t i = 0; i < ahead->sampled_count[role]; i++)
            if (ahead->sampled[role][i]) fetch_lines(slab, ahead->sampled[role][i], BUCKET_LINES);
}

static void announce_members(Swarms *swarms, Batch *batch, Seconds now) {
    SwarmPartition *partition = batch->announces[batch->members[0]].path.partition;
    const size_t count = batch->count;
    const uint8_t *members = batch->members;
    swarm_partition_enter(partition);
    for (size_t i = 0; i < count; i++) fetch_slot(&batch->announces[members[i]]);
    for (size_t i = 0; i < count; i++) find_slot(&batch->announces[members[i]]);
    for (size_t i = 0; i < count; i++)
        fetch_directory(&batch->announces[members[i]], &batch->ahead[i]);
    for (size_t i = 0; i < count; i++) fetch_buckets(&partition->home.slab, &batch->ahead[i]);
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
