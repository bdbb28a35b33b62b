#include "site/chart.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants those first */
#include <cmocka.h>
#include <stdio.h>

#include "base/limits.h"

enum { DAY_S = 24 * 3600, NOON = 1795435200 };

#define check_str(got, wanted)                                                  \
    do {                                                                        \
        Str got_ = (got), wanted_ = STR(wanted);                                \
        if (!str_equal(got_, wanted_)) print_error("%.*s\n", STR_PRINTF(got_)); \
        assert_true(str_equal(got_, wanted_));                                  \
    } while (0)

static Chart draw(Arena *arena, const uint64_t *values, size_t count, bool bars) {
    ChartSeries series = {"Seeders", "c1", values};
    ChartAsk ask = {.title = "Swarm",
                    .from = NOON,
                    .span_s = 3600,
                    .count = count,
                    .bars = bars,
                    .series = &series,
                    .series_count = 1};
    return chart_make(arena, &ask);
}

static void a_line_is_steps(void **state) {
    (void)state;
    Arena arena = arena_create(MIB);
    const uint64_t values[] = {0, 5, 5, 10};
    Chart chart = draw(&arena, values, 4, false);
    assert_int_equal(chart.top, 10);
    assert_int_equal(chart.half, 5);
    check_str(chart.lines.at[0].path, "M-9 209V200H150V100H450V0H609V209");
    assert_true(chart.lines.at[0].filled);
    ChartSeries series[] = {{"Seeders", "c1", values}, {"Leechers", "c2", values}};
    ChartAsk ask = {.title = "Swarm",
                    .from = NOON,
                    .span_s = 3600,
                    .count = 4,
                    .series = series,
                    .series_count = 2};
    chart = chart_make(&arena, &ask);
    check_str(chart.lines.at[1].path, "M0 200H150V100H450V0H600");
    assert_false(chart.lines.at[1].filled);
    assert_int_equal(chart.lines.at[0].low, 0);
    assert_int_equal(chart.lines.at[0].high, 10);
    assert_int_equal(chart.lines.at[0].last, 10);
    arena_free(&arena);
}

static void a_gap_breaks_the_line(void **state) {
    (void)state;
    Arena arena = arena_create(MIB);
    const uint64_t values[] = {CHART_GAP, 1, CHART_GAP, CHART_GAP, 2, CHART_GAP};
    Chart chart = draw(&arena, values, 6, false);
    check_str(chart.lines.at[0].path, "M100 209V100H200V209M400 209V0H500V209");
    assert_int_equal(chart.lines.at[0].low, 1);
    assert_false(chart.rows.at[0].values.at[0].known);
    assert_true(chart.rows.at[1].values.at[0].known);
    arena_free(&arena);
}

static void nothing_known_is_no_chart(void **state) {
    (void)state;
    Arena arena = arena_create(MIB);
    const uint64_t values[] = {CHART_GAP, CHART_GAP};
    assert_int_equal(draw(&arena, values, 2, false).top, 0);
    const uint64_t zeros[] = {0, 0};
    Chart chart = draw(&arena, zeros, 2, false);
    assert_int_equal(chart.top, 2); /* none is known to be none */
    check_str(chart.lines.at[0].path, "M-9 209V200H609V209");
    arena_free(&arena);
}

static void bars_stand_side_by_side(void **state) {
    (void)state;
    Arena arena = arena_create(MIB);
    const uint64_t one[] = {3, 0, 4}, two[] = {1, 2, CHART_GAP};
    ChartSeries series[] = {{"Uploads", "c1", one}, {"Downloads", "c2", two}};
    ChartAsk ask = {.title = "Days",
                    .from = NOON,
                    .span_s = DAY_S,
                    .count = 3,
                    .bars = true,
                    .series = series,
                    .series_count = 2};
    Chart chart = chart_make(&arena, &ask);
    assert_int_equal(chart.top, 4);
    check_str(chart.lines.at[0].path, "M20 200V50h80V200ZM420 200V0h80V200Z");
    check_str(chart.lines.at[1].path, "M100 200V150h80V200ZM300 200V100h80V200Z");
    assert_int_equal(chart.lines.at[0].sum, 7);
    assert_int_equal(chart.rows.count, 3);
    assert_int_equal(chart.rows.at[1].values.at[1].count, 2);
    arena_free(&arena);
}

static void the_table_has_few_rows_of_means_or_sums(void **state) {
    (void)state;
    Arena arena = arena_create(MIB);
    static uint64_t values[366];
    for (size_t i = 0; i < 336; i++) values[i] = i / 24;
    values[30] = 1 + 12; /* 36 in a day of 24 hours */
    Chart chart = draw(&arena, values, 336, false);
    assert_int_equal(chart.rows.count, 14);
    for (size_t day = 0; day < 14; day++) {
        assert_int_equal(chart.rows.at[day].at, NOON + (Seconds)day * DAY_S);
        assert_int_equal(chart.rows.at[day].values.at[0].count, day == 1 ? 2 : day);
    }
    chart = draw(&arena, values, 336, true);
    assert_int_equal(chart.rows.at[2].values.at[0].count, 48);
    for (size_t i = 0; i < 366; i++) values[i] = i == 0;
    chart = draw(&arena, values, 31, false);
    assert_int_equal(chart.rows.count, 31);
    ChartSeries series = {"Seeders", "c1", values};
    ChartAsk ask = {.title = "Year",
                    .from = NOON,
                    .span_s = DAY_S,
                    .count = 366,
                    .series = &series,
                    .series_count = 1};
    chart = chart_make(&arena, &ask);
    assert_int_equal(chart.rows.count, 27); /* fortnights */
    assert_int_equal(chart.rows.at[0].values.at[0].count, 1);
    assert_int_equal(chart.rows.at[1].values.at[0].count, 0);
    assert_true(chart.by_year);
    assert_int_equal(chart.ticks.at[0], NOON);
    assert_int_equal(chart.ticks.at[CHART_TICKS - 1], NOON + 366 * DAY_S - 1);
    ask.count = 2; /* a date of its own for each */
    chart = chart_make(&arena, &ask);
    assert_int_equal(chart.ticks.count, 2);
    assert_int_equal(chart.ticks.at[1], NOON + 2 * DAY_S - 1);
    arena_free(&arena);
}

static void the_scale_holds_any_number(void **state) {
    (void)state;
    Arena arena = arena_create(MIB);
    const struct {
        uint64_t value, top;
    } scales[] = {{1, 2},     {2, 2},      {3, 4},           {7, 8},
                  {9, 10},    {11, 20},    {61, 80},         {100, 100},
                  {101, 200}, {999, 1000}, {123456, 200000}, {UINT64_MAX - 1, UINT64_MAX - 1}};
    for (size_t i = 0; i < sizeof scales / sizeof scales[0]; i++) {
        uint64_t values[] = {scales[i].value, 0};
        Chart chart = draw(&arena, values, 2, false);
        assert_true(chart.top == scales[i].top);
        assert_true(str_starts(chart.lines.at[0].path, STR("M-9 ")));
    }
    arena_free(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_steps),
        cmocka_unit_test(a_gap_breaks_the_line),
        cmocka_unit_test(nothing_known_is_no_chart),
        cmocka_unit_test(bars_stand_side_by_side),
        cmocka_unit_test(the_table_has_few_rows_of_means_or_sums),
        cmocka_unit_test(the_scale_holds_any_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
