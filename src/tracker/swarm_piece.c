/* Swarms as bytes. A piece is of one shard: its tick in seconds and its length (32 bits each), then
 * records. A record is 1, hash, completions (64 bits) and some peers, or 2 and more peers of the
 * same swarm; peers as in peer_block.h, with ages for ticks. */
#include <assert.h>

#include "base/bytes.h"
#include "tracker/swarm_partition.h"

enum {
    RECORD_SWARM = 1,
    RECORD_MORE = 2,
    PIECE_HEAD_BYTES = 8,
    SWARM_HEAD_BYTES = 1 + SHA1_BYTES + 8,
    RECORD_BYTES_MAX = SWARM_HEAD_BYTES + PEER_BLOCK_BYTES_MAX,
    LOOK_AHEAD = 12,
    SLOTS_AT_ONCE = 4096,
};

typedef struct {
    const PeerHome *home;
    ByteWriter *writer;
    unsigned tick;
} PieceWriting;

static PeerState as_age(PeerState state, unsigned tick) {
    return (PeerState)((state & ~(PEER_TICKS - 1u)) | peer_age_ticks(state, tick));
}

static void write_head(ByteWriter *writer, const SwarmSlot *slot, uint64_t completed) {
    byte_write_u8(writer, RECORD_SWARM);
    byte_write_bytes(writer, slot->hash.bytes, sizeof slot->hash.bytes);
    byte_write_u64(writer, completed);
}

static void write_block(const PieceWriting *writing, Handle block) {
    uint8_t *bytes = slab_at(&writing->home->slab, block);
    PeerState *states = peer_block_states(bytes, 0);
    byte_write_bytes(writing->writer, bytes, (size_t)(states - bytes));
    for (size_t i = 0; i < peer_block_count(bytes); i++)
        byte_write_u8(writing->writer, as_age(states[i], writing->tick));
}

static void write_lone(const PieceWriting *writing, const SwarmSlot *slot) {
    uint8_t counts[PEER_SECTIONS] = {0};
    counts[slot->is_seeding ? ROLE_SEEDER : ROLE_LEECHER] = 1;
    byte_write_bytes(writing->writer, counts, sizeof counts);
    byte_write_bytes(writing->writer, slot->lone.compact, sizeof slot->lone.compact);
    byte_write_u8(writing->writer, as_age(slot->lone.state, writing->tick));
}

/* True when all of the crowd is written. */
static bool write_crowd(const PieceWriting *writing, const SwarmSlot *slot, SwarmCursor *cursor) {
    static const uint8_t nobody[PEER_SECTIONS];
    const SwarmCrowd *crowd = swarm_crowd(writing->home, slot);
    swarm_cursor_enter(cursor, &slot->hash);
    if (cursor->section + cursor->bucket == 0) {
        write_head(writing->writer, slot, crowd->completed);
        byte_write_bytes(writing->writer, nobody, sizeof nobody);
    }
    while (cursor->section < PEER_SECTIONS) {
        const PeerTable *table = &crowd->tables[cursor->section];
        if (cursor->bucket >= table->buckets) {
            cursor->section++;
            cursor->bucket = 0;
            continue;
        }
        if (writing->writer->left < RECORD_BYTES_MAX) return false;
        Handle block = *peer_table_block(&writing->home->slab, table, (uint32_t)cursor->bucket++);
        if (!block) continue;
        byte_write_u8(writing->writer, RECORD_MORE);
        write_block(writing, block);
    }
    cursor->section = cursor->bucket = 0;
    return true;
}

static bool write_slot(const PieceWriting *writing, const SwarmSlot *slot, SwarmCursor *cursor) {
    static const uint8_t nobody[PEER_SECTIONS];
    if (slot->kind == SLOT_MANY) return write_crowd(writing, slot, cursor);
    cursor->section = cursor->bucket = 0;
    if (slot->kind == SLOT_FREE || slot->kind == SLOT_ALIAS || !slot->is_begun) return true;
    write_head(writing->writer, slot, slot->completed);
    if (slot->kind == SLOT_LONE)
        write_lone(writing, slot);
    else if (slot->kind == SLOT_FEW)
        write_block(writing, slot->block);
    else
        byte_write_bytes(writing->writer, nobody, sizeof nobody);
    return true;
}

