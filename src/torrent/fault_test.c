#include "torrent/fault.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/limits.h"

static void every_fault_has_its_own_code_and_words(void **state) {
    (void)state;
    Arena arena = arena_create(MIB);
    for (Fault a = FAULT_NONE + 1; a < FAULT_COUNT; a++) {
        Error e = fault_error_at(a, 7, &arena);
        assert_true(failed(e));
        assert_string_equal(e.field, "torrent");
        assert_false(str_contains(error_text(e, &arena), STR("{}")));
        for (Fault b = a + 1; b < FAULT_COUNT; b++) {
            Error other = fault_error(b, STR(""));
            assert_string_not_equal(error_code(e), error_code(other));
            assert_string_not_equal(e.words, other.words);
        }
    }
    arena_free(&arena);
}

static void no_fault_is_fine(void **state) {
    (void)state;
    Arena arena = arena_create(MIB);
    assert_false(failed(fault_error(FAULT_NONE, STR("x"))));
    assert_false(failed(fault_error_at(FAULT_NONE, 1, &arena)));
    arena_free(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_fault_has_its_own_code_and_words),
        cmocka_unit_test(no_fault_is_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
