#include "search/search.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/text.h"
#include "search/hit_path.h"

typedef struct {
    Search *search;
    Arena arena;
} Fixture;

static int set_up(void **state) {
    Fixture *fixture = calloc(1, sizeof *fixture);
    fixture->search = search_create();
    fixture->arena = arena_create(64 << 20);
    *state = fixture;
    return 0;
}

static int tear_down(void **state) {
    Fixture *fixture = *state;
    search_free(fixture->search);
    arena_free(&fixture->arena);
    free(fixture);
    return 0;
}

static SearchWork work(int64_t id, const char *title) {
    return (SearchWork){.id = id,
                        .title = str_from_c(title),
                        .license = STR("CC0-1.0"),
                        .language = STR("en"),
                        .uploader = STR("ana"),
                        .published_at = 1700000000 + id};
}

static void put(Fixture *fixture, int64_t id, const char *title) {
    SearchWork added = work(id, title);
    search_put(fixture->search, &added);
}

static SearchResult find(Fixture *fixture, SearchAsk ask) {
    SearchResult result = {0};
    Error e = search_find(fixture->search, &ask, &fixture->arena, &result);
    assert_false(failed(e));
    return result;
}

static SearchAsk ask_for(const char *text) {
    return (SearchAsk){.text = str_from_c(text), .category = SEARCH_ANY, .limit = 50};
}

/* Ids found, in order: "3 1". */
static void assert_finds(Fixture *fixture, SearchAsk ask, const char *expected) {
    SearchResult result = find(fixture, ask);
    Text text = text_create(&fixture->arena, 1 << 16);
    for (size_t i = 0; i < result.count; i++)
        text_print(&text, "%s%lld", i ? " " : "", (long long)result.hits[i].id);
    assert_string_equal(str_c(&fixture->arena, text_str(&text)), expected);
}

static void any_spelling_of_a_version_finds_it(void **state) {
    Fixture *fixture = *state;
    static const Str paths[] = {{"iso/ubuntu-24.04.1-desktop-amd64.iso", 36}, {"SHA256SUMS", 10}};
    SearchWork added = work(1, "Ubuntu Desktop 24.04 LTS");
    added.paths = paths;
    added.path_count = 2;
    search_put(fixture->search, &added);
    put(fixture, 2, "Ubuntu 22.04");
    static const char *const typed[] = {
        "ubuntu 24.04 amd64",
        "ubuntu-24.04",
        "ubuntu-24.04.1-desktop-amd64.iso",
        "UBUNTU_24",
        "iso/ubuntu-24.04.1-desktop-amd64.iso",
        "ubuntu24",
        "amd 64",
        "sha256sums",
        "24.04.1 desktop",
        "ubuntu-24.0*",
    };
    for (size_t i = 0; i < sizeof typed / sizeof *typed; i++)
        assert_finds(fixture, ask_for(typed[i]), "1");
    assert_finds(fixture, ask_for("ubuntu-24.04.2"), "");
    assert_finds(fixture, ask_for("ubuntu 2"), "");
}

static void accents_and_ligatures_do_not_matter(void **state) {
    Fixture *fixture = *state;
    put(fixture, 1, "Œuvres complètes de Molière");
    put(fixture, 2, "Oeuvre ouverte");
    assert_finds(fixture, ask_for("oeuvre*"), "2 1");
    assert_finds(fixture, ask_for("œuvres MOLIERE"), "1");
    assert_finds(fixture, ask_for("œuvre"), "2");
    assert_finds(fixture, ask_for("completes"), "1");
}

static void a_phrase_crosses_punctuation_but_not_texts(void **state) {
    Fixture *fixture = *state;
    put(fixture, 1, "War and Peace: a novel");
    put(fixture, 2, "Peace and war");
    SearchWork added = work(3, "Atlas");
    static const Str tags[] = {{"war", 3}, {"and peace", 9}};
    added.tags = tags;
    added.tag_count = 2;
    search_put(fixture->search, &added);
    assert_finds(fixture, ask_for("\"war and peace\""), "1");
    assert_finds(fixture, ask_for("\"peace a novel\""), "1");
    assert_finds(fixture, ask_for("\"and peace\""), "1 3");
    assert_finds(fixture, ask_for("war -\"war and\""), "2 3");
    assert_finds(fixture, ask_for("-war"), "");
    assert_finds(fixture, ask_for("\"war and pea*\""), "1");
}

