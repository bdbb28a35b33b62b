/* Made by tools/compile_queries from store/queries/shelf.sql: change it there. */
#include "queries/shelf.h"

#include <stddef.h>

#include "store/statement.h"

static const StatementValue shelf_newest_asks[] = {
    {"before_time", VALUE_INT, offsetof(ShelfNewestAsk, before_time)},
    {"count", VALUE_INT, offsetof(ShelfNewestAsk, count)},
};
static const StatementValue shelf_newest_columns[] = {
    {"id", VALUE_INT, offsetof(ShelfCardRow, id)},
    {"title", VALUE_TEXT, offsetof(ShelfCardRow, title)},
    {"seeders", VALUE_MAYBE_INT, offsetof(ShelfCardRow, seeders)},
};
extern const Statement statement_shelf_newest;
const Statement statement_shelf_newest = {
    .name = "shelf_newest",
    .place = "shelf.sql:7",
    .slot = 0,
    .asks = shelf_newest_asks,
    .ask_count = 2,
    .columns = shelf_newest_columns,
    .column_count = 3,
    .row_size = sizeof(ShelfCardRow),
    .sqlite = "select s.id, s.title, s.seeders from shelf s where s.at < ?1 order by s.at desc "
              "limit ?2",
};
Error query_shelf_newest(Db *db, Arena *arena, ShelfNewestAsk ask, ShelfCardRows *ret_rows) {
    return statement_many(db, arena, (StatementCall){&statement_shelf_newest, &ask}, (StatementRows *)ret_rows);
}

static const StatementValue shelf_add_asks[] = {
    {"title", VALUE_TEXT, offsetof(ShelfAddAsk, title)},
    {"cover", VALUE_MAYBE_BLOB, offsetof(ShelfAddAsk, cover)},
    {"share", VALUE_REAL, offsetof(ShelfAddAsk, share)},
    {"rough", VALUE_MAYBE_REAL, offsetof(ShelfAddAsk, rough)},
    {"open", VALUE_BOOL, offsetof(ShelfAddAsk, open)},
    {"owner", VALUE_MAYBE_INT, offsetof(ShelfAddAsk, owner)},
    {"note", VALUE_MAYBE_TEXT, offsetof(ShelfAddAsk, note)},
    {"bytes", VALUE_BLOB, offsetof(ShelfAddAsk, bytes)},
};
static const StatementValue shelf_add_columns[] = {
    {"id", VALUE_INT, offsetof(ShelfAddRow, id)},
};
extern const Statement statement_shelf_add;
const Statement statement_shelf_add = {
    .name = "shelf_add",
    .place = "shelf.sql:12",
    .slot = 1,
    .asks = shelf_add_asks,
    .ask_count = 8,
    .columns = shelf_add_columns,
    .column_count = 1,
    .row_size = sizeof(ShelfAddRow),
    .sqlite = "insert into shelf (title, cover, share, rough, open, owner, note, bytes, kind) "
              "values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'it''s :not a bind -- nor a comment') on "
              "conflict do nothing returning id",
};
Error query_shelf_add(Db *db, Arena *arena, ShelfAddAsk ask, bool *ret_found, ShelfAddRow *ret_row) {
    return statement_maybe(db, arena, (StatementCall){&statement_shelf_add, &ask}, ret_found, ret_row);
}

static const StatementValue shelf_find_asks[] = {
    {"id", VALUE_INT, offsetof(ShelfFindAsk, id)},
};
static const StatementValue shelf_find_columns[] = {
    {"title", VALUE_TEXT, offsetof(ShelfFindRow, title)},
    {"cover", VALUE_MAYBE_BLOB, offsetof(ShelfFindRow, cover)},
    {"share", VALUE_REAL, offsetof(ShelfFindRow, share)},
    {"rough", VALUE_MAYBE_REAL, offsetof(ShelfFindRow, rough)},
    {"open", VALUE_BOOL, offsetof(ShelfFindRow, open)},
    {"note", VALUE_MAYBE_TEXT, offsetof(ShelfFindRow, note)},
};
extern const Statement statement_shelf_find;
const Statement statement_shelf_find = {
    .name = "shelf_find",
    .place = "shelf.sql:19",
    .slot = 2,
    .asks = shelf_find_asks,
    .ask_count = 1,
    .columns = shelf_find_columns,
    .column_count = 6,
    .row_size = sizeof(ShelfFindRow),
    .sqlite = "select title, cover, share, rough, open, note from shelf where id = ?1 and ?1 > 0",
};
Error query_shelf_find(Db *db, Arena *arena, ShelfFindAsk ask, ShelfFindRow *ret_row) {
    return statement_one(db, arena, (StatementCall){&statement_shelf_find, &ask}, ret_row);
}

static const StatementValue shelf_by_ids_asks[] = {
    {"ids", VALUE_INTS, offsetof(ShelfByIdsAsk, ids)},
};
static const StatementValue shelf_by_ids_columns[] = {
    {"id", VALUE_INT, offsetof(ShelfByIdsRow, id)},
};
extern const Statement statement_shelf_by_ids;
const Statement statement_shelf_by_ids = {
    .name = "shelf_by_ids",
    .place = "shelf.sql:23",
    .slot = 3,
    .asks = shelf_by_ids_asks,
    .ask_count = 1,
    .columns = shelf_by_ids_columns,
    .column_count = 1,
    .row_size = sizeof(ShelfByIdsRow),
    .sqlite = "select id from shelf where id in (select value from json_each(?1))",
};
Error query_shelf_by_ids(Db *db, Arena *arena, ShelfByIdsAsk ask, ShelfByIdsRows *ret_rows) {
    return statement_many(db, arena, (StatementCall){&statement_shelf_by_ids, &ask}, (StatementRows *)ret_rows);
}

static const StatementValue shelf_count_columns[] = {
    {"works", VALUE_INT, offsetof(ShelfCountRow, works)},
};
extern const Statement statement_shelf_count;
const Statement statement_shelf_count = {
    .name = "shelf_count",
    .place = "shelf.sql:30",
    .slot = 4,
    .columns = shelf_count_columns,
    .column_count = 1,
    .row_size = sizeof(ShelfCountRow),
    .sqlite = "select count(*) as works from shelf where title <> 'a \"b\" \\'",
};
Error query_shelf_count(Db *db, Arena *arena, ShelfCountRow *ret_row) {
    return statement_one(db, arena, (StatementCall){&statement_shelf_count, NULL}, ret_row);
}

extern const Statement statement_shelf_clear;
const Statement statement_shelf_clear = {
    .name = "shelf_clear",
    .place = "shelf.sql:34",
    .slot = 5,
    .sqlite = "delete from shelf",
};
Error query_shelf_clear(Db *db, Arena *arena, int64_t *ret_changed) {
    return statement_none(db, arena, (StatementCall){&statement_shelf_clear, NULL}, ret_changed);
}
