#include "http/proxy_protocol.h"

#include <setjmp.h>
#include <stdarg.h>
/* cmocka wants the three above first */
#include <cmocka.h>

#include "base/limits.h"

#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"

static void assert_client(const ProxyHeader *header, const char *expected) {
    IpAddress ip;
    assert_true(header->has_client);
    assert_true(ip_parse(str_from_c(expected), &ip));
    assert_true(ip_equal(ip, header->client));
}

static const Str v4 = STR(SIGNATURE "\x21\x11\0\x0c\xc0\0\2\7\x7f\0\0\1\x10\0\0\x50");

static void a_v4_client_is_told(void **state) {
    (void)state;
    ProxyHeader header;
    assert_int_equal(proxy_header_parse(v4, &header), PROXY_HEADER_GOOD);
    assert_int_equal(header.len, 28);
    assert_client(&header, "192.0.2.7");
    assert_false(header.is_secure);
}

static void a_v6_client_and_a_mapped_one_are_told(void **state) {
    (void)state;
    ProxyHeader header;
    uint8_t bytes[16 + 36] = SIGNATURE "\x21\x21\0\x24";
    bytes[16] = 0x20, bytes[17] = 0x01, bytes[18] = 0x0d, bytes[19] = 0xb8, bytes[31] = 9;
    Str packet = str_from_bytes(bytes, sizeof bytes);
    assert_int_equal(proxy_header_parse(packet, &header), PROXY_HEADER_GOOD);
    assert_client(&header, "2001:db8::9");
    memset(bytes + 16, 0, 10);
    memset(bytes + 26, 0xff, 2);
    memcpy(bytes + 28, "\xc0\0\2\7", 4);
    assert_int_equal(proxy_header_parse(packet, &header), PROXY_HEADER_GOOD);
    assert_client(&header, "192.0.2.7");
}

static void the_balancers_own_connection_has_no_client(void **state) {
    (void)state;
    static const Str packets[] = {
        STR(SIGNATURE "\x20\0\0\0"),
        STR(SIGNATURE "\x20\x11\0\x0c\xc0\0\2\7\x7f\0\0\1\x10\0\0\x50"), /* addresses of a LOCAL */
        STR(SIGNATURE "\x21\0\0\0"),                                     /* AF_UNSPEC */
        STR(SIGNATURE "\x21\0\0\3abc"),
    };
    for (size_t i = 0; i < sizeof packets / sizeof packets[0]; i++) {
        ProxyHeader header;
        assert_int_equal(proxy_header_parse(packets[i], &header), PROXY_HEADER_GOOD);
        assert_int_equal(header.len, packets[i].len);
        assert_false(header.has_client);
    }
}

static void fields_are_passed_over_but_for_tls(void **state) {
    (void)state;
    ProxyHeader header;
    Str plain = STR(SIGNATURE
                    "\x21\x11\0\x14\xc0\0\2\7\x7f\0\0\1\x10\0\0\x50"
                    "\4\0\0\x20\0\2\0\1");
    assert_int_equal(proxy_header_parse(plain, &header), PROXY_HEADER_GOOD);
    assert_false(header.is_secure);
    Str tls = STR(SIGNATURE
                  "\x21\x11\0\x17\xc0\0\2\7\x7f\0\0\1\x10\0\0\x50"
                  "\x02\0\0\x20\0\5\1\0\0\0\0");
    assert_int_equal(proxy_header_parse(tls, &header), PROXY_HEADER_GOOD);
    assert_true(header.is_secure);
}

static void a_header_may_come_byte_by_byte_and_ends_where_it_says(void **state) {
    (void)state;
    ProxyHeader header;
    uint8_t bytes[64] = {0};
    for (size_t len = 0; len < v4.len; len++)
        assert_int_equal(proxy_header_parse(str_part(v4, 0, len), &header), PROXY_HEADER_MORE);
    memcpy(bytes, v4.at, v4.len);
    memcpy(bytes + v4.len, "GET /", 5);
    assert_int_equal(proxy_header_parse(str_from_bytes(bytes, v4.len + 5), &header),
                     PROXY_HEADER_GOOD);
    assert_int_equal(header.len, v4.len);
}

