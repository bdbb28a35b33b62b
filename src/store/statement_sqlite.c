#include <assert.h>

#include "base/text.h"
#include "store/db.h"
#include "store/statement.h"

enum { FIRST_ROWS = 8, INTS_BYTES_MAX = 1 << 24 };

static Error mismatch(Db *db, const Statement *statement, const char *words, const char *name) {
    snprintf(db->fault, sizeof db->fault, "%s (%s): %s %s", statement->name, statement->place,
             words, name);
    return error(BROKEN, "store_failed", "The database and this program do not agree: {}.",
                 str_from_c(db->fault));
}

static Error prepare(Db *db, const Statement *statement, sqlite3_stmt **ret_prepared) {
    assert(statement->slot < statement_count);
    sqlite3_stmt **slot = &db->statements[statement->slot];
    if (!*slot) {
        int result = sqlite3_prepare_v3(db->sqlite, statement->sqlite, -1,
                                        SQLITE_PREPARE_PERSISTENT, slot, NULL);
        if (result != SQLITE_OK) return db_fault(db, statement->place);
        if ((unsigned)sqlite3_column_count(*slot) != statement->column_count) {
            sqlite3_finalize(*slot);
            *slot = NULL;
            return mismatch(db, statement, "another number of columns than", "its signature");
        }
    }
    *ret_prepared = *slot;
    return OK;
}

static int bind_str(sqlite3_stmt *prepared, int place, Str s, bool is_text) {
    const char *at = s.at ? s.at : "";
    return is_text ? sqlite3_bind_text64(prepared, place, at, s.len, SQLITE_STATIC, SQLITE_UTF8)
                   : sqlite3_bind_blob64(prepared, place, at, s.len, SQLITE_STATIC);
}

static int bind_ints(sqlite3_stmt *prepared, int place, const Ints *ints, Arena *arena) {
    Text text = text_create(arena, INTS_BYTES_MAX);
    for (size_t i = 0; i < ints->count; i++) {
        text_add_byte(&text, i ? ',' : '[');
        text_add_i64(&text, ints->at[i]);
    }
    text_add(&text, ints->count ? STR("]") : STR("[]"));
    return text.full ? SQLITE_TOOBIG : bind_str(prepared, place, text_str(&text), true);
}

static int bind_value(sqlite3_stmt *prepared, int place, const StatementValue *value,
                      const void *ask, Arena *arena) {
    const void *at = (const char *)ask + value->offset;
    const Str *str = at;
    const MaybeInt *maybe_int = at;
    const MaybeReal *maybe_real = at;
    switch (value->type) {
        case VALUE_BOOL: return sqlite3_bind_int(prepared, place, *(const bool *)at);
        case VALUE_INT: return sqlite3_bind_int64(prepared, place, *(const int64_t *)at);
        case VALUE_REAL: return sqlite3_bind_double(prepared, place, *(const double *)at);
        case VALUE_INTS: return bind_ints(prepared, place, at, arena);
        case VALUE_MAYBE_INT:
            return maybe_int->known ? sqlite3_bind_int64(prepared, place, maybe_int->value)
                                    : sqlite3_bind_null(prepared, place);
        case VALUE_MAYBE_REAL:
            return maybe_real->known ? sqlite3_bind_double(prepared, place, maybe_real->value)
                                     : sqlite3_bind_null(prepared, place);
        case VALUE_MAYBE_TEXT:
        case VALUE_MAYBE_BLOB:
            if (!str->at) return sqlite3_bind_null(prepared, place);
            return bind_str(prepared, place, *str, value->type == VALUE_MAYBE_TEXT);
        case VALUE_TEXT: return bind_str(prepared, place, *str, true);
        case VALUE_BLOB: return bind_str(prepared, place, *str, false);
    }
    assert(!"a type of value without a way to bind it");
    return SQLITE_MISUSE;
}

static Str read_str(sqlite3_stmt *prepared, int place, Arena *arena) {
    const void *at = sqlite3_column_blob(prepared, place);
    return arena_copy(arena, str_from_bytes(at, (size_t)sqlite3_column_bytes(prepared, place)));
}

/* false: what the database holds is not what the signature says. */
static bool read_value(sqlite3_stmt *prepared, int place, const StatementValue *value, void *row,
                       Arena *arena) {
    void *at = (char *)row + value->offset;
    int held = sqlite3_column_type(prepared, place);
    switch (value->type) {
        case VALUE_BOOL:
            *(bool *)at = sqlite3_column_int64(prepared, place) != 0;
            return held == SQLITE_INTEGER;
        case VALUE_INT:
            *(int64_t *)at = sqlite3_column_int64(prepared, place);
            return held == SQLITE_INTEGER;
        case VALUE_REAL:
            *(double *)at = sqlite3_column_double(prepared, place);
            return held == SQLITE_FLOAT || held == SQLITE_INTEGER;
        case VALUE_MAYBE_INT:
            *(MaybeInt *)at =
                (MaybeInt){held != SQLITE_NULL, sqlite3_column_int64(prepared, place)};
            return held == SQLITE_INTEGER || held == SQLITE_NULL;
        case VALUE_MAYBE_REAL:
            *(MaybeReal *)at =
                (MaybeReal){held != SQLITE_NULL, sqlite3_column_double(prepared, place)};
            return held == SQLITE_FLOAT || held == SQLITE_INTEGER || held == SQLITE_NULL;
        case VALUE_MAYBE_TEXT:
        case VALUE_MAYBE_BLOB:
            if (held == SQLITE_NULL) return true; /* the row is zeroed */
            *(Str *)at = read_str(prepared, place, arena);
            return held == (value->type == VALUE_MAYBE_TEXT ? SQLITE_TEXT : SQLITE_BLOB);
        case VALUE_TEXT: *(Str *)at = read_str(prepared, place, arena); return held == SQLITE_TEXT;
        case VALUE_BLOB: *(Str *)at = read_str(prepared, place, arena); return held == SQLITE_BLOB;
        case VALUE_INTS: break;
    }
    assert(!"a type of value without a way to read it");
    return false;
}

