/* segment.h — an immutable run of documents: words, postings, columns, keys.
 * The same bytes whether mapped from a file or in memory; one reader for both. Documents are
 * numbered by (published_at, id), so the newest is the last. Every length and offset was checked
 * when it was opened: reading goes nowhere else, whatever the bytes. Only the counts and the health
 * of a document change, atomically, while others read. Counted: who holds one may read it. */
#pragma once
#include <stdatomic.h>

#include "search/search.h"

#define DOCUMENT_NONE UINT32_MAX

typedef struct Segment Segment;

/* What many works have in common: one counter a class instead of five a work. */
typedef struct {
    uint16_t license, language; /* numbers in the segment's own tables */
    uint16_t year;              /* of publishing, UTC */
    uint8_t category, may;
} SegmentClass;

/* By document number. */
typedef struct {
    uint32_t count;
    const int64_t *ids;
    const uint64_t *sizes;
    const uint32_t *published_at; /* Unix seconds, up to the year 2106 */
    const uint32_t *file_counts;
    const uint32_t *classes; /* numbers in class_rows */
    const uint32_t *by_size; /* all documents, by (size, document) */
    const uint32_t *by_id;   /* all documents, by id */
    const uint16_t *licenses, *languages;
    const uint8_t *categories, *may;
    const SegmentClass *class_rows; /* each at least once in `classes` */
    uint32_t class_count, license_count, language_count;
    _Atomic uint32_t *seeders, *leechers, *last_seeder_at, *well_seeded_at;
    _Atomic uint64_t *completed; /* with a mark, see completed_pack */
    _Atomic uint8_t *health;     /* as the rule of search_set_health_rule says */
} Columns;

/* The highest bit marks a row of counts that is a claim: it needs no column of its own, and is
 * stored and moved with the completions. */
#define COMPLETED_CLAIMED (UINT64_C(1) << 63)
static inline uint64_t completed_pack(uint64_t completed, bool is_claimed) {
    return (completed & ~COMPLETED_CLAIMED) | (is_claimed ? COMPLETED_CLAIMED : 0);
}

const Columns *segment_columns(const Segment *segment);
static inline uint32_t segment_count(const Segment *segment) {
    return segment_columns(segment)->count;
}
/* Number 0 is always the empty one. */
Str segment_license(const Segment *segment, uint32_t number);
Str segment_language(const Segment *segment, uint32_t number);

/* The list of a word, as posting.h opens it; empty where nobody has it. Lists of more than 32 bytes
 * begin at a multiple of 8. */
Str segment_find(const Segment *segment, Str word);

/* All words that start so, in byte order: segment_words(), then segment_next_word() until false. A
 * word stands in the cursor until the next one. */
enum { SEGMENT_WORD_BYTES_MAX = 255 };
/* Begins what stands behind all words and is none: lists of prefixes (prefix_list.h). Only
 * segment_find gives it. No text has the byte. */
enum { PREFIX_LIST_MARK = 0xFF };
typedef struct {
    Str word;
    Str list;
    /* of segment_word.c */
    const Segment *segment;
    const uint8_t *at, *end;
    uint64_t list_at;
    uint32_t number; /* of the word */
    uint8_t prefix_len;
    char prefix[SEGMENT_WORD_BYTES_MAX], letters[SEGMENT_WORD_BYTES_MAX];
} SegmentWords;
void segment_words(const Segment *segment, Str prefix, SegmentWords *ret_words);
bool segment_next_word(SegmentWords *words);
uint32_t segment_word_count(const Segment *segment);

uint32_t segment_document(const Segment *segment, int64_t id); /* or DOCUMENT_NONE */
/* The documents that hold a key, rising; *ret_documents may be NULL for none. */
size_t segment_documents_by_key(const Segment *segment, uint64_t key,
                                const uint32_t **ret_documents);
SearchCounts segment_counts(const Segment *segment, uint32_t document);
size_t segment_bytes(const Segment *segment); /* mapped or on the heap */

Segment *segment_hold(Segment *segment);
void segment_release(Segment *segment); /* the last holder frees it; NULL is fine */
