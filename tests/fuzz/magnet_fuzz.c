/* magnet_fuzz — any link: refused by name, or read, written and read again as the same. */
#include <assert.h>

#include "base/limits.h"
#include "torrent/magnet.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    Arena arena = arena_create(16 * MIB);
    Magnet magnet, again;
    InfoHash hash;
    infohash_parse(str_from_bytes(bytes, len), &hash);
    Error e = magnet_parse(str_from_bytes(bytes, len), &arena, &magnet);
    if (failed(e)) {
        assert(error_text(e, &arena).len > 0);
    } else {
        Str link = magnet_write(&magnet, &arena);
        e = magnet_parse(link, &arena, &again);
        /* Percent-encoding may carry a link past its limit. */
        assert(!failed(e) || link.len > MAGNET_BYTES_MAX);
        if (!failed(e)) {
            assert(memcmp(&again.hash, &magnet.hash, sizeof hash) == 0);
            assert(str_equal(again.name, magnet.name));
            assert(again.tracker_count == magnet.tracker_count);
            assert(again.selected_count == magnet.selected_count);
        }
    }
    arena_free(&arena);
    return 0;
}
