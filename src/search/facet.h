/* facet.h — how many works each category, licence and language would leave.
 * The counts of a facet leave its own filter out, so that its other choices can be shown. The
 * filters come from the ask, or from the top of the query ("category:games chess"). */
#pragma once
#include "search/column.h"
#include "search/query.h"

typedef enum { FACET_CATEGORY, FACET_LICENSE, FACET_LANGUAGE, FACET_COUNT } FacetKind;

typedef struct {
    bool filtered;
    bool *wanted;     /* by value: whether the filter lets it through */
    uint32_t *counts; /* by value */
    uint32_t values;
} Facet;

typedef struct {
    const Columns *columns;
    Facet at[FACET_COUNT];
} FacetCounter;

/* Takes the filters it will apply out of the query. */
FacetCounter facet_counter(const Columns *columns, const SearchAsk *ask, QueryNode *query,
                           Arena *arena);
/* Counts a work that everything else lets through; false when one of the three filters does not. */
bool facet_count(FacetCounter *counter, uint32_t document);
/* Most frequent first, then by value; values nobody has are left out, and so is the empty one. */
void facet_write(const FacetCounter *counter, Arena *arena, SearchResult *ret_result);
