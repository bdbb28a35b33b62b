#include "community/need.h"

enum { MARK_OF_STATES = 1 << 8, MARK_OF_TURN = 1 << 9 };

static unsigned state_bit(const SearchCounts *counts, Seconds now) {
    HealthFacts facts = {counts->seeders, counts->leechers, counts->published_at,
                         counts->last_seeder_at, counts->well_seeded_at};
    return 1U << health_state(&facts, now);
}

typedef struct {
    unsigned states;
    Seconds now;
} Wanted;

static bool is_wanted(const SearchCounts *counts, const void *argument) {
    const Wanted *wanted = argument;
    return (wanted->states & state_bit(counts, wanted->now)) != 0;
}

Error need_list(Visit *visit, const TorrentListAsk *ask, unsigned states, TorrentList *ret_list) {
    TorrentListAsk wanting = *ask;
    Wanted wanted = {states, visit->now};
    wanting.by_health = false;
    wanting.ask.sort = SEARCH_BY_NEED;
    wanting.ask.filter = (SearchFilter){is_wanted, &wanted, MARK_OF_STATES | states};
    return torrent_list(visit, &wanting, ret_list);
}

/* --- one by chance --- */

/* Lets in the one work alive that comes when so many have passed. */
typedef struct {
    Wanted wanted;
    size_t passes;
} Turn;

static bool is_its_turn(const SearchCounts *counts, const void *argument) {
    /* The question belongs to the caller of one search, who lends it for that time. */
    Turn *turn = *(Turn *const *)argument;
    return is_wanted(counts, &turn->wanted) && turn->passes-- == 0;
}

Error need_pick_alive(Visit *visit, const TorrentListAsk *ask, uint64_t chance,
                      Torrent *ret_torrent) {
    Turn turn = {.wanted = {1U << HEALTH_ALIVE, visit->now}}, *lent = &turn;
    TorrentListAsk one = *ask;
    TorrentList list = {0};
    one.by_health = false;
    one.ask.sort = SEARCH_BY_NEWEST;
    one.ask.cursor = (Str){0};
    one.ask.facets = false;
    one.ask.limit = 1;
    one.ask.filter = (SearchFilter){is_wanted, &turn.wanted, MARK_OF_STATES | 1U << HEALTH_ALIVE};
    TRY(torrent_list(visit, &one, &list));
    size_t total = list.total;
    if (total > 1) {
        turn.passes = (size_t)(chance % total);
        one.ask.filter = (SearchFilter){is_its_turn, &lent, MARK_OF_TURN};
        TorrentList picked;
        TRY(torrent_list(visit, &one, &picked));
        if (picked.count) list = picked; /* one fewer is alive by now: the newest will do */
    }
    if (!list.count) return error(NOT_FOUND, "none_alive", "No work alive fits this.");
    *ret_torrent = list.at[0];
    return OK;
}
