/* rank.h — what makes one work stand before another when both match.
 * score = points of the fields each word is found in, averaged over the words
 *       + points for being alive + points for being recent.
 * Whole numbers only, so that an order never depends on a machine. Age counts from a fixed day:
 * all works lose it at the same pace, so pages stay in order while time passes. Ties go to the
 * newest id. The table below is all there is to know; a page prints it. */
#pragma once
#include "base/clock.h"
#include "search/posting.h"

typedef struct {
    const char *name; /* for the page that explains the order */
    uint32_t points;
} RankRow;

typedef enum {
    RANK_TITLE, /* the first ones in the order of Field */
    RANK_TAG,
    RANK_AUTHOR,
    RANK_FILE,
    RANK_DESCRIPTION,
    RANK_SEEDER_DOUBLING, /* each time the number of seeders doubles */
    RANK_SEEDER_DOUBLINGS_MAX,
    RANK_HALF_YEAR, /* newer by as much */
    RANK_COUNT,
} RankPart;

extern const RankRow rank_table[RANK_COUNT];

/* One word found in these fields (bit per Field). */
uint32_t rank_fields(uint8_t fields);
/* `field_points`: the sum of rank_fields over the words; `words`: how many were asked for. */
uint64_t rank_score(uint32_t field_points, size_t words, uint32_t seeders, Seconds published_at);

typedef struct {
    uint64_t key; /* as rank_score gives it */
    uint32_t points, seeders, published_at;
} RankedWork;
/* The most that seeders and age can add, for works published up to then; and how many points a
 * work needs at least to be worth `key` with so much added. */
uint64_t rank_most(Seconds published_at);
uint64_t rank_points_needed(uint64_t key, uint64_t added, size_t words);
void rank_scores(RankedWork *works, size_t count, size_t words); /* of many at once */
