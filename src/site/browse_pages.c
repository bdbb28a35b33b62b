#include "site/health.h"
#include "site/list_page.h"
#include "site/torrent_row.h"

enum { FACETS_SHOWN = 12 };

static CategoryItem category_item(const Category *category) {
    return (CategoryItem){.name = str_from_c(category->code),
                          .label = str_from_c(category->name),
                          .words = str_from_c(category->words)};
}

static Url first_page(const Request *request) {
    if (str_is_empty(form_text(request->form, "cursor"))) return (Url){0};
    return list_page_link(request, "cursor", (Str){0});
}

static Url next_page(const Request *request, Str next) {
    return str_is_empty(next) ? (Url){0} : list_page_link(request, "cursor", next);
}

/* "all" is no category but every one. */
Error page_browse(Request *request, Response *response) {
    Visit *visit = page_visit(request);
    Str code = request_value(request, "category");
    const Category *category = category_find(code);
    if (!category && !str_equal(code, STR("all")))
        return error(NOT_FOUND, "unknown_category", "There is no category \"{}\".", code);
    const char *title = category ? category->name : "All works";
    BrowsePage page = {.layout = page_layout(request, page_words(request, title), "browse")};
    page_offer_feed(request, &page.layout);
    ErrorList errors = form_faults(request);
    TorrentListAsk ask = list_page_ask(request, &errors);
    TRY(error_list_first(&errors));
    if (category) {
        ask.ask.category = (int)category->number;
        page.category = category_item(category);
        page.layout.description = page_words(request, category->words);
    }
    if (ask.ask.sort == SEARCH_BY_RELEVANCE) ask.ask.sort = SEARCH_BY_NEWEST;
    TorrentList list;
    TRY(torrent_list(visit, &ask, &list));
    uint64_t counts[CATEGORY_NUMBERS] = {0};
    torrent_category_counts(visit, counts, CATEGORY_NUMBERS);
    CategoryShow show = {NULL, counts, CATEGORY_NUMBERS, category ? code : (Str){0}};
    page.categories = category_items(request->arena, &show);
    const Category *parent = category ? category_parent(category) : NULL;
    if (parent) page.parent = category_item(parent);
    show.parent = parent ? parent : category;
    if (category) page.children = category_items(request->arena, &show);
    page.rows = torrent_rows(request, &list);
    page.total = list.total;
    page.sorts = list_page_sorts(request, ask.ask.sort, false);
    page.health = form_text(request->form, "health");
    page.healths = health_links(request, page.health);
    page.next = next_page(request, list.next);
    page.first = first_page(request);
    HtmlWriter writer = page_writer(request);
    view_browse(&writer, &page);
    return page_answer(response, &writer);
}
