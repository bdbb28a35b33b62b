/* health_bench — what it costs to keep how works fare.
 *     ./dev bench health [works=100000] [hours=6]
 * A store with that many works, all of whose counts change every hour: how long a sampled hour
 * takes, how long the writer is held at a time, what a page pays for reading a history back, and
 * the bytes a work takes. Exit code 1 when a figure is missed. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/random.h"
#include "community/health_sample.h"
#include "community/torrent.h"
#include "queries/member.h"
#include "queries/torrent.h"
#include "queries/torrent_count.h"

enum { HOUR_S = 3600, START = 1800000000, ADDED_AT_ONCE = 5000, READS = 20000 };
static const double held_ms_max = 100, hour_ms_max = 60000;

static void check(Error e) {
    if (!failed(e)) return;
    Arena arena = arena_create(MIB);
    fprintf(stderr, "health_bench: %.*s\n", STR_PRINTF(error_text(e, &arena)));
    exit(2);
}

static double now_ms(void) { return (double)clock_monotonic_us() / 1000; }

/* --- works --- */

typedef struct {
    uint32_t from, to;
} Range;

static SwarmHash hash_of(uint32_t number) {
    SwarmHash hash = {{0}};
    uint64_t mixed = (number + 1) * 0x9E3779B97F4A7C15u;
    memcpy(hash.bytes, &mixed, sizeof mixed);
    memcpy(hash.bytes + sizeof mixed, &number, sizeof number);
    return hash;
}

static Error add_works(Db *db, Arena *arena, void *argument) {
    const Range *range = argument;
    for (uint32_t i = range->from; i < range->to; i++) {
        SwarmHash hash = hash_of(i);
        Str bytes = str_from_bytes(hash.bytes, sizeof hash.bytes);
        bool added;
        TorrentAddRow row;
        TRY(query_torrent_add(db, arena,
                              (TorrentAddAsk){.infohash_v1 = bytes,
                                              .swarm = bytes,
                                              .uploader_id = 1,
                                              .category = 1,
                                              .license = STR("CC0-1.0"),
                                              .at = START,
                                              .title = STR("A work")},
                              &added, &row));
        TRY(query_torrent_count_add(db, arena, (TorrentCountAddAsk){.torrent_id = row.id}, NULL));
    }
    return OK;
}

static Error add_member(Db *db, Arena *arena, void *argument) {
    (void)argument;
    bool added;
    MemberAddRow row;
    return query_member_add(db, arena,
                            (MemberAddAsk){.name = STR("bench"),
                                           .name_key = STR("bench"),
                                           .email = STR("b@example.org"),
                                           .email_key = STR("b@example.org"),
                                           .password_hash = STR("-"),
                                           .role = ROLE_MEMBER,
                                           .created_at = START},
                            &added, &row);
}

static void fill(Community *community, uint32_t works) {
    Arena arena = arena_create(256 * MIB);
    check(store_write(community->store, &arena, add_member, NULL));
    for (uint32_t i = 0; i < works; i += ADDED_AT_ONCE) {
        Range range = {i, i + ADDED_AT_ONCE < works ? i + ADDED_AT_ONCE : works};
        check(store_write(community->store, &arena, add_works, &range));
        arena_reset(&arena);
    }
    arena_free(&arena);
}

static void change_counts(Visit *visit, uint32_t works, TorrentCount *counts) {
    for (uint32_t i = 0; i < works; i++)
        counts[i] = (TorrentCount){.hash = hash_of(i),
                                   .seeders = (uint32_t)(random_u64() % 40),
                                   .leechers = (uint32_t)(random_u64() % 9),
                                   .completed = (uint64_t)(visit->now - START) / HOUR_S};
    check(torrent_count(visit, counts, works));
}

/* --- what is measured --- */

