/* The planner against what it promises, on many made-up catalogues. */
#include "community/giving_plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants those first */
#include <cmocka.h>
#include <stdlib.h>

enum { ROUNDS = 300, WORKS_MOST = 400, SHORT = 256 };
static const uint64_t GB = 1000000000;

static uint64_t next(uint64_t *seed) {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

typedef struct {
    Arena arena;
    uint64_t seed;
    GivingSpace space;
    GivingCandidate *works;
    size_t count;
} Case;

static Case case_make(uint64_t seed) {
    Case it = {.arena = arena_create(16 << 20), .seed = seed * 7919 + 1};
    for (int i = 0; i < 5; i++) next(&it.seed);
    it.count = next(&it.seed) % WORKS_MOST;
    it.works = arena_new(&it.arena, GivingCandidate, it.count + 1);
    for (size_t i = 0; i < it.count; i++)
        it.works[i] = (GivingCandidate){.id = (int64_t)i + 1,
                                        .size_bytes = 1 + next(&it.seed) % (uint64_t)(20 * GB),
                                        .seeders = (uint32_t)(next(&it.seed) % 4),
                                        .pledges = (uint32_t)(next(&it.seed) % 5)};
    it.space = (GivingSpace){.size_bytes = 1 + next(&it.seed) % (500 * GB),
                             .works_max = 1 + next(&it.seed) % 200};
    for (int i = 0; i < SIPHASH_KEY_BYTES; i++) it.space.key[i] = (uint8_t)next(&it.seed);
    return it;
}

static GivingShortlist shortlist(Case *it, const GivingSpace *space) {
    GivingShortlist list = giving_shortlist(space, SHORT, &it->arena);
    for (size_t i = 0; i < it->count; i++) giving_shortlist_add(&list, &it->works[i]);
    return list;
}

static GivingCandidate *pick(Case *it, const GivingSpace *space, size_t *ret_count) {
    GivingShortlist list = shortlist(it, space);
    return giving_plan_pick(space, &(GivingHeld){0}, &list, &it->arena, ret_count);
}

static uint32_t need_of(const GivingCandidate *work) {
    uint32_t pledges = work->pledges > 2 ? 2 : work->pledges;
    return work->seeders ? work->seeders + pledges : UINT32_MAX;
}

static bool is_picked(const GivingCandidate *picked, size_t count, int64_t id) {
    for (size_t i = 0; i < count; i++)
        if (picked[i].id == id) return true;
    return false;
}

static void it_never_takes_more_than_the_space(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= ROUNDS; seed++) {
        Case it = case_make(seed);
        GivingHeld held = {.used_bytes = next(&it.seed) % (it.space.size_bytes * 2),
                           .works = next(&it.seed) % 20};
        held.waiting_bytes = held.used_bytes / 2;
        GivingShortlist list = shortlist(&it, &it.space);
        size_t count;
        GivingCandidate *picked = giving_plan_pick(&it.space, &held, &list, &it.arena, &count);
        uint64_t sum = 0, waiting = 0;
        for (size_t i = 0; i < count; i++) {
            sum += picked[i].size_bytes;
            if (!picked[i].seeders) waiting += picked[i].size_bytes;
        }
        if (count) assert_true(held.used_bytes + sum <= it.space.size_bytes);
        if (waiting) assert_true(held.waiting_bytes + waiting <= it.space.size_bytes / 4);
        assert_true(count == 0 || held.works + count <= it.space.works_max);
        arena_free(&it.arena);
    }
}

/* A work left out would not have fitted even if nothing less needy had been taken; of those that
 * are needed alike the order is chance. */
static void the_needier_work_goes_first(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= ROUNDS; seed++) {
        Case it = case_make(seed);
        size_t count;
        GivingCandidate *picked = pick(&it, &it.space, &count);
        if (it.count > SHORT || count == it.space.works_max) {
            arena_free(&it.arena);
            continue;
        }
        for (size_t i = 0; i < it.count; i++) {
            const GivingCandidate *out = &it.works[i];
            if (is_picked(picked, count, out->id) || !out->seeders) continue;
            uint64_t needier = 0, all = 0;
            for (size_t j = 0; j < count; j++) {
                all += picked[j].size_bytes;
                if (need_of(&picked[j]) <= need_of(out)) needier += picked[j].size_bytes;
            }
            assert_true(all + out->size_bytes > it.space.size_bytes);
            if (out->size_bytes <= it.space.size_bytes / 2)
                assert_true(needier + out->size_bytes > it.space.size_bytes);
        }
        arena_free(&it.arena);
    }
}

static int by_lot(const void *a, const void *b) {
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return (left > right) - (left < right);
}

static void the_order_of_the_works_makes_no_difference(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= ROUNDS; seed++) {
        Case it = case_make(seed);
        size_t first_count, second_count;
        GivingCandidate *first = pick(&it, &it.space, &first_count);
        for (size_t i = it.count; i > 1; i--) {
            size_t other = next(&it.seed) % i;
            GivingCandidate kept = it.works[i - 1];
            it.works[i - 1] = it.works[other];
            it.works[other] = kept;
        }
        GivingCandidate *second = pick(&it, &it.space, &second_count);
        assert_int_equal(first_count, second_count);
        for (size_t i = 0; i < first_count; i++) assert_int_equal(first[i].id, second[i].id);
        arena_free(&it.arena);
    }
}

