#include "base/limits.h"
#include "community/list_query.h"
#include "site/health.h"
#include "site/list_page.h"
#include "site/torrent_row.h"

enum { FACETS_SHOWN = 12, CHIPS_MAX = 64 };

typedef Str (*Label)(const Request *request, Str value);

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

static Str may_label(const Request *request, Str list) {
    static const struct {
        const char *code, *words;
    } rows[] = {{"use", WORDS("Use it")},
                {"share", WORDS("Share it")},
                {"change", WORDS("Change it")},
                {"sell", WORDS("Sell it")}};
    Str label = {0};
    while (list.len) {
        Str code = str_trim(str_cut(&list, ','));
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
            if (str_equal(code, str_from_c(rows[i].code)))
                code = page_words(request, rows[i].words);
        label = label.len
                    ? arena_print(request->arena, "%.*s, %.*s", STR_PRINTF(label), STR_PRINTF(code))
                    : code;
    }
    return label;
}

/* A field of the form that narrows the list. */
typedef struct {
    const char *name;
    Label label;
    const char *query_field; /* the same in the query language */
} Narrowing;

static const Narrowing narrowings[] = {
    {"category", category_label, "category"},
    {"license", plain_label, "license"},
    {"may", may_label, "may"},
    {"language", language_label, "lang"},
    {"tag", plain_label, "tag"},
    {"uploader", plain_label, "user"},
    {"min_size", plain_label, NULL},
    {"max_size", plain_label, NULL},
    {"min_files", plain_label, NULL},
    {"max_files", plain_label, NULL},
    {"after", plain_label, NULL},
    {"before", plain_label, NULL},
    {"year", plain_label, NULL},
    {"min_seeders", plain_label, NULL},
    {"health", health_label, "health"},
};
enum { NARROWING_COUNT = sizeof narrowings / sizeof *narrowings };

/* What one search is made of. */
typedef struct {
    const Request *request;
    ListWords words; /* with every filter in its field that has one */
    TorrentListAsk ask;
    ErrorList errors;
} Asked;

static Url link_of(const Asked *asked, const char *name, Str value) {
    return list_page_link_of(asked->request, &asked->words, name, value);
}

static LinkItems facet_links(Asked *asked, const SearchFacets *facets, const char *name) {
    const Request *request = asked->request;
    LinkItem *items = arena_new(request->arena, LinkItem, facets->count);
    size_t count = 0;
    const Narrowing *narrowing = narrowings;
    while (strcmp(narrowing->name, name) != 0) narrowing++;
    Str given = *list_words_field(&asked->words, name);
    for (size_t i = 0; i < facets->count && count < FACETS_SHOWN; i++) {
        const SearchFacet *facet = &facets->at[i];
        if (str_is_empty(facet->value)) continue;
        bool current = str_equal(facet->value, given);
        items[count++] = (LinkItem){.label = narrowing->label(request, facet->value),
                                    .count = facet->count,
                                    .link = link_of(asked, name, current ? (Str){0} : facet->value),
                                    .current = current};
    }
    return (LinkItems){items, count};
}

static Str chip_label(const Request *request, const char *field, Str value, bool excluded) {
    const char *between = request->language == LANGUAGE_FR ? "\u202f: " : ": ";
    Str not = excluded ? page_words(request, "not") : STR("");
    return arena_print(request->arena, "%.*s%s%.*s%s%.*s", STR_PRINTF(page_words(request, field)),
                       between, STR_PRINTF(not ), excluded ? " " : "", STR_PRINTF(value));
}

static const char *label_of_field(const Request *request, const char *name) {
    const FormField *field = request->form->kind->fields;
    while (strcmp(field->name, name) != 0) field++;
    return field->label;
}

/* A filter that stayed in the text. */
static LinkItem text_chip(const Asked *asked, const ListFilter *filter) {
    const Request *request = asked->request;
    Str value = filter->value;
    for (size_t i = 0; i < NARROWING_COUNT; i++) {
        const char *field = narrowings[i].query_field;
        if (field && strcmp(field, filter->field) == 0)
            value = narrowings[i].label(request, filter->value);
    }
    return (LinkItem){.label = chip_label(request, filter->label, value, filter->excluded),
                      .link = link_of(asked, "q", filter->without)};
}

/* Every filter in force, with the link that takes it away. */
static LinkItems chips(Asked *asked) {
    const Request *request = asked->request;
    LinkItem *items = arena_new(request->arena, LinkItem, CHIPS_MAX);
    ListFilter filters[LIST_FILTERS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < NARROWING_COUNT; i++) {
        const char *name = narrowings[i].name;
        Str value = *list_words_field(&asked->words, name);
        if (str_is_empty(value)) continue;
        Str chosen = narrowings[i].label(request, value);
        items[count++] =
            (LinkItem){.label = chip_label(request, label_of_field(request, name), chosen, false),
                       .link = link_of(asked, name, (Str){0})};
    }
    size_t in_text = list_query_filters(page_visit(request), asked->words.q, filters);
    for (size_t i = 0; i < in_text && count < CHIPS_MAX; i++)
        items[count++] = text_chip(asked, &filters[i]);
    return (LinkItems){items, count};
}

static Field field(Asked *asked, const char *name) {
    return field_of(asked->request->arena, asked->request->language, &asked->errors, name,
                    *list_words_field(&asked->words, name));
}

/* One choice a licence, the empty one first. */
static Choices licence_choices(const Asked *asked) {
    size_t count = 1;
    for (const Licence *licence = licences; licence->id; licence++) count++;
    Choice *choices = arena_new(asked->request->arena, Choice, count);
    choices[0] = (Choice){.label = STR("Every licence")};
    for (size_t i = 1; i < count; i++) {
        Str id = str_from_c(licences[i - 1].id);
        choices[i] = (Choice){id, id, str_equal(asked->words.license, id)};
    }
    return (Choices){choices, count};
}

