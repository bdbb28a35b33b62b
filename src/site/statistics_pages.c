#include "community/statistic.h"

#include "community/torrent.h"
#include "site/health.h"
#include "site/list_page.h"

enum {
    HOUR_S = STATISTIC_HOUR_S,
    DAY_S = STATISTIC_DAY_S,
    CHARTS_MAX = 8,
    WEEK_OF_YEAR_DAYS = 7,
};

/* How far back, and how fine. */
typedef struct {
    const char *code, *label;
    Seconds line_s, bar_s; /* what one step and one bar stand for */
    size_t days;
} Span;

static const Span spans[] = {
    {"week", "A week", HOUR_S, DAY_S, 7},
    {"month", "A month", HOUR_S, DAY_S, 30},
    {"year", "A year", DAY_S, WEEK_OF_YEAR_DAYS *DAY_S, 364},
};
enum { SPAN_COUNT = sizeof spans / sizeof spans[0] };

static const Span *span_asked(const Request *request) {
    Str code = form_text(request->form, "span");
    for (size_t i = 0; i < SPAN_COUNT; i++)
        if (str_equal(code, str_from_c(spans[i].code))) return &spans[i];
    return &spans[0];
}

static LinkItems span_links(const Request *request, const Span *current) {
    LinkItem *items = arena_new(request->arena, LinkItem, SPAN_COUNT);
    for (size_t i = 0; i < SPAN_COUNT; i++)
        items[i] = (LinkItem){.label = str_from_c(spans[i].label),
                              .link = list_page_link(request, "span", str_from_c(spans[i].code)),
                              .current = &spans[i] == current};
    return (LinkItems){items, SPAN_COUNT};
}

/* --- rows of the store in equal spans --- */

typedef uint64_t (*Pick)(const Statistic *statistic);

static uint64_t pick_works(const Statistic *s) { return s->works; }
static uint64_t pick_swarms(const Statistic *s) { return s->swarms; }
static uint64_t pick_seeders(const Statistic *s) { return s->seeders; }
static uint64_t pick_leechers(const Statistic *s) { return s->leechers; }
static uint64_t pick_alive(const Statistic *s) { return s->by_health[HEALTH_ALIVE]; }
static uint64_t pick_at_risk(const Statistic *s) { return s->by_health[HEALTH_AT_RISK]; }
static uint64_t pick_dead(const Statistic *s) { return s->by_health[HEALTH_DEAD]; }
static uint64_t pick_udp(const Statistic *s) { return s->announces_udp; }
static uint64_t pick_http(const Statistic *s) { return s->announces_http; }
static uint64_t pick_web(const Statistic *s) { return s->announces_web; }
static uint64_t pick_uploads(const Statistic *s) { return s->uploads; }
static uint64_t pick_completed(const Statistic *s) { return s->completed; }

typedef struct {
    Seconds from, span_s; /* of one value */
    size_t count;
    Statistics rows;
    bool adds; /* several rows in one span: their sum, else the last */
} Grid;

static uint64_t *lay_out(Arena *arena, const Grid *grid, Pick pick) {
    uint64_t *values = arena_new(arena, uint64_t, grid->count);
    for (size_t i = 0; i < grid->count; i++) values[i] = CHART_GAP;
    for (size_t i = 0; i < grid->rows.count; i++) {
        const Statistic *row = &grid->rows.at[i];
        if (row->at < grid->from) continue;
        size_t place = (size_t)((row->at - grid->from) / grid->span_s);
        if (place >= grid->count) continue;
        uint64_t before = grid->adds && values[place] != CHART_GAP ? values[place] : 0;
        values[place] = before + pick(row);
    }
    return values;
}

typedef struct {
    const char *title;
    bool bars;
    struct {
        const char *name, *kind;
        Pick pick;
    } lines[3];
} Picture;

static const Picture pictures[] = {
    {"Seeders and leechers",
     false,
     {{"Seeders", "c1", pick_seeders}, {"Leechers", "c2", pick_leechers}}},
    {"Works by health",
     false,
     {{"Alive", "c1", pick_alive}, {"At risk", "c6", pick_at_risk}, {"Dead", "c4", pick_dead}}},
    {"Downloads", true, {{"Downloads", "c3", pick_completed}}},
    {"Uploads", true, {{"Uploads", "c1", pick_uploads}}},
    {"Announces by protocol",
     true,
     {{"UDP", "c1", pick_udp}, {"HTTP", "c3", pick_http}, {"WebTorrent", "c2", pick_web}}},
    {"Works and swarms", false, {{"Works", "c3", pick_works}, {"Swarms", "c1", pick_swarms}}},
};
enum { PICTURE_COUNT = sizeof pictures / sizeof pictures[0] };

