#include "probe/udp_scrape.h"

#include "probe/test.h"

static void a_connect_is_sixteen_bytes_with_the_magic_number(void **state) {
    (void)state;
    uint8_t packet[UDP_SCRAPE_CONNECT_BYTES];
    udp_scrape_write_connect(0x01020304, packet);
    assert_memory_equal(packet, "\0\0\x04\x17\x27\x10\x19\x80\0\0\0\0\x01\x02\x03\x04", 16);
}

static void only_the_answer_to_our_own_transaction_counts(void **state) {
    (void)state;
    uint64_t id = 7;
    Str right = STR("\0\0\0\0\0\0\0\x09\x11\x12\x13\x14\x15\x16\x17\x18");
    assert_int_equal(udp_scrape_read_connect(right, 8, &id), UDP_SCRAPE_NOT_OURS);
    assert_int_equal(udp_scrape_read_connect(str_part(right, 0, 15), 9, &id), UDP_SCRAPE_BROKEN);
    assert_int_equal(udp_scrape_read_connect(str_part(right, 0, 7), 9, &id), UDP_SCRAPE_NOT_OURS);
    assert_int_equal(udp_scrape_read_connect(STR("\0\0\0\x02\0\0\0\x09........"), 9, &id),
                     UDP_SCRAPE_NOT_OURS);
    assert_int_equal(udp_scrape_read_connect(STR("\0\0\0\x03\0\0\0\x09no"), 9, &id),
                     UDP_SCRAPE_REFUSED);
    assert_int_equal(id, 7);
    assert_int_equal(udp_scrape_read_connect(right, 9, &id), UDP_SCRAPE_ANSWERED);
    assert_true(id == 0x1112131415161718ull);
}

static void a_scrape_holds_up_to_74_hashes(void **state) {
    (void)state;
    SwarmHash hashes[TRACKER_SCRAPE_HASHES_MAX];
    for (size_t i = 0; i < TRACKER_SCRAPE_HASHES_MAX; i++) memset(hashes[i].bytes, (int)i, 20);
    uint8_t packet[UDP_SCRAPE_ASK_BYTES_MAX];
    assert_int_equal(udp_scrape_write(1, 2, hashes, TRACKER_SCRAPE_HASHES_MAX, packet), 1496);
    assert_memory_equal(packet, "\0\0\0\0\0\0\0\x01\0\0\0\x02\0\0\0\x02\0\0\0\0", 20);
    assert_int_equal(packet[1495], 73);
}

static void claims_are_seeders_completed_leechers_in_that_order(void **state) {
    (void)state;
    SwarmClaim claims[3];
    Str answer = STR("\0\0\0\x02\0\0\0\x05\0\0\0\x01\0\0\0\x02\0\0\0\x03\0\0\0\0\0\0\0\0\0\0\0\0");
    assert_int_equal(udp_scrape_read(answer, 5, claims, 3), UDP_SCRAPE_ANSWERED);
    assert_true(claims[0].known);
    assert_int_equal(claims[0].seeders, 1);
    assert_int_equal(claims[0].completed, 2);
    assert_int_equal(claims[0].leechers, 3);
    assert_true(claims[1].known);
    assert_int_equal(claims[1].seeders, 0);
    assert_false(claims[2].known);
}

static void nonsense_is_no_claim(void **state) {
    (void)state;
    SwarmClaim claims[1] = {{.seeders = 7}};
    assert_int_equal(udp_scrape_read(STR("\0\0\0\x02\0\0\0\x05"), 5, claims, 1), UDP_SCRAPE_BROKEN);
    assert_int_equal(udp_scrape_read(STR("\0\0\0\x02\0\0\0\x05\0\0\0\x01\0"), 5, claims, 1),
                     UDP_SCRAPE_BROKEN);
    assert_int_equal(claims[0].seeders, 7);
    Str boast = STR("\0\0\0\x02\0\0\0\x05\xff\xff\xff\xff\0\0\0\x02\0\0\0\x03");
    assert_int_equal(udp_scrape_read(boast, 5, claims, 1), UDP_SCRAPE_ANSWERED);
    assert_false(claims[0].known);
    assert_int_equal(claims[0].seeders, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_connect_is_sixteen_bytes_with_the_magic_number),
        cmocka_unit_test(only_the_answer_to_our_own_transaction_counts),
        cmocka_unit_test(a_scrape_holds_up_to_74_hashes),
        cmocka_unit_test(claims_are_seeders_completed_leechers_in_that_order),
        cmocka_unit_test(nonsense_is_no_claim),
    };
    return cmocka_run_group_tests_name("probe/udp_scrape", tests, NULL, NULL);
}
