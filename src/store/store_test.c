#include "store/store.h"

#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/limits.h"
#include "queries/secret.h"
#include "store/db.h"
#include "store/schema.h"
#include "store/test.h"

enum { WRITERS = 64 };

typedef struct {
    char folder[64], path[96], url[104];
    Store *store;
    Db *db;
    Arena arena;
} Place;

static int create_place(void **state) {
    Place *place = calloc(1, sizeof *place);
    snprintf(place->folder, sizeof place->folder, "/tmp/essaim-store-XXXXXX");
    if (!mkdtemp(place->folder)) return -1;
    snprintf(place->path, sizeof place->path, "%s/test.db", place->folder);
    snprintf(place->url, sizeof place->url, "sqlite:%s", place->path);
    place->arena = arena_create(16 * MIB);
    *state = place;
    return 0;
}

static void open_place(Place *place) {
    check_fine(store_open(str_from_c(place->url), &place->store));
    check_fine(store_reader_open(place->store, &place->db));
}

static void close_place(Place *place) {
    store_reader_close(place->db);
    store_close(place->store);
    place->db = NULL;
    place->store = NULL;
}

static int remove_place(void **state) {
    Place *place = *state;
    close_place(place);
    const char *const endings[] = {"", "-wal", "-shm", ".lock"};
    for (size_t i = 0; i < 4; i++) {
        char path[128];
        snprintf(path, sizeof path, "%s%s", place->path, endings[i]);
        unlink(path);
    }
    rmdir(place->folder);
    arena_free(&place->arena);
    free(place);
    return 0;
}

/* ---- works ---- */

typedef struct {
    Str name, value;
    bool fail;
} Note;

static Error add_note(Db *db, Arena *arena, void *argument) {
    const Note *note = argument;
    TRY(query_secret_add(db, arena, (SecretAddAsk){note->name, note->value}, NULL));
    if (note->fail) return error(CONFLICT, "test", "Not this one.");
    return OK;
}

static Error write_note(Place *place, const char *name, const char *value) {
    Note note = {str_from_c(name), str_from_c(value), false};
    return store_write(place->store, &place->arena, add_note, &note);
}

static bool has_note(Place *place, const char *name) {
    bool found;
    SecretFindRow row;
    check_fine(query_secret_find(place->db, &place->arena, (SecretFindAsk){str_from_c(name)},
                                 &found, &row));
    return found;
}

static void a_write_that_returned_is_there_after_reopening(void **state) {
    Place *place = *state;
    open_place(place);
    check_fine(write_note(place, "key", "value"));
    assert_true(has_note(place, "key"));
    close_place(place);
    open_place(place);
    assert_true(has_note(place, "key"));
    check_fine(store_check(place->store));
}

static Error run_sql(Db *db, Arena *arena, void *argument) {
    (void)arena;
    return db_run(db, *(const char **)argument);
}

static Error write_sql(Place *place, const char *sql) {
    return store_write(place->store, &place->arena, run_sql, &sql);
}

static void a_failing_work_is_undone_alone(void **state) {
    Place *place = *state;
    open_place(place);
    check_fine(write_note(place, "before", "1"));
    Note note = {STR("wrong"), STR("1"), true};
    check_code(store_write(place->store, &place->arena, add_note, &note), ERROR_CONFLICT, "test");
    check_fine(write_note(place, "after", "1"));
    assert_true(has_note(place, "before"));
    assert_false(has_note(place, "wrong"));
    assert_true(has_note(place, "after"));
    assert_int_equal(store_totals(place->store).writes, 2);
    assert_int_equal(store_totals(place->store).failures, 1);
}

/* The words of a failure outlive the failures after it. */
static void the_words_of_a_failure_stay(void **state) {
    Place *place = *state;
    open_place(place);
    Error first = write_sql(place, "select nothing");
    Error second = write_sql(place, "select otherwise");
    Str text = error_text(first, &place->arena);
    assert_true(str_contains(text, STR("nothing")));
    assert_true(str_contains(error_text(second, &place->arena), STR("otherwise")));
}