/* One share is what the jobs do between two tallies; no write in it is longer than the share. */
static double sample_hour(Visit *visit, HealthSampler *sampler, double *longest_ms) {
    double start = now_ms();
    do {
        double share = now_ms();
        check(health_sample(visit, sampler));
        double ms = (now_ms() - share) / (HEALTH_SAMPLES_AT_ONCE / 1000.0);
        if (ms > *longest_ms) *longest_ms = ms;
    } while (sampler->to);
    return now_ms() - start;
}

static double read_back(Visit *visit, uint32_t works) {
    double start = now_ms();
    for (uint32_t i = 0; i < READS; i++) {
        HealthHistory history;
        check(health_find(visit, 1 + (int64_t)(random_u64() % works), &history));
        if (i % 1000 == 0) arena_reset(visit->arena);
    }
    return (now_ms() - start) * 1000 / READS;
}

static void remove_folder(const char *folder) {
    DIR *entries = opendir(folder);
    for (struct dirent *entry; entries && (entry = readdir(entries));) {
        char path[400];
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        unlink(path);
    }
    if (entries) closedir(entries);
    rmdir(folder);
}

static bool say(const char *what, double value, double limit, const char *unit) {
    printf("%-44s %10.2f %-6s limit %-10.0f %s\n", what, value, unit, limit,
           value <= limit ? "ok" : "MISSED");
    return value <= limit;
}

static uint64_t option(int argc, char **argv, const char *name, uint64_t otherwise) {
    size_t len = strlen(name);
    uint64_t value = otherwise;
    for (int i = 1; i < argc; i++)
        if (strncmp(argv[i], name, len) == 0 && argv[i][len] == '=')
            str_to_u64(str_from_c(argv[i] + len + 1), &value);
    return value;
}

static bool measure(Visit *visit, uint32_t works, uint32_t hours) {
    TorrentCount *counts = calloc(works, sizeof *counts);
    HealthSampler sampler = {0};
    double longest_ms = 0, slowest_ms = 0, count_ms = 0;
    sample_hour(visit, &sampler, &longest_ms);
    longest_ms = 0;
    for (uint32_t hour = 0; hour < hours; hour++) {
        visit->now += HOUR_S / 2;
        double start = now_ms();
        change_counts(visit, works, counts);
        count_ms += (now_ms() - start) / hours;
        visit->now += HOUR_S / 2;
        double ms = sample_hour(visit, &sampler, &longest_ms);
        if (ms > slowest_ms) slowest_ms = ms;
    }
    free(counts);
    printf("%u works, all changed in each of %u hours\n", works, hours);
    printf("%-44s %10.2f ms\n", "telling all counts (the tally)", count_ms);
    bool good = say("an hour of all works, at the slowest", slowest_ms, hour_ms_max, "ms");
    good =
        say("a write of a thousand, mean of slowest share", longest_ms, held_ms_max, "ms") && good;
    printf("%-44s %10.2f us\n", "a history read back for a page", read_back(visit, works));
    visit->now += (HEALTH_HOURS_DAYS + 2) * 24 * HOUR_S;
    double held_ms = 0, ms = sample_hour(visit, &sampler, &held_ms);
    printf("%-44s %10.2f ms\n", "days out of all their hours", ms);
    return good;
}

int main(int argc, char **argv) {
    uint32_t works = (uint32_t)option(argc, argv, "works", 100000),
             hours = (uint32_t)option(argc, argv, "hours", 6);
    char folder[] = "/tmp/essaim-health-bench-XXXXXX";
    if (!random_start() || !mkdtemp(folder)) return 2;
    Arena arena = arena_create(256 * MIB);
    Community community = {.search = search_create()};
    check(store_open(arena_print(&arena, "sqlite:%s/essaim.db", folder), &community.store));
    fill(&community, works);
    Visit visit = {.community = &community, .arena = &arena, .now = START};
    check(store_reader_open(community.store, &visit.db));
    bool good = measure(&visit, works, hours);
    store_reader_close(visit.db);
    store_close(community.store);
    search_free(community.search);
    remove_folder(folder);
    arena_free(&arena);
    return good ? 0 : 1;
}
