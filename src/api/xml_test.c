#include "api/xml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* cmocka wants those first */
#include <cmocka.h>

static Arena arena;

static void check(Str given, const char *wanted) {
    Text text = text_create(&arena, 4096);
    xml_write_text(&text, given);
    Str got = text_str(&text);
    if (!str_equal(got, str_from_c(wanted))) print_error("got \"%.*s\"\n", STR_PRINTF(got));
    assert_true(str_equal(got, str_from_c(wanted)));
}

static void marks_of_xml_are_written_as_entities(void **state) {
    (void)state;
    check(STR("a < b & \"c\" > ]]> 'd'"), "a &lt; b &amp; &quot;c&quot; &gt; ]]&gt; 'd'");
    check(STR("line\r\ntab\t"), "line&#13;\ntab\t");
}

static void characters_xml_does_not_know_are_left_out(void **state) {
    (void)state;
    check(STR("a\x00\x01\x1b\x7f\xC2\x85z"), "az");
    check(STR("a\xEF\xBF\xBE\xEF\xBF\xBF\xF4\x8F\xBF\xBFz"), "az"); /* U+FFFE, U+FFFF, U+10FFFF */
}

static void what_turns_the_text_around_is_left_out(void **state) {
    (void)state;
    check(STR("a\xE2\x80\xAE\xE2\x81\xA6z"), "az"); /* U+202E, U+2066 */
    check(STR("\xD7\xA2\xE2\x80\x8F"), "\xD7\xA2\xE2\x80\x8F");
}

static void broken_utf8_becomes_replacement_characters(void **state) {
    (void)state;
    check(STR("a\xFFz"), "a\xEF\xBF\xBDz");
    check(STR("a\xF0\x9F\x90"), "a\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
    check(STR("\xC0\xAF\xED\xA0\x80"),
          "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
    check(STR("\xF0\x9F\x90\x9D \xF0\x9D\x94\x98"), "\xF0\x9F\x90\x9D \xF0\x9D\x94\x98");
}

static void an_empty_element_is_not_written(void **state) {
    (void)state;
    Text text = text_create(&arena, 100);
    xml_write_element(&text, "title", (Str){0});
    xml_write_element(&text, "title", STR("<"));
    xml_write_attribute(&text, "url", STR("?a=\"1\"&b"));
    assert_true(
        str_equal(text_str(&text), STR("<title>&lt;</title>\n url=\"?a=&quot;1&quot;&amp;b\"")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(marks_of_xml_are_written_as_entities),
        cmocka_unit_test(characters_xml_does_not_know_are_left_out),
        cmocka_unit_test(what_turns_the_text_around_is_left_out),
        cmocka_unit_test(broken_utf8_becomes_replacement_characters),
        cmocka_unit_test(an_empty_element_is_not_written),
    };
    arena = arena_create(1 << 20);
    int failed_count = cmocka_run_group_tests(tests, NULL, NULL);
    arena_free(&arena);
    return failed_count;
}