/* ---- many at once ---- */

typedef struct {
    Store *store;
    atomic_int *started;
    sem_t *held;
    unsigned number;
    bool fail;
    Error result;
} Caller;

static void *call_once(void *argument) {
    Caller *caller = argument;
    Arena arena = arena_create(MIB);
    Note note = {arena_print(&arena, "note-%u", caller->number), STR("x"), caller->fail};
    atomic_fetch_add(caller->started, 1);
    caller->result = store_write(caller->store, &arena, add_note, &note);
    arena_free(&arena);
    return NULL;
}

static Error wait_for_all(Db *db, Arena *arena, void *argument) {
    (void)db, (void)arena;
    const Caller *caller = argument;
    sem_post(caller->held);
    while (atomic_load(caller->started) < WRITERS) usleep(1000);
    usleep(100 * 1000); /* from counting to standing in the queue */
    return OK;
}

static void *hold_writer(void *argument) {
    Caller *caller = argument;
    Arena arena = arena_create(MIB);
    caller->result = store_write(caller->store, &arena, wait_for_all, caller);
    arena_free(&arena);
    return NULL;
}

static void many_writers_share_few_commits(void **state) {
    Place *place = *state;
    open_place(place);
    atomic_int started = 0;
    sem_t held;
    sem_init(&held, 0, 0);
    Caller callers[WRITERS + 1];
    pthread_t threads[WRITERS + 1];
    callers[WRITERS] = (Caller){.store = place->store, .started = &started, .held = &held};
    pthread_create(&threads[WRITERS], NULL, hold_writer, &callers[WRITERS]);
    sem_wait(&held);
    for (unsigned i = 0; i < WRITERS; i++) {
        callers[i] = (Caller){place->store, &started, &held, i, i % 3 == 0, OK};
        pthread_create(&threads[i], NULL, call_once, &callers[i]);
    }
    for (unsigned i = 0; i <= WRITERS; i++) pthread_join(threads[i], NULL);
    for (unsigned i = 0; i < WRITERS; i++) {
        char name[32];
        snprintf(name, sizeof name, "note-%u", i);
        assert_int_equal(failed(callers[i].result), i % 3 == 0);
        assert_int_equal(has_note(place, name), i % 3 != 0);
    }
    StoreTotals totals = store_totals(place->store);
    assert_int_equal(totals.writes + totals.failures, WRITERS + 1);
    assert_true(totals.commits < WRITERS / 8);
}

/* ---- memory ---- */

static Error ask_too_much(Db *db, Arena *arena, void *argument) {
    TRY(add_note(db, arena, argument));
    for (;;) arena_alloc(arena, KIB, 1);
}

static void a_work_that_outgrows_its_arena_is_undone(void **state) {
    Place *place = *state;
    open_place(place);
    Arena arena = arena_create(64 * KIB);
    jmp_buf mine;
    if (setjmp(mine)) fail_msg("the jump of the waiting thread was taken on the writer's");
    arena.overflow = &mine;
    Note note = {STR("large"), STR("x"), false};
    check_code(store_write(place->store, &arena, ask_too_much, &note), ERROR_UNAVAILABLE,
               "too_much_memory");
    assert_ptr_equal(arena.overflow, &mine);
    arena_free(&arena);
    assert_false(has_note(place, "large"));
    check_fine(write_note(place, "next", "1"));
    assert_true(has_note(place, "next"));
}

/* ---- the disk ---- */

static void limit_file_size(rlim_t bytes) {
    struct rlimit limit;
    getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = bytes;
    setrlimit(RLIMIT_FSIZE, &limit);
}