static Choices may_choices(const Asked *asked) {
    static const char *const codes[] = {"change", "sell", "change,sell"};
    enum { CODES = sizeof codes / sizeof *codes };
    Choice *choices = arena_new(asked->request->arena, Choice, CODES + 2);
    size_t count = 0;
    choices[count++] = (Choice){.label = STR("Any")};
    bool known = str_is_empty(asked->words.may);
    for (size_t i = 0; i < CODES; i++) {
        Str code = str_from_c(codes[i]);
        bool chosen = str_equal(asked->words.may, code);
        choices[count++] = (Choice){code, may_label(asked->request, code), chosen};
        known = known || chosen;
    }
    if (!known)
        choices[count++] =
            (Choice){asked->words.may, may_label(asked->request, asked->words.may), true};
    return (Choices){choices, count};
}

static void fill_form(Asked *asked, SearchPage *page) {
    Arena *arena = asked->request->arena;
    page->q = field(asked, "q");
    page->tag = field(asked, "tag");
    page->uploader = field(asked, "uploader");
    page->min_size = field(asked, "min_size");
    page->max_size = field(asked, "max_size");
    page->min_files = field(asked, "min_files");
    page->max_files = field(asked, "max_files");
    page->after = field(asked, "after");
    page->before = field(asked, "before");
    page->year = field(asked, "year");
    page->min_seeders = field(asked, "min_seeders");
    page->may = field(asked, "may");
    page->categories = category_choices(arena, asked->words.category, "Every category");
    page->healths = health_choices(arena, asked->words.health);
    page->languages = work_language_choices(arena, asked->words.language);
    page->licences = licence_choices(asked);
    page->mays = may_choices(asked);
    page->sorts = list_page_sort_choices(asked->request, asked->ask.ask.sort);
    page->faults = faults_of(arena, asked->request->language, &asked->errors);
}

static void fill_reading(const Asked *asked, const TorrentList *list, const ErrorList *notes,
                         SearchPage *page) {
    const Request *request = asked->request;
    Str *words = arena_new(request->arena, Str, notes->count);
    for (size_t i = 0; i < notes->count; i++)
        words[i] = language_error(request->language, notes->at[i], request->arena);
    page->notes = (Strs){words, notes->count};
    LinkItem *items = arena_new(request->arena, LinkItem, list->correction_count);
    for (size_t i = 0; i < list->correction_count; i++)
        items[i] = (LinkItem){.label = list->corrections[i],
                              .link = link_of(asked, "q", list->corrections[i])};
    page->corrections = (LinkItems){items, list->correction_count};
}

static void fill_result(Asked *asked, const TorrentList *list, SearchPage *page) {
    page->category_facet = facet_links(asked, &list->categories, "category");
    page->licence_facet = facet_links(asked, &list->licences, "license");
    page->may_facet = facet_links(asked, &list->mays, "may");
    page->language_facet = facet_links(asked, &list->languages, "language");
    page->health_facet = facet_links(asked, &list->healths, "health");
    page->year_facet = facet_links(asked, &list->years, "year");
    page->rows = torrent_rows(asked->request, list);
    page->total = list->total;
    if (list->next.len) page->next = link_of(asked, "cursor", list->next);
    if (asked->words.cursor.len) page->first = link_of(asked, "cursor", (Str){0});
}

/* A hash, a magnet, or hash:… alone goes straight to its work. */
static Error find_pasted(const Request *request, Str q, bool *ret_found, Torrent *ret_torrent) {
    Visit *visit = page_visit(request);
    TRY(torrent_by_paste(visit, q, ret_found, ret_torrent));
    ListQuery query;
    if (*ret_found || str_find_byte(q, ':') == STR_NONE) return OK;
    list_query_read(visit, q, &query);
    if (!query.work_id) return OK;
    Error e = torrent_find(visit, query.work_id, ret_torrent);
    *ret_found = !failed(e);
    return e.kind == ERROR_NOT_FOUND ? OK : e;
}

Error page_search(Request *request, Response *response) {
    Visit *visit = page_visit(request);
    bool pasted = false;
    Torrent torrent;
    ListWords typed = list_page_words(request);
    TRY(find_pasted(request, typed.q, &pasted, &torrent));
    if (pasted) {
        response_redirect(response, torrent_path(visit, request->language, &torrent));
        return OK;
    }
    ListQuery read;
    list_query_read(visit, typed.q, &read);
    Asked asked = {.request = request,
                   .words = list_query_spread(visit, &typed),
                   .errors = form_faults(request)};
    list_words_parse(&asked.words, &asked.errors, &asked.ask);
    asked.ask.ask.facets = true;
    Str box = list_query_join(visit, &asked.words);
    Str title = str_is_empty(box) ? page_words(request, "Search") : box;
    SearchPage page = {.layout = page_layout(request, title, "search")};
    page_offer_feed(request, &page.layout);
    page.layout.query = box;
    page.layout.private_page = true;
    fill_form(&asked, &page);
    page.filters = chips(&asked);
    page.asked = box.len > 0;
    page.sort = asked.words.sort;
    page.more_open = asked.errors.count > 0;
    page.read_as = read.read_as;
    TorrentList list = {0};
    TRY(torrent_list(visit, &asked.ask, &list));
    fill_result(&asked, &list, &page);
    fill_reading(&asked, &list, &read.notes, &page);
    HtmlWriter writer = page_writer(request);
    view_search(&writer, &page);
    if (asked.errors.count) response->status = 422;
    return page_answer(response, &writer);
}
