/* udp_lean.c — tracker/ alone, open to every torrent and every address: what a load can press
 * without a site around it. Usage: udp_lean HOST:PORT [threads=1] [interval=1800] [speed=1]
 * [folder=PATH]. `speed` makes time run that many times faster, so that expiry, sweeps and
 * snapshots fall into a short run. Says "ready PORT", ends at SIGTERM with one line of totals. */
#include <inttypes.h>
#include <signal.h>
#include <stdatomic.h>

#include "base/random.h"
#include "tracker/tracker.h"

Seconds __real_clock_now(void);
Milliseconds __real_clock_monotonic_ms(void);
Seconds __wrap_clock_now(void);
Milliseconds __wrap_clock_monotonic_ms(void);

/* The linker puts these in the place of the clock (--wrap). One process, one clock; written once,
 * before there are threads. */
static uint64_t speed = 1;

Seconds __wrap_clock_now(void) { return __real_clock_now() * (Seconds)speed; }
Milliseconds __wrap_clock_monotonic_ms(void) {
    return __real_clock_monotonic_ms() * (Milliseconds)speed;
}

typedef struct {
    uint64_t threads, interval_s;
    const char *folder;
} LeanWish;

static bool read_wish(int argc, char **argv, LeanWish *wish) {
    for (int i = 2; i < argc; i++) {
        Str value = str_from_c(argv[i]);
        Str key = str_cut(&value, '=');
        if (str_equal(key, STR("threads")) && str_to_u64(value, &wish->threads)) continue;
        if (str_equal(key, STR("interval")) && str_to_u64(value, &wish->interval_s)) continue;
        if (str_equal(key, STR("speed")) && str_to_u64(value, &speed)) continue;
        if (!str_equal(key, STR("folder"))) return false;
        wish->folder = value.at;
    }
    return true;
}

static int fail(Error e) {
    Arena arena = arena_create(4096);
    fprintf(stderr, "udp_lean: %.*s\n", STR_PRINTF(error_text(e, &arena)));
    return 1;
}

int main(int argc, char **argv) {
    Endpoint listen;
    LeanWish wish = {.threads = 1, .interval_s = 1800};
    if (argc < 2 || !endpoint_parse(str_from_c(argv[1]), &listen) ||
        !read_wish(argc, argv, &wish) || !random_start()) {
        fprintf(stderr, "usage: udp_lean HOST:PORT [threads=] [interval=] [speed=] [folder=]\n");
        return 2;
    }
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    sigprocmask(SIG_BLOCK, &ends, NULL);
    TrackerSettings settings = {.udp_listen = &listen,
                                .udp_listen_count = 1,
                                .udp_threads = (unsigned)wish.threads,
                                .open = true,
                                .allow_private_addresses = true,
                                .interval_s = (Seconds)wish.interval_s,
                                .folder = wish.folder};
    Tracker *tracker;
    Error e = tracker_create(&settings, &tracker);
    if (!failed(e)) e = tracker_start(tracker);
    if (failed(e)) return fail(e);
    printf("ready %u\n", tracker_udp_port(tracker, 0));
    fflush(stdout);
    int signal_number;
    sigwait(&ends, &signal_number);
    TrackerTotals totals = tracker_totals(tracker);
    printf("torrents=%" PRIu64 " seeders=%" PRIu64 " leechers=%" PRIu64 " announces=%" PRIu64
           " bad_ids=%" PRIu64 " not_stored=%" PRIu64 "\n",
           totals.torrents, totals.seeders, totals.leechers, totals.announces_udp,
           totals.bad_connection_ids, totals.peers_not_stored);
    tracker_free(tracker);
    return 0;
}
