/* statement.h — one compiled query and the four ways to run it.
 * For the code that tools/compile_queries writes; everyone else calls query_NOUN_VERB of
 * queries/NOUN.h. A row that does not fit into the arena is an error (UNAVAILABLE), never a jump
 * out of a running statement. */
#pragma once
#include "store/store.h"
#include "store/value.h"

typedef enum {
    VALUE_BOOL,
    VALUE_INT,
    VALUE_REAL,
    VALUE_TEXT,
    VALUE_BLOB,
    VALUE_MAYBE_INT,
    VALUE_MAYBE_REAL,
    VALUE_MAYBE_TEXT,
    VALUE_MAYBE_BLOB,
    VALUE_INTS, /* only asked with */
} ValueType;

typedef struct {
    const char *name;
    ValueType type;
    size_t offset; /* in the ask or the row */
} StatementValue;

typedef struct {
    const char *name, *place; /* "torrent_find", "torrent.sql:12" */
    const char *sqlite;
    const StatementValue *asks, *columns;
    unsigned slot; /* in the cache of a connection, and in statement_list */
    unsigned ask_count, column_count;
    size_t row_size;
} Statement;

extern const Statement *const statement_list[];
extern const size_t statement_count;

/* The head of every XRows the compiler writes. */
typedef struct {
    void *at;
    size_t count;
} StatementRows;

typedef struct {
    const Statement *statement;
    const void *ask; /* NULL without parameters */
} StatementCall;

MUST_USE Error statement_one(Db *db, Arena *arena, StatementCall call, void *ret_row);
MUST_USE Error statement_maybe(Db *db, Arena *arena, StatementCall call, bool *ret_found,
                               void *ret_row);
MUST_USE Error statement_many(Db *db, Arena *arena, StatementCall call, StatementRows *ret_rows);
MUST_USE Error statement_none(Db *db, Arena *arena, StatementCall call, int64_t *ret_changed);
/* Prepares it and compares its columns with what the signature promises. */
MUST_USE Error statement_check(Db *db, const Statement *statement);
