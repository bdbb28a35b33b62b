#include "tracker/swarm.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/random.h"

enum { EXPIRY_S = 4000 };

static const SwarmHash HASH = {{9}};
static const InfoHash WORK = {.has_v1 = true, .v1 = {9}};

static Swarms *make(SwarmLimits limits) {
    if (!limits.peers_max) limits.peers_max = UINT64_MAX;
    if (!limits.swarms_max) limits.swarms_max = UINT64_MAX;
    limits.expiry_s = EXPIRY_S;
    limits.gate.open = true;
    return swarms_create(&limits);
}

static Announce peer(uint32_t number, uint64_t left) {
    uint8_t bytes[4] = {1, (uint8_t)(number >> 16), (uint8_t)(number >> 8), (uint8_t)number};
    return (Announce){.hash = HASH,
                      .from = {ip_from_v4(bytes), 6881},
                      .left = left,
                      .wanted = 50,
                      .families = {true, true},
                      .is_stored = true};
}

static Announce peer6(uint32_t number, uint64_t left) {
    Announce announce = peer(number, left);
    announce.from.ip = (IpAddress){{0x2a, 1, [6] = (uint8_t)(number >> 8), (uint8_t)number}};
    return announce;
}

static Answer empty_answer(void) {
    static uint8_t v4[ANSWER_V4_BYTES], v6[ANSWER_V6_BYTES];
    return (Answer){.v4 = v4, .v6 = v6};
}

static Answer tell_event(Swarms *swarms, Announce announce, AnnounceEvent event) {
    Answer answer = empty_answer();
    announce.event = event;
    swarms_announce(swarms, &announce, 100, &answer);
    return answer;
}

static Answer tell(Swarms *swarms, Announce announce) {
    return tell_event(swarms, announce, EVENT_NONE);
}

static void announce_counts_a_new_seeder(void **state) {
    (void)state;
    Swarms *swarms = make((SwarmLimits){0});
    Answer answer = tell(swarms, peer(1, 0));
    assert_int_equal(answer.swarm.seeders, 1);
    assert_int_equal(answer.swarm.leechers, 0);
    assert_int_equal(answer.v4_count, 0);
    answer = tell(swarms, peer(1, 0));
    assert_int_equal(answer.swarm.seeders, 1);
    swarms_free(swarms);
}

static void leecher_gets_the_seeder_and_seeder_gets_the_leecher(void **state) {
    (void)state;
    Swarms *swarms = make((SwarmLimits){0});
    tell(swarms, peer(1, 0));
    Answer answer = tell(swarms, peer(2, 10));
    assert_int_equal(answer.v4_count, 1);
    assert_memory_equal(answer.v4, "\x01\x00\x00\x01\x1a\xe1", 6);
    answer = tell(swarms, peer(1, 0));
    assert_int_equal(answer.v4_count, 1);
    assert_memory_equal(answer.v4, "\x01\x00\x00\x02\x1a\xe1", 6);
    swarms_free(swarms);
}

static void seeders_and_partial_seeds_get_leechers_only(void **state) {
    (void)state;
    Swarms *swarms = make((SwarmLimits){0});
    for (uint32_t i = 0; i < 20; i++) tell(swarms, peer(i, 0));
    for (uint32_t i = 100; i < 103; i++) tell(swarms, peer(i, 5));
    assert_int_equal(tell(swarms, peer(1, 0)).v4_count, 3);
    Answer answer = tell_event(swarms, peer(200, 5), EVENT_PAUSED);
    assert_int_equal(answer.v4_count, 3);
    assert_int_equal(answer.swarm.leechers, 4);
    assert_int_equal(swarms_state(swarms, &HASH).partial_seeds, 1);
    tell(swarms, peer(200, 5));
    assert_int_equal(swarms_state(swarms, &HASH).partial_seeds, 0);
    swarms_free(swarms);
}

static void seeder_is_told_of_a_few_seeders_where_nobody_leeches(void **state) {
    (void)state;
    Swarms *swarms = make((SwarmLimits){0});
    assert_int_equal(tell(swarms, peer(1, 0)).v4_count, 0);
    Answer answer = tell(swarms, peer(2, 0));
    assert_int_equal(answer.v4_count, 1);
    assert_memory_equal(answer.v4, "\x01\x00\x00\x01\x1a\xe1", 6);
    for (uint32_t i = 3; i < 30; i++) answer = tell(swarms, peer(i, 0));
    assert_int_equal(answer.v4_count, 4);
    tell(swarms, peer(100, 5));
    assert_int_equal(tell(swarms, peer(1, 0)).v4_count, 1);
    swarms_free(swarms);
}

