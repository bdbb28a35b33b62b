/* draft.h — works cut into words, gathered until they become a segment.
 * Grows on the heap with what is added; needs no lock. The order of adding does not matter; an id
 * added twice counts as it was added last. */
#pragma once
#include "search/segment.h"

typedef struct Draft Draft;

Draft *draft_create(void);
void draft_free(Draft *draft);
void draft_add(Draft *draft, const SearchWork *work); /* nothing of it is kept by pointer */
size_t draft_count(const Draft *draft);               /* works added */
size_t draft_bytes(const Draft *draft);               /* held for them, about */
/* A segment in memory; the draft is empty again, and keeps its room. */
Segment *draft_finish(Draft *draft);

/* Words that mark a work as a whole stand behind a byte no text can give. */
Str draft_tag_word(Arena *arena, Str tag);
Str draft_uploader_word(Arena *arena, Str name);
Str draft_extension_word(Arena *arena, Str extension); /* "iso", or ".iso" */
