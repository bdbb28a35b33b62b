#include "community/need.h"

#include "api/api.h"
#include "api/feed.h"
#include "api/torrent_json.h"
#include "base/random.h"
#include "community/list.h"

static Error find_needy(const Request *request, ErrorList *errors, TorrentList *ret_list) {
    const Form *form = request->form;
    ListWords words = {.category = form_text(form, "category"),
                       .min_size = form_text(form, "min_size"),
                       .max_size = form_text(form, "max_size"),
                       .cursor = form_text(form, "cursor"),
                       .limit = (size_t)form_number(form, "limit", 0)};
    TorrentListAsk ask;
    list_words_parse(&words, errors, &ask);
    TRY(error_list_first(errors));
    Str state = form_text(form, "state");
    unsigned states = str_equal(state, STR("at_risk")) ? NEED_AT_RISK
                      : str_equal(state, STR("dead"))  ? NEED_DEAD
                                                       : NEED_ALL;
    return need_list(request->viewer, &ask, states, ret_list);
}

Error api_needs(Request *request, Response *response) {
    ErrorList errors = form_faults(request);
    TorrentList list;
    Error e = find_needy(request, &errors, &list);
    if (errors.count) {
        json_problem(request, response, &(Problem){.e = errors.at[0], .errors = &errors});
        return OK;
    }
    TRY(e);
    json_t *answer = json_object(), *items = json_array();
    for (size_t i = 0; i < list.count; i++)
        json_array_append_new(items, torrent_json(request, &list.at[i]));
    json_object_set_new(answer, "items", items);
    json_object_set_new(answer, "total", json_integer((json_int_t)list.total));
    json_object_set_new(answer, "next", json_of_str_or_null(list.next));
    json_answer(request, response, 200, answer);
    return OK;
}

Error feed_needs(Request *request, Response *response) {
    ErrorList errors = form_faults(request);
    TorrentList list;
    TRY(find_needy(request, &errors, &list));
    Feed feed = {.title = feed_words(request, "Needs seeders"),
                 .page = feed_page_of(request),
                 .works = list.at,
                 .count = list.count};
    return feed_answer(request, response, &feed);
}

Error api_random(Request *request, Response *response) {
    ErrorList errors = form_faults(request);
    ListWords words = api_list_typed(request->form);
    TorrentListAsk ask;
    list_words_parse(&words, &errors, &ask);
    if (errors.count) {
        json_problem(request, response, &(Problem){.e = errors.at[0], .errors = &errors});
        return OK;
    }
    Torrent torrent;
    TRY(need_pick_alive(request->viewer, &ask, random_u64(), &torrent));
    response->no_store = true;
    json_answer(request, response, 200, torrent_json(request, &torrent));
    return OK;
}
