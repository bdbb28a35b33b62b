#include "tracker/swarm.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/random.h"

static Swarms *make(bool open) {
    return swarms_create(&(SwarmLimits){.peers_max = UINT64_MAX,
                                        .swarms_max = UINT64_MAX,
                                        .expiry_s = 3000,
                                        .gate = {.open = open},
                                        .steering = udp_steering_create(random_u64(), 3)});
}

static InfoHash hybrid(uint8_t seed) {
    InfoHash hash = {.has_v1 = true, .has_v2 = true};
    memset(hash.v1, seed, sizeof hash.v1);
    memset(hash.v2, seed + 100, sizeof hash.v2);
    return hash;
}

static SwarmHash name(uint8_t byte) {
    SwarmHash hash;
    memset(hash.bytes, byte, sizeof hash.bytes);
    return hash;
}

typedef enum { REFUSED, LISTED, STRANGER } Pass;

/* Announces somebody who stops: that leaves no trace. */
static Pass look(Swarms *swarms, SwarmHash hash, SwarmHash *ret_swarm) {
    uint8_t room[ANSWER_V4_BYTES];
    Answer answer = {.v4 = room, .v6 = room};
    Announce announce = {
        .hash = hash, .from = {{{9}}, 1}, .event = EVENT_STOPPED, .is_stored = true};
    unsigned outcome = swarms_announce(swarms, &announce, 1, &answer);
    if (outcome & SWARM_REFUSED) return REFUSED;
    *ret_swarm = answer.hash;
    return outcome & SWARM_LISTED ? LISTED : STRANGER;
}

static void closed_tracker_lets_in_what_is_listed(void **state) {
    (void)state;
    Swarms *swarms = make(false);
    InfoHash hash = {.has_v1 = true, .v1 = {7}};
    SwarmHash asked = {{7}}, swarm;
    assert_int_equal(look(swarms, asked, &swarm), REFUSED);
    assert_true(swarms_list(swarms, &hash));
    assert_int_equal(look(swarms, asked, &swarm), LISTED);
    assert_memory_equal(&swarm, &asked, sizeof asked);
    swarms_unlist(swarms, &hash);
    assert_int_equal(look(swarms, asked, &swarm), REFUSED);
    swarms_free(swarms);
}

static void both_names_of_a_hybrid_lead_to_one_swarm(void **state) {
    (void)state;
    Swarms *swarms = make(false);
    InfoHash hash = hybrid(1);
    SwarmHash swarm;
    assert_true(swarms_list(swarms, &hash));
    assert_int_equal(look(swarms, name(1), &swarm), LISTED);
    assert_int_equal(swarm.bytes[0], 1);
    assert_int_equal(look(swarms, name(101), &swarm), LISTED);
    assert_int_equal(swarm.bytes[0], 1);
    swarms_unlist(swarms, &hash);
    assert_int_equal(look(swarms, name(101), &swarm), REFUSED);
    assert_int_equal(look(swarms, name(1), &swarm), REFUSED);
    swarms_free(swarms);
}

static void v2_alone_goes_by_its_first_twenty_bytes(void **state) {
    (void)state;
    Swarms *swarms = make(false);
    InfoHash hash = hybrid(1);
    hash.has_v1 = false;
    SwarmHash swarm;
    assert_true(swarms_list(swarms, &hash));
    assert_int_equal(look(swarms, name(101), &swarm), LISTED);
    assert_int_equal(swarm.bytes[0], 101);
    assert_int_equal(look(swarms, name(1), &swarm), REFUSED);
    swarms_free(swarms);
}

static void open_tracker_lets_in_all_but_what_was_removed(void **state) {
    (void)state;
    Swarms *swarms = make(true);
    InfoHash hash = hybrid(1);
    SwarmHash swarm;
    assert_int_equal(look(swarms, name(1), &swarm), STRANGER);
    swarms_unlist(swarms, &hash);
    assert_int_equal(look(swarms, name(1), &swarm), REFUSED);
    assert_int_equal(look(swarms, name(101), &swarm), REFUSED);
    assert_true(swarms_list(swarms, &hash));
    assert_int_equal(look(swarms, name(101), &swarm), LISTED);
    swarms_free(swarms);
}

static void list_holds_many_and_loses_only_what_is_removed(void **state) {
    (void)state;
    Swarms *swarms = make(false);
    InfoHash hash = {.has_v1 = true};
    SwarmHash asked = {{0}}, swarm;
    for (uint32_t i = 0; i < 20000; i++) {
        memcpy(hash.v1, &i, sizeof i);
        assert_true(swarms_list(swarms, &hash));
    }
    for (uint32_t i = 0; i < 20000; i += 2) {
        memcpy(hash.v1, &i, sizeof i);
        swarms_unlist(swarms, &hash);
    }
    for (uint32_t i = 0; i < 20000; i++) {
        memcpy(asked.bytes, &i, sizeof i);
        assert_int_equal(look(swarms, asked, &swarm), i % 2 ? LISTED : REFUSED);
    }
    swarms_free(swarms);
}

