#include "search/suggest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "search/query.h"

static const char *const titles[] = {
    "Ubuntu desktop live image",
    "Ubuntu server image",
    "Ubuntu studio",
    "Debian live image",
    "Debian netinst",
    "Œuvres complètes de Molière",
    "Война и мир",
    "Umbrella of the universe",
    "日本語 の 本",
};

static Search *sample_create(void) {
    Search *search = search_create();
    for (size_t i = 0; i < 30 * (sizeof titles / sizeof *titles); i++) {
        SearchWork work = {.id = (int64_t)i + 1,
                           .title = str_from_c(titles[i / 30]),
                           .license = STR("CC0-1.0"),
                           .category = 1,
                           .uploader = STR("ada"),
                           .published_at = (Seconds)i + 1};
        search_put(search, &work);
    }
    return search;
}

typedef struct {
    Search *search;
    Arena arena;
} Fixture;

static int set_up(void **state) {
    Fixture *fixture = test_malloc(sizeof *fixture);
    fixture->search = sample_create();
    fixture->arena = arena_create(1 << 24);
    *state = fixture;
    return 0;
}

static int tear_down(void **state) {
    Fixture *fixture = *state;
    search_free(fixture->search);
    arena_free(&fixture->arena);
    test_free(fixture);
    return 0;
}

static void assert_words(const SuggestWord *words, size_t count, const char *expected) {
    char joined[1000] = "";
    size_t len = 0;
    for (size_t i = 0; i < count; i++)
        len += (size_t)snprintf(joined + len, sizeof joined - len, "%s%.*s:%d", i ? " " : "",
                                STR_PRINTF(words[i].word), (int)words[i].works);
    assert_string_equal(joined, expected);
}

static void the_most_frequent_words_complete_what_is_begun(void **state) {
    Fixture *fixture = *state;
    static const char *const rows[][2] = {
        {"u", "ubuntu:90 umbrella:30 universe:30"},
        {"Ub", "ubuntu:90"},
        {"debian l", "live:60"},
        {"ŒUV", "oeuvres:30"},
        {"вой", "воина:30"},
        {"日", "日本:30"},
        {"zzz", ""},
        {"debian ", ""},
        {"", ""},
        {"\1", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        SuggestWord words[SUGGEST_WORDS_MAX];
        size_t count =
            search_complete(fixture->search, str_from_c(rows[i][0]), &fixture->arena, words);
        assert_words(words, count, rows[i][1]);
    }
}

static void corrections_come_from_the_words_of_the_index(void **state) {
    Fixture *fixture = *state;
    static const char *const rows[][2] = {
        {"ubunut", "ubuntu"},
        {"debain live", "debian live"},
        {"debain lvie", "debian live"},
        {"moliere", ""},
        {"molliere", "moliere"},
        {"Ubunutu -server size:<1GB", "ubuntu -server size:<1GB"},
        {"title:ubunto", "title:ubuntu"},
        {"\"debian lvie\"", "\"debian live\""},
        {"-ubunut", ""},
        {"ubuntulive", "ubuntu live"},
        {"воена", "воина"},
        {"bbuntu", "ubuntu"},
        {"xyzzyx", ""},
        {"12346", ""},
        {"ubunu*", ""},
        {"ub", ""},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        Str typed = str_from_c(rows[i][0]), texts[SUGGEST_CORRECTIONS_MAX] = {{0}};
        QueryNode *query = query_parse(typed, NULL, &fixture->arena);
        size_t count = search_correct(fixture->search, typed, query, &fixture->arena, texts);
        assert_string_equal(str_c(&fixture->arena, count ? texts[0] : STR("")), rows[i][1]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_most_frequent_words_complete_what_is_begun, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(corrections_come_from_the_words_of_the_index, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
