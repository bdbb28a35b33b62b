/* Many ask while one adds, removes and counts change: run under the thread sanitizer as well. */
#include "search/search.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { ASKERS = 3, WORKS = 300, CHANGES = 3000 };

typedef struct {
    Search *search;
    _Atomic bool done;
    _Atomic int asked, wrong;
} Shared;

static void put(Search *search, int64_t id, int round) {
    static const Str paths[] = {{"disc/track-01.flac", 18}, {"disc/cover.jpg", 14}};
    char title[64];
    snprintf(title, sizeof title, "work number %d of round %d", (int)id, round);
    SearchWork work = {.id = id,
                       .title = str_from_c(title),
                       .license = STR("CC0-1.0"),
                       .language = STR("fr"),
                       .paths = paths,
                       .path_count = 2,
                       .published_at = 1700000000 + round};
    search_put(search, &work);
}

static void *ask_on(void *argument) {
    static const char *const typed[] = {"number", "\"of round\"", "wor* -12", "track-01.flac", ""};
    Shared *shared = argument;
    Arena arena = arena_create(16 << 20);
    for (int i = 0; !shared->done || i < 10; i++) {
        SearchAsk ask = {.text = str_from_c(typed[i % 5]),
                         .category = SEARCH_ANY,
                         .sort = (SearchSort)(i % 5),
                         .limit = 20,
                         .facets = true};
        SearchResult result = {0};
        Error e = search_find(shared->search, &ask, &arena, &result);
        /* Works are only replaced, never missing. */
        bool all = i % 5 == 2 || result.total == WORKS;
        if (failed(e) || result.count != 20 || !all) shared->wrong++;
        shared->asked++;
        arena_reset(&arena);
    }
    arena_free(&arena);
    return NULL;
}

static void *count_on(void *argument) {
    Shared *shared = argument;
    for (uint32_t i = 0; !shared->done; i++)
        search_set_counts(shared->search, i % (WORKS + 5), &(SearchCounts){i % 97, i % 7, i});
    return NULL;
}

static void askers_always_see_whole_works(void **state) {
    (void)state;
    Shared shared = {.search = search_create()};
    for (int64_t id = 0; id < WORKS; id++) put(shared.search, id, 0);
    pthread_t askers[ASKERS], counter;
    for (int i = 0; i < ASKERS; i++)
        assert_int_equal(pthread_create(&askers[i], NULL, ask_on, &shared), 0);
    assert_int_equal(pthread_create(&counter, NULL, count_on, &shared), 0);
    for (int i = 1; i <= CHANGES; i++) put(shared.search, i % WORKS, i);
    shared.done = true;
    for (int i = 0; i < ASKERS; i++) pthread_join(askers[i], NULL);
    pthread_join(counter, NULL);
    assert_int_equal(shared.wrong, 0);
    assert_true(shared.asked >= ASKERS * 10);
    assert_int_equal(search_count(shared.search), WORKS);
    search_free(shared.search);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(askers_always_see_whole_works)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
