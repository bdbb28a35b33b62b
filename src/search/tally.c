#include "search/tally.h"

#include "search/plan.h"

enum { REFUSED_HEALTH = 1 << TALLY_HEALTH };

#define HEALTH_OF(columns, document) \
    (atomic_load_explicit(&(columns)->health[document], memory_order_relaxed) & (TALLY_HEALTHS - 1))

/* Takes a filter at the top of the query over, unless there is one already. */
static void take_filter(TallyFilter *filter, QueryNode *node) {
    bool taken = false;
    switch (node->kind) {
        case QUERY_CATEGORY:
            taken = filter->category == SEARCH_ANY;
            if (taken) filter->category = node->category;
            break;
        case QUERY_LICENSE:
            taken = !filter->license.len && node->value.len;
            if (taken) filter->license = node->value;
            break;
        case QUERY_LANGUAGE:
            taken = !filter->language.len && node->value.len;
            if (taken) filter->language = node->value;
            break;
        case QUERY_MAY:
            taken = !filter->may && node->bits;
            if (taken) filter->may = node->bits;
            break;
        case QUERY_HEALTH:
            taken = !filter->healths && node->bits;
            if (taken) filter->healths = node->bits;
            break;
        default: break;
    }
    if (taken) node->kind = QUERY_ALL;
}

TallyFilter tally_filter(const SearchAsk *ask, QueryNode *query) {
    TallyFilter filter = {.category = ask->category,
                          .license = ask->license,
                          .language = ask->language,
                          .may = ask->may,
                          .healths = ask->healths,
                          .year = ask->year};
    take_filter(&filter, query);
    for (QueryNode *child = query->kind == QUERY_AND ? query->first : NULL; child;
         child = child->next)
        take_filter(&filter, child);
    return filter;
}

Tally tally_create(const TallyFilter *filter, const QueryNames *names, bool wanted, Arena *arena) {
    return (Tally){.filter = *filter, .names = names, .wanted = wanted, .arena = arena};
}

static uint8_t refused_by(const Tally *tally, const SegmentClass *row, const bool *licenses,
                          const bool *languages) {
    const TallyFilter *filter = &tally->filter;
    unsigned refused = 0;
    if (filter->category != SEARCH_ANY &&
        !plan_in_category(tally->names, row->category, filter->category))
        refused |= 1u << TALLY_CATEGORY;
    if (licenses && !licenses[row->license]) refused |= 1u << TALLY_LICENSE;
    if (languages && !languages[row->language]) refused |= 1u << TALLY_LANGUAGE;
    if ((row->may & filter->may) != filter->may) refused |= 1u << TALLY_MAY;
    if (filter->year && row->year != filter->year) refused |= 1u << TALLY_YEAR;
    return (uint8_t)refused;
}

static bool *match_words(const Tally *tally, Str wanted, uint32_t count,
                         Str (*word)(const Segment *, uint32_t)) {
    if (!wanted.len) return NULL;
    bool *matches = arena_new(tally->arena, bool, count + 1);
    for (uint32_t i = 0; i < count; i++)
        matches[i] = str_equal_nocase(word(tally->segment, i), wanted);
    return matches;
}

void tally_begin(Tally *tally, const ViewPart *part, size_t most) {
    const Columns *columns = tally->columns = segment_columns(part->segment);
    const TallyFilter *filter = &tally->filter;
    tally->segment = part->segment;
    tally->refused = NULL;
    tally->by_class = NULL;
    if (filter->category != SEARCH_ANY || filter->license.len || filter->language.len ||
        filter->may || filter->year) {
        bool *licenses =
            match_words(tally, filter->license, columns->license_count, segment_license);
        bool *languages =
            match_words(tally, filter->language, columns->language_count, segment_language);
        tally->refused = arena_new(tally->arena, uint8_t, columns->class_count + 1);
        for (uint32_t i = 0; i < columns->class_count; i++)
            tally->refused[i] = refused_by(tally, &columns->class_rows[i], licenses, languages);
    }
    tally->filters = tally->refused || filter->healths;
    if (!tally->wanted) return;
    tally->by_license = arena_new(tally->arena, uint32_t, columns->license_count + 1);
    tally->by_language = arena_new(tally->arena, uint32_t, columns->language_count + 1);
    if (most / 2 > columns->class_count)
        tally->by_class = arena_new(tally->arena, uint32_t, columns->class_count + 1);
}

/* So many works of this class, of which these kinds refuse them. */
static void count_class(Tally *tally, const SegmentClass *row, unsigned refused, uint32_t count) {
    if (!(refused & ~(1u << TALLY_CATEGORY))) tally->categories[row->category] += count;
    if (!(refused & ~(1u << TALLY_LICENSE))) tally->by_license[row->license] += count;
    if (!(refused & ~(1u << TALLY_LANGUAGE))) tally->by_language[row->language] += count;
    if (!(refused & ~(1u << TALLY_MAY))) {
        for (unsigned bit = 0; bit < TALLY_MAYS; bit++)
            tally->mays[bit] += (row->may >> bit & 1) ? count : 0;
    }
    bool known = row->year >= TALLY_YEAR_FIRST && row->year - TALLY_YEAR_FIRST < TALLY_YEARS;
    if (known && !(refused & ~(1u << TALLY_YEAR)))
        tally->years[row->year - TALLY_YEAR_FIRST] += count;
}

