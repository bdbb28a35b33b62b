/* tally.h — how many works each category, licence, language, year, right and state would leave.
 * The counts of a facet leave its own filter out, so that its other choices can be shown. All but
 * the state hang on the class of a work: one counter a class, and they are told apart at the end.
 * One tally for a question; it goes from part to part of the view. */
#pragma once
#include "search/query.h"
#include "search/view.h"

typedef enum {
    TALLY_CATEGORY,
    TALLY_LICENSE,
    TALLY_LANGUAGE,
    TALLY_MAY,
    TALLY_YEAR,
    TALLY_HEALTH,
    TALLY_COUNT,
} TallyKind;

enum { TALLY_MAYS = 8, TALLY_HEALTHS = 8, TALLY_YEAR_FIRST = 1970, TALLY_YEARS = 256 };

/* What is asked of each; empty, 0 and SEARCH_ANY let all through. */
typedef struct {
    int category;
    Str license, language;
    uint8_t may, healths;
    uint32_t year;
} TallyFilter;

/* Takes the filters of the ask, and those at the top of the query, out of it. */
TallyFilter tally_filter(const SearchAsk *ask, QueryNode *query);

typedef struct {
    Str value;
    uint64_t count;
} TallyValue;

/* Of licences or languages, whose numbers differ from part to part. */
typedef struct {
    TallyValue *at;
    size_t count, room;
} TallyWords;

typedef struct {
    TallyFilter filter;
    const QueryNames *names;
    Arena *arena;
    bool wanted; /* facets, not only the works */
    uint64_t total;
    uint64_t categories[SEARCH_CATEGORIES_MAX], mays[TALLY_MAYS], years[TALLY_YEARS];
    uint64_t healths[TALLY_HEALTHS];
    TallyWords licenses, languages;
    /* of the present part */
    const Segment *segment;
    const Columns *columns;
    uint8_t *refused;   /* by class, a bit for each kind that does not let it through; NULL: none */
    uint32_t *by_class; /* NULL: counted one by one */
    uint32_t *by_license, *by_language;
    bool filters;
} Tally;

Tally tally_create(const TallyFilter *filter, const QueryNames *names, bool wanted, Arena *arena);
/* `most`: about how many works of the part will be counted. */
void tally_begin(Tally *tally, const ViewPart *part, size_t most);
/* Counts works that everything else lets through; keeps those that the filters do too. */
size_t tally_add(Tally *tally, uint32_t *documents, size_t count);
void tally_end(Tally *tally);
/* Most frequent first, then by value; values nobody has are left out, and so is the empty one. */
void tally_write(Tally *tally, SearchResult *ret_result);
