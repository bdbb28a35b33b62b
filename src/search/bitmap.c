#include "search/bitmap.h"

#include <string.h>

void bitmap_clear(uint64_t *bits, uint32_t count) { memset(bits, 0, bitmap_words(count) * 8); }

void bitmap_set_all(uint64_t *bits, uint32_t count) {
    memset(bits, 0xFF, bitmap_words(count) * 8);
    if (count % 64) bits[count / 64] = ((uint64_t)1 << count % 64) - 1;
}

void bitmap_and(uint64_t *bits, const uint64_t *others, uint32_t count) {
    for (size_t i = 0; i < bitmap_words(count); i++) bits[i] &= others[i];
}

void bitmap_and_not(uint64_t *bits, const uint64_t *others, uint32_t count) {
    for (size_t i = 0; i < bitmap_words(count); i++) bits[i] &= ~others[i];
}

void bitmap_or(uint64_t *bits, const uint64_t *others, uint32_t count) {
    for (size_t i = 0; i < bitmap_words(count); i++) bits[i] |= others[i];
}

void bitmap_clear_below(uint64_t *bits, uint32_t from) {
    memset(bits, 0, from / 64 * 8);
    if (from % 64) bits[from / 64] &= UINT64_MAX << from % 64;
}

size_t bitmap_list(const uint64_t *bits, uint32_t count, uint32_t first, uint32_t *ret_documents) {
    size_t listed = 0;
    for (size_t word = 0; word < bitmap_words(count); word++) {
        uint32_t base = first + (uint32_t)word * 64;
        if (bits[word] == UINT64_MAX) {
            for (uint32_t i = 0; i < 64; i++) ret_documents[listed + i] = base + i;
            listed += 64;
            continue;
        }
        for (uint64_t left = bits[word]; left; left &= left - 1)
            ret_documents[listed++] = base + (uint32_t)__builtin_ctzll(left);
    }
    return listed;
}

void bitmap_add(uint64_t *bits, uint32_t first, const uint32_t *documents, size_t count) {
    for (size_t i = 0; i < count; i++) {
        uint32_t bit = documents[i] - first;
        bits[bit / 64] |= (uint64_t)1 << bit % 64;
    }
}
