#include "torrent/announce_key.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { ARENA_BYTES = 1 << 16 };

static bool finds(const char *path, AnnounceKey *key) {
    return announce_key_in_path(str_from_c(path), key);
}

static void the_key_stands_behind_announce(void **state) {
    (void)state;
    static const uint8_t bytes[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 255};
    AnnounceKey key = {.is_given = false};
    assert_true(finds("/announce/000102030405060708090a0b0c0d0eff", &key));
    assert_true(key.is_given);
    assert_memory_equal(key.bytes, bytes, sizeof bytes);
    memset(&key, 0, sizeof key);
    assert_true(finds("/tracker/announce/000102030405060708090A0B0C0D0EFF?a=b/c", &key));
    assert_memory_equal(key.bytes, bytes, sizeof bytes);
    assert_true(finds("announce/000102030405060708090a0b0c0d0eff/", &key));
}

static void anything_else_is_no_key(void **state) {
    (void)state;
    AnnounceKey key = {.bytes = {7}};
    assert_false(finds("", &key));
    assert_false(finds("/announce", &key));
    assert_false(finds("/announce/", &key));
    assert_false(finds("/announce/000102030405060708090a0b0c0d0ef", &key));
    assert_false(finds("/announce/000102030405060708090a0b0c0d0eff0", &key));
    assert_false(finds("/announce/000102030405060708090a0b0c0d0efg", &key));
    assert_false(finds("/000102030405060708090a0b0c0d0eff", &key));
    assert_false(finds("/scrape/000102030405060708090a0b0c0d0eff", &key));
    assert_false(finds("/announce?/announce/000102030405060708090a0b0c0d0eff", &key));
    assert_false(key.is_given);
    assert_int_equal(key.bytes[0], 7);
}

static Str put(Arena *arena, const char *url) {
    AnnounceKey key;
    assert_true(announce_key_parse(STR("000102030405060708090A0B0C0D0EFF"), &key));
    return announce_key_put(str_from_c(url), &key, arena);
}

static void addresses_of_udp_and_http_take_the_key(void **state) {
    (void)state;
    Arena arena = arena_create(ARENA_BYTES);
    AnnounceKey key;
    Str url = put(&arena, "udp://tracker.example:6969/announce");
    assert_true(str_equal(
        url, STR("udp://tracker.example:6969/announce/000102030405060708090a0b0c0d0eff")));
    assert_true(announce_key_in_path(url, &key));
    assert_true(str_ends(put(&arena, "https://tracker.example/announce"),
                         STR("/announce/000102030405060708090a0b0c0d0eff")));
    assert_true(
        str_equal(put(&arena, "udp://tracker.example:6969"), STR("udp://tracker.example:6969")));
    assert_true(str_equal(put(&arena, "wss://tracker.example/announce"),
                          STR("wss://tracker.example/announce")));
    arena_free(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_key_stands_behind_announce),
        cmocka_unit_test(anything_else_is_no_key),
        cmocka_unit_test(addresses_of_udp_and_http_take_the_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
