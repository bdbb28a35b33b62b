#include "community/permission.h"
#include "community/series.h"
#include "site/torrent_pages.h"
#include "site/torrent_row.h"

static Error find_series(const Request *request, Series *ret_series) {
    return series_find(page_visit(request), request_value(request, "slug"), ret_series);
}

static Str path_of(const Request *request, const Series *series) {
    return arena_print(request->arena, "/%s/series/%.*s", language_code(request->language),
                       STR_PRINTF(series->slug));
}

static Field field(const Request *request, const ErrorList *errors, const char *name, Str value) {
    return field_of(request->arena, request->language, errors, name, value);
}

/* --- the list --- */

static Url page_link(const Request *request, Str cursor) {
    UrlPair pair = {STR("cursor"), cursor};
    return url_query(request->arena, request->path, &pair, 1);
}

Error page_series_list(Request *request, Response *response) {
    SeriesListPage page = {.layout = page_layout(request, page_words(request, "Series"), "browse")};
    Str cursor = form_text(request->form, "cursor");
    SeriesList list;
    TRY(series_list(page_visit(request), cursor, &list));
    SeriesItem *items = arena_new(request->arena, SeriesItem, list.count + 1);
    for (size_t i = 0; i < list.count; i++)
        items[i] = (SeriesItem){.name = list.at[i].name,
                                .kind = str_from_c(list.at[i].kind->name),
                                .owner = list.at[i].owner,
                                .link = url_path(path_of(request, &list.at[i])),
                                .changed_at = list.at[i].changed_at};
    page.items = (SeriesItems){items, list.count};
    if (list.next.len) page.next = page_link(request, list.next);
    if (cursor.len) page.first = page_link(request, (Str){0});
    HtmlWriter writer = page_writer(request);
    view_series_list(&writer, &page);
    return page_answer(response, &writer);
}

/* --- one series --- */

static EditionItems edition_items(const Request *request, const EditionList *list, bool is_first) {
    EditionItem *items = arena_new(request->arena, EditionItem, list->count + 1);
    for (size_t i = 0; i < list->count; i++)
        items[i] = (EditionItem){.row = torrent_row(request, &list->works[i]),
                                 .id = list->at[i].torrent_id,
                                 .label = list->at[i].label,
                                 .dated_at = list->at[i].dated_at,
                                 .is_newest = is_first && i == 0};
    return (EditionItems){items, list->count};
}

static void fill_addresses(const Request *request, const Series *series, SeriesPage *page) {
    Visit *visit = page_visit(request);
    Str site = visit->community->settings->site_url;
    page->latest_address = arena_print(request->arena, "%.*s/s/%.*s/latest", STR_PRINTF(site),
                                       STR_PRINTF(series->slug));
    page->latest = url_web(page->latest_address);
    page->update_address = series_update_url(visit, series->slug);
}

static Error answer_series(Request *request, Response *response, const ErrorList *errors) {
    Visit *visit = page_visit(request);
    Series series;
    EditionList list;
    TRY(find_series(request, &series));
    SeriesPage page = {.layout = page_layout(request, series.name, "browse"),
                       .name = series.name,
                       .kind = str_from_c(series.kind->name),
                       .owner = series.owner,
                       .link = url_path(path_of(request, &series)),
                       .description = markdown_html(series.description, request->arena),
                       .may_edit = series_may_edit(visit, &series)};
    bool is_posted = request->method == HTTP_POST;
    bool is_form = is_posted && strcmp(request->form->kind->name, "edition") == 0;
    Str cursor = is_posted ? (Str){0} : form_text(request->form, "cursor");
    TRY(series_editions(visit, &series, cursor, &list));
    page.editions = edition_items(request, &list, !cursor.len);
    if (list.next.len) page.next = page_link(request, list.next);
    if (cursor.len) page.first = page_link(request, (Str){0});
    page.may_remove = page.may_edit && !failed(permission_edit(visit, series.owner_id)) &&
                      (visit->viewer.role >= ROLE_MODERATOR || (!list.count && !cursor.len));
    fill_addresses(request, &series, &page);
    if (!is_posted) page_offer_feed(request, &page.layout);
    page.work =
        field(request, errors, "work", is_form ? form_text(request->form, "work") : (Str){0});
    page.edition =
        field(request, errors, "edition", is_form ? form_text(request->form, "edition") : (Str){0});
    page.edition_date = field(request, errors, "edition_date",
                              is_form ? form_text(request->form, "edition_date") : (Str){0});
    page.sure = field(request, errors, "sure", (Str){0});
    page.faults = faults_of(request->arena, request->language, errors);
    if (errors->count) response->status = error_status(errors->at[0].kind);
    HtmlWriter writer = page_writer(request);
    view_series(&writer, &page);
    return page_answer(response, &writer);
}

