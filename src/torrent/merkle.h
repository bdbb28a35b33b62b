/* merkle.h — the hash trees of BEP 52, leaf by leaf, in memory that does not grow with the tree. */
#pragma once
#include "base/digest.h"

enum { MERKLE_BLOCK_BYTES = 16 * 1024, MERKLE_LEVELS_MAX = 40 };

typedef struct {
    uint8_t nodes[MERKLE_LEVELS_MAX][SHA256_BYTES];
    uint64_t leaves;
    Sha *sha; /* lent by the caller, with nothing in it between calls */
} Merkle;

void merkle_start(Merkle *merkle, Sha *sha256); /* also to begin anew */
void merkle_add(Merkle *merkle, const uint8_t leaf[SHA256_BYTES]);
/* The root, once missing leaves up to the next power of two (of at least leaves_min) are filled
 * with pad. */
void merkle_finish(const Merkle *merkle, uint64_t leaves_min, const uint8_t pad[SHA256_BYTES],
                   uint8_t ret_root[SHA256_BYTES]);
/* The root of a tree of `leaves` (a power of two) zero hashes: what pads a layer of pieces. */
void merkle_pad(uint64_t leaves, uint8_t ret_pad[SHA256_BYTES]);
