/* saved_search.h — searches that a member keeps: a query with its filters, and an order.
 * Nobody else sees them. Following one is reading its feed, which needs no account. */
#pragma once
#include "community/community.h"

typedef struct {
    int64_t id;
    Str query, sort; /* sort as form_list has it; empty: by relevance */
    Seconds created_at;
} SavedSearch;

/* One that is kept already stays as it is. At most SAVED_SEARCHES_OF_MEMBER_MAX. */
MUST_USE Error saved_search_add(Visit *visit, Str query, Str sort);
MUST_USE Error saved_search_list(Visit *visit, SavedSearch **ret_searches, size_t *ret_count);
MUST_USE Error saved_search_remove(Visit *visit, int64_t id);
