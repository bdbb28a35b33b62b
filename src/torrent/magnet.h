/* magnet.h — magnet links: xt (btih in hex or base32, btmh), dn, xl, tr, ws (BEP 9, 52), so (BEP
 * 53). */
#pragma once
#include "base/error.h"
#include "torrent/infohash.h"

typedef struct {
    uint32_t first, last;
} MagnetRange;

typedef struct {
    InfoHash hash;
    Str name;            /* dn */
    uint64_t size_bytes; /* xl; 0 when absent */
    const Str *trackers;
    size_t tracker_count;
    const Str *web_seeds;
    size_t web_seed_count;
    const MagnetRange *selected; /* so */
    size_t selected_count;
} Magnet;

MUST_USE Error magnet_parse(Str link, Arena *arena, Magnet *ret_magnet);
Str magnet_write(const Magnet *magnet, Arena *arena);
