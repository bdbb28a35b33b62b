#include "tracker/door.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/random.h"

enum { REST_S = 3600, NOW = 100000 };

static const SwarmHash ONE = {"aaaaaaaaaaaaaaaaaaaa"}, TWO = {"bbbbbbbbbbbbbbbbbbbb"};

static int start(void **state) {
    assert_true(random_start());
    *state = doors_create(REST_S);
    return 0;
}

static int end(void **state) {
    doors_free(*state);
    return 0;
}

static Announce seeder(uint8_t host, uint16_t port, const SwarmHash *hash) {
    const uint8_t v4[] = {8, 8, 4, host};
    return (Announce){.hash = *hash, .from = {ip_from_v4(v4), port}};
}

static Seconds note(Doors *doors, uint8_t host, const SwarmHash *swarm, Seconds now) {
    Announce announce = seeder(host, 6881, swarm);
    return doors_note(doors, &announce, swarm, now);
}

static void a_seeder_is_handed_out_once(void **state) {
    DoorAsk asks[8];
    assert_int_equal(note(*state, 1, &ONE, NOW), 0);
    assert_int_equal(note(*state, 1, &ONE, NOW + 1), 0);
    assert_int_equal(note(*state, 1, &TWO, NOW + 2), 0);
    assert_int_equal(note(*state, 2, &ONE, NOW + 3), 0);
    assert_int_equal(doors_take(*state, asks, 8), 2);
    assert_int_equal(asks[0].at.ip.bytes[15], 1);
    assert_int_equal(asks[0].at.port, 6881);
    assert_memory_equal(asks[0].hash.bytes, ONE.bytes, sizeof ONE.bytes);
    assert_int_equal(doors_take(*state, asks, 8), 0);
    note(*state, 1, &ONE, NOW + REST_S * 2); /* it is still being knocked at */
    assert_int_equal(doors_take(*state, asks, 8), 0);
}

static void whoever_is_closed_is_told_until_he_has_rested(void **state) {
    DoorAsk ask;
    note(*state, 1, &ONE, NOW);
    assert_int_equal(doors_take(*state, &ask, 1), 1);
    doors_tell(*state, ask.at, DOOR_CLOSED, NOW + 10);
    assert_int_equal(note(*state, 1, &ONE, NOW + 20), NOW + 10);
    assert_int_equal(note(*state, 1, &TWO, NOW + 20), NOW + 10);
    assert_int_equal(note(*state, 2, &ONE, NOW + 20), 0);
    assert_int_equal(note(*state, 1, &ONE, NOW + 10 + REST_S), 0);
    assert_int_equal(doors_take(*state, &ask, 1), 1); /* 2, and then 1 again */
    assert_int_equal(doors_take(*state, &ask, 1), 1);
    assert_int_equal(ask.at.ip.bytes[15], 1);
    doors_tell(*state, ask.at, DOOR_OPEN, NOW + REST_S + 20);
    assert_int_equal(note(*state, 1, &ONE, NOW + REST_S + 30), 0);
}

static void swarms_are_counted_when_something_changed(void **state) {
    DoorAsk asks[8];
    DoorCount counts[8];
    for (uint8_t host = 1; host <= 4; host++) note(*state, host, &ONE, NOW);
    assert_int_equal(doors_tally(*state, NOW, counts, 8), 0);
    assert_int_equal(doors_take(*state, asks, 8), 4);
    doors_tell(*state, asks[0].at, DOOR_OPEN, NOW);
    doors_tell(*state, asks[1].at, DOOR_CLOSED, NOW);
    doors_tell(*state, asks[2].at, DOOR_OPEN, NOW);
    doors_tell(*state, asks[3].at, DOOR_UNCLEAR, NOW);
    note(*state, 1, &TWO, NOW);
    assert_int_equal(doors_tally(*state, NOW, counts, 8), 2);
    bool first = counts[0].swarm.bytes[0] == 'a';
    assert_int_equal(counts[!first].open, 2);
    assert_int_equal(counts[!first].closed, 1);
    assert_int_equal(counts[first].open, 1);
    assert_int_equal(doors_tally(*state, NOW, counts, 8), 0);
    note(*state, 1, &ONE, NOW + 5);
    assert_int_equal(doors_tally(*state, NOW + 5, counts, 8), 0);
}

