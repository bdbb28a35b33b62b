#include "search/draft.h"

#include <assert.h>

#include "base/heap.h"
#include "base/limits.h"
#include "base/random.h"
#include "search/fold.h"
#include "search/posting.h"
#include "search/prefix_list.h"
#include "search/segment_write.h"
#include "search/token.h"

enum {
    FIELD_SHIFT = 29, /* positions are far below: SEARCH_WORK_PATH_BYTES_MAX bounds them */
    LETTERS_BLOCK_BYTES = 256 * KIB,
};
#define PLACE_MARK UINT32_MAX /* a word that marks the work as a whole: no position */

typedef struct {
    uint32_t word, place; /* field and position */
} DraftWord;

typedef struct {
    SearchWork work;   /* only what is copied: numbers */
    size_t first, end; /* its words */
    size_t first_key, key_end;
    uint16_t license, language;
} DraftRow;

/* Letters of words, in blocks that never move. */
typedef struct LetterBlock LetterBlock;
struct LetterBlock {
    LetterBlock *next;
    size_t len, room;
    char letters[];
};

/* What tells most words apart without looking at their letters. */
typedef struct {
    uint32_t number, hash; /* number: 1 + that of the word; 0: free */
    Str word;
} DraftSlot;

struct Draft {
    Arena arena; /* of one work while it is cut */
    Tokens tokens;
    uint64_t seed;
    Str *words; /* by number */
    size_t word_count, word_room;
    DraftSlot *slots;
    size_t slot_count;
    LetterBlock *letters;
    DraftWord *places;
    size_t place_count, place_room;
    DraftRow *rows;
    size_t count, room;
    uint64_t *keys;
    size_t key_count, key_room;
    NameTable licenses, languages;
};

/* --- marks --- */

static Str cut_word(Str word, size_t bytes_max) {
    if (word.len <= bytes_max) return word;
    while (bytes_max && ((unsigned char)word.at[bytes_max] & 0xC0) == 0x80) bytes_max--;
    return str_part(word, 0, bytes_max);
}

static Str mark_word(Arena *arena, char mark, Str value) {
    Str folded = cut_word(fold_text(arena, str_trim(value)), SEGMENT_WORD_BYTES_MAX - 1);
    return arena_print(arena, "%c%.*s", mark, STR_PRINTF(folded));
}

Str draft_tag_word(Arena *arena, Str tag) { return mark_word(arena, '\1', tag); }
Str draft_uploader_word(Arena *arena, Str name) { return mark_word(arena, '\2', name); }

Str draft_extension_word(Arena *arena, Str extension) {
    if (str_starts(extension, STR("."))) extension = str_skip(extension, 1);
    return mark_word(arena, '\3', extension);
}

/* --- words --- */

Draft *draft_create(void) {
    Draft *draft = heap_new(1, sizeof *draft);
    draft->arena = arena_create(SEARCH_SCRATCH_BYTES_MAX);
    draft->seed = random_u64();
    draft->licenses = name_table_create();
    draft->languages = name_table_create();
    return draft;
}

static void free_letters(LetterBlock *block) {
    while (block) {
        LetterBlock *next = block->next;
        heap_free(block);
        block = next;
    }
}

void draft_free(Draft *draft) {
    if (!draft) return;
    arena_free(&draft->arena);
    heap_free(draft->words);
    heap_free(draft->slots);
    free_letters(draft->letters);
    heap_free(draft->places);
    heap_free(draft->rows);
    heap_free(draft->keys);
    name_table_free(&draft->licenses);
    name_table_free(&draft->languages);
    heap_free(draft);
}

static Str keep_letters(Draft *draft, Str word) {
    LetterBlock *block = draft->letters;
    if (!block || block->room - block->len < word.len) {
        size_t room = draft->letters ? LETTERS_BLOCK_BYTES : 4 * KIB;
        block = heap_new(1, sizeof *block + room);
        block->room = room;
        block->next = draft->letters;
        draft->letters = block;
    }
    char *at = block->letters + block->len;
    memcpy(at, word.at, word.len);
    block->len += word.len;
    return (Str){at, word.len};
}

