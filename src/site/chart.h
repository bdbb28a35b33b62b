/* chart.h — pictures of numbers over time: SVG without a script, a style or a request.
 * chart_make turns equal spans of time (hours, days) into paths for site/views/chart.html, which
 * draws them in the colours of the theme, and into the rows of the table that says the same in
 * words. Lines are steps: a number holds until the next. Bars are sums. A gap stays a gap. */
#pragma once
#include "site/html.h"

#define CHART_GAP UINT64_MAX /* nobody knows: nothing ran */

enum {
    CHART_WIDTH = 600, /* of the drawing; pages stretch it, lines keep their width */
    CHART_HEIGHT = 200,
    CHART_EDGE = 9, /* a filled line goes so far beyond the drawing, where nobody sees it close */
    CHART_ROWS_MAX = 31, /* of the table, each of as many spans as it takes */
    CHART_TICKS = 4,     /* dates below, evenly spaced from the first to the last */
    CHART_LINES_MAX = 4,
};

typedef struct {
    Str name; /* English: "Seeders" */
    Str kind; /* of its look, for the style: "c1", "c2", "c3" */
    Str path;
    bool filled;                   /* down to the ground: bars, and the first of the lines */
    uint64_t low, high, last, sum; /* of what is known */
} ChartLine;
typedef struct {
    const ChartLine *at;
    size_t count;
} ChartLines;

typedef struct {
    uint64_t count;
    bool known;
} ChartValue;
typedef struct {
    const ChartValue *at;
    size_t count;
} ChartValues;
typedef struct {
    Seconds at;
    ChartValues values; /* one a line */
} ChartRow;
typedef struct {
    const ChartRow *at;
    size_t count;
} ChartRows;
typedef struct {
    const Seconds *at;
    size_t count;
} ChartTicks;

typedef struct {
    Str title; /* English */
    ChartLines lines;
    uint64_t top; /* of the scale; 0: nothing is known, there is no chart */
    uint64_t half;
    ChartTicks ticks;
    ChartRows rows;
    bool bars, by_year; /* sums of spans; dates are months of a year */
} Chart;

typedef struct {
    const Chart *at;
    size_t count;
} Charts;

typedef struct {
    const char *name, *kind;
    const uint64_t *values; /* `count` of them, or CHART_GAP */
} ChartSeries;
typedef struct {
    const char *title;
    Seconds from, span_s; /* where the first value begins, and how long each lasts */
    size_t count;
    bool bars;
    const ChartSeries *series;
    size_t series_count;
} ChartAsk;

Chart chart_make(Arena *arena, const ChartAsk *ask);
