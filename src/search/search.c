#include "search/search.h"

#include <assert.h>

#include "base/heap.h"
#include "search/find.h"
#include "search/search_state.h"
#include "search/segment_layout.h"

enum { PUT_WORKS = 16384, PUT_BYTES = 96 * MIB, MERGED_TOGETHER = 8 };

#define COUNT_STORE(to, value) atomic_store_explicit(&(to), (value), memory_order_relaxed)

Search *search_create(void) {
    Search *search = heap_new(1, sizeof *search);
    pthread_condattr_t steady;
    pthread_condattr_init(&steady);
    pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
    pthread_mutex_init(&search->writing, NULL);
    pthread_mutex_init(&search->lock, NULL);
    pthread_cond_init(&search->wake, &steady);
    pthread_cond_init(&search->done, &steady);
    pthread_condattr_destroy(&steady);
    search->view = view_create(NULL, 0);
    search->name_letters = arena_create(SEARCH_SCRATCH_BYTES_MAX);
    search->journal = -1;
    return search;
}

void search_free(Search *search) {
    if (!search) return;
    Error e = search_close(search);
    (void)e; /* the next start reads again what is missing */
    view_release(search->view);
    arena_free(&search->name_letters);
    heap_free(search->log.ids);
    pthread_cond_destroy(&search->wake);
    pthread_cond_destroy(&search->done);
    pthread_mutex_destroy(&search->writing);
    pthread_mutex_destroy(&search->lock);
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
}

/* --- the view --- */

View *search_hold(Search *search) {
    pthread_mutex_lock(&search->lock);
    View *view = view_hold(search->view);
    pthread_mutex_unlock(&search->lock);
    return view;
}

void search_swap(Search *search, View *view) {
    pthread_mutex_lock(&search->lock);
    View *old = search->view;
    search->view = view;
    pthread_mutex_unlock(&search->lock);
    atomic_fetch_add(&search->version, 1);
    view_release(old);
}

/* Where a work is; false when it is not here. */
static bool find_document(const View *view, int64_t id, size_t *ret_part, uint32_t *ret_document) {
    for (size_t i = view->count; i-- > 0;) {
        uint32_t document = segment_document(view->parts[i].segment, id);
        if (document == DOCUMENT_NONE || !view_part_has(&view->parts[i], document)) continue;
        *ret_part = i;
        *ret_document = document;
        return true;
    }
    return false;
}

/* --- health --- */

static void compute_health(const Search *search, Segment *segment, uint32_t document, Seconds now) {
    SearchCounts counts = segment_counts(segment, document);
    COUNT_STORE(segment->columns.health[document], search->health_rule(&counts, now));
}

void search_compute_health(const Search *search, Segment *segment) {
    if (!search->health_rule) return;
    Seconds now = atomic_load(&search->now);
    for (uint32_t i = 0; i < segment->columns.count; i++) compute_health(search, segment, i, now);
}

void search_set_health_rule(Search *search,
                            uint8_t (*rule)(const SearchCounts *counts, Seconds now), Seconds now) {
    search->health_rule = rule;
    search_refresh(search, now);
}

void search_refresh(Search *search, Seconds now) {
    atomic_store(&search->now, now);
    View *view = search_hold(search);
    for (size_t i = 0; i < view->count; i++) search_compute_health(search, view->parts[i].segment);
    view_release(view);
}

/* --- works that come and go --- */

/* A view being made out of the present one. */
typedef struct {
    ViewPart *parts;
    bool *gone_is_own; /* of each part: made anew for this view */
    size_t count;
} NextView;

static NextView next_view(const View *view) {
    NextView next = {heap_new(view->count + 1, sizeof *next.parts),
                     heap_new(view->count + 1, sizeof *next.gone_is_own), view->count};
    if (view->count) memcpy(next.parts, view->parts, view->count * sizeof *next.parts);
    return next;
}

static void next_view_drop(NextView *next, size_t part, uint32_t document) {
    ViewPart *at = &next->parts[part];
    if (!next->gone_is_own[part]) {
        at->gone = gone_create(at->gone, segment_count(at->segment));
        next->gone_is_own[part] = true;
    }
    gone_add(at->gone, document);
}

