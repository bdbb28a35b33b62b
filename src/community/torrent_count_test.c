#include "community/test.h"
#include "community/torrent.h"

enum { DAY_S = 24 * 3600 };

static void count(Visit *visit, const Upload *upload, TorrentCount told) {
    told.hash = infohash_swarm(&upload->hash);
    check_fine(torrent_count(visit, &told, 1));
}

static Torrent look(Visit *visit, const Upload *upload) {
    Torrent torrent;
    check_fine(torrent_find(visit, upload->id, &torrent));
    return torrent;
}

static size_t listed(Visit *visit, HealthState health) {
    search_refresh(visit->community->search, visit->now); /* a job of every few minutes */
    TorrentListAsk ask = {.ask = {.category = SEARCH_ANY}, .by_health = true, .health = health};
    TorrentList list;
    check_fine(torrent_list(visit, &ask, &list));
    for (size_t i = 0; i < list.count; i++) assert_int_equal(list.at[i].health, health);
    return list.total;
}

static void the_last_seeder_is_remembered(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit visit = stage_member(stage, "marie", ROLE_MEMBER);
    Upload upload = stage_publish(&visit, CREATE_V1, "a.ogg", 'a');
    assert_int_equal(look(&visit, &upload).last_seeder_at, 0);
    count(&visit, &upload, (TorrentCount){.leechers = 1});
    assert_int_equal(look(&visit, &upload).last_seeder_at, 0);
    visit.now += 60;
    count(&visit, &upload, (TorrentCount){.seeders = 4, .seeders_v6 = 3, .leechers_web = 0});
    Torrent torrent = look(&visit, &upload);
    assert_int_equal(torrent.first_seeder_at, STAGE_NOW + 60);
    assert_int_equal(torrent.seeders_v6, 3);
    visit.now += 9 * DAY_S;
    count(&visit, &upload, (TorrentCount){.seeders = 1, .leechers = 2, .leechers_web = 1});
    torrent = look(&visit, &upload);
    assert_int_equal(torrent.well_seeded_at, visit.now);
    assert_int_equal(torrent.leechers_web, 1);
    assert_int_equal(torrent.health, HEALTH_ALIVE);
    visit.now += DAY_S;
    assert_int_equal(look(&visit, &upload).health, HEALTH_AT_RISK);
    assert_int_equal(listed(&visit, HEALTH_AT_RISK), 1);
    count(&visit, &upload, (TorrentCount){0});
    Seconds gone = visit.now;
    visit.now += 14 * DAY_S - 1;
    torrent = look(&visit, &upload);
    assert_int_equal(torrent.last_seeder_at, gone);
    assert_int_equal(torrent.first_seeder_at, STAGE_NOW + 60);
    assert_int_equal(torrent.health, HEALTH_AT_RISK);
    visit.now++;
    assert_int_equal(look(&visit, &upload).health, HEALTH_DEAD);
    assert_int_equal(listed(&visit, HEALTH_AT_RISK), 0);
    assert_int_equal(listed(&visit, HEALTH_DEAD), 1);
    stage_close(stage);
}

static void search_knows_the_same_after_a_start(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit visit = stage_member(stage, "marie", ROLE_MEMBER);
    Upload upload = stage_publish(&visit, CREATE_V1, "a.ogg", 'a');
    count(&visit, &upload, (TorrentCount){.seeders = 3});
    visit.now += 30 * DAY_S;
    count(&visit, &upload, (TorrentCount){.seeders = 1});
    search_free(stage->community.search);
    stage->community.search = search_create();
    search_set_health_rule(stage->community.search, torrent_health_of, visit.now);
    check_fine(torrent_load_all(&visit));
    assert_int_equal(listed(&visit, HEALTH_ALIVE), 1);
    visit.now += DAY_S;
    assert_int_equal(listed(&visit, HEALTH_AT_RISK), 1);
    stage_close(stage);
}

static void the_age_of_a_count_is_that_of_the_last_tally(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit visit = stage_member(stage, "marie", ROLE_MEMBER);
    Upload upload = stage_publish(&visit, CREATE_V1, "a.ogg", 'a');
    Upload unseen = stage_publish(&visit, CREATE_V1, "b.ogg", 'b');
    count(&visit, &upload, (TorrentCount){.seeders = 1});
    visit.now += 1000;
    assert_int_equal(look(&visit, &upload).counted_at, STAGE_NOW); /* no tracker runs */
    atomic_store(&stage->community.counting_since, STAGE_NOW - 5);
    atomic_store(&stage->community.counted_at, STAGE_NOW + 999);
    assert_int_equal(look(&visit, &upload).counted_at, STAGE_NOW + 999);
    assert_int_equal(look(&visit, &upload).last_seeder_at, STAGE_NOW + 999);
    assert_int_equal(look(&visit, &unseen).counted_at, 0);
    /* Started anew: of these people the tracker has not heard yet. */
    atomic_store(&stage->community.counting_since, STAGE_NOW + 5);
    assert_int_equal(look(&visit, &upload).counted_at, STAGE_NOW);
    stage_close(stage);
}

static void counts_nobody_stands_behind_are_cleared(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit visit = stage_member(stage, "marie", ROLE_MEMBER);
    Upload lost = stage_publish(&visit, CREATE_V1, "a.ogg", 'a');
    Upload kept = stage_publish(&visit, CREATE_V1, "b.ogg", 'b');
    count(&visit, &lost, (TorrentCount){.seeders = 3, .leechers = 1, .completed = 7});
    visit.now += 500;
    Seconds started = visit.now, ran_until = visit.now - 100;
    count(&visit, &kept, (TorrentCount){.seeders = 2});
    visit.now += 3600;
    check_fine(torrent_count_settle(&visit, started, ran_until));
    Torrent torrent = look(&visit, &lost);
    assert_int_equal(torrent.seeders + torrent.leechers, 0);
    assert_int_equal(torrent.completed, 7);
    assert_int_equal(torrent.last_seeder_at, ran_until);
    assert_int_equal(torrent.well_seeded_at, ran_until);
    assert_int_equal(torrent.counted_at, visit.now);
    assert_int_equal(look(&visit, &kept).seeders, 2);
    TorrentListAsk ask = {.ask = {.category = SEARCH_ANY, .min_seeders = 1}};
    TorrentList list;
    check_fine(torrent_list(&visit, &ask, &list));
    assert_int_equal(list.total, 1);
    stage_close(stage);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_seeder_is_remembered),
        cmocka_unit_test(search_knows_the_same_after_a_start),
        cmocka_unit_test(the_age_of_a_count_is_that_of_the_last_tally),
        cmocka_unit_test(counts_nobody_stands_behind_are_cleared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
