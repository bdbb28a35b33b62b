#include "torrent/infohash.h"

#include <string.h>

#include "base/encode.h"

InfoHash infohash_of(Str info, bool is_v1, bool is_v2) {
    InfoHash hash = {.has_v1 = is_v1, .has_v2 = is_v2};
    if (is_v1) sha1(info, hash.v1);
    if (is_v2) sha256(info, hash.v2);
    return hash;
}

SwarmHash infohash_swarm(const InfoHash *hash) {
    SwarmHash swarm;
    memcpy(swarm.bytes, hash->has_v1 ? hash->v1 : hash->v2, sizeof swarm.bytes);
    return swarm;
}

Str infohash_v1_hex(const InfoHash *hash, Arena *arena) {
    return hash->has_v1 ? hex_write(arena, hash->v1, sizeof hash->v1) : (Str){0};
}

Str infohash_v2_hex(const InfoHash *hash, Arena *arena) {
    return hash->has_v2 ? hex_write(arena, hash->v2, sizeof hash->v2) : (Str){0};
}

bool infohash_parse(Str text, InfoHash *ret_hash) {
    InfoHash hash = {0};
    text = str_trim(text);
    if (text.len == 4 + 2 * SHA256_BYTES && str_starts(text, STR("1220"))) text = str_skip(text, 4);
    switch (text.len) {
        case 2 * SHA1_BYTES: hash.has_v1 = hex_parse(text, hash.v1, sizeof hash.v1); break;
        case 2 * SHA256_BYTES: hash.has_v2 = hex_parse(text, hash.v2, sizeof hash.v2); break;
        case 32: hash.has_v1 = base32_parse(text, hash.v1, sizeof hash.v1); break;
        default: break;
    }
    if (!hash.has_v1 && !hash.has_v2) return false;
    *ret_hash = hash;
    return true;
}