Error page_series(Request *request, Response *response) {
    return answer_series(request, response, &(ErrorList){.arena = request->arena});
}

/* "https://…/en/torrent/12/debian-13", "12", a hash or a magnet link. */
static Error find_work(const Request *request, Str typed, Torrent *ret_work) {
    Visit *visit = page_visit(request);
    bool found = false;
    Str text = str_trim(typed);
    size_t mark = str_find(text, STR("/torrent/"));
    Str number = mark == STR_NONE ? text : str_skip(text, mark + strlen("/torrent/"));
    int64_t id;
    number = str_cut(&number, '/');
    TRY(torrent_by_paste(visit, text, &found, ret_work));
    if (found) return OK;
    Error e = str_to_i64(number, &id) && id > 0 ? torrent_find(visit, id, ret_work)
                                                : error(NOT_FOUND, NULL, "There is no such work.");
    if (e.kind != ERROR_NOT_FOUND) return e;
    return error_field(BAD_INPUT, "work", "no_such_work",
                       "Give the address or the hash of a work that is here.");
}

Error page_series_put_post(Request *request, Response *response) {
    Visit *visit = page_visit(request);
    Series series;
    Torrent work;
    TRY(find_series(request, &series));
    if (!series_may_edit(visit, &series)) return error(NOT_ALLOWED, NULL, "You may not do this.");
    ErrorList errors = form_faults(request);
    EditionWords words = {.series = series.slug,
                          .label = form_text(request->form, "edition"),
                          .date = form_text(request->form, "edition_date")};
    Error e = errors.count ? error_list_first(&errors)
                           : find_work(request, form_text(request->form, "work"), &work);
    if (failed(e) && e.field && !errors.count) error_list_add(&errors, e);
    if (!failed(e)) e = series_put(visit, work.id, &words, &errors);
    if (failed(e) && errors.count == 0) return e;
    if (errors.count) return answer_series(request, response, &errors);
    response_redirect(response, path_of(request, &series));
    return OK;
}

Error page_series_take_out_post(Request *request, Response *response) {
    Series series;
    TRY(find_series(request, &series));
    ErrorList errors = form_faults(request);
    TRY(error_list_first(&errors));
    TRY(series_take_out(page_visit(request), series.slug, form_number(request->form, "id", 0)));
    response_redirect(response, path_of(request, &series));
    return OK;
}

Error page_series_remove_post(Request *request, Response *response) {
    Series series;
    TRY(find_series(request, &series));
    if (!series_may_edit(page_visit(request), &series))
        return error(NOT_ALLOWED, NULL, "You may not do this.");
    ErrorList errors = form_faults(request);
    if (!errors.count && !form_checked(request->form, "sure"))
        error_list_add(&errors, error_field(BAD_INPUT, "sure", "not_sure",
                                            "Say that you mean it: tick the box."));
    if (errors.count) return answer_series(request, response, &errors);
    TRY(series_remove(page_visit(request), series.slug));
    response_redirect(response, page_path(request, "/series"));
    return OK;
}

/* --- its words --- */

static Choices kind_choices(Arena *arena, Str selected) {
    size_t count = 0;
    while (series_kinds[count].code) count++;
    Choice *choices = arena_new(arena, Choice, count);
    for (size_t i = 0; i < count; i++) { /* "Something else" stands last */
        const SeriesKind *kind = &series_kinds[(i + 1) % count];
        Str code = str_from_c(kind->code);
        choices[i] = (Choice){code, str_from_c(kind->name), str_equal(code, selected)};
    }
    return (Choices){choices, count};
}

