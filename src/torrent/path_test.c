#include "torrent/path.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/limits.h"

static void shows(const char *part, const char *shown) {
    Arena arena = arena_create(MIB);
    Str got = path_show(str_from_c(part), &arena);
    if (!str_equal(got, str_from_c(shown))) print_message("%s: %.*s\n", part, STR_PRINTF(got));
    assert_true(str_equal(got, str_from_c(shown)));
    arena_free(&arena);
}

static void ordinary_names_stay_as_they_are(void **state) {
    (void)state;
    const char *names[] = {"a",   "song.ogg",   ".hidden", "...",           "a b",
                           "été", "日本語.txt", "🐝.png",   "ن\xE2\x80\x8Cه"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) shows(names[i], names[i]);
}

static void dots_and_nothing_become_underscores(void **state) {
    (void)state;
    shows("", "_");
    shows(".", "_");
    shows("..", "__");
}

static void separators_become_underscores(void **state) {
    (void)state;
    shows("/etc/passwd", "_etc_passwd");
    shows("a\\b", "a_b");
    shows("../../x", ".._.._x");
}

static void controls_and_direction_marks_become_visible(void **state) {
    (void)state;
    shows("a\x1B[2Jb", "a\xEF\xBF\xBD[2Jb");
    shows("a\nb\x7F",
          "a\xEF\xBF\xBD"
          "b\xEF\xBF\xBD");
    shows("photo\xE2\x80\xAEgpj.exe", "photo\xEF\xBF\xBDgpj.exe");   /* U+202E */
    shows("\xE2\x81\xA6x\xE2\x81\xA9", "\xEF\xBF\xBDx\xEF\xBF\xBD"); /* U+2066, U+2069 */
    shows("\xE2\x80\x8Ex\xD8\x9C", "\xEF\xBF\xBDx\xEF\xBF\xBD");     /* U+200E, U+061C */
    shows(
        "a\xE2\x80\x8B"
        "b",
        "a\xEF\xBF\xBD"
        "b");                          /* U+200B */
    shows("\xC2\x85", "\xEF\xBF\xBD"); /* U+0085 */
}

static void bytes_that_are_not_utf8_become_visible(void **state) {
    (void)state;
    shows("\xFF", "\xEF\xBF\xBD");
    shows("\xC0\xAF", "\xEF\xBF\xBD\xEF\xBF\xBD");                 /* an overlong slash */
    shows("\xED\xA0\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"); /* half a surrogate pair */
    shows("a\xE2\x82", "a\xEF\xBF\xBD\xEF\xBF\xBD");               /* cut short */
}

static void words_keep_their_lines(void **state) {
    (void)state;
    Arena arena = arena_create(MIB);
    Str shown = path_show_words(STR("a/b\n\tc\x01"), &arena);
    assert_true(str_equal(shown, STR("a/b\n\tc\xEF\xBF\xBD")));
    assert_int_equal(path_show_words(STR(""), &arena).len, 0);
    arena_free(&arena);
}

static void parts_are_joined(void **state) {
    (void)state;
    Arena arena = arena_create(MIB);
    Text text = text_create(&arena, 100);
    path_add_part(&text, STR(".."));
    path_add_part(&text, STR("a/b"));
    path_add_part(&text, STR(""));
    assert_true(str_equal(text_str(&text), STR("__/a_b/_")));
    arena_free(&arena);
}

static void names_of_which_nothing_is_left_are_known(void **state) {
    (void)state;
    const char *nothing[] = {".", "..", "/", "/..", "\\.", "\xE2\x80\xAE", "//"};
    for (size_t i = 0; i < sizeof nothing / sizeof *nothing; i++)
        assert_true(path_is_nothing(str_from_c(nothing[i])));
    const char *something[] = {"", "...", "a", "_", "\xFF", "/a"};
    for (size_t i = 0; i < sizeof something / sizeof *something; i++)
        assert_false(path_is_nothing(str_from_c(something[i])));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ordinary_names_stay_as_they_are),
        cmocka_unit_test(dots_and_nothing_become_underscores),
        cmocka_unit_test(separators_become_underscores),
        cmocka_unit_test(controls_and_direction_marks_become_visible),
        cmocka_unit_test(bytes_that_are_not_utf8_become_visible),
        cmocka_unit_test(words_keep_their_lines),
        cmocka_unit_test(parts_are_joined),
        cmocka_unit_test(names_of_which_nothing_is_left_are_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
