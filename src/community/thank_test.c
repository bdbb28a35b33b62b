#include "community/thank.h"

#include "community/test.h"

static uint64_t thanks_of(Visit *visit, int64_t id) {
    Torrent torrent;
    check_fine(torrent_find(visit, id, &torrent));
    return torrent.thanks;
}

static void thanks_count_once_a_member_and_may_be_taken_back(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit owner = stage_member(stage, "marie", ROLE_MEMBER),
          friend = stage_member(stage, "paul", ROLE_MEMBER),
          other = stage_member(stage, "lena", ROLE_MEMBER);
    int64_t id = stage_publish(&owner, CREATE_V1, "a.ogg", 'a').id;
    bool said;
    check_fine(thank_find(&friend, id, &said));
    assert_false(said);
    check_fine(thank_add(&friend, id));
    check_fine(thank_add(&friend, id));
    assert_int_equal(thanks_of(&owner, id), 1);
    check_fine(thank_add(&other, id));
    assert_int_equal(thanks_of(&owner, id), 2);
    check_fine(thank_find(&friend, id, &said));
    assert_true(said);
    check_fine(thank_remove(&friend, id));
    check_fine(thank_remove(&friend, id));
    assert_int_equal(thanks_of(&owner, id), 1);
    check_fine(thank_find(&friend, id, &said));
    assert_false(said);
    stage_close(stage);
}

static void nobody_thanks_themselves_nor_for_what_is_not_there(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit owner = stage_member(stage, "marie", ROLE_MEMBER),
          friend = stage_member(stage, "paul", ROLE_MEMBER), nobody = stage_visit(stage, 0, 0);
    int64_t id = stage_publish(&owner, CREATE_V1, "a.ogg", 'a').id;
    check_code(thank_add(&owner, id), ERROR_NOT_ALLOWED, "own_work");
    check_code(thank_add(&nobody, id), ERROR_NOT_SIGNED_IN, "not_signed_in");
    check_code(thank_add(&friend, id + 7), ERROR_NOT_FOUND, "not_found");
    friend.viewer.by_token = true;
    check_code(thank_add(&friend, id), ERROR_NOT_ALLOWED, "not_allowed");
    friend.viewer.by_token = false;
    check_fine(torrent_withdraw(&owner, id, STR("")));
    check_code(thank_add(&friend, id), ERROR_CONFLICT, "not_published");
    stage_close(stage);
}

static void a_member_says_thanks_so_often_in_a_day(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit owner = stage_member(stage, "marie", ROLE_MEMBER),
          friend = stage_member(stage, "paul", ROLE_MEMBER);
    int64_t ids[THANKS_A_DAY_MAX + 1];
    for (int i = 0; i <= THANKS_A_DAY_MAX; i++) {
        char name[16];
        snprintf(name, sizeof name, "%d.ogg", i);
        ids[i] = stage_publish(&owner, CREATE_V1, name, (char)i).id;
    }
    for (int i = 0; i < THANKS_A_DAY_MAX; i++) check_fine(thank_add(&friend, ids[i]));
    check_code(thank_add(&friend, ids[THANKS_A_DAY_MAX]), ERROR_TOO_MANY, "too_many_thanks");
    assert_int_equal(thanks_of(&owner, ids[THANKS_A_DAY_MAX]), 0);
    friend.now += 24 * 3600 + 1;
    check_fine(thank_add(&friend, ids[THANKS_A_DAY_MAX]));
    assert_int_equal(thanks_of(&owner, ids[THANKS_A_DAY_MAX]), 1);
    stage_close(stage);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(thanks_count_once_a_member_and_may_be_taken_back),
        cmocka_unit_test(nobody_thanks_themselves_nor_for_what_is_not_there),
        cmocka_unit_test(a_member_says_thanks_so_often_in_a_day),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
