/* password.h — hashing passwords with argon2id (RFC 9106; 19 MiB and 2 passes, as OWASP advises).
 * Only a few are hashed at once in the whole program, whatever the number of requests; a bounded
 * number waits, others are UNAVAILABLE. Passwords are compared in NFC, so that it does not matter
 * which keyboard typed the accents. */
#pragma once
#include "base/error.h"

MUST_USE Error password_hash(Str password, Arena *arena, Str *ret_hash);
/* An empty hash (nobody of that name) takes as long as a wrong password. */
MUST_USE Error password_check(Str password, Str hash, Arena *arena, bool *ret_right);
bool password_hash_is_stale(Str hash, Arena *arena); /* made with other costs than today's */

/* Long enough, not among the most common, enough of it without the member's own name or address. */
MUST_USE Error password_check_choice(Str password, Str name, Str email, const char *field,
                                     Arena *arena);