static size_t count_seeders(const Answer *answer) {
    size_t seeders = 0;
    for (size_t i = 0; i < answer->v4_count; i++) seeders += answer->v4[i * 6 + 1] == 0;
    return seeders;
}

static void leecher_gets_at_least_half_seeders(void **state) {
    (void)state;
    Swarms *swarms = make((SwarmLimits){0});
    for (uint32_t i = 0; i < 40; i++) tell(swarms, peer(i, 0));
    for (uint32_t i = 0; i < 1000; i++) tell(swarms, peer(0x10000 + i, 5));
    Answer answer = tell(swarms, peer(0x20000, 5));
    assert_int_equal(answer.v4_count, 50);
    assert_int_equal(count_seeders(&answer), 25);
    Announce greedy = peer(0x20000, 5);
    greedy.wanted = 200;
    answer = tell(swarms, greedy);
    assert_int_equal(answer.v4_count, 200);
    assert_int_equal(count_seeders(&answer), 40);
    swarms_free(swarms);
}

static void both_families_share_an_answer_that_can_carry_both(void **state) {
    (void)state;
    Swarms *swarms = make((SwarmLimits){0});
    for (uint32_t i = 1; i < 500; i++) tell(swarms, peer(i, 0));
    for (uint32_t i = 1; i < 20; i++) tell(swarms, peer6(i, 0));
    Answer answer = tell(swarms, peer(1000, 5));
    assert_int_equal(answer.v4_count + answer.v6_count, 50);
    assert_int_equal(answer.v6_count, 12);
    assert_int_equal(answer.swarm.seeders, 499 + 19);
    Announce four = peer(1000, 5);
    four.families[FAMILY_V6] = false;
    answer = tell(swarms, four);
    assert_int_equal(answer.v4_count, 50);
    assert_int_equal(answer.v6_count, 0);
    for (uint32_t i = 1; i < 300; i++) tell(swarms, peer6(i, 0));
    Announce six = peer6(1000, 5);
    six.families[FAMILY_V4] = false;
    six.wanted = 200;
    assert_int_equal(tell(swarms, six).v6_count, TRACKER_PEERS_V6_MAX);
    swarms_free(swarms);
}

static void completed_is_counted_once_per_peer_and_only_with_nothing_left(void **state) {
    (void)state;
    Swarms *swarms = make((SwarmLimits){0});
    tell(swarms, peer(1, 10));
    assert_int_equal(tell_event(swarms, peer(1, 10), EVENT_COMPLETED).swarm.completed, 0);
    assert_int_equal(tell_event(swarms, peer(1, 0), EVENT_COMPLETED).swarm.completed, 1);
    assert_int_equal(tell_event(swarms, peer(1, 0), EVENT_COMPLETED).swarm.completed, 1);
    tell(swarms, peer(1, 10));
    assert_int_equal(tell_event(swarms, peer(1, 0), EVENT_COMPLETED).swarm.completed, 1);
    assert_int_equal(tell_event(swarms, peer(2, 0), EVENT_COMPLETED).swarm.completed, 2);
    assert_int_equal(tell_event(swarms, peer(2, 0), EVENT_STOPPED).swarm.completed, 2);
    assert_int_equal(swarms_totals(swarms).completed, 2);
    swarms_free(swarms);
}

static void role_change_moves_the_peer(void **state) {
    (void)state;
    Swarms *swarms = make((SwarmLimits){0});
    tell(swarms, peer(1, 10));
    Answer answer = tell(swarms, peer(1, 0));
    assert_int_equal(answer.swarm.seeders, 1);
    assert_int_equal(answer.swarm.leechers, 0);
    answer = tell(swarms, peer(1, 7));
    assert_int_equal(answer.swarm.seeders, 0);
    assert_int_equal(answer.swarm.leechers, 1);
    swarms_free(swarms);
}

static void stopped_leaves_and_gets_nobody(void **state) {
    (void)state;
    Swarms *swarms = make((SwarmLimits){0});
    tell(swarms, peer(1, 0));
    tell(swarms, peer(2, 10));
    Answer answer = tell_event(swarms, peer(2, 10), EVENT_STOPPED);
    assert_int_equal(answer.swarm.leechers, 0);
    assert_int_equal(answer.v4_count, 0);
    /* Somebody unknown stops: no swarm comes of it. */
    Announce stranger = peer(3, 0);
    stranger.hash.bytes[0] = 1;
    tell_event(swarms, stranger, EVENT_STOPPED);
    assert_int_equal(swarms_totals(swarms).swarms, 1);
    swarms_free(swarms);
}

