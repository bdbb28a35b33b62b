#include "http/cookie.h"

#include <setjmp.h>
#include <stdarg.h>
/* cmocka wants the three above first */
#include <cmocka.h>

static void finds(const char *header, const char *name, const char *value) {
    Str found = STR("untouched");
    assert_int_equal(cookie_find(str_from_c(header), str_from_c(name), &found), value != NULL);
    assert_true(str_equal(found, value ? str_from_c(value) : STR("untouched")));
}

static void a_cookie_is_found_by_its_whole_name(void **state) {
    (void)state;
    finds("a=1; session=xyz; b=2", "session", "xyz");
    finds("a=1;session=xyz", "session", "xyz");
    finds("xsession=1; session2=2", "session", NULL);
    finds("Session=1", "session", NULL);
    finds("__Host-session=1", "session", NULL);
    finds("", "session", NULL);
    finds("session", "session", NULL);
}

static void values_are_taken_as_they_are(void **state) {
    (void)state;
    finds("s=a=b", "s", "a=b");
    finds("s=", "s", "");
    finds("s=\"quoted\"", "s", "quoted");
    finds("s=\"", "s", "\"");
    finds("s=1; s=2", "s", "1");
}

static void a_flood_of_cookies_ends(void **state) {
    (void)state;
    char header[1024];
    memset(header, ';', sizeof header - 1);
    header[sizeof header - 1] = '\0';
    memcpy(header + 900, "s=1", 3);
    finds(header, "s", NULL);
}

static void only_plain_values_may_be_set(void **state) {
    (void)state;
    assert_true(cookie_value_is_plain(STR("abc-_.~=")));
    assert_false(cookie_value_is_plain(STR("a;b")));
    assert_false(cookie_value_is_plain(STR("a b")));
    assert_false(cookie_value_is_plain(STR("a\r\nb")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cookie_is_found_by_its_whole_name),
        cmocka_unit_test(values_are_taken_as_they_are),
        cmocka_unit_test(a_flood_of_cookies_ends),
        cmocka_unit_test(only_plain_values_may_be_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
