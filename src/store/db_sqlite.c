#include <assert.h>

#include "store/db.h"
#include "store/statement.h"

enum { CACHE_KIB_READER = 4096, CACHE_KIB_WRITER = 32768, CACHE_KIB_MANY = 384 * 1024 };

/* Asked while a statement is prepared. Readers are opened read-only besides; this makes the reason
 * clear, and keeps a flaw elsewhere from reaching another file or the shape of the tables. */
static int authorize(void *argument, int action, const char *first, const char *second,
                     const char *database, const char *trigger) {
    const Db *db = argument;
    (void)second, (void)database, (void)trigger;
    if (db->upkeep) return SQLITE_OK;
    switch (action) {
        case SQLITE_SELECT:
        case SQLITE_READ:
        case SQLITE_RECURSIVE:
        case SQLITE_TRANSACTION:
        case SQLITE_SAVEPOINT: return SQLITE_OK;
        case SQLITE_FUNCTION: /* its name is the second word */
            return second && str_equal_nocase(str_from_c(second), STR("load_extension"))
                       ? SQLITE_DENY
                       : SQLITE_OK;
        case SQLITE_INSERT:
        case SQLITE_UPDATE:
        case SQLITE_DELETE:
            if (first && str_starts_nocase(str_from_c(first), STR("sqlite_"))) return SQLITE_DENY;
            return db->use == DB_WRITES ? SQLITE_OK : SQLITE_DENY;
        default: return SQLITE_DENY;
    }
}

static int note_wal(void *argument, sqlite3 *sqlite, const char *database, int pages) {
    (void)sqlite, (void)database;
    ((Db *)argument)->wal_pages = pages;
    return SQLITE_OK;
}

static bool is_passing(int code) {
    switch (code & 0xff) {
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
        case SQLITE_FULL:
        case SQLITE_IOERR:
        case SQLITE_NOMEM:
        case SQLITE_CANTOPEN:
        case SQLITE_READONLY:
        case SQLITE_PROTOCOL:
        case SQLITE_INTERRUPT: return true;
        default: return false;
    }
}

Error db_fault(Db *db, const char *what) {
    int code = sqlite3_extended_errcode(db->sqlite);
    snprintf(db->fault, sizeof db->fault, "%s: %s", what, sqlite3_errmsg(db->sqlite));
    if (is_passing(code))
        return error(UNAVAILABLE, "store_unavailable",
                     "The database cannot be used right now ({}). Try again in a moment.",
                     str_from_c(sqlite3_errstr(code)), str_from_c(db->fault));
    return error(BROKEN, "store_failed", "The database failed: {}.", str_from_c(db->fault));
}

static Error prepare_moves(Db *db) {
    static const char *const moves[MOVE_COUNT] = {
        [MOVE_BEGIN] = "begin",           [MOVE_BEGIN_WRITE] = "begin immediate",
        [MOVE_COMMIT] = "commit",         [MOVE_ROLLBACK] = "rollback",
        [MOVE_SAVE] = "savepoint work",   [MOVE_RELEASE] = "release work",
        [MOVE_BACK] = "rollback to work",
    };
    for (size_t i = 0; i < MOVE_COUNT; i++)
        if (sqlite3_prepare_v3(db->sqlite, moves[i], -1, SQLITE_PREPARE_PERSISTENT, &db->moves[i],
                               NULL) != SQLITE_OK)
            return db_fault(db, moves[i]);
    return OK;
}

Error db_move(Db *db, DbMove move) {
    int result = sqlite3_step(db->moves[move]);
    Error e = result == SQLITE_DONE ? OK : db_fault(db, "transaction");
    sqlite3_reset(db->moves[move]);
    return e;
}

void db_give_up(Db *db) {
    if (!db_in_transaction(db)) return;
    sqlite3_step(db->moves[MOVE_ROLLBACK]);
    sqlite3_reset(db->moves[MOVE_ROLLBACK]);
}

Error db_run(Db *db, const char *sql) {
    if (sqlite3_exec(db->sqlite, sql, NULL, NULL, NULL) == SQLITE_OK) return OK;
    return db_fault(db, "store");
}

Error db_pragma(Db *db, const char *sql, PragmaRow *ret_row) {
    sqlite3_stmt *prepared;
    if (sqlite3_prepare_v2(db->sqlite, sql, -1, &prepared, NULL) != SQLITE_OK)
        return db_fault(db, sql);
    PragmaRow row = {0};
    int result = sqlite3_step(prepared);
    if (result == SQLITE_ROW) {
        const unsigned char *words = sqlite3_column_text(prepared, 0);
        row.any = true;
        snprintf(row.words, sizeof row.words, "%s", words ? (const char *)words : "");
        row.number = sqlite3_column_int64(prepared, 0);
    }
    sqlite3_finalize(prepared);
    if (result != SQLITE_ROW && result != SQLITE_DONE) return db_fault(db, sql);
    *ret_row = row;
    return OK;
}

