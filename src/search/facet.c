#include "search/facet.h"

#include "base/limits.h"

static const Vocabulary *words_of(const Columns *columns, FacetKind kind) {
    return kind == FACET_LICENSE ? columns->licenses : columns->languages;
}

static void filter_category(Facet *facet, const Columns *columns, int category) {
    facet->filtered = true;
    for (int i = 0; i < SEARCH_CATEGORIES_MAX; i++)
        facet->wanted[i] = column_is_in_category(columns, i, category);
}

static void filter_word(Facet *facet, const Vocabulary *words, Str value) {
    facet->filtered = true;
    for (uint32_t i = 0; i < facet->values; i++)
        facet->wanted[i] = str_equal_nocase(vocabulary_word(words, i), value);
}

/* Takes a filter at the top of the query over, unless there is one already. */
static void take_filter(FacetCounter *counter, QueryNode *node) {
    FacetKind kind = node->kind == QUERY_CATEGORY   ? FACET_CATEGORY
                     : node->kind == QUERY_LICENSE  ? FACET_LICENSE
                     : node->kind == QUERY_LANGUAGE ? FACET_LANGUAGE
                                                    : FACET_COUNT;
    if (kind == FACET_COUNT || counter->at[kind].filtered) return;
    if (kind == FACET_CATEGORY) {
        filter_category(&counter->at[kind], counter->columns, node->category);
    } else {
        filter_word(&counter->at[kind], words_of(counter->columns, kind), node->value);
    }
    node->kind = QUERY_ALL;
}

FacetCounter facet_counter(const Columns *columns, const SearchAsk *ask, QueryNode *query,
                           Arena *arena) {
    FacetCounter counter = {.columns = columns};
    counter.at[FACET_CATEGORY].values = SEARCH_CATEGORIES_MAX;
    counter.at[FACET_LICENSE].values = vocabulary_count(columns->licenses);
    counter.at[FACET_LANGUAGE].values = vocabulary_count(columns->languages);
    for (int kind = 0; kind < FACET_COUNT; kind++) {
        Facet *facet = &counter.at[kind];
        facet->wanted = arena_new(arena, bool, facet->values + 1);
        facet->counts = arena_new(arena, uint32_t, facet->values + 1);
    }
    if (ask->category != SEARCH_ANY)
        filter_category(&counter.at[FACET_CATEGORY], columns, ask->category);
    if (!str_is_empty(ask->license))
        filter_word(&counter.at[FACET_LICENSE], columns->licenses, ask->license);
    if (!str_is_empty(ask->language))
        filter_word(&counter.at[FACET_LANGUAGE], columns->languages, ask->language);
    take_filter(&counter, query);
    for (QueryNode *child = query->kind == QUERY_AND ? query->first : NULL; child;
         child = child->next)
        take_filter(&counter, child);
    return counter;
}

bool facet_count(FacetCounter *counter, uint32_t document) {
    const ColumnRow *row = &counter->columns->rows[document];
    uint32_t values[FACET_COUNT] = {row->category, row->license, row->language};
    int refused = 0, refusing = -1;
    for (int kind = 0; kind < FACET_COUNT; kind++) {
        const Facet *facet = &counter->at[kind];
        if (!facet->filtered || facet->wanted[values[kind]]) continue;
        refused++;
        refusing = kind;
    }
    for (int kind = 0; kind < FACET_COUNT; kind++) {
        if (refused == 0 || (refused == 1 && refusing == kind))
            counter->at[kind].counts[values[kind]]++;
    }
    return refused == 0;
}

static int compare_facets(const void *a, const void *b) {
    const SearchFacet *x = a, *y = b;
    if (x->count != y->count) return x->count > y->count ? -1 : 1;
    return str_compare(x->value, y->value);
}

static SearchFacets write_one(const FacetCounter *counter, FacetKind kind, Arena *arena) {
    const Facet *facet = &counter->at[kind];
    size_t room = 0;
    for (uint32_t i = 0; i < facet->values; i++) room += facet->counts[i] > 0;
    SearchFacets facets = {arena_new(arena, SearchFacet, room + 1), 0};
    for (uint32_t i = 0; i < facet->values; i++) {
        if (!facet->counts[i]) continue;
        Str value = kind == FACET_CATEGORY
                        ? arena_print(arena, "%u", i)
                        : arena_copy(arena, vocabulary_word(words_of(counter->columns, kind), i));
        if (value.len) facets.at[facets.count++] = (SearchFacet){value, facet->counts[i]};
    }
    qsort(facets.at, facets.count, sizeof *facets.at, compare_facets);
    return facets;
}

void facet_write(const FacetCounter *counter, Arena *arena, SearchResult *ret_result) {
    ret_result->categories = write_one(counter, FACET_CATEGORY, arena);
    ret_result->licenses = write_one(counter, FACET_LICENSE, arena);
    ret_result->languages = write_one(counter, FACET_LANGUAGE, arena);
}
