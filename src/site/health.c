#include "site/health.h"

#include "community/health_sample.h"
#include "site/list_page.h"

enum {
    HOUR_S = 3600,
    DAY_H = 24,
    DAY_S = DAY_H * HOUR_S,
    WEEK_DAYS = 7,
    HOURS_SHOWN = HEALTH_HOURS_DAYS * DAY_H,
    DAYS_SHOWN_MAX = 371, /* longer lives are shown by the week */
    THRIVING = 10,
};

void health_fill_row(HealthState state, TorrentRow *row) {
    const char *mark = "hx";
    switch (state) {
        case HEALTH_NEW: mark = "hn"; break;
        case HEALTH_ALIVE: mark = row->seeders >= THRIVING ? "h3" : "h2"; break;
        case HEALTH_AT_RISK: mark = row->seeders > 0 ? "h1" : "hw"; break;
        case HEALTH_DEAD: mark = "hd"; break;
        default: break;
    }
    row->health = str_from_c(health_states[state].code);
    row->health_name = str_from_c(health_states[state].name);
    row->health_mark = str_from_c(mark);
}

LinkItems health_links(const Request *request, Str current) {
    LinkItem *items = arena_new(request->arena, LinkItem, HEALTH_STATE_COUNT + 1);
    items[0] = (LinkItem){.label = STR("All of them"),
                          .link = list_page_link(request, "health", (Str){0}),
                          .current = str_is_empty(current)};
    for (size_t i = 0; i < HEALTH_STATE_COUNT; i++) {
        Str code = str_from_c(health_states[i].code);
        items[i + 1] = (LinkItem){.label = str_from_c(health_states[i].name),
                                  .link = list_page_link(request, "health", code),
                                  .current = str_equal(code, current)};
    }
    return (LinkItems){items, HEALTH_STATE_COUNT + 1};
}

Choices health_choices(Arena *arena, Str current) {
    Choice *choices = arena_new(arena, Choice, HEALTH_STATE_COUNT + 1);
    choices[0] = (Choice){.label = STR("Any")};
    for (size_t i = 0; i < HEALTH_STATE_COUNT; i++) {
        Str code = str_from_c(health_states[i].code);
        choices[i + 1] =
            (Choice){code, str_from_c(health_states[i].name), str_equal(code, current)};
    }
    return (Choices){choices, HEALTH_STATE_COUNT + 1};
}

HealthRules health_rules(Arena *arena) {
    static const char *const marks[HEALTH_STATE_COUNT] = {"hn", "h3", "h1", "hd", "hx"};
    HealthRule *rules = arena_new(arena, HealthRule, HEALTH_STATE_COUNT);
    for (size_t i = 0; i < HEALTH_STATE_COUNT; i++)
        rules[i] = (HealthRule){str_from_c(marks[i]), str_from_c(health_states[i].name),
                                str_from_c(health_states[i].rule)};
    return (HealthRules){rules, HEALTH_STATE_COUNT};
}

/* --- steps spread over equal spans --- */

typedef struct {
    uint32_t from;
    size_t count;
    uint64_t *seeders, *leechers, *completed;
} Spread;

static Spread spread_create(Arena *arena, uint32_t from, size_t count) {
    Spread spread = {from, count, arena_new(arena, uint64_t, count),
                     arena_new(arena, uint64_t, count), arena_new(arena, uint64_t, count)};
    for (size_t i = 0; i < count; i++) spread.seeders[i] = spread.leechers[i] = CHART_GAP;
    return spread;
}

/* What a step says from `at` until the next one, which begins at `until`. */
static void lay(Spread *spread, const HealthStep *step, uint32_t at, uint32_t until) {
    size_t from = at > spread->from ? at - spread->from : 0,
           to = until > spread->from ? until - spread->from : 0;
    for (size_t i = from; i < to && i < spread->count; i++) {
        spread->seeders[i] = step->seeders;
        spread->leechers[i] = step->leechers;
    }
}

static void lay_all(Spread *spread, const HealthSteps *steps) {
    uint32_t end = spread->from + (uint32_t)spread->count;
    for (size_t i = 0; i < steps->count && steps->at[i].at < end; i++) {
        const HealthStep *step = &steps->at[i];
        lay(spread, step, step->at, i + 1 < steps->count ? steps->at[i + 1].at : end);
        if (step->at >= spread->from) spread->completed[step->at - spread->from] = step->completed;
    }
}

/* The last of it is what is counted now, where it was counted at all. */
static Spread spread_hours(Arena *arena, const HealthHistory *history, const Torrent *torrent,
                           uint32_t from, size_t count) {
    Spread spread = spread_create(arena, from, count);
    const HealthSteps *days = &history->days;
    if (days->count && days->at[days->count - 1].at < from / DAY_H)
        lay(&spread, &days->at[days->count - 1], from, from + (uint32_t)count);
    lay_all(&spread, &history->hours);
    spread.seeders[count - 1] = torrent->seeders;
    spread.leechers[count - 1] = torrent->leechers;
    return spread;
}

