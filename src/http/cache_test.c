#include "http/cache.h"

#include <setjmp.h>
#include <stdarg.h>
/* cmocka wants the three above first */
#include <cmocka.h>

#include "base/limits.h"
#include "http/engine.h"

static const Route route = {.address = "/x", .cache_s = 5};

typedef struct {
    Loop loop;
    Cache *cache;
    Exchange exchanges[4];
} Scene;

static int set_up(void **state) {
    static Scene scene;
    scene = (Scene){.cache = cache_create(MIB, 16), .loop.now = 1000};
    for (size_t i = 0; i < 4; i++) {
        Exchange *exchange = &scene.exchanges[i];
        exchange->arena = arena_create(MIB);
        exchange->loop = &scene.loop;
        exchange->request = (Request){.arena = &exchange->arena, .route = &route};
        exchange->request.target = STR("/x");
        exchange->response = (Response){.status = 200, .body = STR("old")};
    }
    *state = &scene;
    return 0;
}

static int tear_down(void **state) {
    Scene *scene = *state;
    for (size_t i = 0; i < 4; i++) {
        if (scene->exchanges[i].cached) cache_release(scene->cache, scene->exchanges[i].cached);
        arena_free(&scene->exchanges[i].arena);
    }
    cache_free(scene->cache);
    return 0;
}

static void one_makes_the_answer_and_others_wait_for_it(void **state) {
    Scene *scene = *state;
    Exchange *maker = &scene->exchanges[0], *waiter = &scene->exchanges[1];
    assert_int_equal(cache_find(scene->cache, maker), CACHE_FILL);
    assert_true(maker->fills_cache);
    assert_int_equal(cache_find(scene->cache, waiter), CACHE_WAIT);
    assert_ptr_equal(cache_fill(scene->cache, maker, 1000), waiter);
    assert_non_null(waiter->cached);
    assert_int_equal(cache_find(scene->cache, &scene->exchanges[2]), CACHE_HIT);
}

/* Whoever asks after a removal was acknowledged must not be shown the work. */
static void nobody_joins_an_answer_begun_before_all_was_forgotten(void **state) {
    Scene *scene = *state;
    Exchange *maker = &scene->exchanges[0], *waiter = &scene->exchanges[1],
             *later = &scene->exchanges[2];
    assert_int_equal(cache_find(scene->cache, maker), CACHE_FILL);
    assert_int_equal(cache_find(scene->cache, waiter), CACHE_WAIT);
    cache_forget(scene->cache);
    assert_int_equal(cache_find(scene->cache, later), CACHE_FILL);
    assert_false(later->fills_cache);
    assert_null(later->cached);
    assert_ptr_equal(cache_fill(scene->cache, maker, 1000), waiter);
    assert_null(waiter->next);
    assert_int_equal(cache_find(scene->cache, &scene->exchanges[3]), CACHE_FILL);
    assert_true(scene->exchanges[3].fills_cache);
    assert_null(cache_abandon(scene->cache, &scene->exchanges[3]));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(one_makes_the_answer_and_others_wait_for_it, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(nobody_joins_an_answer_begun_before_all_was_forgotten,
                                        set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
