#include "tracker/http_announce.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/text.h"
#include "torrent/bencode.h"

static const IpAddress V4 = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1}};

static int open_arena(void **state) {
    static Arena arena;
    arena = arena_create(MIB);
    *state = &arena;
    return 0;
}

static int close_arena(void **state) {
    arena_free(*state);
    return 0;
}

static Announce parse(const char *query) {
    Announce announce;
    HttpRefusal refusal = http_announce_parse(str_from_c(query), V4, &announce);
    assert_int_equal(refusal.words.len, 0);
    return announce;
}

static bool is_refused(const char *query) {
    Announce announce;
    return http_announce_parse(str_from_c(query), V4, &announce).words.len > 0;
}

static void hash_is_decoded_byte_by_byte_and_plus_is_a_plus(void **state) {
    (void)state;
    Announce announce = parse("info_hash=%00%01%02aAbBcCdDeEfF+.%ff%Fe%26&port=6881");
    assert_memory_equal(announce.hash.bytes,
                        "\x00\x01\x02"
                        "aAbBcCdDeEfF+.\xff\xfe&",
                        20);
    assert_int_equal(announce.from.port, 6881);
    assert_true(ip_equal(announce.from.ip, V4));
}

static const char hash_key[] = "info_hash=aaaaaaaaaaaaaaaaaaaa";

static Announce with(Arena *arena, const char *rest) {
    return parse(arena_print(arena, "%s&port=1&%s", hash_key, rest).at);
}

static void peer_id_is_read_and_one_of_another_length_is_none(void **state) {
    static const uint8_t none[PEER_ID_BYTES] = {0};
    assert_memory_equal(with(*state, "peer_id=-TR3000-%00%01abcdefghij").peer_id,
                        "-TR3000-\0\1abcdefghij", PEER_ID_BYTES);
    assert_memory_equal(with(*state, "peer_id=-TR3000-").peer_id, none, PEER_ID_BYTES);
    assert_memory_equal(with(*state, "peer_id=%zz").peer_id, none, PEER_ID_BYTES);
    assert_memory_equal(with(*state, "").peer_id, none, PEER_ID_BYTES);
}

static void raw_bytes_in_the_hash_are_taken(void **state) {
    (void)state;
    Announce announce = parse("info_hash=\xff\xfe?=aaaaaaaaaaaaaaaa&port=1");
    assert_memory_equal(announce.hash.bytes, "\xff\xfe?=aaaaaaaaaaaaaaaa", 20);
}

static void hashes_of_another_length_are_refused(void **state) {
    (void)state;
    assert_true(is_refused("port=1"));
    assert_true(is_refused("info_hash=&port=1"));
    assert_true(is_refused("info_hash=aaaaaaaaaaaaaaaaaaa&port=1"));
    assert_true(is_refused("info_hash=aaaaaaaaaaaaaaaaaaaaa&port=1"));
    assert_true(is_refused("info_hash=0123456789012345678901234567890123456789&port=1")); /* hex */
    assert_true(is_refused("info_hash=%zzaaaaaaaaaaaaaaaaaaa&port=1"));
    assert_true(is_refused("info_hash=aaaaaaaaaaaaaaaaaaaa%a&port=1"));
}

static void port_must_be_there_and_not_zero(void **state) {
    (void)state;
    assert_true(is_refused(hash_key));
    assert_true(is_refused("info_hash=aaaaaaaaaaaaaaaaaaaa&port=0"));
    assert_true(is_refused("info_hash=aaaaaaaaaaaaaaaaaaaa&port=65536"));
    assert_true(is_refused("info_hash=aaaaaaaaaaaaaaaaaaaa&port=-1"));
    assert_true(is_refused("info_hash=aaaaaaaaaaaaaaaaaaaa&port=99999999999999999999999"));
    assert_false(is_refused("info_hash=aaaaaaaaaaaaaaaaaaaa&port=65535"));
}

static void query_may_begin_with_glue_and_keys_come_in_any_order(void **state) {
    (void)state;
    Announce announce =
        parse("&?&left=0&port=7&event=completed&compact=0&x&&=&info_hash=aaaaaaaaaaaaaaaaaaaa");
    assert_int_equal(announce.left, 0);
    assert_int_equal(announce.from.port, 7);
    assert_int_equal(announce.event, EVENT_COMPLETED);
}