static void grow_slots(Draft *draft) {
    size_t count = draft->slot_count ? draft->slot_count * 2 : 512;
    DraftSlot *slots = heap_new(count, sizeof *slots);
    for (size_t i = 0; i < draft->slot_count; i++) {
        if (!draft->slots[i].number) continue;
        size_t at = draft->slots[i].hash & (count - 1);
        while (slots[at].number) at = (at + 1) & (count - 1);
        slots[at] = draft->slots[i];
    }
    heap_free(draft->slots);
    draft->slots = slots;
    draft->slot_count = count;
}

static uint32_t word_number(Draft *draft, Str word) {
    if (draft->word_count * 2 >= draft->slot_count) grow_slots(draft);
    uint32_t hash = (uint32_t)segment_hash(word, draft->seed);
    size_t mask = draft->slot_count - 1, at = hash & mask;
    for (; draft->slots[at].number; at = (at + 1) & mask) {
        const DraftSlot *slot = &draft->slots[at];
        if (slot->hash == hash && str_equal(slot->word, word)) return slot->number - 1;
    }
    draft->words =
        heap_grow(draft->words, &draft->word_room, draft->word_count + 1, sizeof *draft->words);
    draft->words[draft->word_count] = keep_letters(draft, word);
    draft->slots[at] =
        (DraftSlot){(uint32_t)draft->word_count + 1, hash, draft->words[draft->word_count]};
    return (uint32_t)draft->word_count++;
}

static void add_word(Draft *draft, Str word, uint32_t place) {
    draft->places =
        heap_grow(draft->places, &draft->place_room, draft->place_count + 1, sizeof *draft->places);
    draft->places[draft->place_count++] = (DraftWord){word_number(draft, word), place};
}

/* Returns the position where the next text of the field may begin: one is left out, so that a
 * phrase never runs from one text into another. */
static uint32_t add_text(Draft *draft, Str text, Field field, uint32_t position) {
    Str folded = fold_text(&draft->arena, str_part(text, 0, SEARCH_TEXT_BYTES_MAX));
    draft->tokens.count = 0;
    token_split(&draft->arena, folded, position, &draft->tokens);
    for (size_t i = 0; i < draft->tokens.count; i++)
        add_word(draft, draft->tokens.at[i].text,
                 (uint32_t)field << FIELD_SHIFT | draft->tokens.at[i].position);
    return position + draft->tokens.positions + 1;
}

static void add_tags(Draft *draft, const SearchWork *work) {
    size_t count = work->tag_count < TAGS_MAX ? work->tag_count : TAGS_MAX;
    uint32_t position = 0;
    for (size_t i = 0; i < count; i++) {
        position = add_text(draft, work->tags[i], FIELD_TAG, position);
        add_word(draft, draft_tag_word(&draft->arena, work->tags[i]), PLACE_MARK);
    }
}

static void add_extension(Draft *draft, Str path) {
    Str extension = token_extension(fold_text(&draft->arena, path));
    if (extension.len) add_word(draft, draft_extension_word(&draft->arena, extension), PLACE_MARK);
}

/* The first paths, within both limits. */
static void add_paths(Draft *draft, const SearchWork *work) {
    size_t bytes = 0;
    uint32_t position = 0;
    for (size_t i = 0; i < work->path_count && i < SEARCH_WORK_PATHS_MAX; i++) {
        bytes += work->paths[i].len;
        if (bytes > SEARCH_WORK_PATH_BYTES_MAX) break;
        position = add_text(draft, work->paths[i], FIELD_FILE, position);
        add_extension(draft, work->paths[i]);
    }
}

