#include "tracker/peers.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static PeerOrder spread = {.key = {1}}, together = {.key = {2}, .together = true};

static Endpoint v4(uint32_t number, uint16_t port) {
    Endpoint endpoint = {.port = port};
    uint8_t bytes[4] = {1, (uint8_t)(number >> 16), (uint8_t)(number >> 8), (uint8_t)number};
    endpoint.ip = ip_from_v4(bytes);
    return endpoint;
}

static void fill(Peers *peers, const PeerOrder *order, uint32_t count, Seconds now) {
    for (uint32_t i = 0; i < count; i++) {
        PeerName name = peer_name(order, v4(i, 6881));
        assert_true(peers_put(peers, order, &name, peer_state(now, 0)));
    }
}

static void endpoint_survives_the_compact_form(void **state) {
    (void)state;
    Endpoint six = {{{0x20, 1, 0xd, 0xb8, [15] = 7}}, 65535};
    PeerName name = peer_name(&spread, v4(77, 258));
    assert_memory_equal(name.compact, "\x01\x00\x00\x4d\x01\x02", 6);
    Endpoint back = peer_endpoint(FAMILY_V4, name.compact);
    assert_true(ip_equal(back.ip, v4(77, 258).ip) && back.port == 258);
    name = peer_name(&spread, six);
    assert_int_equal(name.family, FAMILY_V6);
    back = peer_endpoint(FAMILY_V6, name.compact);
    assert_true(ip_equal(back.ip, six.ip) && back.port == 65535);
}

static void peers_are_found_until_they_are_removed(void **state) {
    (void)state;
    Peers peers = {0};
    PeerState known;
    fill(&peers, &spread, 5000, 0);
    fill(&peers, &spread, 5000, 0);
    assert_int_equal(peers.count, 5000);
    for (uint32_t i = 0; i < 5000; i += 2) {
        PeerName name = peer_name(&spread, v4(i, 6881));
        assert_true(peers_remove(&peers, &spread, &name));
        assert_false(peers_remove(&peers, &spread, &name));
    }
    for (uint32_t i = 0; i < 5000; i++) {
        PeerName name = peer_name(&spread, v4(i, 6881));
        assert_int_equal(peers_find(&peers, &name, &known), i % 2 == 1);
    }
    peers_close(&peers);
}

static void room_follows_the_count_down(void **state) {
    (void)state;
    Peers peers = {0};
    fill(&peers, &spread, 4000, 0);
    for (uint32_t i = 0; i < 3990; i++) {
        PeerName name = peer_name(&spread, v4(i, 6881));
        peers_remove(&peers, &spread, &name);
        assert_true(peers.room <= 8 * peers.count);
    }
    for (uint32_t i = 3990; i < 4000; i++) {
        PeerName name = peer_name(&spread, v4(i, 6881));
        assert_true(peers_remove(&peers, &spread, &name));
    }
    assert_null(peers.records);
}

static void age_is_known_to_a_tick_and_survives_the_wrap(void **state) {
    (void)state;
    for (Seconds then = 0; then < 200000; then += 977)
        for (Seconds age = 0; age < 60000; age += 1201) {
            Seconds seen = peer_age(peer_state(then, PEER_HAS_COMPLETED), then + age);
            assert_true(seen >= age - PEER_TICK_S && seen <= age + PEER_TICK_S);
        }
}

static void sample_is_distinct_and_leaves_out_who_asks(void **state) {
    (void)state;
    Peers peers = {0};
    uint8_t out[200 * COMPACT_V4_BYTES];
    fill(&peers, &spread, 60, 0);
    PeerName asker = peer_name(&spread, v4(3, 6881));
    for (uint64_t draw = 0; draw < 200; draw++) {
        PeersAsk ask = {.wanted = 50, .draw = draw, .except = &asker};
        assert_int_equal(peers_sample(&peers, FAMILY_V4, &ask, out), 50);
        for (size_t i = 0; i < 50; i++) {
            assert_memory_not_equal(out + i * 6, asker.compact, 6);
            for (size_t j = 0; j < i; j++) assert_memory_not_equal(out + i * 6, out + j * 6, 6);
        }
    }
    PeersAsk all = {.wanted = 200, .draw = 5, .except = &asker};
    assert_int_equal(peers_sample(&peers, FAMILY_V4, &all, out), 59);
    peers_close(&peers);
}

