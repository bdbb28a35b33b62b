#include "search/segment_write.h"

#include <assert.h>
#include <errno.h>
#include <unistd.h>

#include "base/heap.h"
#include "base/limits.h"
#include "base/random.h"

enum { WRITE_BYTES = 1 * MIB };

/* --- bytes --- */

static void *buffer_grow(SegmentBuffer *buffer, size_t more) {
    buffer->at = heap_grow(buffer->at, &buffer->room, buffer->len + more, 1);
    void *at = buffer->at + buffer->len;
    buffer->len += more;
    return at;
}

static void buffer_add(SegmentBuffer *buffer, const void *bytes, size_t len) {
    if (len) memcpy(buffer_grow(buffer, len), bytes, len);
}

static bool write_all(int file, const uint8_t *at, size_t len, uint64_t offset) {
    while (len > 0) {
        ssize_t done = pwrite(file, at, len, (off_t)offset);
        if (done < 0 && errno == EINTR) continue;
        if (done <= 0) return false;
        at += done;
        offset += (uint64_t)done;
        len -= (size_t)done;
    }
    return true;
}

static void spill(SegmentWriter *writer) {
    if (!writer->failed &&
        !write_all(writer->file, writer->out.at, writer->out.len, writer->written)) {
        writer->failed = true;
        writer->cause = errno;
    }
    writer->written += writer->out.len;
    writer->out.len = 0;
}

static void put(SegmentWriter *writer, const void *bytes, size_t len) {
    buffer_add(&writer->out, bytes, len);
    if (writer->file != SEGMENT_TO_MEMORY && writer->out.len >= WRITE_BYTES) spill(writer);
}

static void put_zeros(SegmentWriter *writer, uint64_t count) {
    static const uint8_t zeros[SEGMENT_ALIGN];
    for (; count > sizeof zeros; count -= sizeof zeros) put(writer, zeros, sizeof zeros);
    put(writer, zeros, count);
}

static uint64_t position(const SegmentWriter *writer) { return writer->written + writer->out.len; }

static void begin_section(SegmentWriter *writer, SectionKind kind) {
    put_zeros(writer, (SEGMENT_ALIGN - position(writer) % SEGMENT_ALIGN) % SEGMENT_ALIGN);
    writer->head.sections[kind].offset = position(writer);
    writer->checksum = checksum_create();
}

static void add_to_section(SegmentWriter *writer, const void *bytes, size_t len) {
    checksum_add(&writer->checksum, bytes, len);
    put(writer, bytes, len);
}

static void end_section(SegmentWriter *writer, SectionKind kind) {
    writer->head.sections[kind].len = writer->checksum.len;
    writer->head.sections[kind].checksum = checksum_finish(&writer->checksum);
}

static void write_section(SegmentWriter *writer, SectionKind kind, const void *bytes, size_t len) {
    begin_section(writer, kind);
    add_to_section(writer, bytes, len);
    end_section(writer, kind);
}

/* --- words --- */

SegmentWriter segment_writer(int file) {
    SegmentWriter writer = {.file = file};
    memcpy(writer.head.magic, "essaimSG", sizeof writer.head.magic);
    writer.head.version = SEGMENT_VERSION;
    writer.head.section_count = SECTION_COUNT;
    writer.head.mark = random_u64();
    put_zeros(&writer, SEGMENT_HEAD_BYTES);
    begin_section(&writer, SECTION_LISTS);
    return writer;
}

static void add_number(SegmentBuffer *buffer, uint64_t number) {
    uint8_t bytes[10];
    size_t len = 0;
    for (; number >= 0x80; number >>= 7) bytes[len++] = (uint8_t)(number | 0x80);
    bytes[len++] = (uint8_t)number;
    buffer_add(buffer, bytes, len);
}

static void begin_block(SegmentWriter *writer, Str word) {
    uint64_t head = segment_word_head(word);
    uint32_t start = (uint32_t)writer->words.len;
    buffer_add(&writer->block_heads, &head, sizeof head);
    buffer_add(&writer->block_starts, &start, sizeof start);
    buffer_add(&writer->block_lists, &writer->lists_end, sizeof writer->lists_end);
    writer->word_len = 0;
}

