#include "api/api.h"
#include "api/json.h"
#include "api/torrent_json.h"
#include "base/limits.h"
#include "community/tag_merge.h"

static Str url_of(const Request *request, Str name) {
    Str path = tag_path(request->viewer, request->language, name);
    return torrent_json_url(request, str_skip(path, strlen("/en")));
}

Error api_tag_list(Request *request, Response *response) {
    TagUses tags;
    TRY(tag_list(request->viewer, TAGS_LISTED_MAX, &tags));
    json_t *answer = json_object(), *items = json_array();
    for (size_t i = 0; i < tags.count; i++) {
        json_t *item = json_object();
        json_object_set_new(item, "name", json_of_str(tags.at[i].name));
        json_object_set_new(item, "torrents", json_integer((json_int_t)tags.at[i].works));
        json_object_set_new(item, "url", json_of_str(url_of(request, tags.at[i].name)));
        json_array_append_new(items, item);
    }
    json_object_set_new(answer, "items", items);
    json_answer(request, response, 200, answer);
    return OK;
}

static json_t *merge_json(const Request *request, const TagMerge *merge) {
    static const char *const states[] = {
        [TAG_MERGING] = "merging",
        [TAG_MERGED] = "merged",
        [TAG_UNMERGING] = "unmerging",
        [TAG_UNMERGED] = "unmerged",
    };
    json_t *item = json_object();
    json_object_set_new(item, "id", json_of_id(request->arena, merge->id));
    json_object_set_new(item, "name", json_of_str(merge->name));
    json_object_set_new(item, "into", json_of_str(merge->tag));
    json_object_set_new(item, "state", json_string(states[merge->state]));
    json_object_set_new(item, "torrents", json_integer((json_int_t)merge->works));
    json_object_set_new(item, "started_at", json_of_time(request->arena, merge->started_at));
    json_object_set_new(item, "ended_at", json_of_time(request->arena, merge->ended_at));
    return item;
}

static Error answer_tag(Request *request, Response *response, Str name) {
    Tag tag;
    TagMerge *merges;
    size_t count;
    TRY(tag_find(request->viewer, name, &tag));
    TRY(tag_merge_list(request->viewer, tag.name, &merges, &count));
    json_t *answer = json_object(), *synonyms = json_array(), *list = json_array();
    for (size_t i = 0; i < tag.synonym_count; i++)
        json_array_append_new(synonyms, json_of_str(tag.synonyms[i]));
    for (size_t i = 0; i < count; i++) json_array_append_new(list, merge_json(request, &merges[i]));
    json_object_set_new(answer, "name", json_of_str(tag.name));
    json_object_set_new(answer, "description", json_of_str(tag.description));
    json_object_set_new(answer, "synonyms", synonyms);
    json_object_set_new(answer, "torrents", json_integer((json_int_t)tag.works));
    json_object_set_new(answer, "merges", list);
    json_object_set_new(answer, "url", json_of_str(url_of(request, tag.name)));
    json_answer(request, response, 200, answer);
    return OK;
}

/* A synonym is answered with what it stands for. */
Error api_tag_show(Request *request, Response *response) {
    return answer_tag(request, response, request_value(request, "name"));
}

Error api_tag_describe(Request *request, Response *response) {
    static const char *const names[] = {"description"};
    Str description = {0}, name = request_value(request, "name");
    TRY(json_body(request, names, 1, &description));
    TRY(tag_describe(request->viewer, name, description));
    return answer_tag(request, response, name);
}

Error api_tag_merge(Request *request, Response *response) {
    static const char *const names[] = {"into"};
    Str into = {0};
    TagMerge merge;
    TRY(json_body(request, names, 1, &into));
    TRY(tag_merge(request->viewer, request_value(request, "name"), into, &merge));
    json_answer(request, response, 200, merge_json(request, &merge));
    return OK;
}

/* The name in the address is that of the tag it was merged into. */
Error api_tag_undo(Request *request, Response *response) {
    static const char *const names[] = {"id"};
    Str typed = {0};
    int64_t id = 0;
    TagMerge merge;
    TRY(json_body(request, names, 1, &typed));
    if (!str_to_i64(typed, &id) || id < 1)
        return error_field(BAD_INPUT, "id", "bad_id", "This is the id of nothing.");
    TRY(tag_merge_undo(request->viewer, id, &merge));
    json_answer(request, response, 200, merge_json(request, &merge));
    return OK;
}
