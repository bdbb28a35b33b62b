#include "search/find.h"

#include "base/limits.h"
#include "search/cursor.h"
#include "search/facet.h"
#include "search/hit_path.h"
#include "search/match.h"
#include "search/rank.h"

#define COUNT_LOAD(count) atomic_load_explicit(&(count), memory_order_relaxed)

/* A hit with what orders it: greater key first, then greater id. */
typedef struct {
    uint64_t key;
    int64_t id;
    uint32_t document, path;
} Ranked;

/* The best of those offered. A heap whose first is the worst it keeps. */
typedef struct {
    Ranked *at;
    size_t count, room;
} Best;

static bool stands_before(Ranked a, Ranked b) {
    return a.key != b.key ? a.key > b.key : a.id > b.id;
}

static void best_sink(Best *best, size_t at) {
    for (;;) {
        size_t child = at * 2 + 1;
        if (child >= best->count) return;
        if (child + 1 < best->count && stands_before(best->at[child], best->at[child + 1])) child++;
        if (!stands_before(best->at[at], best->at[child])) return;
        Ranked swapped = best->at[at];
        best->at[at] = best->at[child];
        best->at[child] = swapped;
        at = child;
    }
}

static void best_offer(Best *best, Ranked ranked) {
    if (best->count < best->room) {
        best->at[best->count++] = ranked;
        if (best->count == best->room) {
            for (size_t i = best->count / 2; i-- > 0;) best_sink(best, i);
        }
    } else if (best->room && stands_before(ranked, best->at[0])) {
        best->at[0] = ranked;
        best_sink(best, 0);
    }
}

static int compare_ranked(const void *a, const void *b) {
    const Ranked *x = a, *y = b;
    return stands_before(*x, *y) ? -1 : stands_before(*y, *x);
}

/* Filters that are no facet. Those of the ask are joined to the tree, so that one place knows how
 * to match. */
static bool passes(const Columns *columns, const SearchAsk *ask, uint32_t document) {
    const ColumnRow *row = &columns->rows[document];
    if (ask->min_size && row->size_bytes < ask->min_size) return false;
    if (ask->max_size && row->size_bytes > ask->max_size) return false;
    if (ask->after && row->published_at < ask->after) return false;
    if (ask->before && row->published_at >= ask->before) return false;
    if (ask->min_seeders && COUNT_LOAD(columns->counts[document].seeders) < ask->min_seeders)
        return false;
    if (!ask->filter.keep) return true;
    SearchCounts counts = column_counts(columns, document);
    return ask->filter.keep(&counts, ask->filter.argument);
}

static uint64_t at_most(uint64_t value, uint64_t most) { return value < most ? value : most; }

static uint64_t need_of(const CountRow *counts) {
    return (UINT16_MAX - at_most(COUNT_LOAD(counts->seeders), UINT16_MAX)) << 48 |
           at_most(COUNT_LOAD(counts->leechers), UINT16_MAX) << 32 |
           (UINT32_MAX - COUNT_LOAD(counts->last_seeder_at));
}

static QueryNode *join_mark(QueryNode *query, QueryKind kind, Str value, Arena *arena) {
    if (str_is_empty(value)) return query;
    QueryNode *nodes = arena_new(arena, QueryNode, 2);
    nodes[0] = (QueryNode){.kind = QUERY_AND, .first = &nodes[1]};
    nodes[1] = (QueryNode){.kind = kind, .value = value, .next = query};
    return &nodes[0];
}

static uint64_t key_of(const Columns *columns, const Match *match, SearchSort sort, size_t words) {
    const ColumnRow *row = &columns->rows[match->document];
    const CountRow *counts = &columns->counts[match->document];
    switch (sort) {
        case SEARCH_BY_NEWEST: return (uint64_t)row->published_at ^ (uint64_t)1 << 63;
        case SEARCH_BY_SEEDERS: return COUNT_LOAD(counts->seeders);
        case SEARCH_BY_SIZE: return row->size_bytes;
        case SEARCH_BY_COMPLETED: return COUNT_LOAD(counts->completed);
        case SEARCH_BY_NEED: return need_of(counts);
        case SEARCH_BY_RELEVANCE: break;
    }
    return rank_score(match->points, words, COUNT_LOAD(counts->seeders), row->published_at);
}

static void write_hits(const Columns *columns, const QueryNode *query, const Best *best,
                       Arena *arena, SearchResult *result) {
    HitPathChooser chooser = hit_path_chooser(query, arena);
    result->hits = arena_new(arena, SearchHit, best->count + 1);
    for (size_t i = 0; i < best->count; i++) {
        SearchHit *hit = &result->hits[result->count++];
        hit->id = best->at[i].id;
        if (!best->at[i].path) continue;
        const PathTable *paths = columns->paths[best->at[i].document];
        Str path = hit_path_choose(&chooser, paths, best->at[i].path);
        hit->matched_path = arena_copy(arena, path);
    }
}

Error find_works(const Index *index, const SearchAsk *ask, const QueryNames *names, Arena *arena,
                 SearchResult *ret_result) {
    const Columns *columns = &index->columns;
    QueryNode *query = ask->query ? ask->query : query_parse(ask->text, names, arena);
    size_t words = query_count_wanted(query);
    bool by_newest = ask->sort == SEARCH_BY_RELEVANCE && words == 0;
    Cursor cursor = {.sort = by_newest ? SEARCH_BY_NEWEST : ask->sort};
    bool continued = !str_is_empty(ask->cursor);
    if (continued) TRY(cursor_parse(ask->cursor, ask, &cursor));
    Ranked last = {.key = cursor.key, .id = cursor.id};

    FacetCounter facets = facet_counter(columns, ask, query, arena);
    query = join_mark(query, QUERY_TAG, ask->tag, arena);
    query = join_mark(query, QUERY_UPLOADER, ask->uploader, arena);
    Matches matches = match_node(index, query, arena);

    SearchResult result = {0};
    size_t limit = ask->limit < LIST_PAGE_MAX ? ask->limit : LIST_PAGE_MAX, after = 0;
    Best best = {arena_new(arena, Ranked, limit + 1), 0, limit};
    for (size_t i = 0; i < matches.count; i++) {
        const Match *match = &matches.at[i];
        if (!passes(columns, ask, match->document)) continue;
        if (!facet_count(&facets, match->document)) continue;
        result.total++;
        Ranked ranked = {key_of(columns, match, cursor.sort, words),
                         columns->rows[match->document].id, match->document, match->path};
        if (continued && !stands_before(last, ranked)) continue;
        after++;
        best_offer(&best, ranked);
    }
    qsort(best.at, best.count, sizeof *best.at, compare_ranked);
    write_hits(columns, query, &best, arena, &result);
    if (limit && after > limit) {
        cursor.key = best.at[best.count - 1].key;
        cursor.id = best.at[best.count - 1].id;
        result.next = cursor_write(&cursor, ask, arena);
    }
    if (ask->facets) facet_write(&facets, arena, &result);
    *ret_result = result;
    return OK;
}
