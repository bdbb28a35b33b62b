#include "community/session.h"

#include "community/permission.h"
#include "community/test.h"

static const Seconds day_s = 86400;

static void a_session_says_who_asks(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit visit = stage_member(stage, "marie", ROLE_TRUSTED);
    int64_t id = visit.viewer.member_id;
    Str secret;
    check_fine(session_open(&visit, id, STR("Firefox on Linux"), &secret));
    assert_int_equal(secret.len, 43);
    check_fine(session_identify(&visit, secret));
    assert_int_equal(visit.viewer.member_id, id);
    assert_int_equal(visit.viewer.role, ROLE_TRUSTED);
    check_str(visit.viewer.name, "marie");
    assert_false(visit.viewer.by_token);
    check_fine(permission_scope(&visit, STR("admin"))); /* scopes bind tokens only */
    Session *sessions;
    size_t count;
    check_fine(session_list(&visit, &sessions, &count));
    assert_int_equal(count, 1);
    assert_true(sessions[0].current);
    check_str(sessions[0].label, "Firefox on Linux");
    check_fine(session_close(&visit));
    assert_int_equal(visit.viewer.member_id, 0);
    check_fine(session_identify(&visit, secret));
    assert_int_equal(visit.viewer.member_id, 0);
    stage_close(stage);
}

static void unknown_secrets_are_nobody(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit visit = stage_member(stage, "marie", ROLE_MEMBER);
    static const char *const secrets[] = {"", "x", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                                          "\xFF\xFF"};
    for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++) {
        visit.viewer.role = ROLE_ADMIN;
        check_fine(session_identify(&visit, str_from_c(secrets[i])));
        assert_int_equal(visit.viewer.role, ROLE_NOBODY);
        check_code(token_identify(&visit, str_from_c(secrets[i])), ERROR_NOT_SIGNED_IN,
                   "unknown_token");
    }
    stage_close(stage);
}

static void a_session_ends_after_thirty_days_unused(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit visit = stage_member(stage, "marie", ROLE_MEMBER);
    Str secret;
    check_fine(session_open(&visit, visit.viewer.member_id, STR(""), &secret));
    visit.now = STAGE_NOW + 30 * day_s - 1;
    check_fine(session_identify(&visit, secret)); /* and this use counts */
    assert_true(visit.viewer.member_id > 0);
    visit.now += 30 * day_s - 1;
    check_fine(session_identify(&visit, secret));
    assert_true(visit.viewer.member_id > 0);
    visit.now += 30 * day_s;
    check_fine(session_identify(&visit, secret));
    assert_int_equal(visit.viewer.member_id, 0);
    visit.now -= 1;
    check_fine(session_forget_ended(&visit));
    check_fine(session_identify(&visit, secret));
    assert_true(visit.viewer.member_id > 0);
    visit.now += 1 + 30 * day_s;
    check_fine(session_forget_ended(&visit));
    visit.now = STAGE_NOW;
    check_fine(session_identify(&visit, secret));
    assert_int_equal(visit.viewer.member_id, 0); /* the row is gone */
    stage_close(stage);
}

static void use_is_written_down_rarely(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit visit = stage_member(stage, "marie", ROLE_MEMBER);
    Str secret;
    check_fine(session_open(&visit, visit.viewer.member_id, STR(""), &secret));
    uint64_t writes = store_totals(stage->community.store).writes;
    for (int i = 0; i < 599; i++) {
        visit.now = STAGE_NOW + i;
        check_fine(session_identify(&visit, secret));
    }
    assert_int_equal(store_totals(stage->community.store).writes, writes);
    visit.now = STAGE_NOW + 600;
    check_fine(session_identify(&visit, secret));
    assert_int_equal(store_totals(stage->community.store).writes, writes + 1);
    stage_close(stage);
}

static void others_sessions_cannot_be_closed(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit marie = stage_member(stage, "marie", ROLE_MEMBER);
    Visit pierre = stage_member(stage, "pierre", ROLE_ADMIN);
    Str secret;
    check_fine(session_open(&marie, marie.viewer.member_id, STR(""), &secret));
    Session *sessions;
    size_t count;
    check_fine(session_list(&marie, &sessions, &count));
    check_code(session_close_one(&pierre, sessions[0].id), ERROR_NOT_FOUND, "not_found");
    check_fine(session_close_one(&marie, sessions[0].id));
    check_fine(session_list(&marie, &sessions, &count));
    assert_int_equal(count, 0);
    stage_close(stage);
}

static void the_longest_unused_session_makes_room(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit visit = stage_member(stage, "marie", ROLE_MEMBER);
    int64_t id = visit.viewer.member_id;
    Str first, last;
    check_fine(session_open(&visit, id, STR(""), &first));
    for (int i = 1; i < SESSIONS_OF_MEMBER_MAX; i++) {
        visit.now++;
        check_fine(session_open(&visit, id, STR(""), &last));
    }
    check_fine(session_identify(&visit, first));
    assert_int_equal(visit.viewer.member_id, id);
    check_fine(session_open(&visit, id, STR(""), &last));
    check_fine(session_identify(&visit, first));
    assert_int_equal(visit.viewer.member_id, 0);
    check_fine(session_identify(&visit, last));
    assert_int_equal(visit.viewer.member_id, id);
    stage_close(stage);
}