static void what_was_forgotten_may_be_asked_again(void **state) {
    DoorAsk ask;
    note(*state, 1, &ONE, NOW);
    assert_int_equal(doors_take(*state, &ask, 1), 1);
    doors_tell(*state, ask.at, DOOR_UNKNOWN, NOW);
    note(*state, 1, &ONE, NOW + 1);
    assert_int_equal(doors_take(*state, &ask, 1), 1);
}

static void a_crowd_fills_the_tables_and_no_more(void **state) {
    DoorAsk asks[DOORS_WAITING_MAX + 1];
    for (uint32_t i = 0; i < 200000; i++) {
        Announce announce = seeder((uint8_t)i, (uint16_t)(1024 + i / 256), &ONE);
        doors_note(*state, &announce, &ONE, NOW);
    }
    assert_int_equal(doors_take(*state, asks, DOORS_WAITING_MAX + 1), DOORS_WAITING_MAX);
    for (size_t i = 0; i < DOORS_WAITING_MAX; i++) doors_tell(*state, asks[i].at, DOOR_CLOSED, NOW);
    DoorCount count;
    assert_int_equal(doors_tally(*state, NOW, &count, 1), 1);
    assert_true(count.closed > 0 && count.closed <= DOORS_WAITING_MAX);
}

static void no_address_outlives_its_rest(void **state) {
    DoorAsk asks[2];
    DoorCount count;
    note(*state, 1, &ONE, NOW);
    note(*state, 2, &ONE, NOW);
    assert_int_equal(doors_take(*state, asks, 2), 2);
    doors_tell(*state, asks[0].at, DOOR_OPEN, NOW);
    doors_tell(*state, asks[1].at, DOOR_CLOSED, NOW);
    doors_tally(*state, NOW + REST_S - 1, &count, 1);
    assert_int_equal(doors_kept(*state), 4); /* each as a door and as a sighting */
    doors_tally(*state, NOW + REST_S, &count, 1);
    assert_int_equal(doors_kept(*state), 0);
}

static void all_is_forgotten_on_demand(void **state) {
    DoorAsk ask;
    note(*state, 1, &ONE, NOW);
    note(*state, 2, &ONE, NOW);
    assert_int_equal(doors_take(*state, &ask, 1), 1);
    doors_forget(*state);
    assert_int_equal(doors_kept(*state), 0);
    doors_tell(*state, ask.at, DOOR_CLOSED, NOW);
    assert_int_equal(note(*state, 1, &ONE, NOW + 1), 0);
    assert_int_equal(doors_take(*state, &ask, 1), 1);
}

static void swarms_left_over_are_counted_next_time(void **state) {
    DoorAsk ask;
    DoorCount count;
    note(*state, 1, &ONE, NOW);
    assert_int_equal(doors_take(*state, &ask, 1), 1);
    doors_tell(*state, ask.at, DOOR_OPEN, NOW);
    note(*state, 1, &TWO, NOW);
    assert_int_equal(doors_tally(*state, NOW, &count, 1), 1);
    assert_int_equal(doors_tally(*state, NOW, &count, 1), 1);
    assert_int_equal(doors_tally(*state, NOW, &count, 1), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_seeder_is_handed_out_once, start, end),
        cmocka_unit_test_setup_teardown(whoever_is_closed_is_told_until_he_has_rested, start, end),
        cmocka_unit_test_setup_teardown(swarms_are_counted_when_something_changed, start, end),
        cmocka_unit_test_setup_teardown(what_was_forgotten_may_be_asked_again, start, end),
        cmocka_unit_test_setup_teardown(a_crowd_fills_the_tables_and_no_more, start, end),
        cmocka_unit_test_setup_teardown(no_address_outlives_its_rest, start, end),
        cmocka_unit_test_setup_teardown(all_is_forgotten_on_demand, start, end),
        cmocka_unit_test_setup_teardown(swarms_left_over_are_counted_next_time, start, end),
    };
    return cmocka_run_group_tests_name("tracker/door", tests, NULL, NULL);
}
