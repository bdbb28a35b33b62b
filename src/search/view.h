/* view.h — the segments as they are at one moment: what a question is answered from.
 * Immutable and counted. A work is in exactly one part of it, unless its bit in `gone` is set: it
 * was removed, or stands replaced in another part. */
#pragma once
#include "search/segment.h"

/* A bit per document, shared by the views between which nothing went. */
typedef struct {
    atomic_size_t holders;
    uint32_t count;
    uint64_t bits[];
} Gone;

typedef struct {
    Segment *segment;
    Gone *gone; /* NULL: all are here */
} ViewPart;

typedef struct {
    atomic_size_t holders;
    size_t count;
    uint64_t works; /* not gone, in all parts */
    ViewPart parts[];
} View;

/* Holds what it is given: the caller still releases its own. */
View *view_create(const ViewPart *parts, size_t count);
View *view_hold(View *view);
void view_release(View *view); /* NULL is fine */

static inline bool view_part_has(const ViewPart *part, uint32_t document) {
    return !part->gone || !(part->gone->bits[document / 64] >> document % 64 & 1);
}
static inline uint32_t view_part_count(const ViewPart *part) {
    return segment_count(part->segment) - (part->gone ? part->gone->count : 0);
}

Gone *gone_create(const Gone *from, uint32_t document_count); /* a copy; of NULL: nothing gone */
bool gone_add(Gone *gone, uint32_t document); /* before others see it; false: it was gone */
void gone_release(Gone *gone);                /* NULL is fine */