static void scopes_narrow_what_a_token_may(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit visit = stage_member(stage, "marie", ROLE_MEMBER);
    int64_t id = visit.viewer.member_id;
    Str secret;
    check_fine(token_add(&visit, id, STR("my program"), STR("  upload read  read"), &secret));
    check_fine(token_identify(&visit, secret));
    assert_true(visit.viewer.by_token);
    check_str(visit.viewer.scopes, "read upload");
    check_fine(permission_scope(&visit, STR("upload")));
    check_code(permission_scope(&visit, STR("moderate")), ERROR_NOT_ALLOWED, "scope_missing");
    check_code(permission_scope(&visit, STR("load")), ERROR_NOT_ALLOWED, "scope_missing");
    check_code(token_add(&visit, id, STR(""), STR("read"), &secret), ERROR_NOT_ALLOWED,
               "token_by_token");
    Session *tokens;
    size_t count;
    check_fine(token_list(&visit, &tokens, &count));
    assert_int_equal(count, 1);
    check_str(tokens[0].label, "my program");
    check_fine(token_remove(&visit, tokens[0].id));
    check_code(token_identify(&visit, secret), ERROR_NOT_SIGNED_IN, "unknown_token");
    stage_close(stage);
}

static void no_token_is_worth_more_than_its_owner(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit member = stage_member(stage, "marie", ROLE_MEMBER);
    Visit moderator = stage_member(stage, "pierre", ROLE_MODERATOR);
    Str secret;
    check_code(token_add(&member, member.viewer.member_id, STR(""), STR("moderate"), &secret),
               ERROR_NOT_ALLOWED, "scope_beyond_role");
    check_fine(
        token_add(&moderator, moderator.viewer.member_id, STR(""), STR("moderate"), &secret));
    check_code(
        token_add(&moderator, moderator.viewer.member_id, STR(""), STR("read admin"), &secret),
        ERROR_NOT_ALLOWED, "scope_beyond_role");
    check_code(token_add(&member, member.viewer.member_id, STR(""), STR("fly"), &secret),
               ERROR_BAD_INPUT, "unknown_scope");
    check_code(token_add(&member, member.viewer.member_id, STR(""), STR(" "), &secret),
               ERROR_BAD_INPUT, "scopes_required");
    stage_close(stage);
}

static void tokens_are_counted(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit visit = stage_member(stage, "marie", ROLE_MEMBER);
    Str secret;
    for (int i = 0; i < TOKENS_OF_MEMBER_MAX; i++)
        check_fine(token_add(&visit, visit.viewer.member_id, STR(""), STR("read"), &secret));
    check_code(token_add(&visit, visit.viewer.member_id, STR(""), STR("read"), &secret),
               ERROR_CONFLICT, "too_many_tokens");
    stage_close(stage);
}

static void a_form_proves_where_it_came_from(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit nobody = stage_visit(stage, 0, ROLE_NOBODY);
    Visit member = stage_visit(stage, 1, ROLE_MEMBER), other = member;
    member.viewer.session_id = STR("session one");
    other.viewer.session_id = STR("session two");
    const Str cookie = STR("cookie");
    Str token = csrf_token(&member, cookie);
    assert_true(csrf_check(&member, cookie, token));
    assert_true(csrf_check(&member, STR("another"), token));
    assert_false(csrf_check(&other, cookie, token));
    assert_false(csrf_check(&nobody, cookie, token));
    assert_false(str_equal(csrf_token(&member, cookie), token)); /* masked */
    Str anonymous = csrf_token(&nobody, cookie);
    assert_true(csrf_check(&nobody, cookie, anonymous));
    assert_false(csrf_check(&nobody, STR("another"), anonymous));
    assert_false(csrf_check(&nobody, STR(""), csrf_token(&nobody, STR(""))));
    assert_false(csrf_check(&member, cookie, STR("")));
    for (size_t i = 0; i < token.len; i++) {
        Str bent = arena_copy(&stage->arena, token);
        ((char *)bent.at)[i] = token.at[i] == 'A' ? 'B' : 'A';
        assert_false(csrf_check(&member, cookie, bent));
    }
    stage->community.secret[0] ^= 1;
    assert_false(csrf_check(&member, cookie, token));
    stage_close(stage);
}

static void the_secret_of_the_site_stays_the_same(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Community again = {.store = stage->community.store};
    check_fine(secret_load(&again));
    assert_memory_equal(again.secret, stage->community.secret, sizeof again.secret);
    stage_close(stage);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_session_says_who_asks),
        cmocka_unit_test(unknown_secrets_are_nobody),
        cmocka_unit_test(a_session_ends_after_thirty_days_unused),
        cmocka_unit_test(use_is_written_down_rarely),
        cmocka_unit_test(others_sessions_cannot_be_closed),
        cmocka_unit_test(the_longest_unused_session_makes_room),
        cmocka_unit_test(scopes_narrow_what_a_token_may),
        cmocka_unit_test(no_token_is_worth_more_than_its_owner),
        cmocka_unit_test(tokens_are_counted),
        cmocka_unit_test(a_form_proves_where_it_came_from),
        cmocka_unit_test(the_secret_of_the_site_stays_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
