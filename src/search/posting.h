/* posting.h — for one word: the works that hold it, in which fields and where.
 * A list is one run of bytes, written once, read wherever it lies. Few documents: distances as
 * varints. More: blocks of 128 bit-packed distances, with the last document of each to skip by. A
 * share of all: a bit for each document. Then a byte of fields for each document, then positions:
 * distances, field by field, in bytes of which the last one says whether the field goes on; they
 * are passed over eight at a time unless asked for. Reading stays inside the list and below
 * `documents` whatever the bytes are. */
#pragma once
#include "base/str.h"

typedef enum {
    FIELD_TITLE,
    FIELD_TAG,
    FIELD_AUTHOR,
    FIELD_FILE,
    FIELD_DESCRIPTION,
    FIELD_COUNT,
} Field;

enum { FIELDS_ALL = (1 << FIELD_COUNT) - 1 };

typedef struct {
    uint32_t position;
    uint8_t field;
} Occurrence;

enum { POSTING_BLOCK = 128, POSTING_ALIGN = 8 };

/* Documents are added rising. Grows on the heap; may be used again after posting_write. */
typedef struct {
    uint32_t *documents;
    uint8_t *fields, *positions, *bytes;
    uint32_t *ends; /* of the positions of each document */
    size_t count, positions_len, bytes_len;
    size_t document_room, field_room, end_room, position_room, byte_room;
} PostingWriter;

/* Occurrences by field, then position, each once; none for a word that only marks a work. */
void posting_writer_add(PostingWriter *writer, uint32_t document, const Occurrence *occurrences,
                        size_t count);
/* As posting_read_packed gave them. */
void posting_writer_add_packed(PostingWriter *writer, uint32_t document, uint8_t fields,
                               Str positions);
/* The list, for a segment of so many documents; stands until the next call. The writer is empty
 * again. One of more than 32 bytes must be kept at a multiple of POSTING_ALIGN. */
Str posting_write(PostingWriter *writer, uint32_t documents);
void posting_writer_free(PostingWriter *writer);

typedef enum { POSTING_FEW, POSTING_BLOCKS, POSTING_BITS } PostingKind;

/* A list opened for reading: points into its bytes. */
typedef struct {
    PostingKind kind;
    bool marks; /* no fields, no positions */
    uint32_t count, documents;
    const uint8_t *bytes, *end;
    const uint8_t *fields;     /* of each; NULL for marks */
    const uint8_t *positions;  /* where they begin */
    const uint32_t *places;    /* where those of each block begin; NULL for few */
    const uint32_t *last, *at; /* of each block: its last document, where it begins */
    const uint64_t *bits;      /* of all documents */
    const uint32_t *ranks;     /* how many stand before each 512 */
} Posting;

/* Of a damaged list as much as makes sense, maybe nothing. */
Posting posting_open(Str list, uint32_t documents);

typedef struct {
    Posting posting;
    uint32_t document, ordinal; /* where posting_read_next and posting_seek stopped */
    /* of posting_reader.c */
    uint32_t block, at, count; /* the block that is unpacked, and a place in it */
    uint32_t word, rank;       /* a word of the bits, and how many stand before it */
    uint32_t place_ordinal;    /* whose positions begin at `place` */
    const uint8_t *place;      /* NULL: not known */
    uint32_t unpacked[POSTING_BLOCK];
} PostingReader;

PostingReader posting_reader(const Posting *posting);
void posting_rewind(PostingReader *reader);
/* One after the other; false past the last. */
bool posting_read_next(PostingReader *reader);
static inline uint8_t posting_read_fields(const PostingReader *reader) {
    const Posting *posting = &reader->posting;
    bool known = posting->fields && reader->ordinal < posting->count;
    return known ? posting->fields[reader->ordinal] & FIELDS_ALL : 0;
}
/* The positions of the present document, packed; and unpacked one by one. */
Str posting_read_packed(PostingReader *reader);

typedef struct {
    const uint8_t *at, *end;
    uint8_t fields; /* that follow, with the present one */
    bool started;
    Occurrence occurrence;
} PositionReader;

static inline PositionReader position_reader(Str packed, uint8_t fields) {
    const uint8_t *at = (const uint8_t *)packed.at;
    const uint8_t *end = packed.len ? at + packed.len : at; /* nothing may stand nowhere */
    return (PositionReader){.at = at, .end = end, .fields = fields};
}
bool position_next(PositionReader *reader);

/* All documents, rising, for lists that are few; returns how many, at most `count`. */
size_t posting_decode(const Posting *posting, uint32_t *ret_documents);
/* Or-s the fields of each into the byte of its document. */
void posting_join_bytes(const Posting *posting, uint8_t *bytes);
/* A reader only goes forward: the documents asked for by the next four rise from call to call. */
bool posting_seek(PostingReader *reader, uint32_t document); /* whether it is in the list */
size_t posting_filter(PostingReader *reader, uint32_t *documents, size_t count); /* keeps those */
/* Or-s the fields of each into its place; those that are not in the list stay as they are. */
void posting_join_fields(PostingReader *reader, const uint32_t *documents, size_t count,
                         uint8_t *fields);
/* The worth of the fields of each in the span, added to its place; place 0 is `from`. */
void posting_add_points(PostingReader *reader, uint32_t from, uint32_t to, const uint32_t *worth,
                        uint32_t *points);
/* Sets the bits of those from `from` (a multiple of 64) to before `to`; bit 0 is `from`. */
void posting_join_bits(PostingReader *reader, uint32_t from, uint32_t to, uint64_t *bits);
