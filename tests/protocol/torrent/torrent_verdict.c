/* torrent_verdict — what essaim says of many torrents, for comparison with another program's word.
 * Reads torrents from standard input, each after its length in 4 bytes (big-endian); writes one
 * line for each: "ok V1 V2 FILES SIZE" (- for an absent hash) or "CODE - - 0 0". */
#include "base/arena.h"
#include "base/bytes.h"
#include "base/limits.h"
#include "torrent/metainfo.h"

enum { LENGTH_BYTES = 4 };

static Str or_dash(Str hex) { return hex.len ? hex : STR("-"); }

static void print_verdict(Str bytes, Arena *arena) {
    Metainfo metainfo;
    Error e = metainfo_parse(bytes, arena, &metainfo);
    if (failed(e)) {
        printf("%s - - 0 0\n", error_code(e));
        return;
    }
    Str v1 = or_dash(infohash_v1_hex(&metainfo.hash, arena));
    Str v2 = or_dash(infohash_v2_hex(&metainfo.hash, arena));
    printf("ok %.*s %.*s %zu %llu\n", STR_PRINTF(v1), STR_PRINTF(v2), metainfo.file_count,
           (unsigned long long)metainfo.size_bytes);
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
