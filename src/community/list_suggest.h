/* list_suggest.h — what a search may become while it is still typed: words that go on, and works.
 * Within milliseconds: six works at most, found by the last word's beginning. */
#pragma once
#include "community/list_query.h"

typedef struct {
    Str text; /* the query, or a title */
    Str path; /* of the work, in no language yet: see torrent_path; empty: a query */
    const Category *category; /* of the work */
} ListSuggestion;

enum { LIST_SUGGESTIONS_MAX = 10 };
MUST_USE Error list_suggest(Visit *visit, Language language, Str text,
                            ListSuggestion ret_suggestions[LIST_SUGGESTIONS_MAX],
                            size_t *ret_count);
