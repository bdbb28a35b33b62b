#include "site/assets.h"
#include "site/health.h"
#include "site/list_page.h"
#include "site/torrent_row.h"

enum { HOME_ROWS = 8, OPENSEARCH_NAME_BYTES_MAX = 16 };

Error page_choose_language(Request *request, Response *response) {
    response_header(response, STR("Vary"), STR("Accept-Language, Cookie"));
    response_redirect(response, page_path(request, "/"));
    return OK;
}

static Error list_by(Request *request, SearchSort sort, TorrentRows *ret_rows) {
    TorrentListAsk ask = {.ask = {.category = SEARCH_ANY, .sort = sort, .limit = HOME_ROWS}};
    if (sort == SEARCH_BY_SEEDERS) ask.ask.min_seeders = 1;
    TorrentList list;
    TRY(torrent_list(page_visit(request), &ask, &list));
    *ret_rows = torrent_rows(request, &list);
    return OK;
}

/* What the whole site is, in one sentence, for search engines. */
static Str site_words(const Request *request) {
    return page_words(request,
                      "A place to find and share works that are free to share: "
                      "systems, data, music, books, films.");
}

/* Those that one more seeder would help most. */
static Error list_at_risk(Request *request, HomePage *page) {
    TorrentListAsk ask = {
        .ask = {.category = SEARCH_ANY, .sort = SEARCH_BY_NEED, .limit = HOME_ROWS / 2},
        .by_health = true,
        .health = HEALTH_AT_RISK};
    TorrentList list;
    TRY(torrent_list(page_visit(request), &ask, &list));
    page->at_risk = torrent_rows(request, &list);
    page->at_risk_total = list.total;
    return OK;
}

Error page_home(Request *request, Response *response) {
    Visit *visit = page_visit(request);
    HomePage page = {.layout = page_layout(request, (Str){0}, "home")};
    page.layout.description = site_words(request);
    page_offer_feed(request, &page.layout);
    TRY(list_by(request, SEARCH_BY_NEWEST, &page.newest));
    TRY(list_by(request, SEARCH_BY_SEEDERS, &page.most_alive));
    TRY(list_at_risk(request, &page));
    uint64_t counts[CATEGORY_NUMBERS] = {0};
    torrent_category_counts(visit, counts, CATEGORY_NUMBERS);
    page.categories = category_items(request->arena,
                                     &(CategoryShow){.counts = counts, .count = CATEGORY_NUMBERS});
    CommunityTotals totals;
    TRY(torrent_totals(visit, &totals));
    page.works = totals.torrents;
    page.seeders = totals.seeders;
    page.leechers = totals.leechers;
    page.completed = totals.completed;
    page.members = totals.members;
    HtmlWriter writer = page_writer(request);
    view_home(&writer, &page);
    return page_answer(response, &writer);
}

/* So that a browser's address bar can search here (OpenSearch 1.1). */
Error page_opensearch(Request *request, Response *response) {
    const CommunitySettings *settings = page_visit(request)->community->settings;
    const char *language = language_code(request->language);
    OpenSearchPage page = {
        .site_name = str_part(settings->site_name, 0, OPENSEARCH_NAME_BYTES_MAX),
        .template = arena_print(request->arena, "%.*s/%s/search?q={searchTerms}",
                                STR_PRINTF(settings->site_url), language),
        .suggestions = arena_print(request->arena, "%.*s/%s/suggest?q={searchTerms}",
                                   STR_PRINTF(settings->site_url), language),
        .icon = arena_print(request->arena, "%.*s" ASSET_MARK_SVG, STR_PRINTF(settings->site_url)),
    };
    HtmlWriter writer = page_writer(request);
    view_opensearch(&writer, &page);
    response_header(response, STR("Vary"), STR("Accept-Language, Cookie"));
    response_body(response, STR("application/opensearchdescription+xml"), html_str(&writer));
    return OK;
}

Error page_about(Request *request, Response *response) {
    Visit *visit = page_visit(request);
    AboutPage page = {.layout =
                          page_layout(request, page_words(request, "About this place"), "about")};
    page.layout.description = site_words(request);
    CommunityTotals totals;
    TRY(torrent_totals(visit, &totals));
    page.works = totals.torrents;
    page.seeders = totals.seeders;
    page.leechers = totals.leechers;
    page.completed = totals.completed;
    page.members = totals.members;
    const CommunitySettings *settings = visit->community->settings;
    page.health_rules = health_rules(request->arena);
    page.announce_urls = (Strs){settings->announce_urls, settings->announce_url_count};
    const PortTest *test = &visit->community->port_test; /* the same probes */
    page.knocks = test->is_on && test->is_on(test->program);
    HtmlWriter writer = page_writer(request);
    view_about(&writer, &page);
    return page_answer(response, &writer);
}

Error page_licences(Request *request, Response *response) {
    LicencesPage page = {.layout = page_layout(request, page_words(request, "Licences"), "about")};
    page.layout.description = site_words(request);
    page.groups = licence_groups(request->arena, (Str){0});
    HtmlWriter writer = page_writer(request);
    view_licences(&writer, &page);
    return page_answer(response, &writer);
}
