#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants those first */
#include <cmocka.h>

#include "probe/outcome.h"
#include "probing_turn.h"

static void every_outcome_that_is_kept_has_words(void **state) {
    (void)state;
    for (Outcome outcome = 0; outcome < OUTCOME_COUNT; outcome++) {
        bool kept = outcome != OUTCOME_TOO_SOON && outcome != OUTCOME_STOPPED;
        Str words = claim_words(outcome_code(outcome));
        if ((words.len > 0) != kept) print_error("%.*s\n", STR_PRINTF(outcome_code(outcome)));
        assert_int_equal(words.len > 0, kept);
    }
}

enum { START_MS = 5000000, HOUR_MS = 3600 * 1000 };

static void an_hour_never_holds_more_than_its_budget(void **state) {
    (void)state;
    Budget budget = {.per_hour = 120};
    size_t taken = 0;
    for (Milliseconds now = START_MS; now < START_MS + HOUR_MS; now += 700)
        taken += budget_take(&budget, 3, now);
    assert_in_range(taken, 115, 120 + 120 / 12);
}

static void a_budget_long_unused_gives_a_burst_and_no_more(void **state) {
    (void)state;
    Budget budget = {.per_hour = 120};
    assert_int_equal(budget_take(&budget, 1000, START_MS), 10);
    assert_int_equal(budget_take(&budget, 1000, START_MS), 0);
    assert_int_equal(budget_take(&budget, 1000, START_MS + 100 * (Milliseconds)HOUR_MS), 10);
    Budget small = {.per_hour = 1};
    assert_int_equal(budget_take(&small, 5, START_MS), 1);
    assert_int_equal(budget_take(&small, 5, START_MS + HOUR_MS / 2), 0);
    assert_int_equal(budget_take(&small, 5, START_MS + HOUR_MS), 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_outcome_that_is_kept_has_words),
        cmocka_unit_test(an_hour_never_holds_more_than_its_budget),
        cmocka_unit_test(a_budget_long_unused_gives_a_burst_and_no_more),
    };
    return cmocka_run_group_tests_name("probing", tests, NULL, NULL);
}
