#include "tracker/peers.h"

#include <assert.h>

enum {
    ROOM_MIN = 4,
    ROOM_MAX = 1 << 30,
    STATE_BYTES = sizeof(PeerState),
    V6_SUBNET_BYTES = 8,
};

static const size_t compact_bytes[FAMILY_COUNT] = {COMPACT_V4_BYTES, COMPACT_V6_BYTES};
static const size_t address_bytes[FAMILY_COUNT] = {4, 16};
/* What counts as one address: who has an IPv6 line has a whole /64. */
static const size_t owner_bytes[FAMILY_COUNT] = {4, V6_SUBNET_BYTES};

static size_t record_bytes(Family family) { return compact_bytes[family] + STATE_BYTES; }

static uint8_t *record_at(const Peers *peers, Family family, size_t slot) {
    return peers->records + (slot & (peers->room - 1)) * record_bytes(family);
}

/* Port 0 is never stored: it marks an empty slot. */
static bool is_empty(const uint8_t *record, Family family) {
    const uint8_t *port = record + address_bytes[family];
    return port[0] == 0 && port[1] == 0;
}

static PeerState state_of(const uint8_t *record, Family family) {
    PeerState state;
    memcpy(&state, record + compact_bytes[family], STATE_BYTES);
    return state;
}

static uint64_t order_of(const PeerOrder *order, Family family, const uint8_t *compact) {
    size_t len = order->together ? owner_bytes[family] : compact_bytes[family];
    return siphash(str_from_bytes(compact, len), order->key);
}

PeerName peer_name(const PeerOrder *order, Endpoint endpoint) {
    PeerName name = {.family = endpoint_family(endpoint)};
    size_t address = address_bytes[name.family];
    memcpy(name.compact, endpoint.ip.bytes + sizeof endpoint.ip.bytes - address, address);
    name.compact[address] = (uint8_t)(endpoint.port >> 8);
    name.compact[address + 1] = (uint8_t)endpoint.port;
    name.order = order_of(order, name.family, name.compact);
    return name;
}

Endpoint peer_endpoint(Family family, const uint8_t *compact) {
    Endpoint endpoint;
    size_t address = address_bytes[family];
    if (family == FAMILY_V4)
        endpoint.ip = ip_from_v4(compact);
    else
        memcpy(endpoint.ip.bytes, compact, sizeof endpoint.ip.bytes);
    endpoint.port = (uint16_t)(compact[address] << 8 | compact[address + 1]);
    return endpoint;
}

PeerState peer_state(Seconds now, unsigned flags) {
    return (PeerState)(((now / PEER_TICK_S) & (PEER_TICKS_MAX - 1)) | flags);
}

Seconds peer_age(PeerState state, Seconds now) {
    return ((now / PEER_TICK_S - state) & (PEER_TICKS_MAX - 1)) * PEER_TICK_S;
}

/* The record of that name, or the empty one where it would stand. */
static uint8_t *find_record(const Peers *peers, const PeerName *name) {
    for (size_t slot = name->order;; slot++) {
        uint8_t *record = record_at(peers, name->family, slot);
        if (is_empty(record, name->family)) return record;
        if (memcmp(record, name->compact, compact_bytes[name->family]) == 0) return record;
    }
}

bool peers_find(const Peers *peers, const PeerName *name, PeerState *ret_state) {
    if (!peers->room) return false;
    const uint8_t *record = find_record(peers, name);
    if (is_empty(record, name->family)) return false;
    *ret_state = state_of(record, name->family);
    return true;
}

static bool resize(Peers *peers, const PeerOrder *order, Family family, size_t room) {
    size_t bytes = record_bytes(family);
    if (room > ROOM_MAX) return false;
    Peers other = {.room = (uint32_t)room, .count = peers->count};
    other.records = calloc(room, bytes);
    if (!other.records) return false;
    for (size_t i = 0; i < peers->room; i++) {
        const uint8_t *record = record_at(peers, family, i);
        if (is_empty(record, family)) continue;
        size_t slot = order_of(order, family, record);
        while (!is_empty(record_at(&other, family, slot), family)) slot++;
        memcpy(record_at(&other, family, slot), record, bytes);
    }
    free(peers->records);
    *peers = other;
    return true;
}

