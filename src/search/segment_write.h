/* segment_write.h — making the bytes of a segment, in memory or straight into a file.
 * First the words with their lists, as they come; then the documents. What goes into a file passes
 * through a buffer: of a large segment only its words and columns are held. */
#pragma once
#include "search/segment_layout.h"

enum { SEGMENT_TO_MEMORY = -1 };

typedef struct {
    uint8_t *at;
    size_t len, room;
} SegmentBuffer;

typedef struct {
    int file;    /* or SEGMENT_TO_MEMORY */
    bool failed; /* the disk took no more; errno in `cause` */
    int cause;
    SegmentBuffer out; /* to a file: what is not yet written */
    uint64_t written;
    Checksum checksum; /* of the section being written */
    SegmentHead head;
    SegmentBuffer words, block_heads, block_starts, block_lists;
    char word[SEGMENT_WORD_BYTES_MAX]; /* the last one */
    size_t word_len;
    uint64_t lists_end;
} SegmentWriter;

SegmentWriter segment_writer(int file);
/* Words in byte order, each once, of at most SEGMENT_WORD_BYTES_MAX bytes. */
void segment_write_word(SegmentWriter *writer, Str word, Str list);

/* Documents as they will be numbered; one block of memory. */
typedef struct {
    uint32_t count;
    int64_t *ids;
    uint64_t *sizes;
    uint32_t *published_at, *file_counts, *classes, *by_size, *by_id;
    uint16_t *licenses, *languages;
    uint8_t *categories, *may;
    void *block;
} SegmentRows;
SegmentRows segment_rows_create(uint32_t count);
void segment_rows_free(SegmentRows *rows);

typedef struct {
    const SegmentRows *rows;         /* orders and classes are filled in */
    const Str *licenses, *languages; /* by number; the first is empty */
    uint32_t license_count, language_count;
    const uint64_t *keys; /* rising, with a document each */
    const uint32_t *key_documents;
    size_t key_count;
} SegmentContents;
/* The bytes, to be handed to segment_open; an empty Str where they are in the file, or when it
 * failed. Frees what the writer holds. */
Str segment_finish(SegmentWriter *writer, const SegmentContents *contents);
void segment_writer_free(SegmentWriter *writer); /* instead of finishing */

/* Licences or languages by number, in the order they came; 0 is the empty one. What comes after
 * UINT16_MAX of them is taken for empty. */
typedef struct {
    Str *at;
    size_t count, room;
    uint32_t *slots; /* 1 + number */
    size_t slot_count;
    uint64_t seed;
} NameTable;
NameTable name_table_create(void);
void name_table_free(NameTable *table);
uint16_t name_table_add(NameTable *table, Str name); /* copied */

/* Quick, and of no use to whoever does not know the seed. */
uint64_t segment_hash(Str word, uint64_t seed);

/* Sorts `count` numbers by their keys, equal ones left as they stand. */
void segment_sort(uint64_t *keys, uint32_t *numbers, size_t count);
