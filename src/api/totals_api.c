#include "api/api.h"
#include "api/json.h"
#include "community/statistic.h"
#include "community/torrent.h"

enum { HOURS_GIVEN_S = 14 * STATISTIC_DAY_S };

static json_t *health_json(const uint64_t counts[HEALTH_STATE_COUNT]) {
    json_t *health = json_object();
    for (int state = 0; state < HEALTH_STATE_COUNT; state++)
        json_object_set_new(health, health_states[state].code,
                            json_integer((json_int_t)counts[state]));
    return health;
}

static json_t *statistic_json(Arena *arena, const Statistic *statistic) {
    const struct {
        const char *name;
        uint64_t value;
    } numbers[] = {
        {"torrents", statistic->works},
        {"members", statistic->members},
        {"swarms", statistic->swarms},
        {"seeders", statistic->seeders},
        {"leechers", statistic->leechers},
        {"uploads", statistic->uploads},
        {"completed", statistic->completed},
        {"announces_udp", statistic->announces_udp},
        {"announces_http", statistic->announces_http},
        {"announces_web", statistic->announces_web},
        {"scrapes", statistic->scrapes},
    };
    json_t *item = json_object();
    json_object_set_new(item, "at", json_of_time(arena, statistic->at));
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        json_object_set_new(item, numbers[i].name, json_integer((json_int_t)numbers[i].value));
    json_object_set_new(item, "health", health_json(statistic->by_health));
    return item;
}

/* Only where it is asked for: it is much longer than the rest. */
static Error add_history(Request *request, json_t *answer) {
    Visit *visit = request->viewer;
    Str asked = form_text(request->form, "history");
    Statistics past = {0};
    if (str_equal(asked, STR("hours")))
        TRY(statistic_hours(visit, visit->now - HOURS_GIVEN_S, &past));
    else if (str_equal(asked, STR("days")))
        TRY(statistic_days(visit, 0, &past));
    else
        return OK;
    Statistic now;
    TRY(statistic_now(visit, &now));
    json_t *history = json_array();
    for (size_t i = 0; i < past.count; i++)
        json_array_append_new(history, statistic_json(request->arena, &past.at[i]));
    json_object_set_new(answer, "health", health_json(now.by_health));
    json_object_set_new(answer, "history", history);
    return OK;
}

Error api_totals(Request *request, Response *response) {
    ErrorList errors = form_faults(request);
    TRY(error_list_first(&errors));
    CommunityTotals totals;
    TRY(torrent_totals(request->viewer, &totals));
    json_t *answer = json_object();
    json_object_set_new(answer, "torrents", json_integer((json_int_t)totals.torrents));
    json_object_set_new(answer, "seeders", json_integer((json_int_t)totals.seeders));
    json_object_set_new(answer, "leechers", json_integer((json_int_t)totals.leechers));
    json_object_set_new(answer, "completed", json_integer((json_int_t)totals.completed));
    json_object_set_new(answer, "members", json_integer((json_int_t)totals.members));
    Error e = add_history(request, answer);
    if (failed(e)) {
        json_decref(answer);
        return e;
    }
    json_answer(request, response, 200, answer);
    return OK;
}