void segment_write_word(SegmentWriter *writer, Str word, Str list) {
    assert(word.len <= SEGMENT_WORD_BYTES_MAX);
    if (writer->head.words++ % SEGMENT_BLOCK_WORDS == 0) begin_block(writer, word);
    size_t shared = 0;
    while (shared < word.len && shared < writer->word_len &&
           writer->word[shared] == word.at[shared])
        shared++;
    uint8_t lens[2] = {(uint8_t)shared, (uint8_t)(word.len - shared)};
    buffer_add(&writer->words, lens, sizeof lens);
    buffer_add(&writer->words, word.at + shared, word.len - shared);
    add_number(&writer->words, list.len);
    memcpy(writer->word, word.at, word.len);
    writer->word_len = word.len;
    if (list.len > SEGMENT_LIST_UNALIGNED_MAX) {
        static const uint8_t zeros[SEGMENT_LIST_ALIGN];
        size_t gap = (size_t)(-writer->lists_end % SEGMENT_LIST_ALIGN);
        add_to_section(writer, zeros, gap);
        writer->lists_end += gap;
    }
    add_to_section(writer, list.at, list.len);
    writer->lists_end += list.len;
}

/* --- sorting --- */

static void insertion_sort(uint64_t *keys, uint32_t *numbers, size_t count) {
    for (size_t i = 1; i < count; i++) {
        uint64_t key = keys[i];
        uint32_t number = numbers[i];
        size_t at = i;
        for (; at > 0 && keys[at - 1] > key; at--) {
            keys[at] = keys[at - 1];
            numbers[at] = numbers[at - 1];
        }
        keys[at] = key;
        numbers[at] = number;
    }
}

typedef struct {
    uint64_t *keys, *other_keys;
    uint32_t *numbers, *other_numbers;
    size_t count;
} Sorting;

/* By one byte of the keys; bytes that are all the same are passed over. */
static void sort_by_byte(Sorting *sorting, unsigned shift) {
    size_t starts[256] = {0}, next = 0;
    for (size_t i = 0; i < sorting->count; i++) starts[sorting->keys[i] >> shift & 255]++;
    if (starts[sorting->keys[0] >> shift & 255] == sorting->count) return;
    for (size_t i = 0; i < 256; i++) {
        size_t count = starts[i];
        starts[i] = next;
        next += count;
    }
    for (size_t i = 0; i < sorting->count; i++) {
        size_t to = starts[sorting->keys[i] >> shift & 255]++;
        sorting->other_keys[to] = sorting->keys[i];
        sorting->other_numbers[to] = sorting->numbers[i];
    }
    uint64_t *keys = sorting->keys;
    uint32_t *numbers = sorting->numbers;
    sorting->keys = sorting->other_keys;
    sorting->numbers = sorting->other_numbers;
    sorting->other_keys = keys;
    sorting->other_numbers = numbers;
}

void segment_sort(uint64_t *keys, uint32_t *numbers, size_t count) {
    enum { FEW = 48 };
    if (count <= FEW) {
        insertion_sort(keys, numbers, count);
        return;
    }
    uint64_t *other_keys = heap_new(count, sizeof *other_keys);
    uint32_t *other_numbers = heap_new(count, sizeof *other_numbers);
    Sorting sorting = {keys, other_keys, numbers, other_numbers, count};
    for (unsigned shift = 0; shift < 64; shift += 8) sort_by_byte(&sorting, shift);
    if (sorting.keys != keys) {
        memcpy(keys, sorting.keys, count * sizeof *keys);
        memcpy(numbers, sorting.numbers, count * sizeof *numbers);
    }
    heap_free(other_keys);
    heap_free(other_numbers);
}

/* --- names --- */

