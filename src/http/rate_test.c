#include "http/rate.h"

#include <setjmp.h>
#include <stdarg.h>
/* cmocka wants the three above first */
#include <cmocka.h>

#include "base/random.h"

static IpAddress ip(const char *text) {
    IpAddress address;
    assert_true(ip_parse(str_from_c(text), &address));
    return address;
}

static unsigned takes(Rate *rate, const char *client, RouteLimit limit, Milliseconds now) {
    unsigned granted = 0;
    Seconds wait_s;
    while (granted < 100000 && rate_take(rate, ip(client), limit, now, &wait_s)) granted++;
    return granted;
}

static void a_burst_is_granted_then_refused(void **state) {
    Rate *rate = *state;
    Seconds wait_s = 0;
    assert_int_equal(takes(rate, "192.0.2.1", LIMIT_SIGN_IN, 1000), 60);
    assert_false(rate_take(rate, ip("192.0.2.1"), LIMIT_SIGN_IN, 1000, &wait_s));
    assert_in_range(wait_s, 1, 3);
    assert_true(rate_take(rate, ip("192.0.2.1"), LIMIT_SIGN_IN, 1000 + wait_s * 1000, &wait_s));
}

static void clients_and_costs_are_apart(void **state) {
    Rate *rate = *state;
    assert_int_equal(takes(rate, "192.0.2.2", LIMIT_SIGN_IN, 0), 60);
    assert_int_equal(takes(rate, "192.0.2.3", LIMIT_SIGN_IN, 0), 60);
    assert_int_equal(takes(rate, "192.0.2.2", LIMIT_UPLOADS, 0), 120);
    assert_int_equal(takes(rate, "192.0.2.2", LIMIT_NONE, 0), 100000);
}

static void a_v6_network_is_one_client(void **state) {
    Rate *rate = *state;
    assert_int_equal(takes(rate, "2001:db8::1", LIMIT_SIGN_IN, 0), 60);
    assert_int_equal(takes(rate, "2001:db8::2", LIMIT_SIGN_IN, 0), 0);
    assert_int_equal(takes(rate, "2001:db8:0:1::1", LIMIT_SIGN_IN, 0), 60);
}

static void tokens_do_not_pile_up(void **state) {
    Rate *rate = *state;
    assert_int_equal(takes(rate, "192.0.2.4", LIMIT_SIGN_IN, 0), 60);
    assert_int_equal(takes(rate, "192.0.2.4", LIMIT_SIGN_IN, 1000000000), 60);
}

static void a_flood_of_addresses_is_borne(void **state) {
    Rate *rate = *state;
    Seconds wait_s;
    for (uint32_t i = 0; i < 300000; i++) {
        uint8_t bytes[4];
        memcpy(bytes, &i, sizeof bytes);
        assert_true(rate_take(rate, ip_from_v4(bytes), LIMIT_PAGES, i, &wait_s));
    }
}

static int set_up(void **state) {
    assert_true(random_start());
    *state = rate_create();
    return 0;
}

static int tear_down(void **state) {
    rate_free(*state);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_burst_is_granted_then_refused),
        cmocka_unit_test(clients_and_costs_are_apart),
        cmocka_unit_test(a_v6_network_is_one_client),
        cmocka_unit_test(tokens_do_not_pile_up),
        cmocka_unit_test(a_flood_of_addresses_is_borne),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
