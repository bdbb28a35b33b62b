#include "community/list.h"

#include "community/test.h"

static Arena arena;

static TorrentListAsk parse(const ListWords *words, ErrorList *ret_errors) {
    TorrentListAsk ask;
    *ret_errors = (ErrorList){.arena = &arena};
    list_words_parse(words, ret_errors, &ask);
    return ask;
}

static void sizes_are_read_as_people_write_them(void **state) {
    (void)state;
    const struct {
        const char *text;
        uint64_t bytes;
    } sizes[] = {{"0", 0},
                 {"1048576", 1048576},
                 {"700 MB", 700000000},
                 {"1.5GiB", 1610612736},
                 {"1,5 Gio", 1610612736},
                 {" 2k ", 2000},
                 {"3 o", 3},
                 {"4 B", 4}};
    ErrorList errors;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        ListWords words = {.min_size = str_from_c(sizes[i].text)};
        assert_true(parse(&words, &errors).ask.min_size == sizes[i].bytes);
        assert_int_equal(errors.count, 0);
    }
    static const char *const bad[] = {"much",  "-1", "1 lightyear", "1..5", "9999999999999999999",
                                      "5 MBX", "GB"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ListWords words = {.max_size = str_from_c(bad[i])};
        (void)parse(&words, &errors);
        assert_int_equal(errors.count, 1);
        assert_string_equal(errors.at[0].field, "max_size");
    }
}

static void every_fault_is_told_and_the_rest_stands(void **state) {
    (void)state;
    ErrorList errors;
    ListWords words = {.q = STR("harbour"),
                       .category = STR("ships"),
                       .license = STR("none"),
                       .after = STR("yesterday"),
                       .before = STR("2026-11-23"),
                       .sort = STR("beauty")};
    TorrentListAsk ask = parse(&words, &errors);
    assert_int_equal(errors.count, 4);
    check_str(ask.ask.text, "harbour");
    assert_int_equal(ask.ask.category, SEARCH_ANY);
    assert_int_equal(ask.ask.before, 1795392000);
    assert_int_equal(ask.ask.limit, LIST_PAGE_STANDARD);
}

static void good_words_become_the_question(void **state) {
    (void)state;
    ErrorList errors;
    ListWords words = {
        .category = STR("music"), .license = STR("cc0"), .sort = STR("seeders"), .limit = 1000};
    TorrentListAsk ask = parse(&words, &errors);
    assert_int_equal(errors.count, 0);
    assert_int_equal(ask.ask.category, 7);
    check_str(ask.ask.license, "CC0-1.0");
    assert_int_equal(ask.ask.sort, SEARCH_BY_SEEDERS);
    assert_int_equal(ask.ask.limit, LIST_PAGE_MAX);
}

int main(void) {
    arena = arena_create(MIB);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_are_read_as_people_write_them),
        cmocka_unit_test(every_fault_is_told_and_the_rest_stands),
        cmocka_unit_test(good_words_become_the_question),
    };
    int result = cmocka_run_group_tests(tests, NULL, NULL);
    arena_free(&arena);
    return result;
}