static void write_slots(const PieceWriting *writing, const SwarmSegment *segment,
                        SwarmCursor *cursor) {
    for (size_t i = 0; i < SLOTS_AT_ONCE && cursor->slot < segment->room; i++) {
        if (writing->writer->left < RECORD_BYTES_MAX) return;
        if (cursor->slot + LOOK_AHEAD < segment->room) {
            const SwarmSlot *ahead = &segment->slots[cursor->slot + LOOK_AHEAD];
            if (ahead->kind == SLOT_FEW || ahead->kind == SLOT_MANY)
                __builtin_prefetch(slab_at(&writing->home->slab, ahead->block));
        }
        if (!write_slot(writing, &segment->slots[cursor->slot], cursor)) return;
        cursor->slot++;
    }
}

/* What one shard has to say, from the cursor on; 0 when that is nothing. */
static size_t write_shard(Swarms *swarms, SwarmCursor *cursor, Seconds now, uint8_t *bytes) {
    SwarmPartition *partition = &swarms->partitions[cursor->shard / swarms->segment_count];
    SwarmSegment *segment = &partition->segments[cursor->shard % swarms->segment_count];
    ByteWriter head = byte_writer(bytes, PIECE_HEAD_BYTES);
    ByteWriter writer = byte_writer(bytes + PIECE_HEAD_BYTES, SWARM_PIECE_BYTES - PIECE_HEAD_BYTES);
    swarm_partition_enter(partition);
    PieceWriting writing = {&partition->home, &writer, swarm_tick(segment, now)};
    byte_write_u32(&head, segment->tick_s);
    write_slots(&writing, segment, cursor);
    if (cursor->slot >= segment->room) *cursor = (SwarmCursor){.shard = cursor->shard + 1};
    swarm_partition_leave(partition);
    assert(!writer.failed);
    size_t written = byte_written(&writer);
    byte_write_u32(&head, (uint32_t)written);
    return written ? written + PIECE_HEAD_BYTES : 0;
}

size_t swarms_write_piece(Swarms *swarms, SwarmCursor *cursor, Seconds now,
                          uint8_t ret_bytes[SWARM_PIECE_BYTES]) {
    size_t written = 0;
    while (written == 0 && cursor->shard < swarms_shard_count(swarms))
        written = write_shard(swarms, cursor, now, ret_bytes);
    return written;
}

/* --- and back --- */

typedef struct {
    Swarms *swarms;
    const SwarmReading *reading;
    uint32_t tick_s; /* of the piece at hand */
    SwarmHash hash;  /* of the swarm at hand */
    uint64_t completed;
} PieceReading;

static bool read_peer(const PieceReading *piece, SwarmAnnounce *visit, PeerState saved) {
    SwarmSegment *segment = visit->path.segment;
    PeerHome *home = &visit->path.partition->home;
    const SwarmLimits *limits = &visit->path.partition->limits;
    Seconds age_s = (Seconds)(saved & (PEER_TICKS - 1)) * piece->tick_s + piece->reading->stopped_s;
    unsigned flags = saved & (PEER_IS_PARTIAL | PEER_HAS_COMPLETED);
    if (age_s > limits->expiry_s) return false;
    if (swarm_peers_find(home, visit->slot, &visit->name, visit->role).is_there) return false;
    if (limits->peers_per_address_max > 0 &&
        swarm_peers_count_address(home, visit->slot, &visit->name) >= limits->peers_per_address_max)
        return false;
    if (visit->role == ROLE_SEEDER) flags &= ~(unsigned)PEER_IS_PARTIAL;
    unsigned age = (unsigned)(age_s / segment->tick_s);
    unsigned tick = (swarm_tick(segment, piece->reading->now) - age) & (PEER_TICKS - 1);
    PeerPlace place = {.is_there = true, .role = visit->role, .state = (PeerState)(tick | flags)};
    if (!swarm_reserve(&visit->swarms->peer_count, limits->peers_max)) return false;
    if (swarm_peers_add(home, visit->slot, &visit->name, &place)) return true;
    swarm_release(&visit->swarms->peer_count, 1);
    return false;
}

