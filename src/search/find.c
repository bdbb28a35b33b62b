#include "search/find.h"

#include "base/limits.h"
#include "search/best.h"
#include "search/cursor.h"
#include "search/plan.h"
#include "search/rank.h"
#include "search/tally.h"

enum { CHUNK = PLAN_SCORES_MAX };

#define COUNT_LOAD(count) atomic_load_explicit(&(count), memory_order_relaxed)

typedef struct Finding Finding;

/* The part of the view at work. */
typedef struct {
    Finding *finding;
    Plan *plan;
    const Columns *columns;
    uint32_t part;
    uint32_t before;  /* by newest: documents from here on stand on earlier pages */
    uint32_t *newest; /* by newest: the last ones counted, at most `limit` */
    size_t newest_count;
    uint64_t *keys;
    uint32_t *points, *places;
    RankedWork *works;
} PartFinding;

/* A question under way, through all parts of the view. */
struct Finding {
    const SearchAsk *ask;
    QueryNode *query;
    const QueryNames *names;
    Arena *arena;
    size_t words, limit;
    SearchSort sort;
    bool continued;
    Ranked last; /* where the page before ended */
    Tally tally;
    Best best;
    uint64_t after; /* works behind `last` */
    Plan *plans;    /* of each part */
    PartFinding part;
};

static uint64_t newest_key(uint32_t published_at) { return published_at ^ (uint64_t)1 << 63; }

static uint64_t at_most(uint64_t value, uint64_t most) { return value < most ? value : most; }

/* Of the documents, the places of those that may still stand before the worst that is kept, each
 * with a number to be judged by; without a jump that nobody can foresee. */
#define CHOOSE(number, least)             \
    for (size_t i = 0; i < count; i++) {  \
        uint32_t document = documents[i]; \
        uint64_t here = (number);         \
        keys[left] = here;                \
        places[left] = (uint32_t)i;       \
        left += here >= (least);          \
    }

/* When last there was a seeder is looked up for those whose counts could still be enough. */
static size_t choose_needs(PartFinding *part, const uint32_t *documents, size_t count) {
    const Columns columns = *part->columns;
    const Best *best = &part->finding->best;
    uint64_t *keys = part->keys, least = best->full ? best->worst.key >> 32 : 0;
    uint32_t *places = part->places;
    size_t left = 0;
    CHOOSE((UINT16_MAX - at_most(COUNT_LOAD(columns.seeders[document]), UINT16_MAX)) << 16 |
               at_most(COUNT_LOAD(columns.leechers[document]), UINT16_MAX),
           least)
    for (size_t i = 0; i < left; i++)
        keys[i] =
            keys[i] << 32 | (UINT32_MAX - COUNT_LOAD(columns.last_seeder_at[documents[places[i]]]));
    return left;
}

/* Seeders and age are looked up for those whose text could still be enough. */
static size_t choose_scores(PartFinding *part, const uint32_t *documents, size_t count) {
    const Columns columns = *part->columns;
    const Best *best = &part->finding->best;
    size_t words = part->finding->words, left = 0;
    uint64_t needed = 0, *keys = part->keys;
    uint32_t *points = part->points, *places = part->places;
    RankedWork *works = part->works;
    if (best->full && count) {
        uint64_t added = rank_most(columns.published_at[documents[count - 1]]);
        needed = rank_points_needed(best->worst.key, added, words);
    }
    plan_score(part->plan, documents, count, points);
    for (size_t i = 0; i < count; i++) {
        places[left] = (uint32_t)i;
        left += points[i] >= needed;
    }
    for (size_t i = 0; i < left; i++) {
        uint32_t document = documents[places[i]];
        works[i] = (RankedWork){.points = points[places[i]],
                                .seeders = COUNT_LOAD(columns.seeders[document]),
                                .published_at = columns.published_at[document]};
    }
    rank_scores(works, left, words);
    for (size_t i = 0; i < left; i++) keys[i] = works[i].key;
    return left;
}

/* Fills `places` and `keys` with those that may be among the best; all others may not. */
static size_t choose(PartFinding *part, const uint32_t *documents, size_t count) {
    const Columns columns = *part->columns;
    const Best *best = &part->finding->best;
    uint64_t *keys = part->keys, least = best->full ? best->worst.key : 0;
    uint32_t *places = part->places;
    size_t left = 0;
    switch (part->finding->sort) {
        case SEARCH_BY_NEWEST: CHOOSE(newest_key(columns.published_at[document]), least) break;
        case SEARCH_BY_SEEDERS: CHOOSE(COUNT_LOAD(columns.seeders[document]), least) break;
        case SEARCH_BY_SIZE: CHOOSE(columns.sizes[document], least) break;
        case SEARCH_BY_COMPLETED:
            CHOOSE(COUNT_LOAD(columns.completed[document]) & ~COMPLETED_CLAIMED, least) break;
        case SEARCH_BY_NEED: return choose_needs(part, documents, count);
        case SEARCH_BY_RELEVANCE: return choose_scores(part, documents, count);
    }
    return left;
}

