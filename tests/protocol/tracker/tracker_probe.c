/* tracker_probe — a Tracker alone, without site or store, for the tests of this folder.
 *
 *   tracker_probe LISTEN [open] [bogons] [interval=N] [threads=N] [cap=N] [peers=N] [torrents=N]
 *                 [begin=N] [folder=PATH]
 *
 * Prints "port N" for the address it listens on, then obeys one command a line and answers each in
 * one line: announce IP QUERY (the reply in hex), scrape QUERY, allow V1 [V2], forget V1 [V2],
 * tally, totals, stop. Hashes in hex, "-" for none. Ends with its input. */
#include "base/encode.h"
#include "base/limits.h"
#include "base/random.h"
#include "tracker/tracker.h"

static bool read_setting(Str word, TrackerSettings *settings, Arena *arena) {
    Str value = word;
    Str name = str_cut(&value, '=');
    uint64_t number = 0;
    if (str_equal(name, STR("folder"))) {
        settings->folder = str_c(arena, value);
        return true;
    }
    if (value.len && !str_to_u64(value, &number)) return false;
    if (str_equal(name, STR("open")))
        settings->open = true;
    else if (str_equal(name, STR("bogons")))
        settings->allow_private_addresses = true;
    else if (str_equal(name, STR("interval")))
        settings->interval_s = (Seconds)number;
    else if (str_equal(name, STR("threads")))
        settings->udp_threads = (unsigned)number;
    else if (str_equal(name, STR("cap")))
        settings->peers_per_address_max = (unsigned)number;
    else if (str_equal(name, STR("peers")))
        settings->peers_max = number;
    else if (str_equal(name, STR("torrents")))
        settings->torrents_max = number;
    else if (str_equal(name, STR("begin")))
        settings->new_swarms_per_address_max = (unsigned)number;
    else
        return false;
    return true;
}

static bool read_hash(Str words, InfoHash *ret_hash) {
    Str v1 = str_cut(&words, ' ');
    *ret_hash = (InfoHash){0};
    ret_hash->has_v1 = hex_parse(v1, ret_hash->v1, SHA1_BYTES);
    ret_hash->has_v2 = hex_parse(words, ret_hash->v2, SHA256_BYTES);
    return ret_hash->has_v1 || ret_hash->has_v2;
}

static void print_hex(Str bytes, Arena *arena) {
    Str hex = hex_write(arena, bytes.at, bytes.len);
    printf("%.*s\n", STR_PRINTF(hex));
}

static void print_count(void *argument, const SwarmCount *count) {
    Str hex = hex_write(argument, count->hash.bytes, sizeof count->hash.bytes);
    printf("%.*s:%u:%u:%llu ", STR_PRINTF(hex), count->seeders, count->leechers,
           (unsigned long long)count->completed);
}

static void print_totals(TrackerTotals t) {
    printf(
        "torrents=%llu seeders=%llu leechers=%llu completed=%llu announces_udp=%llu "
        "announces_http=%llu scrapes=%llu connects=%llu refused=%llu bad_connection_ids=%llu "
        "peers_not_stored=%llu\n",
        (unsigned long long)t.torrents, (unsigned long long)t.seeders,
        (unsigned long long)t.leechers, (unsigned long long)t.completed,
        (unsigned long long)t.announces_udp, (unsigned long long)t.announces_http,
        (unsigned long long)t.scrapes, (unsigned long long)t.connects,
        (unsigned long long)t.refused, (unsigned long long)t.bad_connection_ids,
        (unsigned long long)t.peers_not_stored);
}

/* False when it is time to end. */
static bool obey(Tracker *tracker, Str line, Arena *arena) {
    Str rest = line;
    Str verb = str_cut(&rest, ' ');
    IpAddress from;
    InfoHash hash;
    if (str_equal(verb, STR("announce"))) {
        if (!ip_parse(str_cut(&rest, ' '), &from)) return false;
        char room[TRACKER_HTTP_ANSWER_BYTES_MAX];
        HttpAsk ask = {.query = rest, .from = from, .now = clock_monotonic_ms(), .room = room};
        tracker_http_announces(tracker, &ask, 1);
        print_hex((Str){room, ask.len}, arena);
    } else if (str_equal(verb, STR("scrape"))) {
        print_hex(tracker_http_scrape(tracker, rest, arena), arena);
    } else if (str_equal(verb, STR("allow")) && read_hash(rest, &hash)) {
        tracker_allow(tracker, &hash);
        puts("done");
    } else if (str_equal(verb, STR("forget")) && read_hash(rest, &hash)) {
        tracker_forget(tracker, &hash);
        puts("done");
    } else if (str_equal(verb, STR("tally"))) {
        tracker_tally(tracker, print_count, arena);
        puts("");
    } else if (str_equal(verb, STR("totals"))) {
        print_totals(tracker_totals(tracker));
    } else if (str_equal(verb, STR("stop"))) {
        Milliseconds before = clock_monotonic_ms();
        tracker_stop(tracker);
        printf("stopped %lld\n", (long long)(clock_monotonic_ms() - before));
    } else {
        return false;
    }
    return true;
}

static int complain(Error e, Arena *arena) {
    fprintf(stderr, "tracker_probe: %.*s\n", STR_PRINTF(error_text(e, arena)));
    return 1;
}

static int run(Tracker *tracker) {
    char *line = NULL;
    size_t room = 0;
    ssize_t len;
    bool goes_on = true;
    printf("port %u\n", tracker_udp_port(tracker, 0));
    fflush(stdout);
    while (goes_on && (len = getline(&line, &room, stdin)) > 0) {
        Arena arena = arena_create(16 * MIB);
        goes_on = obey(tracker, (Str){line, (size_t)len - (line[len - 1] == '\n')}, &arena);
        fflush(stdout);
        arena_free(&arena);
    }
    free(line);
    return goes_on ? 0 : 2;
}

int main(int count, char **words) {
    Arena arena = arena_create(MIB);
    Endpoint listen;
    Tracker *tracker = NULL;
    TrackerSettings settings = {
        .udp_listen = &listen, .udp_listen_count = 1, .udp_threads = 1, .interval_s = 1800};
    if (!random_start() || count < 2 || !endpoint_parse(str_from_c(words[1]), &listen)) return 2;
    for (int i = 2; i < count; i++)
        if (!read_setting(str_from_c(words[i]), &settings, &arena)) return 2;
    Error e = tracker_create(&settings, &tracker);
    if (!failed(e)) e = tracker_start(tracker);
    int code = failed(e) ? complain(e, &arena) : run(tracker);
    tracker_free(tracker);
    arena_free(&arena);
    return code;
}