static void a_full_disk_is_told_and_outlived(void **state) {
    Place *place = *state;
    open_place(place);
    check_fine(write_note(place, "before", "1"));
    signal(SIGXFSZ, SIG_IGN);
    limit_file_size(16 * KIB);
    Note note = {STR("lost"), str_from_bytes(arena_alloc(&place->arena, MIB, 1), MIB), false};
    Error full = store_write(place->store, &place->arena, add_note, &note);
    bool readable = has_note(place, "before");
    Error still = write_note(place, "also-lost", "1");
    limit_file_size(RLIM_INFINITY);
    check_code(full, ERROR_UNAVAILABLE, "store_unavailable");
    check_code(still, ERROR_UNAVAILABLE, "store_unavailable");
    assert_true(readable);
    check_fine(write_note(place, "after", "1"));
    assert_false(has_note(place, "lost"));
    assert_false(has_note(place, "also-lost"));
    assert_true(has_note(place, "after"));
    check_fine(store_check(place->store));
}

/* A reader that stays holds the log back; when it is gone the log starts anew instead of growing
 * on. */
static void the_log_does_not_grow_for_ever(void **state) {
    Place *place = *state;
    open_place(place);
    Str value = {arena_alloc(&place->arena, MIB, 1), MIB};
    off_t largest = 0;
    check_fine(store_snapshot_begin(place->db));
    has_note(place, "none");
    for (unsigned i = 0; i < 60; i++) {
        if (i == 15) store_snapshot_end(place->db);
        Note note = {arena_print(&place->arena, "%u", i), value, false};
        check_fine(store_write(place->store, &place->arena, add_note, &note));
        char path[128];
        struct stat told;
        snprintf(path, sizeof path, "%s-wal", place->path);
        assert_int_equal(stat(path, &told), 0);
        if (told.st_size > largest) largest = told.st_size;
    }
    assert_true(largest > 14 * MIB); /* while it was held */
    assert_true(largest < 30 * MIB); /* of the 60 written */
}

static void a_damaged_file_fails_the_check(void **state) {
    Place *place = *state;
    open_place(place);
    for (unsigned i = 0; i < 200; i++) {
        char name[512];
        snprintf(name, sizeof name, "%0400u", i);
        check_fine(write_note(place, name, "value"));
    }
    close_place(place);
    struct stat told;
    stat(place->path, &told);
    int fd = open(place->path, O_WRONLY);
    char junk[2048];
    memset(junk, 0x5a, sizeof junk);
    for (off_t at = told.st_size / 2; at + 2048 <= told.st_size; at += 4096)
        assert_int_equal(pwrite(fd, junk, sizeof junk, at), sizeof junk);
    close(fd);
    Error opened = store_open(str_from_c(place->url), &place->store);
    if (failed(opened)) return;
    assert_true(failed(store_check(place->store)));
}

/* ---- readers ---- */

static void a_snapshot_does_not_move(void **state) {
    Place *place = *state;
    open_place(place);
    check_fine(store_snapshot_begin(place->db));
    assert_false(has_note(place, "later"));
    check_fine(write_note(place, "later", "1"));
    assert_false(has_note(place, "later"));
    store_snapshot_end(place->db);
    assert_true(has_note(place, "later"));
    store_snapshot_end(place->db); /* twice is fine */
}

static void a_reader_cannot_write(void **state) {
    Place *place = *state;
    open_place(place);
    Error e = query_secret_add(place->db, &place->arena, (SecretAddAsk){STR("a"), STR("b")}, NULL);
    check_code(e, ERROR_BROKEN, "store_failed");
    assert_false(has_note(place, "a"));
}

