#include "base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <cmocka.h>

#include "base/limits.h"

static void memory_is_zeroed_and_aligned(void **state) {
    (void)state;
    Arena arena = arena_create(MIB);
    for (size_t i = 0; i < 200; i++) {
        char *odd = arena_alloc(&arena, 1 + i % 7, 1);
        assert_int_equal(odd[0], 0);
        memset(odd, 0xff, 1 + i % 7);
        uint64_t *number = arena_new(&arena, uint64_t, 3);
        assert_int_equal((uintptr_t)number % alignof(uint64_t), 0);
        assert_true(number[0] == 0 && number[2] == 0);
        memset(number, 0xff, 3 * sizeof *number);
    }
    arena_free(&arena);
    assert_int_equal(arena.used, 0);
}

static void memory_is_zeroed_again_after_a_reset(void **state) {
    (void)state;
    Arena arena = arena_create(MIB);
    for (int round = 0; round < 3; round++) {
        unsigned char *bytes = arena_alloc(&arena, 5000, 16);
        for (size_t i = 0; i < 5000; i++) assert_int_equal(bytes[i], 0);
        memset(bytes, 0xee, 5000);
        for (int i = 0; i < 10; i++) memset(arena_alloc(&arena, 9000, 1), 0xee, 9000);
        arena_reset(&arena);
        assert_int_equal(arena.used, 0);
    }
    arena_free(&arena);
}

static void a_piece_larger_than_a_block_fits(void **state) {
    (void)state;
    Arena arena = arena_create(MIB);
    char *small = arena_alloc(&arena, 10, 1);
    char *large = arena_alloc(&arena, 3 * ARENA_BLOCK_BYTES, 16);
    memset(large, 1, 3 * ARENA_BLOCK_BYTES);
    assert_int_equal(small[0], 0);
    arena_free(&arena);
}

static bool overflows(Arena *arena, size_t count, size_t size) {
    jmp_buf back;
    arena->overflow = &back;
    volatile bool jumped = true;
    if (setjmp(back) == 0) {
        arena_array(arena, count, size, 1);
        jumped = false;
    }
    arena->overflow = NULL;
    return jumped;
}

static void past_its_cap_it_jumps(void **state) {
    (void)state;
    Arena arena = arena_create(1000);
    assert_false(overflows(&arena, 1, 600));
    assert_true(overflows(&arena, 1, 401));
    assert_false(overflows(&arena, 1, 400)); /* exactly full is fine */
    assert_true(overflows(&arena, 1, 1));
    arena_reset(&arena);
    assert_false(overflows(&arena, 1, 1000)); /* and usable after it */
    arena_free(&arena);
}

static void a_count_that_wraps_round_jumps(void **state) {
    (void)state;
    Arena arena = arena_create(SIZE_MAX / 2);
    assert_true(overflows(&arena, SIZE_MAX / 8 + 2, 8));
    assert_true(overflows(&arena, SIZE_MAX, SIZE_MAX));
    arena_free(&arena);
}

static void copies_stand_alone(void **state) {
    (void)state;
    Arena arena = arena_create(MIB);
    char bytes[] = "a\0b";
    Str copy = arena_copy(&arena, (Str){bytes, 3});
    bytes[0] = 'x';
    assert_true(str_equal(copy, STR("a\0b")));
    assert_int_equal(copy.at[3], '\0');
    assert_string_equal(str_c(&arena, STR("libc")), "libc");
    assert_string_equal(str_c(&arena, (Str){0}), "");
    arena_free(&arena);
}

static void print_is_as_long_as_it_must_be(void **state) {
    (void)state;
    Arena arena = arena_create(MIB);
    assert_true(str_equal(arena_print(&arena, "%s-%d", "a", 7), STR("a-7")));
    Str wide = arena_print(&arena, "%5000d", 7);
    assert_int_equal(wide.len, 5000);
    assert_int_equal(wide.at[4999], '7');
    assert_int_equal(arena_print(&arena, "%s", "").len, 0);
    arena_free(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_zeroed_and_aligned),
        cmocka_unit_test(memory_is_zeroed_again_after_a_reset),
        cmocka_unit_test(a_piece_larger_than_a_block_fits),
        cmocka_unit_test(past_its_cap_it_jumps),
        cmocka_unit_test(a_count_that_wraps_round_jumps),
        cmocka_unit_test(copies_stand_alone),
        cmocka_unit_test(print_is_as_long_as_it_must_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
