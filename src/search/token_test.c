#include "search/token.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/text.h"

/* Tokens as "text@position", with = for joined, ~ for a pair, . for a tail. */
static void assert_tokens(const char *folded, const char *expected) {
    Arena arena = arena_create(1 << 20);
    Tokens tokens = {0};
    token_split(&arena, str_from_c(folded), 0, &tokens);
    Text text = text_create(&arena, 1 << 16);
    for (size_t i = 0; i < tokens.count; i++) {
        static const char kinds[] = {'@', '~', '.', '='};
        Token token = tokens.at[i];
        text_print(&text, "%s%.*s%c%u", i ? " " : "", STR_PRINTF(token.text), kinds[token.kind],
                   token.position);
    }
    assert_string_equal(str_c(&arena, text_str(&text)), expected);
    arena_free(&arena);
}

static void words_split_at_spaces_and_punctuation(void **state) {
    (void)state;
    assert_tokens("free software, free_society!", "free@0 software@1 free@2 society@3");
    assert_tokens("", "");
    assert_tokens("... --- !", "");
}

static void file_names_split_at_letter_digit_borders(void **state) {
    (void)state;
    assert_tokens("ubuntu-24.04-amd64.iso",
                  "ubuntu@0 24@1 ubuntu24=0 04@2 amd@3 64@4 04amd64=2 iso@5");
}

static void tied_and_touching_pieces_are_joined_too(void **state) {
    (void)state;
    assert_tokens("wi-fi", "wi@0 fi@1 wifi=0");
    assert_tokens(
        "l\xE2\x80\x99"
        "ete",
        "l@0 ete@1 lete=0");
    assert_tokens("x264", "x@0 264@1 x264=0");
    assert_tokens("a-b-c-d", "a@0 b@1 c@2 d@3");
    assert_tokens("24-04", "24@0 04@1"); /* digits alone would make another number */
    assert_tokens("a--b", "a@0 b@1");
    assert_tokens("a- b", "a@0 b@1");
}

static void scripts_without_spaces_give_overlapping_pairs(void **state) {
    (void)state;
    assert_tokens("日本語", "日本~0 本語~1 語.2");
    assert_tokens("日", "日.0");
    assert_tokens("linux入門2", "linux@0 入門~1 門.2 2@3");
}

static void long_runs_are_cut_between_letters(void **state) {
    (void)state;
    char run[200];
    for (size_t i = 0; i < sizeof run; i += 2) memcpy(run + i, "\xD0\xB6", 2);
    Arena arena = arena_create(1 << 20);
    Tokens tokens = {0};
    token_split(&arena, (Str){run, sizeof run}, 7, &tokens);
    assert_int_equal(tokens.count, 1);
    assert_int_equal(tokens.at[0].text.len, TOKEN_BYTES_MAX);
    assert_int_equal(tokens.at[0].position, 7);
    assert_int_equal(tokens.positions, 1);
    arena_free(&arena);
}

static void extensions_are_what_stands_behind_the_last_dot(void **state) {
    (void)state;
    static const char *const names[][2] = {
        {"iso/debian-12.iso", "iso"},
        {"a/b.tar.gz", "gz"},
        {"song.mp3", "mp3"},
        {"readme", ""},
        {".profile", ""},
        {"a/.profile", ""},
        {"v1.2/readme", ""},
        {"a.", ""},
        {"", ""},
        {"dr. no and friends", ""},
        {"x.abcdefghij", "abcdefghij"},
        {"x.abcdefghijk", ""},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        Str extension = token_extension(str_from_c(names[i][0]));
        assert_true(str_equal(extension, str_from_c(names[i][1])));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_split_at_spaces_and_punctuation),
        cmocka_unit_test(file_names_split_at_letter_digit_borders),
        cmocka_unit_test(tied_and_touching_pieces_are_joined_too),
        cmocka_unit_test(scripts_without_spaces_give_overlapping_pairs),
        cmocka_unit_test(long_runs_are_cut_between_letters),
        cmocka_unit_test(extensions_are_what_stands_behind_the_last_dot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
