#include "community/password.h"

#include <pthread.h>
#include <sodium.h>
#include <unistd.h>

#include "base/limits.h"
#include "community/plain_text.h"

enum { HASH_PASSES = 2, HASH_MEMORY_BYTES = 19 * MIB, HASHES_RUNNING_MAX = 4 };

/* Nobody knows its password. Must have the costs above, or names could be told apart by time. */
static const char nobodys_hash[] =
    "$argon2id$v=19$m=19456,t=2,p=1$LgesrQ1atOYbH466rY03wA$"
    "jFxjA4Sga46vDxtXVUFGqwsdbPj3rKpXgCrNAOHyvsY";

/* Memory and cores are the whole program's, so this gate is too. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t room;
    int running, waiting;
} gate = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0};

static int running_max(void) {
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    return cores < 1 ? 1 : cores > HASHES_RUNNING_MAX ? HASHES_RUNNING_MAX : (int)cores;
}

static Error gate_enter(void) {
    const int max = running_max();
    pthread_mutex_lock(&gate.lock);
    bool full = gate.running >= max && gate.waiting >= PASSWORD_HASHES_WAITING_MAX;
    if (!full) {
        gate.waiting++;
        while (gate.running >= max) pthread_cond_wait(&gate.room, &gate.lock);
        gate.waiting--;
        gate.running++;
    }
    pthread_mutex_unlock(&gate.lock);
    if (!full) return OK;
    return error(UNAVAILABLE, "busy", "Too many people are signing in. Try again in a moment.");
}

static void gate_leave(void) {
    pthread_mutex_lock(&gate.lock);
    gate.running--;
    pthread_cond_signal(&gate.room);
    pthread_mutex_unlock(&gate.lock);
}

Error password_hash(Str password, Arena *arena, Str *ret_hash) {
    Str composed = plain_text_nfc(password, arena);
    char *hash = arena_new(arena, char, crypto_pwhash_STRBYTES);
    TRY(gate_enter());
    int result =
        crypto_pwhash_str_alg(hash, composed.len ? composed.at : "", composed.len, HASH_PASSES,
                              HASH_MEMORY_BYTES, crypto_pwhash_ALG_ARGON2ID13);
    gate_leave();
    if (result != 0)
        return error(UNAVAILABLE, "busy", "Too many people are signing in. Try again in a moment.");
    *ret_hash = str_from_c(hash);
    return OK;
}

Error password_check(Str password, Str hash, Arena *arena, bool *ret_right) {
    if (password.len > PASSWORD_BYTES_MAX) password = str_part(password, 0, 0);
    Str composed = plain_text_nfc(password, arena);
    const char *kept = hash.len ? str_c(arena, hash) : nobodys_hash;
    TRY(gate_enter());
    int result = crypto_pwhash_str_verify(kept, composed.len ? composed.at : "", composed.len);
    gate_leave();
    *ret_right = result == 0 && hash.len > 0 && composed.len > 0;
    return OK;
}

bool password_hash_is_stale(Str hash, Arena *arena) {
    return crypto_pwhash_str_needs_rehash(str_c(arena, hash), HASH_PASSES, HASH_MEMORY_BYTES) != 0;
}

static const char *const common[] = {
#define COMMON(word) word,
#include "community/password_tried_first.def"
#undef COMMON
};

enum { ENDING_BYTES_MAX = 4 };

/* "dragon", and "dragon2024!" just as well. */
static bool is_common(Str lower) {
    for (size_t i = 0; i < sizeof common / sizeof *common; i++) {
        Str word = str_from_c(common[i]);
        if (!str_starts(lower, word) || lower.len > word.len + ENDING_BYTES_MAX) continue;
        Str ending = str_skip(lower, word.len);
        size_t plain = 0;
        while (plain < ending.len && !(ending.at[plain] >= 'a' && ending.at[plain] <= 'z')) plain++;
        if (plain == ending.len) return true;
    }
    return false;
}

/* "aaaaaaaa", "12345678", "hgfedcba" */
static bool is_run(Str s) {
    int step = s.at[1] - s.at[0];
    if (step < -1 || step > 1) return false;
    for (size_t i = 2; i < s.len; i++)
        if (s.at[i] - s.at[i - 1] != step) return false;
    return true;
}

/* "abcabcabc", "12121212" */
static bool is_repeated(Str s) {
    for (size_t part = 2; part <= 4 && part * 2 <= s.len; part++) {
        size_t i = part;
        while (i < s.len && s.at[i] == s.at[i - part]) i++;
        if (i == s.len) return true;
    }
    return false;
}

/* What is left without the name must do as a password by itself: "marie1867" does not, "a gannet at
 * sea" of somebody called Ann does. */
static bool leans_on(Str lower, Str name, Arena *arena) {
    Str part = plain_text_lower_ascii(name, arena);
    return part.len && str_contains(lower, part) && lower.len - part.len < PASSWORD_BYTES_MIN;
}

Error password_check_choice(Str password, Str name, Str email, const char *field, Arena *arena) {
    if (password.len == 0)
        return error_field(BAD_INPUT, field, "password_required", "Choose a password.");
    if (password.len < PASSWORD_BYTES_MIN)
        return error_field(BAD_INPUT, field, "password_too_short",
                           "The password needs at least 8 characters.");
    if (password.len > PASSWORD_BYTES_MAX)
        return error_field(BAD_INPUT, field, "password_too_long",
                           "The password is longer than 256 bytes.");
    Str lower = plain_text_lower_ascii(password, arena);
    if (leans_on(lower, name, arena) || leans_on(lower, email, arena))
        return error_field(BAD_INPUT, field, "password_has_name",
                           "The password contains your name or address.");
    if (is_common(lower) || is_run(lower) || is_repeated(lower))
        return error_field(BAD_INPUT, field, "password_common",
                           "This password is among those tried first. Choose another.");
    return OK;
}
