#include "metric.h"

#include "base/limits.h"

enum { METRICS_BYTES_MAX = 256 * KIB };
static const char total[] = "_total";

MetricWriter metric_writer(Arena *arena, bool open_metrics) {
    return (MetricWriter){.text = text_create(arena, METRICS_BYTES_MAX),
                          .open_metrics = open_metrics};
}

/* OpenMetrics names the family of a counter without its _total. */
static Str family_name(const MetricWriter *writer) {
    Str name = str_from_c(writer->name);
    bool shortens = writer->open_metrics && str_ends(name, str_from_c(total));
    return shortens ? str_part(name, 0, name.len - strlen(total)) : name;
}

void metric_begin(MetricWriter *writer, const char *name, const char *kind, const char *words) {
    writer->name = name;
    Str family = family_name(writer);
    text_print(&writer->text, "# HELP %.*s %s\n# TYPE %.*s %s\n", STR_PRINTF(family), words,
               STR_PRINTF(family), kind);
}

static void write_name(MetricWriter *writer, const char *suffix, const char *labels) {
    text_print(&writer->text, "%s%s", writer->name, suffix);
    if (labels && labels[0]) text_print(&writer->text, "{%s}", labels);
    text_add_byte(&writer->text, ' ');
}

static void write_value(MetricWriter *writer, uint64_t value) {
    text_add_u64(&writer->text, value);
    text_add_byte(&writer->text, '\n');
}

void metric_add(MetricWriter *writer, const char *labels, uint64_t value) {
    write_name(writer, "", labels);
    write_value(writer, value);
}

void metric_add_real(MetricWriter *writer, const char *labels, double value) {
    write_name(writer, "", labels);
    text_print(&writer->text, "%.6f\n", value);
}

static const double US_OF_SECOND = 1e6;

void metric_add_histogram(MetricWriter *writer, const char *labels, const HistogramCounts *counts) {
    uint64_t below = 0;
    const char *comma = labels && labels[0] ? "," : "";
    if (!labels) labels = "";
    for (size_t i = 0; i <= HISTOGRAM_BOUNDS; i++) {
        below += counts->counts[i];
        text_print(&writer->text, "%s_bucket{%s%sle=\"", writer->name, labels, comma);
        if (i < HISTOGRAM_BOUNDS)
            text_print(&writer->text, "%g", histogram_bounds_us[i] / US_OF_SECOND);
        else
            text_add(&writer->text, STR("+Inf"));
        text_add(&writer->text, STR("\"} "));
        write_value(writer, below);
    }
    write_name(writer, "_sum", labels);
    text_print(&writer->text, "%.6f\n", (double)counts->sum_us / US_OF_SECOND);
    write_name(writer, "_count", labels);
    write_value(writer, below);
}

Str metric_finish(MetricWriter *writer) {
    if (writer->open_metrics) text_add(&writer->text, STR("# EOF\n"));
    return text_str(&writer->text);
}

Str metric_content_type(const MetricWriter *writer) {
    return writer->open_metrics ? STR("application/openmetrics-text; version=1.0.0; charset=utf-8")
                                : STR("text/plain; version=0.0.4; charset=utf-8");
}
