/* The disk or the memory fails at the Nth call, for every N until nothing is left to fail: whatever
 * was acknowledged is there afterwards, nothing by half, the file is whole, and the store writes
 * again. */
#include <sqlite3.h>
#include <stdatomic.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/log.h"
#include "queries/job.h"
#include "queries/secret.h"
#include "store/store.h"
#include "store/test.h"

enum { WRITES = 12, CALLS_MAX = 20000 };

/* ---- what fails ---- */

typedef enum { FAULT_WRITE, FAULT_SYNC, FAULT_TRUNCATE, FAULT_MEMORY } FaultKind;

/* One plan for the whole process, as SQLite's hooks take no argument of ours. Only this test has
 * it. */
static struct {
    atomic_bool armed;
    FaultKind kind;
    int result;      /* SQLITE_FULL, SQLITE_IOERR_... */
    unsigned length; /* so many calls fail, then they are fine again */
    atomic_uint calls, at;
    atomic_uint hits;
} plan;

static bool strikes(FaultKind kind) {
    if (!atomic_load(&plan.armed) || kind != plan.kind) return false;
    unsigned call = atomic_fetch_add(&plan.calls, 1);
    unsigned at = atomic_load(&plan.at);
    if (call < at || call >= at + plan.length) return false;
    atomic_fetch_add(&plan.hits, 1);
    return true;
}

typedef struct {
    sqlite3_file base;
    sqlite3_file *real; /* behind this struct */
} FaultFile;

static sqlite3_file *real_of(sqlite3_file *file) { return ((FaultFile *)file)->real; }

static int fault_close(sqlite3_file *f) { return real_of(f)->pMethods->xClose(real_of(f)); }
static int fault_read(sqlite3_file *f, void *to, int len, sqlite3_int64 at) {
    return real_of(f)->pMethods->xRead(real_of(f), to, len, at);
}
static int fault_write(sqlite3_file *f, const void *from, int len, sqlite3_int64 at) {
    if (strikes(FAULT_WRITE)) {
        /* as a disk does that fills up in the middle of it */
        int half = real_of(f)->pMethods->xWrite(real_of(f), from, len / 2, at);
        return half == SQLITE_OK ? plan.result : half;
    }
    return real_of(f)->pMethods->xWrite(real_of(f), from, len, at);
}
static int fault_truncate(sqlite3_file *f, sqlite3_int64 size) {
    if (strikes(FAULT_TRUNCATE)) return plan.result;
    return real_of(f)->pMethods->xTruncate(real_of(f), size);
}
static int fault_sync(sqlite3_file *f, int flags) {
    if (strikes(FAULT_SYNC)) return plan.result;
    return real_of(f)->pMethods->xSync(real_of(f), flags);
}
static int fault_size(sqlite3_file *f, sqlite3_int64 *size) {
    return real_of(f)->pMethods->xFileSize(real_of(f), size);
}
static int fault_lock(sqlite3_file *f, int how) {
    return real_of(f)->pMethods->xLock(real_of(f), how);
}
static int fault_unlock(sqlite3_file *f, int how) {
    return real_of(f)->pMethods->xUnlock(real_of(f), how);
}
static int fault_reserved(sqlite3_file *f, int *held) {
    return real_of(f)->pMethods->xCheckReservedLock(real_of(f), held);
}
static int fault_control(sqlite3_file *f, int what, void *argument) {
    return real_of(f)->pMethods->xFileControl(real_of(f), what, argument);
}
static int fault_sector(sqlite3_file *f) { return real_of(f)->pMethods->xSectorSize(real_of(f)); }
static int fault_traits(sqlite3_file *f) {
    return real_of(f)->pMethods->xDeviceCharacteristics(real_of(f));
}
static int fault_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **at) {
    return real_of(f)->pMethods->xShmMap(real_of(f), page, size, extend, at);
}
static int fault_shm_lock(sqlite3_file *f, int offset, int count, int flags) {
    return real_of(f)->pMethods->xShmLock(real_of(f), offset, count, flags);
}
static void fault_shm_barrier(sqlite3_file *f) { real_of(f)->pMethods->xShmBarrier(real_of(f)); }
static int fault_shm_unmap(sqlite3_file *f, int remove) {
    return real_of(f)->pMethods->xShmUnmap(real_of(f), remove);
}

static const sqlite3_io_methods fault_methods = {2,
                                                 fault_close,
                                                 fault_read,
                                                 fault_write,
                                                 fault_truncate,
                                                 fault_sync,
                                                 fault_size,
                                                 fault_lock,
                                                 fault_unlock,
                                                 fault_reserved,
                                                 fault_control,
                                                 fault_sector,
                                                 fault_traits,
                                                 fault_shm_map,
                                                 fault_shm_lock,
                                                 fault_shm_barrier,
                                                 fault_shm_unmap,
                                                 NULL,
                                                 NULL};

static int fault_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags,
                      int *ret_flags) {
    sqlite3_vfs *real = vfs->pAppData;
    FaultFile *file = (FaultFile *)f;
    file->real = (sqlite3_file *)(file + 1);
    int result = real->xOpen(real, name, file->real, flags, ret_flags);
    file->base.pMethods = result == SQLITE_OK ? &fault_methods : NULL;
    return result;
}

static sqlite3_mem_methods real_memory;

static void *fault_malloc(int size) {
    return strikes(FAULT_MEMORY) ? NULL : real_memory.xMalloc(size);
}
static void *fault_realloc(void *at, int size) {
    return strikes(FAULT_MEMORY) ? NULL : real_memory.xRealloc(at, size);
}