static void japanese_is_found_by_substring(void **state) {
    Fixture *fixture = *state;
    put(fixture, 1, "吾輩は猫である");
    put(fixture, 2, "猫の本");
    put(fixture, 3, "日本の猫");
    assert_finds(fixture, ask_for("猫"), "3 2 1");
    assert_finds(fixture, ask_for("輩は猫"), "1");
    assert_finds(fixture, ask_for("本"), "3 2");
    assert_finds(fixture, ask_for("本猫"), "");
}

static void joined_and_hyphenated_words_find_each_other(void **state) {
    Fixture *fixture = *state;
    put(fixture, 1, "Wi-Fi handbook");
    put(fixture, 2, "Wifi handbook");
    assert_finds(fixture, ask_for("wifi"), "2 1");
    assert_finds(fixture, ask_for("wi-fi"), "2 1");
}

static void a_hit_tells_that_only_its_files_made_it_one(void **state) {
    Fixture *fixture = *state;
    static const Str paths[] = {
        {"readme.txt", 10}, {"disc 1/Gymnopédie.flac", 23}, {"piano.pdf", 9}};
    SearchWork added = work(1, "Satie for piano");
    added.paths = paths;
    added.path_count = 3;
    search_put(fixture->search, &added);
    assert_true(find(fixture, ask_for("satie gymnopedie")).hits[0].in_file);
    assert_true(find(fixture, ask_for("gymno*")).hits[0].in_file);
    assert_false(find(fixture, ask_for("piano")).hits[0].in_file);
    assert_true(find(fixture, ask_for("file:piano")).hits[0].in_file);
}

static void the_file_with_most_of_the_words_is_chosen(void **state) {
    Fixture *fixture = *state;
    Str paths = STR("22.04-amd64.iso\n24.04-i386.iso\n24.04-amd64.iso\n24.04-armhf.iso\n");
    static const struct {
        const char *text, *path;
    } cases[] = {{"ubuntu 24.04 amd64 -windows", "24.04-amd64.iso"},
                 {"ubuntu 04-arm* 24", "24.04-armhf.iso"},
                 {"ubuntu", ""}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        QueryNode *query =
            query_parse(str_from_c(cases[i].text), &(QueryNames){0}, &fixture->arena);
        HitPathChooser chooser = hit_path_chooser(query, &fixture->arena);
        assert_true(str_equal(hit_path_find(&chooser, paths), str_from_c(cases[i].path)));
    }
}

static void the_title_outranks_tags_files_and_description(void **state) {
    Fixture *fixture = *state;
    SearchWork added = work(9, "Other");
    added.description = STR("all about chess");
    search_put(fixture->search, &added);
    static const Str path[] = {{"chess.txt", 9}}, tag[] = {{"chess", 5}};
    added = work(8, "Other");
    added.paths = path;
    added.path_count = 1;
    search_put(fixture->search, &added);
    added = work(7, "Other");
    added.author = STR("Chess Club");
    search_put(fixture->search, &added);
    added = work(6, "Other");
    added.tags = tag;
    added.tag_count = 1;
    search_put(fixture->search, &added);
    put(fixture, 5, "Chess");
    put(fixture, 4, "Chess");
    assert_finds(fixture, ask_for("chess"), "5 4 6 7 8 9");
    search_set_counts(fixture->search, 4, &(SearchCounts){.seeders = 30});
    assert_finds(fixture, ask_for("chess"), "4 5 6 7 8 9");
}

static bool has_a_seeder_since(const SearchCounts *counts, const void *argument) {
    return counts->seeders > 0 && counts->last_seeder_at >= *(const Seconds *)argument;
}

static void add_seeders(void *argument, const SearchCounts *counts) {
    *(uint64_t *)argument += counts->seeders;
}

static void a_rule_over_the_counts_filters(void **state) {
    Fixture *fixture = *state;
    for (int64_t id = 1; id <= 6; id++) {
        SearchWork added = work(id, "work");
        added.seeders = id % 3 ? 1 : 0;
        added.last_seeder_at = added.well_seeded_at = 100 + id;
        search_put(fixture->search, &added);
    }
    Seconds since = 102;
    SearchAsk ask = ask_for("");
    ask.filter = (SearchFilter){has_a_seeder_since, &since, 1};
    assert_finds(fixture, ask, "5 4 2");
    since = 104;
    assert_finds(fixture, ask, "5 4");
    uint64_t seeders = 0;
    search_each_counts(fixture->search, add_seeders, &seeders);
    assert_int_equal(seeders, 4);
}

