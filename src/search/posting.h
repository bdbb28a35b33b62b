/* posting.h — for one word: the works that hold it, in which fields and where.
 * Works by rising document number, packed into bytes: distance to the document before, a byte of
 * fields, the length of the positions, then for each field their count and distances. Only grows at
 * the end. Reading is one pass; positions are passed over unless asked for. */
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

typedef struct {
    uint8_t *bytes;
    size_t len, room;
    uint32_t count, last_document;
} PostingList;

void posting_list_free(PostingList *list);
/* Occurrences by field, then position, each once; none for a word that only marks a work. The
 * document must be later than any before. */
void posting_add(PostingList *list, uint32_t document, const Occurrence *occurrences, size_t count);

typedef struct {
    const uint8_t *at, *end;
    uint32_t document;
    uint8_t fields; /* bit per Field */
    const uint8_t *positions;
    size_t positions_len;
} PostingCursor;

PostingCursor posting_cursor(const PostingList *list);
bool posting_next(PostingCursor *cursor); /* false past the last */

/* The positions of one document, field by field. */
typedef struct {
    const uint8_t *at, *end;
    uint8_t fields;
    Occurrence occurrence;
    uint32_t left; /* in this field */
} OccurrenceCursor;

OccurrenceCursor posting_occurrences(const PostingCursor *cursor);
bool occurrence_next(OccurrenceCursor *cursor);
