#include "community/health.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants those first */
#include <cmocka.h>
#include <stdlib.h>

#include "base/limits.h"
#include "community/health_state.h"

enum { DAY_H = 24, FIRST_DAY = 20000, FIRST = FIRST_DAY * DAY_H, NOW = 1800000000, DAY_S = 86400 };

static int open_arena(void **state) {
    Arena *arena = malloc(sizeof *arena);
    if (!arena) return 1;
    *arena = arena_create(64 * MIB);
    *state = arena;
    return 0;
}

static int close_arena(void **state) {
    arena_free(*state);
    free(*state);
    return 0;
}

static void check_equal(const HealthSteps *a, const HealthSteps *b) {
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++) assert_memory_equal(&a->at[i], &b->at[i], sizeof *a->at);
}

static void check_step(HealthStep got, HealthStep wanted) {
    assert_int_equal(got.at, wanted.at);
    assert_int_equal(got.seeders, wanted.seeders);
    assert_int_equal(got.leechers, wanted.leechers);
    assert_int_equal(got.completed, wanted.completed);
}

static void check_round_trip(const HealthSteps *steps, Arena *arena) {
    HealthSteps again;
    Str bytes = health_write(steps, arena);
    assert_true(bytes.len <= HEALTH_BYTES_MAX);
    assert_true(health_parse(bytes, arena, &again));
    check_equal(steps, &again);
}

static void what_stands_still_is_not_written_again(void **state) {
    HealthSteps steps = {0};
    for (uint32_t hour = 0; hour < 1000; hour++)
        health_append(&steps, (HealthStep){FIRST + hour, 5, 2, 0}, *state);
    assert_int_equal(steps.count, 1);
    check_step(steps.at[0], (HealthStep){FIRST, 5, 2, 0});
    health_append(&steps, (HealthStep){FIRST + 1000, 5, 2, 7}, *state);
    assert_int_equal(steps.count, 2);
}

static void a_second_count_of_an_hour_takes_the_place_of_the_first(void **state) {
    HealthSteps steps = {0};
    health_append(&steps, (HealthStep){FIRST, 5, 2, 3}, *state);
    health_append(&steps, (HealthStep){FIRST, 6, 1, 4}, *state);
    health_append(&steps, (HealthStep){FIRST - 5, 7, 0, UINT32_MAX}, *state);
    assert_int_equal(steps.count, 1);
    check_step(steps.at[0], (HealthStep){FIRST, 7, 0, UINT32_MAX});
}

static void a_small_step_takes_three_bytes(void **state) {
    HealthSteps steps = {0};
    for (uint32_t hour = 0; hour < 300; hour++)
        health_append(&steps, (HealthStep){FIRST + hour, 20 + hour % 2, 3 + hour % 2, 0}, *state);
    Str bytes = health_write(&steps, *state);
    assert_in_range(bytes.len, 3 * 299, 3 * 299 + 12);
    check_round_trip(&steps, *state);
}

static void the_greatest_numbers_come_back(void **state) {
    HealthSteps steps = {0};
    health_append(&steps, (HealthStep){0, UINT32_MAX, 0, UINT32_MAX}, *state);
    health_append(&steps, (HealthStep){1, 0, UINT32_MAX, 0}, *state);
    health_append(&steps, (HealthStep){UINT32_MAX, UINT32_MAX, 0, 1}, *state);
    check_round_trip(&steps, *state);
    HealthSteps none = {0};
    check_round_trip(&none, *state);
}

static void a_full_series_loses_its_oldest_step(void **state) {
    HealthSteps steps = {0};
    for (uint32_t i = 0; i < HEALTH_STEPS_MAX + 10; i++)
        health_append(&steps, (HealthStep){FIRST + i, i % 2 ? UINT32_MAX : 0, 0, 0}, *state);
    assert_int_equal(steps.count, HEALTH_STEPS_MAX);
    assert_int_equal(steps.at[0].at, FIRST + 10);
    check_round_trip(&steps, *state);
}

