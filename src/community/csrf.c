#include "base/encode.h"
#include "base/random.h"
#include "community/session.h"

/* The proof is an HMAC of who asks. What is given out is different every time (a random pad, and
 * the proof hidden under it), so that compressed pages of one visitor do not tell it by their
 * length (BREACH). */
enum { TOKEN_BYTES = 2 * SHA256_BYTES };

static void make_proof(const Visit *visit, Str anonymous, uint8_t ret_proof[SHA256_BYTES]) {
    bool known = visit->viewer.session_id.len > 0;
    Str seed = known ? visit->viewer.session_id : anonymous;
    Text text = text_create(visit->arena, seed.len + sizeof "csrf anonymous ");
    text_add(&text, known ? STR("csrf session ") : STR("csrf anonymous "));
    text_add(&text, seed);
    hmac_sha256(text_str(&text), visit->community->secret, ret_proof);
}

Str csrf_token(const Visit *visit, Str anonymous) {
    uint8_t proof[SHA256_BYTES], token[TOKEN_BYTES];
    make_proof(visit, anonymous, proof);
    random_bytes(token, SHA256_BYTES);
    for (size_t i = 0; i < SHA256_BYTES; i++) token[SHA256_BYTES + i] = token[i] ^ proof[i];
    return base64url_write(visit->arena, token, sizeof token);
}

bool csrf_check(const Visit *visit, Str anonymous, Str token) {
    if (!visit->viewer.session_id.len && !anonymous.len) return false;
    uint8_t proof[SHA256_BYTES], given[TOKEN_BYTES];
    if (!base64url_parse(token, given, sizeof given)) return false;
    for (size_t i = 0; i < SHA256_BYTES; i++) given[SHA256_BYTES + i] ^= given[i];
    make_proof(visit, anonymous, proof);
    return digest_equal(proof, given + SHA256_BYTES, sizeof proof);
}