/* In the order of Field, so that the places of a word in a work come in order. */
void draft_add(Draft *draft, const SearchWork *work) {
    draft->rows = heap_grow(draft->rows, &draft->room, draft->count + 1, sizeof *draft->rows);
    DraftRow row = {.work = *work, .first = draft->place_count, .first_key = draft->key_count};
    add_text(draft, work->title, FIELD_TITLE, 0);
    add_tags(draft, work);
    add_text(draft, work->author, FIELD_AUTHOR, 0);
    add_paths(draft, work);
    add_text(draft, work->description, FIELD_DESCRIPTION, 0);
    add_word(draft, draft_uploader_word(&draft->arena, work->uploader), PLACE_MARK);
    for (size_t i = 0; i < work->key_count; i++) {
        draft->keys =
            heap_grow(draft->keys, &draft->key_room, draft->key_count + 1, sizeof *draft->keys);
        draft->keys[draft->key_count++] = work->keys[i];
    }
    row.end = draft->place_count;
    row.key_end = draft->key_count;
    row.license = name_table_add(&draft->licenses, work->license);
    row.language = name_table_add(&draft->languages, work->language);
    draft->rows[draft->count++] = row;
    draft->tokens = (Tokens){0};
    arena_reset(&draft->arena);
}

size_t draft_count(const Draft *draft) { return draft->count; }

size_t draft_bytes(const Draft *draft) {
    enum { WORD_BYTES = 40 };
    return draft->place_count * sizeof *draft->places + draft->count * sizeof *draft->rows +
           draft->word_count * WORD_BYTES + draft->key_count * sizeof *draft->keys;
}

/* --- the segment --- */

typedef struct {
    Draft *draft;
    uint32_t *order; /* row of each document */
    uint32_t count;  /* documents: rows less those added again */
    uint32_t *ends;  /* by word, in `documents` and `places` */
    uint32_t *documents, *places;
    SegmentWriter writer;
} Finishing;

static uint32_t seconds_u32(Seconds at) {
    return at < 0 ? 0 : at > UINT32_MAX ? UINT32_MAX : (uint32_t)at;
}

/* Rows in the order of documents: by id first, where the last of equals stays, then by time. */
static void order_rows(Finishing *finishing) {
    Draft *draft = finishing->draft;
    uint64_t *keys = heap_new(draft->count, sizeof *keys);
    uint32_t *order = heap_new(draft->count, sizeof *order);
    for (size_t i = 0; i < draft->count; i++) {
        keys[i] = (uint64_t)draft->rows[i].work.id ^ (uint64_t)1 << 63;
        order[i] = (uint32_t)i;
    }
    segment_sort(keys, order, draft->count);
    uint32_t count = 0;
    for (size_t i = 0; i < draft->count; i++)
        if (i + 1 == draft->count || keys[i + 1] != keys[i]) order[count++] = order[i];
    for (uint32_t i = 0; i < count; i++)
        keys[i] = seconds_u32(draft->rows[order[i]].work.published_at);
    segment_sort(keys, order, count);
    heap_free(keys);
    finishing->order = order;
    finishing->count = count;
}

/* Documents and places by word: counted, then put where they belong, document by document. */
static void group_places(Finishing *finishing) {
    const Draft *draft = finishing->draft;
    uint32_t *ends = heap_new(draft->word_count + 1, sizeof *ends);
    for (uint32_t i = 0; i < finishing->count; i++) {
        const DraftRow *row = &draft->rows[finishing->order[i]];
        for (size_t at = row->first; at < row->end; at++) ends[draft->places[at].word]++;
    }
    uint32_t total = 0;
    for (size_t i = 0; i < draft->word_count; i++) {
        uint32_t count = ends[i];
        ends[i] = total;
        total += count;
    }
    finishing->documents = heap_new(total + (size_t)1, sizeof *finishing->documents);
    finishing->places = heap_new(total + (size_t)1, sizeof *finishing->places);
    for (uint32_t i = 0; i < finishing->count; i++) {
        const DraftRow *row = &draft->rows[finishing->order[i]];
        for (size_t at = row->first; at < row->end; at++) {
            uint32_t to = ends[draft->places[at].word]++;
            finishing->documents[to] = i;
            finishing->places[to] = draft->places[at].place;
        }
    }
    finishing->ends = ends;
}

