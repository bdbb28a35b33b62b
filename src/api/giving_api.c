#include "community/giving.h"

#include "api/api.h"
#include "api/feed.h"
#include "api/torrent_json.h"

static const char *const whys[] = {
    [GIVING_WANTED] = "", [GIVING_GONE] = "gone", [GIVING_WELL_SEEDED] = "well_seeded"};

static json_t *url_json(const Request *request, const Giving *giving, const char *ending) {
    Str path = arena_print(request->arena, "/giving/%.*s%s", STR_PRINTF(giving->code), ending);
    return json_of_str(torrent_json_url(request, path));
}

static json_t *giving_json(const Request *request, const Giving *giving) {
    Arena *arena = request->arena;
    json_t *item = json_object();
    json_object_set_new(item, "code", json_of_str(giving->code));
    json_object_set_new(item, "url", url_json(request, giving, ""));
    json_object_set_new(item, "feed_url", url_json(request, giving, ".rss"));
    json_object_set_new(item, "magnets_url", url_json(request, giving, "/magnets"));
    json_object_set_new(item, "size_bytes", json_integer((json_int_t)giving->size_bytes));
    json_object_set_new(item, "category",
                        giving->category ? json_string(giving->category->code) : json_null());
    json_object_set_new(item, "license",
                        giving->licence ? json_string(giving->licence->id) : json_null());
    json_object_set_new(item, "language", json_of_str_or_null(giving->language));
    json_object_set_new(item, "made_at", json_of_time(arena, giving->made_at));
    json_object_set_new(item, "settled_at", json_of_time(arena, giving->settled_at));
    json_object_set_new(item, "ends_at", json_of_time(arena, giving->ends_at));
    return item;
}

static json_t *works_json(const Request *request, const GivingWorks *works) {
    json_t *items = json_array();
    for (size_t i = 0; i < works->count; i++) {
        json_t *item = torrent_json(request, &works->at[i].torrent);
        json_object_set_new(item, "picked_at",
                            json_of_time(request->arena, works->at[i].picked_at));
        json_object_set_new(item, "seeders_when_picked", json_integer(works->at[i].seeders));
        json_array_append_new(items, item);
    }
    return items;
}

static json_t *dropped_json(const Request *request, const GivingWorks *works) {
    json_t *items = json_array();
    for (size_t i = 0; i < works->dropped_count; i++) {
        const GivingWork *work = &works->dropped[i];
        json_t *item = json_object();
        json_object_set_new(item, "id", json_of_id(request->arena, work->torrent.id));
        json_object_set_new(item, "title", json_of_str(work->torrent.title));
        json_object_set_new(item, "dropped_at", json_of_time(request->arena, work->dropped_at));
        json_object_set_new(item, "why", json_string(whys[work->why]));
        json_array_append_new(items, item);
    }
    return items;
}

static Error answer_giving(Request *request, Response *response, int status, Str code) {
    Giving giving;
    GivingWorks works;
    TRY(giving_find(request->viewer, code, &giving, &works));
    json_t *answer = giving_json(request, &giving);
    json_object_set_new(answer, "taken_bytes", json_integer((json_int_t)works.taken_bytes));
    json_object_set_new(answer, "items", works_json(request, &works));
    json_object_set_new(answer, "dropped", dropped_json(request, &works));
    response->no_store = true;
    json_answer(request, response, status, answer);
    return OK;
}

Error api_giving_show(Request *request, Response *response) {
    return answer_giving(request, response, 200, request_value(request, "code"));
}

Error api_giving_add(Request *request, Response *response) {
    static const char *const names[] = {"size", "category", "license", "language"};
    Str values[4] = {0};
    TRY(json_body(request, names, 4, values));
    GivingAsk ask = {values[0], values[1], values[2], values[3]};
    ErrorList errors = {.arena = request->arena};
    Giving giving;
    Error e = giving_add(request->viewer, &ask, &errors, &giving);
    if (errors.count) {
        json_problem(request, response, &(Problem){.e = errors.at[0], .errors = &errors});
        return OK;
    }
    TRY(e);
    return answer_giving(request, response, 201, giving.code);
}

static Str note_of(const Request *request, const GivingWork *work) {
    Str words = language_translate_count(request->language, STR("Picked with {} seeder."),
                                         STR("Picked with {} seeders."), work->seeders);
    size_t at = str_find(words, STR("{}"));
    if (at == STR_NONE) return words;
    return arena_print(request->arena, "%.*s%u%.*s", STR_PRINTF(str_part(words, 0, at)),
                       work->seeders, STR_PRINTF(str_skip(words, at + 2)));
}

/* What a client starts by itself: the works of the plan, the latest picked first. */
Error feed_giving(Request *request, Response *response) {
    Giving giving;
    GivingWorks works;
    TRY(giving_find(request->viewer, request_value(request, "code"), &giving, &works));
    Torrent *torrents = arena_new(request->arena, Torrent, works.count + 1);
    Str *notes = arena_new(request->arena, Str, works.count + 1);
    for (size_t i = 0; i < works.count; i++) {
        torrents[i] = works.at[i].torrent;
        notes[i] = note_of(request, &works.at[i]);
    }
    Feed feed = {.title = feed_words(request, "I have space to give"),
                 .page = feed_page_of(request),
                 .works = torrents,
                 .count = works.count,
                 .notes = notes,
                 .changed_at = works.changed_at ? works.changed_at : giving.made_at};
    return feed_answer(request, response, &feed);
}
