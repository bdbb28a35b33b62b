/* column.h — what is filtered and sorted by, in arrays by document number.
 * Documents are numbered in order of arrival; one that is gone keeps its number until the index is
 * packed. Counts that change all day (seeders, leechers, completed) are atomic: they are written
 * while others read. Everything else is written only while nobody reads. */
#pragma once
#include <stdatomic.h>

#include "search/search.h"
#include "search/vocabulary.h"

#define DOCUMENT_NONE UINT32_MAX

typedef struct {
    int64_t id;
    uint64_t size_bytes;
    Seconds published_at;
    uint32_t license, language; /* numbers in the vocabularies below */
    uint16_t category;
    bool gone;
} ColumnRow;

typedef struct {
    _Atomic uint32_t seeders, leechers;
    _Atomic uint64_t completed;
    _Atomic uint32_t last_seeder_at, well_seeded_at; /* Unix seconds, up to the year 2106 */
} CountRow;

/* The file names of one work as given, and where the positions of each begin. One block. */
typedef struct {
    uint32_t count;
    struct {
        uint32_t first_position, end; /* its last byte is before `end` */
    } at[];                           /* then the letters */
} PathTable;

typedef struct {
    ColumnRow *rows;
    CountRow *counts;
    PathTable **paths;
    size_t room, count_room, path_room;
    uint32_t count, gone;
    Vocabulary *licenses, *languages;
    struct IdSlot *slots; /* id to document */
    size_t slot_count;
    const uint8_t *category_parents; /* by number, 0: none; lent */
    size_t category_count;
} Columns;

Columns columns_create(void);
void columns_free(Columns *columns);
uint32_t column_add(Columns *columns, const SearchWork *work, PathTable *paths); /* keeps paths */
bool column_is_in_category(const Columns *columns, int category, int wanted);
uint32_t column_find(const Columns *columns, int64_t id); /* or DOCUMENT_NONE */
SearchCounts column_counts(const Columns *columns, uint32_t document);
void column_remove(Columns *columns, uint32_t document);
/* Drops what is gone; documents keep their order. Returns old number to new, to be freed with
 * heap_free; DOCUMENT_NONE for the dropped. */
uint32_t *columns_pack(Columns *columns);

PathTable *path_table_create(const Str *paths, size_t count);
Str path_table_at(const PathTable *paths, uint32_t number);
/* The path that holds this position, or the empty string. */
Str path_table_find(const PathTable *paths, uint32_t position);
