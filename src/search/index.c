#include "search/index.h"

#include <assert.h>

#include "base/heap.h"
#include "base/limits.h"
#include "search/fold.h"
#include "search/token.h"

enum { GONE_MIN = 1000, GONE_SHARE = 4 }; /* packs when so many, and a quarter of all, are gone */

static Str mark_word(Arena *arena, char mark, Str value) {
    Str folded = fold_text(arena, str_trim(value));
    return arena_print(arena, "%c%.*s", mark, STR_PRINTF(folded));
}

Str index_tag_word(Arena *arena, Str tag) { return mark_word(arena, '\1', tag); }
Str index_uploader_word(Arena *arena, Str name) { return mark_word(arena, '\2', name); }

static void draft_add(Draft *draft, Arena *arena, DraftWord word) {
    if (draft->count == draft->room) {
        size_t room = draft->room ? draft->room * 2 : 128;
        DraftWord *grown = arena_new(arena, DraftWord, room);
        if (draft->count) memcpy(grown, draft->words, draft->count * sizeof *grown);
        draft->words = grown;
        draft->room = room;
    }
    draft->words[draft->count++] = word;
}

/* Adds one text of a field; returns the position where the next may begin: one is left out, so that
 * a phrase never runs from one text into another. */
static uint32_t draft_add_text(Draft *draft, Arena *arena, Str text, Occurrence from) {
    Tokens tokens = {0};
    Str folded = fold_text(arena, str_part(text, 0, SEARCH_TEXT_BYTES_MAX));
    token_split(arena, folded, from.position, &tokens);
    for (size_t i = 0; i < tokens.count; i++) {
        Occurrence at = {tokens.at[i].position, from.field};
        draft_add(draft, arena, (DraftWord){.word = tokens.at[i].text, .occurrence = at});
    }
    return from.position + tokens.positions + 1;
}

/* How many of the paths are indexed: the first ones, within both limits. */
static size_t count_paths(const SearchWork *work) {
    size_t count = 0, bytes = 0;
    while (count < work->path_count && count < SEARCH_WORK_PATHS_MAX) {
        bytes += work->paths[count].len;
        if (bytes > SEARCH_WORK_PATH_BYTES_MAX) break;
        count++;
    }
    return count;
}

Draft index_draft_create(const SearchWork *work, Arena *arena) {
    size_t path_count = count_paths(work);
    size_t tag_count = work->tag_count < TAGS_MAX ? work->tag_count : TAGS_MAX;
    Draft draft = {.work = work, .paths = path_table_create(work->paths, path_count)};
    draft_add_text(&draft, arena, work->title, (Occurrence){0, FIELD_TITLE});
    draft_add_text(&draft, arena, work->author, (Occurrence){0, FIELD_AUTHOR});
    draft_add_text(&draft, arena, work->description, (Occurrence){0, FIELD_DESCRIPTION});
    Occurrence at = {0, FIELD_TAG};
    for (size_t i = 0; i < tag_count; i++) {
        at.position = draft_add_text(&draft, arena, work->tags[i], at);
        draft_add(&draft, arena, (DraftWord){index_tag_word(arena, work->tags[i]), .mark = true});
    }
    draft_add(&draft, arena, (DraftWord){index_uploader_word(arena, work->uploader), .mark = true});
    at = (Occurrence){0, FIELD_FILE};
    for (size_t i = 0; i < path_count; i++) {
        draft.paths->at[i].first_position = at.position;
        at.position = draft_add_text(&draft, arena, work->paths[i], at);
    }
    return draft;
}

Index index_create(void) {
    return (Index){.vocabulary = vocabulary_create(), .columns = columns_create()};
}

void index_free(Index *index) {
    uint32_t count = vocabulary_count(index->vocabulary);
    for (uint32_t i = 0; i < count; i++) posting_list_free(&index->lists[i]);
    heap_free(index->lists);
    vocabulary_free(index->vocabulary);
    columns_free(&index->columns);
    *index = (Index){0};
}

