/* search_rival.h — the engines ours is measured beside, given the same works and questions.
 * SQLite FTS5 with the columns beside it in a table or in memory, and PostgreSQL full text. Each
 * answers like a page of results: 50 works in order, the exact total, works by category (counted
 * without the category asked for, as facets are). What fails ends the program: a bench has no use
 * for half a rival. */
#pragma once
#include "search/search.h"

typedef struct {
    const Str *words; /* plain ones: letters and digits */
    size_t count;
    bool phrase, prefix; /* in this order; the last one only begun */
    SearchSort sort;     /* by relevance, newest, seeders or size */
    int category;        /* SEARCH_ANY */
    uint64_t min_size;
} RivalAsk;

enum { RIVAL_PAGE = 50 };

typedef struct {
    size_t total, count;
    int64_t ids[RIVAL_PAGE];
} RivalPage;

typedef struct Rival Rival;

/* One file, read by both ways of asking. */
Rival *rival_sqlite_create(const char *path, bool columns_in_memory);
/* `connection` as libpq takes it, to an empty database one may make extensions in. */
Rival *rival_postgres_create(const char *connection);
void rival_free(Rival *rival);
const char *rival_name(const Rival *rival);

/* Once for each file or database, before anybody asks. Ids by rising number. */
void rival_add(Rival *rival, const SearchWork *work);
void rival_finish(Rival *rival); /* makes indexes and statistics */
/* What is kept in memory is read here; needed before asking. */
void rival_open(Rival *rival);

RivalPage rival_find(Rival *rival, const RivalAsk *ask);
