#include "tracker/answer.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/random.h"
#include "tracker/udp_packet.h"

static const Endpoint CLIENT = {{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 9, 8, 7, 6}}, 5000};
static const InfoHash WORK = {.has_v1 = true, .v1 = {1}};

typedef struct {
    AnswerDesk desk;
    Counters counters;
    TwoClocks now;
    uint8_t reply[1280];
} Scene;

static int set_up(void **state) {
    static Scene scene;
    memset(&scene, 0, sizeof scene);
    scene.desk.swarms =
        swarms_create(&(SwarmLimits){.peers_max = 100, .swarms_max = 100, .expiry_s = 3000});
    scene.desk.hostings = hostings_create(3000);
    scene.desk.clients = client_filter_create();
    scene.desk.meter = address_meter_create();
    random_bytes(&scene.desk.jitter_key, sizeof scene.desk.jitter_key);
    scene.desk.interval_s = 1800;
    scene.now = (TwoClocks){.unix_s = 1000000200, .steady_s = 50};
    swarms_list(scene.desk.swarms, &WORK);
    *state = &scene;
    return 0;
}

static int tear_down(void **state) {
    Scene *scene = *state;
    hostings_free(scene->desk.hostings);
    client_filter_free(scene->desk.clients);
    address_meter_free(scene->desk.meter);
    swarms_free(scene->desk.swarms);
    return 0;
}

static size_t ask(Scene *scene, const uint8_t *packet, size_t len, Endpoint from) {
    UdpDatagram datagram = {.packet = packet, .len = len, .from = from, .reply = scene->reply};
    answer_udp_batch(&scene->desk, &scene->counters, scene->now, &datagram, 1);
    return datagram.reply_len;
}

static uint64_t connect_at(Scene *scene, Endpoint from) {
    uint8_t packet[16];
    ByteWriter writer = byte_writer(packet, sizeof packet);
    byte_write_u64(&writer, 0x41727101980);
    byte_write_u64(&writer, 1);
    assert_int_equal(ask(scene, packet, sizeof packet, from), 16);
    ByteReader reader = byte_reader(scene->reply + 8, 8);
    return byte_read_u64(&reader);
}

static size_t announce(Scene *scene, uint64_t id, uint8_t hash, Endpoint from) {
    uint8_t packet[98] = {0};
    ByteWriter writer = byte_writer(packet, sizeof packet);
    byte_write_u64(&writer, id);
    byte_write_u64(&writer, 1ULL << 32 | 7);
    byte_write_u8(&writer, hash);
    packet[97] = 9;
    return ask(scene, packet, sizeof packet, from);
}

static void id_opens_the_door_for_its_address_and_its_time(void **state) {
    Scene *scene = *state;
    Endpoint other = CLIENT, other_port = CLIENT;
    other.ip.bytes[15]++;
    other_port.port++;
    uint64_t id = connect_at(scene, CLIENT);
    assert_int_equal(announce(scene, id, 1, CLIENT), 20);
    assert_int_equal(announce(scene, id, 1, other_port), 20);
    assert_int_equal(announce(scene, id, 1, other), 0);
    assert_int_equal(announce(scene, id + 1, 1, CLIENT), 0);
    scene->now.unix_s += CONNECTION_EPOCH_S;
    assert_int_equal(announce(scene, id, 1, CLIENT), 20);
    scene->now.unix_s += CONNECTION_EPOCH_S;
    assert_int_equal(announce(scene, id, 1, CLIENT), 0);
    assert_int_equal(scene->counters.bad_connection_ids, 3);
    assert_int_equal(scene->counters.announces_udp[FAMILY_V4][EVENT_NONE], 3);
}

static void refusal_is_for_the_verified_and_shorter_than_the_question(void **state) {
    Scene *scene = *state;
    assert_int_equal(announce(scene, 0, 2, CLIENT), 0);
    size_t len = announce(scene, connect_at(scene, CLIENT), 2, CLIENT);
    assert_in_range(len, 9, 98);
    assert_int_equal(scene->reply[3], UDP_ERROR);
    assert_int_equal(scene->counters.refused, 1);
}

static void nothing_unverified_draws_more_than_it_sent(void **state) {
    Scene *scene = *state;
    uint8_t packet[200];
    for (unsigned i = 0; i < 100000; i++) {
        random_bytes(packet, sizeof packet);
        memset(packet + 8, 0, 3);
        packet[11] %= 4;
        assert_int_equal(ask(scene, packet, i % sizeof packet, CLIENT), 0);
    }
}