/* The shortlist is what sorting everything would put in front. */
static void the_shortlist_holds_the_best(void **state) {
    (void)state;
    Case it = case_make(3);
    enum { MANY = 3000, FEW = 50 };
    it.space.size_bytes = 1000 * GB;
    GivingShortlist all = giving_shortlist(&it.space, MANY, &it.arena),
                    few = giving_shortlist(&it.space, FEW, &it.arena);
    for (int i = 0; i < MANY; i++) {
        GivingCandidate work = {.id = i + 1, .size_bytes = 1, .seeders = 1 + (uint32_t)i % 3};
        giving_shortlist_add(&all, &work);
        giving_shortlist_add(&few, &work);
    }
    assert_int_equal(few.count, FEW);
    GivingSpace small = it.space;
    small.works_max = FEW;
    size_t count;
    GivingCandidate *best = giving_plan_pick(&small, &(GivingHeld){0}, &all, &it.arena, &count);
    assert_int_equal(count, FEW);
    uint64_t wanted[FEW], got[FEW];
    for (int i = 0; i < FEW; i++) {
        wanted[i] = (uint64_t)best[i].id;
        got[i] = (uint64_t)few.at[i].id;
        assert_int_equal(best[i].seeders, 1);
    }
    qsort(wanted, FEW, sizeof *wanted, by_lot);
    qsort(got, FEW, sizeof *got, by_lot);
    assert_memory_equal(wanted, got, sizeof wanted);
    GivingCandidate huge = {.id = 1, .size_bytes = it.space.size_bytes + 1, .seeders = 1};
    GivingShortlist empty = giving_shortlist(&it.space, FEW, &it.arena);
    giving_shortlist_add(&empty, &huge);
    assert_int_equal(empty.count, 0);
    arena_free(&it.arena);
}

/* A hundred plans over the same thousand works: each work is in about as many as any other. */
static void plans_do_not_all_take_the_same(void **state) {
    (void)state;
    enum { PLANS = 100, MANY = 1000, EACH = 100 };
    Arena arena = arena_create(64 << 20);
    unsigned plans_of[MANY] = {0};
    for (int plan = 0; plan < PLANS; plan++) {
        GivingSpace space = {.size_bytes = EACH, .works_max = MANY};
        space.key[0] = (uint8_t)plan;
        GivingShortlist list = giving_shortlist(&space, MANY, &arena);
        for (int i = 0; i < MANY; i++)
            giving_shortlist_add(&list,
                                 &(GivingCandidate){.id = i + 1, .size_bytes = 1, .seeders = 1});
        size_t count;
        GivingCandidate *picked = giving_plan_pick(&space, &(GivingHeld){0}, &list, &arena, &count);
        assert_int_equal(count, EACH);
        for (size_t i = 0; i < count; i++) plans_of[picked[i].id - 1]++;
    }
    unsigned none = 0, most = 0;
    for (int i = 0; i < MANY; i++) {
        none += plans_of[i] == 0;
        if (plans_of[i] > most) most = plans_of[i];
    }
    assert_true(none < 3);  /* by chance alone 1000 * 0.9 ^ 100 = 0.03 */
    assert_true(most < 30); /* 10 on average */
    arena_free(&arena);
}

/* One work more, less or changed moves few others, even in a plan made anew. */
static void a_small_change_moves_little(void **state) {
    (void)state;
    size_t moved = 0, whole = 0;
    for (uint64_t seed = 1; seed <= ROUNDS; seed++) {
        Case it = case_make(seed);
        if (it.count < 10) {
            arena_free(&it.arena);
            continue;
        }
        size_t before_count, after_count;
        GivingCandidate *before = pick(&it, &it.space, &before_count);
        it.works[next(&it.seed) % it.count].seeders ^= 1;
        GivingCandidate *after = pick(&it, &it.space, &after_count);
        for (size_t i = 0; i < before_count; i++)
            moved += !is_picked(after, after_count, before[i].id);
        whole += before_count;
        arena_free(&it.arena);
    }
    assert_true(whole > 1000);
    assert_true(moved * 20 < whole); /* less than one in twenty */
}

static void enough_differs_from_plan_to_plan(void **state) {
    (void)state;
    unsigned seen[4] = {0};
    for (int plan = 0; plan < 100; plan++) {
        GivingSpace space = {.key = {(uint8_t)plan}};
        uint32_t enough = giving_plan_enough(&space, 7);
        assert_in_range(enough, GIVING_ENOUGH_SEEDERS, GIVING_ENOUGH_SEEDERS + 3);
        assert_int_equal(enough, giving_plan_enough(&space, 7));
        seen[enough - GIVING_ENOUGH_SEEDERS]++;
    }
    for (int i = 0; i < 4; i++) assert_true(seen[i] > 5);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_never_takes_more_than_the_space),
        cmocka_unit_test(the_needier_work_goes_first),
        cmocka_unit_test(the_order_of_the_works_makes_no_difference),
        cmocka_unit_test(the_shortlist_holds_the_best),
        cmocka_unit_test(plans_do_not_all_take_the_same),
        cmocka_unit_test(a_small_change_moves_little),
        cmocka_unit_test(enough_differs_from_plan_to_plan),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
