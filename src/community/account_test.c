#include "community/account.h"

#include "community/account_check.h"
#include "community/session.h"
#include "community/test.h"

static Error add(Stage *stage, const AccountAsk *ask, ErrorList *errors, int64_t *ret_id) {
    Visit nobody = stage_visit(stage, 0, ROLE_NOBODY);
    *errors = (ErrorList){0};
    return account_add(&nobody, ask, errors, ret_id);
}

static const AccountAsk marie = {.name = {"Marie", 5},
                                 .email = {"Marie@Example.org", 17},
                                 .password = {"gannet over the harbour", 23}};

static void a_person_signs_up_and_in(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit nobody = stage_visit(stage, 0, ROLE_NOBODY);
    ErrorList errors;
    int64_t id;
    bool any = true;
    check_fine(account_any(&nobody, &any));
    assert_false(any);
    check_fine(add(stage, &marie, &errors, &id));
    check_fine(account_any(&nobody, &any));
    assert_true(any);
    Account account;
    check_fine(account_check_password(&nobody, STR("mARIE"), marie.password, &account));
    assert_int_equal(account.id, id);
    check_str(account.name, "Marie");
    assert_int_equal(account.role, ROLE_MEMBER);
    check_fine(account_check_password(&nobody, STR("marie@example.ORG"), marie.password, &account));
    assert_int_equal(account.id, id);
    stage_close(stage);
}

static void wrong_words_and_unknown_names_get_one_answer(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit nobody = stage_visit(stage, 0, ROLE_NOBODY);
    ErrorList errors;
    int64_t id;
    check_fine(add(stage, &marie, &errors, &id));
    Account account;
    Error wrong = account_check_password(&nobody, STR("marie"), STR("gannet"), &account);
    Error unknown = account_check_password(&nobody, STR("pierre"), STR("gannet"), &account);
    check_code(wrong, ERROR_NOT_SIGNED_IN, "bad_credentials");
    check_code(unknown, ERROR_NOT_SIGNED_IN, "bad_credentials");
    assert_string_equal(wrong.words, unknown.words);
    stage_close(stage);
}

static void names_and_addresses_are_unique_whatever_their_case(void **state) {
    (void)state;
    Stage *stage = stage_open();
    ErrorList errors;
    int64_t id;
    check_fine(add(stage, &marie, &errors, &id));
    AccountAsk again = marie;
    again.name = STR("MARIE");
    again.email = STR("marie@example.ORG");
    check_code(add(stage, &again, &errors, &id), ERROR_CONFLICT, "name_taken");
    assert_int_equal(errors.count, 2);
    assert_non_null(error_list_find(&errors, "email"));
    stage_close(stage);
}

static void all_faults_of_a_sign_up_are_told_at_once(void **state) {
    (void)state;
    Stage *stage = stage_open();
    ErrorList errors;
    int64_t id = 77;
    AccountAsk ask = {.name = STR("!"), .email = STR("nowhere"), .password = STR("1234")};
    assert_true(failed(add(stage, &ask, &errors, &id)));
    assert_int_equal(errors.count, 3);
    assert_int_equal(id, 77);
    stage_close(stage);
}

static void names_have_rules(void **state) {
    (void)state;
    Arena arena = arena_create(MIB);
    static const char *const fine[] = {"ab", "J-P_2.0", "a2345678901234567890123456789012", "42"};
    static const char *const bad[] = {"a",
                                      "",
                                      "a23456789012345678901234567890123",
                                      "-ab",
                                      "ab.",
                                      "a b",
                                      "a/b",
                                      "h\xC3\xA9l\xC3\xA8ne",
                                      "..",
                                      "p\xD0\xB0ul"};
    static const char *const reserved[] = {"admin", "Adm1n",    "M-0-d-3-r-a-t-o-r",
                                           "api",   "feed.rss", "x.torrent"};
    for (size_t i = 0; i < sizeof fine / sizeof *fine; i++)
        check_fine(account_check_name(str_from_c(fine[i]), ROLE_MEMBER, &arena));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_true(failed(account_check_name(str_from_c(bad[i]), ROLE_ADMIN, &arena)));
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
        check_code(account_check_name(str_from_c(reserved[i]), ROLE_MEMBER, &arena),
                   ERROR_BAD_INPUT, "name_reserved");
    check_fine(account_check_name(STR("admin"), ROLE_ADMIN, &arena));
    arena_free(&arena);
}

