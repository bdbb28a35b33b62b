#include "tracker/gate.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/random.h"

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

static GatePass look(Gate *gate, SwarmHash hash, SwarmHash *ret_swarm) {
    GatePass pass = gate_enter(gate, &hash, ret_swarm);
    if (pass != GATE_REFUSED) gate_leave(gate, &hash);
    return pass;
}

static void closed_gate_lets_in_what_is_listed(void **state) {
    (void)state;
    Gate *gate = gate_create(&(GateRules){.open = false});
    InfoHash hash = {.has_v1 = true, .v1 = {7}};
    SwarmHash asked = {{7}}, swarm;
    assert_int_equal(look(gate, asked, &swarm), GATE_REFUSED);
    assert_true(gate_add(gate, &hash));
    assert_int_equal(look(gate, asked, &swarm), GATE_LISTED);
    assert_memory_equal(&swarm, &asked, sizeof asked);
    gate_remove(gate, &hash);
    assert_int_equal(look(gate, asked, &swarm), GATE_REFUSED);
    gate_free(gate);
}

static void both_names_of_a_hybrid_lead_to_one_swarm(void **state) {
    (void)state;
    Gate *gate = gate_create(&(GateRules){.open = false});
    InfoHash hash = hybrid(1);
    SwarmHash swarm;
    assert_true(gate_add(gate, &hash));
    assert_int_equal(look(gate, name(1), &swarm), GATE_LISTED);
    assert_int_equal(swarm.bytes[0], 1);
    assert_int_equal(look(gate, name(101), &swarm), GATE_LISTED);
    assert_int_equal(swarm.bytes[0], 1);
    gate_remove(gate, &hash);
    assert_int_equal(look(gate, name(101), &swarm), GATE_REFUSED);
    assert_int_equal(look(gate, name(1), &swarm), GATE_REFUSED);
    gate_free(gate);
}

static void v2_alone_goes_by_its_first_twenty_bytes(void **state) {
    (void)state;
    Gate *gate = gate_create(&(GateRules){.open = false});
    InfoHash hash = hybrid(1);
    hash.has_v1 = false;
    SwarmHash swarm;
    assert_true(gate_add(gate, &hash));
    assert_int_equal(look(gate, name(101), &swarm), GATE_LISTED);
    assert_int_equal(swarm.bytes[0], 101);
    assert_int_equal(look(gate, name(1), &swarm), GATE_REFUSED);
    gate_free(gate);
}

static void open_gate_lets_in_all_but_what_was_removed(void **state) {
    (void)state;
    Gate *gate = gate_create(&(GateRules){.open = true});
    InfoHash hash = hybrid(1);
    SwarmHash swarm;
    assert_int_equal(look(gate, name(1), &swarm), GATE_STRANGER);
    gate_remove(gate, &hash);
    assert_int_equal(look(gate, name(1), &swarm), GATE_REFUSED);
    assert_int_equal(look(gate, name(101), &swarm), GATE_REFUSED);
    assert_true(gate_add(gate, &hash));
    assert_int_equal(look(gate, name(101), &swarm), GATE_LISTED);
    gate_free(gate);
}

static void list_holds_many_and_loses_only_what_is_removed(void **state) {
    (void)state;
    Gate *gate = gate_create(&(GateRules){.open = false});
    InfoHash hash = {.has_v1 = true};
    SwarmHash asked = {{0}}, swarm;
    for (uint32_t i = 0; i < 20000; i++) {
        memcpy(hash.v1, &i, sizeof i);
        assert_true(gate_add(gate, &hash));
    }
    for (uint32_t i = 0; i < 20000; i += 2) {
        memcpy(hash.v1, &i, sizeof i);
        gate_remove(gate, &hash);
    }
    for (uint32_t i = 0; i < 20000; i++) {
        memcpy(asked.bytes, &i, sizeof i);
        assert_int_equal(look(gate, asked, &swarm), i % 2 ? GATE_LISTED : GATE_REFUSED);
    }
    gate_free(gate);
}

static void one_address_begins_a_limited_number_of_swarms_a_minute(void **state) {
    (void)state;
    Gate *gate = gate_create(&(GateRules){.open = true, .new_swarms_per_address_max = 3});
    IpAddress alice = {{0x20, 1, 5, [15] = 1}}, same_line = {{0x20, 1, 5, [15] = 9}};
    IpAddress bob = {{0x20, 1, 6}};
    for (int i = 0; i < 3; i++) {
        assert_true(gate_may_begin(gate, alice, 600));
        gate_note_begun(gate, alice, 600);
    }
    assert_false(gate_may_begin(gate, alice, 659));
    assert_false(gate_may_begin(gate, same_line, 659));
    assert_true(gate_may_begin(gate, bob, 659));
    assert_true(gate_may_begin(gate, alice, 660));
    gate_free(gate);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(closed_gate_lets_in_what_is_listed),
        cmocka_unit_test(both_names_of_a_hybrid_lead_to_one_swarm),
        cmocka_unit_test(v2_alone_goes_by_its_first_twenty_bytes),
        cmocka_unit_test(open_gate_lets_in_all_but_what_was_removed),
        cmocka_unit_test(list_holds_many_and_loses_only_what_is_removed),
        cmocka_unit_test(one_address_begins_a_limited_number_of_swarms_a_minute),
    };
    if (!random_start()) return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