static void damaged_bytes_are_refused(void **state) {
    HealthSteps steps = {0}, read = {0};
    for (uint32_t i = 0; i < 40; i++)
        health_append(&steps, (HealthStep){FIRST + 3 * i, i * 37 % 90, i % 5, i % 3}, *state);
    Str bytes = health_write(&steps, *state);
    for (size_t len = 1; len < bytes.len; len++)
        assert_false(health_parse(str_part(bytes, 0, len), *state, &read));
    char longer[1000];
    assert_true(bytes.len < sizeof longer);
    memcpy(longer, bytes.at, bytes.len);
    longer[bytes.len] = 0;
    assert_false(health_parse(str_from_bytes(longer, bytes.len + 1), *state, &read));
    longer[0] = 9;
    assert_false(health_parse(str_from_bytes(longer, bytes.len), *state, &read));
    static const char *const wrong[] = {
        "\x01\x01",             /* a step announced, none there */
        "\x01\x02\x08\x00",     /* a second one that is not later */
        "\x01\x01\x09\x01\x01", /* one byte too many */
        "\x01\x01\x09\x80\x00", /* a number longer than it need be */
    };
    static const size_t lens[] = {2, 4, 5, 5};
    for (size_t i = 0; i < 4; i++)
        assert_false(health_parse(str_from_bytes(wrong[i], lens[i]), *state, &read));
    assert_int_equal(read.count, 0);
}

static void a_day_is_the_mean_of_its_hours(void **state) {
    HealthSteps hours = {0}, days = {0};
    health_append(&hours, (HealthStep){FIRST, 10, 0, 2}, *state);
    health_append(&hours, (HealthStep){FIRST + 12, 20, 1, 3}, *state);
    health_compact(&hours, &days, FIRST + 15 * DAY_H, *state);
    assert_int_equal(days.count, 1);
    check_step(days.at[0], (HealthStep){FIRST_DAY, 15, 1, 5});
    /* It ended with 20, and so it still is. */
    assert_int_equal(hours.count, 1);
    check_step(hours.at[0], (HealthStep){FIRST + DAY_H, 20, 1, 0});
    health_compact(&hours, &days, FIRST + 16 * DAY_H, *state);
    assert_int_equal(days.count, 2);
    check_step(days.at[1], (HealthStep){FIRST_DAY + 1, 20, 1, 0});
    assert_int_equal(hours.count, 0);
    health_compact(&hours, &days, FIRST + 400 * DAY_H, *state);
    assert_int_equal(days.count, 2);
}

static void one_hour_of_a_seeder_is_not_rounded_to_none(void **state) {
    HealthSteps hours = {0}, days = {0};
    health_append(&hours, (HealthStep){FIRST, 0, 0, 0}, *state);
    health_append(&hours, (HealthStep){FIRST + 5, 1, 0, 0}, *state);
    health_append(&hours, (HealthStep){FIRST + 6, 0, 0, 0}, *state);
    health_compact(&hours, &days, FIRST + 100 * DAY_H, *state);
    assert_int_equal(days.count, 2);
    check_step(days.at[0], (HealthStep){FIRST_DAY, 1, 0, 0});
    check_step(days.at[1], (HealthStep){FIRST_DAY + 1, 0, 0, 0});
}

static void hours_of_two_weeks_stay(void **state) {
    HealthSteps hours = {0}, days = {0};
    uint32_t now = FIRST + 14 * DAY_H + 23;
    for (uint32_t hour = FIRST; hour <= now; hour++)
        health_append(&hours, (HealthStep){hour, hour % 7, 0, 0}, *state);
    size_t count = hours.count;
    health_compact(&hours, &days, now, *state);
    assert_int_equal(hours.count, count);
    assert_int_equal(days.count, 0);
    health_compact(&hours, &days, now + 1, *state);
    assert_int_equal(hours.count, count - DAY_H);
    assert_int_equal(days.count, 1);
}

