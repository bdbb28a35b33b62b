/* bitmap.h — sets of documents as a bit each, in words of 64, over a window of their numbers. */
#pragma once
#include <stddef.h>
#include <stdint.h>

enum { BITMAP_WINDOW = 1 << 16, BITMAP_WINDOW_WORDS = BITMAP_WINDOW / 64 };

static inline size_t bitmap_words(uint32_t count) { return ((size_t)count + 63) / 64; }

/* The first `count` bits set, the rest of the last word clear. */
void bitmap_set_all(uint64_t *bits, uint32_t count);
void bitmap_clear(uint64_t *bits, uint32_t count);
void bitmap_and(uint64_t *bits, const uint64_t *others, uint32_t count);
void bitmap_and_not(uint64_t *bits, const uint64_t *others, uint32_t count);
void bitmap_or(uint64_t *bits, const uint64_t *others, uint32_t count);
/* Clears the bits below `from`. */
void bitmap_clear_below(uint64_t *bits, uint32_t from);
/* The numbers of the set bits, each plus `first`; returns how many. */
size_t bitmap_list(const uint64_t *bits, uint32_t count, uint32_t first, uint32_t *ret_documents);
/* Sets the bits of documents, bit 0 being `first`. */
void bitmap_add(uint64_t *bits, uint32_t first, const uint32_t *documents, size_t count);
