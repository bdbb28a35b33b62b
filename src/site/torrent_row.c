#include "site/torrent_row.h"

#include "site/health.h"

TorrentRow torrent_row(const Request *request, const Torrent *torrent) {
    Visit *visit = page_visit(request);
    TorrentRow row = {
        .title = torrent->title,
        .link = url_path(torrent_path(visit, request->language, torrent)),
        .size_bytes = torrent->size_bytes,
        .files = torrent->file_count,
        .seeders = torrent->seeders,
        .leechers = torrent->leechers,
        .completed = torrent->completed,
        .thanks = torrent->thanks,
        .counted_at = torrent->counted_at,
        .claimed_at = torrent->claimed_at,
        .published_at = torrent->published_at,
        .uploader = torrent->uploader,
        .state = str_from_c(torrent_state_name(torrent->state)),
        .is_private = torrent->is_private,
    };
    health_fill_row(torrent->health, &row);
    if (torrent->category) {
        row.category = str_from_c(torrent->category->code);
        row.category_label = str_from_c(torrent->category->name);
    }
    if (torrent->licence) row.licence = licence_item(torrent->licence);
    if (torrent->state == TORRENT_VISIBLE || torrent->state == TORRENT_QUARANTINED) {
        row.magnet = url_magnet(torrent_magnet(visit, torrent));
        if (!torrent->has_file) return row;
        Str hash = torrent->hash.has_v1 ? infohash_v1_hex(&torrent->hash, visit->arena)
                                        : infohash_v2_hex(&torrent->hash, visit->arena);
        row.file = url_path(arena_print(visit->arena, "/t/%.*s.torrent", STR_PRINTF(hash)));
    }
    return row;
}

TorrentRows torrent_rows(const Request *request, const TorrentList *list) {
    TorrentRow *rows = arena_new(request->arena, TorrentRow, list->count);
    for (size_t i = 0; i < list->count; i++) {
        rows[i] = torrent_row(request, &list->at[i]);
        if (list->matched_paths) rows[i].matched_path = list->matched_paths[i];
    }
    return (TorrentRows){rows, list->count};
}
