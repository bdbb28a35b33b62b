#include "tracker/announce_key.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_key_stands_behind_announce),
        cmocka_unit_test(anything_else_is_no_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
