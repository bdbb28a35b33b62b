#include "search/best.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { OFFERS = 6000 };

static int compare(const void *a, const void *b) {
    return ranked_before(*(const Ranked *)a, *(const Ranked *)b) ? -1 : 1;
}

/* Keys up to `keys` only, so that many are equal; by turns rising, falling and in no order. */
static void check(size_t wanted, uint64_t keys, int order) {
    static Ranked all[OFFERS];
    Arena arena = arena_create(1 << 20);
    uint64_t random = wanted * 31 + keys;
    for (size_t i = 0; i < OFFERS; i++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        all[i] = (Ranked){(random >> 33) % keys, (int64_t)(i * 7919 % OFFERS), 0, (uint32_t)i};
    }
    if (order) qsort(all, OFFERS, sizeof *all, compare);
    Best best = best_create(wanted, &arena);
    for (size_t i = 0; i < OFFERS; i++) best_offer(&best, all[order < 0 ? OFFERS - 1 - i : i]);
    best_sort(&best);
    qsort(all, OFFERS, sizeof *all, compare);
    assert_int_equal(best.count, wanted);
    for (size_t i = 0; i < wanted; i++) {
        assert_int_equal(best.at[i].key, all[i].key);
        assert_int_equal(best.at[i].id, all[i].id);
    }
    arena_free(&arena);
}

static void the_first_are_kept_in_order_however_they_come(void **state) {
    (void)state;
    static const uint64_t keys[] = {1, 2, 50, UINT32_MAX};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        for (int order = -1; order <= 1; order++) {
            check(1, keys[i], order);
            check(50, keys[i], order);
            check(1500, keys[i], order);
        }
    }
}

static void fewer_than_wanted_are_all_kept(void **state) {
    (void)state;
    Arena arena = arena_create(1 << 20);
    Best best = best_create(10, &arena);
    best_sort(&best);
    assert_int_equal(best.count, 0);
    best_offer(&best, (Ranked){5, 1, 0, 0});
    best_offer(&best, (Ranked){5, 2, 0, 0});
    best_sort(&best);
    assert_int_equal(best.count, 2);
    assert_int_equal(best.at[0].id, 2);
    arena_free(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_are_kept_in_order_however_they_come),
        cmocka_unit_test(fewer_than_wanted_are_all_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