static void deny(Scene *scene, const char *denied) {
    static ClientRules rules;
    assert_false(failed(client_kinds_parse(str_from_c(denied), &rules.denied)));
    client_filter_change(scene->desk.clients, &rules);
}

static void a_client_denied_is_told_so_once_verified_and_may_still_leave(void **state) {
    Scene *scene = *state;
    uint64_t id = connect_at(scene, CLIENT);
    uint8_t packet[98] = {[11] = 1, [16] = 1, [97] = 9};
    ByteWriter writer = byte_writer(packet, 8);
    byte_write_u64(&writer, id);
    memcpy(packet + 36, "-XL0012-", 8);
    assert_int_equal(ask(scene, packet, sizeof packet, CLIENT), 20);
    deny(scene, "-XL0012-");
    size_t len = ask(scene, packet, sizeof packet, CLIENT);
    assert_in_range(len, 9, 98);
    assert_memory_equal(scene->reply + 8, client_not_welcome.at, len - 8);
    assert_int_equal(scene->counters.clients_denied, 1);
    SwarmHash hash = {{1}};
    assert_int_equal(swarms_state(scene->desk.swarms, &hash).seeders, 1);
    packet[83] = EVENT_STOPPED;
    assert_int_equal(ask(scene, packet, sizeof packet, CLIENT), 20);
    assert_int_equal(swarms_state(scene->desk.swarms, &hash).seeders, 0);
    packet[7] ^= 1; /* a wrong id draws nothing, whoever asks */
    assert_int_equal(ask(scene, packet, sizeof packet, CLIENT), 0);
    assert_int_equal(scene->counters.clients_denied, 1);
}

static void one_address_keeps_as_many_peers_as_it_may(void **state) {
    Scene *scene = *state;
    SwarmHash hash = {{1}};
    uint64_t id = connect_at(scene, CLIENT);
    uint8_t packet[98] = {[11] = 1, [16] = 1};
    ByteWriter writer = byte_writer(packet, 8);
    byte_write_u64(&writer, id);
    address_meter_change(scene->desk.meter, 10, 1800);
    for (packet[97] = 1; packet[97] <= 25; packet[97]++)
        assert_true(ask(scene, packet, sizeof packet, CLIENT) >= 20);
    assert_int_equal(swarms_state(scene->desk.swarms, &hash).seeders, 10);
    assert_int_equal(scene->counters.peers_not_stored, 15);
    packet[97] = 1, packet[83] = EVENT_STOPPED;
    assert_true(ask(scene, packet, sizeof packet, CLIENT) >= 20);
    assert_int_equal(swarms_state(scene->desk.swarms, &hash).seeders, 9);
    packet[97] = 30, packet[83] = EVENT_NONE;
    scene->now.steady_s += 1800;
    assert_true(ask(scene, packet, sizeof packet, CLIENT) >= 20);
    assert_int_equal(swarms_state(scene->desk.swarms, &hash).seeders, 10);
}

static void interval_is_spread_by_a_tenth_and_kept(void **state) {
    Scene *scene = *state;
    Seconds low = 9999, high = 0, first = 0;
    for (uint16_t port = 1; port < 500; port++) {
        Endpoint from = CLIENT;
        from.ip.bytes[14] = (uint8_t)port;
        uint64_t id = connect_at(scene, from);
        assert_int_equal(announce(scene, id, 1, from) % 6, 2); /* 20 and peers */
        ByteReader reader = byte_reader(scene->reply + 8, 4);
        Seconds interval = byte_read_u32(&reader);
        if (port == 1) first = interval;
        if (port == 257) assert_int_equal(interval, first); /* the same endpoint again */
        if (interval < low) low = interval;
        if (interval > high) high = interval;
    }
    assert_in_range(low, 1620, 1640);
    assert_in_range(high, 1960, 1980);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(id_opens_the_door_for_its_address_and_its_time),
        TEST(refusal_is_for_the_verified_and_shorter_than_the_question),
        TEST(nothing_unverified_draws_more_than_it_sent),
        TEST(a_client_denied_is_told_so_once_verified_and_may_still_leave),
        TEST(one_address_keeps_as_many_peers_as_it_may),
        TEST(interval_is_spread_by_a_tenth_and_kept),
    };
    if (!random_start()) return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
