#include "base/address.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <cmocka.h>

#include "base/limits.h"

static IpAddress ip(const char *text) {
    IpAddress parsed;
    if (!ip_parse(str_from_c(text), &parsed)) fail_msg("no address: %s", text);
    return parsed;
}

static void addresses_are_written_as_they_were_read(void **state) {
    (void)state;
    Arena arena = arena_create(MIB);
    static const char *const same[] = {"192.0.2.1", "0.0.0.0", "255.255.255.255", "2001:db8::1",
                                       "::",        "::1",     "fe80::1:2:3"};
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++)
        assert_string_equal(str_c(&arena, ip_write(&arena, ip(same[i]))), same[i]);
    assert_string_equal(str_c(&arena, ip_write(&arena, ip("2001:DB8:0:0::1"))), "2001:db8::1");
    arena_free(&arena);
}

static void a_mapped_address_is_the_v4_address(void **state) {
    (void)state;
    assert_true(ip_equal(ip("::ffff:192.0.2.1"), ip("192.0.2.1")));
    assert_true(ip_equal(ip("::ffff:c000:201"), ip_from_v4((uint8_t[]){192, 0, 2, 1})));
    assert_true(ip_is_v4(ip("::ffff:192.0.2.1")));
    assert_false(ip_is_v4(ip("::192.0.2.1")));
    assert_false(ip_is_v4(ip("2001:db8::ffff:1")));
}

static void what_is_no_address_is_refused(void **state) {
    (void)state;
    static const char *const wrong[] = {
        "",    "1.2.3",   "1.2.3.4.5", "256.1.1.1",    "1.2.3.4 ",  " 1.2.3.4", "01.2.3.4",
        ":::", "1::2::3", "[::1]",     "fe80::1%eth0", "localhost", "12345::"};
    IpAddress out = ip("192.0.2.9");
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        if (ip_parse(str_from_c(wrong[i]), &out)) fail_msg("taken: %s", wrong[i]);
    assert_false(ip_parse(STR("1.2.3.4\0"), &out));
    assert_false(ip_parse(STR("0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000"), &out));
    assert_true(ip_equal(out, ip("192.0.2.9")));
}

static void bogons_are_known(void **state) {
    (void)state;
    static const char *const bogons[] = {
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "10.255.255.255",
        "100.64.0.1",
        "100.127.0.1",
        "127.0.0.1",
        "169.254.1.1",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.1",
        "192.0.2.1",
        "192.168.255.255",
        "198.18.0.1",
        "198.19.255.255",
        "198.51.100.7",
        "203.0.113.7",
        "224.0.0.1",
        "239.1.1.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "fe80::1",
        "febf::1",
        "fc00::1",
        "fdff::1",
        "ff02::1",
        "2001:db8::1",
        "::ffff:10.0.0.1",
        "64:ff9b::1",
        "100::1",
    };
    for (size_t i = 0; i < sizeof bogons / sizeof bogons[0]; i++)
        if (!ip_is_bogon(ip(bogons[i]))) fail_msg("not seen as bogon: %s", bogons[i]);
}

static void neighbours_of_bogons_are_fine(void **state) {
    (void)state;
    static const char *const fine[] = {
        "1.0.0.1",     "9.255.255.255", "11.0.0.0",    "100.63.255.255",  "100.128.0.0",
        "126.0.0.1",   "128.0.0.1",     "169.253.0.1", "169.255.0.1",     "172.15.255.255",
        "172.32.0.0",  "192.0.1.1",     "192.0.3.1",   "192.167.255.255", "192.169.0.0",
        "198.17.0.1",  "198.20.0.1",    "203.0.112.1", "203.0.114.1",     "223.255.255.255",
        "2001:db7::1", "2001:db9::1",   "2a00::1",     "::ffff:8.8.8.8",  "fbff::1",
        "fec0::1",     "100:0:0:1::1",
    };
    for (size_t i = 0; i < sizeof fine / sizeof fine[0]; i++)
        if (ip_is_bogon(ip(fine[i]))) fail_msg("seen as bogon: %s", fine[i]);
}

static void loopback_is_both_families(void **state) {
    (void)state;
    assert_true(ip_is_loopback(ip("127.0.0.1")));
    assert_true(ip_is_loopback(ip("127.255.255.254")));
    assert_true(ip_is_loopback(ip("::1")));
    assert_true(ip_is_loopback(ip("::ffff:127.0.0.1")));
    assert_false(ip_is_loopback(ip("::2")));
    assert_false(ip_is_loopback(ip("128.0.0.1")));
    assert_false(ip_is_loopback(ip("0.0.0.0")));
}

