/* torrent_verdict — what essaim says of many torrents and magnets, for comparison with another
 * program's word. Reads them from standard input, each after its length in 4 bytes (big-endian);
 * writes one line for each: "ok V1 V2 FILES SIZE" (- for an absent hash) or "CODE - - 0 0". */
#include "base/arena.h"
#include "base/bytes.h"
#include "base/limits.h"
#include "torrent/magnet.h"
#include "torrent/metainfo.h"

enum { LENGTH_BYTES = 4 };

static Str or_dash(Str hex) { return hex.len ? hex : STR("-"); }

static void print_hashes(const InfoHash *hash, size_t files, uint64_t size_bytes, Arena *arena) {
    Str v1 = or_dash(infohash_v1_hex(hash, arena));
    Str v2 = or_dash(infohash_v2_hex(hash, arena));
    printf("ok %.*s %.*s %zu %llu\n", STR_PRINTF(v1), STR_PRINTF(v2), files,
           (unsigned long long)size_bytes);
}

static void print_verdict(Str bytes, Arena *arena) {
    Metainfo metainfo;
    Magnet magnet;
    bool is_magnet = str_starts_nocase(str_trim(bytes), STR("magnet:"));
    Error e =
        is_magnet ? magnet_parse(bytes, arena, &magnet) : metainfo_parse(bytes, arena, &metainfo);
    if (failed(e))
        printf("%s - - 0 0\n", error_code(e));
    else if (is_magnet)
        print_hashes(&magnet.hash, 0, magnet.size_bytes, arena);
    else
        print_hashes(&metainfo.hash, metainfo.file_count, metainfo.size_bytes, arena);
}

int main(void) {
    static Arena arena;
    arena = arena_create(REQUEST_ARENA_BYTES_MAX);
    uint8_t head[LENGTH_BYTES];
    while (fread(head, 1, sizeof head, stdin) == sizeof head) {
        ByteReader reader = byte_reader(head, sizeof head);
        size_t len = byte_read_u32(&reader);
        if (len > 2 * (size_t)TORRENT_FILE_BYTES_MAX) return 1;
        char *bytes = arena_alloc(&arena, len + 1, 1);
        if (fread(bytes, 1, len, stdin) != len) return 1;
        print_verdict((Str){bytes, len}, &arena);
        arena_reset(&arena);
    }
    arena_free(&arena);
    return 0;
}
