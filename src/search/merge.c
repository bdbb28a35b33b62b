#include "search/merge.h"

#include "base/heap.h"
#include "search/posting.h"
#include "search/prefix_list.h"
#include "search/segment_write.h"

/* One list of the word that is being merged. */
typedef struct {
    PostingReader reader;
    const uint32_t *moved;
    uint32_t next; /* where its next document stands now */
} MergeList;

typedef struct {
    const ViewPart *parts;
    size_t count;
    const atomic_bool *stop;
    Merge *merge;
    uint32_t *bases;     /* of the documents of each part, in one row of all */
    uint32_t *order;     /* documents in that row, as they are numbered now */
    SegmentWords *words; /* a cursor each */
    size_t *heap;        /* parts that have words left, the first in order on top */
    size_t heap_count;
    MergeList *lists;
    PostingWriter posting;
    PrefixLists prefixes;
    SegmentWriter writer;
} Merging;

/* --- documents --- */

static size_t part_of(const Merging *merging, uint32_t place) {
    size_t low = 0, high = merging->count;
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (merging->bases[middle] <= place)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* All that is not gone, by id, then by time: as documents are numbered. */
static void number_documents(Merging *merging) {
    Merge *merge = merging->merge;
    uint64_t total = 0;
    for (size_t i = 0; i < merging->count; i++) {
        merging->bases[i] = (uint32_t)total;
        total += segment_count(merging->parts[i].segment);
    }
    uint64_t *keys = heap_new(total, sizeof *keys);
    uint32_t *order = heap_new(total, sizeof *order), count = 0;
    for (size_t i = 0; i < merging->count; i++) {
        const Columns *columns = segment_columns(merging->parts[i].segment);
        for (uint32_t document = 0; document < columns->count; document++) {
            if (!view_part_has(&merging->parts[i], document)) continue;
            keys[count] = (uint64_t)columns->ids[document] ^ (uint64_t)1 << 63;
            order[count++] = merging->bases[i] + document;
        }
    }
    segment_sort(keys, order, count);
    for (uint32_t i = 0; i < count; i++) {
        size_t part = part_of(merging, order[i]);
        const Columns *columns = segment_columns(merging->parts[part].segment);
        keys[i] = columns->published_at[order[i] - merging->bases[part]];
    }
    segment_sort(keys, order, count);
    heap_free(keys);
    for (size_t i = 0; i < merging->count; i++) {
        uint32_t documents = segment_count(merging->parts[i].segment);
        merge->moved[i] = heap_new(documents, sizeof **merge->moved);
        memset(merge->moved[i], 0xFF, documents * sizeof **merge->moved);
    }
    for (uint32_t i = 0; i < count; i++) {
        size_t part = part_of(merging, order[i]);
        merge->moved[part][order[i] - merging->bases[part]] = i;
    }
    merge->documents = count;
    merging->order = order;
}

/* By part and number there: the number now. */
static uint16_t *map_names(const Merging *merging, NameTable *table, bool languages) {
    size_t total = 0;
    for (size_t i = 0; i < merging->count; i++) {
        const Columns *columns = segment_columns(merging->parts[i].segment);
        total += languages ? columns->language_count : columns->license_count;
    }
    uint16_t *now = heap_new(total, sizeof *now), *at = now;
    for (size_t i = 0; i < merging->count; i++) {
        const Segment *segment = merging->parts[i].segment;
        const Columns *columns = segment_columns(segment);
        uint32_t count = languages ? columns->language_count : columns->license_count;
        for (uint32_t number = 0; number < count; number++)
            *at++ = name_table_add(table, languages ? segment_language(segment, number)
                                                    : segment_license(segment, number));
    }
    return now;
}

static SegmentRows fill_rows(const Merging *merging, const uint16_t *licenses,
                             const uint16_t *languages) {
    const Merge *merge = merging->merge;
    SegmentRows rows = segment_rows_create(merge->documents);
    for (size_t i = 0; i < merging->count; i++) {
        const Columns *columns = segment_columns(merging->parts[i].segment);
        for (uint32_t document = 0; document < columns->count; document++) {
            uint32_t to = merge->moved[i][document];
            if (to == DOCUMENT_NONE) continue;
            rows.ids[to] = columns->ids[document];
            rows.sizes[to] = columns->sizes[document];
            rows.published_at[to] = columns->published_at[document];
            rows.file_counts[to] = columns->file_counts[document];
            rows.licenses[to] = licenses[columns->licenses[document]];
            rows.languages[to] = languages[columns->languages[document]];
            rows.categories[to] = columns->categories[document];
            rows.may[to] = columns->may[document];
        }
        licenses += columns->license_count;
        languages += columns->language_count;
    }
    return rows;
}

/* The place of the next key whose document is not gone. */
static size_t skip_gone_keys(const Merging *merging, size_t part, size_t at) {
    const Segment *segment = merging->parts[part].segment;
    const uint32_t *moved = merging->merge->moved[part];
    while (at < segment->key_count && moved[segment->key_documents[at]] == DOCUMENT_NONE) at++;
    return at;
}

/* The part whose next key is the first, and of equal ones has the first document; or `count`. */
static size_t first_key(const Merging *merging, const size_t *places) {
    size_t first = merging->count;
    uint64_t first_key = 0;
    uint32_t first_document = 0;
    for (size_t i = 0; i < merging->count; i++) {
        const Segment *segment = merging->parts[i].segment;
        if (places[i] == segment->key_count) continue;
        uint64_t key = segment->keys[places[i]];
        uint32_t document = merging->merge->moved[i][segment->key_documents[places[i]]];
        if (first < merging->count &&
            (key > first_key || (key == first_key && document > first_document)))
            continue;
        first = i;
        first_key = key;
        first_document = document;
    }
    return first;
}

static void fill_keys(const Merging *merging, SegmentContents *contents) {
    size_t total = 0, count = 0, part;
    for (size_t i = 0; i < merging->count; i++) total += merging->parts[i].segment->key_count;
    uint64_t *keys = heap_new(total, sizeof *keys);
    uint32_t *documents = heap_new(total, sizeof *documents);
    size_t *places = heap_new(merging->count, sizeof *places);
    for (size_t i = 0; i < merging->count; i++) places[i] = skip_gone_keys(merging, i, 0);
    while ((part = first_key(merging, places)) < merging->count) {
        const Segment *segment = merging->parts[part].segment;
        keys[count] = segment->keys[places[part]];
        documents[count++] = merging->merge->moved[part][segment->key_documents[places[part]]];
        places[part] = skip_gone_keys(merging, part, places[part] + 1);
    }
    heap_free(places);
    contents->keys = keys;
    contents->key_documents = documents;
    contents->key_count = count;
}

/* --- words --- */

static bool stands_before(const Merging *merging, size_t a, size_t b) {
    int order = str_compare(merging->words[a].word, merging->words[b].word);
    return order ? order < 0 : a < b;
}

static void heap_sink(Merging *merging, size_t at) {
    size_t *heap = merging->heap;
    for (;;) {
        size_t child = at * 2 + 1;
        if (child >= merging->heap_count) return;
        if (child + 1 < merging->heap_count && stands_before(merging, heap[child + 1], heap[child]))
            child++;
        if (!stands_before(merging, heap[child], heap[at])) return;
        size_t swapped = heap[at];
        heap[at] = heap[child];
        heap[child] = swapped;
        at = child;
    }
}

static void start_words(Merging *merging) {
    for (size_t i = 0; i < merging->count; i++) {
        segment_words(merging->parts[i].segment, (Str){0}, &merging->words[i]);
        if (segment_next_word(&merging->words[i])) merging->heap[merging->heap_count++] = i;
    }
    for (size_t i = merging->heap_count / 2; i-- > 0;) heap_sink(merging, i);
}

/* The next document of a list that is not gone; false past the last. */
static bool list_next(MergeList *list) {
    while (posting_read_next(&list->reader)) {
        list->next = list->moved[list->reader.document];
        if (list->next != DOCUMENT_NONE) return true;
    }
    return false;
}

static void copy_document(Merging *merging, MergeList *list) {
    posting_writer_add_packed(&merging->posting, list->next, posting_read_fields(&list->reader),
                              posting_read_packed(&list->reader));
}

/* Runs along the list that is first for as long as it is: lists of different years never mingle. */
static void merge_lists(Merging *merging, size_t count) {
    MergeList *lists = merging->lists;
    while (count > 0) {
        size_t first = 0;
        uint32_t bound = DOCUMENT_NONE; /* where the second begins */
        for (size_t i = 1; i < count; i++) {
            if (lists[i].next < lists[first].next) {
                bound = lists[first].next;
                first = i;
            } else if (lists[i].next < bound) {
                bound = lists[i].next;
            }
        }
        bool more = true;
        while (more && lists[first].next < bound) {
            copy_document(merging, &lists[first]);
            more = list_next(&lists[first]);
        }
        if (!more) lists[first] = lists[--count];
    }
}

/* The word on top of the heap, from all parts that have it. */
static void merge_word(Merging *merging) {
    char letters[SEGMENT_WORD_BYTES_MAX];
    Str word = {letters, merging->words[merging->heap[0]].word.len};
    memcpy(letters, merging->words[merging->heap[0]].word.at, word.len);
    size_t count = 0;
    while (merging->heap_count && str_equal(merging->words[merging->heap[0]].word, word)) {
        size_t part = merging->heap[0];
        Posting posting =
            posting_open(merging->words[part].list, segment_count(merging->parts[part].segment));
        MergeList *list = &merging->lists[count];
        list->reader = posting_reader(&posting);
        list->moved = merging->merge->moved[part];
        if (list_next(list)) count++;
        if (!segment_next_word(&merging->words[part]))
            merging->heap[0] = merging->heap[--merging->heap_count];
        heap_sink(merging, 0);
    }
    if (count == 0) return;
    merge_lists(merging, count);
    prefix_lists_count(&merging->prefixes, word, merging->posting.count);
    segment_write_word(&merging->writer, word,
                       posting_write(&merging->posting, merging->merge->documents));
}

static bool is_stopped(const Merging *merging) {
    return atomic_load_explicit(merging->stop, memory_order_relaxed);
}

static void join_fields(Merging *merging, size_t part, Str list) {
    const uint32_t *moved = merging->merge->moved[part];
    Posting posting = posting_open(list, segment_count(merging->parts[part].segment));
    for (PostingReader reader = posting_reader(&posting); posting_read_next(&reader);) {
        uint32_t to = moved[reader.document];
        if (to != DOCUMENT_NONE) merging->prefixes.fields[to] |= posting_read_fields(&reader);
    }
}

/* Each from the list that a part has of it, or from all words there that start so. */
static void write_prefixes(Merging *merging) {
    PrefixLists *prefixes = &merging->prefixes;
    prefix_lists_choose(prefixes);
    for (size_t i = 0; i < prefixes->count && !is_stopped(merging); i++) {
        Str prefix = prefix_lists_prefix(prefixes, i);
        for (size_t part = 0; part < merging->count; part++) {
            const Segment *segment = merging->parts[part].segment;
            Str united = prefix_list_find(segment, prefix);
            if (united.len) {
                join_fields(merging, part, united);
                continue;
            }
            SegmentWords words;
            segment_words(segment, prefix, &words);
            while (segment_next_word(&words)) join_fields(merging, part, words.list);
        }
        prefix_lists_write(prefixes, i, &merging->posting, &merging->writer);
    }
}

static void finish(Merging *merging) {
    NameTable licenses = name_table_create(), languages = name_table_create();
    uint16_t *licenses_now = map_names(merging, &licenses, false);
    uint16_t *languages_now = map_names(merging, &languages, true);
    SegmentRows rows = fill_rows(merging, licenses_now, languages_now);
    SegmentContents contents = {.rows = &rows,
                                .licenses = licenses.at,
                                .languages = languages.at,
                                .license_count = (uint32_t)licenses.count,
                                .language_count = (uint32_t)languages.count};
    fill_keys(merging, &contents);
    merging->merge->bytes = segment_finish(&merging->writer, &contents);
    segment_rows_free(&rows);
    name_table_free(&licenses);
    name_table_free(&languages);
    heap_free(licenses_now);
    heap_free(languages_now);
    heap_free((void *)(uintptr_t)contents.keys);
    heap_free((void *)(uintptr_t)contents.key_documents);
}

Merge merge_write(const ViewPart *parts, size_t count, int file, const atomic_bool *stop) {
    Merge merge = {.moved = heap_new(count, sizeof *merge.moved), .part_count = count};
    Merging merging = {.parts = parts,
                       .count = count,
                       .stop = stop,
                       .merge = &merge,
                       .bases = heap_new(count, sizeof *merging.bases),
                       .words = heap_new(count, sizeof *merging.words),
                       .heap = heap_new(count, sizeof *merging.heap),
                       .lists = heap_new(count, sizeof *merging.lists),
                       .writer = segment_writer(file)};
    number_documents(&merging);
    merging.prefixes = prefix_lists_create(merge.documents);
    start_words(&merging);
    while (merging.heap_count && !is_stopped(&merging) && !merging.writer.failed)
        merge_word(&merging);
    write_prefixes(&merging);
    if (is_stopped(&merging))
        segment_writer_free(&merging.writer);
    else
        finish(&merging);
    merge.failed = is_stopped(&merging) || merging.writer.failed;
    merge.cause = is_stopped(&merging) ? 0 : merging.writer.cause;
    posting_writer_free(&merging.posting);
    prefix_lists_free(&merging.prefixes);
    heap_free(merging.bases);
    heap_free(merging.order);
    heap_free(merging.words);
    heap_free(merging.heap);
    heap_free(merging.lists);
    return merge;
}

void merge_free(Merge *merge) {
    for (size_t i = 0; i < merge->part_count; i++) heap_free(merge->moved[i]);
    heap_free(merge->moved);
    *merge = (Merge){0};
}

#define COUNT_MOVE(to, from)                                                          \
    atomic_store_explicit(&(to), atomic_load_explicit(&(from), memory_order_relaxed), \
                          memory_order_relaxed)

void merge_copy_count(const Segment *from, uint32_t document, Segment *to, uint32_t to_document) {
    const Columns *old = &from->columns, *new = &to->columns;
    COUNT_MOVE(new->seeders[to_document], old->seeders[document]);
    COUNT_MOVE(new->leechers[to_document], old->leechers[document]);
    COUNT_MOVE(new->completed[to_document], old->completed[document]);
    COUNT_MOVE(new->last_seeder_at[to_document], old->last_seeder_at[document]);
    COUNT_MOVE(new->well_seeded_at[to_document], old->well_seeded_at[document]);
    COUNT_MOVE(new->health[to_document], old->health[document]);
}

void merge_copy_counts(const Merge *merge, const ViewPart *parts, Segment *to) {
    for (size_t i = 0; i < merge->part_count; i++) {
        uint32_t count = segment_count(parts[i].segment);
        for (uint32_t document = 0; document < count; document++)
            if (merge->moved[i][document] != DOCUMENT_NONE)
                merge_copy_count(parts[i].segment, document, to, merge->moved[i][document]);
    }
}
