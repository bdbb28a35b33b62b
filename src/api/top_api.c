#include "community/top_list.h"

#include "api/api.h"
#include "api/feed.h"
#include "api/torrent_json.h"

/* --- lists --- */

static json_t *entry_json(const Request *request, const TopEntry *entry, bool has_before) {
    json_t *item = torrent_json(request, &entry->torrent);
    bool was_there = has_before && entry->rank_before;
    json_object_set_new(item, "rank", json_integer(entry->rank));
    json_object_set_new(item, "rank_before",
                        was_there ? json_integer(entry->rank_before) : json_null());
    json_object_set_new(item, "value", json_integer((json_int_t)entry->value));
    return item;
}

static json_t *day_json(Arena *arena, Seconds day) {
    return json_of_str_or_null(day ? str_part(clock_rfc3339(arena, day), 0, 10) : (Str){0});
}

static json_t *list_json(const Request *request, const TopAsk *ask, const TopList *list) {
    json_t *answer = json_object(), *items = json_array();
    for (size_t i = 0; i < list->count; i++)
        json_array_append_new(items, entry_json(request, &list->at[i], list->has_before));
    json_object_set_new(answer, "by", json_string(top_measures[ask->measure].code));
    json_object_set_new(answer, "period", json_string(top_periods[ask->period].code));
    json_object_set_new(answer, "date", day_json(request->arena, list->day));
    json_object_set_new(answer, "is_over", json_boolean(list->is_over));
    json_object_set_new(answer, "previous", day_json(request->arena, list->previous));
    json_object_set_new(answer, "next", day_json(request->arena, list->next));
    json_object_set_new(answer, "items", items);
    return answer;
}

Error api_top(Request *request, Response *response) {
    ErrorList errors = form_faults(request);
    Str by = form_text(request->form, "by"), period = form_text(request->form, "period");
    TopWords words = {.by = by.len ? by : STR("completed"),
                      .period = period.len ? period : STR("week"),
                      .category = form_text(request->form, "category"),
                      .date = form_text(request->form, "date")};
    TopAsk ask = {0};
    if (errors.count == 0) TRY(top_words_parse(&words, &errors, &ask));
    if (errors.count) {
        json_problem(request, response, &(Problem){.e = errors.at[0], .errors = &errors});
        return OK;
    }
    TopList list;
    TRY(top_list_find(request->viewer, &ask, &list));
    json_answer(request, response, 200, list_json(request, &ask, &list));
    return OK;
}

Error feed_top(Request *request, Response *response) {
    ErrorList errors = form_faults(request);
    TopWords words = {request_value(request, "by"), request_value(request, "period"),
                      form_text(request->form, "category"), form_text(request->form, "date")};
    TopAsk ask;
    TRY(top_words_parse(&words, &errors, &ask));
    TRY(error_list_first(&errors));
    TopList list;
    TRY(top_list_find(request->viewer, &ask, &list));
    Torrent *works = arena_new(request->arena, Torrent, list.count + 1);
    for (size_t i = 0; i < list.count; i++) works[i] = list.at[i].torrent;
    Feed feed = {.title = feed_words(request, top_measures[ask.measure].label),
                 .words = feed_words(request, top_periods[ask.period].label),
                 .page = feed_page_of(request),
                 .works = works,
                 .count = list.count};
    return feed_answer(request, response, &feed);
}
