#include "search/search_pick.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { WORKS = 60, TURNS = 200 };

/* Works 1 to WORKS put by twos, so in several segments; every fifth removed, every seventh put
 * again. Size and seeders are the id, every third is of category 2, every second free. */
static Search *filled(void) {
    Search *search = search_create();
    for (int64_t id = 1; id <= WORKS; id += 2) {
        SearchWork works[2];
        for (int64_t i = 0; i < 2; i++)
            works[i] = (SearchWork){.id = id + i,
                                    .title = STR("A work"),
                                    .license = (id + i) % 2 ? STR("MIT") : STR("CC0-1.0"),
                                    .language = STR("en"),
                                    .category = (id + i) % 3 ? 1 : 2,
                                    .size_bytes = (uint64_t)(id + i),
                                    .seeders = (uint32_t)(id + i),
                                    .file_count = 1,
                                    .published_at = 1700000000 + id + i};
        search_put_many(search, works, 2);
        if (id % 7 == 0) search_put(search, &works[0]);
    }
    for (int64_t id = 5; id <= WORKS; id += 5) search_remove(search, id);
    return search;
}

static bool is_even(const SearchCounts *counts, const void *argument) {
    (void)argument;
    return counts->seeders % 2 == 0;
}

/* What search_find lets through, which is another way to the same. */
static size_t expected_of(Search *search, SearchAsk ask, bool expected[WORKS + 1], Arena *arena) {
    SearchResult result;
    ask.limit = WORKS;
    assert_false(failed(search_find(search, &ask, arena, &result)));
    for (size_t i = 0; i < result.count; i++) expected[result.hits[i].id] = true;
    return result.count;
}

static void each_work_that_fits_is_about_as_likely_as_any_other(void **state) {
    (void)state;
    Search *search = filled();
    const SearchAsk asks[] = {
        {.category = SEARCH_ANY},
        {.category = 2},
        {.category = SEARCH_ANY, .license = STR("mit")},
        {.category = SEARCH_ANY, .min_size = 10, .max_size = 20},
        {.category = 1, .min_seeders = 50, .language = STR("en")},
        {.category = SEARCH_ANY, .after = 1700000011, .before = 1700000031},
        {.category = SEARCH_ANY, .filter = {.keep = is_even}},
        {.category = SEARCH_ANY, .min_size = 33, .max_size = 33},
        {.category = SEARCH_ANY, .year = 2023},
    };
    for (size_t row = 0; row < sizeof asks / sizeof *asks; row++) {
        Arena arena = arena_create(1 << 20);
        bool expected[WORKS + 1] = {0};
        unsigned picked[WORKS + 1] = {0};
        size_t count = expected_of(search, asks[row], expected, &arena);
        assert_true(count > 0);
        for (uint64_t chance = 0; chance < count * TURNS; chance++) {
            int64_t id;
            assert_false(failed(search_pick(search, &asks[row], chance, &id)));
            assert_in_range(id, 1, WORKS);
            picked[id]++;
        }
        for (int64_t id = 1; id <= WORKS; id++) {
            if (!expected[id]) assert_int_equal(picked[id], 0);
            /* five times the deviation of a fair draw, 14 */
            if (expected[id]) assert_in_range(picked[id], TURNS - 71, TURNS + 71);
        }
        arena_free(&arena);
    }
    search_free(search);
}

static unsigned asked; /* by the filter below */

static bool refuse(const SearchCounts *counts, const void *argument) {
    (void)counts;
    (void)argument;
    asked++;
    return false;
}

static void it_gives_up_after_so_many_tries(void **state) {
    (void)state;
    Search *search = filled();
    SearchAsk ask = {.category = SEARCH_ANY, .filter = {.keep = refuse}};
    int64_t id = 1;
    asked = 0;
    assert_false(failed(search_pick(search, &ask, 7, &id)));
    assert_int_equal(id, 0);
    assert_in_range(asked, SEARCH_PICK_TRIES_MAX / 2, SEARCH_PICK_TRIES_MAX);
    search_free(search);
}

static void what_only_an_index_can_tell_is_left_to_it(void **state) {
    (void)state;
    Search *search = filled();
    const SearchAsk asks[] = {
        {.category = SEARCH_ANY, .text = STR("work")},
        {.category = SEARCH_ANY, .tag = STR("jazz")},
        {.category = SEARCH_ANY, .uploader = STR("ana")},
    };
    for (size_t i = 0; i < sizeof asks / sizeof *asks; i++) {
        int64_t id = 1;
        assert_false(failed(search_pick(search, &asks[i], i, &id)));
        assert_int_equal(id, 0);
    }
    search_free(search);
    search = search_create();
    int64_t id = 1;
    assert_false(failed(search_pick(search, &(SearchAsk){.category = SEARCH_ANY}, 1, &id)));
    assert_int_equal(id, 0);
    search_set_building(search, true, 5);
    assert_true(failed(search_pick(search, &(SearchAsk){.category = SEARCH_ANY}, 1, &id)));
    search_free(search);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_work_that_fits_is_about_as_likely_as_any_other),
        cmocka_unit_test(it_gives_up_after_so_many_tries),
        cmocka_unit_test(what_only_an_index_can_tell_is_left_to_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