static uint64_t mix(uint64_t a, uint64_t b) {
    unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

uint64_t segment_hash(Str word, uint64_t seed) {
    uint64_t hash = mix(seed ^ word.len, 0x9E3779B97F4A7C15u);
    while (word.len >= 8) {
        uint64_t letters;
        memcpy(&letters, word.at, 8);
        hash = mix(hash ^ letters, seed | 1) + 0xD6E8FEB86659FD93u;
        word = (Str){word.at + 8, word.len - 8};
    }
    uint64_t letters = 0;
    if (word.len) memcpy(&letters, word.at, word.len);
    return mix(hash ^ letters, (seed >> 7) | 1) ^ hash;
}

NameTable name_table_create(void) {
    NameTable table = {.seed = random_u64()};
    name_table_add(&table, (Str){0});
    return table;
}

void name_table_free(NameTable *table) {
    for (size_t i = 0; i < table->count; i++) heap_free((void *)(uintptr_t)table->at[i].at);
    heap_free(table->at);
    heap_free(table->slots);
    *table = (NameTable){0};
}

static void name_table_grow(NameTable *table) {
    size_t count = table->slot_count ? table->slot_count * 2 : 16;
    heap_free(table->slots);
    table->slots = heap_new(count, sizeof *table->slots);
    table->slot_count = count;
    for (size_t i = 0; i < table->count; i++) {
        size_t at = segment_hash(table->at[i], table->seed) & (count - 1);
        while (table->slots[at]) at = (at + 1) & (count - 1);
        table->slots[at] = (uint32_t)i + 1;
    }
}

uint16_t name_table_add(NameTable *table, Str name) {
    if (table->count * 2 >= table->slot_count) name_table_grow(table);
    size_t mask = table->slot_count - 1, at = segment_hash(name, table->seed) & mask;
    for (; table->slots[at]; at = (at + 1) & mask) {
        uint32_t number = table->slots[at] - 1;
        if (str_equal(table->at[number], name)) return (uint16_t)number;
    }
    if (table->count > UINT16_MAX) return 0;
    char *copy = name.len ? heap_new(name.len, 1) : NULL;
    if (copy) memcpy(copy, name.at, name.len);
    table->at = heap_grow(table->at, &table->room, table->count + 1, sizeof *table->at);
    table->at[table->count] = (Str){copy, name.len};
    table->slots[at] = (uint32_t)++table->count;
    return (uint16_t)(table->count - 1);
}

/* --- documents --- */

SegmentRows segment_rows_create(uint32_t count) {
    enum { ROW_BYTES = 2 * 8 + 5 * 4 + 2 * 2 + 2 };
    SegmentRows rows = {.count = count};
    uint8_t *at = rows.block = heap_new((size_t)count + 1, ROW_BYTES);
    rows.ids = (int64_t *)(void *)at;
    rows.sizes = (uint64_t *)(void *)(at += count * sizeof(int64_t));
    rows.published_at = (uint32_t *)(void *)(at += count * sizeof(uint64_t));
    rows.file_counts = rows.published_at + count;
    rows.classes = rows.file_counts + count;
    rows.by_size = rows.classes + count;
    rows.by_id = rows.by_size + count;
    rows.licenses = (uint16_t *)(void *)(rows.by_id + count);
    rows.languages = rows.licenses + count;
    rows.categories = (uint8_t *)(rows.languages + count);
    rows.may = rows.categories + count;
    return rows;
}

void segment_rows_free(SegmentRows *rows) {
    heap_free(rows->block);
    *rows = (SegmentRows){0};
}

/* Days to years by the rule of the Gregorian calendar, counted from March of the year 0. */
static uint16_t year_of(uint32_t at) {
    uint32_t days = at / 86400 + 719468;
    uint32_t era = days / 146097, day = days % 146097;
    uint32_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    uint32_t day_of_year = day - (365 * year + year / 4 - year / 100);
    return (uint16_t)(era * 400 + year + (day_of_year >= 306));
}

typedef struct {
    SegmentClass *rows;
    size_t count, room;
    uint32_t *slots; /* 1 + number */
    size_t slot_count;
} Classes;

static uint64_t class_key(const SegmentClass *row) {
    uint64_t key;
    memcpy(&key, row, sizeof key);
    return key * 0x9E3779B97F4A7C15u;
}

static void grow_slots(Classes *classes) {
    size_t count = classes->slot_count ? classes->slot_count * 2 : 64;
    heap_free(classes->slots);
    classes->slots = heap_new(count, sizeof *classes->slots);
    classes->slot_count = count;
    for (size_t i = 0; i < classes->count; i++) {
        size_t at = class_key(&classes->rows[i]) >> 32 & (count - 1);
        while (classes->slots[at]) at = (at + 1) & (count - 1);
        classes->slots[at] = (uint32_t)i + 1;
    }
}

static uint32_t add_class(Classes *classes, const SegmentClass *row) {
    if (classes->count * 2 >= classes->slot_count) grow_slots(classes);
    size_t mask = classes->slot_count - 1, at = class_key(row) >> 32 & mask;
    for (; classes->slots[at]; at = (at + 1) & mask) {
        uint32_t number = classes->slots[at] - 1;
        if (memcmp(&classes->rows[number], row, sizeof *row) == 0) return number;
    }
    classes->rows =
        heap_grow(classes->rows, &classes->room, classes->count + 1, sizeof *classes->rows);
    classes->rows[classes->count] = *row;
    classes->slots[at] = (uint32_t)++classes->count;
    return (uint32_t)classes->count - 1;
}

static void write_classes(SegmentWriter *writer, const SegmentRows *rows) {
    Classes classes = {0};
    for (uint32_t i = 0; i < rows->count; i++) {
        SegmentClass row = {rows->licenses[i], rows->languages[i], year_of(rows->published_at[i]),
                            rows->categories[i], rows->may[i]};
        rows->classes[i] = add_class(&classes, &row);
    }
    write_section(writer, SECTION_CLASSES, rows->classes, rows->count * sizeof *rows->classes);
    write_section(writer, SECTION_CLASS_ROWS, classes.rows, classes.count * sizeof *classes.rows);
    heap_free(classes.rows);
    heap_free(classes.slots);
}

static void write_orders(SegmentWriter *writer, const SegmentRows *rows) {
    uint64_t *keys = heap_new(rows->count + 1, sizeof *keys);
    for (uint32_t i = 0; i < rows->count; i++) {
        keys[i] = rows->sizes[i];
        rows->by_size[i] = i;
    }
    segment_sort(keys, rows->by_size, rows->count);
    for (uint32_t i = 0; i < rows->count; i++) {
        keys[i] = (uint64_t)rows->ids[i] ^ (uint64_t)1 << 63;
        rows->by_id[i] = i;
    }
    segment_sort(keys, rows->by_id, rows->count);
    heap_free(keys);
    write_section(writer, SECTION_BY_SIZE, rows->by_size, rows->count * sizeof *rows->by_size);
    write_section(writer, SECTION_BY_ID, rows->by_id, rows->count * sizeof *rows->by_id);
}

static void write_names(SegmentWriter *writer, SectionKind kind, const Str *names, uint32_t count) {
    uint32_t end = (count + 1) * (uint32_t)sizeof end;
    begin_section(writer, kind);
    add_to_section(writer, &end, sizeof end);
    for (uint32_t i = 0; i < count; i++) {
        end += (uint32_t)names[i].len;
        add_to_section(writer, &end, sizeof end);
    }
    for (uint32_t i = 0; i < count; i++) add_to_section(writer, names[i].at, names[i].len);
    end_section(writer, kind);
}

static void write_rows(SegmentWriter *writer, const SegmentRows *rows) {
    size_t count = rows->count;
    write_section(writer, SECTION_IDS, rows->ids, count * sizeof *rows->ids);
    write_section(writer, SECTION_SIZES, rows->sizes, count * sizeof *rows->sizes);
    write_section(writer, SECTION_PUBLISHED, rows->published_at,
                  count * sizeof *rows->published_at);
    write_section(writer, SECTION_FILES, rows->file_counts, count * sizeof *rows->file_counts);
    write_section(writer, SECTION_LICENSES, rows->licenses, count * sizeof *rows->licenses);
    write_section(writer, SECTION_LANGUAGES, rows->languages, count * sizeof *rows->languages);
    write_section(writer, SECTION_CATEGORIES, rows->categories, count);
    write_section(writer, SECTION_MAY, rows->may, count);
    write_orders(writer, rows);
    write_classes(writer, rows);
}

static void write_words(SegmentWriter *writer) {
    const struct {
        SectionKind kind;
        const SegmentBuffer *from;
    } parts[] = {{SECTION_WORDS, &writer->words},
                 {SECTION_BLOCK_HEADS, &writer->block_heads},
                 {SECTION_BLOCK_STARTS, &writer->block_starts},
                 {SECTION_BLOCK_LISTS, &writer->block_lists}};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        write_section(writer, parts[i].kind, parts[i].from->at, parts[i].from->len);
}

static void write_head(SegmentWriter *writer) {
    SegmentHead *head = &writer->head;
    head->checksum = checksum_of(head, offsetof(SegmentHead, checksum));
    if (writer->file == SEGMENT_TO_MEMORY) {
        memcpy(writer->out.at, head, sizeof *head);
        return;
    }
    spill(writer);
    if (!writer->failed && !write_all(writer->file, (const uint8_t *)head, sizeof *head, 0)) {
        writer->failed = true;
        writer->cause = errno;
    }
}

Str segment_finish(SegmentWriter *writer, const SegmentContents *contents) {
    end_section(writer, SECTION_LISTS);
    writer->head.documents = contents->rows->count;
    write_rows(writer, contents->rows);
    write_names(writer, SECTION_LICENSE_NAMES, contents->licenses, contents->license_count);
    write_names(writer, SECTION_LANGUAGE_NAMES, contents->languages, contents->language_count);
    write_section(writer, SECTION_KEYS, contents->keys,
                  contents->key_count * sizeof *contents->keys);
    write_section(writer, SECTION_KEY_DOCUMENTS, contents->key_documents,
                  contents->key_count * sizeof *contents->key_documents);
    write_words(writer);
    write_head(writer);
    Str bytes = {0};
    if (writer->file == SEGMENT_TO_MEMORY) {
        bytes = str_from_bytes(writer->out.at, writer->out.len);
        writer->out = (SegmentBuffer){0};
    }
    segment_writer_free(writer);
    return bytes;
}

void segment_writer_free(SegmentWriter *writer) {
    heap_free(writer->out.at);
    heap_free(writer->words.at);
    heap_free(writer->block_heads.at);
    heap_free(writer->block_starts.at);
    heap_free(writer->block_lists.at);
    writer->out = writer->words = writer->block_heads = (SegmentBuffer){0};
    writer->block_starts = writer->block_lists = (SegmentBuffer){0};
}
