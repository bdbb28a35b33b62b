/* metric.h — writes numbers for Prometheus: the text format 0.0.4, or OpenMetrics 1.0 for who asks
 * for it. One metric_begin for each name, then its samples; the names of counters end in _total.
 * Labels come from the program, never from requests, so they need no escaping. Pure. */
#pragma once
#include "base/histogram.h"
#include "base/text.h"

typedef struct {
    Text text;
    bool open_metrics;
    const char *name; /* the one begun, with essaim_ or process_ in front */
} MetricWriter;

MetricWriter metric_writer(Arena *arena, bool open_metrics);
/* kind: "counter" "gauge" "histogram" */
void metric_begin(MetricWriter *writer, const char *name, const char *kind, const char *words);
/* labels: "protocol=\"udp\"", may be NULL */
void metric_add(MetricWriter *writer, const char *labels, uint64_t value);
void metric_add_real(MetricWriter *writer, const char *labels, double value);
void metric_add_histogram(MetricWriter *writer, const char *labels, const HistogramCounts *counts);
Str metric_finish(MetricWriter *writer);
Str metric_content_type(const MetricWriter *writer);
