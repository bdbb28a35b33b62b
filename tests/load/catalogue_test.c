#include "catalogue.h"

#include "base/limits.h"
#include "base/text.h"
#include "community/test.h"
#include "community/upload_words.h"

enum { WORKS = 20000 };

static Catalogue make(void) { return catalogue_create(CATALOGUE_SEED, WORKS); }

static Str line_of(const Catalogue *catalogue, uint64_t number, char *room) {
    static CatalogueWork work;
    catalogue_work(catalogue, number, &work);
    return (Str){room, catalogue_line(&work, room)};
}

static void a_work_follows_from_its_seed_and_number_alone(void **state) {
    (void)state;
    static char first[CATALOGUE_LINE_BYTES], second[CATALOGUE_LINE_BYTES];
    Catalogue one = make(), two = make();
    for (uint64_t i = 0; i < 200; i++) {
        Str line = line_of(&one, i, first);
        assert_true(str_equal(line, line_of(&two, i, second)));
        assert_false(str_equal(line, line_of(&two, i + 1, second)));
    }
    catalogue_free(&one);
    catalogue_free(&two);
}

static void every_work_could_be_published_here(void **state) {
    (void)state;
    Catalogue catalogue = make();
    static CatalogueWork work;
    Arena arena = arena_create(64 * MIB);
    for (uint64_t i = 0; i < WORKS; i += 7) {
        catalogue_work(&catalogue, i, &work);
        Text tags = text_create(&arena, 4096);
        for (size_t t = 0; t < work.tag_count; t++) {
            text_add(&tags, work.tags[t]);
            text_add_byte(&tags, ',');
        }
        TorrentWords typed = {.title = work.title,
                              .description = work.description,
                              .category = work.category,
                              .tags = text_str(&tags),
                              .license = work.license,
                              .author = work.author,
                              .source_url = work.source_url,
                              .language = work.language};
        ErrorList errors = {.arena = &arena};
        UploadWords words;
        upload_words_check(&typed, WORDS_COMPLETE, &arena, &errors, &words);
        if (errors.count)
            fail_msg("work %d: %.*s", (int)i, STR_PRINTF(error_text(errors.at[0], &arena)));
        assert_true(str_equal(words.title, work.title));
        assert_true(str_equal(words.description, work.description));
        assert_true(work.file_count >= 3 && work.file_count <= CATALOGUE_FILES_MAX);
        arena_reset(&arena);
    }
    arena_free(&arena);
    catalogue_free(&catalogue);
}

static void texts_are_as_long_and_as_varied_as_they_should_be(void **state) {
    (void)state;
    Catalogue catalogue = make();
    static CatalogueWork work;
    size_t bytes = 0, dead = 0, crowded = 0, named = 0;
    size_t languages[CATALOGUE_LANGUAGES] = {0};
    for (uint64_t i = 0; i < WORKS; i++) {
        catalogue_work(&catalogue, i, &work);
        bytes += work.title.len + work.author.len + work.description.len;
        for (size_t t = 0; t < work.tag_count; t++) bytes += work.tags[t].len;
        for (size_t f = 0; f < work.file_count; f++) bytes += work.paths[f].len;
        dead += work.seeders == 0;
        crowded += work.seeders > 1000;
        named += str_find(work.title, STR("amd64")) != STR_NONE;
        for (unsigned l = 0; l < CATALOGUE_LANGUAGES; l++)
            languages[l] += str_equal(work.language, str_from_c(catalogue_language(l)));
    }
    assert_in_range(bytes / WORKS, 600, 900);
    assert_in_range(dead, WORKS / 10, WORKS / 2);
    assert_in_range(crowded, WORKS / 1000, WORKS / 5);
    assert_in_range(named, WORKS / 200, WORKS / 5);
    for (unsigned l = 0; l < CATALOGUE_LANGUAGES; l++) assert_true(languages[l] > WORKS / 1000);
    catalogue_free(&catalogue);
}

static void words_are_many_and_each_there_once(void **state) {
    (void)state;
    CatalogueWords *words = catalogue_words_create(CATALOGUE_SEED);
    uint32_t count = 0;
    for (unsigned l = 0; l < CATALOGUE_LANGUAGES; l++) {
        uint32_t of_language = catalogue_word_count(words, l);
        for (uint32_t rank = 0; rank < of_language; rank++) {
            Str word = catalogue_word(words, l, rank);
            assert_true(word.len > 0 && str_is_utf8(word));
        }
        count += of_language;
    }
    assert_in_range(count, 280000, 340000);
    assert_true(str_equal(catalogue_word(words, 0, 0), STR("the")));
    catalogue_words_free(words);
}

static void the_second_word_comes_half_as_often_as_the_first(void **state) {
    (void)state;
    CatalogueChance chance = catalogue_chance(1, 2);
    CatalogueZipf zipf = catalogue_zipf(70000, 0);
    uint32_t counts[4] = {0};
    for (int i = 0; i < 400000; i++) {
        uint32_t rank = catalogue_draw_rank(&chance, &zipf);
        assert_true(rank < 70000);
        if (rank < 4) counts[rank]++;
    }
    assert_in_range(counts[0] * 10 / counts[1], 15, 19); /* ln 2 to ln 3/2 */
    assert_true(counts[1] > counts[2] && counts[2] > counts[3]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_work_follows_from_its_seed_and_number_alone),
        cmocka_unit_test(every_work_could_be_published_here),
        cmocka_unit_test(texts_are_as_long_and_as_varied_as_they_should_be),
        cmocka_unit_test(words_are_many_and_each_there_once),
        cmocka_unit_test(the_second_word_comes_half_as_often_as_the_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
