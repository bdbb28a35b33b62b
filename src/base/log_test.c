#include "base/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <cmocka.h>
#include <unistd.h>

/* What log_write sends to standard error, caught in a file. */
static char caught[20000];

static const char *logged(LogLevel level, const char *what, LogField field) {
    FILE *file = tmpfile();
    assert_non_null(file);
    fflush(stderr);
    int kept = dup(STDERR_FILENO);
    dup2(fileno(file), STDERR_FILENO);
    log_write(level, what, &field, 1);
    fflush(stderr);
    dup2(kept, STDERR_FILENO);
    close(kept);
    rewind(file);
    caught[fread(caught, 1, sizeof caught - 1, file)] = '\0';
    fclose(file);
    return caught;
}

static bool ends_with(const char *line, const char *end) {
    return str_ends(str_from_c(line), str_from_c(end));
}

static void an_event_is_one_line_of_words(void **state) {
    (void)state;
    const char *line = logged(LOG_INFO, "request", (LogField){"path", STR("/en/")});
    assert_int_equal(strncmp(line, "at=20", 5), 0);
    assert_true(ends_with(line, "Z level=info what=request path=/en/\n"));
}

static void a_value_cannot_forge_a_line_or_a_field(void **state) {
    (void)state;
    const char *line =
        logged(LOG_ERROR, "x", (LogField){"v", STR("a\nat=0 level=info what=y k=\"\\\x1b\x7f\0")});
    assert_true(ends_with(line,
                          "level=error what=x "
                          "v=\"a\\x0aat=0 level=info what=y k=\\x22\\x5c\\x1b\\x7f\\x00\"\n"));
    assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
}

static void what_is_not_plain_is_quoted(void **state) {
    (void)state;
    assert_true(ends_with(logged(LOG_INFO, "x", (LogField){"v", STR("")}), " v=\"\"\n"));
    assert_true(ends_with(logged(LOG_INFO, "x", (LogField){"v", STR("a b")}), " v=\"a b\"\n"));
    assert_true(ends_with(logged(LOG_INFO, "x", (LogField){"v", STR("a=b")}), " v=\"a=b\"\n"));
    assert_true(
        ends_with(logged(LOG_INFO, "x", (LogField){"v", STR("\xC3\xA9")}), " v=\"\xC3\xA9\"\n"));
}

static void what_is_below_the_level_is_not_written(void **state) {
    (void)state;
    LogField field = {"v", STR("1")};
    assert_string_equal(logged(LOG_DEBUG, "x", field), "");
    log_set_level(LOG_WARNING);
    assert_string_equal(logged(LOG_INFO, "x", field), "");
    assert_true(strlen(logged(LOG_WARNING, "x", field)) > 0);
    log_set_level(LOG_DEBUG);
    assert_true(strlen(logged(LOG_DEBUG, "x", field)) > 0);
    log_set_level(LOG_INFO);
}

static void a_long_value_is_cut_and_the_line_still_ends(void **state) {
    (void)state;
    static char value[10000];
    memset(value, 'a', sizeof value);
    const char *line = logged(LOG_INFO, "x", (LogField){"v", {value, sizeof value}});
    assert_int_equal(strlen(line), 4096);
    assert_int_equal(line[4095], '\n');
    memset(value, '\n', sizeof value);
    line = logged(LOG_INFO, "x", (LogField){"v", {value, sizeof value}});
    assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_is_one_line_of_words),
        cmocka_unit_test(a_value_cannot_forge_a_line_or_a_field),
        cmocka_unit_test(what_is_not_plain_is_quoted),
        cmocka_unit_test(what_is_below_the_level_is_not_written),
        cmocka_unit_test(a_long_value_is_cut_and_the_line_still_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
