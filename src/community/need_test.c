#include "community/need.h"

#include "community/health_sample.h"
#include "community/test.h"

enum { HOUR_S = 3600, DAY_S = 24 * HOUR_S, WORKS = 12 };

static void set_seeders(Visit *visit, int64_t id, uint32_t seeders, Seconds last_seeder_at) {
    HealthPast past = {.seeders = seeders,
                       .counted_at = visit->now,
                       .first_seeder_at = last_seeder_at,
                       .last_seeder_at = last_seeder_at};
    check_fine(health_put(visit, id, &past));
}

/* Ten days old, two each of: 0 seeders since yesterday, 1, 2, 0 since long ago, 5, never any. */
static Visit fill(Stage *stage, int64_t ids[WORKS]) {
    Visit visit = stage_member(stage, "marie", ROLE_MEMBER);
    const uint32_t seeders[] = {0, 1, 2, 0, 5, 0};
    for (int i = 0; i < WORKS; i++) {
        char name[] = {(char)('a' + i), '.', 'o', 'g', 'g', 0};
        ids[i] = stage_publish(&visit, CREATE_V1, name, (char)('a' + i)).id;
    }
    visit.now += 40 * DAY_S;
    for (int i = 0; i < WORKS; i++) {
        int kind = i % 6;
        Seconds last = kind == 3 ? visit.now - 30 * DAY_S : visit.now - DAY_S;
        if (kind != 5) set_seeders(&visit, ids[i], seeders[kind], last);
    }
    search_refresh(visit.community->search, visit.now);
    return visit;
}

static void the_board_shows_who_needs_help_neediest_first(void **state) {
    (void)state;
    Stage *stage = stage_open();
    int64_t ids[WORKS];
    Visit visit = fill(stage, ids);
    TorrentListAsk ask = {.ask = {.category = SEARCH_ANY, .limit = 50}};
    TorrentList list;
    check_fine(need_list(&visit, &ask, NEED_ALL, &list));
    assert_int_equal(list.total, 8);
    for (size_t i = 0; i < list.count; i++) {
        assert_true(list.at[i].health == HEALTH_AT_RISK || list.at[i].health == HEALTH_DEAD);
        if (i) assert_true(list.at[i - 1].seeders <= list.at[i].seeders);
    }
    check_fine(need_list(&visit, &ask, NEED_AT_RISK, &list));
    assert_int_equal(list.total, 6);
    check_fine(need_list(&visit, &ask, NEED_DEAD, &list));
    assert_int_equal(list.total, 2);
    ask.ask.limit = 2;
    size_t seen = 0;
    do {
        check_fine(need_list(&visit, &ask, NEED_ALL, &list));
        seen += list.count;
        ask.ask.cursor = list.next;
    } while (list.next.len);
    assert_int_equal(seen, 8);
    ask.ask.cursor = (Str){0};
    ask.ask.max_size = 39999;
    check_fine(need_list(&visit, &ask, NEED_ALL, &list));
    assert_int_equal(list.total, 0);
    stage_close(stage);
}

/* How often each was picked. */
static void pick_often(Visit *visit, const TorrentListAsk *ask, const int64_t ids[WORKS],
                       uint64_t turns, unsigned picked[WORKS]) {
    memset(picked, 0, WORKS * sizeof *picked);
    for (uint64_t chance = 0; chance < turns; chance++) {
        Torrent torrent;
        check_fine(need_pick_alive(visit, ask, chance, &torrent));
        assert_int_equal(torrent.health, HEALTH_ALIVE);
        for (int i = 0; i < WORKS; i++) picked[i] += ids[i] == torrent.id;
    }
}

static void each_work_alive_is_as_likely_as_any_other(void **state) {
    (void)state;
    Stage *stage = stage_open();
    int64_t ids[WORKS];
    Visit visit = fill(stage, ids);
    TorrentListAsk ask = {.ask = {.category = SEARCH_ANY, .limit = 50}};
    for (int i = 0; i < WORKS; i += 2) set_seeders(&visit, ids[i], 5, visit.now);
    search_refresh(visit.community->search, visit.now);
    check_fine(torrent_withdraw(&visit, ids[2], STR("")));
    enum { ALIVE = 5, TURNS = 10 };
    unsigned picked[WORKS], alive = 0;
    pick_often(&visit, &ask, ids, (uint64_t)ALIVE * 100, picked);
    for (int i = 0; i < WORKS; i++) {
        assert_true(picked[i] == 0 || (picked[i] > 50 && picked[i] < 150));
        alive += picked[i] > 0;
    }
    assert_int_equal(alive, ALIVE);
    alive = 0;
    ask.ask.text = STR("ogg"); /* words are counted through */
    pick_often(&visit, &ask, ids, ALIVE * TURNS, picked);
    for (int i = 0; i < WORKS; i++) {
        assert_true(picked[i] == 0 || picked[i] == TURNS);
        alive += picked[i] > 0;
    }
    assert_int_equal(alive, ALIVE);
    Torrent torrent;
    ask.ask.text = STR("nothing like this");
    check_code(need_pick_alive(&visit, &ask, 3, &torrent), ERROR_NOT_FOUND, "none_alive");
    stage_close(stage);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_board_shows_who_needs_help_neediest_first),
        cmocka_unit_test(each_work_alive_is_as_likely_as_any_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
