/* account.h — members: signing up, passwords, profiles, preferences.
 * Passwords are argon2id (libsodium), never more than a few hashed at once: others wait, then
 * UNAVAILABLE. Signing in takes the same time and says the same words whether or not the name
 * exists. */
#pragma once
#include "community/community.h"

typedef struct {
    Str name, email, password;
    Role role; /* ROLE_MEMBER unless a command or the set-up makes another */
} AccountAsk;

typedef struct {
    int64_t id;
    Str name, email; /* email: empty for anybody but the member and administrators */
    Role role;
    Seconds created_at;
    Str language, theme; /* preferences, empty when none */
    bool banned;
    int64_t works; /* published */
} Account;

/* A role above member: by an administrator, or while there is none.
 * All faults at once in `errors` (fields name, email, password); the first is also returned.
 * Names: letters, digits, - _ . of NAME_BYTES_MIN..MAX, unique regardless of case. Password: not
 * too common. */
MUST_USE Error account_add(Visit *visit, const AccountAsk *ask, ErrorList *errors, int64_t *ret_id);
/* By name or by e-mail address. An unknown one takes as long and says the same as a wrong password.
 */
MUST_USE Error account_check_password(Visit *visit, Str name, Str password, Account *ret_account);
MUST_USE Error account_find(Visit *visit, Str name, Account *ret_account);
MUST_USE Error account_by_id(Visit *visit, int64_t id, Account *ret_account);
/* Ends every other session and token of the member. */
MUST_USE Error account_change_password(Visit *visit, Str old_password, Str new_password);
MUST_USE Error account_change_preferences(Visit *visit, Str language, Str theme);
MUST_USE Error account_change_role(Visit *visit, int64_t id, Role role);
MUST_USE Error account_change_banned(Visit *visit, int64_t id, bool banned); /* ends the sessions */
MUST_USE Error account_set_password(Visit *visit, int64_t id, Str new_password); /* command line */
MUST_USE Error account_list(Visit *visit, Account **ret_accounts, size_t *ret_count);
MUST_USE Error account_any(Visit *visit, bool *ret_any);
/* false: the set-up address is due, however many have signed up already. */
MUST_USE Error account_any_admin(Visit *visit, bool *ret_any);
