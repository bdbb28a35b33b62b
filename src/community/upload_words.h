/* upload_words.h — what the uploader says about a work, checked: licence first.
 * Used for publishing and for editing alike. Strings are in NFC; what is wrong goes to `errors`,
 * all of it at once. */
#pragma once
#include "community/torrent.h"

typedef struct {
    Str title, description, author, source_url, language;
    const Category *category; /* NULL when wrong; so is the licence */
    const Licence *licence;
    Str tags; /* lower case, with spaces between */
} UploadWords;

/* To complete: licence, author and source may be missing yet; torrent_publish wants them. */
typedef enum { WORDS_COMPLETE, WORDS_TO_COMPLETE } WordsNeed;

/* Tags alone, typed with commas between; with spaces between. Faults have the field "tags". */
Str upload_words_tags(Str typed, Arena *arena, ErrorList *errors);
/* A language alone, as "pt-BR" whatever its case; empty stays so. A fault has the field "language".
 */
Str upload_words_language(Str typed, Arena *arena, ErrorList *errors);

void upload_words_check(const TorrentWords *typed, WordsNeed need, Arena *arena, ErrorList *errors,
                        UploadWords *ret_words);
