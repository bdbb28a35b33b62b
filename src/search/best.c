#include "search/best.h"

enum { ROOM_MIN = 1024, ROOM_TIMES = 4 };

Best best_create(size_t wanted, Arena *arena) {
    size_t room = wanted * ROOM_TIMES > ROOM_MIN ? wanted * ROOM_TIMES : ROOM_MIN;
    return (Best){.at = arena_new(arena, Ranked, room), .room = room, .wanted = wanted};
}

static void swap(Ranked *a, Ranked *b) {
    Ranked kept = *a;
    *a = *b;
    *b = kept;
}

/* The middle one of three, so that sorted offers are no worst case. */
static Ranked choose_pivot(Ranked a, Ranked b, Ranked c) {
    if (ranked_before(b, a)) swap(&a, &b);
    if (ranked_before(c, b)) swap(&b, &c);
    return ranked_before(b, a) ? a : b;
}

/* Puts the first `wanted` of them in front, in no order. */
static void select_first(Ranked *at, size_t count, size_t wanted) {
    while (count > 1 && wanted < count) {
        Ranked pivot = choose_pivot(at[0], at[count / 2], at[count - 1]);
        size_t low = 0, high = count - 1;
        while (low <= high) {
            while (ranked_before(at[low], pivot)) low++;
            while (ranked_before(pivot, at[high])) high--;
            if (low > high) break;
            swap(&at[low++], &at[high]);
            if (high-- == 0) break;
        }
        if (wanted <= low) {
            count = low < count ? low : count - 1; /* a greatest pivot is in its place */
        } else {
            at += low;
            count -= low;
            wanted -= low;
        }
    }
}

void best_cut(Best *best) {
    if (best->count <= best->wanted) return;
    select_first(best->at, best->count, best->wanted);
    best->count = best->wanted;
    best->full = true;
    for (size_t i = 0; i < best->count; i++) {
        if (i == 0 || ranked_before(best->worst, best->at[i])) best->worst = best->at[i];
    }
}

static int compare_ranked(const void *a, const void *b) {
    const Ranked *x = a, *y = b;
    return ranked_before(*x, *y) ? -1 : ranked_before(*y, *x);
}

void best_sort(Best *best) {
    best_cut(best);
    if (best->count) qsort(best->at, best->count, sizeof *best->at, compare_ranked);
}
