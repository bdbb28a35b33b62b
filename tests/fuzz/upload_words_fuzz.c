/* The words of an upload, as typed: never a crash, and what is taken is clean and within its
 * limits. */
#include <assert.h>

#include "base/limits.h"
#include "community/account_check.h"
#include "community/plain_text.h"
#include "community/upload_words.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void check_line(Str line, size_t bytes_max) {
    assert(line.len <= bytes_max && str_is_utf8(line));
    for (size_t i = 0; i < line.len; i++) assert((unsigned char)line.at[i] >= ' ');
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    Arena arena = arena_create(64 * MIB);
    Str left = str_from_bytes(bytes, len), fields[8];
    for (size_t i = 0; i < 8; i++) fields[i] = str_cut(&left, '\0');
    TorrentWords typed = {fields[0], fields[1], fields[2], fields[3],
                          fields[4], fields[5], fields[6], fields[7]};
    ErrorList errors = {.arena = &arena};
    UploadWords words;
    upload_words_check(&typed, WORDS_COMPLETE, &arena, &errors, &words);
    if (errors.count == 0) {
        assert(words.category && words.licence && words.title.len >= TITLE_BYTES_MIN);
        check_line(words.title, TITLE_BYTES_MAX);
        check_line(words.author, AUTHOR_BYTES_MAX);
        check_line(words.source_url, SOURCE_URL_BYTES_MAX);
        check_line(words.language, LANGUAGE_TAG_BYTES_MAX);
        check_line(words.tags, TAGS_MAX * (TAG_BYTES_MAX + 1));
        assert(words.description.len <= DESCRIPTION_BYTES_MAX && str_is_utf8(words.description));
        /* What was taken once is taken again, unchanged: editing must not alter what nobody
         * touched. */
        Str title, description;
        bool fine = plain_text_line(words.title, &arena, &title) &&
                    plain_text_lines(words.description, &arena, &description);
        assert(fine && str_equal(title, words.title) && str_equal(description, words.description));
    }
    (void)failed(account_check_name(fields[0], ROLE_MEMBER, &arena));
    (void)failed(account_check_email(fields[1]));
    arena_free(&arena);
    return 0;
}
