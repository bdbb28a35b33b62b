/* catalogue_word.h — words made up from a fixed seed, in many languages and scripts, each as
 * frequent as its rank in real text (Zipf, Mandelbrot). About 300,000 of them; the same on every
 * machine. */
#pragma once
#include "base/str.h"

/* A row of numbers that begins anywhere: splitmix64. */
typedef struct {
    uint64_t state;
} CatalogueChance;
CatalogueChance catalogue_chance(uint64_t seed, uint64_t number);
uint64_t catalogue_draw(CatalogueChance *chance);
uint32_t catalogue_below(CatalogueChance *chance, uint32_t bound);
/* Ranks from 0 to count - 1, each as often as 1 / (rank + flat + 1). */
typedef struct {
    uint32_t count;
    double q, span;
} CatalogueZipf;
CatalogueZipf catalogue_zipf(uint32_t count, uint32_t flat);
uint32_t catalogue_draw_rank(CatalogueChance *chance, const CatalogueZipf *zipf);

typedef enum { WORDS_SPACED, WORDS_RUN } WordsKind; /* with spaces between, or none: CJK */

typedef struct CatalogueWords CatalogueWords;
enum { CATALOGUE_LANGUAGES = 16 };

CatalogueWords *catalogue_words_create(uint64_t seed);
void catalogue_words_free(CatalogueWords *words);
const char *catalogue_language(unsigned language); /* "en"; the most frequent languages first */
WordsKind catalogue_language_kind(unsigned language);
unsigned catalogue_draw_language(CatalogueChance *chance);
uint32_t catalogue_word_count(const CatalogueWords *words, unsigned language);
/* Behind each there are CATALOGUE_WORD_BYTES one may read. */
enum { CATALOGUE_WORD_BYTES = 48 };
Str catalogue_word(const CatalogueWords *words, unsigned language, uint32_t rank);
/* How the words of a text are chosen: as they come, or rarer ones more than in running text. */
typedef enum { FLAT_TEXT, FLAT_TITLE, FLAT_FILE, FLAT_NAME, FLAT_PERSON, FLATS } CatalogueFlat;
Str catalogue_draw_word(CatalogueChance *chance, const CatalogueWords *words, unsigned language,
                        CatalogueFlat flat);