static int stand_between(void **state) {
    (void)state;
    static sqlite3_vfs vfs;
    sqlite3_config(SQLITE_CONFIG_GETMALLOC, &real_memory);
    sqlite3_mem_methods memory = real_memory;
    memory.xMalloc = fault_malloc;
    memory.xRealloc = fault_realloc;
    sqlite3_config(SQLITE_CONFIG_MALLOC, &memory);
    sqlite3_vfs *real = sqlite3_vfs_find(NULL);
    vfs = *real;
    vfs.zName = "faults";
    vfs.pAppData = real;
    vfs.szOsFile = (int)sizeof(FaultFile) + real->szOsFile;
    vfs.xOpen = fault_open;
    log_set_level(LOG_ERROR + 1); /* thousands of failures are the point here */
    return sqlite3_vfs_register(&vfs, 1);
}

/* ---- what must hold ---- */

static Error write_both(Db *db, Arena *arena, void *argument) {
    unsigned number = *(const unsigned *)argument;
    Str name = arena_print(arena, "%u", number);
    size_t len = number % 4 == 0 ? 60000 : 500; /* some over many pages */
    Str value = {memset(arena_alloc(arena, len, 1), 'a' + (int)number, len), len};
    TRY(query_secret_add(db, arena, (SecretAddAsk){name, value}, NULL));
    return query_job_put(db, arena, (JobPutAsk){STR("fault"), name, number, 0}, NULL);
}

static void check_number(Db *db, Arena *arena, unsigned number, bool acknowledged) {
    Str name = arena_print(arena, "%u", number);
    bool has_secret, has_job;
    SecretFindRow secret;
    JobFindRow job;
    check_fine(query_secret_find(db, arena, (SecretFindAsk){name}, &has_secret, &secret));
    check_fine(query_job_find(db, arena, (JobFindAsk){STR("fault"), name}, &has_job, &job));
    assert_int_equal(has_secret, has_job);
    if (acknowledged) assert_true(has_secret);
    if (has_secret) assert_int_equal(secret.value.len, number % 4 == 0 ? 60000 : 500);
}

static void check_all(Str url, const bool *acknowledged) {
    Store *store;
    Db *db;
    Arena arena = arena_create(16 * MIB);
    check_fine(store_open(url, &store));
    check_fine(store_check(store));
    check_fine(store_reader_open(store, &db));
    for (unsigned i = 0; i < WRITES; i++) check_number(db, &arena, i, acknowledged[i]);
    store_reader_close(db);
    unsigned last = WRITES;
    check_fine(store_write(store, &arena, write_both, &last));
    store_close(store);
    arena_free(&arena);
}

/* false: the plan's call was never reached. */
static bool run_with_fault(const char *path, unsigned at, FaultKind kind, int result,
                           unsigned length) {
    Arena arena = arena_create(16 * MIB);
    Str url = arena_print(&arena, "sqlite:%s", path);
    bool acknowledged[WRITES] = {false};
    plan.kind = kind;
    plan.result = result;
    plan.length = length;
    atomic_store(&plan.calls, 0);
    atomic_store(&plan.hits, 0);
    atomic_store(&plan.at, at);
    atomic_store(&plan.armed, true);
    Store *store;
    Error opened = store_open(url, &store);
    for (unsigned i = 0; !failed(opened) && i < WRITES; i++)
        acknowledged[i] = !failed(store_write(store, &arena, write_both, &i));
    atomic_store(&plan.armed, false);
    if (!failed(opened)) { /* the same store, once the trouble is over */
        unsigned last = WRITES - 1;
        check_fine(store_write(store, &arena, write_both, &last));
        acknowledged[last] = true;
        store_close(store);
    }
    check_all(url, acknowledged);
    arena_free(&arena);
    return atomic_load(&plan.hits) > 0;
}

static void fail_everywhere(FaultKind kind, int result, unsigned length, unsigned step) {
    char folder[] = "/tmp/essaim-fault-XXXXXX";
    assert_non_null(mkdtemp(folder));
    unsigned at = 0, struck = 0;
    bool more = true;
    for (; more && at < CALLS_MAX; at += step) {
        char path[128];
        snprintf(path, sizeof path, "%s/%u.db", folder, at);
        more = run_with_fault(path, at, kind, result, length);
        struck += more;
        const char *const endings[] = {"", "-wal", "-shm", ".lock"};
        for (size_t i = 0; i < 4; i++) {
            char file[160];
            snprintf(file, sizeof file, "%s%s", path, endings[i]);
            unlink(file);
        }
    }
    rmdir(folder);
    assert_true(struck > 3); /* the test reached something */
    assert_true(at < CALLS_MAX);
}

static void a_write_that_fails_loses_nothing(void **state) {
    (void)state;
    fail_everywhere(FAULT_WRITE, SQLITE_IOERR_WRITE, 1, 3);
}

static void a_disk_that_stays_full_for_a_while_loses_nothing(void **state) {
    (void)state;
    fail_everywhere(FAULT_WRITE, SQLITE_FULL, 20, 7);
}

static void a_sync_that_fails_loses_nothing(void **state) {
    (void)state;
    fail_everywhere(FAULT_SYNC, SQLITE_IOERR_FSYNC, 1, 1);
    fail_everywhere(FAULT_SYNC, SQLITE_IOERR_FSYNC, 3, 1);
}

static void memory_that_fails_loses_nothing(void **state) {
    (void)state;
    fail_everywhere(FAULT_MEMORY, 0, 1, 41);
    fail_everywhere(FAULT_MEMORY, 0, 200, 97);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_write_that_fails_loses_nothing),
        cmocka_unit_test(a_disk_that_stays_full_for_a_while_loses_nothing),
        cmocka_unit_test(a_sync_that_fails_loses_nothing),
        cmocka_unit_test(memory_that_fails_loses_nothing),
    };
    return cmocka_run_group_tests(tests, stand_between, NULL);
}
