/* session_secret.h — what sessions and tokens share: the secret given out, and what is kept of it.
 */
#pragma once
#include "base/digest.h"
#include "community/community.h"

enum { SESSION_SECRET_BYTES = 32 };

Str session_secret_make(Arena *arena, Str *ret_hash); /* base64url, to give out */
Str session_secret_hash(Arena *arena, const uint8_t secret[SESSION_SECRET_BYTES]);
Str session_label(Arena *arena, Str typed); /* fit to keep; empty when it is not */