typedef struct {
    Str word;
    uint64_t head;
    uint32_t number;
} SortedWord;

static int compare_words(const void *a, const void *b) {
    const SortedWord *x = a, *y = b;
    if (x->head != y->head) return x->head < y->head ? -1 : 1;
    return str_compare(x->word, y->word);
}

static SortedWord *sort_words(const Draft *draft) {
    SortedWord *sorted = heap_new(draft->word_count, sizeof *sorted);
    for (size_t i = 0; i < draft->word_count; i++)
        sorted[i] = (SortedWord){draft->words[i], segment_word_head(draft->words[i]), (uint32_t)i};
    qsort(sorted, draft->word_count, sizeof *sorted, compare_words);
    return sorted;
}

/* The list of one word. A piece may stand where the joined form of it does: once is enough. */
static void write_list(Finishing *finishing, PostingWriter *posting, uint32_t from, uint32_t end) {
    const uint32_t *documents = finishing->documents, *places = finishing->places;
    Occurrence *occurrences = NULL;
    size_t room = 0;
    while (from < end) {
        uint32_t document = documents[from];
        size_t count = 0;
        for (; from < end && documents[from] == document; from++) {
            if (places[from] == PLACE_MARK) continue;
            Occurrence at = {places[from] & ((1u << FIELD_SHIFT) - 1),
                             (uint8_t)(places[from] >> FIELD_SHIFT)};
            occurrences = heap_grow(occurrences, &room, count + 1, sizeof *occurrences);
            size_t to = count;
            while (to > 0 && occurrences[to - 1].field == at.field &&
                   occurrences[to - 1].position > at.position)
                to--;
            if (to > 0 && occurrences[to - 1].field == at.field &&
                occurrences[to - 1].position == at.position)
                continue;
            memmove(occurrences + to + 1, occurrences + to, (count - to) * sizeof *occurrences);
            occurrences[to] = at;
            count++;
        }
        posting_writer_add(posting, document, occurrences, count);
    }
    heap_free(occurrences);
}