static uint32_t add_word(Index *index, Str word) {
    uint32_t known = vocabulary_count(index->vocabulary);
    uint32_t number = vocabulary_add(index->vocabulary, word);
    if (number == known) {
        index->lists = heap_grow(index->lists, &index->room, known + 1, sizeof *index->lists);
        index->lists[number] = (PostingList){0};
    }
    return number;
}

static int compare_words(const void *a, const void *b) {
    const DraftWord *x = a, *y = b;
    if (x->number != y->number) return x->number < y->number ? -1 : 1;
    if (x->occurrence.field != y->occurrence.field)
        return x->occurrence.field < y->occurrence.field ? -1 : 1;
    if (x->occurrence.position == y->occurrence.position) return 0;
    return x->occurrence.position < y->occurrence.position ? -1 : 1;
}

/* The same word twice at one place: a tail that is also the joined form, say. */
static bool same_place(const DraftWord *a, const DraftWord *b) {
    return a->number == b->number && a->occurrence.field == b->occurrence.field &&
           a->occurrence.position == b->occurrence.position;
}

static void add_lists(Index *index, const Draft *draft, uint32_t document) {
    size_t room = 0;
    Occurrence *occurrences = NULL;
    for (size_t from = 0, end; from < draft->count; from = end) {
        uint32_t number = draft->words[from].number;
        size_t count = 0;
        for (end = from; end < draft->count && draft->words[end].number == number; end++) {
            if (draft->words[end].mark) continue;
            if (end > from && same_place(&draft->words[end], &draft->words[end - 1])) continue;
            occurrences = heap_grow(occurrences, &room, count + 1, sizeof *occurrences);
            occurrences[count++] = draft->words[end].occurrence;
        }
        posting_add(&index->lists[number], document, occurrences, count);
    }
    heap_free(occurrences);
}

/* Renumbers a list, leaving out what is gone. */
static PostingList pack_list(const PostingList *list, const uint32_t *moved) {
    PostingList packed = {0};
    Occurrence *occurrences = NULL;
    size_t room = 0;
    for (PostingCursor cursor = posting_cursor(list); posting_next(&cursor);) {
        uint32_t document = moved[cursor.document];
        if (document == DOCUMENT_NONE) continue;
        size_t count = 0;
        for (OccurrenceCursor at = posting_occurrences(&cursor); occurrence_next(&at);) {
            occurrences = heap_grow(occurrences, &room, count + 1, sizeof *occurrences);
            occurrences[count++] = at.occurrence;
        }
        posting_add(&packed, document, occurrences, count);
    }
    heap_free(occurrences);
    return packed;
}

static void index_pack(Index *index) {
    uint32_t *moved = columns_pack(&index->columns);
    Index packed = {.vocabulary = vocabulary_create(), .columns = index->columns};
    uint32_t count = vocabulary_count(index->vocabulary);
    for (uint32_t i = 0; i < count; i++) {
        PostingList list = pack_list(&index->lists[i], moved);
        if (list.count) {
            uint32_t number = add_word(&packed, vocabulary_word(index->vocabulary, i));
            assert(packed.lists);
            packed.lists[number] = list;
        }
        posting_list_free(&index->lists[i]);
    }
    heap_free(moved);
    heap_free(index->lists);
    vocabulary_free(index->vocabulary);
    *index = packed;
}

void index_remove(Index *index, int64_t id) {
    uint32_t document = column_find(&index->columns, id);
    if (document == DOCUMENT_NONE) return;
    column_remove(&index->columns, document);
    uint32_t gone = index->columns.gone;
    if (gone >= GONE_MIN && gone >= index->columns.count / GONE_SHARE) index_pack(index);
}

void index_add(Index *index, Draft *draft) {
    index_remove(index, draft->work->id);
    uint32_t document = column_add(&index->columns, draft->work, draft->paths);
    for (size_t i = 0; i < draft->count; i++)
        draft->words[i].number = add_word(index, draft->words[i].word);
    qsort(draft->words, draft->count, sizeof *draft->words, compare_words);
    add_lists(index, draft, document);
}

const PostingList *index_find(const Index *index, Str word) {
    static const PostingList nothing = {0};
    uint32_t number = vocabulary_find(index->vocabulary, word);
    return number == WORD_NONE ? &nothing : &index->lists[number];
}