/* Documents are numbered by age: the last ones counted are the newest. */
static void keep_newest(PartFinding *part, const uint32_t *documents, size_t count) {
    Finding *finding = part->finding;
    while (count && documents[count - 1] >= part->before) count--;
    finding->after += count;
    size_t limit = finding->limit, skipped = count > limit ? count - limit : 0;
    size_t fresh = count - skipped, kept = part->newest_count;
    if (kept + fresh > limit) kept = limit - fresh;
    memmove(part->newest, part->newest + part->newest_count - kept, kept * sizeof *part->newest);
    memcpy(part->newest + kept, documents + skipped, fresh * sizeof *part->newest);
    part->newest_count = kept + fresh;
}

static void rank(PartFinding *part, const uint32_t *documents, size_t count) {
    Finding *finding = part->finding;
    Best *best = &finding->best;
    size_t left = choose(part, documents, count);
    /* What is not chosen stands behind `worst`, and that does not stand before `last`. */
    finding->after += finding->continued ? count - left : count;
    const uint64_t *keys = part->keys;
    uint64_t worst = best->full ? best->worst.key : 0;
    for (size_t i = 0; i < left; i++) {
        uint32_t document = documents[part->places[i]];
        if (keys[i] < worst) {
            finding->after += finding->continued;
            continue;
        }
        if (finding->continued) {
            Ranked here = {keys[i], part->columns->ids[document], 0, 0};
            if (!ranked_before(finding->last, here)) continue;
            finding->after++;
        }
        best_offer(best, (Ranked){keys[i], part->columns->ids[document], part->part, document});
    }
}

/* Works that all but the filters of facets let through. */
static void add_documents(PartFinding *part, uint32_t *documents, size_t count) {
    for (size_t from = 0, some; from < count; from += some) {
        some = count - from < CHUNK ? count - from : CHUNK;
        size_t kept = tally_add(&part->finding->tally, documents + from, some);
        if (!kept || !part->finding->limit) continue;
        if (part->finding->sort == SEARCH_BY_NEWEST) {
            keep_newest(part, documents + from, kept);
        } else {
            rank(part, documents + from, kept);
        }
    }
}

