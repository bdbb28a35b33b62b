#include "tracker/swarm_segment.h"

#include <assert.h>
#include <sys/mman.h>

enum {
    ROOM_MIN = 8,
    PAGE_BYTES = 4096,
    PAGE_SLOTS = PAGE_BYTES / sizeof(SwarmSlot),
    MAPPED_SLOTS_MIN = 2 * PAGE_SLOTS, /* smaller ones are malloc's */
    ROOM_MAX = 1 << 28,
};

SwarmSlot *swarm_segment_find(const SwarmSegment *segment, uint64_t order, const SwarmHash *hash) {
    if (segment->room == 0) return NULL;
    SwarmSlot *end = segment->slots + segment->room;
    SwarmSlot *slot = segment->slots + scatter_range((uint32_t)order, segment->room);
    uint64_t start[2], wanted[2];
    memcpy(wanted, hash->bytes, sizeof wanted);
    while (slot->kind != SLOT_FREE) {
        memcpy(start, slot->hash.bytes, sizeof start);
        if (((start[0] ^ wanted[0]) | (start[1] ^ wanted[1])) == 0 &&
            memcmp(slot->hash.bytes + 16, hash->bytes + 16, 4) == 0)
            return slot;
        if (++slot == end) slot = segment->slots;
    }
    return NULL;
}

static SwarmSlot *slots_open(uint32_t room) {
    if (room < MAPPED_SLOTS_MIN) return calloc(room, sizeof(SwarmSlot));
    void *slots = mmap(NULL, room * sizeof(SwarmSlot), PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return slots == MAP_FAILED ? NULL : slots;
}

static void slots_close(SwarmSlot *slots, uint32_t room) {
    if (room < MAPPED_SLOTS_MIN)
        free(slots);
    else
        munmap(slots, room * sizeof(SwarmSlot));
}

static SwarmSlot *first_free(const SwarmSegment *segment, uint64_t order) {
    SwarmSlot *end = segment->slots + segment->room;
    SwarmSlot *slot = segment->slots + scatter_range((uint32_t)order, segment->room);
    while (slot->kind != SLOT_FREE)
        if (++slot == end) slot = segment->slots;
    return slot;
}

/* Slots stand about in the order of their hash, so this is one stream into another. */
static bool segment_resize(SwarmSegment *segment, const ScatterKey *key, uint32_t room) {
    SwarmSegment other = *segment;
    if (room > ROOM_MAX) return false;
    other.room = room;
    other.slots = slots_open(room);
    if (!other.slots) return false;
    for (uint32_t i = 0; i < segment->room; i++) {
        const SwarmSlot *slot = &segment->slots[i];
        if (slot->kind != SLOT_FREE) *first_free(&other, swarm_order(key, &slot->hash)) = *slot;
    }
    swarm_segment_close(segment);
    *segment = other;
    return true;
}

/* The next room of at least `needed` slots: whole pages when it is more than one, and by a factor
 * between 1.1 and 1.3 that is the segment's own. */
static uint32_t room_for(const SwarmSegment *segment, uint32_t needed) {
    uint32_t room = segment->room < ROOM_MIN ? ROOM_MIN : segment->room;
    while (room < needed) {
        uint32_t more = room * (8 + segment->number % 16) / 80, step = PAGE_SLOTS;
        if (room < MAPPED_SLOTS_MIN) {
            more = room / 4;
            step = ROOM_MIN;
        }
        room += (more + step - 1) / step * step;
        if (room > MAPPED_SLOTS_MIN) room -= room % PAGE_SLOTS;
    }
    return room;
}

/* Seven in eight is as full as it gets. */
static uint32_t room_needed(uint32_t count) { return (uint32_t)((count * 8ULL + 6) / 7); }

SwarmSlot *swarm_segment_add(SwarmSegment *segment, const ScatterKey *key, const SwarmHash *hash) {
    uint32_t needed = room_needed(segment->count + 1);
    if (needed > segment->room && !segment_resize(segment, key, room_for(segment, needed)))
        return NULL;
    SwarmSlot *slot = first_free(segment, swarm_order(key, hash));
    *slot = (SwarmSlot){.hash = *hash, .kind = SLOT_NOBODY};
    segment->count++;
    return slot;
}

/* What stands behind the hole and may move nearer to its home does. */
void swarm_segment_remove(SwarmSegment *segment, const ScatterKey *key, SwarmSlot *slot) {
    uint32_t room = segment->room, hole = (uint32_t)(slot - segment->slots);
    segment->changed -= slot->is_changed;
    for (uint32_t at = hole;;) {
        at = at + 1 == room ? 0 : at + 1;
        const SwarmSlot *next = &segment->slots[at];
        if (next->kind == SLOT_FREE) break;
        uint32_t home = scatter_range((uint32_t)swarm_order(key, &next->hash), room);
        uint32_t from_home = (at + room - home) % room, from_hole = (at + room - hole) % room;
        if (from_home < from_hole) continue;
        segment->slots[hole] = *next;
        hole = at;
    }
    segment->slots[hole] = (SwarmSlot){0};
    segment->count--;
}

void swarm_segment_shrink(SwarmSegment *segment, const ScatterKey *key) {
    if (segment->count == 0) {
        swarm_segment_close(segment);
        return;
    }
    if (segment->room <= ROOM_MIN || segment->count * 2ULL > segment->room) return;
    SwarmSegment smaller = {.number = segment->number};
    uint32_t room = room_for(&smaller, room_needed(segment->count + segment->count / 8));
    if (room < segment->room) segment_resize(segment, key, room);
}

void swarm_segment_close(SwarmSegment *segment) {
    if (segment->slots) slots_close(segment->slots, segment->room);
    segment->slots = NULL;
    segment->room = 0;
}