static void nobody_changes_the_shape_or_reaches_another_file(void **state) {
    Place *place = *state;
    open_place(place);
    char attach[128];
    snprintf(attach, sizeof attach, "attach '%s-2' as other", place->path);
    const char *const tries[] = {attach,
                                 "create table extra (id integer)",
                                 "drop table secret",
                                 "alter table secret add column more text",
                                 "create temp table extra (id integer)",
                                 "pragma synchronous = off",
                                 "pragma writable_schema = on",
                                 "vacuum into '/tmp/essaim-never'",
                                 "delete from sqlite_schema",
                                 "select load_extension('x')"};
    for (size_t i = 0; i < sizeof tries / sizeof *tries; i++) {
        assert_true(failed(write_sql(place, tries[i])));
        assert_true(failed(db_run(place->db, tries[i])));
    }
    check_fine(write_note(place, "still", "1"));
}

/* ---- opening ---- */

static void a_second_owner_is_refused(void **state) {
    Place *place = *state;
    open_place(place);
    Store *second;
    check_code(store_open(str_from_c(place->url), &second), ERROR_CONFLICT, "store_in_use");
    pid_t child = fork();
    if (child == 0) {
        Error e = store_open(str_from_c(place->url), &second);
        _exit(e.kind == ERROR_CONFLICT ? 0 : 1);
    }
    int how;
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_int_equal(how, 0);
    close_place(place);
    open_place(place); /* free again */
}

static void a_wrong_address_names_the_setting(void **state) {
    (void)state;
    const Str wrong[] = {STR(""), STR("essaim.db"), STR("sqlite:"), STR("postgresql://x/y"),
                         STR("sqlite:a\0b")};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        Store *store;
        Error e = store_open(wrong[i], &store);
        check_code(e, ERROR_BAD_INPUT, "store_url");
        assert_string_equal(e.field, "store.url");
    }
    Store *store;
    check_code(store_open(STR("sqlite:/nowhere/at/all.db"), &store), ERROR_UNAVAILABLE,
               "store_unavailable");
}

static void the_engine_tells_its_version(void **state) {
    (void)state;
    assert_true(str_starts(store_engine_version(), STR("3.")));
}

static void the_files_are_the_owners_alone(void **state) {
    Place *place = *state;
    open_place(place);
    check_fine(write_note(place, "key", "value"));
    const char *const endings[] = {"", "-wal", "-shm", ".lock"};
    for (size_t i = 0; i < 4; i++) {
        char path[128];
        snprintf(path, sizeof path, "%s%s", place->path, endings[i]);
        struct stat told;
        assert_int_equal(stat(path, &told), 0);
        assert_int_equal(told.st_mode & 0777, 0600);
    }
}

/* ---- the schema ---- */

static void create_at_version(Place *place, unsigned version) {
    Db *db;
    check_fine(db_open(str_from_c(place->path), DB_WRITES, true, &db));
    check_fine(schema_upgrade(db, version));
    db_close(db);
}

