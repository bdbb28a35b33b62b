#include "search/search.h"

#include <assert.h>
#include <pthread.h>

#include "base/heap.h"
#include "base/limits.h"
#include "search/find.h"

typedef struct {
    uint64_t key;
    int64_t id;
} KeyRow;

/* Counts are atomic and go in as reading; only a work that comes or goes keeps others waiting. */
struct Search {
    pthread_rwlock_t lock;
    Index index;
    QueryNames names;
    Arena name_letters;
    KeyRow *keys;
    size_t key_count, key_room;
};

Search *search_create(void) {
    Search *search = heap_new(1, sizeof *search);
    pthread_rwlockattr_t attributes;
    pthread_rwlockattr_init(&attributes);
    /* Else a stream of questions would keep new works out for ever. */
    pthread_rwlockattr_setkind_np(&attributes, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    pthread_rwlock_init(&search->lock, &attributes);
    pthread_rwlockattr_destroy(&attributes);
    search->index = index_create();
    search->name_letters = arena_create(SEARCH_SCRATCH_BYTES_MAX);
    return search;
}

void search_free(Search *search) {
    if (!search) return;
    index_free(&search->index);
    arena_free(&search->name_letters);
    pthread_rwlock_destroy(&search->lock);
    heap_free(search->keys);
    heap_free(search);
}

void search_name_categories(Search *search, const Str *names, const uint8_t *parents,
                            size_t count) {
    assert(count <= SEARCH_CATEGORIES_MAX && !search->names.category_count);
    Str *copies = arena_new(&search->name_letters, Str, count);
    for (size_t i = 0; i < count; i++) copies[i] = arena_copy(&search->name_letters, names[i]);
    uint8_t *numbers = arena_new(&search->name_letters, uint8_t, count);
    memcpy(numbers, parents, count);
    search->names = (QueryNames){
        .category_names = copies, .category_parents = numbers, .category_count = count};
    search->index.columns.category_parents = numbers;
    search->index.columns.category_count = count;
}

static void forget_keys(Search *search, int64_t id) {
    size_t kept = 0;
    for (size_t i = 0; i < search->key_count; i++)
        if (search->keys[i].id != id) search->keys[kept++] = search->keys[i];
    search->key_count = kept;
}

static void take_keys(Search *search, const SearchWork *work) {
    forget_keys(search, work->id);
    size_t needed = search->key_count + work->key_count;
    if (work->key_count)
        search->keys = heap_grow(search->keys, &search->key_room, needed, sizeof *search->keys);
    for (size_t i = 0; i < work->key_count; i++)
        search->keys[search->key_count++] = (KeyRow){work->keys[i], work->id};
}

void search_put(Search *search, const SearchWork *work) {
    Arena arena = arena_create(SEARCH_SCRATCH_BYTES_MAX);
    Draft draft = index_draft_create(work, &arena);
    pthread_rwlock_wrlock(&search->lock);
    index_add(&search->index, &draft);
    take_keys(search, work);
    pthread_rwlock_unlock(&search->lock);
    arena_free(&arena);
}

void search_remove(Search *search, int64_t id) {
    pthread_rwlock_wrlock(&search->lock);
    index_remove(&search->index, id);
    forget_keys(search, id);
    pthread_rwlock_unlock(&search->lock);
}

size_t search_by_key(Search *search, uint64_t key, int64_t *ret_ids, size_t room) {
    size_t count = 0;
    pthread_rwlock_rdlock(&search->lock);
    for (size_t i = 0; i < search->key_count && count < room; i++)
        if (search->keys[i].key == key) ret_ids[count++] = search->keys[i].id;
    pthread_rwlock_unlock(&search->lock);
    return count;
}

void search_set_counts(Search *search, int64_t id, const SearchCounts *counts) {
    pthread_rwlock_rdlock(&search->lock);
    uint32_t document = column_find(&search->index.columns, id);
    if (document != DOCUMENT_NONE) {
        CountRow *row = &search->index.columns.counts[document];
        atomic_store_explicit(&row->seeders, counts->seeders, memory_order_relaxed);
        atomic_store_explicit(&row->leechers, counts->leechers, memory_order_relaxed);
        atomic_store_explicit(&row->completed, counts->completed, memory_order_relaxed);
        atomic_store_explicit(&row->last_seeder_at, (uint32_t)counts->last_seeder_at,
                              memory_order_relaxed);
        atomic_store_explicit(&row->well_seeded_at, (uint32_t)counts->well_seeded_at,
                              memory_order_relaxed);
    }
    pthread_rwlock_unlock(&search->lock);
}

size_t search_count(Search *search) {
    pthread_rwlock_rdlock(&search->lock);
    size_t count = search->index.columns.count - search->index.columns.gone;
    pthread_rwlock_unlock(&search->lock);
    return count;
}

static int compare_tags(const void *a, const void *b) {
    const SearchFacet *x = a, *y = b;
    if (x->count != y->count) return x->count > y->count ? -1 : 1;
    return str_compare(x->value, y->value);
}

static SearchFacets tags_of(const Index *index, size_t room, Arena *scratch) {
    Str mark = index_tag_word(scratch, (Str){0});
    WordList words = vocabulary_list_prefix(index->vocabulary, mark, scratch);
    SearchFacets tags = {arena_new(scratch, SearchFacet, words.count), 0};
    for (size_t i = 0; i < words.count; i++) {
        Str word = str_skip(vocabulary_word(index->vocabulary, words.at[i]), mark.len);
        size_t works = index->lists[words.at[i]].count;
        if (works && word.len) tags.at[tags.count++] = (SearchFacet){word, works};
    }
    qsort(tags.at, tags.count, sizeof *tags.at, compare_tags);
    if (tags.count > room) tags.count = room;
    return tags;
}

Error search_list_tags(Search *search, size_t room, Arena *arena, SearchFacets *ret_tags) {
    jmp_buf overflow;
    Arena scratch = arena_create(SEARCH_SCRATCH_BYTES_MAX);
    scratch.overflow = &overflow;
    if (setjmp(overflow)) {
        pthread_rwlock_unlock(&search->lock);
        arena_free(&scratch);
        return error(UNAVAILABLE, "search_busy", "This search takes too much memory just now.");
    }
    pthread_rwlock_rdlock(&search->lock);
    SearchFacets tags = tags_of(&search->index, room, &scratch);
    SearchFacets copy = {arena_new(&scratch, SearchFacet, tags.count), tags.count};
    for (size_t i = 0; i < tags.count; i++)
        copy.at[i] = (SearchFacet){arena_copy(&scratch, tags.at[i].value), tags.at[i].count};
    pthread_rwlock_unlock(&search->lock);
    ret_tags->at = arena_new(arena, SearchFacet, copy.count);
    ret_tags->count = copy.count;
    for (size_t i = 0; i < copy.count; i++)
        ret_tags->at[i] = (SearchFacet){arena_copy(arena, copy.at[i].value), copy.at[i].count};
    arena_free(&scratch);
    return OK;
}

SearchTotals search_totals(Search *search) {
    SearchTotals totals = {0};
    pthread_rwlock_rdlock(&search->lock);
    const Columns *columns = &search->index.columns;
    for (uint32_t i = 0; i < columns->count; i++) {
        const CountRow *counts = &columns->counts[i];
        if (columns->rows[i].gone) continue;
        totals.works++;
        totals.seeders += atomic_load_explicit(&counts->seeders, memory_order_relaxed);
        totals.leechers += atomic_load_explicit(&counts->leechers, memory_order_relaxed);
        totals.completed += atomic_load_explicit(&counts->completed, memory_order_relaxed);
        if (columns->rows[i].category < SEARCH_CATEGORIES_MAX)
            totals.by_category[columns->rows[i].category]++;
    }
    pthread_rwlock_unlock(&search->lock);
    return totals;
}

void search_each_counts(Search *search, void (*each)(void *argument, const SearchCounts *counts),
                        void *argument) {
    pthread_rwlock_rdlock(&search->lock);
    const Columns *columns = &search->index.columns;
    for (uint32_t i = 0; i < columns->count; i++) {
        if (columns->rows[i].gone) continue;
        SearchCounts counts = column_counts(columns, i);
        each(argument, &counts);
    }
    pthread_rwlock_unlock(&search->lock);
}

void search_each(Search *search, void (*each)(void *argument, const SearchLine *line),
                 void *argument) {
    pthread_rwlock_rdlock(&search->lock);
    const Columns *columns = &search->index.columns;
    for (uint32_t i = 0; i < columns->count; i++) {
        const ColumnRow *row = &columns->rows[i];
        if (row->gone) continue;
        SearchLine line = {.id = row->id,
                           .size_bytes = row->size_bytes,
                           .category = row->category,
                           .license = vocabulary_word(columns->licenses, row->license),
                           .language = vocabulary_word(columns->languages, row->language),
                           .counts = column_counts(columns, i)};
        each(argument, &line);
    }
    pthread_rwlock_unlock(&search->lock);
}

static Str copy_unless_empty(Arena *arena, Str s) {
    return s.len ? arena_copy(arena, s) : (Str){0};
}

static SearchFacets copy_facets(Arena *arena, SearchFacets facets) {
    SearchFacets copy = {arena_new(arena, SearchFacet, facets.count + 1), facets.count};
    for (size_t i = 0; i < facets.count; i++)
        copy.at[i] = (SearchFacet){arena_copy(arena, facets.at[i].value), facets.at[i].count};
    return copy;
}

static SearchResult copy_result(Arena *arena, const SearchResult *result) {
    SearchResult copy = *result;
    copy.hits = arena_new(arena, SearchHit, result->count + 1);
    for (size_t i = 0; i < result->count; i++) {
        Str path = copy_unless_empty(arena, result->hits[i].matched_path);
        copy.hits[i] = (SearchHit){result->hits[i].id, path};
    }
    copy.next = copy_unless_empty(arena, result->next);
    copy.categories = copy_facets(arena, result->categories);
    copy.licenses = copy_facets(arena, result->licenses);
    copy.languages = copy_facets(arena, result->languages);
    return copy;
}

/* Both arenas may run full here, each with a jump that must not leave the lock behind: the jumps
 * lead to this function for as long as it holds something. */
Error search_find(Search *search, const SearchAsk *ask, Arena *arena, SearchResult *ret_result) {
    Arena scratch = arena_create(SEARCH_SCRATCH_BYTES_MAX);
    jmp_buf full, *outer = arena->overflow;
    volatile bool locked = true, copying = false;
    pthread_rwlock_rdlock(&search->lock);
    if (setjmp(full)) {
        if (locked) pthread_rwlock_unlock(&search->lock);
        arena_free(&scratch);
        arena->overflow = outer;
        if (copying && outer) longjmp(*outer, 1);
        return error(UNAVAILABLE, "search_too_large", "This search asks for too much at once.");
    }
    scratch.overflow = &full;
    SearchResult result = {0};
    Error e = find_works(&search->index, ask, &search->names, &scratch, &result);
    pthread_rwlock_unlock(&search->lock);
    locked = false;
    if (!failed(e)) {
        copying = true;
        arena->overflow = &full;
        *ret_result = copy_result(arena, &result);
        arena->overflow = outer;
    }
    arena_free(&scratch);
    return e;
}