/* Parts that are all gone are left out, but for those on disk: a merge drops them. */
static void next_view_finish(Search *search, NextView *next) {
    size_t kept = 0;
    Gone **own = heap_new(next->count + 1, sizeof *own);
    for (size_t i = 0; i < next->count; i++)
        if (next->gone_is_own[i]) own[i] = next->parts[i].gone;
    for (size_t i = 0; i < next->count; i++)
        if (next->parts[i].segment->number || view_part_count(&next->parts[i]))
            next->parts[kept++] = next->parts[i];
    search_swap(search, view_create(next->parts, kept));
    for (size_t i = 0; i < next->count; i++) gone_release(own[i]);
    heap_free(own);
    heap_free(next->parts);
    heap_free(next->gone_is_own);
    search->changes++;
    if (search->folder || kept >= MERGED_TOGETHER) search_wake(search);
}

/* Takes over the caller's hold of the segment. `keeps` by id, rising; NULL: no counts stand. */
static void put_segment(Search *search, Segment *segment, bool keeps_counts) {
    const Columns *columns = &segment->columns;
    pthread_mutex_lock(&search->writing);
    while (search_is_crowded(search)) pthread_cond_wait(&search->done, &search->writing);
    NextView next = next_view(search->view);
    for (uint32_t i = 0; i < columns->count; i++) {
        size_t part;
        uint32_t document;
        if (!find_document(search->view, columns->ids[i], &part, &document)) continue;
        if (keeps_counts) merge_copy_count(next.parts[part].segment, document, segment, i);
        next_view_drop(&next, part, document);
    }
    search_compute_health(search, segment);
    next.parts[next.count++] = (ViewPart){.segment = segment};
    search_note_ids(search, columns->ids, columns->count);
    next_view_finish(search, &next);
    segment_release(segment);
    pthread_mutex_unlock(&search->writing);
}

void search_put(Search *search, const SearchWork *work) { search_put_many(search, work, 1); }

/* Runs of works that are alike in whether their counts stand. */
void search_put_many(Search *search, const SearchWork *works, size_t count) {
    if (search->note_only) {
        for (size_t i = 0; i < count; i++) search_note_ids(search, &works[i].id, 1);
        return;
    }
    Draft *draft = draft_create();
    for (size_t i = 0; i < count; i++) {
        draft_add(draft, &works[i]);
        bool last = i + 1 == count || works[i + 1].keeps_counts != works[i].keeps_counts;
        if (last || draft_count(draft) >= PUT_WORKS || draft_bytes(draft) >= PUT_BYTES)
            put_segment(search, draft_finish(draft), works[i].keeps_counts);
    }
    draft_free(draft);
}

void search_remove_many(Search *search, const int64_t *ids, size_t count) {
    pthread_mutex_lock(&search->writing);
    NextView next = next_view(search->view);
    for (size_t i = 0; i < count; i++) {
        size_t part;
        uint32_t document;
        if (find_document(search->view, ids[i], &part, &document))
            next_view_drop(&next, part, document);
    }
    search_note_ids(search, ids, count);
    next_view_finish(search, &next);
    pthread_mutex_unlock(&search->writing);
}

void search_remove(Search *search, int64_t id) { search_remove_many(search, &id, 1); }

/* --- counts --- */

static uint32_t seconds_u32(Seconds at) {
    return at < 0 ? 0 : at > UINT32_MAX ? UINT32_MAX : (uint32_t)at;
}

static void store_counts(const Search *search, Segment *segment, uint32_t document,
                         const SearchCounts *counts) {
    Columns *columns = &segment->columns;
    COUNT_STORE(columns->seeders[document], counts->seeders);
    COUNT_STORE(columns->leechers[document], counts->leechers);
    COUNT_STORE(columns->completed[document],
                completed_pack(counts->completed, counts->is_claimed));
    COUNT_STORE(columns->last_seeder_at[document], seconds_u32(counts->last_seeder_at));
    COUNT_STORE(columns->well_seeded_at[document], seconds_u32(counts->well_seeded_at));
    if (search->health_rule) compute_health(search, segment, document, atomic_load(&search->now));
}