/* The first of the words that is `prefix` or later. */
static size_t find_prefix(const SortedWord *sorted, size_t count, Str prefix) {
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (str_compare(sorted[middle].word, prefix) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void write_prefixes(Finishing *finishing, const SortedWord *sorted, PrefixLists *prefixes,
                           PostingWriter *posting) {
    size_t count = finishing->draft->word_count;
    prefix_lists_choose(prefixes);
    for (size_t i = 0; i < prefixes->count; i++) {
        Str prefix = prefix_lists_prefix(prefixes, i);
        for (size_t at = find_prefix(sorted, count, prefix);
             at < count && str_starts(sorted[at].word, prefix); at++) {
            uint32_t number = sorted[at].number;
            for (uint32_t j = number ? finishing->ends[number - 1] : 0; j < finishing->ends[number];
                 j++)
                prefixes->fields[finishing->documents[j]] |=
                    (uint8_t)(1u << (finishing->places[j] >> FIELD_SHIFT));
        }
        prefix_lists_write(prefixes, i, posting, &finishing->writer);
    }
}

static void write_words(Finishing *finishing) {
    Draft *draft = finishing->draft;
    SortedWord *sorted = sort_words(draft);
    PostingWriter posting = {0};
    PrefixLists prefixes = prefix_lists_create(finishing->count);
    for (size_t i = 0; i < draft->word_count; i++) {
        uint32_t number = sorted[i].number;
        uint32_t from = number ? finishing->ends[number - 1] : 0, end = finishing->ends[number];
        if (from == end) continue; /* only of rows that were added again */
        write_list(finishing, &posting, from, end);
        prefix_lists_count(&prefixes, sorted[i].word, posting.count);
        segment_write_word(&finishing->writer, sorted[i].word,
                           posting_write(&posting, finishing->count));
    }
    write_prefixes(finishing, sorted, &prefixes, &posting);
    prefix_lists_free(&prefixes);
    posting_writer_free(&posting);
    heap_free(sorted);
}

static SegmentRows fill_rows(const Finishing *finishing) {
    SegmentRows rows = segment_rows_create(finishing->count);
    for (uint32_t i = 0; i < finishing->count; i++) {
        const DraftRow *row = &finishing->draft->rows[finishing->order[i]];
        const SearchWork *work = &row->work;
        rows.ids[i] = work->id;
        rows.sizes[i] = work->size_bytes;
        rows.published_at[i] = seconds_u32(work->published_at);
        rows.file_counts[i] = work->file_count;
        rows.licenses[i] = row->license;
        rows.languages[i] = row->language;
        rows.categories[i] = (uint8_t)(work->category < SEARCH_CATEGORIES_MAX ? work->category : 0);
        rows.may[i] = work->may;
    }
    return rows;
}

static void fill_keys(const Finishing *finishing, SegmentContents *contents) {
    const Draft *draft = finishing->draft;
    uint64_t *keys = heap_new(draft->key_count, sizeof *keys);
    uint32_t *documents = heap_new(draft->key_count, sizeof *documents);
    size_t count = 0, kept = 0;
    for (uint32_t i = 0; i < finishing->count; i++) {
        const DraftRow *row = &draft->rows[finishing->order[i]];
        for (size_t at = row->first_key; at < row->key_end; at++, count++) {
            keys[count] = draft->keys[at];
            documents[count] = i;
        }
    }
    segment_sort(keys, documents, count);
    for (size_t i = 0; i < count; i++) {
        if (kept && keys[kept - 1] == keys[i] && documents[kept - 1] == documents[i]) continue;
        keys[kept] = keys[i];
        documents[kept++] = documents[i];
    }
    contents->keys = keys;
    contents->key_documents = documents;
    contents->key_count = kept;
}

static void fill_counts(const Finishing *finishing, Segment *segment) {
    Columns *columns = &segment->columns;
    for (uint32_t i = 0; i < finishing->count; i++) {
        const SearchWork *work = &finishing->draft->rows[finishing->order[i]].work;
        atomic_init(&columns->seeders[i], work->seeders);
        atomic_init(&columns->leechers[i], work->leechers);
        atomic_init(&columns->completed[i], completed_pack(work->completed, work->is_claimed));
        atomic_init(&columns->last_seeder_at[i], seconds_u32(work->last_seeder_at));
        atomic_init(&columns->well_seeded_at[i], seconds_u32(work->well_seeded_at));
    }
}

static void empty(Draft *draft) {
    free_letters(draft->letters);
    draft->letters = NULL;
    if (draft->slots) memset(draft->slots, 0, draft->slot_count * sizeof *draft->slots);
    name_table_free(&draft->licenses);
    name_table_free(&draft->languages);
    draft->licenses = name_table_create();
    draft->languages = name_table_create();
    draft->word_count = draft->place_count = draft->count = draft->key_count = 0;
}

Segment *draft_finish(Draft *draft) {
    Finishing finishing = {.draft = draft, .writer = segment_writer(SEGMENT_TO_MEMORY)};
    order_rows(&finishing);
    group_places(&finishing);
    write_words(&finishing);
    SegmentRows rows = fill_rows(&finishing);
    SegmentContents contents = {.rows = &rows,
                                .licenses = draft->licenses.at,
                                .languages = draft->languages.at,
                                .license_count = (uint32_t)draft->licenses.count,
                                .language_count = (uint32_t)draft->languages.count};
    fill_keys(&finishing, &contents);
    Str bytes = segment_finish(&finishing.writer, &contents);
    Segment *segment = segment_open((const uint8_t *)bytes.at, bytes.len, false);
    assert(segment);
    fill_counts(&finishing, segment);
    segment_rows_free(&rows);
    heap_free((void *)(uintptr_t)contents.keys);
    heap_free((void *)(uintptr_t)contents.key_documents);
    heap_free(finishing.order);
    heap_free(finishing.ends);
    heap_free(finishing.documents);
    heap_free(finishing.places);
    empty(draft);
    return segment;
}
