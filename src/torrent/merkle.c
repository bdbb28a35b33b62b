#include "torrent/merkle.h"

#include <assert.h>
#include <string.h>

static void hash_pair(Sha *sha, const uint8_t *left, const uint8_t *right, uint8_t *ret_hash) {
    sha_add(sha, str_from_bytes(left, SHA256_BYTES));
    sha_add(sha, str_from_bytes(right, SHA256_BYTES));
    sha_finish_and_restart(sha, ret_hash);
}

void merkle_start(Merkle *merkle, Sha *sha256) {
    merkle->leaves = 0;
    merkle->sha = sha256;
}

/* As a binary counter: nodes[level] is a full tree of 2^level leaves where that bit of `leaves` is
 * set. */
void merkle_add(Merkle *merkle, const uint8_t leaf[SHA256_BYTES]) {
    uint8_t carry[SHA256_BYTES];
    memcpy(carry, leaf, sizeof carry);
    size_t level = 0;
    for (; merkle->leaves >> level & 1; level++)
        hash_pair(merkle->sha, merkle->nodes[level], carry, carry);
    assert(level < MERKLE_LEVELS_MAX);
    memcpy(merkle->nodes[level], carry, sizeof carry);
    merkle->leaves++;
}

void merkle_finish(const Merkle *merkle, uint64_t leaves_min, const uint8_t pad[SHA256_BYTES],
                   uint8_t ret_root[SHA256_BYTES]) {
    assert(merkle->leaves > 0);
    uint8_t carry[SHA256_BYTES], filler[SHA256_BYTES];
    memcpy(filler, pad, sizeof filler);
    bool has_carry = false;
    size_t level = 0;
    for (; (1ull << level) < merkle->leaves || (1ull << level) < leaves_min; level++) {
        if (merkle->leaves >> level & 1) {
            hash_pair(merkle->sha, merkle->nodes[level], has_carry ? carry : filler, carry);
            has_carry = true;
        } else if (has_carry) {
            hash_pair(merkle->sha, carry, filler, carry);
        }
        hash_pair(merkle->sha, filler, filler, filler);
    }
    memcpy(ret_root, has_carry ? carry : merkle->nodes[level], SHA256_BYTES);
}

void merkle_pad(uint64_t leaves, uint8_t ret_pad[SHA256_BYTES]) {
    uint8_t pair[2 * SHA256_BYTES];
    memset(ret_pad, 0, SHA256_BYTES);
    for (; leaves > 1; leaves /= 2) {
        memcpy(pair, ret_pad, SHA256_BYTES);
        memcpy(pair + SHA256_BYTES, ret_pad, SHA256_BYTES);
        sha256(str_from_bytes(pair, sizeof pair), ret_pad);
    }
}
