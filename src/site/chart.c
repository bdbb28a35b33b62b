#include "site/chart.h"

#include <assert.h>

enum { STEP_BYTES = 24, HOUR_S = 3600, DAY_S = 24 * HOUR_S, LONG_S = 300 * DAY_S };

/* --- the scale --- */

/* Two, four, six, eight, ten, twenty ...: half of it is a whole number too. */
static uint64_t scale_over(uint64_t high) {
    for (uint64_t unit = 1; unit < UINT64_MAX / 100; unit *= 10)
        for (uint64_t steps = 2; steps <= 10; steps += 2)
            if (steps * unit >= high) return steps * unit;
    return high;
}

static unsigned x_of(const ChartAsk *ask, size_t place) {
    return (unsigned)(place * CHART_WIDTH / ask->count);
}

/* Counted from above, as SVG does. */
static unsigned y_of(uint64_t value, uint64_t top) {
    return CHART_HEIGHT - (unsigned)((double)value * CHART_HEIGHT / (double)top + 0.5);
}

/* --- paths --- */

/* The spans from `from` on that are known, and of which the next is the first unknown. */
static size_t end_of_known(const ChartAsk *ask, const uint64_t *values, size_t from) {
    while (from < ask->count && values[from] != CHART_GAP) from++;
    return from;
}

static void add_point(Text *path, char command, uint64_t number) {
    text_add_byte(path, command);
    text_add_u64(path, number);
}

/* A line as steps; `filled`: down to the ground at both ends of each of its parts. */
typedef struct {
    const ChartAsk *ask;
    const uint64_t *values;
    uint64_t top;
    bool filled;
} Line;

/* At an edge of the drawing a filled part comes from beyond it, so that its side is not seen. */
static void add_start(Text *path, const Line *line, unsigned x, unsigned y) {
    if (!line->filled || x > 0)
        add_point(path, 'M', x);
    else
        text_add(path, STR("M-9")); /* CHART_EDGE */
    add_point(path, ' ', line->filled ? CHART_HEIGHT + CHART_EDGE : y);
    if (line->filled) add_point(path, 'V', y);
}

/* One unbroken part. */
static void add_steps(Text *path, const Line *line, size_t from, size_t to) {
    const uint64_t *values = line->values;
    unsigned y = y_of(values[from], line->top), end = x_of(line->ask, to);
    add_start(path, line, x_of(line->ask, from), y);
    for (size_t i = from + 1; i < to; i++) {
        if (values[i] == values[i - 1]) continue;
        unsigned next = y_of(values[i], line->top);
        if (next == y) continue;
        add_point(path, 'H', x_of(line->ask, i));
        add_point(path, 'V', next);
        y = next;
    }
    add_point(path, 'H', line->filled && end == CHART_WIDTH ? CHART_WIDTH + CHART_EDGE : end);
    if (line->filled) add_point(path, 'V', CHART_HEIGHT + CHART_EDGE);
}

static Str steps_path(Arena *arena, const Line *line) {
    const ChartAsk *ask = line->ask;
    Text path = text_create(arena, (ask->count + 2) * 2 * STEP_BYTES);
    for (size_t i = 0; i < ask->count;) {
        size_t end = end_of_known(ask, line->values, i);
        if (end > i) add_steps(&path, line, i, end);
        i = end + 1;
    }
    assert(!path.full);
    return text_str(&path);
}

static Str bars_path(Arena *arena, const ChartAsk *ask, const uint64_t *values, uint64_t top,
                     size_t place) {
    Text path = text_create(arena, (ask->count + 1) * 2 * STEP_BYTES);
    for (size_t i = 0; i < ask->count; i++) {
        if (values[i] == CHART_GAP || values[i] == 0) continue;
        unsigned from = x_of(ask, i), slot = x_of(ask, i + 1) - from;
        unsigned width = (slot * 4 / 5) / (unsigned)ask->series_count;
        if (width == 0) width = 1;
        add_point(&path, 'M', from + slot / 10 + width * (unsigned)place);
        add_point(&path, ' ', CHART_HEIGHT);
        add_point(&path, 'V', y_of(values[i], top));
        add_point(&path, 'h', width);
        add_point(&path, 'V', CHART_HEIGHT);
        text_add_byte(&path, 'Z');
    }
    assert(!path.full);
    return text_str(&path);
}

