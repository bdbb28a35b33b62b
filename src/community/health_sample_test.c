#include "community/health_sample.h"

#include "community/test.h"
#include "community/torrent.h"

enum { HOUR_S = 3600, DAY_S = 24 * HOUR_S, FIRST_HOUR = STAGE_NOW / HOUR_S };

static void count(Visit *visit, const Upload *upload, uint32_t seeders, uint64_t completed) {
    TorrentCount told = {
        .hash = infohash_swarm(&upload->hash), .seeders = seeders, .completed = completed};
    check_fine(torrent_count(visit, &told, 1));
}

static void sample(Visit *visit, HealthSampler *sampler) {
    do {
        check_fine(health_sample(visit, sampler));
    } while (sampler->to);
}

static HealthHistory history_of(Visit *visit, const Upload *upload) {
    HealthHistory history;
    check_fine(health_find(visit, upload->id, &history));
    return history;
}

static void check_step(HealthStep step, uint32_t at, uint32_t seeders, uint32_t completed) {
    assert_int_equal(step.at, at);
    assert_int_equal(step.seeders, seeders);
    assert_int_equal(step.completed, completed);
}

static void works_are_sampled_when_an_hour_is_over(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit visit = stage_member(stage, "marie", ROLE_MEMBER);
    Upload busy = stage_publish(&visit, CREATE_V1, "a.ogg", 'a');
    Upload calm = stage_publish(&visit, CREATE_V1, "b.ogg", 'b');
    HealthSampler sampler = {0};
    sample(&visit, &sampler); /* the first round: nobody has been counted */
    count(&visit, &busy, 5, 2);
    count(&visit, &calm, 1, 0);
    sample(&visit, &sampler);
    assert_int_equal(history_of(&visit, &busy).hours.count, 0);
    for (uint32_t hour = 1; hour <= 5; hour++) {
        visit.now = STAGE_NOW + hour * HOUR_S;
        sample(&visit, &sampler);
        count(&visit, &busy, 5 + hour, 2 + hour);
    }
    HealthHistory history = history_of(&visit, &busy);
    assert_int_equal(history.hours.count, 5);
    for (uint32_t i = 0; i < 5; i++)
        check_step(history.hours.at[i], FIRST_HOUR + i, 5 + i, i ? 1 : 2);
    history = history_of(&visit, &calm);
    assert_int_equal(history.hours.count, 1);
    check_step(history.hours.at[0], FIRST_HOUR, 1, 0);
    stage_close(stage);
}

static void another_start_goes_on_where_the_last_one_ended(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit visit = stage_member(stage, "marie", ROLE_MEMBER);
    Upload upload = stage_publish(&visit, CREATE_V1, "a.ogg", 'a');
    HealthSampler first = {0}, second = {0}, third = {0};
    sample(&visit, &first);
    count(&visit, &upload, 2, 0);
    sample(&visit, &second);
    assert_int_equal(history_of(&visit, &upload).hours.count, 0);
    visit.now += 7 * HOUR_S;
    sample(&visit, &third);
    HealthHistory history = history_of(&visit, &upload);
    assert_int_equal(history.hours.count, 1);
    check_step(history.hours.at[0], FIRST_HOUR + 6, 2, 0);
    stage_close(stage);
}

static void completions_from_before_history_have_no_hour(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit visit = stage_member(stage, "marie", ROLE_MEMBER);
    Upload upload = stage_publish(&visit, CREATE_V1, "a.ogg", 'a');
    count(&visit, &upload, 2, 4000);
    HealthSampler sampler = {0};
    sample(&visit, &sampler);
    visit.now += HOUR_S;
    count(&visit, &upload, 2, 4003);
    visit.now += HOUR_S;
    sample(&visit, &sampler);
    HealthHistory history = history_of(&visit, &upload);
    assert_int_equal(history.hours.count, 2);
    check_step(history.hours.at[0], FIRST_HOUR - 1, 2, 0);
    check_step(history.hours.at[1], FIRST_HOUR + 1, 2, 3);
    stage_close(stage);
}

static void old_hours_become_days(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit visit = stage_member(stage, "marie", ROLE_MEMBER);
    Upload upload = stage_publish(&visit, CREATE_V1, "a.ogg", 'a');
    HealthSampler sampler = {0};
    sample(&visit, &sampler);
    for (uint32_t hour = 0; hour < 20 * 24; hour++) {
        count(&visit, &upload, 10 + hour % 2, 0);
        visit.now += HOUR_S;
        sample(&visit, &sampler);
    }
    HealthHistory history = history_of(&visit, &upload);
    uint32_t now = (uint32_t)(visit.now / HOUR_S);
    assert_int_equal(history.hours.at[0].at, health_first_kept_hour(now));
    assert_true(history.days.count >= 1);
    assert_int_equal(history.days.at[0].at, FIRST_HOUR / 24);
    /* A work nobody touches any more ends with no hours, and is left alone. */
    visit.now += 30 * DAY_S;
    sample(&visit, &sampler);
    history = history_of(&visit, &upload);
    assert_int_equal(history.hours.count, 0);
    assert_int_equal(history.days.at[history.days.count - 1].seeders, 11);
    stage_close(stage);
}

static void a_work_that_goes_takes_its_history_along(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit visit = stage_member(stage, "marie", ROLE_MEMBER);
    Upload upload = stage_publish(&visit, CREATE_V1, "a.ogg", 'a');
    HealthPast past = {.completed = 9, .seeders = 1, .counted_at = STAGE_NOW};
    HealthHistory made = {0};
    health_append(&made.hours, (HealthStep){FIRST_HOUR, 1, 2, 3}, &stage->arena);
    health_append(&made.days, (HealthStep){FIRST_HOUR / 24 - 1, 4, 5, 6}, &stage->arena);
    past.history = made;
    check_fine(health_put(&visit, upload.id, &past));
    HealthHistory found = history_of(&visit, &upload);
    assert_memory_equal(found.hours.at, made.hours.at, sizeof *made.hours.at);
    assert_memory_equal(found.days.at, made.days.at, sizeof *made.days.at);
    Torrent torrent;
    check_fine(torrent_find(&visit, upload.id, &torrent));
    assert_int_equal(torrent.completed, 9);
    check_fine(health_put(&visit, upload.id + 1, &past)); /* there is no such work */
    check_fine(health_find(&visit, upload.id + 1, &found));
    assert_int_equal(found.hours.count + found.days.count, 0);
    stage_close(stage);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(works_are_sampled_when_an_hour_is_over),
        cmocka_unit_test(another_start_goes_on_where_the_last_one_ended),
        cmocka_unit_test(completions_from_before_history_have_no_hour),
        cmocka_unit_test(old_hours_become_days),
        cmocka_unit_test(a_work_that_goes_takes_its_history_along),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
