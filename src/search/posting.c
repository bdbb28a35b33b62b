#include "search/posting.h"

#include <assert.h>

#include "base/heap.h"

enum { VARINT_BYTES_MAX = 5 };

static size_t varint_len(uint32_t value) {
    size_t len = 1;
    while (value >= 0x80) {
        value >>= 7;
        len++;
    }
    return len;
}

static void varint_write(uint8_t **at, uint32_t value) {
    while (value >= 0x80) {
        *(*at)++ = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    *(*at)++ = (uint8_t)value;
}

/* Only ever reads what posting_add wrote. */
static inline uint32_t varint_read(const uint8_t **at) {
    uint32_t value = *(*at)++;
    if (value < 0x80) return value;
    value &= 0x7F;
    for (unsigned shift = 7;; shift += 7) {
        uint8_t byte = *(*at)++;
        value |= (uint32_t)(byte & 0x7F) << shift;
        if (byte < 0x80) return value;
    }
}

void posting_list_free(PostingList *list) {
    heap_free(list->bytes);
    *list = (PostingList){0};
}

static size_t field_end(const Occurrence *occurrences, size_t count, size_t from) {
    size_t end = from + 1;
    while (end < count && occurrences[end].field == occurrences[from].field) end++;
    return end;
}

static uint32_t distance(const Occurrence *occurrences, size_t from, size_t i) {
    return i == from ? occurrences[i].position
                     : occurrences[i].position - occurrences[i - 1].position;
}

static size_t positions_len(const Occurrence *occurrences, size_t count) {
    size_t len = 0;
    for (size_t from = 0, end; from < count; from = end) {
        end = field_end(occurrences, count, from);
        len += varint_len((uint32_t)(end - from));
        for (size_t i = from; i < end; i++) len += varint_len(distance(occurrences, from, i));
    }
    return len;
}

void posting_add(PostingList *list, uint32_t document, const Occurrence *occurrences,
                 size_t count) {
    assert(list->count == 0 || document > list->last_document);
    size_t len = positions_len(occurrences, count);
    list->bytes =
        heap_grow(list->bytes, &list->room, list->len + 2 * VARINT_BYTES_MAX + 1 + len, 1);
    uint8_t *at = list->bytes + list->len;
    varint_write(&at, document - list->last_document);
    uint8_t *fields = at++;
    *fields = 0;
    varint_write(&at, (uint32_t)len);
    for (size_t from = 0, end; from < count; from = end) {
        end = field_end(occurrences, count, from);
        *fields |= (uint8_t)(1u << occurrences[from].field);
        varint_write(&at, (uint32_t)(end - from));
        for (size_t i = from; i < end; i++) varint_write(&at, distance(occurrences, from, i));
    }
    list->len = (size_t)(at - list->bytes);
    list->last_document = document;
    list->count++;
}

PostingCursor posting_cursor(const PostingList *list) {
    return (PostingCursor){.at = list->bytes, .end = list->len ? list->bytes + list->len : NULL};
}

bool posting_next(PostingCursor *cursor) {
    if (cursor->at == cursor->end) return false;
    cursor->document += varint_read(&cursor->at);
    cursor->fields = *cursor->at++;
    cursor->positions_len = varint_read(&cursor->at);
    cursor->positions = cursor->at;
    cursor->at += cursor->positions_len;
    return true;
}

OccurrenceCursor posting_occurrences(const PostingCursor *cursor) {
    return (OccurrenceCursor){.at = cursor->positions,
                              .end = cursor->positions + cursor->positions_len,
                              .fields = cursor->fields};
}

bool occurrence_next(OccurrenceCursor *cursor) {
    if (cursor->left == 0) {
        if (cursor->at == cursor->end) return false;
        cursor->occurrence = (Occurrence){.field = (uint8_t)__builtin_ctz(cursor->fields)};
        cursor->fields &= (uint8_t)(cursor->fields - 1);
        cursor->left = varint_read(&cursor->at);
    }
    cursor->occurrence.position += varint_read(&cursor->at);
    cursor->left--;
    return true;
}
