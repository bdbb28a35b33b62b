#include "search/spelling.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void distance_counts_letters_changed_added_dropped_and_swapped(void **state) {
    (void)state;
    static const struct {
        const char *a, *b;
        unsigned distance;
    } rows[] = {{"ubuntu", "ubuntu", 0},  {"ubunut", "ubuntu", 1},  {"ubunt", "ubuntu", 1},
                {"ubbuntu", "ubuntu", 1}, {"ibuntu", "ubuntu", 1},  {"debain", "debian", 1},
                {"dbeain", "debian", 2},  {"kitten", "sitting", 3}, {"", "abc", 3},
                {"日本", "日木", 1},      {"abc", "xyz", 3}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        Str a = str_from_c(rows[i].a), b = str_from_c(rows[i].b);
        assert_int_equal(spelling_distance(a, b, 3), rows[i].distance);
        assert_int_equal(spelling_distance(b, a, 3), rows[i].distance);
        if (rows[i].distance > 1) assert_int_equal(spelling_distance(a, b, 1), 2);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(distance_counts_letters_changed_added_dropped_and_swapped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
