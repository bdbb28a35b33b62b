/* infohash.h — the name of a torrent: SHA-1 of its info dictionary (BEP 3), SHA-256 of it (BEP 52),
 * or both. */
#pragma once
#include "base/arena.h"
#include "base/digest.h"

typedef struct {
    bool has_v1, has_v2;
    uint8_t v1[SHA1_BYTES];
    uint8_t v2[SHA256_BYTES];
} InfoHash;

typedef struct {
    uint8_t bytes[SHA1_BYTES]; /* what trackers and peers say: v1, or v2 cut to 20 bytes (BEP 52) */
} SwarmHash;

InfoHash infohash_of(Str info, bool is_v1, bool is_v2);  /* info: the exact bytes */
SwarmHash infohash_swarm(const InfoHash *hash);          /* v1 first, for a hybrid */
Str infohash_v1_hex(const InfoHash *hash, Arena *arena); /* empty when absent */
Str infohash_v2_hex(const InfoHash *hash, Arena *arena);
/* What a person pastes: 40 hex (v1, or cut v2), 64 hex (v2), 68 hex (multihash 1220…), 32 base32.
 * 40 digits set has_v1: a caller that finds no such v1 tries them as the start of a v2. */
bool infohash_parse(Str text, InfoHash *ret_hash);