static void filters_and_sorts_are_those_of_the_columns(void **state) {
    Fixture *fixture = *state;
    for (int64_t id = 1; id <= 6; id++) {
        SearchWork added = work(id, "work");
        added.size_bytes = (uint64_t)id * 1000;
        added.seeders = (uint32_t)(7 - id) / 2;
        added.completed = id % 3;
        added.category = (unsigned)id % 2;
        added.language = id < 3 ? STR("fr") : STR("en");
        added.uploader = id == 4 ? STR("Bob") : STR("ana");
        search_put(fixture->search, &added);
    }
    SearchAsk ask = ask_for("");
    assert_finds(fixture, ask, "6 5 4 3 2 1");
    ask.sort = SEARCH_BY_SEEDERS;
    assert_finds(fixture, ask, "1 3 2 5 4 6");
    ask.sort = SEARCH_BY_SIZE;
    assert_finds(fixture, ask, "6 5 4 3 2 1");
    ask.sort = SEARCH_BY_COMPLETED;
    assert_finds(fixture, ask, "5 2 4 1 6 3");
    ask.sort = SEARCH_BY_NEED;
    assert_finds(fixture, ask, "6 5 4 3 2 1"); /* 0, 1, 1, 2, 2, 3 seeders */
    search_set_counts(fixture->search, 4, &(SearchCounts){.seeders = 1, .leechers = 2});
    search_set_counts(fixture->search, 2, &(SearchCounts){.seeders = 2, .last_seeder_at = 5});
    search_set_counts(fixture->search, 3, &(SearchCounts){.seeders = 2, .last_seeder_at = 9});
    assert_finds(fixture, ask, "6 4 5 2 3 1");
    ask = ask_for("work size:>2kB");
    ask.max_size = 5000;
    assert_finds(fixture, ask, "3 5 4"); /* more seeders, then newer */
    ask = ask_for("");
    ask.language = STR("FR");
    assert_finds(fixture, ask, "2 1");
    ask = ask_for("");
    ask.after = 1700000003;
    ask.before = 1700000005;
    assert_finds(fixture, ask, "4 3");
    ask = ask_for("");
    ask.uploader = STR("bob");
    assert_finds(fixture, ask, "4");
    ask.min_seeders = 2;
    assert_finds(fixture, ask, "");
    ask = ask_for("lang:fr or user:bob");
    assert_finds(fixture, ask, "4 2 1");
}

static void assert_facets(SearchFacets facets, const char *expected, Arena *arena) {
    Text text = text_create(arena, 1 << 16);
    for (size_t i = 0; i < facets.count; i++)
        text_print(&text, "%s%.*s=%zu", i ? " " : "", STR_PRINTF(facets.at[i].value),
                   facets.at[i].count);
    assert_string_equal(str_c(arena, text_str(&text)), expected);
}

static void a_facet_counts_without_its_own_filter(void **state) {
    Fixture *fixture = *state;
    static const Str names[] = {{"linux", 5}, {"games", 5}};
    search_name_categories(fixture->search, names, (const uint8_t[]){0, 0}, 2);
    for (int64_t id = 1; id <= 6; id++) {
        SearchWork added = work(id, "work");
        added.category = id > 4;
        added.language = id % 2 ? STR("fr") : STR("en");
        added.license = id == 3 ? STR("MIT") : STR("CC0-1.0");
        search_put(fixture->search, &added);
    }
    SearchAsk ask = ask_for("work");
    ask.facets = true;
    ask.category = 0;
    ask.language = STR("fr");
    for (int i = 0; i < 2; i++) {
        SearchResult result = find(fixture, ask);
        assert_int_equal(result.total, 2);
        assert_facets(result.categories, "0=2 1=1", &fixture->arena);
        assert_facets(result.languages, "en=2 fr=2", &fixture->arena);
        assert_facets(result.licenses, "CC0-1.0=1 MIT=1", &fixture->arena);
        ask = ask_for("work category:linux lang:fr"); /* the same, typed */
        ask.facets = true;
    }
}

static void pages_continue_where_they_ended(void **state) {
    Fixture *fixture = *state;
    for (int64_t id = 1; id <= 25; id++) put(fixture, id * 10, "same title");
    SearchAsk ask = ask_for("title");
    ask.limit = 10;
    SearchResult first = find(fixture, ask);
    assert_int_equal(first.total, 25);
    assert_int_equal(first.hits[9].id, 160);
    put(fixture, 999, "same title"); /* newer: before the first page */
    put(fixture, 145, "same title");
    search_remove(fixture->search, 160);
    ask.cursor = first.next;
    SearchResult second = find(fixture, ask);
    assert_int_equal(second.total, 26);
    assert_int_equal(second.count, 10);
    assert_int_equal(second.hits[0].id, 150);
    assert_int_equal(second.hits[1].id, 145);
    ask.cursor = second.next;
    SearchResult third = find(fixture, ask);
    assert_int_equal(third.count, 6);
    assert_true(str_is_empty(third.next));
}

