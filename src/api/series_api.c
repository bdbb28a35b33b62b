#include "api/api.h"
#include "api/feed.h"
#include "api/json.h"
#include "api/series_json.h"
#include "api/torrent_json.h"

static Str site_address(const Request *request, const char *path, Str slug, const char *end) {
    const Visit *visit = request->viewer;
    Str site = visit->community->settings->site_url;
    return arena_print(request->arena, "%.*s%s%.*s%s", STR_PRINTF(site), path, STR_PRINTF(slug),
                       end);
}

static json_t *series_json(const Request *request, const Series *series) {
    Arena *arena = request->arena;
    json_t *item = json_object();
    json_object_set_new(item, "slug", json_of_str(series->slug));
    json_object_set_new(item, "name", json_of_str(series->name));
    json_object_set_new(item, "kind", json_string(series->kind->code));
    json_object_set_new(item, "description", json_of_str(series->description));
    json_object_set_new(item, "owner", json_of_str(series->owner));
    json_object_set_new(item, "created_at", json_of_time(arena, series->created_at));
    json_object_set_new(item, "changed_at", json_of_time(arena, series->changed_at));
    Str path = arena_print(arena, "/series/%.*s", STR_PRINTF(series->slug));
    json_object_set_new(item, "url", json_of_str(torrent_json_url(request, path)));
    json_object_set_new(item, "latest_url",
                        json_of_str(site_address(request, "/s/", series->slug, "/latest")));
    json_object_set_new(item, "latest_torrent_url",
                        json_of_str(site_address(request, "/s/", series->slug, "/latest.torrent")));
    return item;
}

static json_t *newest_json(const Request *request, const WorkEdition *edition) {
    Visit *visit = request->viewer;
    Str path = torrent_path(visit, request->language, &edition->newest);
    Str site = visit->community->settings->site_url;
    json_t *item = json_object();
    json_object_set_new(item, "id", json_of_id(request->arena, edition->newest.id));
    json_object_set_new(item, "title", json_of_str(edition->newest.title));
    json_object_set_new(item, "edition", json_of_str(edition->newest_label));
    json_object_set_new(
        item, "url",
        json_of_str(arena_print(request->arena, "%.*s%.*s", STR_PRINTF(site), STR_PRINTF(path))));
    return item;
}

Error series_json_add(const Request *request, const Torrent *torrent, json_t *item) {
    WorkEdition edition;
    TRY(series_of_work(request->viewer, torrent, &edition));
    json_t *series = edition.is_one ? json_object() : json_null();
    if (edition.is_one) {
        Str slug = edition.series.slug;
        Str path = arena_print(request->arena, "/series/%.*s", STR_PRINTF(slug));
        json_object_set_new(series, "slug", json_of_str(slug));
        json_object_set_new(series, "name", json_of_str(edition.series.name));
        json_object_set_new(series, "edition", json_of_str(edition.label));
        json_object_set_new(series, "dated_at", json_of_time(request->arena, edition.dated_at));
        json_object_set_new(series, "is_latest", json_boolean(edition.is_newest));
        json_object_set_new(series, "url", json_of_str(torrent_json_url(request, path)));
    }
    json_object_set_new(item, "series", series);
    json_object_set_new(item, "superseded_by",
                        edition.is_superseded ? newest_json(request, &edition) : json_null());
    return OK;
}

json_t *series_json_same(const Request *request, const SameFiles *same) {
    Visit *visit = request->viewer;
    Str site = visit->community->settings->site_url;
    json_t *answer = json_object(), *works = json_array();
    for (size_t i = 0; i < same->count; i++) {
        const SameWork *work = &same->works[i];
        Str path = torrent_path(visit, request->language, &work->torrent);
        json_t *item = json_object();
        json_object_set_new(item, "id", json_of_id(request->arena, work->torrent.id));
        json_object_set_new(item, "title", json_of_str(work->torrent.title));
        json_object_set_new(item, "url",
                            json_of_str(arena_print(request->arena, "%.*s%.*s", STR_PRINTF(site),
                                                    STR_PRINTF(path))));
        json_object_set_new(item, "files", json_integer((json_int_t)work->files));
        json_object_set_new(item, "size_bytes", json_integer((json_int_t)work->size_bytes));
        json_object_set_new(item, "is_certain", json_boolean(!work->is_guess));
        json_array_append_new(works, item);
    }
    json_object_set_new(answer, "files", json_integer((json_int_t)same->files));
    json_object_set_new(answer, "size_bytes", json_integer((json_int_t)same->size_bytes));
    json_object_set_new(answer, "works", works);
    return answer;
}

