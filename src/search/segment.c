#include "search/segment.h"

#include <assert.h>
#include <sys/mman.h>

#include "base/heap.h"
#include "search/segment_layout.h"

/* --- checksum: four lanes, so that the machine multiplies while it reads --- */

#define CHECKSUM_PRIME 0x9E3779B97F4A7C15u

static inline uint64_t turn(uint64_t lane, uint64_t word) {
    lane = (lane ^ word) * CHECKSUM_PRIME;
    return lane ^ lane >> 29;
}

Checksum checksum_create(void) { return (Checksum){.lanes = {1, 2, 3, 4}}; }

static void add_stripes(Checksum *checksum, const uint8_t *at, size_t stripes) {
    uint64_t lanes[4];
    memcpy(lanes, checksum->lanes, sizeof lanes);
    for (; stripes-- > 0; at += 32) {
        uint64_t words[4];
        memcpy(words, at, sizeof words);
        for (int i = 0; i < 4; i++) lanes[i] = turn(lanes[i], words[i]);
    }
    memcpy(checksum->lanes, lanes, sizeof lanes);
}

void checksum_add(Checksum *checksum, const void *bytes, size_t len) {
    const uint8_t *at = bytes;
    size_t held = checksum->len % 32;
    if (len == 0) return; /* then there may be no bytes at all */
    checksum->len += len;
    if (held) {
        size_t fits = 32 - held < len ? 32 - held : len;
        memcpy(checksum->rest + held, at, fits);
        at += fits;
        len -= fits;
        if (held + fits < 32) return;
        add_stripes(checksum, checksum->rest, 1);
    }
    add_stripes(checksum, at, len / 32);
    if (len % 32) memcpy(checksum->rest, at + len / 32 * 32, len % 32);
}

uint64_t checksum_finish(const Checksum *checksum) {
    Checksum last = *checksum;
    size_t held = last.len % 32;
    memset(last.rest + held, 0, 32 - held);
    if (held) add_stripes(&last, last.rest, 1);
    uint64_t sum = last.len;
    for (int i = 0; i < 4; i++) sum = turn(sum, last.lanes[i]);
    return turn(sum, 0);
}

uint64_t checksum_of(const void *bytes, size_t len) {
    Checksum checksum = checksum_create();
    checksum_add(&checksum, bytes, len);
    return checksum_finish(&checksum);
}

/* --- opening --- */

const void *segment_section(const Segment *segment, SectionKind kind, size_t *ret_len) {
    const SegmentSection *section = &segment->head->sections[kind];
    *ret_len = section->len;
    return segment->bytes + section->offset;
}

static bool head_is_right(const uint8_t *bytes, size_t len) {
    const SegmentHead *head = (const SegmentHead *)(const void *)bytes;
    if (len < SEGMENT_HEAD_BYTES || memcmp(head->magic, "essaimSG", sizeof head->magic) != 0)
        return false;
    if (head->version != SEGMENT_VERSION || head->section_count != SECTION_COUNT) return false;
    if (checksum_of(head, offsetof(SegmentHead, checksum)) != head->checksum) return false;
    if (head->documents == DOCUMENT_NONE) return false;
    for (int kind = 0; kind < SECTION_COUNT; kind++) {
        const SegmentSection *section = &head->sections[kind];
        if (section->offset % SEGMENT_ALIGN || section->offset < SEGMENT_HEAD_BYTES) return false;
        if (section->offset > len || section->len > len - section->offset) return false;
        if (kind != SECTION_LISTS &&
            checksum_of(bytes + section->offset, section->len) != section->checksum)
            return false;
    }
    return true;
}

/* An array of `count` things of `size` bytes; NULL when the section is not as long. */
static const void *array_of(Segment *segment, SectionKind kind, size_t count, size_t size) {
    size_t len;
    const void *at = segment_section(segment, kind, &len);
    return len == count * size ? at : NULL;
}

static bool open_names(Segment *segment, SectionKind kind, SegmentNames *names,
                       uint32_t *ret_count) {
    size_t len;
    const uint8_t *at = segment_section(segment, kind, &len);
    if (len < 2 * sizeof(uint32_t)) return false;
    names->ends = (const uint32_t *)(const void *)at;
    size_t first =
        names->ends[0]; /* where the letters begin, so it tells how many ends there are */
    if (first % sizeof(uint32_t) || first < 2 * sizeof(uint32_t) || first > len) return false;
    size_t count = first / sizeof(uint32_t) - 1;
    if (count > UINT16_MAX + 1) return false;
    for (size_t i = 1; i <= count; i++)
        if (names->ends[i] < names->ends[i - 1] || names->ends[i] > len) return false;
    if (names->ends[1] != names->ends[0]) return false; /* number 0 is the empty one */
    names->letters = (const char *)at;
    *ret_count = (uint32_t)count;
    return true;
}

