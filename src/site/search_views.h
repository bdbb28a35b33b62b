/* search_views.h — what the pages of search show; one struct a page, as in views.h. */
#pragma once
#include "site/views.h"

/* --- search: view_search ---------------------------------------------------------------------- */
/* GET /{lang}/search: q category license language tag uploader min_size max_size min_files
 * max_files after before year min_seeders may health sort; empty ones may be sent. Sizes as people
 * write them, times dates (YYYY-MM-DD). */
typedef struct {
    Layout layout; /* layout.query is everything asked for, as one query */
    Field q, tag, uploader, min_size, max_size, min_files, max_files, after, before, year,
        min_seeders, may;
    Choices categories, licences, languages, healths, mays; /* first choice: value "" */
    Choices sorts;
    Str sort; /* as typed */
    Faults faults;
    Strs notes;            /* what was odd about the query, translated */
    Str read_as;           /* the query it was taken for; shown beside the notes */
    LinkItems corrections; /* what may have been meant */
    LinkItems category_facet, licence_facet, may_facet, language_facet, health_facet,
        year_facet;    /* with counts; `current` is in force */
    LinkItems filters; /* in force: label "Licence: CC-BY-4.0", link without it */
    TorrentRows rows;
    uint64_t total;
    Url next, first;
    bool asked;     /* anything asked at all? else the page only helps */
    bool more_open; /* unfold the detailed filters */
} SearchPage;

/* POST /{lang}/searches keeps one: q, sort. POST /{lang}/searches/remove: id. */
typedef struct {
    int64_t id;
    Str query;
    Url link, feed, feed_atom;
    Seconds created_at;
} SavedSearchItem;
typedef struct {
    const SavedSearchItem *at;
    size_t count;
} SavedSearchItems;
typedef struct {
    Layout layout;
    SavedSearchItems searches;
} SavedSearchesPage;

/* How to ask, by examples: view_search_help; and what makes the order: view_search_ranking. */
typedef struct {
    Str query, words; /* "size:>1GB", English: "More than" */
    Url link;         /* that search */
} SearchExample;
typedef struct {
    const SearchExample *at;
    size_t count;
} SearchExamples;
typedef struct {
    Layout layout;
    SearchExamples words, fields, ranges;
} SearchHelpPage;
typedef struct {
    Layout layout;
    LinkItems rows; /* label English, count: points */
} SearchRankingPage;