static void version_1_is_told_apart(void **state) {
    (void)state;
    ProxyHeader header;
    Str line = STR("PROXY TCP4 192.0.2.7 127.0.0.1 4096 80\r\n");
    for (size_t len = 1; len < 6; len++)
        assert_int_equal(proxy_header_parse(str_part(line, 0, len), &header), PROXY_HEADER_MORE);
    assert_int_equal(proxy_header_parse(line, &header), PROXY_HEADER_OLD);
}

static void what_is_no_header_is_known_at_its_first_wrong_byte(void **state) {
    (void)state;
    ProxyHeader header;
    static const Str others[] = {STR("G"),
                                 STR("GET / HTTP/1.1\r\n"),
                                 STR("\r\n\r\nG"),
                                 STR("\r\n\r\n\0\r\nQUIT\r"),
                                 STR("PRI * HTTP/2.0"),
                                 STR("\x16\3")};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        assert_int_equal(proxy_header_parse(others[i], &header), PROXY_HEADER_ABSENT);
}

static void broken_headers_are_refused(void **state) {
    (void)state;
    ProxyHeader header = {.len = 77};
    static const Str broken[] = {
        STR(SIGNATURE "\x11\x11\0\0"),                                         /* version 1 */
        STR(SIGNATURE "\x22\x11\0\0"),                                         /* no such command */
        STR(SIGNATURE "\x21\x11\0\x0b\xc0\0\2\7\x7f\0\0\1\x10\0\0"),           /* too short */
        STR(SIGNATURE "\x21\x12\0\x0c\xc0\0\2\7\x7f\0\0\1\x10\0\0\x50"),       /* UDP */
        STR(SIGNATURE "\x21\x41\0\0"),                                         /* no such family */
        STR(SIGNATURE "\x21\x11\0\x0e\xc0\0\2\7\x7f\0\0\1\x10\0\0\x50\4\0"),   /* half a field */
        STR(SIGNATURE "\x21\x11\0\x0f\xc0\0\2\7\x7f\0\0\1\x10\0\0\x50\4\0\1"), /* longer field */
        STR(SIGNATURE "\x21\x11\xff\xff"),                                     /* endless */
    };
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++)
        assert_int_equal(proxy_header_parse(broken[i], &header), PROXY_HEADER_BROKEN);
    assert_int_equal(header.len, 77);
}

static void the_longest_header_is_taken(void **state) {
    (void)state;
    ProxyHeader header;
    static uint8_t bytes[HTTP_PROXY_HEADER_BYTES_MAX] = SIGNATURE "\x21\x11";
    size_t len = sizeof bytes - 16, field = len - 12 - 3;
    bytes[14] = (uint8_t)(len >> 8), bytes[15] = (uint8_t)len;
    bytes[28] = 4, bytes[29] = (uint8_t)(field >> 8), bytes[30] = (uint8_t)field;
    Str packet = str_from_bytes(bytes, sizeof bytes);
    assert_int_equal(proxy_header_parse(packet, &header), PROXY_HEADER_GOOD);
    assert_int_equal(header.len, sizeof bytes);
    bytes[15]++;
    assert_int_equal(proxy_header_parse(packet, &header), PROXY_HEADER_BROKEN);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_v4_client_is_told),
        cmocka_unit_test(a_v6_client_and_a_mapped_one_are_told),
        cmocka_unit_test(the_balancers_own_connection_has_no_client),
        cmocka_unit_test(fields_are_passed_over_but_for_tls),
        cmocka_unit_test(a_header_may_come_byte_by_byte_and_ends_where_it_says),
        cmocka_unit_test(version_1_is_told_apart),
        cmocka_unit_test(what_is_no_header_is_known_at_its_first_wrong_byte),
        cmocka_unit_test(broken_headers_are_refused),
        cmocka_unit_test(the_longest_header_is_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
