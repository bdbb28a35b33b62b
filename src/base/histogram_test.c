#include "base/histogram.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void each_length_is_counted_under_the_first_bound_that_holds_it(void **state) {
    (void)state;
    Histogram histogram = {0};
    for (size_t i = 0; i < HISTOGRAM_BOUNDS; i++) {
        histogram_note(&histogram, histogram_bounds_us[i]);
        histogram_note(&histogram, histogram_bounds_us[i] + 1);
        if (i > 0) assert_true(histogram_bounds_us[i] > histogram_bounds_us[i - 1]);
    }
    histogram_note(&histogram, INT64_MAX / 4);
    histogram_note(&histogram, -5); /* a clock that went back */
    HistogramCounts read = histogram_read(&histogram);
    assert_int_equal(read.counts[0], 2);
    for (size_t i = 1; i < HISTOGRAM_BOUNDS; i++) assert_int_equal(read.counts[i], 2);
    assert_int_equal(read.counts[HISTOGRAM_BOUNDS], 2);
    assert_true(read.sum_us > INT64_MAX / 4);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_length_is_counted_under_the_first_bound_that_holds_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
