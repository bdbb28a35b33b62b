/* histogram.h — how long something took, counted by length: from a tenth of a millisecond to ten
 * seconds, in the steps metrics are read by. Fixed size; any thread may note and read. */
#pragma once
#include <stdatomic.h>

#include "base/str.h"

enum { HISTOGRAM_BOUNDS = 16 };
extern const uint32_t histogram_bounds_us[HISTOGRAM_BOUNDS]; /* each: up to and with */

typedef struct {
    _Atomic uint64_t counts[HISTOGRAM_BOUNDS + 1]; /* the last: longer than all bounds */
    _Atomic uint64_t sum_us;
} Histogram;

typedef struct {
    uint64_t counts[HISTOGRAM_BOUNDS + 1], sum_us;
} HistogramCounts;

void histogram_note(Histogram *histogram, int64_t us);
HistogramCounts histogram_read(const Histogram *histogram);
