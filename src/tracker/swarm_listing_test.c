#include "tracker/swarm.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(closed_tracker_lets_in_what_is_listed),
        cmocka_unit_test(both_names_of_a_hybrid_lead_to_one_swarm),
        cmocka_unit_test(v2_alone_goes_by_its_first_twenty_bytes),
        cmocka_unit_test(open_tracker_lets_in_all_but_what_was_removed),
        cmocka_unit_test(list_holds_many_and_loses_only_what_is_removed),
        cmocka_unit_test(list_holds_on_when_a_second_name_is_listed_alone),
    };
    if (!random_start()) return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
