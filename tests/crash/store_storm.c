/* store_storm — writes from many threads at once and says which were acknowledged; and checks them
 * later. store_storm storm PATH THREADS FIRST [SECONDS]  prints the number of each write that
 * returned OK, until killed store_storm check PATH FIRST LAST               reads such numbers;
 * exit 1 unless all are there, whole A write is two rows in two tables, with content that follows
 * from its number: one without the other, or with other bytes, is half a write. */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limits.h"
#include "queries/job.h"
#include "queries/secret.h"
#include "store/store.h"

enum { LONG_VALUE_BYTES = 100 * KIB, SHORT_VALUE_BYTES = 600, LONG_EVERY = 50 };

static int tell(Error e) {
    Arena arena = arena_create(MIB);
    Str text = error_text(e, &arena);
    fprintf(stderr, "store_storm: %.*s\n", STR_PRINTF(text));
    arena_free(&arena);
    return 1;
}

static Str name_of(uint64_t number, Arena *arena) {
    return arena_print(arena, "storm-%llu", (unsigned long long)number);
}

static Str value_of(uint64_t number, Arena *arena) {
    size_t len = number % LONG_EVERY == 0 ? LONG_VALUE_BYTES : SHORT_VALUE_BYTES;
    char *bytes = arena_alloc(arena, len, 1);
    uint64_t state = number * 2654435761u + 1;
    for (size_t i = 0; i < len; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        bytes[i] = (char)(state >> 56);
    }
    return (Str){bytes, len};
}

/* ---- storm ---- */

typedef struct {
    Store *store;
    atomic_uint_fast64_t next;
    atomic_bool stop;
} Storm;

static Error write_both(Db *db, Arena *arena, void *argument) {
    uint64_t number = *(const uint64_t *)argument;
    Str name = name_of(number, arena);
    TRY(query_secret_add(db, arena, (SecretAddAsk){name, value_of(number, arena)}, NULL));
    return query_job_put(db, arena, (JobPutAsk){STR("storm"), name, (int64_t)number, 0}, NULL);
}

static void *write_on(void *argument) {
    Storm *storm = argument;
    Arena arena = arena_create(MIB);
    while (!atomic_load(&storm->stop)) {
        uint64_t number = atomic_fetch_add(&storm->next, 1);
        Error e = store_write(storm->store, &arena, write_both, &number);
        if (failed(e)) exit(tell(e));
        char line[32]; /* one write a line, so that the ledger holds no half of one */
        int len = snprintf(line, sizeof line, "%llu\n", (unsigned long long)number);
        if (write(STDOUT_FILENO, line, (size_t)len) != len) exit(1);
        arena_reset(&arena);
    }
    arena_free(&arena);
    return NULL;
}

/* Readers beside the storm see both rows or none. */
static void *read_on(void *argument) {
    Storm *storm = argument;
    Arena arena = arena_create(16 * MIB);
    Db *db;
    Error e = store_reader_open(storm->store, &db);
    while (!failed(e) && !atomic_load(&storm->stop)) {
        JobListDueRows jobs;
        e = store_snapshot_begin(db);
        if (!failed(e))
            e = query_job_list_due(db, &arena, (JobListDueAsk){.now = INT64_MAX, .count = 20},
                                   &jobs);
        for (size_t i = 0; !failed(e) && i < jobs.count; i++) {
            bool found = false;
            SecretFindRow row;
            e = query_secret_find(db, &arena, (SecretFindAsk){jobs.at[i].subject}, &found, &row);
            assert(failed(e) || found);
        }
        store_snapshot_end(db);
        arena_reset(&arena);
    }
    if (failed(e)) exit(tell(e));
    store_reader_close(db);
    arena_free(&arena);
    return NULL;
}

