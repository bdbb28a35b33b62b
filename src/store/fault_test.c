/* The disk or the memory fails at the Nth call, for every N until nothing is left to fail: whatever
 * was acknowledged is there afterwards, nothing by half, the file is whole, and the store writes
 * again. */
#include <stdatomic.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/log.h"
#include "queries/job.h"
#include "queries/secret.h"
#include "store/store.h"
#include "store/test.h"
#include "store/test_disk.h"

enum { WRITES = 12, CALLS_MAX = 60000 };

/* ---- what fails ---- */

typedef enum { FAULT_WRITE, FAULT_SYNC, FAULT_MEMORY } FaultKind;

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

static int fault_write(const DiskWrite *write) {
    if (!strikes(FAULT_WRITE)) return SQLITE_OK;
    /* as a disk does that fills up in the middle of it */
    int half = write->real->pMethods->xWrite(write->real, write->from, write->len / 2, write->at);
    return half == SQLITE_OK ? plan.result : half;
}

static int fault_sync(const char *name) {
    (void)name;
    return strikes(FAULT_SYNC) ? plan.result : SQLITE_OK;
}

static const DiskHooks fault_hooks = {.write = fault_write, .sync = fault_sync};

static sqlite3_mem_methods real_memory;

static void *fault_malloc(int size) {
    return strikes(FAULT_MEMORY) ? NULL : real_memory.xMalloc(size);
}
static void *fault_realloc(void *at, int size) {
    return strikes(FAULT_MEMORY) ? NULL : real_memory.xRealloc(at, size);
}

static int stand_between(void **state) {
    (void)state;
    sqlite3_config(SQLITE_CONFIG_GETMALLOC, &real_memory);
    sqlite3_mem_methods memory = real_memory;
    memory.xMalloc = fault_malloc;
    memory.xRealloc = fault_realloc;
    sqlite3_config(SQLITE_CONFIG_MALLOC, &memory);
    log_set_level(LOG_ERROR + 1); /* thousands of failures are the point here */
    disk_stand_between(&fault_hooks);
    return 0;
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

/* Every `step`th call; every one with ESSAIM_LONG, which takes minutes. */
static void fail_everywhere(FaultKind kind, int result, unsigned length, unsigned step) {
    const char *patient = getenv("ESSAIM_LONG");
    if (patient && *patient) step = 1;
    char folder[64];
    disk_folder_create(folder, sizeof folder);
    unsigned at = 0, struck = 0;
    bool more = true;
    for (; more && at < CALLS_MAX; at += step) {
        char path[128];
        snprintf(path, sizeof path, "%s/%u.db", folder, at);
        more = run_with_fault(path, at, kind, result, length);
        struck += more;
        disk_files_remove(path);
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
