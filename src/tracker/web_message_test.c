#include "tracker/web_message.h"

#include <setjmp.h>
#include <stdarg.h>
/* cmocka wants the three above first */
#include <cmocka.h>

#define HASH "12345678901234567890"
#define ANNOUNCE \
    "{\"action\":\"announce\",\"info_hash\":\"" HASH "\",\"peer_id\":\"abcdefghij0123456789\""
#define OFFER "{\"offer\":{\"type\":\"offer\",\"sdp\":\"v=0\\r\\n\"},\"offer_id\":\"" HASH "\"}"

static int set_up(void **state) {
    static Arena arena;
    arena = arena_create(MIB);
    *state = &arena;
    return 0;
}

static int tear_down(void **state) {
    arena_free(*state);
    return 0;
}

static void an_announce_is_read(void **state) {
    (void)state;
    WebAsk ask;
    web_ask_open(STR(ANNOUNCE ",\"event\":\"started\",\"left\":5,\"numwant\":1,\"new\":[{}],"
                              "\"offers\":[" OFFER "]}"),
                 &ask);
    assert_int_equal(ask.refusal.len, 0);
    assert_int_equal(ask.action, WEB_ANNOUNCE);
    assert_memory_equal(ask.hash.bytes, HASH, 20);
    assert_memory_equal(ask.peer_id, "abcdefghij0123456789", 20);
    assert_int_equal(ask.event, EVENT_STARTED);
    assert_true(ask.has_left && !ask.is_complete);
    assert_int_equal(ask.offer_count, 1);
    assert_true(str_equal(ask.offers[0].sdp, STR("v=0\r\n")));
    web_ask_close(&ask);
}

static bool is_complete(const char *left, bool *ret_has) {
    char text[256];
    WebAsk ask;
    snprintf(text, sizeof text, ANNOUNCE "%s}", left);
    web_ask_open(str_from_c(text), &ask);
    assert_int_equal(ask.refusal.len, 0);
    bool complete = ask.is_complete;
    *ret_has = ask.has_left;
    web_ask_close(&ask);
    return complete;
}

static void nothing_left_is_zero_and_nothing_else(void **state) {
    (void)state;
    bool has;
    assert_true(is_complete(",\"left\":0", &has) && has);
    assert_true(is_complete(",\"left\":0.0", &has) && has);
    assert_false(is_complete(",\"left\":null", &has) || !has); /* what JSON makes of Infinity */
    assert_false(is_complete(",\"left\":-1", &has) || !has);
    assert_false(is_complete(",\"left\":99999999999999999999", &has) || !has);
    assert_false(is_complete(",\"left\":\"0\"", &has) || !has);
    assert_false(is_complete("", &has) || has);
}

static void ids_are_code_points_below_256(void **state) {
    WebAsk ask;
    static const uint8_t bytes[20] = {0, 1, 9, 10, 31, 32, '"', '\\', '/', 127, 128, 191, 192, 255};
    SwarmHash hash;
    memcpy(hash.bytes, bytes, sizeof bytes);
    Str text = web_announce_write(&hash, &(SwarmState){0}, 120, *state);
    assert_true(str_is_utf8(text));
    /* Our own words as a question: what was written is read back. */
    web_ask_open(text, &ask);
    assert_true(ask.has_hash);
    assert_memory_equal(ask.hash.bytes, bytes, sizeof bytes);
    web_ask_close(&ask);
    web_ask_open(STR("{\"action\":\"scrape\",\"info_hash\":\"1234567890123456789\xc4\x80\"}"),
                 &ask);
    assert_false(ask.has_hash);
    assert_int_equal(ask.hash_count, 0);
    web_ask_close(&ask);
}

static bool is_refused(const char *text) {
    WebAsk ask;
    web_ask_open(str_from_c(text), &ask);
    bool refused = ask.refusal.len > 0;
    web_ask_close(&ask);
    return refused;
}

static void what_cannot_be_relayed_is_refused(void **state) {
    (void)state;
    assert_false(is_refused(ANNOUNCE "}"));
    assert_false(is_refused(ANNOUNCE ",\"offers\":null,\"answer\":null}"));
    assert_true(is_refused(ANNOUNCE ",\"offers\":{}}"));
    assert_true(is_refused(ANNOUNCE ",\"offers\":[{}]}"));
    assert_true(is_refused(ANNOUNCE ",\"offers\":[{\"offer\":{\"type\":\"answer\",\"sdp\":\"x\"},"
                                    "\"offer_id\":\"" HASH "\"}]}"));
    assert_true(is_refused(ANNOUNCE ",\"offers\":[{\"offer\":{\"type\":\"offer\",\"sdp\":7},"
                                    "\"offer_id\":\"" HASH "\"}]}"));
    assert_true(is_refused(ANNOUNCE ",\"offers\":[{\"offer\":{\"type\":\"offer\",\"sdp\":\"x\"},"
                                    "\"offer_id\":\"short\"}]}"));
    assert_false(is_refused(ANNOUNCE ",\"offers\":[" OFFER "," OFFER "," OFFER "," OFFER "," OFFER
                                     "," OFFER "," OFFER "," OFFER "," OFFER "," OFFER "]}"));
    assert_true(is_refused(ANNOUNCE ",\"offers\":[" OFFER "," OFFER "," OFFER "," OFFER "," OFFER
                                    "," OFFER "," OFFER "," OFFER "," OFFER "," OFFER "," OFFER
                                    "]}"));
    assert_true(is_refused(ANNOUNCE ",\"answer\":{\"type\":\"answer\",\"sdp\":\"x\"},"
                                    "\"offer_id\":\"" HASH "\"}"));
    assert_false(is_refused(ANNOUNCE ",\"answer\":{\"type\":\"answer\",\"sdp\":\"x\"},"
                                     "\"offer_id\":\"" HASH "\",\"to_peer_id\":\"" HASH "\"}"));
}