bool peers_put(Peers *peers, const PeerOrder *order, const PeerName *name, PeerState state) {
    uint8_t *record = peers->room ? find_record(peers, name) : NULL;
    if (!record || is_empty(record, name->family)) {
        if ((peers->count + 1) * 4ULL > peers->room * 3ULL) {
            size_t room = peers->room ? peers->room * 2ULL : ROOM_MIN;
            if (!resize(peers, order, name->family, room)) return false;
            record = find_record(peers, name);
        }
        assert(record); /* where there was no room, there is some now */
        memcpy(record, name->compact, compact_bytes[name->family]);
        peers->count++;
    }
    memcpy(record + compact_bytes[name->family], &state, STATE_BYTES);
    return true;
}

/* Backward shift, as in hash_table.c. */
static void remove_slot(Peers *peers, const PeerOrder *order, Family family, size_t hole) {
    size_t mask = peers->room - 1, bytes = record_bytes(family);
    for (size_t slot = hole + 1;; slot++) {
        uint8_t *record = record_at(peers, family, slot);
        if (is_empty(record, family)) break;
        size_t from_home = (slot - order_of(order, family, record)) & mask;
        if (from_home < ((slot - hole) & mask)) continue;
        memcpy(record_at(peers, family, hole), record, bytes);
        hole = slot;
    }
    memset(record_at(peers, family, hole), 0, bytes);
    peers->count--;
}

/* A table is never emptier than one in eight, so that a sample walks few slots. True when slots
 * moved. */
static bool shrink(Peers *peers, const PeerOrder *order, Family family) {
    if (peers->count == 0) {
        peers_close(peers);
        return true;
    }
    size_t room = peers->room;
    while (room > ROOM_MIN && peers->count * 4ULL < room) room /= 2;
    return peers->count * 8ULL < peers->room && resize(peers, order, family, room);
}

bool peers_remove(Peers *peers, const PeerOrder *order, const PeerName *name) {
    if (!peers->room) return false;
    const uint8_t *record = find_record(peers, name);
    if (is_empty(record, name->family)) return false;
    size_t slot = (size_t)(record - peers->records) / record_bytes(name->family);
    remove_slot(peers, order, name->family, slot);
    shrink(peers, order, name->family);
    return true;
}

unsigned peers_count_address(const Peers *peers, const PeerName *name) {
    unsigned count = 0;
    for (size_t slot = name->order; peers->room; slot++) {
        const uint8_t *record = record_at(peers, name->family, slot);
        if (is_empty(record, name->family)) break;
        count += memcmp(record, name->compact, owner_bytes[name->family]) == 0;
    }
    return count;
}

size_t peers_sample(const Peers *peers, Family family, const PeersAsk *ask, uint8_t *ret_compact) {
    size_t found = 0, bytes = compact_bytes[family];
    for (size_t i = 0; i < peers->room && found < ask->wanted; i++) {
        const uint8_t *record = record_at(peers, family, ask->draw + i);
        if (is_empty(record, family)) continue;
        if (ask->except->family == family && memcmp(record, ask->except->compact, bytes) == 0)
            continue;
        memcpy(ret_compact + found * bytes, record, bytes);
        found++;
    }
    return found;
}

void peers_sweep(Peers *peers, const PeerOrder *order, PeersSweep *sweep) {
    while (sweep->position < peers->room && sweep->budget > 0) {
        const uint8_t *record = record_at(peers, sweep->family, sweep->position);
        sweep->budget--;
        PeerState state = state_of(record, sweep->family);
        if (is_empty(record, sweep->family) || peer_age(state, sweep->now) <= sweep->expiry_s) {
            sweep->position++;
            continue;
        }
        remove_slot(peers, order, sweep->family, sweep->position); /* and look there again */
        sweep->dropped++;
        sweep->dropped_partials += (state & PEER_IS_PARTIAL) != 0;
    }
    sweep->is_through = sweep->position >= peers->room;
    if (shrink(peers, order, sweep->family) || sweep->is_through) sweep->position = 0;
}

const uint8_t *peers_next(const Peers *peers, Family family, size_t *position,
                          PeerState *ret_state) {
    while (*position < peers->room) {
        const uint8_t *record = record_at(peers, family, (*position)++);
        if (is_empty(record, family)) continue;
        *ret_state = state_of(record, family);
        return record;
    }
    return NULL;
}

void peers_close(Peers *peers) {
    free(peers->records);
    *peers = (Peers){0};
}
