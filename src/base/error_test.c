#include "base/error.h"

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

static void fine_is_not_a_failure(void **state) {
    assert_false(failed(OK));
    assert_int_equal(error_status(OK.kind), 200);
    assert_string_equal(error_code(OK), "");
    assert_int_equal(error_text(OK, *state).len, 0);
}

static void an_error_tells_its_status_code_and_words(void **state) {
    Error e = error(CONFLICT, "infohash_known", "This torrent is here already.");
    assert_true(failed(e));
    assert_int_equal(error_status(e.kind), 409);
    assert_string_equal(error_code(e), "infohash_known");
    assert_true(str_equal(error_text(e, *state), STR("This torrent is here already.")));
}

static void without_a_code_the_kind_gives_it(void **state) {
    Error e = error(NOT_FOUND, NULL, "Nothing is here.");
    assert_string_equal(error_code(e), "not_found");
    assert_int_equal(error_status(ERROR_UNLAWFUL), 451);
    assert_true(str_equal(error_text((Error){.kind = ERROR_BROKEN}, *state), STR("broken")));
}

static void braces_are_filled_in_order(void **state) {
    Error e = error_field(BAD_INPUT, "title", "too_long", "{} is longer than {} bytes.", STR("T{}"),
                          STR("250"));
    assert_string_equal(e.field, "title");
    assert_true(str_equal(error_text(e, *state), STR("T{} is longer than 250 bytes.")));
    assert_true(
        str_equal(error_fill(e, STR("a {} b {} c {} d"), *state), STR("a T{} b 250 c {} d")));
    assert_true(str_equal(error_fill(e, STR("none"), *state), STR("none")));
    assert_true(str_equal(error_fill(e, STR("{}{}"), *state), STR("T{}250")));
}

static Error fails_at(int place) {
    TRY(place == 1 ? error(BAD_REQUEST, "first", "One.") : OK);
    TRY(place == 2 ? error(BAD_REQUEST, "second", "Two.") : OK);
    return OK;
}

static void try_hands_the_first_failure_upward(void **state) {
    (void)state;
    assert_string_equal(error_code(fails_at(1)), "first");
    assert_string_equal(error_code(fails_at(2)), "second");
    assert_false(failed(fails_at(3)));
}

static void a_list_keeps_every_fault_in_order(void **state) {
    ErrorList list = {.arena = *state};
    assert_false(failed(error_list_first(&list)));
    error_list_add(&list, OK);
    assert_int_equal(list.count, 0);
    for (int i = 0; i < 100; i++)
        error_list_add(&list, i % 2 ? error_field(BAD_INPUT, "title", "too_long", "Long.")
                                    : error(CONFLICT, "known", "Known."));
    assert_int_equal(list.count, 100);
    assert_string_equal(error_code(error_list_first(&list)), "known");
    assert_ptr_equal(error_list_find(&list, "title"), &list.at[1]);
    assert_null(error_list_find(&list, "license"));
}

static void every_kind_has_a_status_of_http(void **state) {
    (void)state;
    for (int kind = ERROR_NONE + 1; kind <= ERROR_UNAVAILABLE; kind++) {
        assert_in_range(error_status((ErrorKind)kind), 400, 599);
        assert_true(strlen(error_code((Error){.kind = (ErrorKind)kind})) > 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(fine_is_not_a_failure, start, stop),
        cmocka_unit_test_setup_teardown(an_error_tells_its_status_code_and_words, start, stop),
        cmocka_unit_test_setup_teardown(without_a_code_the_kind_gives_it, start, stop),
        cmocka_unit_test_setup_teardown(braces_are_filled_in_order, start, stop),
        cmocka_unit_test(try_hands_the_first_failure_upward),
        cmocka_unit_test_setup_teardown(a_list_keeps_every_fault_in_order, start, stop),
        cmocka_unit_test(every_kind_has_a_status_of_http),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
