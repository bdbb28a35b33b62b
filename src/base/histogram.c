#include "base/histogram.h"

const uint32_t histogram_bounds_us[HISTOGRAM_BOUNDS] = {
    100,   250,    500,    1000,   2500,    5000,    10000,   25000,
    50000, 100000, 250000, 500000, 1000000, 2500000, 5000000, 10000000};

void histogram_note(Histogram *histogram, int64_t us) {
    size_t place = 0;
    if (us < 0) us = 0;
    while (place < HISTOGRAM_BOUNDS && us > histogram_bounds_us[place]) place++;
    atomic_fetch_add_explicit(&histogram->counts[place], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&histogram->sum_us, (uint64_t)us, memory_order_relaxed);
}

HistogramCounts histogram_read(const Histogram *histogram) {
    HistogramCounts read = {.sum_us =
                                atomic_load_explicit(&histogram->sum_us, memory_order_relaxed)};
    for (size_t i = 0; i <= HISTOGRAM_BOUNDS; i++)
        read.counts[i] = atomic_load_explicit(&histogram->counts[i], memory_order_relaxed);
    return read;
}
