/* The power goes at any moment: what was synced is on the disk, and of what was written since, any
 * part in any order. What was acknowledged by then must be there, and nothing by half (synchronous
 * = FULL). */
#include <assert.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "base/limits.h"
#include "queries/job.h"
#include "queries/secret.h"
#include "store/store.h"
#include "store/test.h"
#include "store/test_disk.h"

enum { WRITES = 45, FILE_MAX = 20 * MIB, PENDING_MAX = 1 << 16, SECTOR = 512, CUT_EVERY = 293 };

/* ---- a disk that remembers what is safe ---- */

typedef struct {
    int64_t at;
    int len; /* -1: cut off at `at` */
    char *bytes;
} Pending;

typedef struct {
    const char *ending; /* "", "-wal" */
    char *safe;         /* as after the last sync */
    int64_t safe_len;
    Pending *pending;
    size_t pending_count;
} SafeFile;

static SafeFile files[2] = {{.ending = ""}, {.ending = "-wal"}};
static pthread_mutex_t files_lock = PTHREAD_MUTEX_INITIALIZER;
static char storm_path[128], image_path[128];
static unsigned calls, cuts;
static uint64_t chance = 88172645463325252u;
static atomic_uint acknowledged, faults;

/* cmocka's own words work only on the thread of the test; cuts happen on the writer's. */
static bool holds(bool fine, const char *words) {
    if (!fine) {
        fprintf(stderr, "power_test: after cut %u: %s\n", cuts, words);
        atomic_fetch_add(&faults, 1);
    }
    return fine;
}

static bool works(Error e) { return holds(!failed(e), e.words); }

static unsigned dice(unsigned sides) {
    chance ^= chance << 13, chance ^= chance >> 7, chance ^= chance << 17;
    return (unsigned)(chance >> 33) % sides;
}

static SafeFile *safe_file(const char *name) {
    Str path = str_from_c(name), storm = str_from_c(storm_path);
    if (!str_starts(path, storm)) return NULL;
    Str ending = str_skip(path, storm.len);
    for (size_t i = 0; i < 2; i++)
        if (str_equal(ending, str_from_c(files[i].ending))) return &files[i];
    return NULL;
}

static void apply(char *to, int64_t *len, const Pending *pending, int first, int count) {
    if (pending->len < 0) {
        if (pending->at < *len) memset(to + pending->at, 0, (size_t)(*len - pending->at));
        *len = pending->at;
        return;
    }
    assert(pending->at + pending->len <= FILE_MAX);
    memcpy(to + pending->at + first, pending->bytes + first, (size_t)count);
    if (pending->at + first + count > *len) *len = pending->at + first + count;
}

static void remember(SafeFile *file, int64_t at, int len, const void *from) {
    assert(file->pending_count < PENDING_MAX);
    Pending *pending = &file->pending[file->pending_count++];
    *pending = (Pending){at, len, NULL};
    if (len <= 0) return;
    pending->bytes = malloc((size_t)len);
    memcpy(pending->bytes, from, (size_t)len);
}

static void settle(SafeFile *file) {
    for (size_t i = 0; i < file->pending_count; i++) {
        Pending *pending = &file->pending[i];
        apply(file->safe, &file->safe_len, pending, 0, pending->len);
        free(pending->bytes);
    }
    file->pending_count = 0;
}

/* ---- the cut ---- */

static void write_image(const SafeFile *file, unsigned kept_of_ten) {
    char path[160];
    snprintf(path, sizeof path, "%s%s", image_path, file->ending);
    static char image[FILE_MAX]; /* under files_lock */
    int64_t len = file->safe_len;
    memset(image, 0, sizeof image);
    memcpy(image, file->safe, (size_t)len);
    for (size_t i = 0; i < file->pending_count; i++) {
        const Pending *pending = &file->pending[i];
        if (pending->len < 0) {
            if (dice(10) < kept_of_ten) apply(image, &len, pending, 0, 0);
            continue;
        }
        for (int at = 0; at < pending->len; at += SECTOR) {
            int count = pending->len - at < SECTOR ? pending->len - at : SECTOR;
            if (dice(10) < kept_of_ten) apply(image, &len, pending, at, count);
        }
    }
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    holds(write(fd, image, (size_t)len) == len, "no room for the image");
    close(fd);
}

