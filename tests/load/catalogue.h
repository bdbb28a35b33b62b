/* catalogue.h — a catalogue of works from a fixed seed, as real as a made-up one can be: Zipf words
 * in sixteen languages, titles as people and as file names write them, versions, authors, tags,
 * files, descriptions, licences, sizes, dates, few works with many seeders and many with none.
 * Work 0 .. works - 1, each a pure function of seed and number: in any order, on any thread. About
 * 730 bytes of text a work. For benches, and as JSON lines for `essaim import --format jsonl`. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "catalogue_word.h"
#include "search/search.h"

enum {
    CATALOGUE_SEED = 5775,
    CATALOGUE_TAGS_MAX = 6,
    CATALOGUE_FILES_MAX = 10,
    CATALOGUE_TEXT_BYTES = 12 * 1024,
};

typedef struct {
    uint64_t seed, works;
    CatalogueWords *words;
} Catalogue;

/* All strings lie in `text`, which the next work overwrites. */
typedef struct {
    uint64_t number;
    bool has_v1, has_v2;
    uint8_t v1[20], v2[32];
    Str title, author, description, uploader, source_url, license, language, category;
    unsigned category_number;
    Str tags[CATALOGUE_TAGS_MAX];
    size_t tag_count;
    Str paths[CATALOGUE_FILES_MAX];
    uint64_t sizes[CATALOGUE_FILES_MAX];
    size_t file_count;
    uint64_t size_bytes;
    Seconds published_at;
    uint32_t seeders, leechers;
    uint64_t completed;
    char text[CATALOGUE_TEXT_BYTES];
} CatalogueWork;

Catalogue catalogue_create(uint64_t seed, uint64_t works);
void catalogue_free(Catalogue *catalogue);
void catalogue_work(const Catalogue *catalogue, uint64_t number, CatalogueWork *ret_work);
/* As search_put takes it, with id number + 1; points into the work. */
SearchWork catalogue_search_work(const CatalogueWork *work);
/* One line of JSON with its line end, in the fields of the import. Returns its length. */
enum { CATALOGUE_LINE_BYTES = 32 * 1024 };
size_t catalogue_line(const CatalogueWork *work, char ret_line[CATALOGUE_LINE_BYTES]);
