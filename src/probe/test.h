/* test.h — for the unit tests of probe/ only: cmocka, and short hands for text and addresses. */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants those first */
#include <cmocka.h>

#include "probe/outbound.h"

static inline IpAddress ip(const char *text) {
    IpAddress address;
    assert_true(ip_parse(str_from_c(text), &address));
    return address;
}

static inline Target target(const char *url) {
    Target target = {0};
    assert_int_equal(target_parse(str_from_c(url), &target), OUTCOME_OK);
    return target;
}

#define check_str(got, wanted)                                                          \
    do {                                                                                \
        Str got_ = (got), wanted_ = str_from_c(wanted);                                 \
        if (!str_equal(got_, wanted_)) print_error("got \"%.*s\"\n", STR_PRINTF(got_)); \
        assert_true(str_equal(got_, wanted_));                                          \
    } while (0)