static void run_raw(Place *place, const char *sql) {
    sqlite3 *sqlite;
    assert_int_equal(sqlite3_open(place->path, &sqlite), SQLITE_OK);
    assert_int_equal(sqlite3_exec(sqlite, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(sqlite);
}

static void every_earlier_version_is_brought_up_to_date(void **state) {
    Place *place = *state;
    for (unsigned version = 0; version <= schema_step_count; version++) {
        create_at_version(place, version);
        open_place(place);
        assert_int_equal(store_totals(place->store).schema_version, schema_step_count);
        check_fine(write_note(place, "key", "value"));
        check_fine(store_check(place->store));
        close_place(place);
        unlink(place->path);
    }
}

static void a_newer_database_is_refused_untouched(void **state) {
    Place *place = *state;
    open_place(place);
    close_place(place);
    run_raw(place, "pragma user_version = 9999");
    check_code(store_open(str_from_c(place->url), &place->store), ERROR_CONFLICT, "store_newer");
    run_raw(place, "create table still_theirs (id integer)");
}

static void a_foreign_database_is_refused(void **state) {
    Place *place = *state;
    run_raw(place, "create table theirs (id integer)");
    check_code(store_open(str_from_c(place->url), &place->store), ERROR_CONFLICT, "store_foreign");
    run_raw(place, "pragma user_version = 1");
    check_code(store_open(str_from_c(place->url), &place->store), ERROR_CONFLICT, "store_foreign");
}

static void a_file_that_is_no_database_is_refused(void **state) {
    Place *place = *state;
    int fd = open(place->path, O_WRONLY | O_CREAT, 0600);
    for (unsigned i = 0; i < 100; i++)
        assert_true(write(fd, "not a database, not at all\n", 27) > 0);
    close(fd);
    Error e = store_open(str_from_c(place->url), &place->store);
    assert_true(failed(e));
    error_text(e, &place->arena); /* its words are still there */
}

static void a_scratch_database_leaves_nothing(void **state) {
    (void)state;
    Store *one, *two; /* and each is its own */
    check_fine(store_open(STR("sqlite::memory:"), &one));
    check_fine(store_open(STR("sqlite::memory:"), &two));
    Arena arena = arena_create(MIB);
    Note note = {STR("mine"), STR("1"), false};
    check_fine(store_write(one, &arena, add_note, &note));
    Db *db;
    bool found;
    SecretFindRow row;
    check_fine(store_reader_open(two, &db));
    check_fine(query_secret_find(db, &arena, (SecretFindAsk){STR("mine")}, &found, &row));
    assert_false(found);
    store_reader_close(db);
    store_close(one);
    store_close(two);
    arena_free(&arena);
}

#define IN_A_PLACE(name) cmocka_unit_test_setup_teardown(name, create_place, remove_place)

static void beside_a_writer_one_reads_and_takes_no_lock(void **state) {
    Place *place = *state;
    open_place(place);
    check_fine(write_note(place, "before", "1"));
    Store *beside;
    Db *db;
    check_fine(store_open_beside(str_from_c(place->url), &beside));
    check_fine(store_reader_open(beside, &db));
    check_fine(write_note(place, "after", "1"));
    bool found = false;
    SecretFindRow row;
    check_fine(query_secret_find(db, &place->arena, (SecretFindAsk){STR("after")}, &found, &row));
    assert_true(found);
    store_reader_close(db);
    store_close(beside);
    check_fine(write_note(place, "later", "1"));
}

static void there_is_nothing_to_read_where_no_database_is(void **state) {
    (void)state;
    Store *beside;
    Error e = store_open_beside(STR("sqlite:/tmp/essaim-there-is-none.db"), &beside);
    assert_int_equal(e.kind, ERROR_NOT_FOUND);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_A_PLACE(a_write_that_returned_is_there_after_reopening),
        IN_A_PLACE(a_failing_work_is_undone_alone),
        IN_A_PLACE(the_words_of_a_failure_stay),
        IN_A_PLACE(many_writers_share_few_commits),
        IN_A_PLACE(a_work_that_outgrows_its_arena_is_undone),
        IN_A_PLACE(a_full_disk_is_told_and_outlived),
        IN_A_PLACE(the_log_does_not_grow_for_ever),
        IN_A_PLACE(a_damaged_file_fails_the_check),
        IN_A_PLACE(a_snapshot_does_not_move),
        IN_A_PLACE(a_reader_cannot_write),
        IN_A_PLACE(nobody_changes_the_shape_or_reaches_another_file),
        IN_A_PLACE(a_second_owner_is_refused),
        IN_A_PLACE(beside_a_writer_one_reads_and_takes_no_lock),
        cmocka_unit_test(there_is_nothing_to_read_where_no_database_is),
        cmocka_unit_test(a_wrong_address_names_the_setting),
        cmocka_unit_test(the_engine_tells_its_version),
        IN_A_PLACE(the_files_are_the_owners_alone),
        IN_A_PLACE(every_earlier_version_is_brought_up_to_date),
        IN_A_PLACE(a_newer_database_is_refused_untouched),
        IN_A_PLACE(a_foreign_database_is_refused),
        IN_A_PLACE(a_file_that_is_no_database_is_refused),
        cmocka_unit_test(a_scratch_database_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