static void list_holds_on_when_a_second_name_is_listed_alone(void **state) {
    (void)state;
    Swarms *swarms = make(false);
    InfoHash hash = hybrid(1), second = hybrid(1);
    SwarmHash swarm;
    second.has_v1 = false;
    assert_true(swarms_list(swarms, &hash));
    assert_true(swarms_list(swarms, &second));
    assert_int_equal(look(swarms, name(101), &swarm), LISTED);
    assert_int_equal(swarm.bytes[0], 101);
    assert_int_equal(look(swarms, name(1), &swarm), LISTED);
    assert_int_equal(swarm.bytes[0], 1);
    assert_true(swarms_list(swarms, &hash));
    assert_int_equal(look(swarms, name(101), &swarm), LISTED);
    assert_int_equal(swarm.bytes[0], 1);
    swarms_free(swarms);
}

/* --- taking off many at once --- */

enum { CROWD = 30000, ROUNDS = 40 };
static const InfoHash popular = {.has_v1 = true, .v1 = {5}};
static const SwarmHash popular_name = {{5}};

static Swarms *make_for_crowd(void) {
    return swarms_create(&(SwarmLimits){.peers_max = CROWD,
                                        .swarms_max = 1,
                                        .expiry_s = 3000,
                                        .steering = udp_steering_create(random_u64(), 1)});
}

/* Of both families and roles, some of them partial seeds. */
static unsigned join(Swarms *swarms, uint32_t number) {
    uint8_t v4[ANSWER_V4_BYTES], v6[ANSWER_V6_BYTES];
    Answer answer = {.v4 = v4, .v6 = v6};
    Announce announce = {
        .hash = popular_name,
        .from = {ip_from_v4((uint8_t[4]){9, 0, (uint8_t)(number >> 8), (uint8_t)number}),
                 (uint16_t)(1 + (number >> 16))},
        .left = number % 3,
        .event = number % 6 == 1 ? EVENT_PAUSED : EVENT_NONE,
        .is_stored = true};
    if (number % 5 == 0)
        announce.from.ip = (IpAddress){{0x2a, 1, [6] = (uint8_t)(number >> 8), (uint8_t)number}};
    return swarms_announce(swarms, &announce, 1, &answer);
}

static void fill_to_the_last_place(Swarms *swarms) {
    assert_true(swarms_list(swarms, &popular));
    for (uint32_t i = 0; i < CROWD; i++) assert_true(join(swarms, i) & SWARM_STORED);
    assert_true(join(swarms, CROWD) & SWARM_NOT_STORED);
    SwarmState state = swarms_state(swarms, &popular_name);
    assert_int_equal(state.seeders + state.leechers, CROWD);
    assert_int_equal(state.partial_seeds, CROWD / 6);
}

static void crowd_taken_off_leaves_every_place_free(void **state) {
    (void)state;
    Swarms *swarms = make_for_crowd();
    for (unsigned round = 0; round < 2; round++) {
        fill_to_the_last_place(swarms);
        swarms_unlist(swarms, &popular);
        SwarmTotals totals = swarms_totals(swarms);
        assert_int_equal(totals.swarms + totals.seeders + totals.leechers, 0);
        assert_int_equal(join(swarms, 0), SWARM_REFUSED);
    }
    swarms_free(swarms);
}

typedef struct {
    Swarms *swarms;
    atomic_bool is_over;
} Fickle;

static void *list_and_unlist(void *argument) {
    Fickle *fickle = argument;
    while (!fickle->is_over) {
        swarms_unlist(fickle->swarms, &popular);
        swarms_list(fickle->swarms, &popular);
    }
    return NULL;
}

static void counts_stay_right_when_a_crowd_is_listed_while_it_goes(void **state) {
    (void)state;
    Fickle one = {.swarms = make_for_crowd()}, other = {.swarms = one.swarms};
    pthread_t threads[2];
    fill_to_the_last_place(one.swarms);
    assert_int_equal(pthread_create(&threads[0], NULL, list_and_unlist, &one), 0);
    assert_int_equal(pthread_create(&threads[1], NULL, list_and_unlist, &other), 0);
    for (uint32_t i = 0; i < ROUNDS * CROWD / 10; i++) join(one.swarms, i % CROWD);
    one.is_over = other.is_over = true;
    for (size_t i = 0; i < 2; i++) pthread_join(threads[i], NULL);
    SwarmTotals totals = swarms_totals(one.swarms);
    SwarmState now = swarms_state(one.swarms, &popular_name);
    assert_int_equal(totals.seeders, now.seeders);
    assert_int_equal(totals.leechers, now.leechers);
    fill_to_the_last_place(one.swarms);
    swarms_unlist(one.swarms, &popular);
    fill_to_the_last_place(one.swarms);
    swarms_free(one.swarms);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(closed_tracker_lets_in_what_is_listed),
        cmocka_unit_test(both_names_of_a_hybrid_lead_to_one_swarm),
        cmocka_unit_test(v2_alone_goes_by_its_first_twenty_bytes),
        cmocka_unit_test(open_tracker_lets_in_all_but_what_was_removed),
        cmocka_unit_test(list_holds_many_and_loses_only_what_is_removed),
        cmocka_unit_test(list_holds_on_when_a_second_name_is_listed_alone),
        cmocka_unit_test(crowd_taken_off_leaves_every_place_free),
        cmocka_unit_test(counts_stay_right_when_a_crowd_is_listed_while_it_goes),
    };
    if (!random_start()) return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
