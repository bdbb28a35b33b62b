#include "community/account.h"

#include "base/limits.h"
#include "community/account_check.h"
#include "community/member_key.h"
#include "community/password.h"
#include "community/permission.h"
#include "community/plain_text.h"
#include "queries/member.h"
#include "queries/session.h"
#include "queries/token.h"

static Account from_row(const Visit *visit, const MemberLineRow *row) {
    bool own = visit->viewer.member_id == row->id || visit->viewer.role >= ROLE_ADMIN;
    return (Account){
        .id = row->id,
        .name = row->name,
        .email = own ? row->email : (Str){0},
        .role = (Role)row->role,
        .created_at = row->created_at,
        .language = own ? row->language : (Str){0},
        .theme = own ? row->theme : (Str){0},
        .banned = row->banned,
        .works = row->works,
    };
}

static Error no_such_member(void) { return error(NOT_FOUND, NULL, "There is no such member."); }

static Error row_by_id(Visit *visit, int64_t id, MemberLineRow *ret_row) {
    bool found;
    TRY(query_member_by_id(visit->db, visit->arena, (MemberByIdAsk){.id = id}, &found, ret_row));
    return found ? OK : no_such_member();
}

static const Error name_taken = {
    ERROR_CONFLICT, "name_taken", "name", "This name is taken.", {{0}}};
static const Error email_taken = {ERROR_CONFLICT,
                                  "email_taken",
                                  "email",
                                  "There is an account with this address already.",
                                  {{0}}};

static Error find_taken(Db *db, Arena *arena, const MemberAddAsk *ask, ErrorList *errors) {
    bool found;
    MemberLineRow row;
    TRY(query_member_by_name(db, arena, (MemberByNameAsk){.name_key = ask->name_key}, &found,
                             &row));
    if (found) error_list_add(errors, name_taken);
    TRY(query_member_by_email(db, arena, (MemberByEmailAsk){.email_key = ask->email_key}, &found,
                              &row));
    if (found) error_list_add(errors, email_taken);
    return OK;
}

typedef struct {
    MemberAddAsk ask;
    bool first_only; /* a set-up: only while nobody is here */
    ErrorList *errors;
    int64_t id;
} Adding;

static Error add_member(Db *db, Arena *arena, void *argument) {
    Adding *adding = argument;
    MemberCountRoleRow admins = {0};
    if (adding->first_only)
        TRY(query_member_count_role(db, arena, (MemberCountRoleAsk){.role = ROLE_ADMIN}, &admins));
    if (admins.count) return error(NOT_ALLOWED, NULL, "You may not do this.");
    bool added;
    MemberAddRow row;
    TRY(query_member_add(db, arena, adding->ask, &added, &row));
    if (added) {
        adding->id = row.id;
        return OK;
    }
    TRY(find_taken(db, arena, &adding->ask, adding->errors));
    TRY(error_list_first(adding->errors));
    return error(BROKEN, NULL, "The account could not be made.");
}

static Error check_may_add(const Visit *visit, const AccountAsk *ask) {
    if (visit->viewer.role >= ROLE_ADMIN) return permission_scope(visit, STR("admin"));
    if (ask->role > ROLE_MEMBER) return OK; /* add_member sees to it that nobody else administers */
    if (visit->community->settings->registration_open) return OK;
    return error(NOT_ALLOWED, "registration_closed", "This community takes no new members now.");
}

Error account_add(Visit *visit, const AccountAsk *ask, ErrorList *errors, int64_t *ret_id) {
    TRY(check_may_add(visit, ask));
    errors->arena = visit->arena;
    Role role = ask->role == ROLE_NOBODY ? ROLE_MEMBER : ask->role;
    Adding adding = {.first_only = role > ROLE_MEMBER && visit->viewer.role < ROLE_ADMIN,
                     .errors = errors};
    Str name = str_trim(ask->name), email = str_trim(ask->email);
    error_list_add(errors, account_check_name(name, role, visit->arena));
    error_list_add(errors, account_check_email(email));
    error_list_add(errors,
                   password_check_choice(ask->password, name, email, "password", visit->arena));
    adding.ask = (MemberAddAsk){
        .name = name,
        .name_key = plain_text_lower_ascii(name, visit->arena),
        .email = email,
        .email_key = plain_text_lower_ascii(email, visit->arena),
        .role = role,
        .created_at = visit->now,
    };
    if (!error_list_find(errors, "name") && !error_list_find(errors, "email"))
        TRY(find_taken(visit->db, visit->arena, &adding.ask, errors));
    TRY(error_list_first(errors));
    TRY(password_hash(ask->password, visit->arena, &adding.ask.password_hash));
    TRY(store_write(visit->community->store, visit->arena, add_member, &adding));
    *ret_id = adding.id;
    return OK;
}