static void what_held_at_a_moment_is_found(void **state) {
    HealthSteps steps = {0};
    HealthStep step;
    for (uint32_t i = 1; i <= 5; i++) health_append(&steps, (HealthStep){i * 10, i, 0, 0}, *state);
    assert_false(health_at(&steps, 9, &step));
    assert_true(health_at(&steps, 10, &step) && step.seeders == 1);
    assert_true(health_at(&steps, 39, &step) && step.seeders == 3);
    assert_true(health_at(&steps, 1000, &step) && step.seeders == 5);
}

/* --- against a model: every hour by itself --- */

enum { MODEL_DAYS = 60 };

typedef struct {
    uint32_t seeders[MODEL_DAYS * DAY_H], leechers[MODEL_DAYS * DAY_H],
        completed[MODEL_DAYS * DAY_H];
    uint32_t begun; /* the first hour counted */
} Model;

static uint32_t model_mean(const uint32_t *values, const Model *model, uint32_t day) {
    uint64_t sum = 0, known = 0;
    for (uint32_t hour = day * DAY_H; hour < (day + 1) * DAY_H; hour++)
        if (hour >= model->begun) sum += values[hour], known++;
    uint64_t rounded = known ? (sum + known / 2) / known : 0;
    return sum && !rounded ? 1 : (uint32_t)rounded;
}

static uint32_t completed_of(const HealthSteps *steps, uint32_t at) {
    for (size_t i = 0; i < steps->count; i++)
        if (steps->at[i].at == at) return steps->at[i].completed;
    return 0;
}

static void check_model(const Model *model, const HealthSteps *hours, const HealthSteps *days,
                        uint32_t now) {
    uint32_t kept = health_first_kept_hour(FIRST + now) - FIRST;
    if (health_first_kept_hour(FIRST + now) < FIRST) kept = 0;
    for (uint32_t day = model->begun / DAY_H; day < kept / DAY_H; day++) {
        HealthStep told = {0};
        uint32_t completed = 0;
        for (uint32_t hour = 0; hour < DAY_H; hour++)
            completed += model->completed[day * DAY_H + hour];
        assert_true(health_at(days, FIRST_DAY + day, &told));
        assert_int_equal(told.seeders, model_mean(model->seeders, model, day));
        assert_int_equal(told.leechers, model_mean(model->leechers, model, day));
        assert_int_equal(completed_of(days, FIRST_DAY + day), completed);
    }
    for (uint32_t hour = kept > model->begun ? kept : model->begun; hour <= now; hour++) {
        HealthStep told;
        if (!health_at(hours, FIRST + hour, &told))
            assert_true(health_at(days, (FIRST + hour) / DAY_H, &told));
        assert_int_equal(told.seeders, model->seeders[hour]);
        assert_int_equal(told.leechers, model->leechers[hour]);
        assert_int_equal(completed_of(hours, FIRST + hour), model->completed[hour]);
    }
}

/* One work through two months: counted when it changed, made days of now and then. */
static void run_model(unsigned seed, Arena *arena) {
    unsigned chance = seed;
    Model *model = arena_new(arena, Model, 1);
    HealthSteps hours = {0}, days = {0};
    HealthStep now = {0};
    model->begun = (unsigned)rand_r(&chance) % 100;
    unsigned calm = 1 + (unsigned)rand_r(&chance) % 200;
    for (uint32_t hour = model->begun; hour < MODEL_DAYS * DAY_H; hour++) {
        now.at = FIRST + hour;
        now.completed = rand_r(&chance) % 40 == 0 ? (uint32_t)rand_r(&chance) % 5 : 0;
        if ((unsigned)rand_r(&chance) % calm == 0) now.seeders = (uint32_t)rand_r(&chance) % 6;
        if ((unsigned)rand_r(&chance) % calm == 0) now.leechers = (uint32_t)rand_r(&chance) % 300;
        model->seeders[hour] = now.seeders;
        model->leechers[hour] = now.leechers;
        model->completed[hour] = now.completed;
        health_append(&hours, now, arena);
        if (rand_r(&chance) % 30 == 0) health_compact(&hours, &days, now.at, arena);
        check_round_trip(&hours, arena);
        check_round_trip(&days, arena);
    }
    health_compact(&hours, &days, now.at, arena);
    check_model(model, &hours, &days, MODEL_DAYS * DAY_H - 1);
    assert_true(hours.count <= (HEALTH_HOURS_DAYS + 1) * DAY_H);
}

