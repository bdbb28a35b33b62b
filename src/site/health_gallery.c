#include "site/health_gallery.h"

#include "site/health.h"

enum { HOUR_S = 3600, DAY_S = 24 * HOUR_S, HOURS = 336, DAYS = 500, WEEK_H = 168, MONTH_DAYS = 30 };

void health_gallery_row(TorrentRow *row, Seconds now) {
    Seconds seen = row->seeders || row->published_at < now - 300 * DAY_S ? 0 : now - DAY_S;
    HealthFacts facts = {(uint32_t)row->seeders, (uint32_t)row->leechers, row->published_at,
                         row->seeders ? now : seen, 0};
    health_fill_row(health_state(&facts, now), row);
}

/* Waves over days, with a little noise that is the same each time. */
static uint64_t *wave(Arena *arena, size_t count, unsigned middle, unsigned swing) {
    static const int day[24] = {-3, -5, -6, -7, -7, -6, -4, -2, 0, 1, 2, 2,
                                3,  3,  2,  3,  4,  5,  6,  7,  7, 5, 2, -1};
    uint64_t *values = arena_new(arena, uint64_t, count);
    unsigned noise = middle * 2654435761u + 1;
    for (size_t i = 0; i < count; i++) {
        noise = noise * 1664525u + 1013904223u;
        int64_t value = middle + (int64_t)swing * day[i % 24] / 7 + (noise >> 29) % 3;
        values[i] = value > 0 ? (uint64_t)value : 0;
    }
    return values;
}

static Chart draw(Arena *arena, const ChartAsk *given, Seconds now) {
    ChartAsk ask = *given;
    Seconds end = now - now % ask.span_s + ask.span_s;
    ask.from = end - (Seconds)ask.count * ask.span_s;
    return chart_make(arena, &ask);
}

TorrentHealthView health_gallery_work(Arena *arena, Seconds now) {
    uint64_t *seeders = wave(arena, HOURS, 11, 4), *leechers = wave(arena, HOURS, 2, 3);
    for (size_t i = 60; i < 66; i++) seeders[i] = leechers[i] = CHART_GAP;
    const ChartSeries hours[] = {{"Seeders", "c1", seeders}, {"Leechers", "c2", leechers}};
    return (TorrentHealthView){
        .seeders_v6 = 4,
        .leechers_v6 = 0,
        .seeders_web = 1,
        .leechers_web = 0,
        .has_families = true,
        .first_seeder_at = now - (Seconds)DAYS * DAY_S,
        .last_seeder_at = now,
        .hours = draw(arena,
                      &(ChartAsk){.title = "The last two weeks",
                                  .span_s = HOUR_S,
                                  .count = HOURS,
                                  .series = hours,
                                  .series_count = 2},
                      now),
    };
}

Charts health_gallery_life(Arena *arena, Seconds now) {
    const ChartSeries days[] = {{"Seeders", "c1", wave(arena, DAYS, 40, 25)},
                                {"Leechers", "c2", wave(arena, DAYS, 6, 9)}};
    const ChartSeries completed[] = {{"Downloads", "c3", wave(arena, DAYS / 7, 30, 28)}};
    Chart *charts = arena_new(arena, Chart, 2);
    charts[0] = draw(arena,
                     &(ChartAsk){.title = "Since the beginning",
                                 .span_s = DAY_S,
                                 .count = DAYS,
                                 .series = days,
                                 .series_count = 2},
                     now);
    charts[1] = draw(arena,
                     &(ChartAsk){.title = "Downloads by week",
                                 .span_s = 7 * DAY_S,
                                 .count = DAYS / 7,
                                 .bars = true,
                                 .series = completed,
                                 .series_count = 1},
                     now);
    return (Charts){charts, 2};
}

StatisticsPage health_gallery_site(Arena *arena, Seconds now) {
    const ChartSeries swarm[] = {{"Seeders", "c1", wave(arena, WEEK_H, 21390, 900)},
                                 {"Leechers", "c2", wave(arena, WEEK_H, 812, 300)}};
    const ChartSeries announces[] = {{"UDP", "c1", wave(arena, MONTH_DAYS, 912000, 80000)},
                                     {"HTTP", "c3", wave(arena, MONTH_DAYS, 210000, 30000)},
                                     {"WebTorrent", "c2", wave(arena, MONTH_DAYS, 40000, 9000)}};
    Chart *charts = arena_new(arena, Chart, 2);
    charts[0] = draw(arena,
                     &(ChartAsk){.title = "Seeders and leechers",
                                 .span_s = HOUR_S,
                                 .count = WEEK_H,
                                 .series = swarm,
                                 .series_count = 2},
                     now);
    charts[1] = draw(arena,
                     &(ChartAsk){.title = "Announces by protocol",
                                 .span_s = DAY_S,
                                 .count = MONTH_DAYS,
                                 .bars = true,
                                 .series = announces,
                                 .series_count = 3},
                     now);
    static const HealthShare shares[] = {
        {{"hn", 2}, {"New", 3}, {"c3", 2}, 41, 0, 5, {{"/en/browse/all?health=new", 25}}},
        {{"h3", 2}, {"Alive", 5}, {"c1", 2}, 3120, 5, 387, {{"/en/browse/all?health=alive", 27}}},
        {{"h1", 2}, {"At risk", 7}, {"c6", 2}, 1204, 392, 149, {{"/en/browse/all", 14}}},
        {{"hd", 2}, {"Dead", 4}, {"c4", 2}, 300, 541, 37, {{"/en/browse/all", 14}}},
        {{"hx", 2}, {"Never seen", 10}, {"c5", 2}, 172, 578, 22, {{"/en/browse/all", 14}}},
    };
    static const LinkItem spans[] = {{{"A week", 6}, 0, {{"/en/statistics?span=week", 24}}, true},
                                     {{"A month", 7}, 0, {{"/en/statistics", 14}}, false}};
    return (StatisticsPage){
        .works = 4837,
        .swarms = 4324,
        .seeders = 21390,
        .leechers = 812,
        .completed = 390122,
        .members = 1204,
        .shares = {shares, sizeof shares / sizeof shares[0]},
        .spans = {spans, sizeof spans / sizeof spans[0]},
        .charts = {charts, 2},
        .counted_at = now - 2,
    };
}
