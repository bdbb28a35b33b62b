#include "base/digest.h"

#include <assert.h>
#include <openssl/evp.h>
#include <sodium.h>

static void digest_once(const EVP_MD *kind, Str bytes, uint8_t *ret_digest) {
    int done = EVP_Digest(bytes.len ? bytes.at : "", bytes.len, ret_digest, NULL, kind, NULL);
    assert(done == 1);
}

void sha1(Str bytes, uint8_t ret_digest[SHA1_BYTES]) { digest_once(EVP_sha1(), bytes, ret_digest); }
void sha256(Str bytes, uint8_t ret_digest[SHA256_BYTES]) {
    digest_once(EVP_sha256(), bytes, ret_digest);
}

void hmac_sha256(Str bytes, const uint8_t key[HMAC_KEY_BYTES], uint8_t ret_mac[SHA256_BYTES]) {
    static_assert(crypto_auth_hmacsha256_BYTES == SHA256_BYTES, "HMAC-SHA-256 gives 32 bytes");
    crypto_auth_hmacsha256(ret_mac, (const unsigned char *)(bytes.len ? bytes.at : ""), bytes.len,
                           key);
}

uint64_t siphash(Str bytes, const uint8_t key[SIPHASH_KEY_BYTES]) {
    uint64_t value;
    static_assert(crypto_shorthash_BYTES == sizeof value, "SipHash gives 64 bits");
    crypto_shorthash((unsigned char *)&value, (const unsigned char *)(bytes.len ? bytes.at : ""),
                     bytes.len, key);
    return value;
}

bool digest_equal(const void *a, const void *b, size_t len) {
    return sodium_memcmp(a, b, len) == 0;
}

struct Sha {
    EVP_MD_CTX *context;
};

static Sha *sha_create(const EVP_MD *kind) {
    Sha *sha = calloc(1, sizeof *sha);
    assert(sha);
    sha->context = EVP_MD_CTX_new();
    assert(sha->context);
    int done = EVP_DigestInit_ex(sha->context, kind, NULL);
    assert(done == 1);
    return sha;
}

Sha *sha1_create(void) { return sha_create(EVP_sha1()); }
Sha *sha256_create(void) { return sha_create(EVP_sha256()); }

void sha_add(Sha *sha, Str bytes) {
    int done = EVP_DigestUpdate(sha->context, bytes.at, bytes.len);
    assert(done == 1);
}

void sha_finish_and_restart(Sha *sha, uint8_t *ret_digest) {
    int done = EVP_DigestFinal_ex(sha->context, ret_digest, NULL);
    assert(done == 1);
    done = EVP_DigestInit_ex(sha->context, NULL, NULL);
    assert(done == 1);
}

void sha_finish(Sha *sha, uint8_t *ret_digest) {
    int done = EVP_DigestFinal_ex(sha->context, ret_digest, NULL);
    assert(done == 1);
    sha_free(sha);
}

void sha_free(Sha *sha) {
    if (!sha) return;
    EVP_MD_CTX_free(sha->context);
    free(sha);
}
