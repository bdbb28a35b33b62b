#include "search/fold.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void assert_folds(const char *text, const char *folded) {
    Arena arena = arena_create(1 << 20);
    assert_string_equal(str_c(&arena, fold_text(&arena, str_from_c(text))), folded);
    arena_free(&arena);
}

static void case_and_accents_do_not_matter(void **state) {
    (void)state;
    assert_folds("Élève ÇA Où Ñandú", "eleve ca ou nandu");
    assert_folds("E\xCC\x81le\xCC\x80ve", "eleve"); /* already taken apart */
    assert_folds("ΆΛΦΑ ёлка", "αλφα елка");
    assert_folds("Tiếng Việt", "tieng viet");
}

static void ligatures_and_stroked_letters_are_spelled_out(void **state) {
    (void)state;
    assert_folds("Œuvre cœur Æsir", "oeuvre coeur aesir");
    assert_folds("Straße STRAẞE", "strasse strasse");
    assert_folds("Øresund Łódź Þór", "oresund lodz thor");
    assert_folds("ﬁn", "fin");
}

static void widths_and_invisible_letters_do_not_matter(void **state) {
    (void)state;
    assert_folds("ＡＢＣ１２３", "abc123");
    assert_folds("soft\xC2\xADhyphen", "softhyphen");
    assert_folds("x²", "x2");
}

static void sounds_of_other_scripts_stay(void **state) {
    (void)state;
    assert_folds("がか", "がか");
    assert_folds("한국어", "한국어");
    assert_folds("हिन्दी", "हिन्दी");
}

static void bytes_that_are_not_text_become_spaces(void **state) {
    (void)state;
    assert_folds("a\xFF\xC3", "a  ");
    assert_folds("\xC3\xA9\xED\xA0\x80z", "e   z");
    Arena arena = arena_create(1 << 20);
    Str folded = fold_text(&arena, (Str){"\xC3\xA9\0b", 4});
    assert_true(str_equal(folded, STR("e b")));
    arena_free(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(case_and_accents_do_not_matter),
        cmocka_unit_test(ligatures_and_stroked_letters_are_spelled_out),
        cmocka_unit_test(widths_and_invisible_letters_do_not_matter),
        cmocka_unit_test(sounds_of_other_scripts_stay),
        cmocka_unit_test(bytes_that_are_not_text_become_spaces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