static void left_that_is_absent_or_absurd_makes_a_leecher(void **state) {
    assert_true(with(*state, "").left > 0);
    assert_true(with(*state, "left=9223372036854775807").left > 0);
    assert_true(with(*state, "left=18446744073709551616").left == UINT64_MAX);
    assert_true(with(*state, "left=4294967296").left == 4294967296);
    assert_true(with(*state, "left=-1").left > 0);
    assert_true(with(*state, "left=").left > 0);
    assert_true(with(*state, "left=0").left == 0);
}

static void numwant_is_lenient(void **state) {
    assert_int_equal(with(*state, "").wanted, 50);
    assert_int_equal(with(*state, "numwant=-1").wanted, 50);
    assert_int_equal(with(*state, "numwant=many").wanted, 50);
    assert_int_equal(with(*state, "numwant=0").wanted, 0);
    assert_int_equal(with(*state, "numwant=30").wanted, 30);
    assert_int_equal(with(*state, "numwant=1000000000000000000000").wanted, 200);
}

static void events_are_known_by_word_and_others_are_none(void **state) {
    assert_int_equal(with(*state, "event=started").event, EVENT_STARTED);
    assert_int_equal(with(*state, "event=paused").event, EVENT_PAUSED);
    assert_int_equal(with(*state, "event=").event, EVENT_NONE);
    assert_int_equal(with(*state, "event=Dance").event, EVENT_NONE);
    Announce stopped = with(*state, "event=stopped&numwant=50");
    assert_int_equal(stopped.event, EVENT_STOPPED);
    assert_int_equal(stopped.wanted, 0);
}

static void address_parameters_are_ignored(void **state) {
    Announce announce = with(*state, "ip=8.8.8.8&ipv4=8.8.8.8:9&ipv6=%5B2001:db8::1%5D:9");
    assert_true(ip_equal(announce.from.ip, V4));
    assert_int_equal(announce.from.port, 1);
}

static Str write_answer(const Answer *answer) {
    static char room[TRACKER_HTTP_ANSWER_BYTES_MAX];
    return (Str){room, http_announce_write(answer, V4, room)};
}

static void answer_has_sorted_keys_and_both_peer_lists(void **state) {
    (void)state;
    static uint8_t peers[ANSWER_V4_BYTES];
    Answer answer = {.v4 = peers, .v6 = peers};
    answer = (Answer){.interval_s = 1800,
                      .min_interval_s = 900,
                      .swarm = {.seeders = 2, .leechers = 1, .completed = 7},
                      .v4_count = 1,
                      .v4 = peers,
                      .v6 = peers};
    memcpy(answer.v4, "\x01\x02\x03\x04\x1a\xe1", 6);
    Str reply = write_answer(&answer);
    Str right =
        STR("d8:completei2e10:downloadedi7e11:external ip4:\xc0\x00\x02\x01"
            "10:incompletei1e8:intervali1800e12:min intervali900e"
            "5:peers6:\x01\x02\x03\x04\x1a\xe1"
            "6:peers60:e");
    assert_true(str_equal(reply, right));
}

static void a_warning_is_the_last_key(void **state) {
    (void)state;
    static char room[TRACKER_HTTP_ANSWER_BYTES_MAX];
    static uint8_t peers[ANSWER_V4_BYTES];
    Answer answer = {.v4 = peers, .v6 = peers};
    answer.v4_count = TRACKER_PEERS_V4_MAX;
    answer.v6_count = TRACKER_PEERS_V6_MAX;
    size_t plain = http_announce_write(&answer, V4, room);
    size_t len = http_warning_add(STR("Mind the gap."), plain, room);
    Str right = STR("15:warning message13:Mind the gap.e");
    assert_int_equal(len, plain - 1 + right.len);
    assert_true(str_ends((Str){room, len}, right));
    assert_int_equal(bencode_check((Str){room, len}, true).fault, FAULT_NONE);
}

static void full_answer_is_not_cut(void **state) {
    (void)state;
    static uint8_t peers[ANSWER_V4_BYTES];
    Answer answer = {.v4 = peers, .v6 = peers};
    answer.v4_count = TRACKER_PEERS_V4_MAX;
    answer.v6_count = TRACKER_PEERS_V6_MAX;
    Str reply = write_answer(&answer);
    assert_true(str_contains(reply, STR("5:peers1200:")));
    assert_true(str_contains(reply, STR("6:peers61188:")));
    assert_true(str_ends(reply, STR("e")));
}

