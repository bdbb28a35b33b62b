/* digest.h — SHA-1 and SHA-256 (OpenSSL), and a keyed hash for tables an attacker may fill
 * (SipHash-2-4, libsodium). One-shot or streamed; a stream must be finished or dropped. */
#pragma once
#include "base/str.h"

enum { SHA1_BYTES = 20, SHA256_BYTES = 32, SIPHASH_KEY_BYTES = 16, HMAC_KEY_BYTES = 32 };

void sha1(Str bytes, uint8_t ret_digest[SHA1_BYTES]);
void sha256(Str bytes, uint8_t ret_digest[SHA256_BYTES]);
/* HMAC-SHA-256 (RFC 2104): what nobody can make without the key. */
void hmac_sha256(Str bytes, const uint8_t key[HMAC_KEY_BYTES], uint8_t ret_mac[SHA256_BYTES]);
uint64_t siphash(Str bytes, const uint8_t key[SIPHASH_KEY_BYTES]);
bool digest_equal(const void *a, const void *b,
                  size_t len); /* in constant time: for tokens and MACs */

typedef struct Sha Sha;
Sha *sha1_create(void);
Sha *sha256_create(void);
void sha_add(Sha *sha, Str bytes);
void sha_finish(Sha *sha, uint8_t *ret_digest); /* and frees it */
/* As sha_finish, but the stream stays and begins anew: for many small digests, at half the cost. */
void sha_finish_and_restart(Sha *sha, uint8_t *ret_digest);
void sha_free(Sha *sha); /* NULL is fine */
