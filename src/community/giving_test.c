#include "community/giving.h"

#include "community/health_sample.h"
#include "community/test.h"

enum { HOUR_S = 3600, DAY_S = 24 * HOUR_S };

static int64_t publish(Visit *owner, char fill) {
    char name[] = {fill, '.', 'o', 'g', 'g', 0};
    return stage_publish(owner, CREATE_V1, name, fill).id;
}

/* Some days after it was published, with `seeders` since `days`. */
static void set_seeders(Visit *visit, int64_t id, uint32_t seeders, uint32_t days) {
    HealthStep *step = arena_new(visit->arena, HealthStep, 1);
    *step = (HealthStep){.at = (uint32_t)(visit->now / HOUR_S) - days * 24, .seeders = seeders};
    HealthPast past = {.history.hours = {.at = step, .count = 1},
                       .seeders = seeders,
                       .counted_at = visit->now,
                       .first_seeder_at = visit->now - 20 * DAY_S,
                       .last_seeder_at = visit->now};
    check_fine(health_put(visit, id, &past));
}

static Giving give(Visit *visit, const char *size) {
    Giving giving;
    ErrorList errors = {.arena = visit->arena};
    check_fine(giving_add(visit, &(GivingAsk){.size = str_from_c(size)}, &errors, &giving));
    return giving;
}

static GivingWorks look(Visit *visit, Str code) {
    Giving giving;
    GivingWorks works;
    check_fine(giving_find(visit, code, &giving, &works));
    return works;
}

static bool holds(const GivingWorks *works, int64_t id) {
    for (size_t i = 0; i < works->count; i++)
        if (works->at[i].torrent.id == id) return true;
    return false;
}

/* Four works, each of 40,000 bytes: none but the smallest space is too small for all. */
typedef struct {
    Stage *stage;
    Visit owner, nobody;
    int64_t alone, two, nobody_there, alive;
} Shelf;

static Shelf shelf_open(void) {
    Shelf shelf = {.stage = stage_open()};
    shelf.owner = stage_member(shelf.stage, "marie", ROLE_MEMBER);
    shelf.alone = publish(&shelf.owner, 'a');
    shelf.two = publish(&shelf.owner, 'b');
    shelf.nobody_there = publish(&shelf.owner, 'c');
    shelf.alive = publish(&shelf.owner, 'd');
    shelf.owner.now += 10 * DAY_S;
    shelf.nobody = stage_visit(shelf.stage, 0, ROLE_NOBODY);
    shelf.nobody.now = shelf.owner.now;
    set_seeders(&shelf.owner, shelf.alone, 1, 1);
    set_seeders(&shelf.owner, shelf.two, 2, 1);
    set_seeders(&shelf.owner, shelf.nobody_there, 0, 1);
    set_seeders(&shelf.owner, shelf.alive, 9, 1);
    return shelf;
}

static void a_plan_holds_what_is_at_risk_and_stays_the_same(void **state) {
    (void)state;
    Shelf shelf = shelf_open();
    Giving giving = give(&shelf.nobody, "200 GB");
    assert_int_equal(giving.size_bytes, 200000000000);
    GivingWorks works = look(&shelf.nobody, giving.code);
    assert_int_equal(works.count, 3);
    assert_int_equal(works.taken_bytes, 3 * 40000);
    assert_true(holds(&works, shelf.alone) && holds(&works, shelf.two));
    assert_false(holds(&works, shelf.alive));
    assert_int_equal(works.changed_at, shelf.nobody.now);
    /* What is helped stays; what comes to need help joins. */
    Seconds begun = shelf.nobody.now;
    shelf.nobody.now = shelf.owner.now = begun + 3 * DAY_S;
    set_seeders(&shelf.owner, shelf.alone, 20, 2);
    set_seeders(&shelf.owner, shelf.alive, 2, 1);
    works = look(&shelf.nobody, giving.code);
    assert_int_equal(works.count, 4);
    assert_int_equal(works.at[0].torrent.id, shelf.alive); /* latest first */
    assert_int_equal(works.at[0].seeders, 2);
    assert_int_equal(works.changed_at, shelf.nobody.now);
    assert_int_equal(works.dropped_count, 0);
    stage_close(shelf.stage);
}