static void what_is_not_to_be_stored_is_answered_and_leaves_no_trace(void **state) {
    (void)state;
    Swarms *swarms = make((SwarmLimits){0});
    Answer answer = empty_answer();
    Announce private = peer(1, 0);
    private.is_stored = false;
    assert_int_equal(swarms_announce(swarms, &private, 0, &answer), SWARM_NOT_STORED);
    tell(swarms, peer(2, 10));
    assert_int_equal(swarms_announce(swarms, &private, 0, &answer), SWARM_NOT_STORED);
    assert_int_equal(answer.v4_count, 1);
    assert_int_equal(answer.swarm.seeders, 0);
    swarms_free(swarms);
}

static void ceilings_are_hard_and_everybody_is_still_answered(void **state) {
    (void)state;
    Swarms *swarms = make((SwarmLimits){.peers_max = 3, .swarms_max = 2});
    Answer answer = empty_answer();
    for (uint32_t i = 0; i < 3; i++) tell(swarms, peer(i, 0));
    Announce late = peer(50, 10);
    assert_int_equal(swarms_announce(swarms, &late, 0, &answer), SWARM_NOT_STORED);
    assert_int_equal(answer.v4_count, 3);
    assert_int_equal(answer.swarm.seeders, 3);
    tell_event(swarms, peer(0, 0), EVENT_STOPPED);
    assert_int_equal(swarms_announce(swarms, &late, 0, &answer), SWARM_STORED);

    Announce other = peer(1, 0);
    tell_event(swarms, peer(1, 0), EVENT_STOPPED);
    other.hash.bytes[0] = 1;
    assert_int_equal(swarms_announce(swarms, &other, 0, &answer), SWARM_STORED | SWARM_BEGUN);
    other.hash.bytes[0] = 2;
    assert_int_equal(swarms_announce(swarms, &other, 0, &answer), SWARM_NOT_STORED);
    swarms_free(swarms);
}

static void one_address_has_a_limited_number_of_ports(void **state) {
    (void)state;
    Swarms *swarms = make((SwarmLimits){.peers_per_address_max = 2});
    Answer answer = empty_answer();
    Announce announce = peer(1, 0);
    for (uint16_t port = 1; port <= 2; port++) {
        announce.from.port = port;
        announce.left = port - 1; /* both roles count */
        assert_true(swarms_announce(swarms, &announce, 0, &answer) & SWARM_STORED);
    }
    announce.from.port = 3;
    assert_int_equal(swarms_announce(swarms, &announce, 0, &answer), SWARM_NOT_STORED);
    announce.from.port = 2;
    assert_int_equal(swarms_announce(swarms, &announce, 0, &answer), SWARM_STORED);
    assert_int_equal(swarms_totals(swarms).seeders + swarms_totals(swarms).leechers, 2);
    swarms_free(swarms);
}

/* All ports of one address stand in one block. */
static void addresses_full_of_ports_keep_nobody_out(void **state) {
    (void)state;
    enum { FULL = 100, PORTS = 32, EVERY = 200 };
    Swarms *swarms = make((SwarmLimits){.peers_per_address_max = PORTS});
    Answer answer = empty_answer();
    for (uint32_t i = 0; i < FULL * EVERY; i++) {
        for (uint16_t port = 1; port <= (i % EVERY ? 1 : PORTS); port++) {
            Announce announces[] = {peer(i, 0), peer6(i, 1)};
            for (size_t family = 0; family < 2; family++) {
                announces[family].from.port = port;
                assert_true(swarms_announce(swarms, &announces[family], 0, &answer) & SWARM_STORED);
            }
        }
    }
    assert_int_equal(swarms_totals(swarms).seeders, FULL * (EVERY - 1 + PORTS));
    assert_int_equal(swarms_totals(swarms).leechers, FULL * (EVERY - 1 + PORTS));
    swarms_free(swarms);
}

static void sweep_all(Swarms *swarms, Seconds now, bool tally_is_read) {
    for (size_t shard = 0; shard < swarms_shard_count(swarms); shard++) {
        SwarmSweep sweep;
        do sweep = (SwarmSweep){.now = now, .slots = 64, .tally_is_read = tally_is_read};
        while (!swarms_sweep(swarms, shard, &sweep));
    }
}