/* --- numbers --- */

static ChartLine measure(const ChartAsk *ask, const ChartSeries *series) {
    ChartLine line = {
        .name = str_from_c(series->name), .kind = str_from_c(series->kind), .low = CHART_GAP};
    for (size_t i = 0; i < ask->count; i++) {
        uint64_t value = series->values[i];
        if (value == CHART_GAP) continue;
        if (value < line.low) line.low = value;
        if (value > line.high) line.high = value;
        line.last = value;
        line.sum += value;
    }
    return line;
}

static bool is_known(const ChartLine *line) { return line->low != CHART_GAP; }

/* Of lines the mean, but not none where there was something; of bars the sum. */
static ChartValue value_of(const ChartAsk *ask, const uint64_t *values, size_t from, size_t to) {
    uint64_t sum = 0, known = 0;
    for (size_t i = from; i < to && i < ask->count; i++) {
        if (values[i] == CHART_GAP) continue;
        sum += values[i];
        known++;
    }
    if (known == 0) return (ChartValue){0};
    uint64_t mean = (sum + known / 2) / known;
    return (ChartValue){ask->bars ? sum : mean || !sum ? mean : 1, true};
}

/* Spans of one row: hours make days where they can. */
static size_t spans_of_row(const ChartAsk *ask) {
    size_t spans =
        ask->span_s < DAY_S && ask->count > CHART_ROWS_MAX ? (size_t)(DAY_S / ask->span_s) : 1;
    while ((ask->count + spans - 1) / spans > CHART_ROWS_MAX) spans += spans < 7 ? 7 - spans : 7;
    return spans;
}

static ChartRows make_rows(Arena *arena, const ChartAsk *ask) {
    size_t spans = spans_of_row(ask), count = (ask->count + spans - 1) / spans;
    ChartRow *rows = arena_new(arena, ChartRow, count);
    for (size_t row = 0; row < count; row++) {
        ChartValue *values = arena_new(arena, ChartValue, ask->series_count);
        size_t from = row * spans;
        for (size_t i = 0; i < ask->series_count; i++)
            values[i] = value_of(ask, ask->series[i].values, from, from + spans);
        rows[row] =
            (ChartRow){ask->from + (Seconds)from * ask->span_s, {values, ask->series_count}};
    }
    return (ChartRows){rows, count};
}

static ChartTicks make_ticks(Arena *arena, const ChartAsk *ask) {
    Seconds *ticks = arena_new(arena, Seconds, CHART_TICKS);
    Seconds whole_s = (Seconds)ask->count * ask->span_s;
    /* In a short time dates would come twice: then only where it begins and ends. */
    int count = whole_s < CHART_TICKS * (Seconds)DAY_S ? 2 : CHART_TICKS;
    for (int i = 0; i < count; i++)
        ticks[i] = ask->from + whole_s * i / (count - 1) - (i == count - 1);
    return (ChartTicks){ticks, (size_t)count};
}

Chart chart_make(Arena *arena, const ChartAsk *ask) {
    assert(ask->count > 0 && ask->series_count <= CHART_LINES_MAX);
    ChartLine *lines = arena_new(arena, ChartLine, ask->series_count);
    Chart chart = {.title = str_from_c(ask->title),
                   .lines = {lines, ask->series_count},
                   .bars = ask->bars,
                   .by_year = (Seconds)ask->count * ask->span_s > LONG_S};
    uint64_t high = 0;
    bool known = false;
    for (size_t i = 0; i < ask->series_count; i++) {
        lines[i] = measure(ask, &ask->series[i]);
        known = known || is_known(&lines[i]);
        if (is_known(&lines[i]) && lines[i].high > high) high = lines[i].high;
    }
    if (!known) return chart;
    chart.top = scale_over(high);
    chart.half = chart.top / 2;
    for (size_t i = 0; i < ask->series_count; i++) {
        const uint64_t *values = ask->series[i].values;
        if (!is_known(&lines[i])) lines[i].low = 0;
        lines[i].filled = ask->bars || i == 0;
        Line line = {ask, values, chart.top, lines[i].filled};
        lines[i].path =
            ask->bars ? bars_path(arena, ask, values, chart.top, i) : steps_path(arena, &line);
    }
    chart.rows = make_rows(arena, ask);
    chart.ticks = make_ticks(arena, ask);
    return chart;
}
