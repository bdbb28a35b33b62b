/* best.h — the works that stand first of those offered.
 * Greater key first, then greater id. Keeps a multiple of what is asked for and cuts it down now
 * and then: the cost of an offer hangs neither on how many are kept nor on their order. */
#pragma once
#include "base/arena.h"

typedef struct {
    uint64_t key;
    int64_t id;
    uint32_t part, document; /* of a view */
} Ranked;

static inline bool ranked_before(Ranked a, Ranked b) {
    return a.key != b.key ? a.key > b.key : a.id > b.id;
}

typedef struct {
    Ranked *at;
    size_t count, room, wanted;
    Ranked worst; /* of `wanted` seen: what stands behind it is of no use */
    bool full;
} Best;

Best best_create(size_t wanted, Arena *arena);
void best_cut(Best *best);  /* to those wanted */
void best_sort(Best *best); /* and puts them in order */

static inline void best_offer(Best *best, Ranked ranked) {
    if (best->full && !ranked_before(ranked, best->worst)) return;
    best->at[best->count++] = ranked;
    if (best->count == best->room) best_cut(best);
}