static void read_section(const PieceReading *piece, SwarmAnnounce *visit, uint8_t *block,
                         unsigned section) {
    Family family = (Family)(section / ROLE_COUNT);
    const uint8_t *endpoints = peer_block_endpoints(block, section);
    const PeerState *states = peer_block_states(block, section);
    visit->role = (Role)(section % ROLE_COUNT);
    for (unsigned i = 0; i < block[section]; i++, endpoints += compact_bytes(family)) {
        Endpoint endpoint = peer_endpoint(family, endpoints);
        if (endpoint.port == 0 || endpoint_family(endpoint) != family) continue;
        if (!piece->reading->allow_private_addresses && ip_is_bogon(endpoint.ip)) continue;
        visit->name = peer_name(&visit->swarms->order, endpoint);
        read_peer(piece, visit, states[i]);
    }
}

static void read_swarm(const PieceReading *piece, const uint8_t *block) {
    SwarmPath path = swarm_path(piece->swarms, &piece->hash);
    swarm_partition_enter(path.partition);
    PeerHome *home = &path.partition->home;
    SwarmSlot *slot = swarm_find_slot(path, &piece->hash);
    if (!slot || slot->kind != SLOT_ALIAS)
        slot = swarm_begin(piece->swarms, path, slot, &piece->hash);
    if (slot && slot->kind != SLOT_ALIAS && !slot->is_barred) {
        SwarmAnnounce visit = {.swarms = piece->swarms, .path = path, .slot = slot};
        SwarmCounts before = swarm_counts(home, slot);
        if (piece->completed > before.completed) swarm_peers_complete(home, slot, piece->completed);
        for (unsigned section = 0; section < PEER_SECTIONS; section++)
            read_section(piece, &visit, (uint8_t *)block, section);
        SwarmCounts after = swarm_counts(home, slot);
        swarm_account(path, slot, &before, &after);
        swarm_mark_changed(path.segment, slot);
    }
    swarm_partition_leave(path.partition);
}

static bool read_record(PieceReading *piece, ByteReader *reader, bool *has_swarm) {
    uint8_t kind = byte_read_u8(reader);
    if (kind == RECORD_SWARM) {
        const uint8_t *hash = byte_read_bytes(reader, SHA1_BYTES);
        piece->completed = byte_read_u64(reader);
        if (hash) memcpy(piece->hash.bytes, hash, SHA1_BYTES);
        *has_swarm = true;
    }
    if (reader->failed || !*has_swarm || (kind != RECORD_SWARM && kind != RECORD_MORE))
        return false;
    if (reader->left < PEER_SECTIONS) return false;
    const uint8_t *block = byte_read_bytes(reader, peer_block_bytes(reader->at));
    if (!block) return false;
    read_swarm(piece, block);
    return true;
}

bool swarms_read_bytes(Swarms *swarms, Str bytes, const SwarmReading *reading) {
    PieceReading piece = {.swarms = swarms, .reading = reading};
    ByteReader reader = byte_reader(bytes.at, bytes.len);
    bool has_swarm = false; /* a crowd may go on in the next piece */
    while (reader.left > 0) {
        piece.tick_s = byte_read_u32(&reader);
        uint32_t len = byte_read_u32(&reader);
        const uint8_t *at = byte_read_bytes(&reader, len);
        if (!at) return false;
        ByteReader records = byte_reader(at, len);
        while (records.left > 0)
            if (!read_record(&piece, &records, &has_swarm)) return false;
    }
    return true;
}
