/* metainfo_fuzz — any torrent: refused by name, or read, shown safely, served again with the same
 * info. */
#include <assert.h>

#include "base/limits.h"
#include "torrent/metainfo.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void check_shown(Str shown) {
    assert(str_is_utf8(shown) && shown.len > 0);
    for (size_t i = 0; i < shown.len; i++) assert((uint8_t)shown.at[i] >= ' ');
    assert(!str_contains(shown, STR("\xE2\x80\xAE")) && !str_contains(shown, STR("//")));
    assert(!str_equal(shown, STR("..")) && !str_starts(shown, STR("../")));
    assert(!str_contains(shown, STR("/../")) && !str_ends(shown, STR("/..")));
}

static void check_served(const Metainfo *metainfo, Arena *arena) {
    MetainfoParts parts = {.info = metainfo->info,
                           .piece_layers = metainfo->piece_layers,
                           .trackers = metainfo->trackers,
                           .tracker_count = metainfo->tracker_count,
                           .web_seeds = metainfo->web_seeds,
                           .web_seed_count = metainfo->web_seed_count,
                           .comment = metainfo->comment,
                           .created_by = metainfo->created_by,
                           .created_at = metainfo->created_at};
    Metainfo again;
    Error e = metainfo_parse(metainfo_write(&parts, arena), arena, &again);
    assert(!failed(e));
    assert(str_equal(again.info, metainfo->info));
    assert(memcmp(&again.hash, &metainfo->hash, sizeof again.hash) == 0);
    assert(again.tracker_count == metainfo->tracker_count);
    assert(again.web_seed_count == metainfo->web_seed_count);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    Arena arena = arena_create(REQUEST_ARENA_BYTES_MAX);
    Metainfo metainfo;
    Error e = metainfo_parse(str_from_bytes(bytes, len), &arena, &metainfo);
    if (failed(e)) {
        assert(error_text(e, &arena).len > 0 && str_equal(str_from_c(e.field), STR("torrent")));
    } else {
        assert(metainfo.file_count > 0 && metainfo.pieces > 0);
        assert(metainfo.hash.has_v1 || metainfo.hash.has_v2);
        check_shown(metainfo.name);
        for (size_t i = 0; i < metainfo.file_count; i++) check_shown(metainfo.files[i].path);
        check_served(&metainfo, &arena);
    }
    arena_free(&arena);
    return 0;
}
