#include <jansson.h>

#include "base/encode.h"
#include "base/random.h"
#include "command/commands.h"
#include "community/account.h"

enum { MADE_PASSWORD_BYTES = 12 };

/* From standard input, or made here and shown once. */
static Error password_of(Call *call, Str *ret_password, bool *ret_made) {
    *ret_made = !call_has(call, "password-stdin");
    if (*ret_made) {
        uint8_t bytes[MADE_PASSWORD_BYTES];
        random_bytes(bytes, sizeof bytes);
        *ret_password = base64url_write(call->arena, bytes, sizeof bytes);
        return OK;
    }
    Str text;
    TRY(call->io->read_file(call->io->end, STR("-"), call->arena, &text));
    *ret_password = str_cut(&text, '\n');
    if (str_ends(*ret_password, STR("\r"))) ret_password->len--;
    return OK;
}

static Error role_of(Call *call, Str name, Role *ret_role) {
    if (!role_parse(name, ret_role) || *ret_role == ROLE_NOBODY)
        return call_usage(call, "A role is member, trusted, moderator or admin, not \"{}\".", name);
    return OK;
}

static void say_all(Call *call, const ErrorList *errors) {
    for (size_t i = 1; i < errors->count; i++) {
        Str text = arena_print(call->arena, "essaim: %.*s\n",
                               STR_PRINTF(error_text(errors->at[i], call->arena)));
        call->io->err(call->io->end, text);
    }
}

Error command_user_add(Call *call) {
    AccountAsk ask = {.name = call->words[0], .email = call_option(call, "email", (Str){0})};
    bool made;
    if (!call_has(call, "email")) return call_usage(call, "--email is missing.", (Str){0});
    TRY(role_of(call, call_option(call, "role", STR("member")), &ask.role));
    TRY(password_of(call, &ask.password, &made));
    ErrorList errors = {.arena = call->arena};
    int64_t id;
    Error e = account_add(call->visit, &ask, &errors, &id);
    if (failed(e)) say_all(call, &errors);
    TRY(e);
    if (call->json) {
        json_t *answer = json_object();
        json_object_set_new(answer, "id",
                            json_string(arena_print(call->arena, "%lld", (long long)id).at));
        json_object_set_new(answer, "name", json_stringn(ask.name.at, ask.name.len));
        if (made)
            json_object_set_new(answer, "password",
                                json_stringn(ask.password.at, ask.password.len));
        call_print_json(call, answer);
        return OK;
    }
    call_print(call, "%.*s now has the role %s.\n", STR_PRINTF(ask.name), role_name(ask.role));
    if (made) call_print(call, "Password, shown this once: %.*s\n", STR_PRINTF(ask.password));
    return OK;
}

Error command_user_list(Call *call) {
    Account *accounts;
    size_t count;
    TRY(account_list(call->visit, &accounts, &count));
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        const Account *account = &accounts[i];
        Str since = clock_rfc3339(call->arena, account->created_at);
        if (!call->json) {
            call_print(call, "%-32.*s %-10s %.*s  %lld works%s\n", STR_PRINTF(account->name),
                       role_name(account->role), STR_PRINTF(since), (long long)account->works,
                       account->banned ? "  banned" : "");
            continue;
        }
        json_t *item = json_object();
        json_object_set_new(
            item, "id", json_string(arena_print(call->arena, "%lld", (long long)account->id).at));
        json_object_set_new(item, "name", json_stringn(account->name.at, account->name.len));
        json_object_set_new(item, "role", json_string(role_name(account->role)));
        json_object_set_new(item, "created_at", json_stringn(since.at, since.len));
        json_object_set_new(item, "works", json_integer(account->works));
        json_object_set_new(item, "banned", json_boolean(account->banned));
        json_array_append_new(list, item);
    }
    if (call->json)
        call_print_json(call, list);
    else
        json_decref(list);
    return OK;
}

Error command_user_role(Call *call) {
    Account account;
    Role role;
    TRY(role_of(call, call->words[1], &role));
    TRY(account_find(call->visit, call->words[0], &account));
    TRY(account_change_role(call->visit, account.id, role));
    if (call->json) {
        json_t *answer = json_object();
        json_object_set_new(answer, "name", json_stringn(account.name.at, account.name.len));
        json_object_set_new(answer, "role", json_string(role_name(role)));
        call_print_json(call, answer);
        return OK;
    }
    call_print(call, "%.*s now has the role %s.\n", STR_PRINTF(account.name), role_name(role));
    return OK;
}

Error command_user_password(Call *call) {
    Account account;
    Str password;
    bool made;
    TRY(account_find(call->visit, call->words[0], &account));
    TRY(password_of(call, &password, &made));
    TRY(account_set_password(call->visit, account.id, password));
    if (call->json) {
        json_t *answer = json_object();
        json_object_set_new(answer, "name", json_stringn(account.name.at, account.name.len));
        if (made) json_object_set_new(answer, "password", json_stringn(password.at, password.len));
        call_print_json(call, answer);
        return OK;
    }
    if (made) call_print(call, "Password, shown this once: %.*s\n", STR_PRINTF(password));
    return OK;
}