static void silent_peers_expire_and_empty_swarms_go(void **state) {
    (void)state;
    Swarms *swarms = make((SwarmLimits){0});
    Answer answer = empty_answer();
    for (uint32_t i = 0; i < 2000; i++) {
        Announce announce = peer(i, i % 3);
        announce.event = i % 7 ? EVENT_NONE : EVENT_PAUSED;
        announce.hash.bytes[0] = (uint8_t)(i % 50);
        swarms_announce(swarms, &announce, i % 2 ? 100 : 3000, &answer);
    }
    sweep_all(swarms, 100 + EXPIRY_S + 300, false);
    SwarmTotals totals = swarms_totals(swarms);
    assert_in_range(totals.seeders + totals.leechers, 1000, 1010);
    sweep_all(swarms, 100 + EXPIRY_S + 300, false);
    totals = swarms_totals(swarms);
    assert_int_equal(totals.seeders + totals.leechers, 1000);
    sweep_all(swarms, 3000 + EXPIRY_S + 300, false);
    sweep_all(swarms, 3000 + EXPIRY_S + 300, false);
    totals = swarms_totals(swarms);
    assert_int_equal(totals.seeders + totals.leechers + totals.swarms, 0);
    assert_int_equal(swarms_state(swarms, &HASH).partial_seeds, 0);
    /* Every place is free again. */
    swarms_free(swarms);
    swarms = make((SwarmLimits){.swarms_max = 1});
    tell(swarms, peer(1, 0));
    sweep_all(swarms, 100 + EXPIRY_S + 300, false);
    Announce other = peer(1, 0);
    other.hash.bytes[0] = 77;
    assert_true(swarms_announce(swarms, &other, 100, &answer) & SWARM_BEGUN);
    swarms_free(swarms);
}

static void empty_swarm_is_kept_for_its_completions_while_listed(void **state) {
    (void)state;
    Swarms *swarms = make((SwarmLimits){0});
    assert_true(swarms_list(swarms, &WORK));
    Announce stranger = peer(1, 0);
    stranger.hash.bytes[0] = 1;
    tell_event(swarms, peer(1, 0), EVENT_COMPLETED);
    tell_event(swarms, stranger, EVENT_COMPLETED);
    for (size_t shard = 0; shard < swarms_shard_count(swarms); shard++) {
        SwarmSweep sweep = {.now = 100 + EXPIRY_S + 300, .slots = 4096, .keeps_unlisted = true};
        assert_true(swarms_sweep(swarms, shard, &sweep));
    }
    assert_int_equal(swarms_totals(swarms).swarms, 0);
    assert_int_equal(swarms_totals(swarms).completed, 2);
    sweep_all(swarms, 100 + EXPIRY_S + 300, false);
    assert_int_equal(swarms_state(swarms, &stranger.hash).completed, 0);
    assert_int_equal(swarms_state(swarms, &HASH).completed, 1);
    swarms_free(swarms);
}

static size_t take_changed(Swarms *swarms, SwarmChange *ret_last) {
    SwarmChange changes[3];
    size_t sum = 0, count, position;
    for (size_t shard = 0; shard < swarms_shard_count(swarms); shard++) {
        position = 0;
        while ((count = swarms_take_changed(swarms, shard, &position, changes, 3)) > 0) {
            sum += count;
            *ret_last = changes[count - 1];
        }
    }
    return sum;
}

static void changes_are_told_once_and_the_last_departure_too(void **state) {
    (void)state;
    Swarms *swarms = make((SwarmLimits){0});
    SwarmChange last;
    for (uint8_t i = 0; i < 100; i++) {
        Announce announce = peer(1, 0);
        announce.hash.bytes[5] = i;
        tell(swarms, announce);
    }
    assert_int_equal(take_changed(swarms, &last), 100);
    assert_int_equal(take_changed(swarms, &last), 0);
    tell(swarms, peer(1, 0)); /* says nothing new */
    assert_int_equal(take_changed(swarms, &last), 0);
    tell(swarms, peer(2, 0));
    assert_int_equal(take_changed(swarms, &last), 1);
    assert_int_equal(last.state.seeders, 2);
    sweep_all(swarms, 100 + EXPIRY_S + 300, true); /* waits for the tally */
    assert_int_equal(take_changed(swarms, &last), 100);
    assert_int_equal(last.state.seeders, 0);
    tell(swarms, peer(1, 0));
    tell(swarms, peer(1, 5));
    swarms_unlist(swarms, &WORK);
    assert_int_equal(take_changed(swarms, &last), 0);
    swarms_free(swarms);
}

