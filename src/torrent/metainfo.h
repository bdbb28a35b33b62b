/* metainfo.h — what a .torrent file says: v1 (BEP 3), v2 and hybrid (BEP 52), read without trust.
 * A Metainfo points into the bytes it was read from and into the arena; both must outlive it.
 * Every way a file can be wrong is one row of torrent/fault.def: an Error with field "torrent", a
 * stable code and words for a person. Limits: base/limits.h. */
#pragma once
#include "base/clock.h"
#include "base/error.h"
#include "torrent/infohash.h"

typedef enum {
    FILE_PAD = 1, /* BEP 47 */
    FILE_EXECUTABLE = 2,
    FILE_HIDDEN = 4,
    FILE_SYMLINK = 8,
} TorrentFileFlags;

typedef struct {
    Str path; /* parts joined by '/', below the torrent's name (for a lone file: its name), made
                 safe to show: no "..", control or bidi characters (path.h) */
    uint64_t size_bytes;
    unsigned flags;
    bool has_root;
    uint8_t root[SHA256_BYTES]; /* v2: merkle root of this file */
} TorrentFile;

typedef struct {
    InfoHash hash;
    Str info;            /* the exact bytes of the info dictionary: never rewritten */
    Str name;            /* safe to show */
    uint64_t size_bytes; /* of the files, without padding */
    uint64_t piece_length;
    uint64_t pieces;
    bool is_private;    /* BEP 27: peers only through the listed trackers */
    TorrentFile *files; /* v1: as listed, FILE_PAD included; v2 and hybrid: the file tree */
    size_t file_count;
    Str *trackers; /* every announce URL once, tiers flattened, in order; link.h says which */
    size_t tracker_count;
    Str *web_seeds; /* url-list, BEP 19 */
    size_t web_seed_count;
    Str comment, created_by; /* safe to show; empty when absent */
    Seconds created_at;      /* 0 when absent */
    Str piece_layers;        /* v2: the bencoded dictionary as received, empty when absent */
} Metainfo;

MUST_USE Error metainfo_parse(Str bytes, Arena *arena, Metainfo *ret_metainfo);
/* Of an info dictionary alone, such as was taken in before: name, sizes and files. The hash is left
 * empty, and piece layers, which stand outside of it, are not held against it. */
MUST_USE Error metainfo_parse_info(Str info, Arena *arena, Metainfo *ret_metainfo);

/* What stands around `info` in the file we serve. */
typedef struct {
    Str info, piece_layers;
    const Str *trackers; /* one tier each; the first is also "announce" */
    size_t tracker_count;
    const Str *web_seeds;
    size_t web_seed_count;
    Str comment, created_by;
    Seconds created_at;
    Str update_url; /* BEP 39, outside of info: see docs/protocol.md. Empty: none */
} MetainfoParts;

Str metainfo_write(const MetainfoParts *parts, Arena *arena);