bool db_in_transaction(const Db *db) { return !sqlite3_get_autocommit(db->sqlite); }

static void configure_safety(Db *db) {
    sqlite3_extended_result_codes(db->sqlite, 1);
    sqlite3_busy_timeout(db->sqlite, DB_BUSY_MS);
    sqlite3_db_config(db->sqlite, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(db->sqlite, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_db_config(db->sqlite, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    sqlite3_db_config(db->sqlite, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
    sqlite3_db_config(db->sqlite, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL);
    sqlite3_db_config(db->sqlite, SQLITE_DBCONFIG_ENABLE_FKEY, 1, NULL);
    if (db->use == DB_READS)
        sqlite3_db_config(db->sqlite, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
}

static Error configure_reader(Db *db) {
    TRY(db_run(db,
               "pragma query_only = on; pragma wal_autocheckpoint = 0;"
               "pragma mmap_size = 0;"));
    char sql[64];
    snprintf(sql, sizeof sql, "pragma cache_size = -%d", CACHE_KIB_READER);
    return db_run(db, sql);
}

static Error configure_writer(Db *db) {
    TRY(db_run(db, "pragma mmap_size = 0; pragma journal_mode = wal;"));
    /* The log shrinks back to 64 MiB after a storm; checkpoints are writer.c's own business. */
    TRY(db_run(db, "pragma wal_autocheckpoint = 0; pragma journal_size_limit = 67108864;"));
    TRY(db_run(db, db->durable ? "pragma synchronous = full" : "pragma synchronous = off"));
    char sql[64];
    snprintf(sql, sizeof sql, "pragma cache_size = -%d", CACHE_KIB_WRITER);
    TRY(db_run(db, sql));
    sqlite3_wal_hook(db->sqlite, note_wal, db);
    return OK;
}

void db_expect_many(Db *db, bool many) {
    char sql[64];
    snprintf(sql, sizeof sql, "pragma cache_size = -%d", many ? CACHE_KIB_MANY : CACHE_KIB_WRITER);
    db->upkeep = true;
    Error e = db_run(db, sql);
    (void)e; /* slower then, and nothing else */
    db->upkeep = false;
}

Error db_open(Str path, DbUse use, bool durable, Db **ret_db) {
    Db *db = calloc(1, sizeof *db);
    char *name = calloc(1, path.len + 1);
    sqlite3_stmt **statements = calloc(statement_count + 1, sizeof *statements);
    if (!db || !name || !statements) {
        free(db), free(name), free(statements);
        return error(UNAVAILABLE, "store_unavailable", "There is not enough memory.");
    }
    memcpy(name, path.at, path.len);
    *db = (Db){.statements = statements, .use = use, .durable = durable, .upkeep = true};
    int flags = use == DB_READS ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    int result = sqlite3_open_v2(name, &db->sqlite, flags | SQLITE_OPEN_NOMUTEX, NULL);
    free(name);
    Error failure;
    if (result != SQLITE_OK) {
        failure = error(UNAVAILABLE, "store_unavailable", "The database {} cannot be opened: {}.",
                        path, str_from_c(sqlite3_errstr(result)));
    } else {
        configure_safety(db);
        failure = use == DB_READS ? configure_reader(db) : configure_writer(db);
        /* SQLite makes this table up when it is first named, which the authorizer would deny. */
        if (!failed(failure)) failure = db_run(db, "select 1 from json_each('[]')");
        if (!failed(failure)) failure = prepare_moves(db);
        if (failed(failure)) /* its subject goes with the connection */
            failure =
                error(UNAVAILABLE, "store_unavailable", "The database {} cannot be opened: {}.",
                      path, str_from_c(sqlite3_errstr(sqlite3_extended_errcode(db->sqlite))));
    }
    if (failed(failure)) {
        db_close(db);
        return failure;
    }
    sqlite3_set_authorizer(db->sqlite, authorize, db);
    db->upkeep = false;
    *ret_db = db;
    return OK;
}

void db_close(Db *db) {
    if (!db) return;
    for (size_t i = 0; i < statement_count; i++) sqlite3_finalize(db->statements[i]);
    for (size_t i = 0; i < MOVE_COUNT; i++) sqlite3_finalize(db->moves[i]);
    int result = sqlite3_close(db->sqlite);
    assert(result == SQLITE_OK);
    free(db->statements);
    free(db);
}
