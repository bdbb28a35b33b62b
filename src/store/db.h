/* db.h — one connection to SQLite. For store/ only.
 * Journal WAL, synchronous FULL, foreign keys on, no memory map. One connection writes and
 * checkpoints; readers are read-only and never checkpoint, not even when closed: SQLite
 * before 3.51.3 may corrupt a WAL when two connections do. ATTACH and changes of the schema are
 * denied except during upkeep. */
#pragma once
#include <sqlite3.h>
#include <stdatomic.h>

#include "store/store.h"

enum { DB_BUSY_MS = 5000 };
typedef enum { DB_READS, DB_WRITES } DbUse;

/* The moves of a transaction, prepared when the connection opens: giving up must not need memory.
 */
typedef enum {
    MOVE_BEGIN,       /* at the first read */
    MOVE_BEGIN_WRITE, /* at once */
    MOVE_COMMIT,
    MOVE_ROLLBACK,
    MOVE_SAVE,
    MOVE_RELEASE,
    MOVE_BACK, /* to where MOVE_SAVE was; to be followed by MOVE_RELEASE */
    MOVE_COUNT
} DbMove;

struct Db {
    sqlite3 *sqlite;
    sqlite3_stmt **statements; /* one slot for each of statement_list, prepared when first used */
    sqlite3_stmt *moves[MOVE_COUNT];
    DbUse use;
    bool upkeep;         /* the authorizer lets everything pass */
    bool in_snapshot;    /* of a reader, as is the next */
    atomic_int *readers; /* the store's count of them */
    bool durable;        /* false for scratch databases */
    int wal_pages;       /* of the writer: in the log since it was last empty */
    char fault[256];     /* words of the last failure, for Error.subject */
};

MUST_USE Error db_open(Str path, DbUse use, bool durable, Db **ret_db);
void db_close(Db *db); /* NULL is fine */

/* More memory for pages. */
void db_expect_many(Db *db, bool many);

MUST_USE Error db_move(Db *db, DbMove move);
void db_give_up(Db *db); /* rolls back; fine outside a transaction */

/* SQL of our own that is no query: pragmas, steps of the schema. */
MUST_USE Error db_run(Db *db, const char *sql);
/* The first row of a pragma, if there is one; its first column as number and as words. */
typedef struct {
    bool any;
    int64_t number;
    char words[64];
} PragmaRow;
MUST_USE Error db_pragma(Db *db, const char *sql, PragmaRow *ret_row);
/* The last failure of the connection as an Error; its subject lives until the next one. */
MUST_USE Error db_fault(Db *db, const char *what);
bool db_in_transaction(const Db *db);
