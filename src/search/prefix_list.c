#include "search/prefix_list.h"

#include "base/heap.h"

enum { BYTE_OF_TEXT = ' ' }; /* marks begin below */

PrefixLists prefix_lists_create(uint32_t documents) {
    PrefixLists lists = {.documents = documents};
    if (documents >= PREFIX_LIST_DOCUMENTS_MIN) lists.fields = heap_new(documents, 1);
    return lists;
}

void prefix_lists_free(PrefixLists *lists) {
    heap_free(lists->chosen);
    heap_free(lists->fields);
    *lists = (PrefixLists){0};
}

/* Bytes of so many letters; 0 where there are fewer, or where it is no text. */
static size_t prefix_len(Str word, size_t letters) {
    size_t len = 0;
    for (; letters > 0 && len < word.len; letters--) {
        len++;
        while (len < word.len && ((unsigned char)word.at[len] & 0xC0) == 0x80) len++;
    }
    return letters || len > PREFIX_LIST_BYTES_MAX ? 0 : len;
}

/* One word alone is its own list. */
static void end_prefix(PrefixLists *lists, PrefixCount *count) {
    if (count->words > 1 && count->places > lists->documents / PREFIX_LIST_SHARE) {
        lists->chosen =
            heap_grow(lists->chosen, &lists->room, lists->count + 1, sizeof *lists->chosen);
        lists->chosen[lists->count++] = *count;
    }
    *count = (PrefixCount){0};
}

void prefix_lists_count(PrefixLists *lists, Str word, size_t works) {
    if (!lists->fields || !word.len || (unsigned char)word.at[0] < BYTE_OF_TEXT) return;
    for (size_t letters = 1; letters <= PREFIX_LIST_LETTERS_MAX; letters++) {
        PrefixCount *count = &lists->counts[letters - 1];
        size_t len = prefix_len(word, letters);
        if (len != count->len || memcmp(count->letters, word.at, len) != 0) {
            end_prefix(lists, count);
            memcpy(count->letters, word.at, len);
            count->len = len;
        }
        if (!len) continue;
        count->words++;
        count->places += works;
    }
}

static int compare_prefixes(const void *a, const void *b) {
    const PrefixCount *x = a, *y = b;
    return str_compare((Str){x->letters, x->len}, (Str){y->letters, y->len});
}

void prefix_lists_choose(PrefixLists *lists) {
    for (size_t i = 0; i < PREFIX_LIST_LETTERS_MAX; i++) end_prefix(lists, &lists->counts[i]);
    if (lists->count) qsort(lists->chosen, lists->count, sizeof *lists->chosen, compare_prefixes);
}

Str prefix_lists_prefix(const PrefixLists *lists, size_t number) {
    return (Str){lists->chosen[number].letters, lists->chosen[number].len};
}

/* Into room for one byte more than PREFIX_LIST_BYTES_MAX. */
static Str name_list(Str prefix, char *room) {
    room[0] = (char)PREFIX_LIST_MARK;
    memcpy(room + 1, prefix.at, prefix.len);
    return (Str){room, prefix.len + 1};
}

void prefix_lists_write(PrefixLists *lists, size_t number, PostingWriter *posting,
                        SegmentWriter *writer) {
    char room[1 + PREFIX_LIST_BYTES_MAX];
    for (uint32_t i = 0; i < lists->documents; i++) {
        if (lists->fields[i]) posting_writer_add_packed(posting, i, lists->fields[i], (Str){0});
    }
    memset(lists->fields, 0, lists->documents);
    segment_write_word(writer, name_list(prefix_lists_prefix(lists, number), room),
                       posting_write(posting, lists->documents));
}

Str prefix_list_find(const Segment *segment, Str prefix) {
    char room[1 + PREFIX_LIST_BYTES_MAX];
    if (!prefix.len || prefix.len > PREFIX_LIST_BYTES_MAX) return (Str){0};
    return segment_find(segment, name_list(prefix, room));
}
