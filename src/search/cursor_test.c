#include "search/cursor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const SearchAsk plain = {.text = {"jazz", 4}, .category = SEARCH_ANY, .limit = 10};
static const Cursor last = {SEARCH_BY_SIZE, UINT64_MAX - 1, -5};

static void a_cursor_reads_back(void **state) {
    (void)state;
    Arena arena = arena_create(1 << 16);
    Cursor cursor = {0};
    assert_false(failed(cursor_parse(cursor_write(&last, &plain, &arena), &plain, &cursor)));
    assert_int_equal(cursor.sort, last.sort);
    assert_int_equal(cursor.key, last.key);
    assert_int_equal(cursor.id, last.id);
    arena_free(&arena);
}

static void the_page_length_may_change_underway(void **state) {
    (void)state;
    Arena arena = arena_create(1 << 16);
    SearchAsk longer = plain;
    longer.limit = 50;
    longer.facets = true;
    Cursor cursor;
    assert_false(failed(cursor_parse(cursor_write(&last, &plain, &arena), &longer, &cursor)));
    arena_free(&arena);
}

static void any_other_question_refuses_it(void **state) {
    (void)state;
    Arena arena = arena_create(1 << 16);
    Str text = cursor_write(&last, &plain, &arena);
    SearchAsk others[] = {plain, plain, plain, plain, plain, plain, plain};
    others[0].text = STR("jazzy");
    others[1].category = 1;
    others[2].license = STR("MIT");
    others[3].language = STR("MIT");
    others[4].sort = SEARCH_BY_SIZE;
    others[5].min_seeders = 1;
    others[6].after = 1;
    Cursor cursor = {.key = 42};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        Error e = cursor_parse(text, &others[i], &cursor);
        assert_string_equal(error_code(e), "cursor_foreign");
    }
    assert_int_equal(cursor.key, 42);
    arena_free(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cursor_reads_back),
        cmocka_unit_test(the_page_length_may_change_underway),
        cmocka_unit_test(any_other_question_refuses_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
