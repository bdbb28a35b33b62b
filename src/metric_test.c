#include "metric.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { ARENA_BYTES = 1 << 20 };

static void write_some(MetricWriter *writer) {
    HistogramCounts counts = {.counts = {[0] = 2, [HISTOGRAM_BOUNDS] = 1}, .sum_us = 12000150};
    metric_begin(writer, "essaim_asked_total", "counter", "Questions.");
    metric_add(writer, "protocol=\"udp\"", 7);
    metric_begin(writer, "essaim_took_seconds", "histogram", "How long.");
    metric_add_histogram(writer, "class=\"pages\"", &counts);
}

static void a_name_is_explained_once_and_its_samples_follow(void **state) {
    (void)state;
    Arena arena = arena_create(ARENA_BYTES);
    MetricWriter writer = metric_writer(&arena, false);
    write_some(&writer);
    Str text = metric_finish(&writer);
    assert_true(str_starts(text, STR("# HELP essaim_asked_total Questions.\n"
                                     "# TYPE essaim_asked_total counter\n"
                                     "essaim_asked_total{protocol=\"udp\"} 7\n"
                                     "# HELP essaim_took_seconds How long.\n"
                                     "# TYPE essaim_took_seconds histogram\n")));
    assert_true(str_contains(text, STR("_bucket{class=\"pages\",le=\"0.0001\"} 2\n")));
    assert_true(str_contains(text, STR("_bucket{class=\"pages\",le=\"10\"} 2\n")));
    assert_true(str_contains(text, STR("_bucket{class=\"pages\",le=\"+Inf\"} 3\n")));
    assert_true(str_ends(text, STR("essaim_took_seconds_sum{class=\"pages\"} 12.000150\n"
                                   "essaim_took_seconds_count{class=\"pages\"} 3\n")));
    assert_true(str_starts(metric_content_type(&writer), STR("text/plain; version=0.0.4")));
    arena_free(&arena);
}

static void openmetrics_shortens_the_family_and_marks_the_end(void **state) {
    (void)state;
    Arena arena = arena_create(ARENA_BYTES);
    MetricWriter writer = metric_writer(&arena, true);
    write_some(&writer);
    Str text = metric_finish(&writer);
    assert_true(str_starts(text, STR("# HELP essaim_asked Questions.\n"
                                     "# TYPE essaim_asked counter\n"
                                     "essaim_asked_total{protocol=\"udp\"} 7\n")));
    assert_true(str_ends(text, STR("\n# EOF\n")));
    assert_true(str_starts(metric_content_type(&writer), STR("application/openmetrics-text")));
    arena_free(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_is_explained_once_and_its_samples_follow),
        cmocka_unit_test(openmetrics_shortens_the_family_and_marks_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
