#include "community/top_list.h"

#include "community/health_sample.h"
#include "community/test.h"
#include "community/thank.h"
#include "community/top_list_make.h"
#include "queries/progress.h"

enum { HOUR_S = 3600, DAY_S = 24 * HOUR_S, HOUR = STAGE_NOW / HOUR_S, DAY = STAGE_NOW / DAY_S };

static int64_t publish(Visit *owner, char fill) {
    char name[] = {fill, '.', 'o', 'g', 'g', 0};
    return stage_publish(owner, CREATE_V1, name, fill).id;
}

/* `hours` and `days` with the number of a step left to be added to now: 0 is this hour or day. */
static void give_past(Visit *visit, int64_t id, HealthSteps hours, HealthSteps days) {
    uint64_t completed = 0;
    for (size_t i = 0; i < hours.count; i++) {
        hours.at[i].at += HOUR;
        completed += hours.at[i].completed;
    }
    for (size_t i = 0; i < days.count; i++) {
        days.at[i].at += DAY;
        completed += days.at[i].completed;
    }
    uint32_t seeders = hours.count ? hours.at[hours.count - 1].seeders : 0;
    HealthPast past = {.history = {hours, days},
                       .seeders = seeders,
                       .completed = completed,
                       .counted_at = STAGE_NOW};
    check_fine(health_put(visit, id, &past));
}

#define STEPS(...)                                    \
    ((HealthSteps){.at = (HealthStep[]){__VA_ARGS__}, \
                   .count = sizeof((HealthStep[]){__VA_ARGS__}) / sizeof(HealthStep)})

static Error say_sampled(Db *db, Arena *arena, void *argument) {
    return query_progress_set(
        db, arena, (ProgressSetAsk){.name = STR("health"), .at = *(Seconds *)argument}, NULL);
}

static void make(Visit *visit, TopListMaker *maker) {
    check_fine(store_write(visit->community->store, visit->arena, say_sampled, &visit->now));
    for (int turn = 0; turn < 20; turn++) check_fine(top_list_make(visit, maker));
    assert_null(maker->boards);
}

static TopList list_of(Visit *visit, TopMeasure measure, TopPeriod period, Seconds day) {
    TopList list;
    TopAsk ask = {.measure = measure, .period = period, .day = day};
    check_fine(top_list_find(visit, &ask, &list));
    return list;
}

static void check_place(const TopList *list, size_t at, int64_t id, uint64_t value) {
    assert_true(at < list->count);
    assert_int_equal(list->at[at].torrent.id, id);
    assert_int_equal(list->at[at].value, value);
    assert_int_equal(list->at[at].rank, at + 1);
}

static void each_period_counts_what_was_in_it(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit visit = stage_member(stage, "marie", ROLE_MEMBER);
    TopListMaker maker = {0};
    int64_t today = publish(&visit, 'a'), week = publish(&visit, 'b'), month = publish(&visit, 'c'),
            long_ago = publish(&visit, 'd');
    publish(&visit, 'e'); /* nobody was ever counted here */
    uint32_t back = (uint32_t)-1;
    give_past(&visit, today, STEPS({.at = 0, .seeders = 4, .completed = 5}), (HealthSteps){0});
    give_past(&visit, week,
              STEPS({.at = back * 24 * 3, .seeders = 9, .completed = 7},
                    {.at = back * 24 * 2, .seeders = 1}),
              (HealthSteps){0});
    give_past(&visit, month, STEPS({.at = back * 24 * 13, .seeders = 2, .completed = 1}),
              STEPS({.at = back * 20, .seeders = 30, .completed = 20}));
    give_past(&visit, long_ago, (HealthSteps){0},
              STEPS({.at = back * 300, .seeders = 50, .completed = 1000},
                    {.at = back * 200, .seeders = 0, .completed = 0}));
    make(&visit, &maker);
    TopList list = list_of(&visit, TOP_COMPLETED, TOP_DAY, 0);
    assert_int_equal(list.day, DAY * DAY_S);
    assert_false(list.is_over);
    assert_false(list.has_before);
    assert_int_equal(list.count, 1);
    check_place(&list, 0, today, 5);
    list = list_of(&visit, TOP_COMPLETED, TOP_WEEK, 0);
    assert_int_equal(list.count, 2);
    check_place(&list, 0, week, 7);
    check_place(&list, 1, today, 5);
    list = list_of(&visit, TOP_COMPLETED, TOP_MONTH, 0);
    assert_int_equal(list.count, 3);
    check_place(&list, 0, month, 21);
    list = list_of(&visit, TOP_COMPLETED, TOP_ALL, 0);
    assert_int_equal(list.count, 4);
    check_place(&list, 0, long_ago, 1000);
    /* What is held on since an earlier day counts as of today; what ended does not. */
    list = list_of(&visit, TOP_SEEDERS, TOP_DAY, 0);
    assert_int_equal(list.count, 3);
    check_place(&list, 0, today, 4);
    check_place(&list, 1, month, 2);
    check_place(&list, 2, week, 1);
    list = list_of(&visit, TOP_SEEDERS, TOP_WEEK, 0);
    check_place(&list, 0, week, 9);
    list = list_of(&visit, TOP_SEEDERS, TOP_MONTH, 0);
    check_place(&list, 0, month, 30);
    list = list_of(&visit, TOP_SEEDERS, TOP_ALL, 0);
    check_place(&list, 0, long_ago, 50);
    TopAsk ask = {.measure = TOP_COMPLETED,
                  .period = TOP_ALL,
                  .category = category_find(STR("music"))->number};
    check_fine(top_list_find(&visit, &ask, &list));
    assert_int_equal(list.count, 4);
    ask.category = category_find(STR("books"))->number;
    check_fine(top_list_find(&visit, &ask, &list));
    assert_int_equal(list.count, 0);
    stage_close(stage);
}

