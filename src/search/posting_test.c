#include "search/posting.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void what_was_added_is_read_back(void **state) {
    (void)state;
    PostingList list = {0};
    const Occurrence first[] = {{0, FIELD_TITLE}, {5, FIELD_TITLE}, {1u << 31, FIELD_FILE}};
    const Occurrence second[] = {{127, FIELD_DESCRIPTION}, {128, FIELD_DESCRIPTION}};
    posting_add(&list, 0, first, 3);
    posting_add(&list, 1, NULL, 0);
    posting_add(&list, 4000000000u, second, 2);
    PostingCursor cursor = posting_cursor(&list);
    assert_true(posting_next(&cursor));
    assert_int_equal(cursor.document, 0);
    assert_int_equal(cursor.fields, 1 << FIELD_TITLE | 1 << FIELD_FILE);
    OccurrenceCursor at = posting_occurrences(&cursor);
    for (int i = 0; i < 3; i++) {
        assert_true(occurrence_next(&at));
        assert_int_equal(at.occurrence.position, first[i].position);
        assert_int_equal(at.occurrence.field, first[i].field);
    }
    assert_false(occurrence_next(&at));
    assert_true(posting_next(&cursor));
    assert_int_equal(cursor.fields, 0);
    at = posting_occurrences(&cursor);
    assert_false(occurrence_next(&at));
    assert_true(posting_next(&cursor));
    assert_int_equal(cursor.document, 4000000000u);
    at = posting_occurrences(&cursor);
    assert_true(occurrence_next(&at) && at.occurrence.position == 127);
    assert_true(occurrence_next(&at) && at.occurrence.position == 128);
    assert_false(posting_next(&cursor));
    posting_list_free(&list);
}

static void a_single_place_takes_five_bytes(void **state) {
    (void)state;
    PostingList list = {0};
    const Occurrence one = {9, FIELD_TITLE};
    for (uint32_t i = 0; i < 100; i++) posting_add(&list, i, &one, 1);
    assert_int_equal(list.count, 100);
    assert_int_equal(list.len, 500);
    posting_list_free(&list);
}

static void an_empty_list_has_nothing(void **state) {
    (void)state;
    PostingList list = {0};
    PostingCursor cursor = posting_cursor(&list);
    assert_false(posting_next(&cursor));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_added_is_read_back),
        cmocka_unit_test(a_single_place_takes_five_bytes),
        cmocka_unit_test(an_empty_list_has_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
