/* queries/shelf.h — made by tools/compile_queries from store/queries/shelf.sql: change it there. */
#pragma once
#include "store/store.h"
#include "store/value.h"

/* What a list shows. */
typedef struct {
    int64_t id;
    Str title;
    MaybeInt seeders;
} ShelfCardRow;
typedef struct {
    ShelfCardRow *at;
    size_t count;
} ShelfCardRows;

typedef struct {
    int64_t before_time;
    int64_t count;
} ShelfNewestAsk;
/* Newest first; pages by key. */
MUST_USE Error query_shelf_newest(Db *db, Arena *arena, ShelfNewestAsk ask, ShelfCardRows *ret_rows);

typedef struct {
    Str title;
    Str cover;
    double share;
    MaybeReal rough;
    bool open;
    MaybeInt owner;
    Str note;
    Str bytes;
} ShelfAddAsk;
typedef struct {
    int64_t id;
} ShelfAddRow;
/* No row: it is there already. */
MUST_USE Error query_shelf_add(Db *db, Arena *arena, ShelfAddAsk ask, bool *ret_found, ShelfAddRow *ret_row);

typedef struct {
    int64_t id;
} ShelfFindAsk;
typedef struct {
    Str title;
    Str cover;
    double share;
    MaybeReal rough;
    bool open;
    Str note;
} ShelfFindRow;
/* One of them, the same number twice. */
MUST_USE Error query_shelf_find(Db *db, Arena *arena, ShelfFindAsk ask, ShelfFindRow *ret_row);

typedef struct {
    Ints ids;
} ShelfByIdsAsk;
typedef struct {
    int64_t id;
} ShelfByIdsRow;
typedef struct {
    ShelfByIdsRow *at;
    size_t count;
} ShelfByIdsRows;
/* Two bodies. */
MUST_USE Error query_shelf_by_ids(Db *db, Arena *arena, ShelfByIdsAsk ask, ShelfByIdsRows *ret_rows);

typedef struct {
    int64_t works;
} ShelfCountRow;
/* How many, "quoted" and with a \ in it. */
MUST_USE Error query_shelf_count(Db *db, Arena *arena, ShelfCountRow *ret_row);

/* All away. */
MUST_USE Error query_shelf_clear(Db *db, Arena *arena, int64_t *ret_changed);