static bool within(const char *network_text, const char *ip_text) {
    IpNetwork network;
    if (!ip_network_parse(str_from_c(network_text), &network)) fail_msg("no: %s", network_text);
    return ip_network_contains(network, ip(ip_text));
}

static void networks_hold_what_their_bits_say(void **state) {
    (void)state;
    assert_true(within("10.0.0.0/8", "10.255.1.2"));
    assert_false(within("10.0.0.0/8", "11.0.0.0"));
    assert_true(within("192.0.2.128/25", "192.0.2.255"));
    assert_false(within("192.0.2.128/25", "192.0.2.127"));
    assert_true(within("192.0.2.1", "192.0.2.1"));
    assert_false(within("192.0.2.1", "192.0.2.2"));
    assert_true(within("0.0.0.0/0", "8.8.8.8"));
    assert_false(within("0.0.0.0/0", "2a00::1"));
    assert_true(within("::/0", "8.8.8.8"));
    assert_true(within("2001:db8::/33", "2001:db8:7fff::1"));
    assert_false(within("2001:db8::/33", "2001:db8:8000::1"));
    assert_true(within("2001:db8::1/128", "2001:db8::1"));
}

static void bad_networks_are_refused(void **state) {
    (void)state;
    static const char *const wrong[] = {"",       "/8",          "10.0.0.0/",    "10.0.0.0/33",
                                        "::/129", "10.0.0.0/-1", "10.0.0.0/8/8", "10/8",
                                        "::/ 1"};
    IpNetwork network;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        if (ip_network_parse(str_from_c(wrong[i]), &network)) fail_msg("taken: %s", wrong[i]);
}

static void endpoints_are_read_and_written(void **state) {
    (void)state;
    Arena arena = arena_create(MIB);
    static const char *const same[] = {"127.0.0.1:8080", "[::]:6969", "[2001:db8::1]:65535",
                                       "0.0.0.0:0"};
    Endpoint endpoint;
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
        assert_true(endpoint_parse(str_from_c(same[i]), &endpoint));
        assert_string_equal(str_c(&arena, endpoint_write(&arena, endpoint)), same[i]);
    }
    static const char *const wrong[] = {"",      "127.0.0.1",    "127.0.0.1:",   "127.0.0.1:65536",
                                        ":8080", "::1:80",       "[::1]",        "[::1]80",
                                        "[::1",  "127.0.0.1:-1", "localhost:80", "127.0.0.1:80 "};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        if (endpoint_parse(str_from_c(wrong[i]), &endpoint)) fail_msg("taken: %s", wrong[i]);
    arena_free(&arena);
}

static void endpoints_survive_the_socket_interface(void **state) {
    (void)state;
    static const char *const texts[] = {"192.0.2.1:6881", "[2001:db8::1]:6881"};
    static const socklen_t sizes[] = {sizeof(struct sockaddr_in), sizeof(struct sockaddr_in6)};
    for (size_t i = 0; i < 2; i++) {
        Endpoint endpoint;
        struct sockaddr_storage address;
        assert_true(endpoint_parse(str_from_c(texts[i]), &endpoint));
        assert_int_equal(endpoint_to_sockaddr(endpoint, &address), sizes[i]);
        Endpoint back = endpoint_from_sockaddr(&address);
        assert_true(ip_equal(back.ip, endpoint.ip));
        assert_int_equal(back.port, 6881);
    }
    /* A dual-stack socket tells an IPv4 peer as a mapped address. */
    struct sockaddr_storage mapped = {0};
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&mapped;
    v6->sin6_family = AF_INET6;
    IpAddress v4 = ip("192.0.2.1");
    memcpy(&v6->sin6_addr, v4.bytes, 16);
    assert_true(ip_is_v4(endpoint_from_sockaddr(&mapped).ip));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_written_as_they_were_read),
        cmocka_unit_test(a_mapped_address_is_the_v4_address),
        cmocka_unit_test(what_is_no_address_is_refused),
        cmocka_unit_test(bogons_are_known),
        cmocka_unit_test(neighbours_of_bogons_are_fine),
        cmocka_unit_test(loopback_is_both_families),
        cmocka_unit_test(networks_hold_what_their_bits_say),
        cmocka_unit_test(bad_networks_are_refused),
        cmocka_unit_test(endpoints_are_read_and_written),
        cmocka_unit_test(endpoints_survive_the_socket_interface),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