static size_t add_unfiltered(Tally *tally, const uint32_t *documents, size_t count) {
    const Columns *columns = tally->columns;
    if (!tally->wanted) return count;
    if (tally->by_class) {
        uint32_t healths[TALLY_HEALTHS] = {0}, *by_class = tally->by_class;
        const uint32_t *classes = columns->classes;
        const _Atomic uint8_t *states = columns->health;
        for (size_t i = 0; i < count; i++) {
            uint32_t document = documents[i];
            by_class[classes[document]]++;
            healths[atomic_load_explicit(&states[document], memory_order_relaxed) &
                    (TALLY_HEALTHS - 1)]++;
        }
        for (size_t i = 0; i < TALLY_HEALTHS; i++) tally->healths[i] += healths[i];
        return count;
    }
    for (size_t i = 0; i < count; i++) {
        count_class(tally, &columns->class_rows[columns->classes[documents[i]]], 0, 1);
        tally->healths[HEALTH_OF(columns, documents[i])]++;
    }
    return count;
}

static size_t add_filtered(Tally *tally, uint32_t *documents, size_t count) {
    const Columns *columns = tally->columns;
    const uint8_t *refused = tally->refused;
    uint8_t healths = tally->filter.healths ? tally->filter.healths : UINT8_MAX;
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t document = documents[i], class = columns->classes[document];
        unsigned health = HEALTH_OF(columns, document);
        unsigned by_class = refused ? refused[class] : 0, passes = healths >> health & 1;
        documents[kept] = document;
        kept += passes & (by_class == 0);
        if (!tally->wanted) continue;
        tally->healths[health] += by_class == 0;
        if (tally->by_class) {
            tally->by_class[class] += passes;
        } else if (passes) {
            count_class(tally, &columns->class_rows[class], by_class, 1);
        }
    }
    return kept;
}

size_t tally_add(Tally *tally, uint32_t *documents, size_t count) {
    count = tally->filters ? add_filtered(tally, documents, count)
                           : add_unfiltered(tally, documents, count);
    tally->total += count;
    return count;
}

static void add_words(Tally *tally, TallyWords *words, const uint32_t *counts, uint32_t count,
                      Str (*word)(const Segment *, uint32_t)) {
    for (uint32_t i = 0; i < count; i++) {
        Str value = counts[i] ? word(tally->segment, i) : (Str){0};
        if (!value.len) continue;
        if (words->count == words->room) {
            size_t room = words->room ? words->room * 2 : 64;
            TallyValue *grown = arena_new(tally->arena, TallyValue, room);
            if (words->count) memcpy(grown, words->at, words->count * sizeof *grown);
            words->at = grown;
            words->room = room;
        }
        words->at[words->count++] = (TallyValue){value, counts[i]};
    }
}

void tally_end(Tally *tally) {
    const Columns *columns = tally->columns;
    if (!tally->wanted) return;
    for (uint32_t i = 0; tally->by_class && i < columns->class_count; i++) {
        if (tally->by_class[i])
            count_class(tally, &columns->class_rows[i], tally->refused ? tally->refused[i] : 0,
                        tally->by_class[i]);
    }
    add_words(tally, &tally->licenses, tally->by_license, columns->license_count, segment_license);
    add_words(tally, &tally->languages, tally->by_language, columns->language_count,
              segment_language);
}

static int compare_values(const void *a, const void *b) {
    const TallyValue *x = a, *y = b;
    return str_compare(x->value, y->value);
}

static int compare_facets(const void *a, const void *b) {
    const SearchFacet *x = a, *y = b;
    if (x->count != y->count) return x->count > y->count ? -1 : 1;
    return str_compare(x->value, y->value);
}

static SearchFacets write_words(const Tally *tally, TallyWords *words) {
    SearchFacets facets = {arena_new(tally->arena, SearchFacet, words->count + 1), 0};
    if (!words->count) return facets;
    qsort(words->at, words->count, sizeof *words->at, compare_values);
    for (size_t i = 0; i < words->count; i++) {
        SearchFacet *last = facets.count ? &facets.at[facets.count - 1] : NULL;
        if (last && str_equal(last->value, words->at[i].value)) {
            last->count += words->at[i].count;
        } else {
            facets.at[facets.count++] = (SearchFacet){words->at[i].value, words->at[i].count};
        }
    }
    qsort(facets.at, facets.count, sizeof *facets.at, compare_facets);
    return facets;
}

static SearchFacets write_numbers(const Tally *tally, const uint64_t *counts, unsigned count,
                                  unsigned first) {
    SearchFacets facets = {arena_new(tally->arena, SearchFacet, count + 1), 0};
    for (unsigned i = 0; i < count; i++) {
        if (!counts[i]) continue;
        Str value = arena_print(tally->arena, "%u", i + first);
        facets.at[facets.count++] = (SearchFacet){value, counts[i]};
    }
    qsort(facets.at, facets.count, sizeof *facets.at, compare_facets);
    return facets;
}

void tally_write(Tally *tally, SearchResult *ret_result) {
    ret_result->categories = write_numbers(tally, tally->categories, SEARCH_CATEGORIES_MAX, 0);
    ret_result->licenses = write_words(tally, &tally->licenses);
    ret_result->languages = write_words(tally, &tally->languages);
    ret_result->mays = write_numbers(tally, tally->mays, TALLY_MAYS, 0);
    ret_result->years = write_numbers(tally, tally->years, TALLY_YEARS, TALLY_YEAR_FIRST);
    ret_result->healths = write_numbers(tally, tally->healths, TALLY_HEALTHS, 0);
}
