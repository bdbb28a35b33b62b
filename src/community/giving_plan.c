#include "community/giving_plan.h"

#include <stdlib.h>

enum { WAITS = UINT32_MAX, LARGE_PART = 2, WAITING_PART = 4, ENOUGH_SPREAD = 4 };

/* Smaller comes first. */
typedef struct {
    uint32_t need;
    uint64_t lot;
    int64_t id;
} Rank;

static uint64_t lot_of(const GivingSpace *space, int64_t id) {
    return siphash(str_from_bytes(&id, sizeof id), space->key);
}

static Rank rank_of(const GivingSpace *space, const GivingCandidate *candidate) {
    uint32_t pledges = candidate->pledges < GIVING_PLEDGES_COUNTED_MAX ? candidate->pledges
                                                                       : GIVING_PLEDGES_COUNTED_MAX;
    bool waits = candidate->seeders == 0 || candidate->seeders >= WAITS - pledges;
    return (Rank){.need = waits ? WAITS : candidate->seeders + pledges,
                  .lot = lot_of(space, candidate->id),
                  .id = candidate->id};
}

static int compare(const Rank *a, const Rank *b) {
    if (a->need != b->need) return a->need < b->need ? -1 : 1;
    if (a->lot != b->lot) return a->lot < b->lot ? -1 : 1;
    return (a->id > b->id) - (a->id < b->id);
}

uint32_t giving_plan_enough(const GivingSpace *space, int64_t id) {
    return GIVING_ENOUGH_SEEDERS + (uint32_t)(lot_of(space, id) % ENOUGH_SPREAD);
}

/* --- the best of many: a heap, the worst on top --- */

GivingShortlist giving_shortlist(const GivingSpace *space, size_t room, Arena *arena) {
    return (GivingShortlist){
        .space = space, .at = arena_new(arena, GivingCandidate, room + 1), .room = room};
}

static bool is_worse(const GivingShortlist *list, size_t a, size_t b) {
    Rank left = rank_of(list->space, &list->at[a]), right = rank_of(list->space, &list->at[b]);
    return compare(&left, &right) > 0;
}

static void swap(GivingShortlist *list, size_t a, size_t b) {
    GivingCandidate kept = list->at[a];
    list->at[a] = list->at[b];
    list->at[b] = kept;
}

static void sink(GivingShortlist *list) {
    for (size_t at = 0;;) {
        size_t child = 2 * at + 1;
        if (child >= list->count) return;
        if (child + 1 < list->count && is_worse(list, child + 1, child)) child++;
        if (!is_worse(list, child, at)) return;
        swap(list, child, at);
        at = child;
    }
}

static void rise(GivingShortlist *list, size_t at) {
    for (; at > 0 && is_worse(list, at, (at - 1) / 2); at = (at - 1) / 2)
        swap(list, at, (at - 1) / 2);
}

void giving_shortlist_add(GivingShortlist *list, const GivingCandidate *candidate) {
    if (candidate->size_bytes == 0 || candidate->size_bytes > list->space->size_bytes) return;
    if (list->count < list->room) {
        list->at[list->count++] = *candidate;
        rise(list, list->count - 1);
        return;
    }
    Rank new = rank_of(list->space, candidate), worst = rank_of(list->space, &list->at[0]);
    if (list->room == 0 || compare(&new, &worst) >= 0) return;
    list->at[0] = *candidate;
    sink(list);
}

/* --- filling --- */

typedef struct {
    Rank rank;
    const GivingCandidate *candidate;
    bool is_taken;
} Place;

static int compare_places(const void *a, const void *b) {
    return compare(&((const Place *)a)->rank, &((const Place *)b)->rank);
}

typedef struct {
    uint64_t left_bytes, waiting_left_bytes;
    size_t works_left;
} Room;

static bool take(Room *room, const GivingCandidate *candidate) {
    bool waits = candidate->seeders == 0;
    if (!room->works_left || candidate->size_bytes > room->left_bytes) return false;
    if (waits && candidate->size_bytes > room->waiting_left_bytes) return false;
    room->left_bytes -= candidate->size_bytes;
    if (waits) room->waiting_left_bytes -= candidate->size_bytes;
    room->works_left--;
    return true;
}

static uint64_t less(uint64_t whole, uint64_t part) { return whole > part ? whole - part : 0; }

GivingCandidate *giving_plan_pick(const GivingSpace *space, const GivingHeld *held,
                                  const GivingShortlist *list, Arena *arena, size_t *ret_count) {
    Place *places = arena_new(arena, Place, list->count + 1);
    for (size_t i = 0; i < list->count; i++)
        places[i] = (Place){rank_of(space, &list->at[i]), &list->at[i], false};
    if (list->count) qsort(places, list->count, sizeof *places, compare_places);
    Room room = {.left_bytes = less(space->size_bytes, held->used_bytes),
                 .waiting_left_bytes = less(space->size_bytes / WAITING_PART, held->waiting_bytes),
                 .works_left = space->works_max > held->works ? space->works_max - held->works : 0};
    for (int round = 0; round < 2; round++) {
        uint64_t largest = round == 0 ? space->size_bytes / LARGE_PART : UINT64_MAX;
        for (size_t i = 0; i < list->count; i++)
            if (!places[i].is_taken && places[i].candidate->size_bytes <= largest)
                places[i].is_taken = take(&room, places[i].candidate);
    }
    GivingCandidate *picked = arena_new(arena, GivingCandidate, list->count + 1);
    size_t count = 0;
    for (size_t i = 0; i < list->count; i++)
        if (places[i].is_taken) picked[count++] = *places[i].candidate;
    *ret_count = count;
    return picked;
}
