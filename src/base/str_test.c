#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <cmocka.h>

static void assert_str(Str got, const char *expected) {
    assert_int_equal(got.len, strlen(expected));
    assert_memory_equal(got.at ? got.at : "", expected, got.len);
}

static void a_null_c_string_is_the_empty_string(void **state) {
    (void)state;
    assert_true(str_is_empty(str_from_c(NULL)));
    assert_true(str_equal(str_from_c(NULL), STR("")));
    assert_str(str_from_c("abc"), "abc");
}

static void equality_sees_length_case_and_nul(void **state) {
    (void)state;
    assert_true(str_equal(STR("a\0b"), STR("a\0b")));
    assert_false(str_equal(STR("a\0b"), STR("a\0c")));
    assert_false(str_equal(STR("a"), STR("A")));
    assert_true(str_equal_nocase(STR("Content-TYPE"), STR("content-type")));
    assert_false(str_equal_nocase(STR("ab"), STR("abc")));
    /* ASCII only: bytes 0xC9 and 0xE9 differ by 32 and stay different. */
    assert_false(str_equal_nocase(STR("\xC9"), STR("\xE9")));
    assert_false(str_equal_nocase(STR("["), STR("{")));
}

static void order_is_that_of_unsigned_bytes(void **state) {
    (void)state;
    assert_int_equal(str_compare(STR("abc"), STR("abc")), 0);
    assert_true(str_compare(STR("ab"), STR("abc")) < 0);
    assert_true(str_compare(STR("abc"), STR("ab")) > 0);
    assert_true(str_compare(STR("\x7f"), STR("\x80")) < 0);
    assert_true(str_compare((Str){0}, STR("a")) < 0);
    assert_int_equal(str_compare((Str){0}, STR("")), 0);
}

static void starts_and_ends_take_the_empty_string(void **state) {
    (void)state;
    assert_true(str_starts(STR("magnet:?"), STR("magnet:")));
    assert_false(str_starts(STR("mag"), STR("magnet:")));
    assert_true(str_starts_nocase(STR("Bearer x"), STR("bearer ")));
    assert_true(str_ends(STR("a.torrent"), STR(".torrent")));
    assert_false(str_ends(STR("torrent"), STR(".torrent")));
    assert_true(str_starts((Str){0}, (Str){0}));
    assert_true(str_ends(STR("a"), (Str){0}));
}

static void parts_are_clamped(void **state) {
    (void)state;
    assert_str(str_part(STR("hello"), 1, 3), "el");
    assert_str(str_part(STR("hello"), 3, 99), "lo");
    assert_str(str_part(STR("hello"), 3, 2), "");
    assert_str(str_part(STR("hello"), 99, 100), "");
    assert_str(str_skip(STR("hello"), 5), "");
    assert_str(str_skip(STR("hello"), SIZE_MAX), "");
    assert_str(str_part(STR("hello"), 0, STR_NONE), "hello");
}

static void trim_takes_white_space_off_both_ends_only(void **state) {
    (void)state;
    assert_str(str_trim(STR(" \t\r\n a b \v\f")), "a b");
    assert_str(str_trim(STR("   ")), "");
    assert_str(str_trim((Str){0}), "");
}

static void find_tells_the_first_place(void **state) {
    (void)state;
    assert_int_equal(str_find(STR("abcabc"), STR("ca")), 2);
    assert_int_equal(str_find(STR("abc"), STR("abcd")), STR_NONE);
    assert_int_equal(str_find(STR("abc"), (Str){0}), 0);
    assert_int_equal(str_find((Str){0}, STR("a")), STR_NONE);
    assert_int_equal(str_find_byte(STR("a\0b"), '\0'), 1);
    assert_int_equal(str_find_byte((Str){0}, 'a'), STR_NONE);
    assert_true(str_contains(STR("abc"), STR("bc")));
    assert_false(str_contains(STR("abc"), STR("cb")));
}