static int run_storm(Str url, uint64_t threads, uint64_t first, uint64_t seconds) {
    Storm storm = {.next = first};
    Error e = store_open(url, &storm.store);
    if (failed(e)) return tell(e);
    pthread_t writers[256], reader;
    assert(threads <= 256);
    int64_t started_us = clock_monotonic_us();
    pthread_create(&reader, NULL, read_on, &storm);
    for (uint64_t i = 0; i < threads; i++) pthread_create(&writers[i], NULL, write_on, &storm);
    while (seconds == 0) pause();
    sleep((unsigned)seconds);
    atomic_store(&storm.stop, true);
    for (uint64_t i = 0; i < threads; i++) pthread_join(writers[i], NULL);
    pthread_join(reader, NULL);
    double took_s = (double)(clock_monotonic_us() - started_us) / 1e6;
    StoreTotals totals = store_totals(storm.store);
    fprintf(stderr, "threads=%llu writes_per_s=%.0f commits_per_s=%.0f\n",
            (unsigned long long)threads, (double)totals.writes / took_s,
            (double)totals.commits / took_s);
    store_close(storm.store);
    return 0;
}

/* ---- check ---- */

typedef struct {
    uint64_t acknowledged, lost, halves, wrong;
} Verdict;

static Error check_number(Db *db, Arena *arena, uint64_t number, bool acknowledged,
                          Verdict *verdict) {
    bool has_secret, has_job;
    SecretFindRow secret;
    JobFindRow job;
    Str name = name_of(number, arena);
    TRY(query_secret_find(db, arena, (SecretFindAsk){name}, &has_secret, &secret));
    TRY(query_job_find(db, arena, (JobFindAsk){STR("storm"), name}, &has_job, &job));
    verdict->halves += has_secret != has_job;
    verdict->lost += acknowledged && !has_secret;
    verdict->wrong += has_secret && !str_equal(secret.value, value_of(number, arena));
    verdict->acknowledged += acknowledged;
    return OK;
}

static int run_check(Str url, uint64_t first, uint64_t last) {
    bool *acknowledged = calloc(last - first + 1, sizeof *acknowledged);
    assert(acknowledged);
    char line[64];
    uint64_t number;
    while (fgets(line, sizeof line, stdin))
        if (str_to_u64(str_trim(str_from_c(line)), &number) && number >= first && number <= last)
            acknowledged[number - first] = true;
    Store *store;
    Db *db;
    Error e = store_open(url, &store);
    if (failed(e)) return tell(e);
    e = store_check(store);
    if (failed(e)) return tell(e);
    e = store_reader_open(store, &db);
    if (failed(e)) return tell(e);
    Arena arena = arena_create(16 * MIB);
    Verdict verdict = {0};
    for (number = first; !failed(e) && number <= last; number++) {
        e = check_number(db, &arena, number, acknowledged[number - first], &verdict);
        arena_reset(&arena);
    }
    if (failed(e)) return tell(e);
    printf("acknowledged=%llu lost=%llu halves=%llu wrong=%llu\n",
           (unsigned long long)verdict.acknowledged, (unsigned long long)verdict.lost,
           (unsigned long long)verdict.halves, (unsigned long long)verdict.wrong);
    store_reader_close(db);
    store_close(store);
    arena_free(&arena);
    free(acknowledged);
    return verdict.lost || verdict.halves || verdict.wrong ? 1 : 0;
}

int main(int count, char **words) {
    uint64_t numbers[3] = {0};
    for (int i = 3; i < count && i < 6; i++)
        if (!str_to_u64(str_from_c(words[i]), &numbers[i - 3])) return 2;
    if (count < 5) return 2;
    Arena arena = arena_create(MIB);
    Str url = arena_print(&arena, "sqlite:%s", words[2]);
    int result = 2;
    if (str_equal(str_from_c(words[1]), STR("storm")))
        result = run_storm(url, numbers[0], numbers[1], numbers[2]);
    if (str_equal(str_from_c(words[1]), STR("check")))
        result = run_check(url, numbers[0], numbers[1]);
    arena_free(&arena);
    return result;
}