static void removed_swarm_is_gone_with_its_peers(void **state) {
    (void)state;
    Swarms *swarms = make((SwarmLimits){.peers_max = 10});
    for (uint32_t i = 0; i < 10; i++) tell_event(swarms, peer(i, i % 2), EVENT_COMPLETED);
    swarms_unlist(swarms, &WORK);
    SwarmTotals totals = swarms_totals(swarms);
    assert_int_equal(totals.swarms + totals.seeders + totals.leechers + totals.completed, 0);
    swarms_list(swarms, &WORK);
    for (uint32_t i = 0; i < 10; i++) tell(swarms, peer(i, 0));
    assert_int_equal(swarms_totals(swarms).seeders, 10);
    swarms_free(swarms);
}

static SwarmState count_web(Swarms *swarms, WebChange change, bool is_counted) {
    WebSwarm swarm;
    WebCount count = {.hash = HASH, .change = change, .now = 100};
    assert_true(swarms_count_web(swarms, &count, &swarm));
    assert_int_equal(swarm.is_counted, is_counted);
    assert_memory_equal(&swarm.hash, &HASH, sizeof HASH);
    return swarm.state;
}

static void web_peers_count_in_their_swarm_and_never_below_none(void **state) {
    (void)state;
    Swarms *swarms = make((SwarmLimits){0});
    assert_int_equal(count_web(swarms, (WebChange){.seeders = -1}, true).seeders, 0);
    assert_int_equal(swarms_totals(swarms).swarms, 0);
    count_web(swarms, (WebChange){.seeders = 1, .leechers = 2}, true);
    Answer answer = tell(swarms, peer(1, 0));
    assert_int_equal(answer.swarm.seeders, 2);
    assert_int_equal(answer.swarm.leechers, 2);
    assert_int_equal(answer.swarm.leechers_web, 2);
    tell(swarms, peer6(1, 0));
    assert_int_equal(tell(swarms, peer6(2, 5)).swarm.leechers_v6, 1);
    assert_int_equal(swarms_state(swarms, &HASH).seeders_v6, 1);
    count_web(swarms, (WebChange){.seeders = 1, .leechers = -1, .completed = 1}, true);
    SwarmState now = count_web(swarms, (WebChange){.leechers = -5}, true);
    assert_int_equal(now.seeders_web, 2);
    assert_int_equal(now.leechers_web, 0);
    assert_int_equal(now.completed, 1);
    assert_int_equal(swarms_totals(swarms).seeders, 4);
    count_web(swarms, (WebChange){.seeders = -2}, true);
    assert_int_equal(swarms_totals(swarms).seeders, 2);
    assert_int_equal(swarms_state(swarms, &HASH).completed, 1);
    swarms_free(swarms);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(announce_counts_a_new_seeder),
        cmocka_unit_test(leecher_gets_the_seeder_and_seeder_gets_the_leecher),
        cmocka_unit_test(seeders_and_partial_seeds_get_leechers_only),
        cmocka_unit_test(seeder_is_told_of_a_few_seeders_where_nobody_leeches),
        cmocka_unit_test(leecher_gets_at_least_half_seeders),
        cmocka_unit_test(both_families_share_an_answer_that_can_carry_both),
        cmocka_unit_test(completed_is_counted_once_per_peer_and_only_with_nothing_left),
        cmocka_unit_test(role_change_moves_the_peer),
        cmocka_unit_test(stopped_leaves_and_gets_nobody),
        cmocka_unit_test(what_is_not_to_be_stored_is_answered_and_leaves_no_trace),
        cmocka_unit_test(ceilings_are_hard_and_everybody_is_still_answered),
        cmocka_unit_test(one_address_has_a_limited_number_of_ports),
        cmocka_unit_test(addresses_full_of_ports_keep_nobody_out),
        cmocka_unit_test(silent_peers_expire_and_empty_swarms_go),
        cmocka_unit_test(empty_swarm_is_kept_for_its_completions_while_listed),
        cmocka_unit_test(changes_are_told_once_and_the_last_departure_too),
        cmocka_unit_test(removed_swarm_is_gone_with_its_peers),
        cmocka_unit_test(web_peers_count_in_their_swarm_and_never_below_none),
    };
    if (!random_start()) return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