static void check_number(Db *db, Arena *arena, unsigned number, bool must) {
    Str name = arena_print(arena, "%u", number);
    bool has_secret = false, has_job = false;
    SecretFindRow secret;
    JobFindRow job;
    works(query_secret_find(db, arena, (SecretFindAsk){name}, &has_secret, &secret));
    works(query_job_find(db, arena, (JobFindAsk){STR("power"), name}, &has_job, &job));
    holds(has_secret == has_job, "half a write");
    holds(!must || has_secret, "an acknowledged write is lost");
}

static void check_image(unsigned must) {
    Arena arena = arena_create(256 * MIB);
    Store *store;
    Db *db;
    if (works(store_open(arena_print(&arena, "sqlite:%s", image_path), &store))) {
        works(store_check(store));
        if (works(store_reader_open(store, &db))) {
            for (unsigned i = 0; i < WRITES; i++) check_number(db, &arena, i, i < must);
            store_reader_close(db);
        }
        store_close(store);
    }
    arena_free(&arena);
    disk_files_remove(image_path);
}

static void cut_now_and_then(void) {
    if (calls++ % CUT_EVERY != 0 || atomic_load(&acknowledged) == 0) return;
    const unsigned kept[] = {0, 5, 9, 10};
    unsigned must = atomic_load(&acknowledged);
    for (size_t i = 0; i < 2; i++) write_image(&files[i], kept[cuts % 4]);
    cuts++;
    check_image(must);
}

static int power_write(const DiskWrite *write) {
    SafeFile *file = safe_file(write->name);
    if (!file) return SQLITE_OK;
    pthread_mutex_lock(&files_lock);
    cut_now_and_then();
    remember(file, write->at, write->len, write->from);
    pthread_mutex_unlock(&files_lock);
    return SQLITE_OK;
}

static int power_sync(const char *name) {
    SafeFile *file = safe_file(name);
    if (!file) return SQLITE_OK;
    pthread_mutex_lock(&files_lock);
    cut_now_and_then();
    settle(file);
    pthread_mutex_unlock(&files_lock);
    return SQLITE_OK;
}

static int power_truncate(const char *name, sqlite3_int64 size) {
    SafeFile *file = safe_file(name);
    if (!file) return SQLITE_OK;
    pthread_mutex_lock(&files_lock);
    remember(file, size, -1, NULL);
    pthread_mutex_unlock(&files_lock);
    return SQLITE_OK;
}

static const DiskHooks power_hooks = {power_write, power_sync, power_truncate};

/* ---- the storm ---- */

static Error write_both(Db *db, Arena *arena, void *argument) {
    unsigned number = *(const unsigned *)argument;
    Str name = arena_print(arena, "%u", number);
    size_t len = number % 3 == 0 ? 900000 : 500; /* enough for several checkpoints */
    Str value = {memset(arena_alloc(arena, len, 1), 'a', len), len};
    TRY(query_secret_add(db, arena, (SecretAddAsk){name, value}, NULL));
    return query_job_put(db, arena, (JobPutAsk){STR("power"), name, number, 0}, NULL);
}

static void a_power_cut_loses_nothing_acknowledged(void **state) {
    (void)state;
    char folder[64];
    disk_folder_create(folder, sizeof folder);
    snprintf(storm_path, sizeof storm_path, "%s/storm.db", folder);
    snprintf(image_path, sizeof image_path, "%s/image.db", folder);
    for (size_t i = 0; i < 2; i++) {
        files[i].safe = calloc(1, FILE_MAX);
        files[i].pending = calloc(PENDING_MAX, sizeof(Pending));
    }
    disk_stand_between(&power_hooks);
    Arena arena = arena_create(4 * MIB);
    Store *store;
    check_fine(store_open(arena_print(&arena, "sqlite:%s", storm_path), &store));
    for (unsigned i = 0; i < WRITES; i++) {
        arena_reset(&arena);
        check_fine(store_write(store, &arena, write_both, &i));
        atomic_fetch_add(&acknowledged, 1);
    }
    store_close(store);
    arena_free(&arena);
    assert_int_equal(faults, 0);
    assert_true(cuts > 20);
    for (size_t i = 0; i < 2; i++) {
        settle(&files[i]);
        free(files[i].safe);
        free(files[i].pending);
    }
    disk_files_remove(storm_path);
    rmdir(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_power_cut_loses_nothing_acknowledged)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
