#include "api/api.h"
#include "api/json.h"
#include "api/torrent_json.h"
#include "community/collection.h"

static Str url_of(const Request *request, const Collection *collection) {
    return torrent_json_url(
        request, arena_print(request->arena, "/collection/%.*s", STR_PRINTF(collection->slug)));
}

static json_t *collection_json(const Request *request, const Collection *collection) {
    Arena *arena = request->arena;
    Str url = url_of(request, collection);
    json_t *item = json_object();
    json_object_set_new(item, "slug", json_of_str(collection->slug));
    json_object_set_new(item, "title", json_of_str(collection->title));
    json_object_set_new(item, "description", json_of_str(collection->description));
    json_object_set_new(item, "visibility",
                        json_string(collection->is_public ? "public" : "unlisted"));
    json_object_set_new(item, "owner", json_of_str(collection->owner));
    json_object_set_new(item, "torrents", json_integer((json_int_t)collection->works));
    json_object_set_new(item, "followers", json_integer((json_int_t)collection->followers));
    json_object_set_new(item, "created_at", json_of_time(arena, collection->created_at));
    json_object_set_new(item, "changed_at", json_of_time(arena, collection->changed_at));
    json_object_set_new(item, "url", json_of_str(url));
    json_object_set_new(item, "feed_url",
                        json_of_str(arena_print(arena, "%.*s.rss", STR_PRINTF(url))));
    return item;
}

static json_t *list_json(const Request *request, const CollectionList *list, bool with_news) {
    json_t *items = json_array();
    for (size_t i = 0; i < list->count; i++) {
        json_t *item = collection_json(request, &list->at[i]);
        if (with_news)
            json_object_set_new(item, "news", json_integer((json_int_t)list->at[i].news));
        json_array_append_new(items, item);
    }
    return items;
}

static json_t *works_json(const Request *request, const CollectionWorks *works) {
    json_t *items = json_array();
    for (size_t i = 0; i < works->count; i++) {
        const CollectionWork *work = &works->at[i];
        json_t *item = json_object();
        json_object_set_new(item, "place", json_integer((json_int_t)(works->from + i)));
        json_object_set_new(item, "note", json_of_str(work->note));
        json_object_set_new(item, "added_at", json_of_time(request->arena, work->added_at));
        json_object_set_new(item, "torrent", torrent_json(request, &work->torrent));
        json_array_append_new(items, item);
    }
    return items;
}

Error api_collection_list(Request *request, Response *response) {
    CollectionList list;
    TRY(collection_list(request->viewer, form_text(request->form, "cursor"), &list));
    json_t *answer = json_object();
    json_object_set_new(answer, "items", list_json(request, &list, false));
    json_object_set_new(answer, "next", json_of_str_or_null(list.next));
    json_answer(request, response, 200, answer);
    return OK;
}

static Error answer_collection(Request *request, Response *response, Str slug, int status) {
    Collection collection;
    CollectionWorks works;
    Str cursor = request->form ? form_text(request->form, "cursor") : (Str){0};
    TRY(collection_find(request->viewer, slug, &collection));
    TRY(collection_works(request->viewer, &collection, cursor, &works));
    json_t *answer = collection_json(request, &collection);
    json_object_set_new(answer, "items", works_json(request, &works));
    json_object_set_new(answer, "next", json_of_str_or_null(works.next));
    json_answer(request, response, status, answer);
    return OK;
}

Error api_collection_show(Request *request, Response *response) {
    return answer_collection(request, response, request_value(request, "slug"), 200);
}

/* Every fault is told. */
static Error refuse(Request *request, Response *response, Error e, const ErrorList *errors) {
    if (errors->count == 0) return e;
    json_problem(request, response, &(Problem){.e = e, .errors = errors});
    return OK;
}

enum { TITLE, DESCRIPTION, VISIBILITY, WORD_COUNT };
static const char *const word_names[] = {"title", "description", "visibility"};

Error api_collection_add(Request *request, Response *response) {
    Str values[WORD_COUNT] = {0};
    Collection collection;
    ErrorList errors = {.arena = request->arena};
    TRY(json_body(request, word_names, WORD_COUNT, values));
    if (!values[VISIBILITY].len) values[VISIBILITY] = STR("public");
    CollectionWords words = {values[TITLE], values[DESCRIPTION], values[VISIBILITY]};
    Error e = collection_add(request->viewer, &words, &errors, &collection);
    if (failed(e)) return refuse(request, response, e, &errors);
    response_header(response, STR("Location"), url_of(request, &collection));
    return answer_collection(request, response, collection.slug, 201);
}

