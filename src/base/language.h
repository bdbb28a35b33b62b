/* language.h — the languages of the site, and its words in each.
 * The English sentence is the key. src/translations/xx.po are compiled to sorted tables by
 * tools/compile_translations; a sentence without translation is shown in English and fails
 * ./dev check. */
#pragma once
#include "base/error.h"

typedef enum { LANGUAGE_EN, LANGUAGE_FR, LANGUAGE_COUNT } Language;

const char *language_code(Language language);                        /* "en" */
bool language_parse(Str code, Language *ret_language);               /* "fr"; exact */
Language language_accepted(Str accept_language, Language otherwise); /* RFC 9110 12.5.4 */
/* Marks a sentence of a const table that people will read, for the check that it is translated. */
#define WORDS(english) english

Str language_translate(Language language, Str english);
/* Picks the form for `count` (French: 0 and 1 are singular) and translates it. */
Str language_translate_count(Language language, Str one, Str many, uint64_t count);
Str language_error(Language language, Error e, Arena *arena); /* the words of an error, filled */
