#include "base/language.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void an_unknown_sentence_is_shown_in_english(void **state) {
    (void)state;
    Str words = STR("A sentence nobody ever wrote.");
    assert_true(str_equal(language_translate(LANGUAGE_FR, words), words));
    assert_true(str_equal(language_translate_count(LANGUAGE_FR, STR("{} xx"), STR("{} xxs"), 2),
                          STR("{} xxs")));
}

static void a_known_sentence_is_translated(void **state) {
    (void)state;
    assert_true(str_equal(language_translate(LANGUAGE_FR, STR("Search")), STR("Rechercher")));
    assert_true(str_equal(language_translate(LANGUAGE_EN, STR("Search")), STR("Search")));
}

static void french_counts_zero_and_one_as_singular(void **state) {
    (void)state;
    Str one = STR("{} file"), many = STR("{} files");
    assert_true(str_equal(language_translate_count(LANGUAGE_FR, one, many, 0), STR("{} fichier")));
    assert_true(str_equal(language_translate_count(LANGUAGE_FR, one, many, 1), STR("{} fichier")));
    assert_true(str_equal(language_translate_count(LANGUAGE_FR, one, many, 2), STR("{} fichiers")));
    assert_true(str_equal(language_translate_count(LANGUAGE_EN, one, many, 0), STR("{} files")));
}

static Language accepted(const char *header) {
    return language_accepted(str_from_c(header), LANGUAGE_EN);
}

static void the_heaviest_accepted_language_wins(void **state) {
    (void)state;
    assert_int_equal(accepted("fr-CA,fr;q=0.9,en;q=0.8"), LANGUAGE_FR);
    assert_int_equal(accepted("de, en;q=0.5, fr;q=0.7"), LANGUAGE_FR);
    assert_int_equal(accepted("fr;q=0.1, en;q=1.0"), LANGUAGE_EN);
    assert_int_equal(accepted("FR"), LANGUAGE_FR);
}

static void nonsense_leaves_the_default(void **state) {
    (void)state;
    assert_int_equal(accepted(""), LANGUAGE_EN);
    assert_int_equal(accepted("fr;q=0"), LANGUAGE_EN);
    assert_int_equal(accepted("fr;q=banana"), LANGUAGE_EN);
    assert_int_equal(accepted(",,;;=q,*"), LANGUAGE_EN);
    assert_int_equal(language_accepted(STR("de"), LANGUAGE_FR), LANGUAGE_FR);
}

static void codes_are_read_exactly(void **state) {
    (void)state;
    Language language = LANGUAGE_EN;
    assert_true(language_parse(STR("fr"), &language));
    assert_int_equal(language, LANGUAGE_FR);
    assert_false(language_parse(STR("FR"), &language));
    assert_false(language_parse(STR("fra"), &language));
    assert_string_equal(language_code(LANGUAGE_FR), "fr");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_unknown_sentence_is_shown_in_english),
        cmocka_unit_test(a_known_sentence_is_translated),
        cmocka_unit_test(french_counts_zero_and_one_as_singular),
        cmocka_unit_test(the_heaviest_accepted_language_wins),
        cmocka_unit_test(nonsense_leaves_the_default),
        cmocka_unit_test(codes_are_read_exactly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