static void series_tell_what_a_model_tells(void **state) {
    (void)state;
    for (unsigned seed = 1; seed <= 60; seed++) {
        Arena arena = arena_create(256 * MIB);
        run_model(seed, &arena);
        arena_free(&arena);
    }
}

/* --- states --- */

#define check_state(wanted, ...) \
    assert_int_equal(health_state(&(HealthFacts){__VA_ARGS__}, NOW), (wanted))

static void states_follow_their_rules(void **state) {
    (void)state;
    const Seconds old = NOW - 400 * DAY_S;
    check_state(HEALTH_ALIVE, .seeders = 3, .published_at = NOW);
    check_state(HEALTH_ALIVE, .seeders = 3, .published_at = old);
    check_state(HEALTH_ALIVE, .seeders = 1, .published_at = old, .well_seeded_at = NOW - DAY_S + 1);
    check_state(HEALTH_AT_RISK, .seeders = 2, .published_at = old, .well_seeded_at = NOW - DAY_S);
    check_state(HEALTH_AT_RISK, .published_at = old, .well_seeded_at = NOW - 60,
                .last_seeder_at = NOW - 60);
    check_state(HEALTH_NEW, .seeders = 2, .published_at = NOW - 2 * DAY_S + 1);
    check_state(HEALTH_NEW, .published_at = NOW - 2 * DAY_S + 1);
    check_state(HEALTH_AT_RISK, .seeders = 1, .published_at = NOW - 2 * DAY_S);
    check_state(HEALTH_AT_RISK, .published_at = old, .last_seeder_at = NOW - 14 * DAY_S + 1);
    check_state(HEALTH_DEAD, .published_at = old, .last_seeder_at = NOW - 14 * DAY_S);
    check_state(HEALTH_DEAD, .leechers = 4, .published_at = old, .last_seeder_at = old);
    check_state(HEALTH_AT_RISK, .leechers = 1, .published_at = old);
    check_state(HEALTH_UNKNOWN, .published_at = old);
}

static void states_have_words_of_their_own(void **state) {
    (void)state;
    for (int i = 0; i < HEALTH_STATE_COUNT; i++) {
        HealthState found = HEALTH_STATE_COUNT;
        assert_true(health_state_parse(str_from_c(health_states[i].code), &found));
        assert_int_equal(found, i);
        assert_non_null(health_states[i].name);
        assert_non_null(health_states[i].rule);
    }
    HealthState untouched = HEALTH_DEAD;
    assert_false(health_state_parse(STR("thriving"), &untouched));
    assert_false(health_state_parse(STR(""), &untouched));
    assert_int_equal(untouched, HEALTH_DEAD);
}

#define test(name) cmocka_unit_test_setup_teardown(name, open_arena, close_arena)

int main(void) {
    const struct CMUnitTest tests[] = {
        test(what_stands_still_is_not_written_again),
        test(a_second_count_of_an_hour_takes_the_place_of_the_first),
        test(a_small_step_takes_three_bytes),
        test(the_greatest_numbers_come_back),
        test(a_full_series_loses_its_oldest_step),
        test(damaged_bytes_are_refused),
        test(a_day_is_the_mean_of_its_hours),
        test(one_hour_of_a_seeder_is_not_rounded_to_none),
        test(hours_of_two_weeks_stay),
        test(what_held_at_a_moment_is_found),
        test(series_tell_what_a_model_tells),
        test(states_follow_their_rules),
        test(states_have_words_of_their_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
