#include "community/draft.h"

#include "community/test.h"

static void a_kept_file_comes_back_to_whom_it_belongs(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit marie = stage_member(stage, "marie", ROLE_MEMBER);
    Visit pierre = stage_member(stage, "pierre", ROLE_ADMIN);
    const Str bytes = STR("d\0e");
    Str token, kept;
    check_fine(draft_keep(&marie, bytes, &token));
    check_fine(draft_find(&marie, token, &kept));
    assert_true(str_equal(kept, bytes));
    check_code(draft_find(&pierre, token, &kept), ERROR_NOT_FOUND, "file_forgotten");
    check_code(draft_find(&marie, STR("nonsense"), &kept), ERROR_NOT_FOUND, "file_forgotten");
    stage_close(stage);
}

static void only_the_latest_five_are_kept(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit marie = stage_member(stage, "marie", ROLE_MEMBER);
    Str tokens[6], kept;
    for (int i = 0; i < 6; i++) {
        marie.now = STAGE_NOW + i;
        check_fine(draft_keep(&marie, STR("de"), &tokens[i]));
    }
    check_code(draft_find(&marie, tokens[0], &kept), ERROR_NOT_FOUND, "file_forgotten");
    check_fine(draft_find(&marie, tokens[1], &kept));
    check_fine(draft_find(&marie, tokens[5], &kept));
    stage_close(stage);
}

static void a_draft_is_forgotten_after_a_day(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit marie = stage_member(stage, "marie", ROLE_MEMBER);
    Str token, kept;
    check_fine(draft_keep(&marie, STR("de"), &token));
    marie.now = STAGE_NOW + 86400;
    check_fine(draft_forget_old(&marie));
    check_fine(draft_find(&marie, token, &kept));
    marie.now += 1;
    check_fine(draft_forget_old(&marie));
    check_code(draft_find(&marie, token, &kept), ERROR_NOT_FOUND, "file_forgotten");
    stage_close(stage);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_kept_file_comes_back_to_whom_it_belongs),
        cmocka_unit_test(only_the_latest_five_are_kept),
        cmocka_unit_test(a_draft_is_forgotten_after_a_day),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
