#include "community/session.h"

#include "base/encode.h"
#include "base/limits.h"
#include "base/random.h"
#include "community/permission.h"
#include "community/plain_text.h"
#include "community/session_secret.h"
#include "queries/session.h"
#include "queries/token.h"

enum { SESSION_UNUSED_S = 30 * 86400, SESSION_TOUCH_S = 600 };

Str session_secret_make(Arena *arena, Str *ret_hash) {
    uint8_t secret[SESSION_SECRET_BYTES];
    random_bytes(secret, sizeof secret);
    *ret_hash = session_secret_hash(arena, secret);
    return base64url_write(arena, secret, sizeof secret);
}

Str session_secret_hash(Arena *arena, const uint8_t secret[SESSION_SECRET_BYTES]) {
    uint8_t hash[SHA256_BYTES];
    sha256(str_from_bytes(secret, SESSION_SECRET_BYTES), hash);
    return arena_copy(arena, str_from_bytes(hash, sizeof hash));
}

Str session_label(Arena *arena, Str typed) {
    Str label = {0};
    if (!plain_text_line(plain_text_shorten(typed, LABEL_BYTES_MAX), arena, &label))
        return (Str){0};
    return plain_text_shorten(label, LABEL_BYTES_MAX);
}

typedef struct {
    Str hash, label;
    int64_t member_id;
    Seconds now;
} Opening;

static Error add_session(Db *db, Arena *arena, void *argument) {
    const Opening *opening = argument;
    SessionAddRow row;
    TRY(query_session_add(db, arena,
                          (SessionAddAsk){.secret_hash = opening->hash,
                                          .member_id = opening->member_id,
                                          .label = opening->label,
                                          .at = opening->now},
                          &row));
    return query_session_remove_oldest(
        db, arena,
        (SessionRemoveOldestAsk){.member_id = opening->member_id, .kept = SESSIONS_OF_MEMBER_MAX},
        NULL);
}

Error session_open(Visit *visit, int64_t member_id, Str label, Str *ret_secret) {
    Opening opening = {
        .label = session_label(visit->arena, label), .member_id = member_id, .now = visit->now};
    Str secret = session_secret_make(visit->arena, &opening.hash);
    TRY(store_write(visit->community->store, visit->arena, add_session, &opening));
    *ret_secret = secret;
    return OK;
}

static Error remove_session(Db *db, Arena *arena, void *argument) {
    return query_session_remove(db, arena, *(const SessionRemoveAsk *)argument, NULL);
}

Error session_close(Visit *visit) {
    if (visit->viewer.by_token || !visit->viewer.session_id.len) return OK;
    SessionRemoveAsk ask = {.secret_hash = visit->viewer.session_id};
    TRY(store_write(visit->community->store, visit->arena, remove_session, &ask));
    visit->viewer = (Viewer){0};
    return OK;
}

static Error remove_one(Db *db, Arena *arena, void *argument) {
    int64_t changed;
    TRY(query_session_remove_one(db, arena, *(const SessionRemoveOneAsk *)argument, &changed));
    return changed ? OK : error(NOT_FOUND, NULL, "There is no such session.");
}

Error session_close_one(Visit *visit, int64_t session_id) {
    TRY(permission_member(visit));
    SessionRemoveOneAsk ask = {.id = session_id, .member_id = visit->viewer.member_id};
    return store_write(visit->community->store, visit->arena, remove_one, &ask);
}

Error session_list(Visit *visit, Session **ret_sessions, size_t *ret_count) {
    TRY(permission_member(visit));
    SessionListRows rows;
    TRY(query_session_list(visit->db, visit->arena,
                           (SessionListAsk){.member_id = visit->viewer.member_id,
                                            .used_after = visit->now - SESSION_UNUSED_S},
                           &rows));
    Session *sessions = arena_new(visit->arena, Session, rows.count);
    for (size_t i = 0; i < rows.count; i++)
        sessions[i] = (Session){
            .id = rows.at[i].id,
            .label = rows.at[i].label,
            .created_at = rows.at[i].created_at,
            .used_at = rows.at[i].used_at,
            .current = str_equal(rows.at[i].secret_hash, visit->viewer.session_id),
        };
    *ret_sessions = sessions;
    *ret_count = rows.count;
    return OK;
}

static Error touch(Db *db, Arena *arena, void *argument) {
    return query_session_touch(db, arena, *(const SessionTouchAsk *)argument, NULL);
}

Error session_identify(Visit *visit, Str secret) {
    visit->viewer = (Viewer){0};
    uint8_t bytes[SESSION_SECRET_BYTES];
    if (!base64url_parse(secret, bytes, sizeof bytes)) return OK;
    Str hash = session_secret_hash(visit->arena, bytes);
    bool found;
    SessionFindRow row;
    TRY(query_session_find(visit->db, visit->arena, (SessionFindAsk){.secret_hash = hash}, &found,
                           &row));
    if (!found || row.banned || row.used_at <= visit->now - SESSION_UNUSED_S) return OK;
    visit->viewer = (Viewer){.member_id = row.member_id,
                             .name = row.name,
                             .role = (Role)row.role,
                             .session_id = hash,
                             .language = row.language,
                             .theme = row.theme,
                             .announce_salt = row.announce_salt};
    if (row.used_at > visit->now - SESSION_TOUCH_S) return OK;
    SessionTouchAsk ask = {.id = row.id, .used_at = visit->now};
    return store_write(visit->community->store, visit->arena, touch, &ask);
}

static Error remove_unused(Db *db, Arena *arena, void *argument) {
    return query_session_remove_unused(db, arena, *(const SessionRemoveUnusedAsk *)argument, NULL);
}

Error session_forget_ended(Visit *visit) {
    SessionRemoveUnusedAsk ask = {.used_before = visit->now - SESSION_UNUSED_S};
    return store_write(visit->community->store, visit->arena, remove_unused, &ask);
}
