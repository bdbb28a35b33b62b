#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/db.h"
#include "store/schema.h"
#include "store/writer.h"

enum { SQLITE_LEAST = 3038000, PATH_ROOM = 4096 };

struct Store {
    char path[PATH_ROOM];
    char scratch[PATH_ROOM]; /* folder of a scratch database, removed at the end; "" for a real one
                              */
    int lock_fd;
    unsigned schema_version;
    Writer *writer;
    atomic_int readers;
};

/* ---- where ---- */

/* A scratch database is a real one, in memory where the machine has a folder for that: SQLite's own
 * ":memory:" knows neither the log nor snapshots. */
static Error place_scratch(Store *store) {
    const char *folder = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    snprintf(store->scratch, sizeof store->scratch, "%s/essaim-XXXXXX", folder);
    if (!mkdtemp(store->scratch)) {
        store->scratch[0] = 0;
        return error(UNAVAILABLE, "store_unavailable", "The database {} cannot be opened: {}.",
                     STR(":memory:"), str_from_c(strerror(errno)));
    }
    snprintf(store->path, sizeof store->path, "%.4000s/scratch.db", store->scratch);
    return OK;
}

static Error place(Store *store, Str url) {
    Str scheme = STR("sqlite:");
    if (!str_starts(url, scheme))
        return error_field(BAD_INPUT, "store.url", "store_url",
                           "The database address {} is not of the form sqlite:PATH.", url);
    Str path = str_skip(url, scheme.len);
    if (str_equal(path, STR(":memory:"))) return place_scratch(store);
    if (str_is_empty(path) || path.len >= PATH_ROOM - sizeof ".lock" ||
        str_find_byte(path, 0) != STR_NONE)
        return error_field(BAD_INPUT, "store.url", "store_url",
                           "The database address {} is not of the form sqlite:PATH.", url);
    memcpy(store->path, path.at, path.len);
    return OK;
}

/* ---- whose ---- */

static Error lock(Store *store) {
    char path[PATH_ROOM + 8];
    snprintf(path, sizeof path, "%s.lock", store->path);
    store->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (store->lock_fd < 0)
        return error(UNAVAILABLE, "store_unavailable", "The database {} cannot be opened: {}.",
                     str_from_c(store->path), str_from_c(strerror(errno)));
    if (flock(store->lock_fd, LOCK_EX | LOCK_NB) != 0)
        return error(
            CONFLICT, "store_in_use",
            "Another process uses the database {}; its number is in the .lock file beside it. "
            "Stop it first.",
            str_from_c(store->path));
    char process[32];
    int len = snprintf(process, sizeof process, "%ld\n", (long)getpid());
    if (ftruncate(store->lock_fd, 0) != 0 || pwrite(store->lock_fd, process, (size_t)len, 0) != len)
        return error(UNAVAILABLE, "store_unavailable", "The database {} cannot be opened: {}.",
                     str_from_c(store->path), str_from_c(strerror(errno)));
    return OK;
}

/* Only for its owner: passwords and sessions are in it. The log beside it gets the same mode. */
static void create_private(const char *path) {
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd >= 0) close(fd);
}

/* ---- open and close ---- */

/* Each insertion that may fail keeps the pages it changes, to take itself back; beyond 64 KiB once,
 * SQLite would write those of every one after it to a file. Counts before the first connection. */
static Error check_engine(void) {
    enum { STATEMENT_JOURNAL_BYTES = 512 * 1024 };
    sqlite3_config(SQLITE_CONFIG_STMTJRNL_SPILL, STATEMENT_JOURNAL_BYTES);
    if (sqlite3_threadsafe() == 0 || sqlite3_libversion_number() < SQLITE_LEAST)
        return error(BROKEN, "store_failed",
                     "SQLite {} is too old, or was built without threads: 3.38 is needed.",
                     str_from_c(sqlite3_libversion()));
    return OK;
}

static Error open_database(Store *store) {
    bool durable = !store->scratch[0];
    TRY(lock(store));
    create_private(store->path);
    Db *db = NULL;
    TRY(db_open(str_from_c(store->path), DB_WRITES, durable, &db));
    Error result = schema_upgrade(db, schema_step_count);
    if (!failed(result)) result = schema_version(db, &store->schema_version);
    if (failed(result)) {
        db_close(db);
        return result;
    }
    return writer_open(db, &store->writer);
}