static void a_day_is_kept_and_ranks_are_compared_with_the_day_before(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit visit = stage_member(stage, "marie", ROLE_MEMBER),
          friend = stage_member(stage, "paul", ROLE_MEMBER),
          other = stage_member(stage, "lena", ROLE_MEMBER);
    TopListMaker maker = {0};
    int64_t first = publish(&visit, 'a'), second = publish(&visit, 'b'),
            third = publish(&visit, 'c');
    friend.now = other.now = STAGE_NOW;
    check_fine(thank_add(&friend, first));
    check_fine(thank_add(&other, first));
    check_fine(thank_add(&friend, second));
    make(&visit, &maker);
    /* Within the hour nothing is made again. */
    check_fine(thank_add(&other, third));
    check_fine(top_list_make(&visit, &maker));
    TopList list = list_of(&visit, TOP_THANKS, TOP_ALL, 0);
    assert_int_equal(list.count, 2);
    check_place(&list, 0, first, 2);
    check_place(&list, 1, second, 1);
    /* The day ends: it is made once more, with what came after the last look. */
    visit.now = friend.now = other.now = (DAY + 1) * DAY_S + 10;
    check_fine(thank_add(&other, second));
    check_fine(thank_add(&friend, third));
    check_fine(thank_remove(&friend, first));
    make(&visit, &maker);
    list = list_of(&visit, TOP_THANKS, TOP_ALL, STAGE_NOW);
    assert_true(list.is_over);
    assert_int_equal(list.next, (DAY + 1) * DAY_S);
    assert_int_equal(list.count, 3);
    check_place(&list, 2, third, 1);
    list = list_of(&visit, TOP_THANKS, TOP_ALL, 0);
    assert_int_equal(list.day, (DAY + 1) * DAY_S);
    assert_true(list.has_before);
    assert_int_equal(list.previous, DAY * DAY_S);
    check_place(&list, 0, second, 2);
    check_place(&list, 1, third, 2);
    check_place(&list, 2, first, 1);
    assert_int_equal(list.at[0].rank_before, 2);
    assert_int_equal(list.at[1].rank_before, 3);
    assert_int_equal(list.at[2].rank_before, 1);
    list = list_of(&visit, TOP_THANKS, TOP_DAY, 0);
    assert_int_equal(list.count, 2);
    check_place(&list, 0, second, 1);
    /* What is gone leaves a gap, on all days. */
    check_fine(torrent_withdraw(&visit, second, STR("")));
    list = list_of(&visit, TOP_THANKS, TOP_ALL, 0);
    assert_int_equal(list.count, 2);
    assert_int_equal(list.at[0].rank, 2);
    /* A day without lists gives those of the last one before; a day before all of them nothing. */
    list = list_of(&visit, TOP_THANKS, TOP_ALL, STAGE_NOW + 90 * DAY_S);
    assert_int_equal(list.day, (DAY + 1) * DAY_S);
    list = list_of(&visit, TOP_THANKS, TOP_ALL, STAGE_NOW - 90 * DAY_S);
    assert_int_equal(list.day, 0);
    assert_int_equal(list.count, 0);
    stage_close(stage);
}

static void lists_wait_for_the_history_of_the_hour_and_old_days_are_forgotten(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit visit = stage_member(stage, "marie", ROLE_MEMBER);
    TopListMaker maker = {0};
    check_fine(top_list_make(&visit, &maker));
    assert_int_equal(list_of(&visit, TOP_COMPLETED, TOP_ALL, 0).day, 0);
    make(&visit, &maker);
    assert_int_equal(list_of(&visit, TOP_COMPLETED, TOP_ALL, 0).day, DAY * DAY_S);
    for (int days = 1; days <= TOP_LIST_DAYS_KEPT; days += TOP_LIST_DAYS_KEPT / 2) {
        visit.now = STAGE_NOW + (Seconds)days * DAY_S;
        make(&visit, &maker);
    }
    visit.now = STAGE_NOW + (Seconds)TOP_LIST_DAYS_KEPT * DAY_S;
    make(&visit, &maker);
    assert_int_equal(list_of(&visit, TOP_COMPLETED, TOP_ALL, STAGE_NOW).day, 0);
    assert_int_equal(list_of(&visit, TOP_COMPLETED, TOP_ALL, STAGE_NOW + DAY_S).day,
                     (DAY + 1) * DAY_S);
    top_list_maker_free(&maker);
    stage_close(stage);
}

