#include "community/claim_turn.h"
#include "community/test.h"
#include "community/torrent.h"

static Visit at(Visit visit, Seconds later) {
    visit.now += later;
    return visit;
}

static bool any_udp(Str url) { return str_starts(url, STR("udp://")); }
static bool none(Str url) {
    (void)url;
    return false;
}

static void enrol(Visit *visit) {
    bool more = true;
    check_fine(claim_enrol(visit, any_udp, &more));
    assert_false(more);
}

/* The only tracker that is due, with its swarms. */
static DueTracker due(Visit *visit, DueSwarm **ret_swarms, size_t *ret_count) {
    DueTracker *trackers;
    size_t count;
    check_fine(claim_trackers_due(visit, 100, &trackers, &count));
    assert_int_equal(count, 1);
    check_fine(claim_swarms_due(visit, trackers[0].id, 100, ret_swarms, ret_count));
    return trackers[0];
}

static size_t count_due(Visit *visit) {
    DueTracker *trackers;
    size_t count;
    check_fine(claim_trackers_due(visit, 100, &trackers, &count));
    return count;
}

static void answer(DueSwarm *swarm, uint32_t seeders) {
    swarm->is_asked = swarm->counted = true;
    swarm->outcome = STR("ok");
    swarm->seeders = seeders;
}

static void works_of_one_tracker_are_asked_about_together(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit visit = stage_member(stage, "marie", ROLE_MEMBER);
    Upload one = stage_publish(&visit, CREATE_HYBRID, "one.ogg", '1');
    Upload two = stage_publish(&visit, CREATE_V2, "two.ogg", '2');
    enrol(&visit);
    enrol(&visit);
    DueSwarm *swarms;
    size_t count;
    DueTracker tracker = due(&visit, &swarms, &count);
    check_str(tracker.url, "udp://tracker.example:1337/announce");
    assert_int_equal(count, 2);
    assert_int_equal(swarms[0].torrent_id, one.id);
    assert_true(swarms[0].hash.has_v1 && swarms[0].hash.has_v2);
    assert_int_equal(swarms[1].torrent_id, two.id);
    for (size_t i = 0; i < 2; i++) answer(&swarms[i], 7 + (uint32_t)i);
    TrackerTurn turn = {tracker, swarms, 2, .interval_s = 3600, .not_before_s = 10};
    check_fine(claim_write_tracker(&visit, &turn));
    Claims claims;
    check_fine(claim_list(&visit, two.id, &claims));
    assert_int_equal(claims.foreign_count, 1);
    assert_int_equal(claims.foreign[0].seeders, 8);
    assert_int_equal(claims.foreign[0].checked_at, STAGE_NOW);
    Visit soon = at(visit, 3599), later = at(visit, 3600);
    assert_int_equal(count_due(&soon), 0);
    due(&later, &swarms, &count);
    assert_int_equal(count, 2);
    stage_close(stage);
}

static void a_new_work_makes_its_tracker_due_unless_it_fails(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit visit = stage_member(stage, "marie", ROLE_MEMBER);
    stage_publish(&visit, CREATE_V1, "one.ogg", '1');
    enrol(&visit);
    DueSwarm *swarms;
    size_t count;
    DueTracker tracker = due(&visit, &swarms, &count);
    answer(&swarms[0], 1);
    TrackerTurn turn = {tracker, swarms, 1, .interval_s = 3600, .not_before_s = 10};
    check_fine(claim_write_tracker(&visit, &turn));
    Visit soon = at(visit, 60);
    stage_publish(&soon, CREATE_V1, "two.ogg", '2');
    enrol(&soon);
    tracker = due(&soon, &swarms, &count);
    assert_int_equal(count, 1);
    swarms[0].is_asked = true;
    swarms[0].outcome = STR("no_answer");
    turn = (TrackerTurn){tracker, swarms, 1, .has_failed = true, .interval_s = 3600};
    check_fine(claim_write_tracker(&soon, &turn));
    Visit then = at(visit, 120);
    stage_publish(&then, CREATE_V1, "three.ogg", '3');
    enrol(&then);
    assert_int_equal(count_due(&then), 0);
    Visit later = at(visit, 60 + 3600);
    assert_int_equal(count_due(&later), 1);
    stage_close(stage);
}