static void remove_scratch(Store *store) {
    if (!store->scratch[0]) return;
    const char *const endings[] = {"", "-wal", "-shm", ".lock"};
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        char path[PATH_ROOM + 8];
        snprintf(path, sizeof path, "%s%s", store->path, endings[i]);
        unlink(path);
    }
    rmdir(store->scratch);
}

static void free_store(Store *store) {
    remove_scratch(store);
    if (store->lock_fd >= 0) close(store->lock_fd); /* and so frees the lock */
    free(store);
}

Error store_open(Str url, Store **ret_store) {
    TRY(check_engine());
    Store *store = calloc(1, sizeof *store);
    if (!store) return error(UNAVAILABLE, "store_unavailable", "There is not enough memory.");
    store->lock_fd = -1;
    Error result = place(store, url);
    if (!failed(result)) result = open_database(store);
    if (failed(result)) {
        if (result.subject[0].at == store->path) result.subject[0] = url; /* outlives the store */
        free_store(store);
        return result;
    }
    *ret_store = store;
    return OK;
}

static Error check_beside(Store *store) {
    if (access(store->path, F_OK) != 0)
        return error(NOT_FOUND, "no_store", "There is no database yet.");
    Db *db;
    TRY(db_open(str_from_c(store->path), DB_READS, true, &db));
    Error result = schema_version(db, &store->schema_version);
    if (!failed(result) && store->schema_version != schema_step_count)
        result = error(CONFLICT, "store_older", "This database is of another version.");
    result.subject[0] = result.subject[1] = (Str){0}; /* may stand in the connection */
    db_close(db);
    return result;
}

Error store_open_beside(Str url, Store **ret_store) {
    TRY(check_engine());
    Store *store = calloc(1, sizeof *store);
    if (!store) return error(UNAVAILABLE, "store_unavailable", "There is not enough memory.");
    store->lock_fd = -1;
    Error result = place(store, url);
    if (!failed(result)) result = check_beside(store);
    if (failed(result)) {
        result.subject[0] = result.subject[1] = (Str){0};
        free_store(store);
        return result;
    }
    *ret_store = store;
    return OK;
}

void store_close(Store *store) {
    if (!store) return;
    assert(atomic_load(&store->readers) == 0); /* the writer's must be the last connection */
    writer_close(store->writer);
    free_store(store);
}

/* ---- readers ---- */

Error store_reader_open(Store *store, Db **ret_db) {
    TRY(db_open(str_from_c(store->path), DB_READS, true, ret_db));
    (*ret_db)->readers = &store->readers;
    atomic_fetch_add(&store->readers, 1);
    return OK;
}

void store_reader_close(Db *db) {
    if (!db) return;
    store_snapshot_end(db);
    atomic_fetch_sub(db->readers, 1);
    db_close(db);
}

Error store_snapshot_begin(Db *db) {
    assert(db->use == DB_READS && !db->in_snapshot);
    TRY(db_move(db, MOVE_BEGIN));
    db->in_snapshot = true;
    return OK;
}

void store_snapshot_end(Db *db) {
    if (!db->in_snapshot) return;
    db->in_snapshot = false;
    db_give_up(db);
}

/* ---- the rest ---- */

Error store_write(Store *store, Arena *arena, StoreWork work, void *argument) {
    return writer_write(store->writer, arena, work, argument);
}

Error store_write_many(Store *store, Arena *arena, StoreWork work, void *argument) {
    return writer_write_alone(store->writer, arena, work, argument);
}

void store_expect_many(Store *store, bool many) { writer_expect_many(store->writer, many); }

StoreTotals store_totals(Store *store) {
    StoreTotals totals = {.schema_version = store->schema_version};
    writer_count(store->writer, &totals);
    return totals;
}

static Error check_whole(Db *db) {
    PragmaRow whole, orphan;
    TRY(db_pragma(db, "pragma integrity_check(1)", &whole));
    TRY(db_pragma(db, "pragma foreign_key_check", &orphan));
    if (!orphan.any && str_equal(str_from_c(whole.words), STR("ok"))) return OK;
    return error(BROKEN, "store_damaged", "The database is damaged. Restore the last backup.");
}

Error store_check(Store *store) {
    Db *db;
    TRY(store_reader_open(store, &db));
    db->upkeep = true;
    Error result = check_whole(db);
    result.subject[0] = result.subject[1] = (Str){0}; /* may stand in the connection */
    store_reader_close(db);
    return result;
}

Str store_engine_version(void) { return str_from_c(sqlite3_libversion()); }
