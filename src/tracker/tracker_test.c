#include "tracker/tracker.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/limits.h"
#include "base/random.h"

static const IpAddress LOOPBACK = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1}};

static Tracker *start(TrackerSettings settings) {
    Endpoint listen = {LOOPBACK, 0};
    settings.udp_listen = &listen;
    settings.udp_listen_count = 1;
    if (!settings.udp_threads) settings.udp_threads = 1;
    if (!settings.interval_s) settings.interval_s = 1800;
    settings.allow_private_addresses = true;
    Tracker *tracker;
    assert_false(failed(tracker_create(&settings, &tracker)));
    assert_false(failed(tracker_start(tracker)));
    return tracker;
}

static InfoHash hash_of(uint8_t number) { return (InfoHash){.has_v1 = true, .v1 = {number}}; }

static bool announce_with_key(Tracker *tracker, uint8_t number, unsigned port, const char *rest,
                              const char *key) {
    Arena arena = arena_create(MIB);
    Str query = arena_print(&arena,
                            "info_hash=%%%02x%%00%%00%%00%%00%%00%%00%%00%%00%%00%%00%%00"
                            "%%00%%00%%00%%00%%00%%00%%00%%00&port=%u&%s",
                            number, port, rest);
    char room[TRACKER_HTTP_ANSWER_BYTES_MAX];
    HttpAsk ask = {.query = query,
                   .key = str_from_c(key),
                   .from = LOOPBACK,
                   .now = clock_monotonic_ms(),
                   .room = room};
    tracker_http_announces(tracker, &ask, 1);
    Str reply = {room, ask.len};
    bool refused = str_starts(reply, STR("d14:failure reason"));
    assert_true(refused || str_starts(reply, STR("d8:completei")));
    arena_free(&arena);
    return !refused;
}

static bool announce_http(Tracker *tracker, uint8_t number, unsigned port, const char *rest) {
    return announce_with_key(tracker, number, port, rest, NULL);
}

typedef struct {
    size_t calls;
    SwarmCount last;
} Heard;

static void hear(void *argument, const SwarmCount *count) {
    Heard *heard = argument;
    heard->calls++;
    heard->last = *count;
}

static void only_allowed_works_are_tracked_and_forgetting_is_immediate(void **state) {
    (void)state;
    Tracker *tracker = start((TrackerSettings){0});
    InfoHash hash = hash_of(1);
    assert_false(announce_http(tracker, 1, 1, "left=0"));
    tracker_allow(tracker, &hash);
    assert_true(announce_http(tracker, 1, 1, "left=0"));
    assert_int_equal(tracker_totals(tracker).seeders, 1);
    tracker_forget(tracker, &hash);
    assert_int_equal(tracker_totals(tracker).seeders, 0);
    assert_false(announce_http(tracker, 1, 1, "left=0"));
    assert_int_equal(tracker_totals(tracker).refused, 2);
    tracker_free(tracker);
}

static void open_tracker_takes_all_but_what_was_forgotten(void **state) {
    (void)state;
    Tracker *tracker = start((TrackerSettings){.open = true, .new_swarms_per_address_max = 3});
    InfoHash hash = hash_of(1);
    assert_true(announce_http(tracker, 1, 1, "left=0"));
    tracker_forget(tracker, &hash);
    assert_false(announce_http(tracker, 1, 1, "left=0"));
    for (uint8_t i = 2; i < 20; i++) assert_true(announce_http(tracker, i, 1, "left=0"));
    assert_int_equal(tracker_totals(tracker).seeders, 2); /* three swarms a minute, one forgotten */
    assert_int_equal(tracker_totals(tracker).peers_not_stored, 16);
    tracker_free(tracker);
}

static void hybrid_names_meet_even_when_one_was_open_before(void **state) {
    (void)state;
    Tracker *tracker = start((TrackerSettings){.open = true});
    InfoHash hash = {.has_v1 = true, .has_v2 = true, .v1 = {1}, .v2 = {2}};
    announce_http(tracker, 1, 1, "left=0");
    announce_http(tracker, 2, 2, "left=0");
    assert_int_equal(tracker_totals(tracker).torrents, 2);
    tracker_allow(tracker, &hash);
    announce_http(tracker, 2, 2, "left=0");
    announce_http(tracker, 1, 1, "left=0");
    assert_int_equal(tracker_totals(tracker).torrents, 1);
    assert_int_equal(tracker_totals(tracker).seeders, 2);
    tracker_forget(tracker, &hash);
    assert_int_equal(tracker_totals(tracker).seeders, 0);
    tracker_free(tracker);
}

