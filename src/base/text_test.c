#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <cmocka.h>

#include "base/limits.h"

static int start(void **state) {
    static Arena arena;
    arena = arena_create(MIB);
    *state = &arena;
    return 0;
}

static int stop(void **state) {
    arena_free(*state);
    return 0;
}

static void pieces_are_joined(void **state) {
    Text text = text_create(*state, 100);
    text_add(&text, STR("a"));
    text_add_byte(&text, '-');
    text_add_u64(&text, 0);
    text_add(&text, (Str){0});
    text_add_u64(&text, UINT64_MAX);
    text_add_i64(&text, -1);
    text_add_i64(&text, INT64_MIN);
    text_print(&text, "[%s]", "x");
    assert_true(
        str_equal(text_str(&text), STR("a-018446744073709551615-1-9223372036854775808[x]")));
    assert_false(text.full);
}

static void growth_keeps_what_was_written(void **state) {
    Text text = text_create(*state, 100000);
    for (unsigned i = 0; i < 20000; i++) text_add_byte(&text, (char)('a' + i % 26));
    assert_int_equal(text.len, 20000);
    for (unsigned i = 0; i < 20000; i++) assert_int_equal(text.at[i], 'a' + i % 26);
}

static void its_maximum_may_be_filled_and_not_passed(void **state) {
    Text text = text_create(*state, 5);
    text_add(&text, STR("hello"));
    assert_false(text.full);
    text_add_byte(&text, '!');
    assert_true(text.full);
    assert_true(str_equal(text_str(&text), STR("hello")));
}

static void print_may_fill_the_maximum_too(void **state) {
    Text text = text_create(*state, 5);
    text_print(&text, "%s", "hello");
    assert_false(text.full);
    assert_true(str_equal(text_str(&text), STR("hello")));
    text_print(&text, "%s", "");
    assert_false(text.full);
    text_print(&text, "%d", 1);
    assert_true(text.full);
}

static void once_full_nothing_more_is_added(void **state) {
    Text text = text_create(*state, 4);
    text_add(&text, STR("abc"));
    text_add(&text, STR("de"));
    text_add(&text, STR("f"));
    assert_true(text.full);
    assert_true(str_equal(text_str(&text), STR("abc")));
    assert_null(text_extend(&text, 1));
}

static void a_maximum_of_nothing_takes_nothing(void **state) {
    Text text = text_create(*state, 0);
    text_add(&text, (Str){0});
    assert_false(text.full);
    text_add_byte(&text, 'a');
    assert_true(text.full);
    assert_int_equal(text_str(&text).len, 0);
}

static void extended_room_is_the_callers(void **state) {
    Text text = text_create(*state, 1000);
    memcpy(text_extend(&text, 300), (char[300]){'x'}, 300);
    text_add(&text, STR("y"));
    assert_int_equal(text.len, 301);
    assert_int_equal(text.at[0], 'x');
    assert_int_equal(text.at[300], 'y');
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(pieces_are_joined, start, stop),
        cmocka_unit_test_setup_teardown(growth_keeps_what_was_written, start, stop),
        cmocka_unit_test_setup_teardown(its_maximum_may_be_filled_and_not_passed, start, stop),
        cmocka_unit_test_setup_teardown(print_may_fill_the_maximum_too, start, stop),
        cmocka_unit_test_setup_teardown(once_full_nothing_more_is_added, start, stop),
        cmocka_unit_test_setup_teardown(a_maximum_of_nothing_takes_nothing, start, stop),
        cmocka_unit_test_setup_teardown(extended_room_is_the_callers, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
