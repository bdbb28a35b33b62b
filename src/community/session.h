/* session.h — being signed in: browser sessions and API tokens.
 * Both are 32 random bytes given out once in base64url; the store keeps only their SHA-256.
 * A session ends after 30 days unused; a token when it is revoked. */
#pragma once
#include "community/community.h"

typedef struct {
    int64_t id;
    Str label;  /* of a token; of a session: "Firefox on Linux" */
    Str scopes; /* of a token */
    Seconds created_at, used_at;
    bool current; /* the one asking */
} Session;

MUST_USE Error session_open(Visit *visit, int64_t member_id, Str label, Str *ret_secret);
MUST_USE Error session_close(Visit *visit); /* the visitor's own */
MUST_USE Error session_close_one(Visit *visit, int64_t session_id);
MUST_USE Error session_list(Visit *visit, Session **ret_sessions, size_t *ret_count);
/* Fills visit->viewer; an unknown, ended or empty secret leaves a nobody and is no error. */
MUST_USE Error session_identify(Visit *visit, Str secret);

/* scopes: space-separated of read upload moderate admin, not beyond what the role may; field
 * "scopes" */
MUST_USE Error token_add(Visit *visit, int64_t member_id, Str label, Str scopes, Str *ret_secret);
MUST_USE Error token_list(Visit *visit, Session **ret_tokens, size_t *ret_count);
MUST_USE Error token_remove(Visit *visit, int64_t token_id);
/* For "Authorization: Bearer": an unknown token is an error (NOT_SIGNED_IN). */
MUST_USE Error token_identify(Visit *visit, Str secret);

/* Bound to the session, or for a nobody to `anonymous` (a random cookie). */
Str csrf_token(const Visit *visit, Str anonymous);
bool csrf_check(const Visit *visit, Str anonymous, Str token);

MUST_USE Error session_forget_ended(Visit *visit); /* a job: rows of sessions that are over go */