/* The first document that does not stand behind `last`, by newest. */
static uint32_t find_before(const Columns *columns, const Ranked *last) {
    uint32_t low = 0, high = columns->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        Ranked here = {newest_key(columns->published_at[middle]), columns->ids[middle], 0, 0};
        if (ranked_before(*last, here)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* Filters of the ask that are no facet, as part of the plan. */
static void add_filters(Plan *plan, const SearchAsk *ask) {
    if (ask->min_size || ask->max_size)
        plan_add(plan, (PlanNode){.kind = PLAN_SIZE,
                                  .min = ask->min_size,
                                  .max = ask->max_size ? ask->max_size : UINT64_MAX});
    if (ask->min_files || ask->max_files)
        plan_add(plan, (PlanNode){.kind = PLAN_FILES,
                                  .min = ask->min_files,
                                  .max = ask->max_files ? ask->max_files : UINT64_MAX});
    if (ask->min_seeders)
        plan_add(plan,
                 (PlanNode){.kind = PLAN_SEEDERS, .min = ask->min_seeders, .max = UINT64_MAX});
    if (ask->filter.keep) plan_add(plan, (PlanNode){.kind = PLAN_FILTER, .filter = &ask->filter});
    if (ask->after || ask->before) {
        PlanNode span = {.kind = PLAN_SPAN, .max = UINT64_MAX};
        if (ask->after > 0) span.min = (uint64_t)ask->after;
        if (ask->before) span.max = ask->before > 0 ? (uint64_t)ask->before - 1 : 0;
        if (ask->before < 0 || (ask->before && ask->before <= ask->after)) span.min = UINT64_MAX;
        plan_add(plan, span);
    }
}

/* The newest window first where that is possible: what ranks high is then known early, and most
 * of the others need not be looked at closely. By newest they are counted as they come. */
static void find_in_windows(PartFinding *part) {
    Plan *plan = part->plan;
    bool back = plan->rewinds && part->finding->sort != SEARCH_BY_NEWEST;
    uint32_t first = plan->from / BITMAP_WINDOW, *documents = plan_take_list(plan);
    uint32_t end = plan->to > plan->from ? (plan->to - 1) / BITMAP_WINDOW + 1 : first;
    for (uint32_t i = first; i < end; i++) {
        uint32_t window = back ? end - 1 - (i - first) : i;
        if (back) plan_rewind(plan);
        add_documents(part, documents, plan_window(plan, window * BITMAP_WINDOW, documents));
    }
    plan_give_list(plan, documents);
}

static void find_in_part(Finding *finding, const ViewPart *of_view, uint32_t number) {
    PartFinding *part = &finding->part;
    Plan *plan = &finding->plans[number];
    *plan = plan_create(of_view, finding->query, finding->names, finding->arena);
    add_filters(plan, finding->ask);
    plan_settle(plan);
    part->finding = finding;
    part->newest_count = 0;
    part->plan = plan;
    part->columns = plan->columns;
    part->part = number;
    part->before = plan->documents;
    bool by_newest = finding->sort == SEARCH_BY_NEWEST;
    if (by_newest && finding->continued) part->before = find_before(plan->columns, &finding->last);
    if (plan_is_sparse(plan)) {
        uint32_t *documents;
        size_t count = plan_collect(plan, &documents);
        tally_begin(&finding->tally, of_view, count);
        add_documents(part, documents, count);
    } else {
        tally_begin(&finding->tally, of_view, plan->root->most);
        find_in_windows(part);
    }
    tally_end(&finding->tally);
    for (size_t i = 0; i < part->newest_count; i++) {
        uint32_t document = part->newest[i];
        best_offer(&finding->best, (Ranked){newest_key(part->columns->published_at[document]),
                                            part->columns->ids[document], number, document});
    }
}

static int compare_places(const void *a, const void *b) {
    const Ranked *x = *(const Ranked *const *)a, *y = *(const Ranked *const *)b;
    if (x->part != y->part) return x->part < y->part ? -1 : 1;
    return (x->document > y->document) - (x->document < y->document);
}

/* Of the hits alone: whether only their file names made them one. */
static void write_hits(Finding *finding, SearchResult *result) {
    Best *best = &finding->best;
    result->hits = arena_new(finding->arena, SearchHit, best->count + 1);
    result->count = best->count;
    const Ranked **rising = arena_new(finding->arena, const Ranked *, best->count + 1);
    for (size_t i = 0; i < best->count; i++) {
        result->hits[i].id = best->at[i].id;
        rising[i] = &best->at[i];
    }
    if (best->count) qsort(rising, best->count, sizeof *rising, compare_places);
    for (size_t i = 0; i < best->count; i++) {
        Plan *plan = &finding->plans[rising[i]->part];
        if (i == 0 || rising[i]->part != rising[i - 1]->part) plan_score_anew(plan);
        result->hits[rising[i] - best->at].in_file = plan_is_in_file(plan, rising[i]->document);
    }
}

static QueryNode *join_mark(QueryNode *query, QueryKind kind, Str value, Arena *arena) {
    if (str_is_empty(value)) return query;
    QueryNode *nodes = arena_new(arena, QueryNode, 2);
    nodes[0] = (QueryNode){.kind = QUERY_AND, .first = &nodes[1]};
    nodes[1] = (QueryNode){.kind = kind, .value = value, .next = query};
    return &nodes[0];
}

Error find_works(const View *view, const SearchAsk *ask, const QueryNames *names, Arena *arena,
                 SearchResult *ret_result) {
    Finding finding = {.ask = ask, .names = names, .arena = arena};
    QueryNode *query = ask->query ? ask->query : query_parse(ask->text, names, arena);
    finding.words = query_count_wanted(query);
    finding.sort =
        ask->sort == SEARCH_BY_RELEVANCE && !finding.words ? SEARCH_BY_NEWEST : ask->sort;
    Cursor cursor = {.sort = finding.sort};
    finding.continued = !str_is_empty(ask->cursor);
    if (finding.continued) TRY(cursor_parse(ask->cursor, ask, &cursor));
    finding.sort = cursor.sort;
    finding.last = (Ranked){.key = cursor.key, .id = cursor.id};
    TallyFilter filter = tally_filter(ask, query);
    query = join_mark(query, QUERY_TAG, ask->tag, arena);
    finding.query = join_mark(query, QUERY_UPLOADER, ask->uploader, arena);
    finding.tally = tally_create(&filter, names, ask->facets, arena);
    finding.limit = ask->limit < LIST_PAGE_MAX ? ask->limit : LIST_PAGE_MAX;
    finding.best = best_create(finding.limit, arena);
    finding.part = (PartFinding){.keys = arena_new(arena, uint64_t, CHUNK),
                                 .points = arena_new(arena, uint32_t, CHUNK),
                                 .places = arena_new(arena, uint32_t, CHUNK),
                                 .works = arena_new(arena, RankedWork, CHUNK),
                                 .newest = arena_new(arena, uint32_t, finding.limit + 1)};
    finding.plans = arena_new(arena, Plan, view->count + 1);
    for (size_t i = 0; i < view->count; i++) find_in_part(&finding, &view->parts[i], (uint32_t)i);

    SearchResult result = {.total = finding.tally.total};
    best_sort(&finding.best);
    write_hits(&finding, &result);
    if (finding.limit && finding.after > finding.limit) {
        const Ranked *last = &finding.best.at[finding.best.count - 1];
        cursor.key = last->key;
        cursor.id = last->id;
        result.next = cursor_write(&cursor, ask, arena);
    }
    if (ask->facets) tally_write(&finding.tally, &result);
    *ret_result = result;
    return OK;
}
