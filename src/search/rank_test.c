#include "search/rank.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const Seconds spring = 1714000000;

static uint64_t score(unsigned fields, uint32_t seeders, Seconds at) {
    return rank_score(rank_fields((uint8_t)fields), 1, seeders, at);
}

static void fields_stand_in_their_order(void **state) {
    (void)state;
    for (unsigned field = 0; field + 1 < FIELD_COUNT; field++)
        assert_true(score(1u << field, 0, spring) > score(1u << (field + 1), 0, spring));
    assert_true(score(3, 0, spring) > score(1, 0, spring));
}

static void the_living_stand_before_the_dead(void **state) {
    (void)state;
    assert_true(score(1, 1, spring) > score(1, 0, spring));
    assert_true(score(1, 64, spring) > score(1, 8, spring));
    assert_int_equal(score(1, 100000, spring), score(1, UINT32_MAX, spring));
}

static void age_keeps_two_works_in_order_for_ever(void **state) {
    (void)state;
    const Seconds year = 366 * 24 * 3600;
    assert_true(score(1, 0, spring) > score(1, 0, spring - year));
    assert_int_equal(score(1, 0, INT64_MIN), score(1, 0, 0));
    assert_true(score(1, 0, INT64_MAX) >= score(1, 0, spring));
}

static void words_are_averaged(void **state) {
    (void)state;
    uint32_t title = rank_fields(1 << FIELD_TITLE);
    assert_int_equal(rank_score(3 * title, 3, 5, spring), rank_score(title, 1, 5, spring));
    assert_true(rank_score(title, 2, 5, spring) < rank_score(title, 1, 5, spring));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_stand_in_their_order),
        cmocka_unit_test(the_living_stand_before_the_dead),
        cmocka_unit_test(age_keeps_two_works_in_order_for_ever),
        cmocka_unit_test(words_are_averaged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
