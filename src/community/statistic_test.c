#include "community/statistic.h"

#include "community/test.h"

enum { HOUR_S = STATISTIC_HOUR_S, DAY_S = STATISTIC_DAY_S };

static void what_happens_is_added_to_its_hour(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit visit = stage_member(stage, "marie", ROLE_MEMBER);
    StatisticSampler sampler = {0};
    StatisticTracker tracker = {0};
    Statistics hours;
    check_fine(statistic_sample(&visit, &tracker, false, &sampler));
    check_fine(statistic_hours(&visit, 0, &hours));
    assert_int_equal(hours.count, 1);        /* what is so at the start */
    for (int turn = 1; turn <= 24; turn++) { /* two hours of five minutes */
        visit.now = STAGE_NOW + turn * STATISTIC_EVERY_S;
        tracker.announces_udp += 100;
        tracker.scrapes += 1;
        tracker.swarms = (uint64_t)turn;
        check_fine(statistic_sample(&visit, &tracker, false, &sampler));
        check_fine(statistic_sample(&visit, &tracker, false, &sampler)); /* too soon */
        if (turn == 3) stage_publish(&visit, CREATE_V1, "a.ogg", 'a');
        if (turn == 3) visit.now++;
    }
    check_fine(statistic_hours(&visit, STAGE_NOW, &hours));
    assert_int_equal(hours.count, 2);
    assert_int_equal(hours.at[0].at, STAGE_NOW - STAGE_NOW % HOUR_S);
    assert_int_equal(hours.at[0].announces_udp, 1200);
    assert_int_equal(hours.at[1].announces_udp, 1200);
    assert_int_equal(hours.at[0].swarms, 12);
    assert_int_equal(hours.at[1].scrapes, 12);
    assert_int_equal(hours.at[0].uploads, 1); /* in the second of a sample */
    assert_int_equal(hours.at[1].uploads, 0);
    assert_int_equal(hours.at[1].works, 1);
    assert_int_equal(hours.at[1].by_health[HEALTH_NEW], 1);
    assert_int_equal(hours.at[1].members, 1);
    Seconds last;
    check_fine(statistic_last_at(&visit, &last));
    assert_int_equal(last, hours.at[1].at);
    stage_close(stage);
}

static void a_last_sample_keeps_what_came_after_the_one_before(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit visit = stage_member(stage, "marie", ROLE_MEMBER);
    StatisticSampler sampler = {0};
    StatisticTracker tracker = {0};
    check_fine(statistic_sample(&visit, &tracker, false, &sampler));
    visit.now += 10;
    tracker.announces_http = 7;
    check_fine(statistic_sample(&visit, &tracker, true, &sampler));
    /* Started anew, the tracker counts from nothing. */
    StatisticSampler again = {0};
    tracker.announces_http = 0;
    check_fine(statistic_sample(&visit, &tracker, false, &again));
    tracker.announces_http = 3;
    visit.now += 600;
    check_fine(statistic_sample(&visit, &tracker, false, &again));
    Statistics hours;
    check_fine(statistic_hours(&visit, 0, &hours));
    assert_int_equal(hours.count, 1);
    assert_int_equal(hours.at[0].announces_http, 10);
    stage_close(stage);
}

static void days_are_means_and_sums_of_their_hours(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit visit = stage_member(stage, "marie", ROLE_MEMBER);
    enum { DAYS = 70 };
    Seconds first = STAGE_NOW - STAGE_NOW % DAY_S;
    Statistic *made = arena_new(&stage->arena, Statistic, DAYS * 24);
    for (size_t i = 0; i < DAYS * 24; i++)
        made[i] =
            (Statistic){.at = first + (Seconds)i * HOUR_S,
                        .works = 10,
                        .seeders = i % 24,
                        .by_health = {[HEALTH_ALIVE] = 4 + i % 2, [HEALTH_UNKNOWN] = 6 - i % 2},
                        .completed = i / 24};
    check_fine(statistic_put(&visit, made, DAYS * 24));
    visit.now = first + (Seconds)DAYS * DAY_S;
    StatisticSampler sampler = {0};
    check_fine(statistic_sample(&visit, &(StatisticTracker){0}, false, &sampler));
    Statistics hours, days;
    check_fine(statistic_hours(&visit, 0, &hours));
    assert_int_equal(hours.count, STATISTIC_HOURS_DAYS * 24 + 1);
    check_fine(statistic_days(&visit, 0, &days));
    assert_int_equal(days.count, DAYS + 1); /* and today */
    for (size_t i = 0; i < DAYS; i++) {
        assert_int_equal(days.at[i].at, first + (Seconds)i * DAY_S);
        assert_int_equal(days.at[i].seeders, 12); /* 11.5 */
        assert_int_equal(days.at[i].completed, 24 * i);
        assert_int_equal(days.at[i].by_health[HEALTH_ALIVE], 5);   /* 4.5 */
        assert_int_equal(days.at[i].by_health[HEALTH_UNKNOWN], 6); /* 5.5 */
        assert_int_equal(days.at[i].works, 11);                    /* as many as its parts */
    }
    check_fine(statistic_days(&visit, first + 60 * DAY_S, &days));
    assert_int_equal(days.count, 11);
    stage_close(stage);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_happens_is_added_to_its_hour),
        cmocka_unit_test(a_last_sample_keeps_what_came_after_the_one_before),
        cmocka_unit_test(days_are_means_and_sums_of_their_hours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
