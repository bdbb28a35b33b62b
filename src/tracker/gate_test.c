#include "tracker/gate.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/random.h"

static void names_of_a_hybrid_are_two_and_its_v1_is_first(void **state) {
    (void)state;
    InfoHash hash = {.has_v1 = true, .has_v2 = true, .v1 = {1}, .v2 = {101}};
    GateNames names = gate_names(&hash);
    assert_int_equal(names.count, 2);
    assert_int_equal(names.hashes[0].bytes[0], 1);
    assert_int_equal(names.hashes[1].bytes[0], 101);
    hash.has_v1 = false;
    names = gate_names(&hash);
    assert_int_equal(names.count, 1);
    assert_int_equal(names.hashes[0].bytes[0], 101);
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
        cmocka_unit_test(names_of_a_hybrid_are_two_and_its_v1_is_first),
        cmocka_unit_test(one_address_begins_a_limited_number_of_swarms_a_minute),
    };
    if (!random_start()) return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
