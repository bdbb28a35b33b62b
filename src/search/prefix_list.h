/* prefix_list.h — for a prefix of one to three letters that many works answer to: one list of all
 * its words, so that nothing is united while somebody waits. It stands in the dictionary behind all
 * words, under PREFIX_LIST_MARK and the prefix: documents with the fields of all words, no
 * positions. First all words are counted as they are written, then the lists of those prefixes that
 * are worth it are made one by one, of a byte for each document. */
#pragma once
#include "search/posting.h"
#include "search/segment_write.h"

enum {
    PREFIX_LIST_LETTERS_MAX = 3,
    PREFIX_LIST_BYTES_MAX = 4 * PREFIX_LIST_LETTERS_MAX,
    PREFIX_LIST_DOCUMENTS_MIN = 4096, /* of a segment: smaller ones unite as quickly */
    PREFIX_LIST_SHARE = 16,           /* in more places than a 16th of all documents */
};

typedef struct {
    char letters[PREFIX_LIST_BYTES_MAX];
    size_t len;
    uint32_t words;
    uint64_t places;
} PrefixCount;

typedef struct {
    uint32_t documents;
    PrefixCount counts[PREFIX_LIST_LETTERS_MAX]; /* of the words at hand, by letters */
    PrefixCount *chosen;
    size_t count, room;
    uint8_t *fields; /* by document, of the list that is being made */
} PrefixLists;

PrefixLists prefix_lists_create(uint32_t documents);
void prefix_lists_free(PrefixLists *lists);
void prefix_lists_count(PrefixLists *lists, Str word, size_t works); /* words in byte order */
void prefix_lists_choose(PrefixLists *lists);                        /* all are counted */
Str prefix_lists_prefix(const PrefixLists *lists, size_t number);
/* Writes what was or-ed into `fields`, which is empty again; numbers rising. */
void prefix_lists_write(PrefixLists *lists, size_t number, PostingWriter *posting,
                        SegmentWriter *writer);
/* The list of a prefix, if there is one. */
Str prefix_list_find(const Segment *segment, Str prefix);
