/* find.h — one question answered from a view: filters, totals, facets, order, page.
 * Each segment by itself, one after the other; what they give is put together. Nothing of the
 * result points into the view but the values of facets. */
#pragma once
#include "search/query.h"
#include "search/view.h"

MUST_USE Error find_works(const View *view, const SearchAsk *ask, const QueryNames *names,
                          Arena *arena, SearchResult *ret_result);
