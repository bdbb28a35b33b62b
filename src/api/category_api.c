#include "api/api.h"
#include "api/json.h"
#include "community/torrent.h"

static json_t *category_json(const Category *category, const uint64_t *counts) {
    const Category *parent = category_parent(category);
    json_t *item = json_object();
    json_object_set_new(item, "code", json_string(category->code));
    json_object_set_new(item, "name", json_string(category->name));
    json_object_set_new(item, "description", json_string(category->words));
    json_object_set_new(item, "parent", parent ? json_string(parent->code) : json_null());
    json_object_set_new(item, "newznab", json_integer(category->newznab));
    json_object_set_new(item, "custom", json_integer(category_custom(category)));
    json_object_set_new(item, "torrents", json_integer((json_int_t)counts[category->number]));
    return item;
}

Error api_category_list(Request *request, Response *response) {
    uint64_t counts[CATEGORY_NUMBERS] = {0};
    torrent_category_counts(request->viewer, counts, CATEGORY_NUMBERS);
    json_t *answer = json_object(), *items = json_array();
    for (const Category *category = categories; category->code; category++)
        json_array_append_new(items, category_json(category, counts));
    json_object_set_new(answer, "items", items);
    json_answer(request, response, 200, answer);
    return OK;
}
