#include "search/vocabulary.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { MANY = 10000 };

static Str word_of(uint32_t i, char *room, size_t size) {
    return (Str){room, (size_t)snprintf(room, size, "%x", i * 2654435761u)};
}

static void words_keep_their_number(void **state) {
    (void)state;
    Vocabulary *vocabulary = vocabulary_create();
    char room[16];
    for (uint32_t i = 0; i < MANY; i++)
        assert_int_equal(vocabulary_add(vocabulary, word_of(i, room, sizeof room)), i);
    for (uint32_t i = 0; i < MANY; i++) {
        Str word = word_of(i, room, sizeof room);
        assert_int_equal(vocabulary_find(vocabulary, word), i);
        assert_int_equal(vocabulary_add(vocabulary, word), i);
        assert_true(str_equal(vocabulary_word(vocabulary, i), word));
    }
    assert_int_equal(vocabulary_count(vocabulary), MANY);
    assert_int_equal(vocabulary_find(vocabulary, STR("zzz")), WORD_NONE);
    vocabulary_free(vocabulary);
}

static void a_prefix_lists_every_word_that_starts_so(void **state) {
    (void)state;
    Vocabulary *vocabulary = vocabulary_create();
    Arena arena = arena_create(16 << 20);
    char room[16];
    for (uint32_t i = 0; i < MANY; i++) vocabulary_add(vocabulary, word_of(i, room, sizeof room));
    static const char *const prefixes[] = {"a", "0", "7f", "fff", "", "x"};
    for (size_t p = 0; p < sizeof prefixes / sizeof *prefixes; p++) {
        Str prefix = str_from_c(prefixes[p]);
        size_t expected = 0;
        for (uint32_t i = 0; i < MANY; i++)
            expected += str_starts(vocabulary_word(vocabulary, i), prefix);
        WordList list = vocabulary_list_prefix(vocabulary, prefix, &arena);
        assert_int_equal(list.count, expected);
        for (size_t i = 0; i < list.count; i++)
            assert_true(str_starts(vocabulary_word(vocabulary, list.at[i]), prefix));
    }
    arena_free(&arena);
    vocabulary_free(vocabulary);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_keep_their_number),
        cmocka_unit_test(a_prefix_lists_every_word_that_starts_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
