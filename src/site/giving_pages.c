#include "community/giving.h"

#include "site/noted_row.h"
#include "site/work_fields.h"

enum { BAR_WIDTH = 600 };

/* In the units people buy disks in: "200 GB", « 1,5 To ». */
static Str size_words(const Request *request, uint64_t bytes) {
    static const char *const units[] = {"", "k", "M", "G", "T", "P"};
    uint64_t unit = 1;
    size_t step = 0;
    for (; bytes / unit >= 1000 && step < 5; step++) unit *= 1000;
    uint64_t tenths = unit < 10 ? bytes * 10 : bytes / (unit / 10);
    bool is_french = request->language == LANGUAGE_FR;
    const char *letter = is_french ? "o" : "B";
    if (tenths % 10 == 0 || tenths >= 1000)
        return arena_print(request->arena, "%llu\u00a0%s%s", (unsigned long long)(tenths / 10),
                           units[step], letter);
    return arena_print(request->arena, "%llu%s%llu\u00a0%s%s", (unsigned long long)(tenths / 10),
                       is_french ? "," : ".", (unsigned long long)(tenths % 10), units[step],
                       letter);
}

static Str path_of(const Request *request, const Giving *giving, const char *behind) {
    return arena_print(request->arena, "/%s/giving/%.*s%s", language_code(request->language),
                       STR_PRINTF(giving->code), behind);
}

static GivingItem item_of(const Request *request, const Giving *giving) {
    GivingItem item = {.link = url_path(path_of(request, giving, "")),
                       .size = size_words(request, giving->size_bytes),
                       .made_at = giving->made_at,
                       .settled_at = giving->settled_at,
                       .ends_at = giving->ends_at};
    if (giving->category) item.category_label = str_from_c(giving->category->name);
    if (giving->licence) item.licence = str_from_c(giving->licence->id);
    if (giving->language.len) item.language_label = work_language_name(giving->language);
    return item;
}

/* --- making one --- */

static Choices licence_options(Arena *arena, Str selected) {
    size_t count = 0;
    while (licences[count].id) count++;
    Choice *choices = arena_new(arena, Choice, count + 1);
    choices[0] = (Choice){.label = STR("Every licence")};
    for (size_t i = 0; i < count; i++)
        choices[i + 1] = (Choice){.value = str_from_c(licences[i].id),
                                  .label = str_from_c(licences[i].id),
                                  .selected = str_equal(str_from_c(licences[i].id), selected)};
    return (Choices){choices, count + 1};
}

static Choices language_options(Arena *arena, Str selected) {
    Choices known = work_language_choices(arena, selected);
    Choice *choices = arena_new(arena, Choice, known.count + 1);
    for (size_t i = 0; i < known.count; i++) choices[i] = known.at[i];
    choices[0].label = STR("Every language");
    return (Choices){choices, known.count};
}

static Error answer_start(Request *request, Response *response, const GivingAsk *ask,
                          const ErrorList *errors) {
    Arena *arena = request->arena;
    GivingStartPage page = {
        .layout = page_layout(request, page_words(request, "I have space to give"), "giving"),
        .faults = faults_of(arena, request->language, errors),
        .size = field_of(arena, request->language, errors, "size", ask->size),
        .category = field_of(arena, request->language, errors, "category", ask->category),
        .license = field_of(arena, request->language, errors, "license", ask->license),
        .categories = category_choices(arena, ask->category, "Every category"),
        .licences = licence_options(arena, ask->license),
        .languages = language_options(arena, ask->language),
        .more_open = ask->category.len || ask->license.len || ask->language.len,
    };
    page_form(request, response, &page.layout);
    page.layout.private_page = false; /* there is nothing secret in asking */
    Giving *givings;
    size_t count;
    TRY(giving_list(page_visit(request), &givings, &count));
    GivingItem *items = arena_new(arena, GivingItem, count + 1);
    for (size_t i = 0; i < count; i++) items[i] = item_of(request, &givings[i]);
    page.plans = (GivingItems){items, count};
    if (errors->count) response->status = error_status(errors->at[0].kind);
    HtmlWriter writer = page_writer(request);
    view_giving_start(&writer, &page);
    return page_answer(response, &writer);
}

