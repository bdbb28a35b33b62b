#include "tracker/peer_block.h"

#include <assert.h>

static const size_t address_bytes[FAMILY_COUNT] = {4, 16};
/* What counts as one address: who has an IPv6 line has a whole /64. */
static const size_t owner_bytes[FAMILY_COUNT] = {4, 8};

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

static const uint8_t *family_endpoints(const uint8_t *block, Family family) {
    return peer_block_endpoints((uint8_t *)block, peer_section(family, ROLE_SEEDER));
}

static size_t family_count(const uint8_t *block, Family family) {
    return (size_t)block[family * ROLE_COUNT] + block[family * ROLE_COUNT + 1];
}

/* Eight bytes at a time, of which two are another's: what follows the endpoints in a block is
 * never less than two bytes long, its room counted; and a name has room for IPv6. */
static int find_v4(const uint8_t *at, size_t count, const uint8_t compact[COMPACT_V6_BYTES]) {
    static const uint8_t ours[8] = {255, 255, 255, 255, 255, 255};
    uint64_t wanted, bytes, mask;
    memcpy(&wanted, compact, sizeof wanted);
    memcpy(&mask, ours, sizeof mask);
    for (size_t i = 0; i < count; i++, at += COMPACT_V4_BYTES) {
        memcpy(&bytes, at, sizeof bytes);
        if (((bytes ^ wanted) & mask) == 0) return (int)i;
    }
    return -1;
}

static int find_v6(const uint8_t *at, size_t count, const uint8_t *compact) {
    for (size_t i = 0; i < count; i++, at += COMPACT_V6_BYTES)
        if (memcmp(at, compact, COMPACT_V6_BYTES) == 0) return (int)i;
    return -1;
}

int peer_block_find(const uint8_t *block, const PeerName *name) {
    const uint8_t *at = family_endpoints(block, name->family);
    size_t count = family_count(block, name->family);
    return name->family == FAMILY_V4 ? find_v4(at, count, name->compact)
                                     : find_v6(at, count, name->compact);
}

unsigned peer_block_count_address(const uint8_t *block, const PeerName *name) {
    const uint8_t *at = family_endpoints(block, name->family);
    size_t left = family_count(block, name->family);
    unsigned count = 0;
    for (; left > 0; left--, at += compact_bytes(name->family))
        count += memcmp(at, name->compact, owner_bytes[name->family]) == 0;
    return count;
}

/* Where one peer stands, or would stand, in the bytes of a block. */
typedef struct {
    size_t endpoint, state, end, stride;
} Spot;

static Spot spot_of(const uint8_t *counts, unsigned section, unsigned index) {
    size_t stride = compact_bytes((Family)(section / ROLE_COUNT));
    uint8_t *block = (uint8_t *)counts;
    return (Spot){
        .endpoint = (size_t)(peer_block_endpoints(block, section) - block) + index * stride,
        .state = (size_t)(peer_block_states(block, section) - block) + index,
        .end = peer_block_bytes(counts),
        .stride = stride,
    };
}

/* `to` may be `from`: then what stands behind moves from the back to the front. */
static void open_spot(uint8_t *to, const uint8_t *from, Spot spot) {
    memmove(to + spot.state + spot.stride + 1, from + spot.state, spot.end - spot.state);
    memmove(to + spot.endpoint + spot.stride, from + spot.endpoint, spot.state - spot.endpoint);
    if (to != from) memcpy(to, from, spot.endpoint);
}

static void close_spot(uint8_t *to, const uint8_t *from, Spot spot) {
    size_t behind = spot.endpoint + spot.stride;
    if (to != from) memcpy(to, from, spot.endpoint);
    memmove(to + spot.endpoint, from + behind, spot.state - behind);
    memmove(to + spot.state - spot.stride, from + spot.state + 1, spot.end - spot.state - 1);
}

bool peer_block_add(Slab *slab, Handle *block, unsigned section, const uint8_t *compact,
                    PeerState state) {
    static const uint8_t nobody[PEER_BLOCK_HEAD_BYTES];
    const uint8_t *old = *block ? slab_at(slab, *block) : nobody;
    if (old[section] == PEER_SECTION_MAX) return false;
    Spot spot = spot_of(old, section, old[section]);
    size_t bytes = spot.end + spot.stride + 1;
    if (bytes > SLAB_BLOCK_BYTES_MAX) return false;
    Handle place = *block;
    if (!place || slab_room(slab, place) < bytes) place = slab_alloc(slab, bytes);
    if (!place) return false;
    uint8_t *fresh = slab_at(slab, place);
    open_spot(fresh, old, spot);
    memcpy(fresh + spot.endpoint, compact, spot.stride);
    fresh[spot.state + spot.stride] = state;
    fresh[section]++;
    if (*block && place != *block) slab_release(slab, *block);
    *block = place;
    return true;
}

void peer_block_remove(Slab *slab, Handle *block, unsigned section, unsigned index) {
    uint8_t *old = slab_at(slab, *block);
    assert(index < old[section]);
    Spot spot = spot_of(old, section, index);
    size_t bytes = spot.end - spot.stride - 1;
    if (bytes == PEER_BLOCK_HEAD_BYTES) {
        slab_release(slab, *block);
        *block = 0;
        return;
    }
    Handle place = slab_fits_tightly(slab, *block, bytes) ? *block : slab_alloc(slab, bytes);
    if (!place) place = *block; /* it may stay where there is room to spare */
    uint8_t *fresh = slab_at(slab, place);
    close_spot(fresh, old, spot);
    fresh[section]--;
    if (place != *block) slab_release(slab, *block);
    *block = place;
}

static void swap_peers(uint8_t *block, Family family, unsigned a, unsigned b) {
    uint8_t kept[COMPACT_V6_BYTES];
    size_t stride = compact_bytes(family);
    uint8_t *first = peer_block_endpoints(block, peer_section(family, ROLE_SEEDER));
    uint8_t *states = peer_block_states(block, peer_section(family, ROLE_SEEDER));
    if (a == b) return;
    memcpy(kept, first + a * stride, stride);
    memcpy(first + a * stride, first + b * stride, stride);
    memcpy(first + b * stride, kept, stride);
    PeerState state = states[a];
    states[a] = states[b];
    states[b] = state;
}

/* Seeders stand before leechers: it changes places with the one at the border, and the border
 * moves. */
unsigned peer_block_turn(uint8_t *block, Family family, unsigned index) {
    uint8_t *seeders = &block[peer_section(family, ROLE_SEEDER)], *leechers = seeders + 1;
    assert(index < (unsigned)*seeders + *leechers);
    unsigned border = index < *seeders ? *seeders - 1u : *seeders;
    swap_peers(block, family, index, border);
    *seeders = (uint8_t)(border == *seeders ? *seeders + 1 : *seeders - 1);
    *leechers = (uint8_t)(border == *seeders ? *leechers + 1 : *leechers - 1);
    return border;
}