static Error set_password(Db *db, Arena *arena, void *argument) {
    return query_member_set_password(db, arena, *(const MemberSetPasswordAsk *)argument, NULL);
}

/* By name or by address: people remember either. */
static Error find_to_sign_in(Visit *visit, Str name, bool *ret_found, MemberLineRow *ret_row) {
    Str key = plain_text_lower_ascii(str_trim(name), visit->arena);
    if (str_find_byte(key, '@') != STR_NONE)
        return query_member_by_email(visit->db, visit->arena, (MemberByEmailAsk){.email_key = key},
                                     ret_found, ret_row);
    return query_member_by_name(visit->db, visit->arena, (MemberByNameAsk){.name_key = key},
                                ret_found, ret_row);
}

Error account_check_password(Visit *visit, Str name, Str password, Account *ret_account) {
    bool found, right;
    MemberLineRow row = {0};
    TRY(find_to_sign_in(visit, name, &found, &row));
    TRY(password_check(password, found ? row.password_hash : (Str){0}, visit->arena, &right));
    if (!right) return error(NOT_SIGNED_IN, "bad_credentials", "Name or password is wrong.");
    if (row.banned) return error(NOT_ALLOWED, "banned", "This account is closed.");
    if (password_hash_is_stale(row.password_hash, visit->arena)) {
        MemberSetPasswordAsk ask = {.id = row.id};
        TRY(password_hash(password, visit->arena, &ask.password_hash));
        TRY(store_write(visit->community->store, visit->arena, set_password, &ask));
    }
    Account account = from_row(visit, &row);
    account.email = row.email;
    account.language = row.language;
    account.theme = row.theme;
    *ret_account = account;
    return OK;
}

Error account_find(Visit *visit, Str name, Account *ret_account) {
    bool found;
    MemberLineRow row;
    Str key = plain_text_lower_ascii(name, visit->arena);
    TRY(query_member_by_name(visit->db, visit->arena, (MemberByNameAsk){.name_key = key}, &found,
                             &row));
    if (!found) return no_such_member();
    *ret_account = from_row(visit, &row);
    return OK;
}

Error account_by_id(Visit *visit, int64_t id, Account *ret_account) {
    MemberLineRow row;
    TRY(row_by_id(visit, id, &row));
    *ret_account = from_row(visit, &row);
    return OK;
}

typedef struct {
    MemberSetPasswordAsk ask;
    Str spared; /* hash of the session that goes on */
} PasswordChange;

static Error change_password(Db *db, Arena *arena, void *argument) {
    const PasswordChange *change = argument;
    TRY(set_password(db, arena, (void *)&change->ask));
    TRY(query_session_remove_others(
        db, arena,
        (SessionRemoveOthersAsk){.member_id = change->ask.id, .secret_hash = change->spared},
        NULL));
    return query_token_remove_all(db, arena, (TokenRemoveAllAsk){.member_id = change->ask.id},
                                  NULL);
}

Error account_change_password(Visit *visit, Str old_password, Str new_password) {
    TRY(permission_member(visit));
    if (visit->viewer.by_token) return error(NOT_ALLOWED, NULL, "You may not do this.");
    MemberLineRow row;
    TRY(row_by_id(visit, visit->viewer.member_id, &row));
    bool right;
    TRY(password_check(old_password, row.password_hash, visit->arena, &right));
    if (!right)
        return error_field(BAD_INPUT, "old_password", "wrong_password",
                           "This is not your password.");
    TRY(password_check_choice(new_password, row.name, row.email, "new_password", visit->arena));
    PasswordChange change = {.ask = {.id = row.id}, .spared = visit->viewer.session_id};
    TRY(password_hash(new_password, visit->arena, &change.ask.password_hash));
    return store_write(visit->community->store, visit->arena, change_password, &change);
}

Error account_set_password(Visit *visit, int64_t id, Str new_password) {
    TRY(permission_role(visit, ROLE_ADMIN));
    TRY(permission_scope(visit, STR("admin")));
    MemberLineRow row;
    TRY(row_by_id(visit, id, &row));
    TRY(password_check_choice(new_password, row.name, row.email, "password", visit->arena));
    PasswordChange change = {.ask = {.id = id}};
    TRY(password_hash(new_password, visit->arena, &change.ask.password_hash));
    return store_write(visit->community->store, visit->arena, change_password, &change);
}