static bool open_columns(Segment *segment) {
    Columns *columns = &segment->columns;
    size_t count = segment->head->documents;
    columns->count = (uint32_t)count;
    columns->ids = array_of(segment, SECTION_IDS, count, sizeof(int64_t));
    columns->sizes = array_of(segment, SECTION_SIZES, count, sizeof(uint64_t));
    columns->published_at = array_of(segment, SECTION_PUBLISHED, count, sizeof(uint32_t));
    columns->file_counts = array_of(segment, SECTION_FILES, count, sizeof(uint32_t));
    columns->classes = array_of(segment, SECTION_CLASSES, count, sizeof(uint32_t));
    columns->by_size = array_of(segment, SECTION_BY_SIZE, count, sizeof(uint32_t));
    columns->by_id = array_of(segment, SECTION_BY_ID, count, sizeof(uint32_t));
    columns->licenses = array_of(segment, SECTION_LICENSES, count, sizeof(uint16_t));
    columns->languages = array_of(segment, SECTION_LANGUAGES, count, sizeof(uint16_t));
    columns->categories = array_of(segment, SECTION_CATEGORIES, count, 1);
    columns->may = array_of(segment, SECTION_MAY, count, 1);
    if (!columns->ids || !columns->sizes || !columns->published_at || !columns->file_counts ||
        !columns->classes || !columns->by_size || !columns->by_id || !columns->licenses ||
        !columns->languages || !columns->categories || !columns->may)
        return false;
    size_t len;
    columns->class_rows = segment_section(segment, SECTION_CLASS_ROWS, &len);
    if (len % sizeof(SegmentClass) || len / sizeof(SegmentClass) > count) return false;
    columns->class_count = (uint32_t)(len / sizeof(SegmentClass));
    return open_names(segment, SECTION_LICENSE_NAMES, &segment->licenses,
                      &columns->license_count) &&
           open_names(segment, SECTION_LANGUAGE_NAMES, &segment->languages,
                      &columns->language_count);
}

/* Everything that is used as an index into something else; orders, because they are searched. */
static bool check_columns(const Columns *columns) {
    bool wrong = false;
    for (uint32_t i = 0; i < columns->class_count; i++) {
        const SegmentClass *row = &columns->class_rows[i];
        wrong |= row->license >= columns->license_count || row->language >= columns->language_count;
    }
    for (uint32_t i = 0; i < columns->count; i++) {
        wrong |= columns->classes[i] >= columns->class_count;
        wrong |= columns->licenses[i] >= columns->license_count;
        wrong |= columns->languages[i] >= columns->language_count;
        wrong |= columns->by_size[i] >= columns->count;
        wrong |= columns->by_id[i] >= columns->count;
    }
    if (wrong) return false;
    for (uint32_t i = 1; i < columns->count; i++) {
        wrong |= columns->published_at[i] < columns->published_at[i - 1];
        wrong |= columns->ids[columns->by_id[i]] <= columns->ids[columns->by_id[i - 1]];
        wrong |= columns->sizes[columns->by_size[i]] < columns->sizes[columns->by_size[i - 1]];
    }
    return !wrong;
}

static bool open_keys(Segment *segment) {
    size_t len;
    segment->keys = segment_section(segment, SECTION_KEYS, &len);
    if (len % sizeof(uint64_t)) return false;
    segment->key_count = len / sizeof(uint64_t);
    segment->key_documents =
        array_of(segment, SECTION_KEY_DOCUMENTS, segment->key_count, sizeof(uint32_t));
    if (!segment->key_documents) return false;
    bool wrong = false;
    for (size_t i = 0; i < segment->key_count; i++)
        wrong |= segment->key_documents[i] >= segment->columns.count;
    for (size_t i = 1; i < segment->key_count; i++)
        wrong |= segment->keys[i] < segment->keys[i - 1];
    return !wrong;
}

static bool open_words(Segment *segment) {
    segment->word_count = segment->head->words;
    size_t blocks = (segment->word_count + (size_t)SEGMENT_BLOCK_WORDS - 1) / SEGMENT_BLOCK_WORDS;
    segment->block_count = (uint32_t)blocks;
    segment->words = segment_section(segment, SECTION_WORDS, &segment->words_len);
    segment->lists = segment_section(segment, SECTION_LISTS, &segment->lists_len);
    segment->block_heads = array_of(segment, SECTION_BLOCK_HEADS, blocks, sizeof(uint64_t));
    segment->block_starts = array_of(segment, SECTION_BLOCK_STARTS, blocks, sizeof(uint32_t));
    segment->block_lists = array_of(segment, SECTION_BLOCK_LISTS, blocks, sizeof(uint64_t));
    if (!segment->block_heads || !segment->block_starts || !segment->block_lists) return false;
    return segment_check_words(segment);
}

size_t segment_counts_bytes(uint32_t documents) {
    return sizeof(CountsHead) +
           (size_t)documents * (sizeof(uint64_t) + 4 * sizeof(uint32_t)); /* as below */
}

static void place_counts(Segment *segment) {
    Columns *columns = &segment->columns;
    uint8_t *at = segment->counts + sizeof(CountsHead);
    columns->completed = (_Atomic uint64_t *)(void *)at;
    at += columns->count * sizeof(uint64_t);
    _Atomic uint32_t **const arrays[] = {&columns->seeders, &columns->leechers,
                                         &columns->last_seeder_at, &columns->well_seeded_at};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) {
        *arrays[i] = (_Atomic uint32_t *)(void *)at;
        at += columns->count * sizeof(uint32_t);
    }
}