static void a_foreign_cursor_is_an_error_of_its_field(void **state) {
    Fixture *fixture = *state;
    for (int64_t id = 1; id <= 5; id++) put(fixture, id, "same title");
    SearchAsk ask = ask_for("title");
    ask.limit = 2;
    SearchResult result = find(fixture, ask);
    SearchAsk other = ask_for("same");
    other.cursor = result.next;
    Error e = search_find(fixture->search, &other, &fixture->arena, &result);
    assert_int_equal(e.kind, ERROR_BAD_INPUT);
    assert_string_equal(e.field, "cursor");
    other.cursor = STR("nonsense");
    e = search_find(fixture->search, &other, &fixture->arena, &result);
    assert_string_equal(error_code(e), "cursor_foreign");
}

static void putting_again_replaces(void **state) {
    Fixture *fixture = *state;
    put(fixture, 1, "first name");
    put(fixture, 1, "second name");
    assert_int_equal(search_count(fixture->search), 1);
    assert_finds(fixture, ask_for("first"), "");
    assert_finds(fixture, ask_for("second name"), "1");
    search_remove(fixture->search, 1);
    search_remove(fixture->search, 1);
    assert_int_equal(search_count(fixture->search), 0);
    assert_finds(fixture, ask_for(""), "");
}

static void totals_are_of_the_works_that_are_here(void **state) {
    Fixture *fixture = *state;
    for (int64_t id = 1; id <= 3; id++) {
        SearchWork added = work(id, "a work");
        added.category = id == 3 ? 7 : 2;
        added.completed = 10;
        search_put(fixture->search, &added);
    }
    search_set_counts(fixture->search, 1, &(SearchCounts){5, 1, 12});
    search_set_counts(fixture->search, 2, &(SearchCounts){100, 100, 100});
    search_remove(fixture->search, 2);
    SearchWork told = work(4, "a work somebody tells of");
    told.seeders = told.leechers = 1000;
    told.completed = 11;
    told.is_claimed = true;
    search_put(fixture->search, &told);
    SearchTotals totals = search_totals(fixture->search);
    assert_int_equal(totals.works, 3);
    assert_int_equal(totals.seeders, 5);
    assert_int_equal(totals.leechers, 1);
    assert_int_equal(totals.completed, 22);
    assert_int_equal(totals.by_category[2], 1);
    assert_int_equal(totals.by_category[7], 1);
    /* Sorted by what is told, as if it were counted. */
    SearchAsk ask = {.category = SEARCH_ANY, .sort = SEARCH_BY_COMPLETED, .limit = 3};
    SearchResult found;
    assert_false(failed(search_find(fixture->search, &ask, &fixture->arena, &found)));
    assert_int_equal(found.count, 3);
    assert_int_equal(found.hits[0].id, 1);
    assert_int_equal(found.hits[1].id, 4);
    totals = search_totals(fixture->search); /* as it was: nothing has changed */
    assert_int_equal(totals.seeders, 5);
    search_set_counts(fixture->search, 4, &(SearchCounts){.seeders = 2, .completed = 1});
    totals = search_totals(fixture->search);
    assert_int_equal(totals.seeders, 7);
    assert_int_equal(totals.completed, 23);
    search_remove(fixture->search, 4);
    totals = search_totals(fixture->search);
    assert_int_equal(totals.works, 2);
    assert_int_equal(totals.seeders, 5);
}

static void packing_loses_nothing(void **state) {
    Fixture *fixture = *state;
    for (int round = 0; round < 4; round++) {
        for (int64_t id = 1; id <= 800; id++) {
            char title[64];
            snprintf(title, sizeof title, "round %d number %lld", round, (long long)id);
            put(fixture, id, title);
        }
    }
    assert_int_equal(search_count(fixture->search), 800);
    SearchResult result = find(fixture, ask_for("\"round 3\""));
    assert_int_equal(result.total, 800);
    assert_int_equal(find(fixture, ask_for("\"round 2\"")).total, 0);
    assert_finds(fixture, ask_for("\"number 77\""), "77");
}

static void a_monstrous_work_is_cut_not_fatal(void **state) {
    Fixture *fixture = *state;
    enum { PATHS = 25000, PATH_BYTES = 200 };
    static Str paths[PATHS];
    static char letters[PATH_BYTES];
    for (size_t i = 0; i < PATH_BYTES; i++) letters[i] = i % 2 ? '1' : 'a'; /* a token a byte */
    for (size_t i = 0; i < PATHS; i++) paths[i] = (Str){letters, PATH_BYTES};
    SearchWork added = work(1, "monster");
    added.paths = paths;
    added.path_count = PATHS;
    search_put(fixture->search, &added);
    assert_finds(fixture, ask_for("monster a1a1"), "1");
}

