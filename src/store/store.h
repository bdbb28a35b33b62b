/* store.h — the database: one writer, many readers, one interface whatever the engine.
 * Every statement is a named query of store/queries (compiled to C, see tools/compile_queries); no
 * SQL elsewhere. Readers: each thread takes a connection of its own, sees the last commit, and
 * cannot write. Writer: one thread owns the only writing connection. store_write hands it a
 * function; it runs in a savepoint, many share one commit (one fsync), and store_write returns
 * after that commit: OK means durable. A failing work is rolled back alone and its Error returned.
 */
#pragma once
#include "base/error.h"
#include "base/histogram.h"

typedef struct Store Store;
typedef struct Db Db; /* one connection; only its own thread may use it */

/* url: "sqlite:PATH" ("sqlite::memory:" for tests). Brings the schema up to date; refuses a newer
 * one, and a database another process writes to. */
MUST_USE Error store_open(Str url, Store **ret_store);
/* Only readers, beside the process that writes: no lock is taken, nothing is changed, and
 * store_write is not allowed. CONFLICT where its schema is not ours, NOT_FOUND where there is no
 * database yet. */
MUST_USE Error store_open_beside(Str url, Store **ret_store);
void store_close(Store *store); /* waits for the writes handed in; NULL is fine */

MUST_USE Error store_reader_open(Store *store, Db **ret_db);
void store_reader_close(Db *db);
/* A consistent view over several queries; end it soon, it holds back checkpoints. */
MUST_USE Error store_snapshot_begin(Db *db);
void store_snapshot_end(Db *db); /* fine when none was begun: end every request with it */

/* `arena` and everything `argument` points to stay the caller's, who waits; results may be put in
 * both. A work holds nothing else: when it outgrows the arena it is stopped and undone, and the
 * answer is UNAVAILABLE (the arena's own jump is not taken). It may not call store_write. */
typedef Error (*StoreWork)(Db *db, Arena *arena, void *argument);
MUST_USE Error store_write(Store *store, Arena *arena, StoreWork work, void *argument);
/* The same in a transaction of its own, for a work of very many rows: SQLite need not keep what
 * each of them changed, to take this work alone back. */
MUST_USE Error store_write_many(Store *store, Arena *arena, StoreWork work, void *argument);
/* While very many rows are written: more memory for pages, and the log is emptied less often.
 * Counted: as often off as on. */
void store_expect_many(Store *store, bool many);

typedef struct {
    uint64_t writes, commits, failures;
    uint64_t schema_version;
    HistogramCounts write_durations; /* until durable, or failed */
} StoreTotals;
StoreTotals store_totals(Store *store);
/* The engine's own integrity check, for doctor and the crash test. */
MUST_USE Error store_check(Store *store);
Str store_engine_version(void); /* of SQLite, "3.40.1" */
