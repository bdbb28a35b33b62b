#include "site/markdown.h"

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

static void expect(void **state, const char *markdown, const char *html) {
    Html made = markdown_html(str_from_c(markdown), *state);
    assert_string_equal(str_c(*state, made.markup), html);
}

static void words_become_paragraphs(void **state) {
    expect(state, "", "");
    expect(state, " \n\t\n", "");
    expect(state, "a **b** *c* `d<e`",
           "<p>a <strong>b</strong> <em>c</em> <code>d&lt;e</code></p>\n");
    expect(state, "- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n");
    expect(state, "3. a\n\n4. b",
           "<ol start=\"3\">\n<li><p>a</p>\n</li>\n<li><p>b</p>\n</li>\n</ol>\n");
    expect(state, "> a", "<blockquote>\n<p>a</p>\n</blockquote>\n");
}

static void headings_begin_below_the_page_title(void **state) {
    expect(state, "# a", "<h2>a</h2>\n");
    expect(state, "###### a", "<h6>a</h6>\n");
}

static void raw_html_is_dropped(void **state) {
    expect(state, "<script>alert(1)</script>", "");
    expect(state, "a <b onclick=x>b</b>", "<p>a b</p>\n");
    expect(state, "&lt;b&gt; & <", "<p>&lt;b&gt; &amp; &lt;</p>\n");
}

static void links_go_where_they_may_and_say_who_made_them(void **state) {
    expect(
        state, "[a](https://x.example/?a=1&b=2)",
        "<p><a href=\"https://x.example/?a=1&amp;b=2\" rel=\"nofollow ugc noopener\">a</a></p>\n");
    expect(state, "[a](magnet:?xt=urn:btih:00)",
           "<p><a href=\"magnet:?xt=urn:btih:00\" rel=\"nofollow ugc noopener\">a</a></p>\n");
    expect(
        state, "<me@x.example>",
        "<p><a href=\"mailto:me@x.example\" rel=\"nofollow ugc noopener\">me@x.example</a></p>\n");
    expect(state, "[a](javascript:alert(1))", "<p><span>a</span></p>\n");
    expect(state, "[a](data:text/html,x)", "<p><span>a</span></p>\n");
    expect(state, "[a](//evil.example)", "<p><span>a</span></p>\n");
    expect(state, "[a](/en/logout)", "<p><span>a</span></p>\n");
    expect(state, "[a](JaVaScRiPt:x \"t\")", "<p><span>a</span></p>\n");
    expect(state, "[a](<https://x.example/\"onmouseover=\"x>)", "<p><span>a</span></p>\n");
}

static void images_are_links_to_them(void **state) {
    expect(state, "![a *b*](https://x.example/p.png)",
           "<p><a href=\"https://x.example/p.png\" rel=\"nofollow ugc noopener\">a b</a></p>\n");
    expect(state, "[![a](https://x.example/p.png)](https://y.example/)",
           "<p><a href=\"https://y.example/\" rel=\"nofollow ugc noopener\">a</a></p>\n");
    expect(state, "![](javascript:x)", "<p><span>javascript:x</span></p>\n");
    expect(state, "![a [b](https://y.example/)](https://x.example/)",
           "<p><a href=\"https://x.example/\" rel=\"nofollow ugc noopener\">a b</a></p>\n");
}

static void nesting_past_the_limit_is_shown_as_typed(void **state) {
    char deep[4 * MARKDOWN_DEPTH_MAX + 2];
    memset(deep, '>', sizeof deep);
    deep[sizeof deep - 2] = 'x';
    deep[sizeof deep - 1] = '\0';
    Html made = markdown_html(str_from_c(deep), *state);
    assert_true(str_starts(made.markup, STR("<pre>\n&gt;&gt;")));
    expect(state, ">>>x",
           "<blockquote>\n<blockquote>\n<blockquote>\n<p>x</p>\n</blockquote>\n"
           "</blockquote>\n</blockquote>\n");
}

static void long_words_are_cut_at_their_limit(void **state) {
    size_t len = DESCRIPTION_BYTES_MAX + 5000;
    char *words = arena_alloc(*state, len, 1);
    memset(words, 'a', len);
    Html made = markdown_html((Str){words, len}, *state);
    assert_int_equal(made.markup.len, DESCRIPTION_BYTES_MAX + sizeof "<p></p>\n" - 1);
}

static void the_worst_input_stays_within_the_output_limit(void **state) {
    static char hostile[DESCRIPTION_BYTES_MAX];
    static const char *const pieces[] = {"[",  "![",     "*a_", "`",  "<",
                                         "- ", "[a](<b", "&",   "\"", "> - "};
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        size_t len = strlen(pieces[i]);
        for (size_t at = 0; at + len <= sizeof hostile; at += len)
            memcpy(hostile + at, pieces[i], len);
        Html made = markdown_html((Str){hostile, sizeof hostile}, *state);
        assert_true(made.markup.len <= MARKDOWN_OUTPUT_BYTES_MAX);
        arena_reset(*state);
    }
}

#define WITH_ARENA(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_ARENA(words_become_paragraphs),
        WITH_ARENA(headings_begin_below_the_page_title),
        WITH_ARENA(raw_html_is_dropped),
        WITH_ARENA(links_go_where_they_may_and_say_who_made_them),
        WITH_ARENA(images_are_links_to_them),
        WITH_ARENA(nesting_past_the_limit_is_shown_as_typed),
        WITH_ARENA(long_words_are_cut_at_their_limit),
        WITH_ARENA(the_worst_input_stays_within_the_output_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
