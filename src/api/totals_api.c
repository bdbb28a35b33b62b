#include "api/api.h"
#include "api/json.h"
#include "community/torrent.h"

Error api_totals(Request *request, Response *response) {
    CommunityTotals totals;
    TRY(torrent_totals(request->viewer, &totals));
    json_t *answer = json_object();
    json_object_set_new(answer, "torrents", json_integer((json_int_t)totals.torrents));
    json_object_set_new(answer, "seeders", json_integer((json_int_t)totals.seeders));
    json_object_set_new(answer, "leechers", json_integer((json_int_t)totals.leechers));
    json_object_set_new(answer, "completed", json_integer((json_int_t)totals.completed));
    json_object_set_new(answer, "members", json_integer((json_int_t)totals.members));
    json_answer(request, response, 200, answer);
    return OK;
}
