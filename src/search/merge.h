/* merge.h — several parts of a view as one segment, without what is gone.
 * Reads the sources in the order of their words and writes as it reads: of a large result only its
 * columns and words are held. Positions are copied as they stand. */
#pragma once
#include "search/view.h"

typedef struct {
    uint32_t **moved; /* by part and document: its number now, or DOCUMENT_NONE */
    size_t part_count;
    uint32_t documents;
    Str bytes;   /* in memory: to be handed to segment_open */
    bool failed; /* the disk took no more, or `stop` was set: nothing came of it */
    int cause;   /* errno; 0: stopped */
} Merge;

/* `file`: SEGMENT_TO_MEMORY, or an empty file open for writing; `stop` is looked at all the time.
 */
Merge merge_write(const ViewPart *parts, size_t count, int file, const atomic_bool *stop);
void merge_free(Merge *merge); /* not the bytes */
/* Counts as they are now, from where the documents were. */
void merge_copy_counts(const Merge *merge, const ViewPart *parts, Segment *to);
void merge_copy_count(const Segment *from, uint32_t document, Segment *to, uint32_t to_document);
