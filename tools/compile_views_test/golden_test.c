/* The golden views, written in both languages and compared byte for byte. */
#include "golden_views.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static Str golden(Arena *arena, Language language, const GoldenPage *page) {
    HtmlWriter w = html_writer(arena, language, 1000);
    view_golden(&w, page);
    assert_true(html_ok(&w));
    return arena_copy(arena, html_str(&w));
}

static void hostile_words_stay_words(void **state) {
    (void)state;
    Arena arena = arena_create(1 << 22);
    GoldenRow rows[] = {{STR("<script>\"'&"), 1536, url_path(STR("/t/1?a=b&c"))},
                        {STR("x"), 1, url_web(STR("javascript:alert(1)"))}};
    GoldenPage page = {.title = STR("a&b\" </textarea><script>"), .mood = STR("bad"),
                       .rows = {rows, 2}, .words = {STR("<em>ok</em>")}, .files = 1234,
                       .wide = true, .here = url_path(STR("/x"))};
    assert_string_equal(
        golden(&arena, LANGUAGE_EN, &page).at,
        "<!doctype html>\n<title>a&amp;b&#34; &lt;/textarea&gt;&lt;script&gt; &lt;</title>\n"
        "<p class=\"a wide\" hidden>Search \"quoted\" ?? \\ \xC3\xA9</p>\n"
        "<a href=\"/en/search?q=a%26b%22%20%3C%2Ftextarea%3E%3Cscript%3E&amp;n=1234\">x</a>\n"
        "<a href=\"/x?again=a%26b%22%20%3C%2Ftextarea%3E%3Cscript%3E\">y</a>\n"
        "<input value=\"a&amp;b&#34; &lt;/textarea&gt;&lt;script&gt;\" placeholder=\"Search\">\n"
        "bad\n<ul>\n\n"
        "<li title=\"&lt;script&gt;&#34;&#39;&amp;\" data-mark='m&lt;'>\n"
        "<a href=\"/t/1?a=b&amp;c\">&lt;script&gt;&#34;&#39;&amp;</a> 1.5\xC2\xA0KiB\n</li>\n\n"
        "<li title=\"x\" data-mark='m&lt;'>\n<a href=\"#\">x</a> 1\xC2\xA0"
        "byte\n</li>\n\n</ul>\n"
        "<textarea>\na&amp;b&#34; &lt;/textarea&gt;&lt;script&gt;</textarea>\n"
        "<pre>\n  kept   1234\n</pre>\n<em>ok</em>\n"
        "<p>1,234 files, By a&amp;b&#34; &lt;/textarea&gt;&lt;script&gt;, <b>bad</b>.</p>\n"
        "<img src=\"/assets/mark.0.svg\" alt=\"\">");
    arena_free(&arena);
}

static void an_empty_page_says_so_in_french(void **state) {
    (void)state;
    Arena arena = arena_create(1 << 22);
    GoldenPage page = {.mood = STR("good"), .files = 1};
    Str html = golden(&arena, LANGUAGE_FR, &page);
    assert_true(str_contains(html, STR("<li>nothing</li>")));
    assert_true(str_contains(html, STR(">Rechercher \"quoted\"")));
    assert_true(str_contains(html, STR("\ngood\n")));
    assert_true(str_contains(html, STR("<p>1 fichier, ")));
    assert_true(str_contains(html, STR("href=\"/fr/search?q=&amp;n=1\"")));
    arena_free(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(hostile_words_stay_words),
                                       cmocka_unit_test(an_empty_page_says_so_in_french)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
