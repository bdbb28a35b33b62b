#include "tracker/connection_id.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const ConnectionKey KEY = {{1, 2, 3}};
static const IpAddress ALICE = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1}};
static const IpAddress BOB = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 2}};

static void id_lives_five_to_ten_minutes(void **state) {
    (void)state;
    for (Seconds made = 1000000200; made < 1000000200 + 300; made += 7) {
        uint64_t id = connection_id_make(&KEY, ALICE, made);
        assert_true(connection_id_check(&KEY, id, ALICE, made));
        assert_true(connection_id_check(&KEY, id, ALICE, made + 300));
        assert_false(connection_id_check(&KEY, id, ALICE, made + 600));
        assert_false(connection_id_check(&KEY, id, ALICE, made - 300));
        /* The 4-bit epoch comes round; the id does not. */
        assert_false(connection_id_check(&KEY, id, ALICE, made + 16 * 300));
    }
}

static void id_belongs_to_one_address_and_one_key(void **state) {
    (void)state;
    ConnectionKey other = {{1, 2, 4}};
    uint64_t id = connection_id_make(&KEY, ALICE, 900);
    assert_false(connection_id_check(&KEY, id, BOB, 900));
    assert_false(connection_id_check(&other, id, ALICE, 900));
    assert_false(connection_id_check(&KEY, 0x41727101980, ALICE, 900));
    assert_false(connection_id_check(&KEY, 0, ALICE, 900));
}

static void every_bit_of_the_id_counts(void **state) {
    (void)state;
    uint64_t id = connection_id_make(&KEY, ALICE, 900);
    for (unsigned bit = 0; bit < 64; bit++)
        assert_false(connection_id_check(&KEY, id ^ (1ULL << bit), ALICE, 900));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(id_lives_five_to_ten_minutes),
        cmocka_unit_test(id_belongs_to_one_address_and_one_key),
        cmocka_unit_test(every_bit_of_the_id_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