static Error set_preferences(Db *db, Arena *arena, void *argument) {
    return query_member_set_preferences(db, arena, *(const MemberSetPreferencesAsk *)argument,
                                        NULL);
}

Error account_change_preferences(Visit *visit, Str language, Str theme) {
    TRY(permission_member(visit));
    MemberSetPreferencesAsk ask = {
        .id = visit->viewer.member_id, .language = language, .theme = theme};
    TRY(account_check_preferences(language, theme));
    TRY(store_write(visit->community->store, visit->arena, set_preferences, &ask));
    visit->viewer.language = language;
    visit->viewer.theme = theme;
    return OK;
}

static Error keep_an_admin(Db *db, Arena *arena, int64_t id) {
    bool found;
    MemberLineRow row;
    TRY(query_member_by_id(db, arena, (MemberByIdAsk){.id = id}, &found, &row));
    if (!found) return no_such_member();
    if (row.role != ROLE_ADMIN || row.banned) return OK;
    MemberCountRoleRow admins;
    TRY(query_member_count_role(db, arena, (MemberCountRoleAsk){.role = ROLE_ADMIN}, &admins));
    if (admins.count > 1) return OK;
    return error(CONFLICT, "last_admin", "This is the last administrator. Make another one first.");
}

static Error set_role(Db *db, Arena *arena, void *argument) {
    const MemberSetRoleAsk *ask = argument;
    if (ask->role != ROLE_ADMIN) TRY(keep_an_admin(db, arena, ask->id));
    int64_t changed;
    TRY(query_member_set_role(db, arena, *ask, &changed));
    if (!changed) return no_such_member();
    /* Tokens made for the old role may be worth more than the new one. */
    return query_token_remove_all(db, arena, (TokenRemoveAllAsk){.member_id = ask->id}, NULL);
}

Error account_change_role(Visit *visit, int64_t id, Role role) {
    TRY(permission_role(visit, ROLE_ADMIN));
    TRY(permission_scope(visit, STR("admin")));
    if (role <= ROLE_NOBODY || role >= ROLE_COUNT)
        return error_field(BAD_INPUT, "role", "unknown_role", "There is no such role.");
    MemberSetRoleAsk ask = {.id = id, .role = role};
    return store_write(visit->community->store, visit->arena, set_role, &ask);
}

static Error set_banned(Db *db, Arena *arena, void *argument) {
    const MemberSetBannedAsk *ask = argument;
    if (ask->banned) TRY(keep_an_admin(db, arena, ask->id));
    int64_t changed;
    TRY(query_member_set_banned(db, arena, *ask, &changed));
    if (!changed) return no_such_member();
    return query_session_remove_others(db, arena, (SessionRemoveOthersAsk){.member_id = ask->id},
                                       NULL);
}

Error account_change_banned(Visit *visit, int64_t id, bool banned) {
    TRY(permission_role(visit, ROLE_ADMIN));
    TRY(permission_scope(visit, STR("admin")));
    MemberSetBannedAsk ask = {.id = id, .banned = banned};
    TRY(store_write(visit->community->store, visit->arena, set_banned, &ask));
    return member_key_follow(visit, id);
}

Error account_list(Visit *visit, Account **ret_accounts, size_t *ret_count) {
    TRY(permission_role(visit, ROLE_ADMIN));
    MemberLineRows rows;
    TRY(query_member_newest(visit->db, visit->arena,
                            (MemberNewestAsk){.count = LISTED_ACCOUNTS_MAX}, &rows));
    Account *accounts = arena_new(visit->arena, Account, rows.count);
    for (size_t i = 0; i < rows.count; i++) accounts[i] = from_row(visit, &rows.at[i]);
    *ret_accounts = accounts;
    *ret_count = rows.count;
    return OK;
}

Error account_any(Visit *visit, bool *ret_any) {
    MemberAnyRow row;
    TRY(query_member_any(visit->db, visit->arena, &row));
    *ret_any = row.known;
    return OK;
}

Error account_any_admin(Visit *visit, bool *ret_any) {
    MemberCountRoleRow row;
    TRY(query_member_count_role(visit->db, visit->arena, (MemberCountRoleAsk){.role = ROLE_ADMIN},
                                &row));
    *ret_any = row.count > 0;
    return OK;
}
