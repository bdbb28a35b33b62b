/* find.h — one question answered from the index: filters, totals, facets, order, page.
 * Everything it returns lives in the arena, nothing points into the index. */
#pragma once
#include "search/index.h"
#include "search/query.h"

MUST_USE Error find_works(const Index *index, const SearchAsk *ask, const QueryNames *names,
                          Arena *arena, SearchResult *ret_result);
