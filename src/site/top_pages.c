#include "community/top_list.h"

#include "site/list_page.h"
#include "site/noted_row.h"

static Url tab_link(const Request *request, TopPeriod period, TopMeasure measure) {
    const UrlPair pairs[] = {{STR("category"), form_text(request->form, "category")},
                             {STR("date"), form_text(request->form, "date")}};
    Str path = arena_print(request->arena, "/%s/top/%s/%s", language_code(request->language),
                           top_periods[period].code, top_measures[measure].code);
    return url_query(request->arena, path, pairs, 2);
}

static LinkItems measure_links(const Request *request, const TopAsk *ask) {
    LinkItem *items = arena_new(request->arena, LinkItem, TOP_MEASURE_COUNT);
    for (TopMeasure measure = 0; measure < TOP_MEASURE_COUNT; measure++)
        items[measure] = (LinkItem){.label = str_from_c(top_measures[measure].label),
                                    .link = tab_link(request, ask->period, measure),
                                    .current = measure == ask->measure};
    return (LinkItems){items, TOP_MEASURE_COUNT};
}

static LinkItems period_links(const Request *request, const TopAsk *ask) {
    LinkItem *items = arena_new(request->arena, LinkItem, TOP_PERIOD_COUNT);
    for (TopPeriod period = 0; period < TOP_PERIOD_COUNT; period++)
        items[period] = (LinkItem){.label = str_from_c(top_periods[period].label),
                                   .link = tab_link(request, period, ask->measure),
                                   .current = period == ask->period};
    return (LinkItems){items, TOP_PERIOD_COUNT};
}

/* Arrows only where the day before has lists to compare with. */
static NotedRows rows_of(const Request *request, const TopAsk *ask, const TopList *list) {
    NotedRow *rows = arena_new(request->arena, NotedRow, list->count + 1);
    for (size_t i = 0; i < list->count; i++) {
        const TopEntry *entry = &list->at[i];
        NotedRow row = noted_row(request, &entry->torrent);
        row.rank = entry->rank;
        row.measure = str_from_c(top_measures[ask->measure].code);
        row.value = entry->value;
        row.is_new = list->has_before && !entry->rank_before;
        row.is_same = list->has_before && entry->rank_before == entry->rank;
        if (list->has_before && entry->rank_before > entry->rank)
            row.up = entry->rank_before - entry->rank;
        if (list->has_before && entry->rank_before && entry->rank_before < entry->rank)
            row.down = entry->rank - entry->rank_before;
        rows[i] = row;
    }
    return (NotedRows){rows, list->count};
}

static Url day_link(const Request *request, Seconds day) {
    if (!day) return (Url){0};
    ListWords words = {.category = form_text(request->form, "category")};
    Str date = str_part(clock_rfc3339(request->arena, day), 0, 10);
    return list_page_link_of(request, &words, "date", date);
}

Error page_top_start(Request *request, Response *response) {
    response_redirect(response, page_path(request, "/top/week/completed"));
    return OK;
}

Error page_top(Request *request, Response *response) {
    ErrorList errors = form_faults(request);
    TopWords words = {.by = request_value(request, "by"),
                      .period = request_value(request, "period"),
                      .category = form_text(request->form, "category"),
                      .date = form_text(request->form, "date")};
    TopAsk ask;
    TRY(top_words_parse(&words, &errors, &ask));
    TRY(error_list_first(&errors));
    TopList list;
    TRY(top_list_find(page_visit(request), &ask, &list));
    const char *heading = top_measures[ask.measure].label;
    TopPage page = {
        .layout = page_layout(request, page_words(request, heading), "top"),
        .heading = str_from_c(heading),
        .link = url_path(request->path),
        .measures = measure_links(request, &ask),
        .periods = period_links(request, &ask),
        .categories = category_choices(request->arena, words.category, "Every category"),
        .date = words.date,
        .period = words.period,
        .day = list.day,
        .is_over = list.is_over,
        .has_before = list.has_before,
        .unmeasured = str_from_c(list.is_unmeasured ? top_measures[ask.measure].code : ""),
        .previous = day_link(request, list.previous),
        .next = day_link(request, list.next),
        .rows = rows_of(request, &ask, &list)};
    page_offer_feed(request, &page.layout);
    HtmlWriter writer = page_writer(request);
    view_top(&writer, &page);
    return page_answer(response, &writer);
}
