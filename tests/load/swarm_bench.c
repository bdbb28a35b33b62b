/* swarm_bench — the swarms alone, in one process: bytes a peer, nanoseconds an announce, how long
 * anybody holds a lock, snapshots, and memory while peers come and go.
 *
 *   swarm_bench [memory] [speed] [stall] [snapshot] [churn], or one of speed_small and the like
 *
 * Each case runs in a process of its own, so that its growth is its own. Memory is what the kernel
 * says the process holds (RSS), everything included. Announces are packets of 98 bytes that go
 * through answer_udp_batch, ids checked, 32 at a time, from unique peers in random order. */
#include <math.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/random.h"
#include "tracker/answer.h"
#include "tracker/snapshot.h"
#include "tracker/udp_packet.h"

enum {
    BATCH = 32,
    EXPIRY_S = 3270, /* at an interval of half an hour */
    WANTED = 50,
    SPEED_ANNOUNCES = 1 << 21,
    ROUNDS = 5,
    PREPARE_BATCHES = 256, /* the upkeep of a tracker does it ten times a second */
};

static uint64_t mixed(uint64_t x) {
    x ^= x >> 30, x *= 0xbf58476d1ce4e5b9;
    x ^= x >> 27, x *= 0x94d049bb133111eb;
    return x ^ x >> 31;
}

static double seconds(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static size_t rss_bytes(void) {
    unsigned long pages = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file || fscanf(file, "%lu %lu", &pages, &resident) != 2) abort();
    fclose(file);
    return resident * (size_t)sysconf(_SC_PAGESIZE);
}

/* --- who is where --- */

/* Peers fall to torrents by weight; NULL: each has a torrent of its own. */
typedef struct {
    const char *words;
    size_t torrents;
    double *sums;
} Population;

static Population population(const char *words, size_t torrents, double (*weight)(double, double)) {
    Population made = {.words = words, .torrents = torrents};
    if (!weight) return made;
    made.sums = malloc(torrents * sizeof *made.sums);
    if (!made.sums) abort();
    double sum = 0;
    for (size_t i = 0; i < torrents; i++) made.sums[i] = sum += weight((double)i, (double)torrents);
    return made;
}

static double zipf(double number, double torrents) {
    (void)torrents;
    return 1 / (number + 1);
}

/* The distribution of aquatic's own load test. */
static double aquatic(double number, double torrents) {
    return 0.5 + exp(6.5 - 500 * number / torrents);
}

