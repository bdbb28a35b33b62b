#include "community/licence.h"

#include "community/category.h"
#include "community/test.h"

static void a_licence_is_found_whatever_its_case(void **state) {
    (void)state;
    assert_string_equal(licence_find(STR("cc-by-sa-4.0"))->id, "CC-BY-SA-4.0");
    assert_string_equal(licence_find(STR("CC-PDDC"))->id, "CC-PDM-1.0");
    assert_string_equal(licence_find(STR("GPL-2.0+"))->id, "GPL-2.0-or-later");
    assert_null(licence_find(STR("Proprietary")));
    assert_null(licence_find(STR("")));
}

static void every_licence_lets_people_share(void **state) {
    (void)state;
    for (const Licence *licence = licences; licence->id; licence++) {
        unsigned least = LICENCE_MAY_USE | LICENCE_MAY_SHARE;
        assert_int_equal(licence->terms & least, least);
        assert_true(str_starts(str_from_c(licence->url), STR("http")));
        assert_ptr_equal(licence_find(str_from_c(licence->id)), licence);
    }
}

static void terms_say_what_the_licence_says(void **state) {
    (void)state;
    assert_false(licence_find(STR("CC-BY-NC-4.0"))->terms & LICENCE_MAY_SELL);
    assert_false(licence_find(STR("CC-BY-ND-4.0"))->terms & LICENCE_MAY_CHANGE);
    assert_true(licence_find(STR("CC-BY-SA-3.0"))->terms & LICENCE_MUST_SHARE_ALIKE);
    assert_true(licence_find(STR("GPL-3.0-only"))->terms & LICENCE_MUST_GIVE_SOURCE);
    assert_false(licence_find(STR("CC0-1.0"))->terms & LICENCE_MUST_CREDIT);
    assert_false(licence_find(STR("OFL-1.1"))->terms & LICENCE_MAY_SELL);
}

static void the_attribution_names_all_four(void **state) {
    (void)state;
    Arena arena = arena_create(MIB);
    const Licence *licence = licence_find(STR("CC-BY-4.0"));
    check_str(
        licence_attribution(licence, STR("Tide"), STR("Ann"), STR("https://a.example/"), &arena),
        "\"Tide\", Ann, https://a.example/, Creative Commons Attribution 4.0 "
        "(https://creativecommons.org/licenses/by/4.0/).");
    check_str(licence_attribution(licence, STR("Tide"), STR("Ann"), STR("own"), &arena),
              "\"Tide\", Ann, Creative Commons Attribution 4.0 "
              "(https://creativecommons.org/licenses/by/4.0/).");
    arena_free(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_licence_is_found_whatever_its_case),
        cmocka_unit_test(every_licence_lets_people_share),
        cmocka_unit_test(terms_say_what_the_licence_says),
        cmocka_unit_test(the_attribution_names_all_four),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