static void a_list_is_read_as_it_was_written_or_not_at_all(void **state) {
    (void)state;
    Arena arena = arena_create(MIB);
    const TopPlace places[] = {{7, 900}, {UINT32_MAX, 900}, {1, 1}};
    Str bytes = top_list_write(places, 3, &arena);
    TopPlace *read;
    size_t count;
    assert_true(top_list_parse(bytes, &arena, &read, &count));
    assert_int_equal(count, 3);
    assert_memory_equal(read, places, sizeof places);
    for (size_t cut = 0; cut < bytes.len; cut++)
        if (cut % 8 != 1)
            assert_false(top_list_parse(str_part(bytes, 0, cut), &arena, &read, &count));
    char *changed = arena_new(&arena, char, bytes.len);
    memcpy(changed, bytes.at, bytes.len);
    changed[0]++;
    assert_false(top_list_parse((Str){changed, bytes.len}, &arena, &read, &count));
    TopPlace *many = arena_new(&arena, TopPlace, TOP_LIST_MAX + 1);
    for (uint32_t i = 0; i <= TOP_LIST_MAX; i++) many[i] = (TopPlace){i + 1, 1};
    Str full = top_list_write(many, TOP_LIST_MAX, &arena);
    assert_true(top_list_parse(full, &arena, &read, &count));
    full = top_list_write(many, TOP_LIST_MAX + 1, &arena);
    assert_false(top_list_parse(full, &arena, &read, &count));
    arena_free(&arena);
}

static void only_the_first_places_are_kept_largest_first(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit visit = stage_member(stage, "marie", ROLE_MEMBER);
    TopListMaker maker = {0};
    enum { WORKS = TOP_LIST_MAX + 3 };
    int64_t ids[WORKS];
    for (int i = 0; i < WORKS; i++) {
        ids[i] = publish(&visit, (char)(i + 60));
        give_past(&visit, ids[i], STEPS({.at = 0, .completed = (uint32_t)(i * 37 % WORKS) + 1}),
                  (HealthSteps){0});
    }
    make(&visit, &maker);
    TopList list = list_of(&visit, TOP_COMPLETED, TOP_WEEK, 0);
    assert_int_equal(list.count, TOP_LIST_MAX);
    for (size_t i = 0; i < list.count; i++) assert_int_equal(list.at[i].value, WORKS - i);
    TopAsk ask = {.measure = TOP_COMPLETED, .category = category_find(STR("music"))->number};
    check_fine(top_list_find(&visit, &ask, &list));
    assert_int_equal(list.count, TOP_LIST_OF_CATEGORY_MAX);
    stage_close(stage);
}

static void a_list_knows_that_nothing_was_counted_yet(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit visit = stage_member(stage, "marie", ROLE_MEMBER);
    TopListMaker maker = {0};
    int64_t work = publish(&visit, 'a');
    assert_false(list_of(&visit, TOP_SEEDERS, TOP_DAY, 0).is_unmeasured); /* nor is there a list */
    make(&visit, &maker);
    for (TopMeasure measure = 0; measure < TOP_MEASURE_COUNT; measure++) {
        TopList list = list_of(&visit, measure, TOP_DAY, 0);
        assert_int_equal(list.count, 0);
        assert_true(list.day && list.is_unmeasured);
    }
    give_past(&visit, work, (HealthSteps){0}, STEPS({.at = (uint32_t)-40, .completed = 3}));
    visit.now += HOUR_S;
    make(&visit, &maker);
    TopList list = list_of(&visit, TOP_COMPLETED, TOP_DAY, 0);
    assert_int_equal(list.count, 0);
    assert_false(list.is_unmeasured); /* of this day nothing, but there was something */
    assert_true(list_of(&visit, TOP_SEEDERS, TOP_DAY, 0).is_unmeasured);
    stage_close(stage);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_period_counts_what_was_in_it),
        cmocka_unit_test(a_day_is_kept_and_ranks_are_compared_with_the_day_before),
        cmocka_unit_test(lists_wait_for_the_history_of_the_hour_and_old_days_are_forgotten),
        cmocka_unit_test(a_list_is_read_as_it_was_written_or_not_at_all),
        cmocka_unit_test(only_the_first_places_are_kept_largest_first),
        cmocka_unit_test(a_list_knows_that_nothing_was_counted_yet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
