#include "community/category.h"

#include "community/test.h"

static void categories_keep_their_numbers_and_codes(void **state) {
    (void)state;
    static const char *const codes[] = {"linux", "software",   "games", "data",
                                        "books", "audiobooks", "music", "podcasts",
                                        "video", "courses",    "maps",  "other"};
    for (unsigned i = 0; i < sizeof codes / sizeof *codes; i++) {
        const Category *category = category_find(str_from_c(codes[i]));
        assert_non_null(category);
        assert_int_equal(category->number, i + 1);
        assert_ptr_equal(category_by_number(i + 1), category);
        assert_null(category_parent(category));
    }
    assert_int_equal(category_find(STR("models-3d"))->number, 47);
    assert_null(category_find(STR("Linux")));
    assert_null(category_by_number(0));
    assert_null(category_by_number(CATEGORY_NUMBERS));
}

static void a_child_stands_behind_its_parent_and_no_deeper(void **state) {
    (void)state;
    const Category *last_parent = NULL;
    for (const Category *category = categories; category->code; category++) {
        assert_true(category->number > 0 && category->number < CATEGORY_NUMBERS);
        assert_ptr_equal(category_by_number(category->number), category);
        assert_ptr_equal(category_find(str_from_c(category->code)), category);
        assert_in_range(category->newznab, 2000, 8999);
        assert_true(category->newznab < 6000 || category->newznab >= 7000);
        assert_int_equal(category_custom(category), 100000 + category->number);
        if (!category->parent) last_parent = category;
        assert_ptr_equal(category_parent(category), category->parent ? last_parent : NULL);
        assert_true(category_is_in(category, last_parent));
        assert_true(category_is_in(category, category));
    }
    assert_false(category_is_in(category_find(STR("video")), category_find(STR("films-hd"))));
    assert_false(category_is_in(category_find(STR("films-sd")), category_find(STR("films-hd"))));
}

static void parents_count_what_stands_on_their_children(void **state) {
    (void)state;
    uint64_t counts[CATEGORY_NUMBERS] = {0};
    counts[9] = 1;  /* video */
    counts[38] = 5; /* films-hd */
    counts[41] = 7; /* documentaries */
    counts[13] = 2; /* linux-desktop */
    category_add_up(counts, CATEGORY_NUMBERS);
    assert_int_equal(counts[9], 13);
    assert_int_equal(counts[38], 5);
    assert_int_equal(counts[1], 2);
    uint64_t few[] = {0, 0, 0};
    category_add_up(few, 3); /* nothing beyond what there is room for */
    assert_int_equal(few[1], 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(categories_keep_their_numbers_and_codes),
        cmocka_unit_test(a_child_stands_behind_its_parent_and_no_deeper),
        cmocka_unit_test(parents_count_what_stands_on_their_children),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
