#include "base/heap.h"
#include "search/posting.h"
#include "search/search_state.h"
#include "search/segment_layout.h"

static SearchTotals count_all(Search *search) {
    SearchTotals totals = {0};
    View *view = search_hold(search);
    for (size_t i = 0; i < view->count; i++) {
        const ViewPart *part = &view->parts[i];
        const Columns *columns = segment_columns(part->segment);
        for (uint32_t document = 0; document < columns->count; document++) {
            if (!view_part_has(part, document)) continue;
            SearchCounts counts = segment_counts(part->segment, document);
            totals.works++;
            totals.by_category[columns->categories[document]]++;
            if (counts.is_claimed) continue;
            totals.seeders += counts.seeders;
            totals.leechers += counts.leechers;
            totals.completed += counts.completed;
        }
    }
    view_release(view);
    return totals;
}

/* A pass over millions of works is too dear for each page that shows them: they are counted when
 * something has changed. What changes meanwhile makes the version another one. */
SearchTotals search_totals(Search *search) {
    uint64_t version = atomic_load(&search->version);
    pthread_mutex_lock(&search->lock);
    bool is_fresh = search->totals_version == version;
    SearchTotals totals = search->totals;
    pthread_mutex_unlock(&search->lock);
    if (is_fresh) return totals;
    totals = count_all(search);
    pthread_mutex_lock(&search->lock);
    search->totals = totals;
    search->totals_version = version;
    pthread_mutex_unlock(&search->lock);
    return totals;
}

void search_each(Search *search, void (*each)(void *argument, const SearchLine *line),
                 void *argument) {
    View *view = search_hold(search);
    for (size_t i = 0; i < view->count; i++) {
        const ViewPart *part = &view->parts[i];
        const Columns *columns = segment_columns(part->segment);
        for (uint32_t document = 0; document < columns->count; document++) {
            if (!view_part_has(part, document)) continue;
            SearchLine line = {
                .id = columns->ids[document],
                .size_bytes = columns->sizes[document],
                .category = columns->categories[document],
                .license = segment_license(part->segment, columns->licenses[document]),
                .language = segment_language(part->segment, columns->languages[document]),
                .counts = segment_counts(part->segment, document)};
            each(argument, &line);
        }
    }
    view_release(view);
}

typedef struct {
    void (*each)(void *argument, const SearchCounts *counts);
    void *argument;
} CountsOnly;

static void only_counts(void *argument, const SearchLine *line) {
    const CountsOnly *only = argument;
    only->each(only->argument, &line->counts);
}

void search_each_counts(Search *search, void (*each)(void *argument, const SearchCounts *counts),
                        void *argument) {
    search_each(search, only_counts, &(CountsOnly){each, argument});
}

size_t search_by_key(Search *search, uint64_t key, int64_t *ret_ids, size_t room) {
    View *view = search_hold(search);
    size_t count = 0;
    for (size_t i = 0; i < view->count; i++) {
        const ViewPart *part = &view->parts[i];
        const uint32_t *documents;
        size_t found = segment_documents_by_key(part->segment, key, &documents);
        for (size_t at = 0; at < found && count < room; at++)
            if (view_part_has(part, documents[at]))
                ret_ids[count++] = segment_columns(part->segment)->ids[documents[at]];
    }
    view_release(view);
    return count;
}

size_t search_list_ids(Search *search, int64_t after, int64_t *ret_ids, size_t room) {
    View *view = search_hold(search);
    size_t count = 0;
    /* Of each part the first `room` that come after, put among those of the parts before. */
    for (size_t i = 0; i < view->count; i++) {
        const ViewPart *part = &view->parts[i];
        const Columns *columns = segment_columns(part->segment);
        uint32_t low = 0, high = columns->count;
        while (low < high) {
            uint32_t middle = low + (high - low) / 2;
            if (columns->ids[columns->by_id[middle]] <= after)
                low = middle + 1;
            else
                high = middle;
        }
        for (; low < columns->count; low++) {
            uint32_t document = columns->by_id[low];
            int64_t id = columns->ids[document];
            if (!view_part_has(part, document)) continue;
            if (count == room && id > ret_ids[count - 1]) break;
            size_t at = count < room ? count++ : count - 1;
            for (; at > 0 && ret_ids[at - 1] > id; at--) ret_ids[at] = ret_ids[at - 1];
            ret_ids[at] = id;
        }
    }
    view_release(view);
    return count;
}