/* What is not sent stays. */
Error api_collection_change(Request *request, Response *response) {
    Str values[WORD_COUNT] = {0}, slug = request_value(request, "slug");
    Collection collection;
    ErrorList errors = {.arena = request->arena};
    TRY(collection_find(request->viewer, slug, &collection));
    TRY(json_body(request, word_names, WORD_COUNT, values));
    if (!values[TITLE].at) values[TITLE] = collection.title;
    if (!values[DESCRIPTION].at) values[DESCRIPTION] = collection.description;
    if (!values[VISIBILITY].at)
        values[VISIBILITY] = collection.is_public ? STR("public") : STR("unlisted");
    CollectionWords words = {values[TITLE], values[DESCRIPTION], values[VISIBILITY]};
    Error e = collection_change(request->viewer, slug, &words, &errors);
    if (failed(e)) return refuse(request, response, e, &errors);
    return answer_collection(request, response, slug, 200);
}

static Error read_id(Str typed, int64_t *ret_id) {
    if (str_to_i64(typed, ret_id) && *ret_id > 0) return OK;
    return error_field(BAD_INPUT, "torrent", "bad_id", "This is the id of nothing.");
}

/* Adds it, or changes what is sent of one that is there. */
Error api_collection_put(Request *request, Response *response) {
    enum { TORRENT, NOTE, PLACE, COUNT };
    static const char *const names[] = {"torrent", "note", "place"};
    Visit *visit = request->viewer;
    Str values[COUNT] = {0}, slug = request_value(request, "slug");
    int64_t id = 0;
    uint64_t place = 0;
    TRY(json_body(request, names, COUNT, values));
    TRY(read_id(values[TORRENT], &id));
    if (values[PLACE].len && (!str_to_u64(values[PLACE], &place) || place < 1))
        return error_field(BAD_INPUT, "place", "bad_place", "Places are counted from 1.");
    Error e = collection_add_work(visit, slug, id, values[NOTE]);
    bool is_in_it = failed(e) && strcmp(error_code(e), "in_it_already") == 0;
    if (!is_in_it) TRY(e);
    if (is_in_it && values[NOTE].at) TRY(collection_note_work(visit, slug, id, values[NOTE]));
    if (place) TRY(collection_move_work(visit, slug, id, place));
    return answer_collection(request, response, slug, 200);
}

Error api_collection_take_out(Request *request, Response *response) {
    static const char *const names[] = {"torrent"};
    Str typed = {0}, slug = request_value(request, "slug");
    int64_t id = 0;
    TRY(json_body(request, names, 1, &typed));
    TRY(read_id(typed, &id));
    TRY(collection_remove_work(request->viewer, slug, id));
    return answer_collection(request, response, slug, 200);
}

Error api_collection_remove(Request *request, Response *response) {
    Str nothing;
    TRY(json_body(request, NULL, 0, &nothing));
    TRY(collection_remove(request->viewer, request_value(request, "slug")));
    json_t *answer = json_object();
    json_object_set_new(answer, "removed", json_of_str(request_value(request, "slug")));
    json_answer(request, response, 200, answer);
    return OK;
}

Error api_collection_follow(Request *request, Response *response) {
    static const char *const names[] = {"follow"};
    Str follow = {0}, slug = request_value(request, "slug");
    TRY(json_body(request, names, 1, &follow));
    if (!str_equal(follow, STR("1")) && !str_equal(follow, STR("0")))
        return error_field(BAD_INPUT, "follow", "bad_follow", "\"1\" to follow, \"0\" to stop.");
    TRY(str_equal(follow, STR("1")) ? collection_follow(request->viewer, slug)
                                    : collection_unfollow(request->viewer, slug));
    return answer_collection(request, response, slug, 200);
}

Error api_followed(Request *request, Response *response) {
    CollectionList followed;
    CollectionWorks news;
    TRY(collection_list_followed(request->viewer, &followed));
    TRY(collection_news(request->viewer, &news));
    json_t *answer = json_object();
    json_object_set_new(answer, "items", list_json(request, &followed, true));
    json_object_set_new(answer, "news", works_json(request, &news));
    json_answer(request, response, 200, answer);
    return OK;
}
