#include "site/html.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/limits.h"

static int set_up(void **state) {
    static Arena arena;
    arena = arena_create((size_t)64 * MIB);
    *state = &arena;
    return 0;
}

static int tear_down(void **state) {
    arena_free(*state);
    return 0;
}

#define assert_str(actual, expected)                            \
    do {                                                        \
        Str actual_ = (actual);                                 \
        assert_int_equal(actual_.len, sizeof(expected) - 1);    \
        assert_memory_equal(actual_.at, expected, actual_.len); \
    } while (0)

static void paths_stay_on_this_site(void **state) {
    (void)state;
    assert_str(url_path(STR("/en/search?q=a%20b")).address, "/en/search?q=a%20b");
    static const char *const refused[] = {"",      "en",   "//evil.example", "/\\evil.example",
                                          "/a\nb", "/a b", "https://x",      "javascript:alert(1)",
                                          "/a\x7F"};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        assert_int_equal(url_path(str_from_c(refused[i])).address.len, 0);
}

static void only_web_addresses_are_links(void **state) {
    (void)state;
    assert_str(url_web(STR("HTTPS://a.example/x")).address, "HTTPS://a.example/x");
    static const char *const refused[] = {
        "javascript:alert(1)", "data:text/html,x", "ftp://a",        "//a",
        " https://a",          "https://a b",      "java\nscript:x", "vbscript:x"};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        assert_int_equal(url_web(str_from_c(refused[i])).address.len, 0);
    assert_true(url_magnet(STR("magnet:?xt=urn:btih:00")).address.len > 0);
    assert_int_equal(url_magnet(STR("magnet:x")).address.len, 0);
}

static void queries_are_encoded_and_empty_values_left_out(void **state) {
    const UrlPair pairs[] = {
        {STR("q"), STR("a&b=c #")}, {STR("tag"), (Str){0}}, {STR("sort"), STR("size")}};
    assert_str(url_query(*state, STR("/en/search"), pairs, 3).address,
               "/en/search?q=a%26b%3Dc%20%23&sort=size");
    assert_str(url_query(*state, STR("/en/x?a=1"), pairs + 2, 1).address, "/en/x?a=1&sort=size");
}

static void every_dangerous_byte_is_escaped(void **state) {
    HtmlWriter w = html_writer(*state, LANGUAGE_EN, 0);
    html_text(&w, ((Str){"<a b=\"c\" d='e'>&\0z", 18}));
    assert_str(html_str(&w), "&lt;a b=&#34;c&#34; d=&#39;e&#39;&gt;&amp;\xEF\xBF\xBDz");
}

static void a_page_past_its_maximum_is_not_ok(void **state) {
    HtmlWriter w = html_writer(*state, LANGUAGE_EN, 0);
    static const char block[65536];
    for (size_t i = 0; i <= PAGE_BYTES_MAX / sizeof block; i++) html_raw(&w, block, sizeof block);
    assert_false(html_ok(&w));
}

static void sizes_are_iec_and_in_octets_for_the_french(void **state) {
    HtmlWriter en = html_writer(*state, LANGUAGE_EN, 0), fr = html_writer(*state, LANGUAGE_FR, 0);
    assert_str(filter_bytes(&en, 0),
               "0\xC2\xA0"
               "bytes");
    assert_str(filter_bytes(&en, 1),
               "1\xC2\xA0"
               "byte");
    assert_str(filter_bytes(&fr, 1), "1\xC2\xA0octet");
    assert_str(filter_bytes(&en, 1023),
               "1023\xC2\xA0"
               "bytes");
    assert_str(filter_bytes(&en, 1024), "1\xC2\xA0KiB");
    assert_str(filter_bytes(&en, 1536), "1.5\xC2\xA0KiB");
    assert_str(filter_bytes(&fr, 1536), "1,5\xC2\xA0Kio");
    assert_str(filter_bytes(&en, 1048575), "1\xC2\xA0MiB");
    assert_str(filter_bytes(&fr, 1100000), "1,05\xC2\xA0Mio");
    assert_str(filter_bytes(&en, 661651456), "631\xC2\xA0MiB");
    assert_str(filter_bytes(&en, UINT64_MAX),
               "16\xC2\xA0"
               "EiB");
}

static void numbers_are_grouped(void **state) {
    HtmlWriter en = html_writer(*state, LANGUAGE_EN, 0), fr = html_writer(*state, LANGUAGE_FR, 0);
    assert_str(filter_count(&en, 999), "999");
    assert_str(filter_count(&en, 1234567), "1,234,567");
    assert_str(filter_count(&fr, 1234567),
               "1\xE2\x80\xAF"
               "234\xE2\x80\xAF"
               "567");
    assert_str(filter_count(&en, UINT64_MAX), "18,446,744,073,709,551,615");
}

static void ages_are_told_in_words(void **state) {
    HtmlWriter en = html_writer(*state, LANGUAGE_EN, 100000000), fr = en;
    fr.language = LANGUAGE_FR;
    assert_str(filter_age(&en, 0), "never");
    assert_str(filter_age(&en, 100000005), "just now");
    assert_str(filter_age(&en, 100000000 - 60), "a minute ago");
    assert_str(filter_age(&en, 100000000 - 600), "10 minutes ago");
    assert_str(filter_age(&fr, 100000000 - 3600), "il y a 1 heure");
    assert_str(filter_age(&fr, 100000000 - 7200), "il y a 2 heures");
    assert_str(filter_age(&en, 100000000 - 86400 * 3), "3 days ago");
    assert_str(filter_age(&en, 100000000 - 86400 * 800), "2 years ago");
}

static void dates_are_written_out(void **state) {
    HtmlWriter en = html_writer(*state, LANGUAGE_EN, 0), fr = html_writer(*state, LANGUAGE_FR, 0);
    assert_str(filter_date(&en, 1795437000),
               "23\xC2\xA0November\xC2\xA0"
               "2026");
    assert_str(filter_date(&fr, 1795437000),
               "23\xC2\xA0novembre\xC2\xA0"
               "2026");
    assert_str(filter_date(&fr, 1767225600),
               "1er\xC2\xA0janvier\xC2\xA0"
               "2026");
    assert_str(filter_date(&en, -5), "never");
    assert_str(filter_datetime(&en, 1795437000), "2026-11-23T12:30:00Z");
    assert_str(filter_day_month(&en, 1795437000), "23\xC2\xA0Nov");
    assert_str(filter_month_year(&en, 1795437000),
               "Nov\xC2\xA0"
               "2026");
}

static void an_initial_is_a_whole_character(void **state) {
    HtmlWriter w = html_writer(*state, LANGUAGE_EN, 0);
    assert_str(filter_initial(&w, STR("élan")), "é");
    assert_str(filter_initial(&w, STR("x")), "x");
    assert_str(filter_initial(&w, STR("")), "");
}

#define WITH_ARENA(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_ARENA(paths_stay_on_this_site),
        WITH_ARENA(only_web_addresses_are_links),
        WITH_ARENA(queries_are_encoded_and_empty_values_left_out),
        WITH_ARENA(every_dangerous_byte_is_escaped),
        WITH_ARENA(a_page_past_its_maximum_is_not_ok),
        WITH_ARENA(sizes_are_iec_and_in_octets_for_the_french),
        WITH_ARENA(numbers_are_grouped),
        WITH_ARENA(ages_are_told_in_words),
        WITH_ARENA(dates_are_written_out),
        WITH_ARENA(an_initial_is_a_whole_character),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