/* --- tags --- */

static int compare_words(const void *a, const void *b) {
    const SearchFacet *x = a, *y = b;
    return str_compare(x->value, y->value);
}

static int compare_tags(const void *a, const void *b) {
    const SearchFacet *x = a, *y = b;
    if (x->count != y->count) return x->count > y->count ? -1 : 1;
    return str_compare(x->value, y->value);
}

static SearchFacets tags_of(const View *view, Arena *scratch) {
    Str mark = draft_tag_word(scratch, (Str){0});
    SearchFacets tags = {0};
    size_t room = 0;
    SegmentWords words;
    for (size_t i = 0; i < view->count; i++) {
        const Segment *segment = view->parts[i].segment;
        segment_words(segment, mark, &words);
        while (segment_next_word(&words)) {
            if (tags.count == room) {
                room = room ? room * 2 : 256;
                SearchFacet *grown = arena_new(scratch, SearchFacet, room);
                if (tags.count) memcpy(grown, tags.at, tags.count * sizeof *grown);
                tags.at = grown;
            }
            Str tag = str_skip(words.word, mark.len);
            size_t works = posting_open(words.list, segment_count(segment)).count;
            if (tag.len) tags.at[tags.count++] = (SearchFacet){arena_copy(scratch, tag), works};
        }
    }
    return tags;
}

static void join_equal(SearchFacets *tags) {
    size_t kept = 0;
    qsort(tags->at, tags->count, sizeof *tags->at, compare_words);
    for (size_t i = 0; i < tags->count; i++) {
        if (kept && str_equal(tags->at[kept - 1].value, tags->at[i].value))
            tags->at[kept - 1].count += tags->at[i].count;
        else
            tags->at[kept++] = tags->at[i];
    }
    tags->count = kept;
}

Error search_list_tags(Search *search, size_t room, Arena *arena, SearchFacets *ret_tags) {
    jmp_buf full, *outer = arena->overflow;
    Arena scratch = arena_create(SEARCH_SCRATCH_BYTES_MAX);
    volatile bool copying = false;
    View *view = search_hold(search);
    if (setjmp(full)) {
        view_release(view);
        arena_free(&scratch);
        arena->overflow = outer;
        if (copying && outer) longjmp(*outer, 1);
        return error(UNAVAILABLE, "search_busy", "This search takes too much memory just now.");
    }
    scratch.overflow = &full;
    SearchFacets tags = tags_of(view, &scratch);
    if (tags.count) join_equal(&tags);
    if (tags.count) qsort(tags.at, tags.count, sizeof *tags.at, compare_tags);
    if (tags.count > room) tags.count = room;
    copying = true;
    arena->overflow = &full;
    SearchFacets copy = {arena_new(arena, SearchFacet, tags.count + 1), tags.count};
    for (size_t i = 0; i < tags.count; i++)
        copy.at[i] = (SearchFacet){arena_copy(arena, tags.at[i].value), tags.at[i].count};
    arena->overflow = outer;
    view_release(view);
    arena_free(&scratch);
    *ret_tags = copy;
    return OK;
}

SearchStatus search_status(Search *search) {
    SearchStatus status = {.is_building = atomic_load(&search->building),
                           .built = atomic_load(&search->built),
                           .to_build = atomic_load(&search->to_build),
                           .merges = atomic_load(&search->merges),
                           .merged_works = atomic_load(&search->merged_works)};
    View *view = search_hold(search);
    status.segments = view->count;
    status.works = view->works;
    for (size_t i = 0; i < view->count; i++) {
        const Segment *segment = view->parts[i].segment;
        if (segment->number) status.segments_on_disk++;
        status.gone += segment_count(segment) - view_part_count(&view->parts[i]);
        status.words += segment_word_count(segment);
        if (segment->is_mapped)
            status.mapped_bytes += segment_bytes(segment);
        else
            status.heap_bytes += segment_bytes(segment);
        status.heap_bytes += segment_count(segment); /* health */
        if (view->parts[i].gone) status.heap_bytes += segment_count(segment) / 8;
    }
    view_release(view);
    return status;
}
