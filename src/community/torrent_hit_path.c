#include "community/torrent_row.h"
#include "queries/torrent_blob.h"

enum {
    HIT_PATH_LETTERS_MAX = 64 * KIB, /* of one work that are looked at */
    HIT_PATHS_BYTES_MAX = 512 * KIB, /* of all works of one page */
};

static size_t place_of(const SearchResult *found, int64_t id) {
    size_t i = 0;
    while (i < found->count && found->hits[i].id != id) i++;
    return i;
}

/* Hits by a file name alone say which; all do when a file was asked for by its kind. */
Error torrent_hit_paths(Visit *visit, HitPathChooser *chooser, SearchResult *found) {
    Arena *arena = visit->arena;
    int64_t *ids = arena_new(arena, int64_t, found->count);
    size_t count = 0, bytes_left = HIT_PATHS_BYTES_MAX;
    for (size_t i = 0; i < found->count; i++) {
        const SearchHit *hit = &found->hits[i];
        bool wanted = hit->in_file || chooser->extension_count > 0;
        if (wanted && str_is_empty(hit->matched_path)) ids[count++] = hit->id;
    }
    if (!count) return OK;
    TorrentBlobPathsRows rows;
    TorrentBlobPathsAsk ask = {.ids = {ids, count}, .letters = HIT_PATH_LETTERS_MAX};
    TRY(query_torrent_blob_paths(visit->db, arena, ask, &rows));
    for (size_t i = 0; i < rows.count; i++) {
        size_t place = place_of(found, rows.at[i].torrent_id);
        Str paths = str_part(rows.at[i].paths, 0, bytes_left);
        bytes_left -= paths.len;
        if (place < found->count) found->hits[place].matched_path = hit_path_find(chooser, paths);
    }
    return OK;
}