static void a_work_is_let_go_when_it_is_gone_or_safe_for_long(void **state) {
    (void)state;
    Shelf shelf = shelf_open();
    Giving giving = give(&shelf.nobody, "1,5 Gio");
    assert_int_equal(giving.size_bytes, 3ULL << 29);
    Seconds begun = shelf.nobody.now;
    shelf.nobody.now = shelf.owner.now = begun + 16 * DAY_S;
    set_seeders(&shelf.owner, shelf.alone, 9, 13); /* one day short */
    set_seeders(&shelf.owner, shelf.two, 9, 15);
    check_fine(torrent_withdraw(&shelf.owner, shelf.nobody_there, STR("")));
    GivingWorks works = look(&shelf.nobody, giving.code);
    assert_int_equal(works.count, 1);
    assert_true(holds(&works, shelf.alone));
    assert_int_equal(works.dropped_count, 2);
    for (size_t i = 0; i < 2; i++) {
        bool is_gone = works.dropped[i].torrent.id == shelf.nobody_there;
        assert_int_equal(works.dropped[i].why, is_gone ? GIVING_GONE : GIVING_WELL_SEEDED);
        assert_int_equal(works.dropped[i].dropped_at, shelf.nobody.now);
    }
    /* In need again, it is taken again. What was let go is told for a while only. */
    shelf.nobody.now = shelf.owner.now = begun + 20 * DAY_S;
    set_seeders(&shelf.owner, shelf.two, 1, 1);
    works = look(&shelf.nobody, giving.code);
    assert_int_equal(works.count, 1);
    assert_true(holds(&works, shelf.two));
    assert_int_equal(works.dropped_count, 2); /* the one that was a day short now too */
    shelf.nobody.now = begun + 81 * DAY_S;
    works = look(&shelf.nobody, giving.code);
    assert_int_equal(works.dropped_count, 0);
    stage_close(shelf.stage);
}

/* What is withdrawn leaves the feed at once, not when the plan is gone through. */
static void a_work_that_is_gone_is_not_given_any_more(void **state) {
    (void)state;
    Shelf shelf = shelf_open();
    Giving giving = give(&shelf.nobody, "200");
    assert_int_equal(look(&shelf.nobody, giving.code).count, 3);
    check_fine(torrent_withdraw(&shelf.owner, shelf.two, STR("")));
    GivingWorks works = look(&shelf.nobody, giving.code);
    assert_int_equal(works.count, 2);
    stage_close(shelf.stage);
}

static void a_plan_takes_only_what_was_asked_for(void **state) {
    (void)state;
    Shelf shelf = shelf_open();
    ErrorList errors = {.arena = shelf.nobody.arena};
    const GivingAsk asks[] = {
        {.size = STR("9 GB"), .category = STR("music")},
        {.size = STR("9 GB"), .category = STR("books")},
        {.size = STR("9 GB"), .license = STR("cc-by-sa-4.0"), .language = STR("EN")},
        {.size = STR("9 GB"), .license = STR("CC0-1.0")},
        {.size = STR("9 GB"), .language = STR("fr")},
    };
    const size_t wanted[] = {3, 0, 3, 0, 0};
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        Giving giving;
        check_fine(giving_add(&shelf.nobody, &asks[i], &errors, &giving));
        assert_int_equal(look(&shelf.nobody, giving.code).count, wanted[i]);
    }
    Giving giving;
    const GivingAsk wrong = {.size = STR("much"),
                             .category = STR("x"),
                             .license = STR("y"),
                             .language = STR("<any of them>")};
    check_code(giving_add(&shelf.nobody, &wrong, &errors, &giving), ERROR_BAD_INPUT, "bad_size");
    assert_int_equal(errors.count, 4);
    assert_string_equal(errors.at[3].field, "language");
    const char *const sizes[] = {"99 MB", "1001 TB", "0", "", "-5"};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        errors.count = 0;
        GivingAsk ask = {.size = str_from_c(sizes[i])};
        Error e = giving_add(&shelf.nobody, &ask, &errors, &giving);
        assert_int_equal(e.kind, ERROR_BAD_INPUT);
        assert_string_equal(e.field, "size");
    }
    errors.count = 0;
    give(&shelf.nobody, "100 MB");
    give(&shelf.nobody, "1000 TB");
    stage_close(shelf.stage);
}