Error page_giving_start(Request *request, Response *response) {
    return answer_start(request, response, &(GivingAsk){0}, &(ErrorList){.arena = request->arena});
}

Error page_giving_post(Request *request, Response *response) {
    const Form *form = request->form;
    GivingAsk ask = {.size = form_text(form, "size"),
                     .category = form_text(form, "category"),
                     .license = form_text(form, "license"),
                     .language = form_text(form, "language")};
    ErrorList errors = form_faults(request);
    Giving giving;
    Error e = errors.count ? error_list_first(&errors)
                           : giving_add(page_visit(request), &ask, &errors, &giving);
    if (failed(e) && errors.count == 0) return e;
    if (errors.count) return answer_start(request, response, &ask, &errors);
    response_redirect(response, path_of(request, &giving, ""));
    return OK;
}

/* --- looking at one --- */

static NotedRows rows_of(const Request *request, const GivingWork *works, size_t count) {
    static const char *const whys[] = {
        [GIVING_WANTED] = "", [GIVING_GONE] = "gone", [GIVING_WELL_SEEDED] = "well_seeded"};
    NotedRow *rows = arena_new(request->arena, NotedRow, count + 1);
    for (size_t i = 0; i < count; i++) {
        rows[i] = noted_row(request, &works[i].torrent);
        rows[i].picked_at = works[i].picked_at;
        rows[i].seeders_then = works[i].seeders;
        rows[i].dropped_at = works[i].dropped_at;
        rows[i].dropped_why = str_from_c(whys[works[i].why]);
    }
    return (NotedRows){rows, count};
}

Error page_giving(Request *request, Response *response) {
    Giving giving;
    GivingWorks works;
    TRY(giving_find(page_visit(request), request_value(request, "code"), &giving, &works));
    GivingItem item = item_of(request, &giving);
    Str title = arena_print(request->arena, "%.*s · %.*s", STR_PRINTF(item.size),
                            STR_PRINTF(page_words(request, "I have space to give")));
    GivingPage page = {
        .layout = page_layout(request, title, "giving"),
        .item = item,
        .magnets = url_path(path_of(request, &giving, "/magnets")),
        .remove = url_path(path_of(request, &giving, "/remove")),
        .taken = size_words(request, works.taken_bytes),
        .fill = (uint64_t)((double)works.taken_bytes * BAR_WIDTH / (double)giving.size_bytes),
        .rows = rows_of(request, works.at, works.count),
        .dropped = rows_of(request, works.dropped, works.dropped_count)};
    Str site = page_visit(request)->community->settings->site_url;
    Str feed = path_of(request, &giving, ".rss");
    page.feed_text = arena_print(request->arena, "%.*s%.*s", STR_PRINTF(site), STR_PRINTF(feed));
    page_form(request, response, &page.layout);
    page_offer_feed(request, &page.layout);
    HtmlWriter writer = page_writer(request);
    view_giving(&writer, &page);
    return page_answer(response, &writer);
}

Error page_giving_magnets(Request *request, Response *response) {
    enum { MAGNETS_BYTES_MAX = 16 * MIB };
    Visit *visit = page_visit(request);
    Giving giving;
    GivingWorks works;
    TRY(giving_find(visit, request_value(request, "code"), &giving, &works));
    Text text = text_create(request->arena, MAGNETS_BYTES_MAX);
    for (size_t i = 0; i < works.count; i++) {
        text_add(&text, torrent_magnet(visit, &works.at[i].torrent));
        text_add_byte(&text, '\n');
    }
    response->no_store = true;
    response_body(response, STR("text/plain; charset=utf-8"), text_str(&text));
    return OK;
}

Error page_giving_remove_post(Request *request, Response *response) {
    TRY(error_list_first(&request->form->errors));
    TRY(giving_remove(page_visit(request), request_value(request, "code")));
    response_redirect(response, page_path(request, "/giving"));
    return OK;
}