/* --- the addresses --- */

Error api_series_list(Request *request, Response *response) {
    SeriesList list;
    TRY(series_list(request->viewer, form_text(request->form, "cursor"), &list));
    json_t *answer = json_object(), *items = json_array();
    for (size_t i = 0; i < list.count; i++)
        json_array_append_new(items, series_json(request, &list.at[i]));
    json_object_set_new(answer, "items", items);
    json_object_set_new(answer, "next", json_of_str_or_null(list.next));
    json_answer(request, response, 200, answer);
    return OK;
}

Error api_series_show(Request *request, Response *response) {
    Visit *visit = request->viewer;
    Series series;
    EditionList list;
    TRY(series_find(visit, request_value(request, "slug"), &series));
    TRY(series_editions(visit, &series, form_text(request->form, "cursor"), &list));
    json_t *answer = series_json(request, &series), *items = json_array();
    for (size_t i = 0; i < list.count; i++) {
        json_t *item = json_object();
        json_object_set_new(item, "edition", json_of_str(list.at[i].label));
        json_object_set_new(item, "dated_at", json_of_time(request->arena, list.at[i].dated_at));
        json_object_set_new(item, "torrent", torrent_json(request, &list.works[i]));
        json_array_append_new(items, item);
    }
    json_object_set_new(answer, "editions", items);
    json_object_set_new(answer, "next", json_of_str_or_null(list.next));
    json_answer(request, response, 200, answer);
    return OK;
}

static Error refuse(Request *request, Response *response, Error e, const ErrorList *errors) {
    if (errors->count == 0) return e;
    json_problem(request, response, &(Problem){.e = e, .errors = errors});
    return OK;
}

static Error answer_made(Request *request, Response *response, Str slug) {
    Series series;
    TRY(series_find(request->viewer, slug, &series));
    json_t *answer = series_json(request, &series);
    Str path = arena_print(request->arena, "/series/%.*s", STR_PRINTF(slug));
    response_header(response, STR("Location"), torrent_json_url(request, path));
    json_answer(request, response, 201, answer);
    return OK;
}

Error api_series_add(Request *request, Response *response) {
    static const char *const names[] = {"name", "slug", "kind", "description"};
    Str values[4] = {{0}};
    ErrorList errors = {.arena = request->arena};
    Series series;
    TRY(json_body(request, names, 4, values));
    SeriesWords words = {
        .name = values[0], .slug = values[1], .kind = values[2], .description = values[3]};
    Error e = series_add(request->viewer, &words, &errors, &series);
    if (failed(e)) return refuse(request, response, e, &errors);
    return answer_made(request, response, series.slug);
}

Error api_series_put(Request *request, Response *response) {
    static const char *const names[] = {"torrent", "edition", "edition_date"};
    Str values[3] = {{0}};
    ErrorList errors = {.arena = request->arena};
    Series series;
    int64_t id;
    TRY(json_body(request, names, 3, values));
    TRY(series_find(request->viewer, request_value(request, "slug"), &series));
    if (!str_to_i64(values[0], &id) || id < 1)
        return error_field(BAD_INPUT, "torrent", "no_such_work",
                           "Give the number of a work that is here.");
    EditionWords words = {.series = series.slug, .label = values[1], .date = values[2]};
    Error e = series_put(request->viewer, id, &words, &errors);
    if (failed(e)) return refuse(request, response, e, &errors);
    return answer_made(request, response, series.slug);
}

/* --- the feed --- */

Error feed_series(Request *request, Response *response) {
    Visit *visit = request->viewer;
    Series series;
    EditionList list;
    TRY(series_find(visit, request_value(request, "slug"), &series));
    TRY(series_editions(visit, &series, form_text(request->form, "cursor"), &list));
    Str *notes = arena_new(request->arena, Str, list.count + 1);
    for (size_t i = 0; i < list.count; i++) notes[i] = list.at[i].label;
    Feed feed = {.title = series.name,
                 .page = feed_page_of(request),
                 .works = list.works,
                 .count = list.count,
                 .changed_at = series.changed_at,
                 .notes = notes};
    Seconds newest = feed_newest(list.works, list.count);
    if (newest > feed.changed_at) feed.changed_at = newest;
    return feed_answer(request, response, &feed);
}