static void only_who_knows_the_address_finds_a_plan(void **state) {
    (void)state;
    Shelf shelf = shelf_open();
    Giving giving = give(&shelf.owner, "5 GB"), other = give(&shelf.nobody, "5 GB");
    Giving found;
    GivingWorks works;
    check_fine(giving_find(&shelf.owner, giving.code, &found, &works));
    assert_true(found.is_own);
    check_fine(giving_find(&shelf.nobody, giving.code, &found, &works));
    assert_false(found.is_own);
    char *changed = arena_new(&shelf.stage->arena, char, giving.code.len);
    for (size_t i = 0; i < giving.code.len; i++) {
        memcpy(changed, giving.code.at, giving.code.len);
        changed[i] = changed[i] == 'B' ? 'C' : 'B';
        Str code = {changed, giving.code.len};
        /* The last letter of 22 has four bits that say nothing: they must be 0. */
        check_code(giving_find(&shelf.nobody, code, &found, &works), ERROR_NOT_FOUND,
                   "no_such_giving");
    }
    size_t dash = str_find_byte(other.code, '-');
    Str mixed = arena_print(&shelf.stage->arena, "%lld%.*s", (long long)giving.id,
                            STR_PRINTF(str_skip(other.code, dash)));
    check_code(giving_find(&shelf.nobody, mixed, &found, &works), ERROR_NOT_FOUND,
               "no_such_giving");
    Giving *own;
    size_t count;
    check_fine(giving_list(&shelf.owner, &own, &count));
    assert_int_equal(count, 1);
    assert_true(str_equal(own[0].code, giving.code));
    check_fine(giving_list(&shelf.nobody, &own, &count));
    assert_int_equal(count, 0);
    check_fine(giving_remove(&shelf.nobody, giving.code));
    check_code(giving_find(&shelf.owner, giving.code, &found, &works), ERROR_NOT_FOUND,
               "no_such_giving");
    stage_close(shelf.stage);
}

static void plans_nobody_uses_are_forgotten(void **state) {
    (void)state;
    Shelf shelf = shelf_open();
    Giving untried = give(&shelf.nobody, "5 GB"), tried = give(&shelf.nobody, "6 GB"), found;
    GivingWorks works;
    Seconds begun = shelf.nobody.now;
    shelf.nobody.now = begun + 2 * DAY_S;
    look(&shelf.nobody, tried.code);
    shelf.nobody.now = begun + 7 * DAY_S;
    check_fine(giving_forget_unused(&shelf.nobody));
    check_fine(giving_find(&shelf.nobody, tried.code, &found, &works)); /* used now */
    assert_int_equal(found.ends_at, shelf.nobody.now + GIVING_UNUSED_S);
    shelf.nobody.now = begun + 7 * DAY_S + 1;
    check_fine(giving_forget_unused(&shelf.nobody));
    check_code(giving_find(&shelf.nobody, untried.code, &found, &works), ERROR_NOT_FOUND,
               "no_such_giving");
    shelf.nobody.now = begun + 67 * DAY_S;
    check_fine(giving_forget_unused(&shelf.nobody));
    Visit later = shelf.nobody;
    later.now = begun + 68 * DAY_S;
    check_fine(giving_forget_unused(&later));
    check_code(giving_find(&shelf.nobody, tried.code, &found, &works), ERROR_NOT_FOUND,
               "no_such_giving");
    stage_close(shelf.stage);
}

static void a_member_has_so_many_plans(void **state) {
    (void)state;
    Shelf shelf = shelf_open();
    for (int i = 0; i < GIVINGS_OF_MEMBER_MAX; i++) give(&shelf.owner, "5 GB");
    Giving giving;
    ErrorList errors = {.arena = shelf.owner.arena};
    GivingAsk ask = {.size = STR("5 GB")};
    check_code(giving_add(&shelf.owner, &ask, &errors, &giving), ERROR_TOO_MANY,
               "too_many_own_givings");
    give(&shelf.nobody, "5 GB");
    stage_close(shelf.stage);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plan_holds_what_is_at_risk_and_stays_the_same),
        cmocka_unit_test(a_work_is_let_go_when_it_is_gone_or_safe_for_long),
        cmocka_unit_test(a_work_that_is_gone_is_not_given_any_more),
        cmocka_unit_test(a_plan_takes_only_what_was_asked_for),
        cmocka_unit_test(only_who_knows_the_address_finds_a_plan),
        cmocka_unit_test(plans_nobody_uses_are_forgotten),
        cmocka_unit_test(a_member_has_so_many_plans),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