static Chart draw(Arena *arena, const Grid *grid, const Picture *picture) {
    ChartSeries series[3];
    ChartAsk ask = {.title = picture->title,
                    .from = grid->from,
                    .span_s = grid->span_s,
                    .count = grid->count,
                    .bars = picture->bars,
                    .series = series};
    for (; ask.series_count < 3 && picture->lines[ask.series_count].name; ask.series_count++)
        series[ask.series_count] = (ChartSeries){
            picture->lines[ask.series_count].name, picture->lines[ask.series_count].kind,
            lay_out(arena, grid, picture->lines[ask.series_count].pick)};
    return chart_make(arena, &ask);
}

/* So that the last value is the span that is not over. */
static Grid make_grid(const Span *span, bool bars, Seconds now) {
    Seconds span_s = bars ? span->bar_s : span->line_s;
    size_t count = span->days * (size_t)DAY_S / (size_t)span_s;
    Seconds step = span_s > DAY_S ? DAY_S : span_s, end = now - now % step + step;
    return (Grid){
        .from = end - (Seconds)count * span_s, .span_s = span_s, .count = count, .adds = bars};
}

static Error fill_charts(const Request *request, const Span *span, StatisticsPage *page) {
    Arena *arena = request->arena;
    Visit *visit = page_visit(request);
    Grid lines = make_grid(span, false, visit->now), bars = make_grid(span, true, visit->now);
    Statistics days;
    TRY(statistic_days(visit, bars.from, &days));
    bars.rows = lines.rows = days;
    if (lines.span_s == HOUR_S) TRY(statistic_hours(visit, lines.from, &lines.rows));
    Chart *charts = arena_new(arena, Chart, PICTURE_COUNT);
    size_t count = 0;
    for (size_t i = 0; i < PICTURE_COUNT; i++) {
        Chart chart = draw(arena, pictures[i].bars ? &bars : &lines, &pictures[i]);
        if (chart.top) charts[count++] = chart;
    }
    page->charts = (Charts){charts, count};
    return OK;
}

static HealthShares shares_of(const Request *request, const Statistic *now) {
    static const struct {
        const char *mark, *kind;
    } looks[HEALTH_STATE_COUNT] = {[HEALTH_NEW] = {"hn", "c3"},
                                   [HEALTH_ALIVE] = {"h3", "c1"},
                                   [HEALTH_AT_RISK] = {"h1", "c6"},
                                   [HEALTH_DEAD] = {"hd", "c4"},
                                   [HEALTH_UNKNOWN] = {"hx", "c5"}};
    HealthShare *shares = arena_new(request->arena, HealthShare, HEALTH_STATE_COUNT);
    uint64_t before = 0;
    for (size_t i = 0; i < HEALTH_STATE_COUNT; i++) {
        UrlPair pair = {STR("health"), str_from_c(health_states[i].code)};
        uint64_t from = now->works ? before * CHART_WIDTH / now->works : 0;
        before += now->by_health[i];
        uint64_t to = now->works ? before * CHART_WIDTH / now->works : 0;
        shares[i] = (HealthShare){
            .mark = str_from_c(looks[i].mark),
            .name = str_from_c(health_states[i].name),
            .kind = str_from_c(looks[i].kind),
            .count = now->by_health[i],
            .from = from,
            .width = to - from,
            .link = url_query(request->arena, page_path(request, "/browse/all"), &pair, 1),
        };
    }
    return (HealthShares){shares, HEALTH_STATE_COUNT};
}

Error page_statistics(Request *request, Response *response) {
    Visit *visit = page_visit(request);
    ErrorList errors = form_faults(request);
    TRY(error_list_first(&errors));
    const Span *span = span_asked(request);
    StatisticsPage page = {.layout =
                               page_layout(request, page_words(request, "Statistics"), "about")};
    Statistic now;
    CommunityTotals totals;
    TRY(statistic_now(visit, &now));
    TRY(torrent_totals(visit, &totals));
    page.works = now.works;
    page.seeders = now.seeders;
    page.leechers = now.leechers;
    page.members = now.members;
    page.completed = totals.completed;
    page.swarms = now.swarms;
    page.counted_at = atomic_load(&visit->community->counted_at);
    page.shares = shares_of(request, &now);
    page.spans = span_links(request, span);
    TRY(fill_charts(request, span, &page));
    HtmlWriter writer = page_writer(request);
    view_statistics(&writer, &page);
    return page_answer(response, &writer);
}
