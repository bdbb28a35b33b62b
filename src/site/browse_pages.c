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

/* --- search --- */

typedef Str (*FacetLabel)(const Request *request, Str value);

static Str category_label(const Request *request, Str code) {
    const Category *category = category_find(code);
    return category ? page_words(request, category->name) : code;
}

static Str health_label(const Request *request, Str code) {
    HealthState state;
    return health_state_parse(code, &state) ? page_words(request, health_states[state].name) : code;
}

static Str plain_label(const Request *request, Str value) {
    (void)request;
    return value;
}

static Str language_label(const Request *request, Str value) {
    return language_translate(request->language, work_language_name(value));
}

typedef struct {
    const char *name; /* of the field it sets */
    FacetLabel label;
} FacetKind;

static LinkItems facet_links(const Request *request, const SearchFacets *facets,
                             const FacetKind *kind) {
    LinkItem *items = arena_new(request->arena, LinkItem, facets->count);
    size_t count = 0;
    Str given = form_text(request->form, kind->name);
    for (size_t i = 0; i < facets->count && count < FACETS_SHOWN; i++) {
        const SearchFacet *facet = &facets->at[i];
        if (str_is_empty(facet->value)) continue;
        bool current = str_equal(facet->value, given);
        items[count++] = (LinkItem){
            .label = kind->label(request, facet->value),
            .count = facet->count,
            .link = list_page_link(request, kind->name, current ? (Str){0} : facet->value),
            .current = current};
    }
    return (LinkItems){items, count};
}

/* Every filter in force, with the link that takes it away. */
static LinkItems filters_in_force(const Request *request) {
    static const FacetKind filters[] = {
        {"category", category_label}, {"license", plain_label},  {"language", language_label},
        {"tag", plain_label},         {"uploader", plain_label}, {"min_size", plain_label},
        {"max_size", plain_label},    {"after", plain_label},    {"before", plain_label},
        {"min_seeders", plain_label}, {"health", health_label}};
    enum { FILTER_COUNT = sizeof filters / sizeof filters[0] };
    LinkItem *items = arena_new(request->arena, LinkItem, FILTER_COUNT);
    size_t count = 0;
    for (size_t i = 0; i < FILTER_COUNT; i++) {
        const char *name = filters[i].name;
        Str value = form_text(request->form, name);
        if (str_is_empty(value)) continue;
        const char *label = NULL;
        for (const FormField *field = request->form->kind->fields; field->name; field++)
            if (strcmp(field->name, name) == 0) label = field->label;
        Str words = page_words(request, label);
        Str chosen = filters[i].label(request, value);
        items[count++] = (LinkItem){
            .label =
                arena_print(request->arena, "%.*s%s %.*s", STR_PRINTF(words),
                            request->language == LANGUAGE_FR ? "\u202f:" : ":", STR_PRINTF(chosen)),
            .link = list_page_link(request, name, (Str){0}),
        };
    }
    return (LinkItems){items, count};
}

static Field typed(const Request *request, const ErrorList *errors, const char *name) {
    return field_of(request->arena, request->language, errors, name,
                    form_text(request->form, name));
}

static void fill_form(const Request *request, const ErrorList *errors, SearchPage *page) {
    page->q = typed(request, errors, "q");
    page->tag = typed(request, errors, "tag");
    page->uploader = typed(request, errors, "uploader");
    page->min_size = typed(request, errors, "min_size");
    page->max_size = typed(request, errors, "max_size");
    page->after = typed(request, errors, "after");
    page->before = typed(request, errors, "before");
    page->min_seeders = typed(request, errors, "min_seeders");
    page->categories =
        category_choices(request->arena, form_text(request->form, "category"), "Every category");
    page->healths = health_choices(request->arena, form_text(request->form, "health"));
    page->languages = work_language_choices(request->arena, form_text(request->form, "language"));
    page->faults = faults_of(request->arena, request->language, errors);
}

/* One choice a licence, the empty one first. */
static Choices licence_choices(const Request *request) {
    size_t count = 1;
    for (const Licence *licence = licences; licence->id; licence++) count++;
    Choice *choices = arena_new(request->arena, Choice, count);
    choices[0] = (Choice){.label = STR("Every licence")};
    Str given = form_text(request->form, "license");
    for (size_t i = 1; i < count; i++) {
        Str id = str_from_c(licences[i - 1].id);
        choices[i] = (Choice){id, id, str_equal(given, id)};
    }
    return (Choices){choices, count};
}

/* The first level, and what stands on the shelf that is asked for. */
static SearchFacets shelves_shown(const Request *request, const SearchFacets *all) {
    const Category *given = category_find(form_text(request->form, "category"));
    unsigned open = given ? (given->parent ? given->parent : given->number) : 0;
    SearchFacets shown = {arena_new(request->arena, SearchFacet, all->count), 0};
    for (size_t i = 0; i < all->count; i++) {
        const Category *category = category_find(all->at[i].value);
        if (category && (!category->parent || category->parent == open))
            shown.at[shown.count++] = all->at[i];
    }
    return shown;
}

static void fill_result(const Request *request, const TorrentList *list, SearchPage *page) {
    static const FacetKind by_category = {"category", category_label};
    static const FacetKind by_licence = {"license", plain_label};
    static const FacetKind by_language = {"language", language_label};
    SearchFacets shelves = shelves_shown(request, &list->categories);
    page->category_facet = facet_links(request, &shelves, &by_category);
    page->licence_facet = facet_links(request, &list->licences, &by_licence);
    page->language_facet = facet_links(request, &list->languages, &by_language);
    page->rows = torrent_rows(request, list);
    page->total = list->total;
    page->next = next_page(request, list->next);
    page->first = first_page(request);
}

Error page_search(Request *request, Response *response) {
    Visit *visit = page_visit(request);
    Str q = form_text(request->form, "q");
    bool pasted = false;
    Torrent torrent;
    TRY(torrent_by_paste(visit, q, &pasted, &torrent));
    if (pasted) {
        response_redirect(response, torrent_path(visit, request->language, &torrent));
        return OK;
    }
    ErrorList errors = form_faults(request);
    TorrentListAsk ask = list_page_ask(request, &errors);
    ask.ask.facets = true;
    Str title = str_is_empty(q) ? page_words(request, "Search") : q;
    SearchPage page = {.layout = page_layout(request, title, "search")};
    page.layout.query = q;
    page.layout.private_page = true;
    page_offer_feed(request, &page.layout);
    fill_form(request, &errors, &page);
    page.licences = licence_choices(request);
    page.sorts = list_page_sort_choices(request, ask.ask.sort);
    page.filters = filters_in_force(request);
    page.asked = q.len > 0 || page.filters.count > 0;
    page.more_open = page.filters.count > 0 || errors.count > 0;
    TorrentList list = {0};
    TRY(torrent_list(visit, &ask, &list));
    fill_result(request, &list, &page);
    HtmlWriter writer = page_writer(request);
    view_search(&writer, &page);
    if (errors.count) response->status = 422;
    return page_answer(response, &writer);
}
