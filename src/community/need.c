#include "community/need.h"

#include "base/limits.h"

Error need_list(Visit *visit, const TorrentListAsk *ask, unsigned states, TorrentList *ret_list) {
    TorrentListAsk wanting = *ask;
    wanting.by_health = false;
    wanting.ask.sort = SEARCH_BY_NEED;
    wanting.ask.healths = (uint8_t)states;
    return torrent_list(visit, &wanting, ret_list);
}

/* --- one by chance --- */

enum { PAGES_MAX = 20, AHEAD_S = 366 * 24 * 3600 };

static Error count_before(Visit *visit, const TorrentListAsk *ask, Seconds before,
                          size_t *ret_count) {
    TorrentListAsk earlier = *ask;
    TorrentList list;
    if (!earlier.ask.before || before < earlier.ask.before) earlier.ask.before = before;
    TRY(torrent_list(visit, &earlier, &list));
    *ret_count = list.total;
    return OK;
}

/* The second in which work number `wanted` was published, by halves, and how many came before. */
static Error find_second(Visit *visit, const TorrentListAsk *ask, size_t wanted,
                         Seconds *ret_second, size_t *ret_before) {
    Seconds low = 0, high = visit->now + AHEAD_S;
    size_t before = 0;
    while (high - low > 1) {
        Seconds middle = low + (high - low) / 2;
        size_t count;
        TRY(count_before(visit, ask, middle, &count));
        if (count > wanted) {
            high = middle;
        } else {
            low = middle;
            before = count;
        }
    }
    *ret_second = low;
    *ret_before = before;
    return OK;
}

/* Of many works of one second, some thousands take part. */
static Error take(Visit *visit, TorrentListAsk *ask, size_t number, TorrentList *list) {
    ask->ask.limit = LIST_PAGE_MAX;
    for (size_t page = number / LIST_PAGE_MAX % PAGES_MAX;; page--) {
        TRY(torrent_list(visit, ask, list));
        if (!page || !list->next.len) return OK;
        ask->ask.cursor = list->next;
    }
}

Error need_pick_alive(Visit *visit, const TorrentListAsk *ask, uint64_t chance,
                      Torrent *ret_torrent) {
    TorrentListAsk one = *ask;
    TorrentList list;
    one.by_health = false;
    one.is_quick = true; /* asked dozens of times over: no corrections, no paths of files */
    one.ask.sort = SEARCH_BY_NEWEST;
    one.ask.cursor = (Str){0};
    one.ask.facets = false;
    one.ask.limit = 1;
    one.ask.healths = 1U << HEALTH_ALIVE;
    TRY(torrent_list_pick(visit, &one, chance, &list));
    if (list.count) {
        *ret_torrent = list.at[0];
        return OK;
    }
    TRY(torrent_list(visit, &one, &list));
    if (!list.count) return error(NOT_FOUND, "none_alive", "No work alive fits this.");
    size_t wanted = (size_t)(chance % list.total), before;
    Seconds second;
    TRY(find_second(visit, &one, wanted, &second, &before));
    if (second > one.ask.after) one.ask.after = second;
    if (!one.ask.before || second + 1 < one.ask.before) one.ask.before = second + 1;
    TorrentList few;
    TRY(take(visit, &one, wanted - before, &few));
    /* What was alive a moment ago may not be any more: then the newest will do. */
    *ret_torrent = few.count ? few.at[(wanted - before) % LIST_PAGE_MAX % few.count] : list.at[0];
    return OK;
}