static void a_full_arena_leaves_no_lock_behind(void **state) {
    Fixture *fixture = *state;
    for (int64_t id = 1; id <= 40; id++) put(fixture, id, "same title");
    Arena tiny = arena_create(64);
    jmp_buf full;
    tiny.overflow = &full;
    if (!setjmp(full)) {
        SearchAsk ask = ask_for("title");
        SearchResult result;
        Error e = search_find(fixture->search, &ask, &tiny, &result);
        fail_msg("no jump: %s", error_code(e));
    }
    assert_ptr_equal(tiny.overflow, &full);
    arena_free(&tiny);
    put(fixture, 41, "the lock is free");
    assert_int_equal(search_count(fixture->search), 41);
}

static void note_difference(void *argument, int64_t id, const char *what) {
    (void)what;
    *(int64_t *)argument += id;
}

static void a_check_misses_no_key(void **state) {
    Fixture *fixture = *state;
    SearchWork added = work(7, "one");
    added.keys = (const uint64_t[]){5, 11};
    added.key_count = 2;
    search_put(fixture->search, &added);
    int64_t told = 0;
    uint64_t places = search_check_works(fixture->search, &added, 1, note_difference, &told);
    assert_int_equal(told, 0);
    assert_int_equal(places, search_count_places(fixture->search));
    added.key_count = 1;
    places = search_check_works(fixture->search, &added, 1, note_difference, &told);
    assert_int_equal(told, 0);
    assert_int_not_equal(places, search_count_places(fixture->search));
    added.keys = (const uint64_t[]){5, 12};
    added.key_count = 2;
    search_check_works(fixture->search, &added, 1, note_difference, &told);
    assert_int_equal(told, 7);
}

static int drop(const char *path, const struct stat *status, int kind, struct FTW *walk) {
    (void)status, (void)kind, (void)walk;
    return remove(path);
}

/* Else who adds would wait for room that nothing makes. */
static void few_works_that_take_much_room_go_to_disk(void **state) {
    Fixture *fixture = *state;
    enum { WORKS = 8, KEYS = 1000000, TRIES = 600, TRY_US = 50000 };
    char folder[] = "/tmp/essaim-search-XXXXXX";
    assert_non_null(mkdtemp(folder));
    SearchOpening opening;
    assert_false(failed(search_open(fixture->search, str_from_c(folder), 1, &opening)));
    search_opening_free(&opening);
    uint64_t *keys = calloc(KEYS, sizeof *keys);
    for (size_t i = 0; i < KEYS; i++) keys[i] = i;
    for (int64_t id = 1; id <= WORKS; id++) {
        SearchWork large = work(id, "many files");
        large.keys = keys;
        large.key_count = KEYS;
        search_put(fixture->search, &large);
    }
    free(keys);
    int tries = 0;
    while (search_status(fixture->search).segments_on_disk == 0 && tries++ < TRIES) usleep(TRY_US);
    assert_true(search_status(fixture->search).segments_on_disk > 0);
    assert_int_equal(search_count(fixture->search), WORKS);
    assert_false(failed(search_close(fixture->search)));
    nftw(folder, drop, 8, FTW_DEPTH | FTW_PHYS);
}

int main(void) {
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(any_spelling_of_a_version_finds_it),
        CASE(accents_and_ligatures_do_not_matter),
        CASE(a_phrase_crosses_punctuation_but_not_texts),
        CASE(japanese_is_found_by_substring),
        CASE(joined_and_hyphenated_words_find_each_other),
        CASE(a_hit_tells_that_only_its_files_made_it_one),
        CASE(the_file_with_most_of_the_words_is_chosen),
        CASE(the_title_outranks_tags_files_and_description),
        CASE(a_rule_over_the_counts_filters),
        CASE(filters_and_sorts_are_those_of_the_columns),
        CASE(a_facet_counts_without_its_own_filter),
        CASE(pages_continue_where_they_ended),
        CASE(a_foreign_cursor_is_an_error_of_its_field),
        CASE(putting_again_replaces),
        CASE(totals_are_of_the_works_that_are_here),
        CASE(packing_loses_nothing),
        CASE(a_monstrous_work_is_cut_not_fatal),
        CASE(a_full_arena_leaves_no_lock_behind),
        CASE(few_works_that_take_much_room_go_to_disk),
        CASE(a_check_misses_no_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