static void scrape_answers_each_hash_once_in_order(void **state) {
    HttpScrape scrape;
    Str query =
        STR("info_hash=bbbbbbbbbbbbbbbbbbbb&x=1&info_hash=aaaaaaaaaaaaaaaaaaaa"
            "&info_hash=bbbbbbbbbbbbbbbbbbbb&info_hash=%ffaaaaaaaaaaaaaaaaaaa");
    assert_int_equal(http_scrape_parse(query, &scrape).words.len, 0);
    assert_int_equal(scrape.count, 3);
    SwarmState swarms[3] = {{.seeders = 1, .leechers = 5, .partial_seeds = 2, .completed = 9}};
    Str reply = http_scrape_write(&scrape, swarms, *state);
    Str right = STR(
        "d5:filesd"
        "20:aaaaaaaaaaaaaaaaaaaad8:completei1e10:downloadedi9e11:downloadersi3e10:incompletei5ee"
        "20:bbbbbbbbbbbbbbbbbbbbd8:completei0e10:downloadedi0e11:downloadersi0e10:incompletei0ee"
        "20:\xff"
        "aaaaaaaaaaaaaaaaaaad8:completei0e10:downloadedi0e11:downloadersi0e"
        "10:incompletei0eeee");
    assert_true(str_equal(reply, right));
}

static void scrape_of_everything_and_of_bad_hashes_is_refused(void **state) {
    (void)state;
    HttpScrape scrape;
    assert_true(http_scrape_parse(STR(""), &scrape).words.len > 0);
    assert_true(http_scrape_parse(STR("info_hash=abc"), &scrape).words.len > 0);
}

static void scrape_stops_at_its_limit(void **state) {
    HttpScrape scrape;
    Text query = text_create(*state, 64 * KIB);
    for (int i = 0; i < 200; i++) text_print(&query, "&info_hash=%020d", 200 - i);
    assert_int_equal(http_scrape_parse(text_str(&query), &scrape).words.len, 0);
    assert_int_equal(scrape.count, TRACKER_SCRAPE_HASHES_MAX);
    static SwarmState swarms[TRACKER_SCRAPE_HASHES_MAX];
    for (size_t i = 0; i < TRACKER_SCRAPE_HASHES_MAX; i++)
        swarms[i] =
            (SwarmState){.seeders = UINT32_MAX, .leechers = UINT32_MAX, .completed = UINT64_MAX};
    assert_true(str_ends(http_scrape_write(&scrape, swarms, *state), STR("eeee")));
}

static void refusals_are_words_with_the_time_to_retry(void **state) {
    (void)state;
    char room[TRACKER_HTTP_ANSWER_BYTES_MAX];
    HttpRefusal refusal = {STR("No."), HTTP_RETRY_NEVER};
    Str never = {room, http_refusal_write(refusal, room)};
    assert_true(str_equal(never, STR("d14:failure reason3:No.8:retry in5:nevere")));
    refusal.retry_in_min = 30;
    Str later = {room, http_refusal_write(refusal, room)};
    assert_true(str_equal(later, STR("d14:failure reason3:No.8:retry ini30ee")));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_arena, close_arena)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(hash_is_decoded_byte_by_byte_and_plus_is_a_plus),
        TEST(peer_id_is_read_and_one_of_another_length_is_none),
        TEST(raw_bytes_in_the_hash_are_taken),
        TEST(hashes_of_another_length_are_refused),
        TEST(port_must_be_there_and_not_zero),
        TEST(query_may_begin_with_glue_and_keys_come_in_any_order),
        TEST(left_that_is_absent_or_absurd_makes_a_leecher),
        TEST(numwant_is_lenient),
        TEST(events_are_known_by_word_and_others_are_none),
        TEST(address_parameters_are_ignored),
        TEST(answer_has_sorted_keys_and_both_peer_lists),
        TEST(full_answer_is_not_cut),
        TEST(a_warning_is_the_last_key),
        TEST(scrape_answers_each_hash_once_in_order),
        TEST(scrape_of_everything_and_of_bad_hashes_is_refused),
        TEST(scrape_stops_at_its_limit),
        TEST(refusals_are_words_with_the_time_to_retry),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
