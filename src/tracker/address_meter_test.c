#include "tracker/address_meter.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/random.h"

enum { CAP = 100, WINDOW_S = 1800 };

static int set_up(void **state) {
    AddressMeter *meter = address_meter_create();
    address_meter_change(meter, CAP, WINDOW_S);
    *state = meter;
    return 0;
}

static int tear_down(void **state) {
    address_meter_free(*state);
    return 0;
}

static IpAddress v4(uint32_t number) {
    uint8_t bytes[4] = {(uint8_t)(number >> 24), (uint8_t)(number >> 16), (uint8_t)(number >> 8),
                        (uint8_t)number};
    return ip_from_v4(bytes);
}

static IpAddress v6(uint8_t line, uint8_t host) {
    return (IpAddress){{0x20, 1, 0xd, 0xb8, 0, 0, 0, line, 0, 0, 0, 0, 0, 0, 0, host}};
}

static size_t take(AddressMeter *meter, IpAddress ip, Seconds now, size_t tries) {
    size_t taken = 0;
    while (tries--) taken += address_meter_take(meter, ip, now);
    return taken;
}

static void an_address_is_stopped_at_the_cap_until_the_next_window(void **state) {
    assert_int_equal(take(*state, v4(1), 5000, 3 * CAP), CAP);
    assert_int_equal(take(*state, v4(2), 5000, CAP), CAP);
    assert_int_equal(take(*state, v4(1), 5399, 1), 0);
    assert_int_equal(take(*state, v4(1), 5400, 3 * CAP), CAP);
}

static void a_line_of_ipv6_is_one_address(void **state) {
    size_t taken = 0;
    for (uint8_t host = 0; host < 200; host++) taken += take(*state, v6(1, host), 0, 1);
    assert_int_equal(taken, CAP);
    assert_int_equal(take(*state, v6(2, 1), 0, 1), 1);
}

static void zero_is_no_cap_and_changes_hold_at_once(void **state) {
    assert_int_equal(take(*state, v4(1), 0, 2 * CAP), CAP);
    address_meter_change(*state, 0, WINDOW_S);
    assert_int_equal(take(*state, v4(1), 0, 2 * CAP), 2 * CAP);
    address_meter_change(*state, CAP + 5, WINDOW_S);
    assert_int_equal(take(*state, v4(1), 0, 2 * CAP), 5);
}

/* A hundred busy addresses: of 20,000 quiet ones hardly any is taken for busy. */
static void the_busy_do_not_shut_out_the_quiet(void **state) {
    for (uint32_t busy = 0; busy < 100; busy++) take(*state, v4(busy), 0, 2 * CAP);
    size_t taken = 0;
    for (uint32_t quiet = 1000; quiet < 21000; quiet++) taken += take(*state, v4(quiet), 0, 1);
    assert_true(taken >= 19990);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(an_address_is_stopped_at_the_cap_until_the_next_window),
        TEST(a_line_of_ipv6_is_one_address),
        TEST(zero_is_no_cap_and_changes_hold_at_once),
        TEST(the_busy_do_not_shut_out_the_quiet),
    };
    if (!random_start()) return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
