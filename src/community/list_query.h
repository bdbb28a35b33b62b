/* list_query.h — the query language and the fields of a list's form, each made into the other.
 * "category:games size:<1GB chess" in the box is the same question as the form filled in. */
#pragma once
#include "community/list.h"

typedef struct {
    struct QueryNode *tree; /* search/query.h */
    int64_t work_id; /* a hash alone was asked for, and this work has it; 0: something else */
    ErrorList notes; /* what was odd, each a sentence; see query_parse_explained */
    Str read_as;     /* the query it was taken for */
} ListQuery;

/* Resolves categories, licences, languages, what one may do, health, tags and hashes. */
void list_query_read(Visit *visit, Str text, ListQuery *ret_query);

/* Filters of `q` that the form has an empty field for, moved there. What the form cannot say stays
 * in `q`: exclusions, alternatives, words. Asks for the same works. */
ListWords list_query_spread(Visit *visit, const ListWords *words);
/* All of it as one query, for the search box. */
Str list_query_join(Visit *visit, const ListWords *words);

/* One filter of a query for people: "Size", ">1 GB", and the query without it. */
typedef struct {
    const char *field, *label; /* "size", English "Size" */
    Str value;
    bool excluded;
    Str without; /* the query that is left */
} ListFilter;
/* Filters at the top of `text`; at most LIST_FILTERS_MAX. */
enum { LIST_FILTERS_MAX = 32 };
size_t list_query_filters(Visit *visit, Str text, ListFilter ret_filters[LIST_FILTERS_MAX]);

/* A field of the language, for the page that explains it. */
typedef struct {
    const char *name, *example, *words; /* "size", "size:>1GB", English */
} ListQueryField;
size_t list_query_fields(Arena *arena, ListQueryField **ret_fields);
/* What gives a hit how many points, from rank.h's own table. */
typedef struct {
    const char *words; /* English */
    uint32_t points;
} ListQueryRank;
size_t list_query_ranking(Arena *arena, ListQueryRank **ret_ranks);
