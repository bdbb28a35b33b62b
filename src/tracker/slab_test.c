#include "tracker/slab.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { BLOCK_BYTES = SLAB_BLOCK_BYTES_MAX, SPAN_BLOCKS = 2 };

static void fill_spans(Slab *slab, size_t spans) {
    for (size_t i = 0; i < spans * SPAN_BLOCKS; i++) {
        Handle block = slab_alloc(slab, BLOCK_BYTES);
        assert_int_not_equal(block, 0);
        memset(slab_at(slab, block), 7, BLOCK_BYTES);
    }
}

static void memory_is_made_ahead_the_sooner_the_faster_it_goes(void **state) {
    (void)state;
    Slab slab = {0};
    assert_false(slab_wants_spare(&slab));
    fill_spans(&slab, 1);
    assert_false(slab_wants_spare(&slab));
    fill_spans(&slab, 60);
    assert_true(slab_wants_spare(&slab)); /* as much again, and little would be left */
    assert_false(slab_wants_spare(&slab));
    for (unsigned i = 0; i < 40; i++) {
        fill_spans(&slab, 1);
        if (slab_wants_spare(&slab)) slab_give_spare(&slab, slab_spare_open());
    }
    assert_non_null(slab.spare);
    assert_false(slab_wants_spare(&slab));
    fill_spans(&slab, 40);
    assert_null(slab.spare);
    slab_close(&slab);
}

static void a_second_spare_is_given_back(void **state) {
    (void)state;
    Slab slab = {0};
    fill_spans(&slab, 1);
    uint8_t *first = slab_spare_open();
    slab_give_spare(&slab, first);
    slab_give_spare(&slab, slab_spare_open());
    slab_give_spare(&slab, NULL);
    assert_ptr_equal(slab.spare, first);
    slab_close(&slab);
}

static void what_is_released_goes_back_to_the_kernel(void **state) {
    (void)state;
    enum { SPANS = 300 };
    Slab slab = {0};
    Handle blocks[SPANS * SPAN_BLOCKS];
    for (size_t i = 0; i < SPANS * SPAN_BLOCKS; i++) {
        blocks[i] = slab_alloc(&slab, BLOCK_BYTES);
        memset(slab_at(&slab, blocks[i]), (int)i, BLOCK_BYTES);
    }
    for (size_t i = 0; i < SPANS * SPAN_BLOCKS; i++) slab_release(&slab, blocks[i]);
    assert_int_equal(slab.free_count, SPANS);
    for (size_t i = 0; i < SPANS; i++) slab_trim(&slab);
    assert_true(slab.free_count < SPANS / 4);
    assert_int_equal(slab.busy_count, 0);
    slab_close(&slab);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_made_ahead_the_sooner_the_faster_it_goes),
        cmocka_unit_test(a_second_spare_is_given_back),
        cmocka_unit_test(what_is_released_goes_back_to_the_kernel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
