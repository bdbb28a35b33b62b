#include "search/rank.h"

#include "base/language.h"

#define HALF_YEAR_S ((Seconds)183 * 24 * 3600)
#define FIRST_DAY ((Seconds)946684800) /* 2000-01-01 */

enum { FINENESS = 32, HALF_YEARS_MAX = 200 };

const RankRow rank_table[RANK_COUNT] = {
    [RANK_TITLE] = {WORDS("a word of the title"), 64},
    [RANK_TAG] = {WORDS("a tag"), 40},
    [RANK_AUTHOR] = {WORDS("the author"), 32},
    [RANK_FILE] = {WORDS("a file name"), 16},
    [RANK_DESCRIPTION] = {WORDS("the description"), 6},
    [RANK_SEEDER_DOUBLING] = {WORDS("each doubling of the seeders"), 5},
    [RANK_SEEDER_DOUBLINGS_MAX] = {WORDS("doublings that count"), 10},
    [RANK_HALF_YEAR] = {WORDS("each half year newer"), 1},
};

uint32_t rank_fields(uint8_t fields) {
    uint32_t points = 0;
    for (unsigned field = 0; field < FIELD_COUNT; field++) {
        if (fields >> field & 1) points += rank_table[field].points;
    }
    return points;
}

static inline uint32_t doublings(uint32_t seeders) {
    uint32_t count = seeders ? 32 - (uint32_t)__builtin_clz(seeders) : 0;
    uint32_t most = rank_table[RANK_SEEDER_DOUBLINGS_MAX].points;
    return count < most ? count : most;
}

static inline uint32_t half_years(Seconds published_at) {
    if (published_at <= FIRST_DAY) return 0;
    Seconds count = (published_at - FIRST_DAY) / HALF_YEAR_S;
    return count < HALF_YEARS_MAX ? (uint32_t)count : HALF_YEARS_MAX;
}

static inline uint64_t score(uint32_t field_points, size_t words, uint32_t seeders,
                             Seconds published_at) {
    uint64_t text = words ? (uint64_t)field_points * FINENESS / words : 0;
    uint64_t alive = doublings(seeders) * rank_table[RANK_SEEDER_DOUBLING].points;
    uint64_t recent = half_years(published_at) * rank_table[RANK_HALF_YEAR].points;
    return text + (alive + recent) * FINENESS;
}

uint64_t rank_score(uint32_t field_points, size_t words, uint32_t seeders, Seconds published_at) {
    return score(field_points, words, seeders, published_at);
}

void rank_scores(RankedWork *works, size_t count, size_t words) {
    if (words == 1) {
        for (size_t i = 0; i < count; i++)
            works[i].key = score(works[i].points, 1, works[i].seeders, works[i].published_at);
        return;
    }
    for (size_t i = 0; i < count; i++)
        works[i].key = score(works[i].points, words, works[i].seeders, works[i].published_at);
}

uint64_t rank_most(Seconds published_at) { return score(0, 0, UINT32_MAX, published_at); }

uint64_t rank_points_needed(uint64_t key, uint64_t added, size_t words) {
    return key > added ? ((key - added) * words + FINENESS - 1) / FINENESS : 0;
}