static uint64_t torrent_of(const Population *population, uint64_t peer) {
    if (!population->sums) return peer;
    const double *sums = population->sums;
    double draw = (double)(mixed(peer ^ 0x5bd1e995) >> 11) * 0x1p-53;
    draw *= sums[population->torrents - 1];
    size_t low = 0, high = population->torrents - 1;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (sums[middle] <= draw)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* --- a desk and its visitors --- */

typedef struct {
    AnswerDesk desk;
    Counters counters;
    TwoClocks now;
    Population population;
    UdpDatagram datagrams[BATCH];
    uint8_t packets[BATCH][UDP_ANNOUNCE_BYTES];
    uint8_t replies[BATCH][UDP_REPLY_ROOM];
    uint64_t answered, told; /* announces, and peers in their answers */
} Scene;

static Scene *scene_open(Population population) {
    Scene *scene = aligned_alloc(64, (sizeof *scene + 63) / 64 * 64);
    if (!scene) abort();
    memset(scene, 0, sizeof *scene);
    scene->population = population;
    scene->now = (TwoClocks){.unix_s = 1000000200, .steady_s = 100000};
    SwarmLimits limits = {.peers_max = UINT64_MAX,
                          .swarms_max = UINT64_MAX,
                          .peers_per_address_max = 8,
                          .expiry_s = EXPIRY_S,
                          .gate = {.open = true},
                          .steering = udp_steering_create(random_u64(), 1)};
    scene->desk.swarms = swarms_create(&limits);
    scene->desk.interval_s = 1800;
    scene->desk.allow_private_addresses = true;
    scene->desk.clients = client_filter_create();
    scene->desk.meter = address_meter_create();
    if (!scene->desk.swarms) abort();
    random_bytes(&scene->desk.jitter_key, sizeof scene->desk.jitter_key);
    random_bytes(&scene->desk.connection_key, sizeof scene->desk.connection_key);
    return scene;
}

static void write_packet(Scene *scene, size_t place, uint64_t peer) {
    uint64_t draw = mixed(peer), hash = mixed(torrent_of(&scene->population, peer) + 7);
    uint8_t ip[4];
    for (size_t i = 0; i < sizeof ip; i++) ip[i] = (uint8_t)(draw >> 8 * i);
    Endpoint from = {ip_from_v4(ip), 1024};
    ByteWriter writer = byte_writer(scene->packets[place], UDP_ANNOUNCE_BYTES);
    byte_write_u64(&writer,
                   connection_id_make(&scene->desk.connection_key, from.ip, scene->now.unix_s));
    byte_write_u32(&writer, UDP_ANNOUNCE);
    byte_write_u32(&writer, (uint32_t)peer);
    byte_write_u64(&writer, hash);
    byte_write_u64(&writer, ~hash);
    byte_write_u32(&writer, 0);
    uint8_t rest[UDP_ANNOUNCE_BYTES - 36] = {0};
    rest[28 + 7] = draw >> 40 & 1; /* left: half of them seed */
    byte_write_bytes(&writer, rest, sizeof rest - 6);
    byte_write_u32(&writer, WANTED);
    byte_write_u16(&writer, (uint16_t)(1 + (draw >> 44) % 65535));
    scene->datagrams[place] = (UdpDatagram){.packet = scene->packets[place],
                                            .len = UDP_ANNOUNCE_BYTES,
                                            .from = from,
                                            .reply = scene->replies[place]};
}

/* Returns how long the answers took. */
static double announce_batch(Scene *scene, const uint64_t *peers, size_t count, clockid_t clock) {
    for (size_t i = 0; i < count; i++) write_packet(scene, i, peers[i]);
    double begun = seconds(clock);
    answer_udp_batch(&scene->desk, &scene->counters, scene->now, scene->datagrams, count);
    double took = seconds(clock) - begun;
    for (size_t i = 0; i < count; i++) {
        if (scene->datagrams[i].reply_len < 20 || scene->replies[i][3] != UDP_ANNOUNCE) abort();
        scene->told += (scene->datagrams[i].reply_len - 20) / 6;
    }
    scene->answered += count;
    return took;
}

static double announce_range(Scene *scene, uint64_t from, uint64_t to) {
    uint64_t peers[BATCH];
    double took = 0;
    while (from < to) {
        size_t count = 0;
        while (count < BATCH && from < to) peers[count++] = from++;
        took += announce_batch(scene, peers, count, CLOCK_THREAD_CPUTIME_ID);
    }
    return took;
}

static void sweep_all(Scene *scene) {
    for (size_t shard = 0; shard < swarms_shard_count(scene->desk.swarms); shard++) {
        SwarmSweep sweep;
        do sweep = (SwarmSweep){.now = scene->now.steady_s, .slots = 4096};
        while (!swarms_sweep(scene->desk.swarms, shard, &sweep));
    }
}

static void scene_close(Scene *scene) {
    swarms_free(scene->desk.swarms);
    client_filter_free(scene->desk.clients);
    address_meter_free(scene->desk.meter);
    free(scene->population.sums);
    free(scene);
}

/* --- memory --- */

static void bench_memory(Population population, uint64_t peers, double limit) {
    Scene *scene = scene_open(population);
    size_t before = rss_bytes();
    announce_range(scene, 0, peers);
    double bytes = (double)(rss_bytes() - before);
    SwarmTotals totals = swarms_totals(scene->desk.swarms);
    uint64_t stored = totals.seeders + totals.leechers;
    double each = bytes / (double)stored;
    printf("%-44s %8.2f M peers, %7lu swarms: %6.2f bytes a peer (limit %.0f) %s\n",
           population.words, (double)stored * 1e-6, (unsigned long)totals.swarms, each, limit,
           each <= limit ? "ok" : "TOO MUCH");
    scene_close(scene);
}

static void bench_memory_zipf(void) {
    bench_memory(population("Zipf in 100,000 torrents", 100000, zipf), 5000000, 11);
}
static void bench_memory_aquatic(void) {
    bench_memory(population("aquatic's weights", 1000000, aquatic), 2000000, 20);
}
static void bench_memory_lone(void) {
    bench_memory(population("one peer a torrent", 0, NULL), 2000000, 45);
}

/* --- speed --- */

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void bench_speed(uint64_t peers, size_t torrents) {
    Scene *scene = scene_open(population("", torrents, zipf));
    double rounds[ROUNDS], fill = announce_range(scene, 0, peers);
    uint64_t draw = 1, told = scene->told, answered = scene->answered;
    for (size_t round = 0; round < ROUNDS; round++) {
        double took = 0;
        for (size_t i = 0; i < SPEED_ANNOUNCES / ROUNDS; i += BATCH) {
            uint64_t chosen[BATCH];
            for (size_t j = 0; j < BATCH; j++) chosen[j] = mixed(draw++) % peers;
            took += announce_batch(scene, chosen, BATCH, CLOCK_THREAD_CPUTIME_ID);
        }
        rounds[round] = took / (SPEED_ANNOUNCES / ROUNDS) * 1e9;
    }
    qsort(rounds, ROUNDS, sizeof rounds[0], by_value);
    printf(
        "%5.1f M peers in %6zu torrents: %6.0f ns an announce (%.0f to %.0f), %.0f the first; "
        "%.1f peers told\n",
        (double)peers * 1e-6, torrents, rounds[ROUNDS / 2], rounds[0], rounds[ROUNDS - 1],
        fill / (double)peers * 1e9,
        (double)(scene->told - told) / (double)(scene->answered - answered));
    scene_close(scene);
}

static void bench_speed_small(void) { bench_speed(200000, 10000); }
static void bench_speed_middle(void) { bench_speed(2000000, 100000); }
static void bench_speed_large(void) { bench_speed(10000000, 200000); }

/* --- how long a lock is held: CPU time of each piece that holds one --- */

static const double bounds_ms[] = {0.02, 0.05, 0.1, 0.2, 0.5, 1, 2};
enum { BOUNDS = sizeof bounds_ms / sizeof bounds_ms[0] };

typedef struct {
    const char *words;
    size_t counts[BOUNDS + 1];
    double longest_ms;
} Holds;

static void note_hold(Holds *holds, double took_s) {
    size_t place = 0;
    double ms = took_s * 1e3;
    while (place < BOUNDS && ms > bounds_ms[place]) place++;
    holds->counts[place]++;
    if (ms > holds->longest_ms) holds->longest_ms = ms;
}

static void print_holds(const Holds *holds) {
    printf("%-28s", holds->words);
    for (size_t i = 0; i <= BOUNDS; i++) printf(" %8zu", holds->counts[i]);
    printf("   longest %.3f ms %s\n", holds->longest_ms,
           holds->longest_ms <= 2 ? "ok" : "TOO LONG");
}

static void hold_announces(Scene *scene, Holds *holds, uint64_t from, uint64_t to) {
    for (; from < to; from += BATCH) {
        uint64_t peers[BATCH];
        for (size_t i = 0; i < BATCH; i++) peers[i] = from + i;
        if (from / BATCH % PREPARE_BATCHES == 0) swarms_prepare(scene->desk.swarms);
        note_hold(holds, announce_batch(scene, peers, BATCH, CLOCK_THREAD_CPUTIME_ID));
    }
}

static void hold_sweep(Scene *scene, Holds *holds) {
    for (size_t shard = 0; shard < swarms_shard_count(scene->desk.swarms); shard++) {
        bool through = false;
        while (!through) {
            SwarmSweep sweep = {.now = scene->now.steady_s, .slots = 4096};
            double begun = seconds(CLOCK_THREAD_CPUTIME_ID);
            through = swarms_sweep(scene->desk.swarms, shard, &sweep);
            note_hold(holds, seconds(CLOCK_THREAD_CPUTIME_ID) - begun);
        }
    }
}

static void hold_save(Scene *scene, Holds *holds) {
    static uint8_t piece[SWARM_PIECE_BYTES];
    SwarmCursor cursor = {0};
    size_t len = 1;
    while (len > 0) {
        double begun = seconds(CLOCK_THREAD_CPUTIME_ID);
        len = swarms_write_piece(scene->desk.swarms, &cursor, scene->now.steady_s, piece);
        note_hold(holds, seconds(CLOCK_THREAD_CPUTIME_ID) - begun);
    }
}

static void bench_stall(void) {
    Scene *scene = scene_open(population("", 430000, aquatic));
    Holds growing = {.words = "32 announces, growing"}, idle = {.words = "sweep, nobody gone"};
    Holds half = {.words = "sweep, half are gone"}, all = {.words = "sweep, all are gone"};
    Holds saving = {.words = "snapshot piece"};
    hold_announces(scene, &growing, 0, 2000000);
    hold_save(scene, &saving);
    hold_sweep(scene, &idle);
    scene->now.steady_s += EXPIRY_S * 3 / 4;
    announce_range(scene, 0, 1000000);
    scene->now.steady_s += EXPIRY_S / 2;
    hold_sweep(scene, &half);
    /* Ages are told apart up to about twice the expiry. */
    scene->now.steady_s += EXPIRY_S * 5 / 4;
    hold_sweep(scene, &all);
    printf("%-28s", "pieces by CPU time, up to");
    for (size_t i = 0; i < BOUNDS; i++) printf(" %5.2f ms", bounds_ms[i]);
    printf("     more\n");
    print_holds(&growing);
    print_holds(&saving);
    print_holds(&idle);
    print_holds(&half);
    print_holds(&all);
    scene_close(scene);
}

/* --- snapshots --- */

static void bench_snapshot(void) {
    char path[] = "/tmp/swarm_bench_XXXXXX";
    int file = mkstemp(path);
    if (file < 0) abort();
    close(file);
    Scene *scene = scene_open(population("", 1000000, aquatic));
    announce_range(scene, 0, 2000000);
    double begun = seconds(CLOCK_MONOTONIC);
    if (failed(snapshot_save(scene->desk.swarms, path, scene->now))) abort();
    double saved = seconds(CLOCK_MONOTONIC);
    Scene *again = scene_open(population("", 0, NULL));
    double opened = seconds(CLOCK_MONOTONIC);
    if (failed(snapshot_load(again->desk.swarms, path, again->now, true))) abort();
    double loaded = seconds(CLOCK_MONOTONIC) - opened;
    SwarmTotals old = swarms_totals(scene->desk.swarms), new = swarms_totals(again->desk.swarms);
    if (old.seeders != new.seeders || old.leechers != new.leechers || old.swarms != new.swarms)
        abort();
    printf("2 M peers in %lu swarms: saved in %.2f s, read back in %.2f s (limit 2) %s\n",
           (unsigned long)new.swarms, saved - begun, loaded, loaded <= 2 ? "ok" : "TOO LONG");
    unlink(path);
    scene_close(scene);
    scene_close(again);
}

/* --- memory while peers come and go --- */

static void bench_churn(void) {
    const uint64_t peers = 1000000, steps = 10, step = peers / steps;
    Scene *scene = scene_open(population("", 500000, aquatic));
    size_t before = rss_bytes();
    announce_range(scene, 0, peers);
    printf("1 M peers, a fresh one for each that goes; bytes a peer after each generation: %.2f",
           (double)(rss_bytes() - before) / (double)peers);
    /* One peer in ten goes silent in each step; all others are heard of. */
    for (unsigned generation = 1; generation <= 4; generation++) {
        for (uint64_t i = 0; i < steps; i++) {
            uint64_t oldest = (generation - 1) * peers + (i + 1) * step;
            scene->now.steady_s += EXPIRY_S / 3 + 1;
            announce_range(scene, oldest, oldest + peers);
            sweep_all(scene);
        }
        SwarmTotals totals = swarms_totals(scene->desk.swarms);
        printf(" %.2f",
               (double)(rss_bytes() - before) / (double)(totals.seeders + totals.leechers));
        fflush(stdout);
    }
    printf("\n");
    scene->now.steady_s += EXPIRY_S * 5 / 4;
    for (int i = 0; i < 3; i++) sweep_all(scene);
    printf("and after all are gone: %.1f MB\n", (double)(rss_bytes() - before) * 1e-6);
    scene_close(scene);
}

static const struct {
    const char *name;
    void (*run)(void);
} cases[] = {
    {"memory_zipf", bench_memory_zipf},
    {"memory_aquatic", bench_memory_aquatic},
    {"memory_lone", bench_memory_lone},
    {"speed_small", bench_speed_small},
    {"speed_middle", bench_speed_middle},
    {"speed_large", bench_speed_large},
    {"stall", bench_stall},
    {"snapshot", bench_snapshot},
    {"churn", bench_churn},
};

static bool is_wanted(const char *name, int count, char **names) {
    for (int i = 1; i < count; i++)
        if (strncmp(names[i], name, strlen(names[i])) == 0) return true;
    return count == 1;
}

int main(int count, char **names) {
    int status = 0;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (!is_wanted(cases[i].name, count, names)) continue;
        fflush(stdout);
        pid_t child = fork();
        if (child == 0) {
            if (!random_start()) return 1;
            cases[i].run();
            return 0;
        }
        int ended;
        if (child < 0 || waitpid(child, &ended, 0) != child || ended != 0) {
            fprintf(stderr, "%s: failed\n", cases[i].name);
            status = 1;
        }
    }
    return status;
}
