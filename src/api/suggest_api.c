#include "api/api.h"
#include "api/json.h"
#include "base/encode.h"
#include "base/limits.h"
#include "community/list_suggest.h"

static Str search_path(const Request *request, Str query) {
    Text path = text_create(request->arena, 4 * SEARCH_QUERY_BYTES_MAX);
    text_print(&path, "/%s/search?q=", language_code(request->language));
    percent_write(&path, query);
    return text_str(&path);
}

static Str address_of(const Request *request, Str path) {
    const Visit *visit = request->viewer;
    Str site = visit->community->settings->site_url;
    return arena_print(request->arena, "%.*s%.*s", STR_PRINTF(site), STR_PRINTF(path));
}

/* The form that browsers know for their address bar (OpenSearch Suggestions): what was typed, then
 * texts, words about each, and addresses. */
Error api_suggest(Request *request, Response *response) {
    Str typed = form_text(request->form, "q");
    ListSuggestion found[LIST_SUGGESTIONS_MAX];
    size_t count;
    TRY(list_suggest(request->viewer, request->language, typed, found, &count));
    json_t *answer = json_array(), *texts = json_array(), *words = json_array(),
           *addresses = json_array();
    for (size_t i = 0; i < count; i++) {
        const char *about = found[i].category ? found[i].category->name : "";
        Str path = found[i].path.len ? found[i].path : search_path(request, found[i].text);
        json_array_append_new(texts, json_of_str(found[i].text));
        json_array_append_new(
            words, json_of_str(language_translate(request->language, str_from_c(about))));
        json_array_append_new(addresses, json_of_str(address_of(request, path)));
    }
    json_array_append_new(answer, json_of_str(typed));
    json_array_append_new(answer, texts);
    json_array_append_new(answer, words);
    json_array_append_new(answer, addresses);
    json_answer(request, response, 200, answer);
    return OK;
}
