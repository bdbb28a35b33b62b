#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <cmocka.h>

#include "base/limits.h"

static const struct {
    Seconds at;
    const char *rfc3339, *http;
} moments[] = {
    {0, "1970-01-01T00:00:00Z", "Thu, 01 Jan 1970 00:00:00 GMT"},
    {-1, "1969-12-31T23:59:59Z", "Wed, 31 Dec 1969 23:59:59 GMT"},
    {951782400, "2000-02-29T00:00:00Z", "Tue, 29 Feb 2000 00:00:00 GMT"},
    {1709251199, "2024-02-29T23:59:59Z", "Thu, 29 Feb 2024 23:59:59 GMT"},
    {2147483648, "2038-01-19T03:14:08Z", "Tue, 19 Jan 2038 03:14:08 GMT"},
    {4107542400, "2100-03-01T00:00:00Z", "Mon, 01 Mar 2100 00:00:00 GMT"},
    {253402300799, "9999-12-31T23:59:59Z", "Fri, 31 Dec 9999 23:59:59 GMT"},
};

static void moments_are_written_and_read_back(void **state) {
    (void)state;
    Arena arena = arena_create(MIB);
    for (size_t i = 0; i < sizeof moments / sizeof moments[0]; i++) {
        Str text = clock_rfc3339(&arena, moments[i].at);
        assert_string_equal(str_c(&arena, text), moments[i].rfc3339);
        assert_string_equal(str_c(&arena, clock_http_date(&arena, moments[i].at)), moments[i].http);
        Seconds back = 5;
        assert_true(clock_parse_rfc3339(text, &back));
        assert_true(back == moments[i].at);
    }
    arena_free(&arena);
}

static Seconds parsed(const char *text) {
    Seconds at = INT64_MIN;
    return clock_parse_rfc3339(str_from_c(text), &at) ? at : INT64_MIN;
}

static void a_bare_date_is_midnight_utc(void **state) {
    (void)state;
    assert_true(parsed("2000-02-29") == 951782400);
    assert_true(parsed("1970-01-01") == 0);
}

static void offsets_and_fractions_are_understood(void **state) {
    (void)state;
    assert_true(parsed("1970-01-01T02:00:00+02:00") == 0);
    assert_true(parsed("1969-12-31T18:30:00-05:30") == 0);
    assert_true(parsed("1970-01-01T00:00:01.999999Z") == 1);
    assert_true(parsed("1970-01-01T00:00:01.5+00:00") == 1);
    assert_true(parsed("1970-01-01t00:00:01z") == 1);
    assert_true(parsed("2000-02-28T23:30:00-01:00") == 951784200);
}

static void a_leap_second_is_the_second_before(void **state) {
    (void)state;
    assert_true(parsed("2016-12-31T23:59:60Z") == 1483228799);
    assert_true(parsed("2016-12-31T12:00:60Z") == INT64_MIN);
}

static void what_is_no_moment_is_refused(void **state) {
    (void)state;
    static const char *const wrong[] = {
        "",
        "2026",
        "2026-1-01",
        "2026-02-29",
        "2100-02-29",
        "2026-04-31",
        "2026-13-01",
        "2026-00-10",
        "2026-01-00",
        "2026-01-32",
        "2026-01-01T24:00:00Z",
        "2026-01-01T00:60:00Z",
        "2026-01-01T00:00:61Z",
        "2026-01-01T00:00:00",
        "2026-01-01T00:00:00Zx",
        "2026-01-01T00:00:00.Z",
        "2026-01-01T00:00:00+24:00",
        "2026-01-01T00:00:00+01:60",
        "2026-01-01T00:00:00+0100",
        "2026-01-01 00:00:00Z",
        "20 6-01-01",
        "-026-01-01",
        "2026-01-01T",
        " 2026-01-01",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        if (parsed(wrong[i]) != INT64_MIN) fail_msg("taken: %s", wrong[i]);
}

static void monotonic_time_never_goes_back(void **state) {
    (void)state;
    int64_t last = clock_monotonic_us();
    for (int i = 0; i < 10000; i++) {
        int64_t now = clock_monotonic_us();
        assert_true(now >= last);
        last = now;
    }
    assert_true(clock_monotonic_ms() >= last / 1000);
    assert_true(clock_now() > 1700000000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(moments_are_written_and_read_back),
        cmocka_unit_test(a_bare_date_is_midnight_utc),
        cmocka_unit_test(offsets_and_fractions_are_understood),
        cmocka_unit_test(a_leap_second_is_the_second_before),
        cmocka_unit_test(what_is_no_moment_is_refused),
        cmocka_unit_test(monotonic_time_never_goes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