static void sample_reaches_everybody(void **state) {
    (void)state;
    Peers peers = {0};
    unsigned seen[100] = {0};
    uint8_t out[10 * COMPACT_V4_BYTES];
    fill(&peers, &spread, 100, 0);
    PeerName asker = peer_name(&spread, v4(1000, 1));
    for (uint64_t draw = 0; draw < 20000; draw++) {
        PeersAsk ask = {.wanted = 10, .draw = draw * 2654435761u >> 3, .except = &asker};
        assert_int_equal(peers_sample(&peers, FAMILY_V4, &ask, out), 10);
        for (size_t i = 0; i < 10; i++) seen[out[i * 6 + 3]]++;
    }
    /* 2000 each if all were equal */
    for (size_t i = 0; i < 100; i++) assert_in_range(seen[i], 700, 4500);
    peers_close(&peers);
}

static void ports_of_one_address_are_counted_and_a_v6_line_is_one_address(void **state) {
    (void)state;
    Peers peers = {0};
    fill(&peers, &together, 1000, 0);
    for (uint16_t port = 1; port <= 5; port++) {
        PeerName name = peer_name(&together, v4(500, port));
        assert_true(peers_put(&peers, &together, &name, 0));
    }
    PeerName name = peer_name(&together, v4(500, 9999));
    assert_int_equal(peers_count_address(&peers, &name), 6);
    name = peer_name(&together, v4(501, 9999));
    assert_int_equal(peers_count_address(&peers, &name), 1);
    peers_close(&peers);

    for (uint8_t i = 1; i <= 3; i++) {
        Endpoint six = {{{0x2a, 1, [7] = 5, [15] = i}}, 6881};
        name = peer_name(&together, six);
        assert_true(peers_put(&peers, &together, &name, 0));
    }
    Endpoint neighbour = {{{0x2a, 1, [7] = 6}}, 6881};
    assert_int_equal(peers_count_address(&peers, &name), 3);
    name = peer_name(&together, neighbour);
    assert_int_equal(peers_count_address(&peers, &name), 0);
    peers_close(&peers);
}

static void sweep_drops_the_old_in_small_steps(void **state) {
    (void)state;
    Peers peers = {0};
    PeerState known;
    fill(&peers, &spread, 3000, 1000);
    for (uint32_t i = 0; i < 3000; i += 10) {
        PeerName name = peer_name(&spread, v4(i, 6881));
        peers_put(&peers, &spread, &name, peer_state(5000, PEER_IS_PARTIAL));
    }
    PeersSweep sweep = {.family = FAMILY_V4, .now = 5000, .expiry_s = 2000};
    size_t steps = 0;
    while (!sweep.is_through) {
        sweep.budget = 100;
        peers_sweep(&peers, &spread, &sweep);
        assert_true(++steps < 200);
    }
    assert_true(steps > 30);
    /* Backward shifts may hide a few behind the hand; the next round has them. */
    assert_true(peers.count >= 300 && peers.count <= 310);
    sweep.is_through = false;
    sweep.budget = SIZE_MAX;
    peers_sweep(&peers, &spread, &sweep);
    assert_int_equal(peers.count, 300);
    assert_int_equal(sweep.dropped, 2700);
    for (uint32_t i = 0; i < 3000; i += 10) {
        PeerName name = peer_name(&spread, v4(i, 6881));
        assert_true(peers_find(&peers, &name, &known));
    }
    assert_true(peers.room <= 8 * peers.count);
    peers_close(&peers);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(endpoint_survives_the_compact_form),
        cmocka_unit_test(peers_are_found_until_they_are_removed),
        cmocka_unit_test(room_follows_the_count_down),
        cmocka_unit_test(age_is_known_to_a_tick_and_survives_the_wrap),
        cmocka_unit_test(sample_is_distinct_and_leaves_out_who_asks),
        cmocka_unit_test(sample_reaches_everybody),
        cmocka_unit_test(ports_of_one_address_are_counted_and_a_v6_line_is_one_address),
        cmocka_unit_test(sweep_drops_the_old_in_small_steps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
