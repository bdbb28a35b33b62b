#include "http/deadline.h"

#include <setjmp.h>
#include <stdarg.h>
/* cmocka wants the three above first */
#include <cmocka.h>

static void the_oldest_expires_first_and_not_early(void **state) {
    (void)state;
    DeadlineList list = {.span_ms = 100};
    Deadline a = {0}, b = {0};
    deadline_arm(&a, &list, 1000);
    deadline_arm(&b, &list, 1001);
    assert_null(deadline_expired(&list, 1099));
    assert_ptr_equal(deadline_expired(&list, 1100), &a);
    deadline_disarm(&a);
    assert_null(deadline_expired(&list, 1100));
    assert_ptr_equal(deadline_expired(&list, 1101), &b);
}

static void arming_anew_moves_to_the_end(void **state) {
    (void)state;
    DeadlineList list = {.span_ms = 100}, other = {.span_ms = 5};
    Deadline a = {0}, b = {0}, c = {0};
    deadline_arm(&a, &list, 0);
    deadline_arm(&b, &list, 1);
    deadline_arm(&c, &list, 2);
    deadline_arm(&b, &list, 50);
    assert_ptr_equal(list.last, &b);
    deadline_arm(&a, &other, 50);
    assert_ptr_equal(list.first, &c);
    assert_ptr_equal(deadline_expired(&other, 55), &a);
}

static void disarming_twice_is_fine(void **state) {
    (void)state;
    DeadlineList list = {.span_ms = 1};
    Deadline a = {0};
    deadline_disarm(&a);
    deadline_arm(&a, &list, 0);
    deadline_disarm(&a);
    deadline_disarm(&a);
    assert_null(list.first);
    assert_null(list.last);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_oldest_expires_first_and_not_early),
        cmocka_unit_test(arming_anew_moves_to_the_end),
        cmocka_unit_test(disarming_twice_is_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