static void addresses_must_be_plausible(void **state) {
    (void)state;
    static const char *const fine[] = {"a@b.org", "first.last+tag@sub.example.org",
                                       ("\xC3\xA9ric@\xC3\xA9"
                                        "cole.example")};
    static const char *const bad[] = {
        "",          "a",        "@b.org",     "a@b",      "a@b.",      "a@.org",    "a b@c.org",
        "a@b@c.org", ".a@b.org", "a..b@c.org", "a@-b.org", "a@b_c.org", "a\n@b.org", "<a@b.org>"};
    for (size_t i = 0; i < sizeof fine / sizeof *fine; i++)
        check_fine(account_check_email(str_from_c(fine[i])));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_true(failed(account_check_email(str_from_c(bad[i]))));
    char address[EMAIL_BYTES_MAX + 2];
    for (size_t i = 0; i < sizeof address; i++) address[i] = i % 60 ? 'x' : '.';
    memcpy(address, "ab@", 3);
    check_fine(account_check_email((Str){address, EMAIL_BYTES_MAX}));
    assert_true(failed(account_check_email((Str){address, EMAIL_BYTES_MAX + 1})));
    memset(address, 'l', 65);
    memcpy(address + 64, "@b.org", 6);
    check_fine(account_check_email((Str){address, 70}));
    memset(address, 'l', 66);
    memcpy(address + 65, "@b.org", 6);
    assert_true(failed(account_check_email((Str){address, 71})));
}

static void a_closed_community_takes_nobody_but_whom_admins_add(void **state) {
    (void)state;
    Stage *stage = stage_open();
    stage->settings.registration_open = false;
    ErrorList errors;
    int64_t id;
    check_code(add(stage, &marie, &errors, &id), ERROR_NOT_ALLOWED, "registration_closed");
    (void)stage_member(stage, "pierre", ROLE_MEMBER);
    stage_close(stage);
}

static void only_the_first_may_make_himself_admin(void **state) {
    (void)state;
    Stage *stage = stage_open();
    ErrorList errors;
    int64_t id;
    AccountAsk ask = marie;
    ask.role = ROLE_ADMIN;
    check_fine(add(stage, &ask, &errors, &id));
    ask.name = STR("pierre");
    ask.email = STR("pierre@example.org");
    check_code(add(stage, &ask, &errors, &id), ERROR_NOT_ALLOWED, "not_allowed");
    stage_close(stage);
}

static void addresses_are_shown_to_their_owner_and_admins_only(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit owner = stage_member(stage, "marie", ROLE_MEMBER);
    Visit other = stage_member(stage, "pierre", ROLE_MODERATOR);
    Visit admin = stage_member(stage, "irene", ROLE_ADMIN);
    Account account;
    check_fine(account_find(&owner, STR("Marie"), &account));
    check_str(account.email, "marie@example.org");
    check_fine(account_find(&other, STR("Marie"), &account));
    check_str(account.email, "");
    check_fine(account_by_id(&admin, account.id, &account));
    check_str(account.email, "marie@example.org");
    check_code(account_find(&other, STR("paul"), &account), ERROR_NOT_FOUND, "not_found");
    Account *accounts;
    size_t count;
    check_code(account_list(&other, &accounts, &count), ERROR_NOT_ALLOWED, "not_allowed");
    check_fine(account_list(&admin, &accounts, &count));
    assert_int_equal(count, 3);
    check_str(accounts[0].name, "irene");
    stage_close(stage);
}

static void a_new_password_ends_other_sessions_and_tokens(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit here = stage_member(stage, "marie", ROLE_MEMBER), there = here;
    Str secret_here, secret_there, token;
    check_fine(session_open(&here, here.viewer.member_id, STR("here"), &secret_here));
    check_fine(session_open(&here, here.viewer.member_id, STR("there"), &secret_there));
    check_fine(token_add(&here, here.viewer.member_id, STR("t"), STR("read"), &token));
    check_fine(session_identify(&here, secret_here));
    const Str new_password = STR("cormorant under the pier");
    check_code(account_change_password(&here, STR("wrong"), new_password), ERROR_BAD_INPUT,
               "wrong_password");
    check_code(account_change_password(&here, STR("gannet over the harbour"), STR("short")),
               ERROR_BAD_INPUT, "password_too_short");
    check_fine(account_change_password(&here, STR("gannet over the harbour"), new_password));
    check_fine(session_identify(&there, secret_there));
    assert_int_equal(there.viewer.member_id, 0);
    check_code(token_identify(&there, token), ERROR_NOT_SIGNED_IN, "unknown_token");
    check_fine(session_identify(&here, secret_here));
    assert_true(here.viewer.member_id > 0);
    Account account;
    check_fine(account_check_password(&here, STR("marie"), new_password, &account));
    stage_close(stage);
}