static void a_key_earns_a_mention_and_is_never_needed(void **state) {
    (void)state;
    static const char digits[] = "000102030405060708090a0b0c0d0e0f";
    Tracker *tracker = start((TrackerSettings){.open = true});
    InfoHash hybrid = {.has_v1 = true, .has_v2 = true, .v1 = {1}, .v2 = {2}};
    AnnounceKey key;
    int64_t member = 0;
    SwarmHash hosted;
    assert_true(announce_key_parse(str_from_c(digits), &key));
    assert_true(tracker_add_key(tracker, &key, 77));
    tracker_allow(tracker, &hybrid);
    assert_true(announce_with_key(tracker, 1, 1, "left=0", "no key at all"));
    assert_int_equal(tracker_hosts(tracker, &hybrid, &member, 1), 0);
    assert_true(announce_with_key(tracker, 2, 1, "left=0", digits)); /* by its second name */
    assert_true(announce_with_key(tracker, 3, 1, "left=0", digits)); /* no work of ours */
    assert_int_equal(tracker_hosts(tracker, &hybrid, &member, 1), 1);
    assert_int_equal(member, 77);
    assert_int_equal(tracker_hosted(tracker, &key, &hosted, 1), 1);
    assert_int_equal(hosted.bytes[0], 1);
    tracker_remove_key(tracker, &key);
    assert_int_equal(tracker_hosts(tracker, &hybrid, &member, 1), 0);
    assert_true(announce_with_key(tracker, 1, 1, "left=0", digits));
    assert_int_equal(tracker_hosts(tracker, &hybrid, &member, 1), 0);
    assert_true(tracker_add_key(tracker, &key, 78));
    assert_true(announce_with_key(tracker, 1, 1, "left=0", digits));
    tracker_forget(tracker, &hybrid);
    tracker_allow(tracker, &hybrid);
    assert_int_equal(tracker_hosts(tracker, &hybrid, &member, 1), 0);
    tracker_free(tracker);
}

static void tally_tells_changes_once(void **state) {
    (void)state;
    Tracker *tracker = start((TrackerSettings){0});
    InfoHash hash = hash_of(1);
    Heard heard = {0};
    tracker_allow(tracker, &hash);
    announce_http(tracker, 1, 1, "left=0&event=completed");
    announce_http(tracker, 1, 2, "left=9");
    tracker_tally(tracker, hear, &heard);
    assert_int_equal(heard.calls, 1);
    assert_int_equal(heard.last.hash.bytes[0], 1);
    assert_int_equal(heard.last.seeders, 1);
    assert_int_equal(heard.last.leechers, 1);
    assert_int_equal(heard.last.completed, 1);
    tracker_tally(tracker, hear, &heard);
    assert_int_equal(heard.calls, 1);
    announce_http(tracker, 1, 2, "left=9&event=stopped");
    tracker_tally(tracker, hear, &heard);
    assert_int_equal(heard.calls, 2);
    assert_int_equal(heard.last.leechers, 0);
    tracker_free(tracker);
}

static void stop_is_prompt_saves_and_start_reads_back(void **state) {
    (void)state;
    char folder[] = "/tmp/tracker_folder_XXXXXX", path[80];
    assert_non_null(mkdtemp(folder));
    InfoHash hash = hash_of(1), removed = hash_of(2);
    Tracker *tracker = start((TrackerSettings){.folder = folder, .udp_threads = 2});
    tracker_allow(tracker, &hash);
    tracker_allow(tracker, &removed);
    announce_http(tracker, 1, 1, "left=0&event=completed");
    announce_http(tracker, 2, 1, "left=0");
    Milliseconds before = clock_monotonic_ms();
    tracker_stop(tracker);
    assert_true(clock_monotonic_ms() - before < 1000);
    tracker_free(tracker);

    tracker = start((TrackerSettings){.folder = folder});
    Heard heard = {0};
    tracker_allow(tracker, &hash);
    tracker_tally(tracker, hear, &heard);
    assert_int_equal(heard.calls, 1); /* the removed work is not spoken of */
    assert_int_equal(heard.last.seeders, 1);
    assert_int_equal(heard.last.completed, 1);
    tracker_free(tracker);
    snprintf(path, sizeof path, "%s/swarms.snapshot", folder);
    assert_int_equal(truncate(path, 50), 0);
    tracker = start((TrackerSettings){.folder = folder});
    assert_int_equal(tracker_totals(tracker).seeders, 0);
    tracker_free(tracker);
    unlink(path);
    snprintf(path, sizeof path, "%s/tracker.key", folder);
    unlink(path);
    assert_int_equal(rmdir(folder), 0);
}