static void free_counts(Segment *segment) {
    if (segment->counts_are_mapped)
        munmap(segment->counts, segment->counts_len);
    else
        heap_free(segment->counts);
}

void segment_set_counts(Segment *segment, uint8_t *counts, bool is_mapped) {
    free_counts(segment);
    segment->counts = counts;
    segment->counts_are_mapped = is_mapped;
    segment->counts_len = segment_counts_bytes(segment->columns.count);
    place_counts(segment);
}

Segment *segment_open(const uint8_t *bytes, size_t len, bool is_mapped) {
    if (!head_is_right(bytes, len)) return NULL;
    Segment *segment = heap_new(1, sizeof *segment);
    segment->bytes = bytes;
    segment->len = len;
    segment->is_mapped = is_mapped;
    segment->head = (const SegmentHead *)(const void *)bytes;
    if (!open_columns(segment) || !check_columns(&segment->columns) || !open_keys(segment) ||
        !open_words(segment)) {
        heap_free(segment);
        return NULL;
    }
    uint8_t *counts = heap_new(1, segment_counts_bytes(segment->columns.count));
    memcpy(((CountsHead *)(void *)counts)->magic, COUNTS_MAGIC, 8);
    ((CountsHead *)(void *)counts)->mark = segment->head->mark;
    ((CountsHead *)(void *)counts)->documents = segment->columns.count;
    segment_set_counts(segment, counts, false);
    segment->columns.health = heap_new(segment->columns.count + 1, 1);
    atomic_init(&segment->holders, 1);
    return segment;
}

bool segment_check_lists(const Segment *segment) {
    return checksum_of(segment->lists, segment->lists_len) ==
           segment->head->sections[SECTION_LISTS].checksum;
}

Segment *segment_hold(Segment *segment) {
    atomic_fetch_add_explicit(&segment->holders, 1, memory_order_relaxed);
    return segment;
}

void segment_release(Segment *segment) {
    if (!segment || atomic_fetch_sub_explicit(&segment->holders, 1, memory_order_acq_rel) != 1)
        return;
    free_counts(segment);
    heap_free((void *)segment->columns.health);
    if (segment->is_mapped)
        munmap((void *)(uintptr_t)segment->bytes, segment->len);
    else
        heap_free((void *)(uintptr_t)segment->bytes);
    heap_free(segment);
}

/* --- reading --- */

const Columns *segment_columns(const Segment *segment) { return &segment->columns; }

static Str name_of(const SegmentNames *names, uint32_t count, uint32_t number) {
    if (number >= count) return (Str){0};
    return (Str){names->letters + names->ends[number],
                 names->ends[number + 1] - names->ends[number]};
}

Str segment_license(const Segment *segment, uint32_t number) {
    return name_of(&segment->licenses, segment->columns.license_count, number);
}

Str segment_language(const Segment *segment, uint32_t number) {
    return name_of(&segment->languages, segment->columns.language_count, number);
}

uint32_t segment_document(const Segment *segment, int64_t id) {
    const Columns *columns = &segment->columns;
    if (columns->count == 0 || id < columns->ids[columns->by_id[0]] ||
        id > columns->ids[columns->by_id[columns->count - 1]])
        return DOCUMENT_NONE;
    uint32_t low = 0, high = columns->count; /* the first that is not below */
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (columns->ids[columns->by_id[middle]] < id)
            low = middle + 1;
        else
            high = middle;
    }
    uint32_t document = columns->by_id[low];
    return columns->ids[document] == id ? document : DOCUMENT_NONE;
}

static size_t first_key(const Segment *segment, uint64_t key) {
    size_t low = 0, high = segment->key_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (segment->keys[middle] < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

size_t segment_documents_by_key(const Segment *segment, uint64_t key,
                                const uint32_t **ret_documents) {
    size_t first = first_key(segment, key), end = first;
    while (end < segment->key_count && segment->keys[end] == key) end++;
    *ret_documents = segment->key_documents + first;
    return end - first;
}

#define COUNT_LOAD(count) atomic_load_explicit(&(count), memory_order_relaxed)

SearchCounts segment_counts(const Segment *segment, uint32_t document) {
    const Columns *columns = &segment->columns;
    uint64_t completed = COUNT_LOAD(columns->completed[document]);
    return (SearchCounts){.seeders = COUNT_LOAD(columns->seeders[document]),
                          .leechers = COUNT_LOAD(columns->leechers[document]),
                          .completed = completed & ~COMPLETED_CLAIMED,
                          .is_claimed = completed & COMPLETED_CLAIMED,
                          .published_at = columns->published_at[document],
                          .last_seeder_at = COUNT_LOAD(columns->last_seeder_at[document]),
                          .well_seeded_at = COUNT_LOAD(columns->well_seeded_at[document])};
}

size_t segment_bytes(const Segment *segment) { return segment->len + segment->counts_len; }