static void the_last_admin_stays(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit admin = stage_member(stage, "irene", ROLE_ADMIN);
    int64_t id = admin.viewer.member_id;
    check_code(account_change_role(&admin, id, ROLE_MEMBER), ERROR_CONFLICT, "last_admin");
    check_code(account_change_banned(&admin, id, true), ERROR_CONFLICT, "last_admin");
    Visit member = stage_member(stage, "marie", ROLE_MEMBER);
    check_code(account_change_role(&member, member.viewer.member_id, ROLE_ADMIN), ERROR_NOT_ALLOWED,
               "not_allowed");
    check_fine(account_change_role(&admin, member.viewer.member_id, ROLE_ADMIN));
    check_fine(account_change_role(&admin, id, ROLE_MEMBER));
    check_code(account_change_role(&admin, 999, ROLE_MEMBER), ERROR_NOT_FOUND, "not_found");
    stage_close(stage);
}

static void the_banned_are_signed_out_and_stay_out(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit admin = stage_member(stage, "irene", ROLE_ADMIN);
    Visit member = stage_member(stage, "marie", ROLE_MEMBER);
    Str secret, token;
    check_fine(session_open(&member, member.viewer.member_id, STR(""), &secret));
    check_fine(token_add(&member, member.viewer.member_id, STR(""), STR("read"), &token));
    check_fine(account_change_banned(&admin, member.viewer.member_id, true));
    Account account;
    check_code(
        account_check_password(&member, STR("marie"), STR("gannet over the harbour"), &account),
        ERROR_NOT_ALLOWED, "banned");
    check_code(account_check_password(&member, STR("marie"), STR("other"), &account),
               ERROR_NOT_SIGNED_IN, "bad_credentials");
    check_code(token_identify(&member, token), ERROR_NOT_SIGNED_IN, "unknown_token");
    check_fine(session_identify(&member, secret));
    assert_int_equal(member.viewer.role, ROLE_NOBODY);
    stage_close(stage);
}

static void preferences_are_kept(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit member = stage_member(stage, "marie", ROLE_MEMBER);
    Str secret;
    check_fine(account_change_preferences(&member, STR("fr"), STR("dark")));
    check_code(account_change_preferences(&member, STR("xx"), STR("dark")), ERROR_BAD_INPUT,
               "unknown_language");
    check_code(account_change_preferences(&member, STR("fr"), STR("pink")), ERROR_BAD_INPUT,
               "unknown_theme");
    check_fine(session_open(&member, member.viewer.member_id, STR(""), &secret));
    check_fine(session_identify(&member, secret));
    check_str(member.viewer.language, "fr");
    check_str(member.viewer.theme, "dark");
    Visit nobody = stage_visit(stage, 0, ROLE_NOBODY);
    check_code(account_change_preferences(&nobody, STR("fr"), STR("")), ERROR_NOT_SIGNED_IN,
               "not_signed_in");
    stage_close(stage);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_person_signs_up_and_in),
        cmocka_unit_test(wrong_words_and_unknown_names_get_one_answer),
        cmocka_unit_test(names_and_addresses_are_unique_whatever_their_case),
        cmocka_unit_test(all_faults_of_a_sign_up_are_told_at_once),
        cmocka_unit_test(names_have_rules),
        cmocka_unit_test(addresses_must_be_plausible),
        cmocka_unit_test(a_closed_community_takes_nobody_but_whom_admins_add),
        cmocka_unit_test(only_the_first_may_make_himself_admin),
        cmocka_unit_test(addresses_are_shown_to_their_owner_and_admins_only),
        cmocka_unit_test(a_new_password_ends_other_sessions_and_tokens),
        cmocka_unit_test(the_last_admin_stays),
        cmocka_unit_test(the_banned_are_signed_out_and_stay_out),
        cmocka_unit_test(preferences_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
