/* test.h — for the unit tests of store/ only. */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants those first */
#include <cmocka.h>

#include "base/error.h"

static inline void check_fine_at(Error e, const char *file, int line) {
    if (!failed(e)) return;
    Arena arena = arena_create(1 << 16);
    Str text = error_text(e, &arena);
    print_error("%s:%d: %.*s\n", file, line, STR_PRINTF(text));
    arena_free(&arena);
    fail();
}
#define check_fine(call) check_fine_at((call), __FILE__, __LINE__)

static inline void check_code(Error e, ErrorKind kind, const char *code) {
    assert_int_equal(e.kind, kind);
    assert_string_equal(error_code(e), code);
}