typedef struct {
    Db *db;
    Arena *arena;
    const Statement *statement;
    const void *ask;
    sqlite3_stmt *prepared;
    size_t rows_max; /* more than that is an error */
} Run;

static Error grow(const Run *run, StatementRows *rows, size_t *room) {
    if (rows->count < *room) return OK;
    size_t wanted = *room ? *room * 2 : run->rows_max == 1 ? 1 : FIRST_ROWS;
    void *larger = arena_array(run->arena, wanted, run->statement->row_size, alignof(max_align_t));
    if (rows->count) memcpy(larger, rows->at, rows->count * run->statement->row_size);
    rows->at = larger;
    *room = wanted;
    return OK;
}

static Error take_rows(const Run *run, StatementRows *ret_rows) {
    const Statement *statement = run->statement;
    StatementRows rows = {0};
    size_t room = 0;
    int result;
    while ((result = sqlite3_step(run->prepared)) == SQLITE_ROW) {
        if (rows.count == run->rows_max)
            return mismatch(run->db, statement, "more rows than", "its signature allows");
        TRY(grow(run, &rows, &room));
        char *row = (char *)rows.at + rows.count * statement->row_size;
        for (unsigned i = 0; i < statement->column_count; i++)
            if (!read_value(run->prepared, (int)i, &statement->columns[i], row, run->arena))
                return mismatch(run->db, statement, "unexpected type or null in",
                                statement->columns[i].name);
        rows.count++;
    }
    if (result != SQLITE_DONE) return db_fault(run->db, statement->name);
    *ret_rows = rows;
    return OK;
}

static Error bind_and_take(const Run *run, StatementRows *ret_rows) {
    for (unsigned i = 0; i < run->statement->ask_count; i++) {
        const StatementValue *value = &run->statement->asks[i];
        if (bind_value(run->prepared, (int)i + 1, value, run->ask, run->arena) != SQLITE_OK)
            return db_fault(run->db, run->statement->name);
    }
    return take_rows(run, ret_rows);
}

/* The arena's jump is caught here, so that no statement is left running behind it: it would hold
 * its snapshot open for ever. */
static Error run_statement(Run *run, StatementRows *ret_rows) {
    TRY(prepare(run->db, run->statement, &run->prepared));
    jmp_buf here;
    jmp_buf *outer = run->arena->overflow;
    Error result;
    if (setjmp(here) == 0) {
        run->arena->overflow = &here;
        result = bind_and_take(run, ret_rows);
    } else {
        result = error(UNAVAILABLE, "too_much_memory",
                       "This asks for more memory than one request may have.");
    }
    run->arena->overflow = outer;
    sqlite3_reset(run->prepared);
    sqlite3_clear_bindings(run->prepared);
    return result;
}

Error statement_many(Db *db, Arena *arena, StatementCall call, StatementRows *ret_rows) {
    Run run = {db, arena, call.statement, call.ask, NULL, SIZE_MAX};
    return run_statement(&run, ret_rows);
}

Error statement_maybe(Db *db, Arena *arena, StatementCall call, bool *ret_found, void *ret_row) {
    Run run = {db, arena, call.statement, call.ask, NULL, 1};
    StatementRows rows = {0};
    TRY(run_statement(&run, &rows));
    *ret_found = rows.count == 1;
    if (rows.count) memcpy(ret_row, rows.at, call.statement->row_size);
    return OK;
}

Error statement_one(Db *db, Arena *arena, StatementCall call, void *ret_row) {
    bool found;
    TRY(statement_maybe(db, arena, call, &found, ret_row));
    if (!found) return error(NOT_FOUND, NULL, "There is nothing here.");
    return OK;
}

Error statement_none(Db *db, Arena *arena, StatementCall call, int64_t *ret_changed) {
    Run run = {db, arena, call.statement, call.ask, NULL, 0};
    StatementRows rows = {0};
    TRY(run_statement(&run, &rows));
    if (ret_changed) *ret_changed = sqlite3_changes64(db->sqlite);
    return OK;
}

static bool fits(ValueType type, const char *declared) {
    Str word = str_from_c(declared);
    switch (type) {
        case VALUE_BOOL:
        case VALUE_INT:
        case VALUE_MAYBE_INT:
            return str_equal_nocase(word, STR("integer")) || str_equal_nocase(word, STR("int"));
        case VALUE_REAL:
        case VALUE_MAYBE_REAL: return str_equal_nocase(word, STR("real"));
        case VALUE_TEXT:
        case VALUE_MAYBE_TEXT: return str_equal_nocase(word, STR("text"));
        case VALUE_BLOB:
        case VALUE_MAYBE_BLOB: return str_equal_nocase(word, STR("blob"));
        case VALUE_INTS: break;
    }
    return false;
}

Error statement_check(Db *db, const Statement *statement) {
    sqlite3_stmt *prepared = NULL;
    TRY(prepare(db, statement, &prepared));
    for (unsigned i = 0; i < statement->column_count; i++) {
        const StatementValue *column = &statement->columns[i];
        if (!str_equal(str_from_c(sqlite3_column_name(prepared, (int)i)), str_from_c(column->name)))
            return mismatch(db, statement, "the SQL has another name (use \"as\") for",
                            column->name);
        const char *declared = sqlite3_column_decltype(prepared, (int)i);
        if (declared && !fits(column->type, declared))
            return mismatch(db, statement, "the schema has another type for", column->name);
    }
    return OK;
}
