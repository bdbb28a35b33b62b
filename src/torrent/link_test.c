#include "torrent/link.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/limits.h"

static void trackers_of_known_schemes_are_kept(void **state) {
    (void)state;
    const char *good[] = {"udp://a:1", "http://a/announce", "HTTPS://a", "ws://a", "wss://a/?k=1"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(link_is_tracker(str_from_c(good[i])));
    const char *bad[] = {"",
                         "udp:",
                         "udp://",
                         "http:///x",
                         "http://?x",
                         "ftp://a",
                         "javascript:x",
                         "http://a b",
                         "http://a\n",
                         "http://é",
                         "file:///etc",
                         "i2p://a",
                         "//a/announce"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(link_is_tracker(str_from_c(bad[i])));
}

static void web_seeds_are_http_only(void **state) {
    (void)state;
    assert_true(link_is_web_seed(STR("https://a/b%20c")));
    assert_false(link_is_web_seed(STR("udp://a:1")));
    assert_false(link_is_web_seed(STR("wss://a/")));
}

static void a_link_is_kept_once_and_trimmed(void **state) {
    (void)state;
    Arena arena = arena_create(MIB);
    Links links = links_create(&arena, 2, link_is_web_seed);
    links_add(&links, STR(" http://a/\n"));
    links_add(&links, STR("http://a/"));
    links_add(&links, STR("data:x"));
    links_add(&links, STR("http://b/"));
    links_add(&links, STR("http://c/"));
    assert_int_equal(links.count, 2);
    assert_true(str_equal(links.at[0], STR("http://a/")));
    assert_true(str_equal(links.at[1], STR("http://b/")));
    arena_free(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trackers_of_known_schemes_are_kept),
        cmocka_unit_test(web_seeds_are_http_only),
        cmocka_unit_test(a_link_is_kept_once_and_trimmed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
