#include "queries/token.h"
#include "base/encode.h"
#include "base/limits.h"
#include "base/text.h"
#include "community/permission.h"
#include "community/session.h"
#include "community/session_secret.h"
#include "queries/member.h"

enum { TOKEN_TOUCH_S = 600 };

typedef struct {
    const char *name;
    Role at_least;
} Scope;

static const Scope scopes_known[] = {
    {"read", ROLE_MEMBER},
    {"upload", ROLE_MEMBER},
    {"moderate", ROLE_MODERATOR},
    {"admin", ROLE_ADMIN},
};
enum { SCOPE_COUNT = sizeof scopes_known / sizeof *scopes_known };

static Error check_scopes(Str typed, Role role, Arena *arena, Str *ret_scopes) {
    bool wanted[SCOPE_COUNT] = {false};
    for (Str left = typed; left.len;) {
        Str word = str_cut(&left, ' ');
        if (!word.len) continue;
        size_t i = 0;
        while (i < SCOPE_COUNT && !str_equal(word, str_from_c(scopes_known[i].name))) i++;
        if (i == SCOPE_COUNT)
            return error_field(BAD_INPUT, "scopes", "unknown_scope",
                               "\"{}\" is not a scope. There are: read upload moderate admin.",
                               word);
        if (role < scopes_known[i].at_least)
            return error_field(NOT_ALLOWED, "scopes", "scope_beyond_role",
                               "Your role does not allow the scope \"{}\".", word);
        wanted[i] = true;
    }
    Text scopes = text_create(arena, 64);
    for (size_t i = 0; i < SCOPE_COUNT; i++) {
        if (!wanted[i]) continue;
        if (scopes.len) text_add_byte(&scopes, ' ');
        text_add(&scopes, str_from_c(scopes_known[i].name));
    }
    if (!scopes.len)
        return error_field(BAD_INPUT, "scopes", "scopes_required", "Choose at least one scope.");
    *ret_scopes = text_str(&scopes);
    return OK;
}

static Error add_token(Db *db, Arena *arena, void *argument) {
    const TokenAddAsk *ask = argument;
    TokenCountRow held;
    TRY(query_token_count(db, arena, (TokenCountAsk){.member_id = ask->member_id}, &held));
    if (held.count >= TOKENS_OF_MEMBER_MAX)
        return error(CONFLICT, "too_many_tokens", "You have too many tokens. Remove one first.");
    TokenAddRow row;
    return query_token_add(db, arena, *ask, &row);
}

Error token_add(Visit *visit, int64_t member_id, Str label, Str scopes, Str *ret_secret) {
    if (visit->viewer.by_token)
        return error(NOT_ALLOWED, "token_by_token", "A token cannot make another token.");
    bool found;
    MemberLineRow member;
    TRY(query_member_by_id(visit->db, visit->arena, (MemberByIdAsk){.id = member_id}, &found,
                           &member));
    if (!found) return error(NOT_FOUND, NULL, "There is no such member.");
    TokenAddAsk ask = {
        .member_id = member_id, .label = session_label(visit->arena, label), .at = visit->now};
    TRY(check_scopes(scopes, (Role)member.role, visit->arena, &ask.scopes));
    Str secret = session_secret_make(visit->arena, &ask.secret_hash);
    TRY(store_write(visit->community->store, visit->arena, add_token, &ask));
    *ret_secret = secret;
    return OK;
}

Error token_list(Visit *visit, Session **ret_tokens, size_t *ret_count) {
    TRY(permission_member(visit));
    TokenListRows rows;
    TRY(query_token_list(visit->db, visit->arena,
                         (TokenListAsk){.member_id = visit->viewer.member_id}, &rows));
    Session *tokens = arena_new(visit->arena, Session, rows.count);
    for (size_t i = 0; i < rows.count; i++)
        tokens[i] = (Session){
            .id = rows.at[i].id,
            .label = rows.at[i].label,
            .scopes = rows.at[i].scopes,
            .created_at = rows.at[i].created_at,
            .used_at = rows.at[i].used_at,
            .current = str_equal(rows.at[i].secret_hash, visit->viewer.session_id),
        };
    *ret_tokens = tokens;
    *ret_count = rows.count;
    return OK;
}

static Error remove_one(Db *db, Arena *arena, void *argument) {
    int64_t changed;
    TRY(query_token_remove_one(db, arena, *(const TokenRemoveOneAsk *)argument, &changed));
    return changed ? OK : error(NOT_FOUND, NULL, "There is no such token.");
}

Error token_remove(Visit *visit, int64_t token_id) {
    TRY(permission_member(visit));
    TokenRemoveOneAsk ask = {.id = token_id, .member_id = visit->viewer.member_id};
    return store_write(visit->community->store, visit->arena, remove_one, &ask);
}

static Error touch(Db *db, Arena *arena, void *argument) {
    return query_token_touch(db, arena, *(const TokenTouchAsk *)argument, NULL);
}

Error token_identify(Visit *visit, Str secret) {
    const Error unknown = error(NOT_SIGNED_IN, "unknown_token", "This token is not known here.");
    visit->viewer = (Viewer){0};
    uint8_t bytes[SESSION_SECRET_BYTES];
    if (!base64url_parse(secret, bytes, sizeof bytes)) return unknown;
    Str hash = session_secret_hash(visit->arena, bytes);
    bool found;
    TokenFindRow row;
    TRY(query_token_find(visit->db, visit->arena, (TokenFindAsk){.secret_hash = hash}, &found,
                         &row));
    if (!found || row.banned) return unknown;
    visit->viewer = (Viewer){.member_id = row.member_id,
                             .name = row.name,
                             .role = (Role)row.role,
                             .session_id = hash,
                             .scopes = row.scopes,
                             .by_token = true,
                             .language = row.language,
                             .theme = row.theme,
                             .announce_salt = row.announce_salt};
    if (row.used_at > visit->now - TOKEN_TOUCH_S) return OK;
    TokenTouchAsk ask = {.id = row.id, .used_at = visit->now};
    return store_write(visit->community->store, visit->arena, touch, &ask);
}