static void a_failing_tracker_keeps_what_it_said_and_is_asked_less_often(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit visit = stage_member(stage, "marie", ROLE_MEMBER);
    Upload work = stage_publish(&visit, CREATE_V1, "one.ogg", '1');
    enrol(&visit);
    DueSwarm *swarms;
    size_t count;
    TrackerTurn turn = {.tracker = due(&visit, &swarms, &count), .interval_s = 3600};
    answer(&swarms[0], 12);
    turn.swarms = swarms;
    turn.count = 1;
    check_fine(claim_write_tracker(&visit, &turn));
    Seconds clock = 3600;
    const Seconds pauses[] = {3600, 7200, 14400, 28800, 57600, 86400, 86400};
    for (size_t i = 0; i < sizeof pauses / sizeof *pauses; i++) {
        Visit now = at(visit, clock), before = at(visit, clock - 1);
        if (i) assert_int_equal(count_due(&before), 0);
        turn.tracker = due(&now, &swarms, &count);
        swarms[0].is_asked = true;
        swarms[0].outcome = STR("no_answer");
        turn.swarms = swarms;
        turn.has_failed = true;
        check_fine(claim_write_tracker(&now, &turn));
        clock += pauses[i];
    }
    Claims claims;
    check_fine(claim_list(&visit, work.id, &claims));
    check_str(claims.foreign[0].outcome, "no_answer");
    assert_int_equal(claims.foreign[0].seeders, 12);
    assert_int_equal(claims.foreign[0].checked_at, STAGE_NOW);
    assert_int_equal(claim_most(&claims, STAGE_NOW + 60).seeders, 12);
    assert_int_equal(claim_most(&claims, STAGE_NOW + CLAIM_FRESH_S + 1).trackers, 0);
    stage_close(stage);
}

static void what_is_gone_is_no_longer_asked_about(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit visit = stage_member(stage, "marie", ROLE_MEMBER);
    Upload work = stage_publish(&visit, CREATE_V1, "one.ogg", '1');
    enrol(&visit);
    check_fine(torrent_withdraw(&visit, work.id, (Str){0}));
    DueSwarm *swarms;
    size_t count;
    DueTracker tracker = due(&visit, &swarms, &count);
    assert_int_equal(count, 1);
    assert_true(swarms[0].is_silent);
    TrackerTurn turn = {tracker, swarms, 1, .interval_s = 3600};
    check_fine(claim_write_tracker(&visit, &turn));
    Visit later = at(visit, 7200);
    assert_int_equal(count_due(&later), 0);
    stage_close(stage);
}

static void an_address_nobody_can_ask_is_not_taken_in(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit visit = stage_member(stage, "marie", ROLE_MEMBER);
    stage_publish(&visit, CREATE_V1, "one.ogg", '1');
    bool more;
    check_fine(claim_enrol(&visit, none, &more));
    assert_int_equal(count_due(&visit), 0);
    stage_close(stage);
}

static void only_the_trackers_most_works_name_are_asked(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit visit = stage_member(stage, "marie", ROLE_MEMBER);
    stage_publish(&visit, CREATE_V1, "one.ogg", '1');
    enrol(&visit);
    DueTracker *trackers;
    size_t count;
    check_fine(claim_trackers_due(&visit, 0, &trackers, &count));
    assert_int_equal(count, 0);
    check_fine(claim_trackers_due(&visit, 1, &trackers, &count));
    assert_int_equal(count, 1);
    stage_close(stage);
}

static void reach_is_shown_while_it_is_fresh(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit visit = stage_member(stage, "marie", ROLE_MEMBER);
    Upload work = stage_publish(&visit, CREATE_V1, "one.ogg", '1');
    ReachCount counts[] = {{infohash_swarm(&work.hash), 5, 3}, {{{9}}, 1, 1}};
    check_fine(claim_write_reach(&visit, counts, 2));
    Claims claims;
    check_fine(claim_list(&visit, work.id, &claims));
    assert_int_equal(claims.probed, 5);
    assert_int_equal(claims.reachable, 3);
    Visit later = at(visit, CLAIM_FRESH_S + 1);
    check_fine(claim_list(&later, work.id, &claims));
    assert_int_equal(claims.probed, 0);
    stage_close(stage);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(works_of_one_tracker_are_asked_about_together),
        cmocka_unit_test(a_new_work_makes_its_tracker_due_unless_it_fails),
        cmocka_unit_test(a_failing_tracker_keeps_what_it_said_and_is_asked_less_often),
        cmocka_unit_test(what_is_gone_is_no_longer_asked_about),
        cmocka_unit_test(an_address_nobody_can_ask_is_not_taken_in),
        cmocka_unit_test(only_the_trackers_most_works_name_are_asked),
        cmocka_unit_test(reach_is_shown_while_it_is_fresh),
    };
    return cmocka_run_group_tests_name("community/claim", tests, NULL, NULL);
}