static void port_in_use_is_an_error_that_names_it(void **state) {
    (void)state;
    Tracker *first = start((TrackerSettings){0}), *second;
    Endpoint listen = {LOOPBACK, tracker_udp_port(first, 0)};
    TrackerSettings settings = {
        .udp_listen = &listen, .udp_listen_count = 1, .udp_threads = 1, .interval_s = 1800};
    Arena arena = arena_create(KIB);
    assert_false(failed(tracker_create(&settings, &second)));
    Error e = tracker_start(second);
    assert_int_equal(e.kind, ERROR_UNAVAILABLE);
    assert_string_equal(e.field, "tracker.udp_listen");
    assert_true(str_contains(error_text(e, &arena), STR("127.0.0.1:")));
    tracker_free(second);
    tracker_free(first);
    arena_free(&arena);
}

static void settings_out_of_range_are_refused(void **state) {
    (void)state;
    Tracker *tracker = NULL;
    TrackerSettings settings = {.udp_threads = 1};
    assert_string_equal(tracker_create(&settings, &tracker).field, "tracker.interval_s");
    settings.interval_s = 1800;
    settings.udp_threads = 0;
    assert_string_equal(tracker_create(&settings, &tracker).field, "tracker.udp_threads");
    assert_null(tracker);
}

/* Several threads at once: UDP clients, HTTP announces, works listed and forgotten, tallies. */
typedef struct {
    Tracker *tracker;
    uint16_t port;
    atomic_bool is_over;
    atomic_size_t answers;
} Storm;

enum { STORM_WORKS = 8, STORM_ROUNDS = 400 };

static const char storm_key[] = "000102030405060708090a0b0c0d0e0f";

static size_t exchange(int wire, const ByteWriter *request, uint8_t reply[1500]) {
    if (send(wire, request->start, byte_written(request), 0) < 0) return 0;
    ssize_t len = recv(wire, reply, 1500, 0);
    return len > 0 ? (size_t)len : 0;
}

static uint64_t connect_udp(int wire) {
    uint8_t request[16], reply[1500];
    ByteWriter writer = byte_writer(request, sizeof request);
    byte_write_u64(&writer, 0x41727101980);
    byte_write_u64(&writer, 1);
    if (exchange(wire, &writer, reply) != 16) return 0;
    ByteReader reader = byte_reader(reply + 8, 8);
    return byte_read_u64(&reader);
}