/* `series` NULL: a new one. */
static Error answer_form(Request *request, Response *response, const Series *series,
                         const SeriesWords *words, const ErrorList *errors) {
    const char *title = series ? "Edit a series" : "Make a series";
    SeriesFormPage page = {
        .layout = page_layout(request, page_words(request, title), "browse"),
        .is_new = !series,
        .link = url_path(request->path),
        .back = url_path(series ? path_of(request, series) : page_path(request, "/series"))};
    page_form(request, response, &page.layout);
    page.name = field(request, errors, "name", words->name);
    page.slug = field(request, errors, "slug", words->slug);
    page.kind = field(request, errors, "kind", words->kind);
    page.description = field(request, errors, "description", words->description);
    page.kinds = kind_choices(request->arena, words->kind);
    page.faults = faults_of(request->arena, request->language, errors);
    if (errors->count) response->status = error_status(errors->at[0].kind);
    HtmlWriter writer = page_writer(request);
    view_series_form(&writer, &page);
    return page_answer(response, &writer);
}

static SeriesWords words_typed(const Form *form) {
    return (SeriesWords){.name = form_text(form, "name"),
                         .slug = form_text(form, "slug"),
                         .kind = form_text(form, "kind"),
                         .description = form_text(form, "description")};
}

Error page_series_new(Request *request, Response *response) {
    return answer_form(request, response, NULL, &(SeriesWords){0},
                       &(ErrorList){.arena = request->arena});
}

Error page_series_new_post(Request *request, Response *response) {
    ErrorList errors = form_faults(request);
    SeriesWords words = words_typed(request->form);
    Series series;
    Error e = errors.count ? error_list_first(&errors)
                           : series_add(page_visit(request), &words, &errors, &series);
    if (failed(e) && errors.count == 0) return e;
    if (errors.count) return answer_form(request, response, NULL, &words, &errors);
    response_redirect(response, path_of(request, &series));
    return OK;
}

static Error find_own(const Request *request, Series *ret_series) {
    TRY(find_series(request, ret_series));
    if (series_may_edit(page_visit(request), ret_series)) return OK;
    return error(NOT_ALLOWED, NULL, "You may not do this.");
}

Error page_series_edit(Request *request, Response *response) {
    Series series;
    TRY(find_own(request, &series));
    SeriesWords words = {.name = series.name,
                         .slug = series.slug,
                         .kind = str_from_c(series.kind->code),
                         .description = series.description};
    return answer_form(request, response, &series, &words, &(ErrorList){.arena = request->arena});
}

Error page_series_edit_post(Request *request, Response *response) {
    Series series;
    TRY(find_own(request, &series));
    ErrorList errors = form_faults(request);
    SeriesWords words = words_typed(request->form);
    Error e = errors.count ? error_list_first(&errors)
                           : series_change(page_visit(request), series.slug, &words, &errors);
    if (failed(e) && errors.count == 0) return e;
    if (errors.count) return answer_form(request, response, &series, &words, &errors);
    response_redirect(response, path_of(request, &series));
    return OK;
}

/* --- the latest --- */

static Error find_newest(const Request *request, Torrent *ret_work) {
    Visit *visit = page_visit(request);
    Series series;
    Edition edition;
    bool found;
    TRY(find_series(request, &series));
    TRY(series_newest(visit, &series, &found, ret_work, &edition));
    if (found) return OK;
    return error(NOT_FOUND, "no_edition", "No edition of this series is published yet.");
}

Error page_series_latest(Request *request, Response *response) {
    Torrent work;
    TRY(find_newest(request, &work));
    response_redirect(response, torrent_path(page_visit(request), request->language, &work));
    return OK;
}

/* A client asks with the hash of what it has (BEP 39), and would fetch for ever what it is given:
 * who has the newest edition is given nothing. */
static bool has_it(const Request *request, const Torrent *work) {
    InfoHash hash;
    for (Str left = request->query; left.len;) {
        Str pair = str_cut(&left, '&');
        if (!str_equal(str_cut(&pair, '='), STR("info_hash"))) continue;
        if (!infohash_parse(pair, &hash)) continue;
        if (hash.has_v1 && work->hash.has_v1 && memcmp(hash.v1, work->hash.v1, SHA1_BYTES) == 0)
            return true;
        if (hash.has_v1 && work->hash.has_v2 && memcmp(hash.v1, work->hash.v2, SHA1_BYTES) == 0)
            return true;
        if (hash.has_v2 && work->hash.has_v2 && memcmp(hash.v2, work->hash.v2, SHA256_BYTES) == 0)
            return true;
    }
    return false;
}

Error page_series_file(Request *request, Response *response) {
    Torrent work;
    TRY(find_newest(request, &work));
    if (!has_it(request, &work)) return torrent_pages_file(request, response, &work);
    response->status = 204;
    return OK;
}
