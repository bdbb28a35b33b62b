#include "community/plain_text.h"

#include "community/test.h"

static Arena arena;

static void a_line_loses_needless_space(void **state) {
    (void)state;
    Str line;
    assert_true(plain_text_line(STR("  two \t\r\n words  "), &arena, &line));
    check_str(line, "two words");
    assert_true(plain_text_line(STR(" \n "), &arena, &line));
    check_str(line, "");
}

static void letters_and_their_accents_become_one(void **state) {
    (void)state;
    Str line;
    assert_true(plain_text_line(STR("cafe\xCC\x81"), &arena, &line));
    check_str(line, "caf\xC3\xA9");
    check_str(plain_text_nfc(STR("\xFF\xFE"), &arena), "\xFF\xFE");
}

static void what_turns_the_text_around_is_refused(void **state) {
    (void)state;
    static const char *const bad[] = {
        "a\x01"
        "b",
        "a\x7F"
        "b",
        "\xE2\x80\xAE"
        "gpj.exe",
        "a\xE2\x81\xA6"
        "b",
        "a\xE2\x80\xA8"
        "b",
        "\xF3\xA0\x81\x81",
        "\xEE\x80\x80",
        "\xEF\xBF\xBF",
        "\xC0\xAF",
        "\xED\xA0\x80",
    };
    Str line = STR("untouched");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(plain_text_line(str_from_c(bad[i]), &arena, &line));
        assert_false(plain_text_lines(str_from_c(bad[i]), &arena, &line));
    }
    check_str(line, "untouched");
}

static void what_has_no_width_is_left_out(void **state) {
    (void)state;
    Str line;
    assert_true(plain_text_line(STR("\xEF\xBB\xBF"
                                    "a\xE2\x80\x8B\xC2\xAD"
                                    "b"),
                                &arena, &line));
    check_str(line, "ab");
    assert_true(plain_text_line(STR("\xC2\xA0\xE2\x80\x8D\xE2\xA0\x80"), &arena, &line));
    check_str(line, ""); /* nothing to see */
    assert_true(plain_text_line(STR("\xE2\x9C\x93"), &arena, &line));
    check_str(line, "\xE2\x9C\x93");
}

static void lines_end_in_one_way(void **state) {
    (void)state;
    Str lines;
    assert_true(plain_text_lines(STR("a\r\nb\rc\n\n\td\n"), &arena, &lines));
    check_str(lines, "a\nb\nc\n\n\td");
}

static void a_cut_is_never_inside_a_character(void **state) {
    (void)state;
    check_str(plain_text_shorten(STR("a\xC3\xA9z"), 2), "a");
    check_str(plain_text_shorten(STR("a\xC3\xA9z"), 3), "a\xC3\xA9");
    check_str(plain_text_shorten(STR("abc"), 3), "abc");
}

static void words_have_letters_of_any_script(void **state) {
    (void)state;
    assert_true(plain_text_is_word(STR("c++"), "+"));
    assert_true(plain_text_is_word(STR("\xE9\x9F\xB3\xE6\xA5\xBD"), ""));
    assert_false(plain_text_is_word(STR("a b"), "-"));
    assert_false(plain_text_is_word(STR(""), "-"));
    check_str(plain_text_lower(STR("\xC3\x89T\xC3\x89"), &arena), "\xC3\xA9t\xC3\xA9");
}

int main(void) {
    arena = arena_create(MIB);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_loses_needless_space),
        cmocka_unit_test(letters_and_their_accents_become_one),
        cmocka_unit_test(what_turns_the_text_around_is_refused),
        cmocka_unit_test(what_has_no_width_is_left_out),
        cmocka_unit_test(lines_end_in_one_way),
        cmocka_unit_test(a_cut_is_never_inside_a_character),
        cmocka_unit_test(words_have_letters_of_any_script),
    };
    int result = cmocka_run_group_tests(tests, NULL, NULL);
    arena_free(&arena);
    return result;
}