static void what_is_no_question_is_refused(void **state) {
    (void)state;
    static const char *const texts[] = {
        "",
        "{",
        "[]",
        "7",
        "null",
        "{}",
        "{\"action\":7}",
        "{\"action\":\"connect\"}",
        "{\"action\":\"announce\"}",
        "{\"action\":\"announce\",\"info_hash\":\"" HASH "\"}",
        "{\"action\":\"announce\",\"info_hash\":\"" HASH "\",\"peer_id\":\"" HASH "1\"}",
        "{\"action\":\"scrape\"}",
        "{\"action\":\"scrape\",\"info_hash\":[]}",
        "{\"action\":\"scrape\",\"info_hash\":[\"" HASH "\",7]}",
        "{\"action\":\"scrape\",\"info_hash\":\"" HASH "\",\"action\":\"announce\"}",
        "{\"action\":\"scrape\",\"info_hash\":\"" HASH "\",\"deep\":[[[[[[[[1]]]]]]]]}",
        "{\"action\":\"scrape\",\"info_hash\":\"" HASH "\"} more",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) assert_true(is_refused(texts[i]));
    assert_false(
        is_refused("{\"action\":\"scrape\",\"info_hash\":\"" HASH "\",\"a\":\"[[[[[[[[[[\"}"));
}

static void a_scrape_names_each_hash_once(void **state) {
    WebAsk ask;
    web_ask_open(STR("{\"action\":\"scrape\",\"info_hash\":[\"" HASH "\",\"" HASH
                     "\",\"0000000000000000000\\u00ff\"]}"),
                 &ask);
    assert_int_equal(ask.hash_count, 2);
    SwarmState states[2] = {{.seeders = 1, .leechers = 2, .completed = 3}};
    assert_true(str_equal(web_scrape_write(&ask, states, *state),
                          STR("{\"action\":\"scrape\",\"files\":{\"" HASH
                              "\":{\"complete\":1,\"incomplete\":2,\"downloaded\":3},"
                              "\"0000000000000000000\xc3\xbf\":"
                              "{\"complete\":0,\"incomplete\":0,\"downloaded\":0}}}")));
    web_ask_close(&ask);
}

static void an_offer_goes_on_as_type_and_sdp(void **state) {
    WebAsk ask;
    web_ask_open(
        STR(ANNOUNCE ",\"offers\":[{\"offer\":{\"type\":\"offer\",\"sdp\":\"a\\u0000\\u00e9"
                     "\\\"\\\\\\n\",\"evil\":1},\"offer_id\":\"" HASH "\"}]}"),
        &ask);
    WebRelay relay = {&ask.hash, ask.peer_id, &ask.offers[0]};
    Str text = web_offer_write(&relay, *state);
    assert_true(str_equal(text, STR("{\"action\":\"announce\",\"info_hash\":\"" HASH
                                    "\",\"peer_id\":\"abcdefghij0123456789\",\"offer_id\":\"" HASH
                                    "\",\"offer\":{\"type\":\"offer\",\"sdp\":"
                                    "\"a\\u0000\xc3\xa9\\\"\\\\\\n\"}}")));
    web_ask_close(&ask);
}

static void a_refusal_says_to_what(void **state) {
    WebAsk ask;
    web_ask_open(STR(ANNOUNCE "}"), &ask);
    assert_true(str_equal(web_refusal_write(&ask, STR("No \"it\""), *state),
                          STR("{\"action\":\"announce\",\"info_hash\":\"" HASH
                              "\",\"failure reason\":\"No \\\"it\\\"\"}")));
    web_ask_close(&ask);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_announce_is_read),
        cmocka_unit_test(nothing_left_is_zero_and_nothing_else),
        cmocka_unit_test_setup_teardown(ids_are_code_points_below_256, set_up, tear_down),
        cmocka_unit_test(what_cannot_be_relayed_is_refused),
        cmocka_unit_test(what_is_no_question_is_refused),
        cmocka_unit_test_setup_teardown(a_scrape_names_each_hash_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_offer_goes_on_as_type_and_sdp, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_refusal_says_to_what, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
