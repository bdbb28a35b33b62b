#include "community/need.h"

#include "base/random.h"
#include "community/list.h"
#include "site/list_page.h"
#include "site/noted_row.h"

/* --- who needs seeders --- */

static const struct {
    const char *code, *label;
    unsigned states;
} states[] = {
    {"", "All of them", NEED_ALL},
    {"at_risk", "At risk", NEED_AT_RISK},
    {"dead", "Dead", NEED_DEAD},
};
enum { STATE_COUNT = sizeof states / sizeof states[0] };

static size_t state_asked(const Request *request) {
    Str code = form_text(request->form, "state");
    for (size_t i = 0; i < STATE_COUNT; i++)
        if (str_equal(code, str_from_c(states[i].code))) return i;
    return 0;
}

static ListWords words_of(const Request *request) {
    return (ListWords){.category = form_text(request->form, "category"),
                       .min_size = form_text(request->form, "min_size"),
                       .max_size = form_text(request->form, "max_size"),
                       .cursor = form_text(request->form, "cursor")};
}

static LinkItems state_links(const Request *request) {
    LinkItem *items = arena_new(request->arena, LinkItem, STATE_COUNT);
    ListWords words = words_of(request);
    for (size_t i = 0; i < STATE_COUNT; i++)
        items[i] = (LinkItem){
            .label = str_from_c(states[i].label),
            .link = list_page_link_of(request, &words, "state", str_from_c(states[i].code)),
            .current = state_asked(request) == i};
    return (LinkItems){items, STATE_COUNT};
}

static NotedRows rows_of(const Request *request, const TorrentList *list) {
    NotedRow *rows = arena_new(request->arena, NotedRow, list->count + 1);
    for (size_t i = 0; i < list->count; i++) rows[i] = noted_row(request, &list->at[i]);
    return (NotedRows){rows, list->count};
}

Error page_needs(Request *request, Response *response) {
    ErrorList errors = form_faults(request);
    ListWords words = words_of(request);
    TorrentListAsk ask;
    TorrentList list = {0};
    list_words_parse(&words, &errors, &ask);
    if (errors.count)
        response->status = error_status(errors.at[0].kind);
    else
        TRY(need_list(page_visit(request), &ask, states[state_asked(request)].states, &list));
    Arena *arena = request->arena;
    NeedsPage page = {
        .layout = page_layout(request, page_words(request, "Needs seeders"), "needs"),
        .faults = faults_of(arena, request->language, &errors),
        .states = state_links(request),
        .state = form_text(request->form, "state"),
        .min_size = field_of(arena, request->language, &errors, "min_size", words.min_size),
        .max_size = field_of(arena, request->language, &errors, "max_size", words.max_size),
        .categories = category_choices(request->arena, words.category, "Every category"),
        .rows = rows_of(request, &list),
        .total = list.total};
    if (list.next.len) page.next = list_page_link_of(request, &words, "cursor", list.next);
    if (words.cursor.len) page.first = list_page_link_of(request, &words, "cursor", (Str){0});
    page_offer_feed(request, &page.layout);
    HtmlWriter writer = page_writer(request);
    view_needs(&writer, &page);
    return page_answer(response, &writer);
}

/* --- one by chance --- */

Error page_random(Request *request, Response *response) {
    ErrorList errors = form_faults(request);
    TorrentListAsk ask = list_page_ask(request, &errors);
    TRY(error_list_first(&errors));
    Torrent torrent;
    TRY(need_pick_alive(page_visit(request), &ask, random_u64(), &torrent));
    response->no_store = true;
    response_redirect(response, torrent_path(page_visit(request), request->language, &torrent));
    return OK;
}

/* --- what one may do --- */

static const struct {
    const char *name, *words;
    const char *query;
    unsigned wanted, not_wanted;
} uses[] = {
    {WORDS("Use it and pass it on"),
     WORDS("Read, run, listen, copy for friends, seed: that goes for everything here."),
     "may:share", LICENCE_MAY_USE | LICENCE_MAY_SHARE, 0},
    {WORDS("Change it"), WORDS("Translate, remix, patch, cut: and share what comes of it."),
     "may:change", LICENCE_MAY_CHANGE, 0},
    {WORDS("Make money with it"),
     WORDS("Sell copies, use it at work, in a shop, in a film that is paid for."), "may:sell",
     LICENCE_MAY_SELL, 0},
    {WORDS("Change it and sell what comes of it"),
     WORDS("Everything one may want, sometimes with a name to credit or a licence to keep."),
     "may:change may:sell", LICENCE_MAY_CHANGE | LICENCE_MAY_SELL, 0},
};
enum { USE_COUNT = sizeof uses / sizeof uses[0] };

static uint64_t count_of(const SearchFacets *facets, size_t use) {
    uint64_t count = 0;
    for (size_t i = 0; i < facets->count; i++) {
        const Licence *licence = licence_find(facets->at[i].value);
        unsigned terms = licence ? licence->terms : 0;
        if ((terms & uses[use].wanted) == uses[use].wanted && !(terms & uses[use].not_wanted))
            count += facets->at[i].count;
    }
    return count;
}

Error page_uses(Request *request, Response *response) {
    TorrentListAsk ask = {.ask = {.category = SEARCH_ANY, .limit = 1, .facets = true}};
    TorrentList list;
    TRY(torrent_list(page_visit(request), &ask, &list));
    const char *title = "What do you want to do with it?";
    UsesPage page = {.layout = page_layout(request, page_words(request, title), "may")};
    UseItem *items = arena_new(request->arena, UseItem, USE_COUNT);
    for (size_t i = 0; i < USE_COUNT; i++) {
        UrlPair pair = {STR("q"), str_from_c(uses[i].query)};
        items[i] =
            (UseItem){.name = str_from_c(uses[i].name),
                      .words = str_from_c(uses[i].words),
                      .count = count_of(&list.licences, i),
                      .link = url_query(request->arena, page_path(request, "/search"), &pair, 1)};
    }
    page.items = (UseItems){items, USE_COUNT};
    HtmlWriter writer = page_writer(request);
    view_uses(&writer, &page);
    return page_answer(response, &writer);
}