static void cut_walks_through_a_list(void **state) {
    (void)state;
    Str rest = STR("a,,b,");
    assert_str(str_cut(&rest, ','), "a");
    assert_str(str_cut(&rest, ','), "");
    assert_str(str_cut(&rest, ','), "b");
    assert_int_equal(rest.len, 0);
    rest = STR("alone");
    assert_str(str_cut(&rest, ','), "alone");
    assert_int_equal(rest.len, 0);
}

static void unsigned_numbers_are_whole_or_nothing(void **state) {
    (void)state;
    static const char *const wrong[] = {"",
                                        "-1",
                                        "+1",
                                        " 1",
                                        "1 ",
                                        "1.0",
                                        "0x1",
                                        "a",
                                        "18446744073709551616",
                                        "99999999999999999999"};
    uint64_t value = 7;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_false(str_to_u64(str_from_c(wrong[i]), &value));
    assert_int_equal(value, 7);
    assert_true(str_to_u64(STR("18446744073709551615"), &value));
    assert_true(value == UINT64_MAX);
    assert_true(str_to_u64(STR("007"), &value));
    assert_int_equal(value, 7);
}

static void signed_numbers_reach_both_ends(void **state) {
    (void)state;
    int64_t value = 7;
    assert_true(str_to_i64(STR("-9223372036854775808"), &value));
    assert_true(value == INT64_MIN);
    assert_true(str_to_i64(STR("9223372036854775807"), &value));
    assert_true(value == INT64_MAX);
    value = 7;
    assert_false(str_to_i64(STR("9223372036854775808"), &value));
    assert_false(str_to_i64(STR("-9223372036854775809"), &value));
    assert_false(str_to_i64(STR("-"), &value));
    assert_false(str_to_i64(STR("--1"), &value));
    assert_int_equal(value, 7);
}

static void utf8_is_taken_when_well_formed(void **state) {
    (void)state;
    assert_true(str_is_utf8((Str){0}));
    assert_true(str_is_utf8(STR("plain")));
    assert_true(str_is_utf8(STR("\xC2\x80 \xDF\xBF")));
    assert_true(str_is_utf8(STR("\xE0\xA0\x80 \xED\x9F\xBF \xEE\x80\x80")));
    assert_true(str_is_utf8(STR("\xF0\x90\x80\x80 \xF4\x8F\xBF\xBF")));
}

static void utf8_is_refused_when_malformed(void **state) {
    (void)state;
    assert_false(str_is_utf8(STR("\x80")));             /* a lone continuation */
    assert_false(str_is_utf8(STR("\xC0\xAF")));         /* overlong / */
    assert_false(str_is_utf8(STR("\xC1\xBF")));         /* overlong */
    assert_false(str_is_utf8(STR("\xE0\x9F\xBF")));     /* overlong */
    assert_false(str_is_utf8(STR("\xF0\x8F\xBF\xBF"))); /* overlong */
    assert_false(str_is_utf8(STR("\xED\xA0\x80")));     /* a surrogate */
    assert_false(str_is_utf8(STR("\xF4\x90\x80\x80"))); /* past U+10FFFF */
    assert_false(str_is_utf8(STR("\xF5\x80\x80\x80")));
    assert_false(str_is_utf8(STR("ok \xE2\x82"))); /* cut short */
    assert_false(str_is_utf8(STR("\xC3(")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_null_c_string_is_the_empty_string),
        cmocka_unit_test(equality_sees_length_case_and_nul),
        cmocka_unit_test(order_is_that_of_unsigned_bytes),
        cmocka_unit_test(starts_and_ends_take_the_empty_string),
        cmocka_unit_test(parts_are_clamped),
        cmocka_unit_test(trim_takes_white_space_off_both_ends_only),
        cmocka_unit_test(find_tells_the_first_place),
        cmocka_unit_test(cut_walks_through_a_list),
        cmocka_unit_test(unsigned_numbers_are_whole_or_nothing),
        cmocka_unit_test(signed_numbers_reach_both_ends),
        cmocka_unit_test(utf8_is_taken_when_well_formed),
        cmocka_unit_test(utf8_is_refused_when_malformed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