static uint64_t mean(const uint64_t *values, size_t count) {
    uint64_t sum = 0, known = 0;
    for (size_t i = 0; i < count; i++)
        if (values[i] != CHART_GAP) sum += values[i], known++;
    if (known == 0) return CHART_GAP;
    uint64_t rounded = (sum + known / 2) / known;
    return rounded || !sum ? rounded : 1;
}

/* So many of `many` as one, the last perhaps of fewer. */
static Spread spread_coarser(Arena *arena, const Spread *fine, size_t many) {
    Spread coarse =
        spread_create(arena, fine->from / (uint32_t)many, (fine->count + many - 1) / many);
    for (size_t i = 0; i < coarse.count; i++) {
        size_t first = i * many, left = fine->count - first, some = left < many ? left : many;
        coarse.seeders[i] = mean(fine->seeders + first, some);
        coarse.leechers[i] = mean(fine->leechers + first, some);
        for (size_t j = 0; j < some; j++) coarse.completed[i] += fine->completed[first + j];
    }
    return coarse;
}

/* --- the charts --- */

static Chart swarm_chart(Arena *arena, const Spread *spread, Seconds span_s, const char *title) {
    const ChartSeries series[] = {{"Seeders", "c1", spread->seeders},
                                  {"Leechers", "c2", spread->leechers}};
    ChartAsk ask = {.title = title,
                    .from = (Seconds)spread->from * span_s,
                    .span_s = span_s,
                    .count = spread->count,
                    .series = series,
                    .series_count = 2};
    return chart_make(arena, &ask);
}

static Chart completed_chart(Arena *arena, const Spread *spread, Seconds span_s) {
    const ChartSeries series[] = {{"Downloads", "c3", spread->completed}};
    ChartAsk ask = {.title = span_s == DAY_S ? "Downloads by day" : "Downloads by week",
                    .from = (Seconds)spread->from * span_s,
                    .span_s = span_s,
                    .count = spread->count,
                    .bars = true,
                    .series = series,
                    .series_count = 1};
    return chart_make(arena, &ask);
}

/* Two weeks, or as long as it has been here. */
static uint32_t first_hour_shown(const Torrent *torrent, uint32_t hour) {
    uint32_t born = (uint32_t)(torrent->published_at / HOUR_S), first = hour - HOURS_SHOWN + 1;
    if (born <= first) return first;
    return born < hour - DAY_H + 1 ? born : hour - DAY_H + 1;
}

/* All days: those that are told as such, then those of the hours. */
static Spread spread_life(const Visit *visit, const HealthHistory *history,
                          const Torrent *torrent) {
    uint32_t hour = (uint32_t)(visit->now / HOUR_S), cut = health_first_kept_hour(hour),
             told_from = history->days.at[0].at,
             first = told_from < cut / DAY_H ? told_from : cut / DAY_H; /* a clock set back */
    Spread recent = spread_hours(visit->arena, history, torrent, cut, hour - cut + 1);
    Spread tail = spread_coarser(visit->arena, &recent, DAY_H);
    size_t told = cut / DAY_H - first;
    Spread days = spread_create(visit->arena, first, told + tail.count);
    lay_all(&days, &history->days);
    memcpy(days.seeders + told, tail.seeders, tail.count * sizeof *tail.seeders);
    memcpy(days.leechers + told, tail.leechers, tail.count * sizeof *tail.leechers);
    memcpy(days.completed + told, tail.completed, tail.count * sizeof *tail.completed);
    return days;
}

/* As it is told now: what has become of old hours since it was written is days. */
static Error find_history(Visit *visit, const Torrent *torrent, HealthHistory *ret_history) {
    TRY(health_find(visit, torrent->id, ret_history));
    uint32_t hour = (uint32_t)(visit->now / HOUR_S);
    health_compact(&ret_history->hours, &ret_history->days, hour, visit->arena);
    return OK;
}

Error health_chart_hours(Visit *visit, const Torrent *torrent, Chart *ret_chart) {
    if (!torrent->counted_at) return OK;
    HealthHistory history;
    TRY(find_history(visit, torrent, &history));
    uint32_t hour = (uint32_t)(visit->now / HOUR_S), first = first_hour_shown(torrent, hour);
    Spread hours = spread_hours(visit->arena, &history, torrent, first, hour - first + 1);
    *ret_chart = swarm_chart(visit->arena, &hours, HOUR_S, "The last two weeks");
    return OK;
}

Error health_chart_life(Visit *visit, const Torrent *torrent, Charts *ret_charts) {
    if (!torrent->counted_at) return OK;
    Chart *charts = arena_new(visit->arena, Chart, 3);
    HealthHistory history;
    TRY(health_chart_hours(visit, torrent, &charts[0]));
    TRY(find_history(visit, torrent, &history));
    *ret_charts = (Charts){charts, 1};
    if (!history.days.count) return OK;
    Seconds span_s = DAY_S;
    Spread days = spread_life(visit, &history, torrent);
    if (days.count > DAYS_SHOWN_MAX) {
        span_s = (Seconds)WEEK_DAYS * DAY_S;
        days = spread_coarser(visit->arena, &days, WEEK_DAYS);
    }
    charts[1] = swarm_chart(visit->arena, &days, span_s, "Since the beginning");
    charts[2] = completed_chart(visit->arena, &days, span_s);
    ret_charts->count = 3;
    return OK;
}