/* A merge that copies counts meanwhile is told; a view that was replaced is looked at again. */
static bool note_counts(Search *search, const View *view, int64_t id) {
    pthread_mutex_lock(&search->lock);
    bool stands = search->view == view;
    CountLog *log = &search->log;
    if (log->is_on) {
        log->ids = heap_grow(log->ids, &log->room, log->count + 1, sizeof *log->ids);
        log->ids[log->count++] = id;
    }
    pthread_mutex_unlock(&search->lock);
    return stands;
}

void search_set_counts(Search *search, int64_t id, const SearchCounts *counts) {
    for (bool stands = false; !stands;) {
        View *view = search_hold(search);
        size_t part;
        uint32_t document;
        if (find_document(view, id, &part, &document))
            store_counts(search, view->parts[part].segment, document, counts);
        stands = note_counts(search, view, id);
        view_release(view);
    }
    atomic_fetch_add(&search->version, 1);
}

size_t search_count(Search *search) {
    View *view = search_hold(search);
    size_t count = view->works;
    view_release(view);
    return count;
}

/* --- where the catalogue stands --- */

void search_set_mark(Search *search, int64_t event_id) {
    pthread_mutex_lock(&search->writing);
    search->mark = event_id;
    pthread_mutex_unlock(&search->writing);
}

int64_t search_mark(Search *search) {
    pthread_mutex_lock(&search->writing);
    int64_t mark = search->mark;
    pthread_mutex_unlock(&search->writing);
    return mark;
}

void search_set_built(Search *search, int64_t upto_id) {
    pthread_mutex_lock(&search->writing);
    search->built_upto = upto_id;
    pthread_mutex_unlock(&search->writing);
}

void search_set_building(Search *search, bool building, uint64_t works_to_build) {
    atomic_store(&search->to_build, works_to_build);
    atomic_store(&search->building, building);
}

void search_forget_all(Search *search) {
    pthread_mutex_lock(&search->writing);
    search->mark = 0;
    search->built_upto = INT64_MIN;
    search->changes++;
    search_swap(search, view_create(NULL, 0));
    pthread_mutex_unlock(&search->writing);
}

/* --- asking --- */

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
        copy.hits[i] = result->hits[i];
        copy.hits[i].matched_path = copy_unless_empty(arena, result->hits[i].matched_path);
    }
    copy.next = copy_unless_empty(arena, result->next);
    SearchFacets *const facets[] = {&copy.categories, &copy.licenses, &copy.languages,
                                    &copy.mays,       &copy.healths,  &copy.years};
    for (size_t i = 0; i < sizeof facets / sizeof *facets; i++)
        *facets[i] = copy_facets(arena, *facets[i]);
    return copy;
}

Error search_check_ready(Search *search) {
    if (!atomic_load(&search->building)) return OK;
    return error(UNAVAILABLE, "search_building",
                 "The index of works is being made anew. Lists and searches are back in a moment.");
}

/* Both arenas may run full here, each with a jump that must not leave the view behind: the jumps
 * lead to this function for as long as it holds one. */
Error search_find(Search *search, const SearchAsk *ask, Arena *arena, SearchResult *ret_result) {
    TRY(search_check_ready(search));
    Arena scratch = arena_create(SEARCH_SCRATCH_BYTES_MAX);
    jmp_buf full, *outer = arena->overflow;
    volatile bool copying = false;
    View *view = search_hold(search);
    if (setjmp(full)) {
        view_release(view);
        arena_free(&scratch);
        arena->overflow = outer;
        if (copying && outer) longjmp(*outer, 1);
        return error(UNAVAILABLE, "search_too_large", "This search asks for too much at once.");
    }
    scratch.overflow = &full;
    SearchResult result = {0};
    Error e = find_works(view, ask, &search->names, &scratch, &result);
    if (!failed(e)) {
        copying = true;
        arena->overflow = &full;
        *ret_result = copy_result(arena, &result);
        arena->overflow = outer;
    }
    view_release(view);
    arena_free(&scratch);
    return e;
}