static void *announce_over_udp(void *argument) {
    Storm *storm = argument;
    struct timeval wait = {.tv_sec = 1};
    struct sockaddr_storage name;
    socklen_t len = endpoint_to_sockaddr((Endpoint){LOOPBACK, storm->port}, &name);
    int wire = socket(AF_INET, SOCK_DGRAM, 0);
    setsockopt(wire, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    if (connect(wire, (struct sockaddr *)&name, len) != 0) return NULL;
    uint64_t id = connect_udp(wire);
    for (unsigned i = 0; i < STORM_ROUNDS; i++) {
        uint8_t request[98], reply[1500];
        ByteWriter writer = byte_writer(request, sizeof request);
        byte_write_u64(&writer, id);
        byte_write_u64(&writer, 1ULL << 32 | i);
        byte_write_u8(&writer, (uint8_t)(i % STORM_WORKS));
        memset(request + 17, 0, sizeof request - 17);
        writer.at += sizeof request - 19;
        writer.left -= sizeof request - 19;
        byte_write_u16(&writer, (uint16_t)(1 + i % 50));
        atomic_fetch_add(&storm->answers, exchange(wire, &writer, reply) >= 8);
    }
    close(wire);
    return NULL;
}

static void *announce_over_http(void *argument) {
    Storm *storm = argument;
    for (unsigned i = 0; i < STORM_ROUNDS * 5; i++) {
        bool seeds = i % 3 == 0;
        announce_with_key(storm->tracker, (uint8_t)(i % STORM_WORKS), 1 + i % 500,
                          seeds ? "left=0&event=completed" : "left=9&peer_id=-XL0012-abcdefghijkl",
                          storm_key);
    }
    return NULL;
}

static void *list_and_forget(void *argument) {
    Storm *storm = argument;
    for (unsigned i = 0; !atomic_load(&storm->is_over); i++) {
        InfoHash hash = hash_of((uint8_t)(i % STORM_WORKS));
        tracker_forget(storm->tracker, &hash);
        tracker_allow(storm->tracker, &hash);
        Heard heard = {0};
        tracker_tally(storm->tracker, hear, &heard);
        tracker_totals(storm->tracker);
        tracker_health(storm->tracker);
        AnnounceKey key;
        int64_t members[4];
        announce_key_parse(STR(storm_key), &key);
        tracker_add_key(storm->tracker, &key, i);
        tracker_hosts(storm->tracker, &hash, members, 4);
        if (i % 3 == 0) tracker_remove_key(storm->tracker, &key);
        TrackerSettings settings = {.interval_s = 1800 - 60 * (i % 2), .peers_max = 900 + i % 2};
        settings.clients_denied = i % 2 ? STR("-XL") : (Str){0};
        settings.allow_private_addresses = true;
        tracker_change(storm->tracker, &settings);
    }
    return NULL;
}

static void many_threads_announce_forget_and_tally_at_once(void **state) {
    (void)state;
    Storm storm = {.tracker = start((TrackerSettings){.udp_threads = 2, .peers_max = 900})};
    pthread_t threads[5];
    storm.port = tracker_udp_port(storm.tracker, 0);
    pthread_create(&threads[0], NULL, list_and_forget, &storm);
    pthread_create(&threads[1], NULL, announce_over_http, &storm);
    pthread_create(&threads[2], NULL, announce_over_http, &storm);
    pthread_create(&threads[3], NULL, announce_over_udp, &storm);
    pthread_create(&threads[4], NULL, announce_over_udp, &storm);
    for (size_t i = 1; i < 5; i++) pthread_join(threads[i], NULL);
    atomic_store(&storm.is_over, true);
    pthread_join(threads[0], NULL);

    assert_int_equal(atomic_load(&storm.answers), 2 * STORM_ROUNDS);
    TrackerTotals totals = tracker_totals(storm.tracker);
    assert_int_equal(totals.announces_http, 2 * 5 * STORM_ROUNDS);
    assert_int_equal(totals.announces_udp, 2 * STORM_ROUNDS);
    for (size_t i = 0; i < STORM_WORKS; i++) {
        InfoHash hash = hash_of((uint8_t)i);
        tracker_forget(storm.tracker, &hash);
    }
    totals = tracker_totals(storm.tracker);
    assert_int_equal(totals.torrents + totals.seeders + totals.leechers + totals.completed, 0);
    tracker_free(storm.tracker);
}

static void a_stopped_tracker_starts_again_on_its_sockets_with_its_peers(void **state) {
    (void)state;
    Tracker *tracker = start((TrackerSettings){.open = true, .udp_threads = 2});
    uint16_t port = tracker_udp_port(tracker, 0);
    ListenerSet *sockets = listener_set_create();
    assert_true(announce_http(tracker, 1, 1, "left=0"));
    tracker_list_sockets(tracker, sockets);
    assert_int_equal(sockets->count, 2);
    tracker_stop(tracker);
    tracker_inherit(tracker, sockets);
    assert_false(failed(tracker_start(tracker)));
    assert_int_equal(tracker_udp_port(tracker, 0), port);
    assert_int_equal(listener_set_count(sockets, LISTENER_UDP, (Endpoint){LOOPBACK, 0}), 0);
    assert_int_equal(tracker_totals(tracker).seeders, 1);
    listener_set_free(sockets);
    tracker_free(tracker);
}

static void changed_settings_hold_at_once(void **state) {
    (void)state;
    TrackerSettings settings = {.allow_private_addresses = true, .interval_s = 600};
    Tracker *tracker = start(settings);
    assert_false(announce_http(tracker, 1, 1, "left=0"));
    settings.open = true;
    settings.peers_max = 2;
    tracker_change(tracker, &settings);
    for (unsigned port = 1; port <= 3; port++)
        assert_true(announce_http(tracker, 1, port, "left=0"));
    assert_int_equal(tracker_totals(tracker).seeders, 2);
    assert_int_equal(tracker_totals(tracker).peers_not_stored, 1);
    settings.peers_max = 0;
    tracker_change(tracker, &settings);
    assert_true(announce_http(tracker, 1, 3, "left=0"));
    assert_int_equal(tracker_totals(tracker).seeders, 3);
    settings.open = false;
    tracker_change(tracker, &settings);
    assert_false(announce_http(tracker, 1, 1, "left=0"));
    tracker_free(tracker);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_allowed_works_are_tracked_and_forgetting_is_immediate),
        cmocka_unit_test(open_tracker_takes_all_but_what_was_forgotten),
        cmocka_unit_test(hybrid_names_meet_even_when_one_was_open_before),
        cmocka_unit_test(a_key_earns_a_mention_and_is_never_needed),
        cmocka_unit_test(tally_tells_changes_once),
        cmocka_unit_test(stop_is_prompt_saves_and_start_reads_back),
        cmocka_unit_test(port_in_use_is_an_error_that_names_it),
        cmocka_unit_test(settings_out_of_range_are_refused),
        cmocka_unit_test(a_stopped_tracker_starts_again_on_its_sockets_with_its_peers),
        cmocka_unit_test(changed_settings_hold_at_once),
        cmocka_unit_test(many_threads_announce_forget_and_tally_at_once),
    };
    if (!random_start()) return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
