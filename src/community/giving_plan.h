/* giving_plan.h — which works to put into a space somebody gives, so that it does the most good.
 * Pure, and the same from the same, in whatever order the works come.
 *   Order: works with one seeder, then two, and so on; those nobody shares just now come last, for
 *   they can only be waited for. Plans a work is in already count as seeders, two at most. Among
 *   equals chance decides, by a key of the plan: two plans take different works, one plan always
 *   the same.
 *   Filling: down that order, each work that fits and takes no more than half the space; then
 *   whatever still fits. Works that wait take at most a quarter together.
 *   Keeping: a work stays until it is gone, or had seeders enough for GIVING_WELL_S without a
 *   break. How many are enough differs from plan to plan, so that not all let go at once. */
#pragma once
#include "base/arena.h"
#include "base/clock.h"
#include "base/digest.h"

enum {
    GIVING_ENOUGH_SEEDERS = 5, /* at least; up to 3 more by chance */
    GIVING_WELL_S = 14 * 24 * 3600,
    GIVING_PLEDGES_COUNTED_MAX = 2,
};

typedef struct {
    uint8_t key[SIPHASH_KEY_BYTES]; /* of the plan */
    uint64_t size_bytes;
    size_t works_max;
} GivingSpace;

typedef struct {
    int64_t id;
    uint64_t size_bytes;
    uint32_t seeders;
    uint32_t pledges; /* other plans it is in */
} GivingCandidate;

/* The best of many, a few at a time: add them all, then they are in `at`, in no order. */
typedef struct {
    const GivingSpace *space;
    GivingCandidate *at;
    size_t count, room;
} GivingShortlist;
GivingShortlist giving_shortlist(const GivingSpace *space, size_t room, Arena *arena);
void giving_shortlist_add(GivingShortlist *list, const GivingCandidate *candidate);

uint32_t giving_plan_enough(const GivingSpace *space, int64_t id); /* seeders */

/* What the plan holds already. */
typedef struct {
    uint64_t used_bytes, waiting_bytes; /* waiting: of works without seeder */
    size_t works;
} GivingHeld;
/* Candidates to take besides, by need; none of them may be held already. */
GivingCandidate *giving_plan_pick(const GivingSpace *space, const GivingHeld *held,
                                  const GivingShortlist *list, Arena *arena, size_t *ret_count);
