#include "community/torrent_export.h"

#include "base/limits.h"
#include "community/torrent_row.h"
#include "queries/export.h"
#include "queries/torrent_blob.h"

enum { EXPORT_PAGE = 200 };

Error torrent_export_count(Visit *visit, uint64_t *ret_count) {
    ExportCountRow row;
    TRY(query_export_count(visit->db, visit->arena, &row));
    *ret_count = (uint64_t)row.count;
    return OK;
}

static Torrent torrent_of(const ExportWorksRow *row, Arena *arena) {
    Torrent torrent = {.id = row->id,
                       .hash = torrent_row_hash(row->infohash_v1, row->infohash_v2),
                       .title = row->title,
                       .description = row->description,
                       .author = row->author,
                       .source_url = row->source_url,
                       .language = row->language,
                       .category = category_by_number((unsigned)row->category),
                       .uploader = row->uploader,
                       .published_at = row->published_at,
                       .size_bytes = (uint64_t)row->size_bytes,
                       .piece_length = (uint64_t)row->piece_length,
                       .file_count = (uint64_t)row->file_count,
                       .is_private = row->is_private,
                       .has_file = row->piece_length > 0,
                       .name = row->name,
                       .seeders = (uint32_t)row->seeders,
                       .leechers = (uint32_t)row->leechers,
                       .completed = (uint64_t)row->completed,
                       .counted_at = row->counted_at,
                       .claimed_at = row->claimed_at};
    if (!torrent.category) torrent.category = category_find(STR("other"));
    torrent.tags = torrent_split(row->tags, ' ', arena, &torrent.tag_count);
    return torrent;
}

static Error fill_contents(Visit *visit, bool with_files, TorrentExport *work) {
    TorrentBlobFindRow blob;
    TRY(query_torrent_blob_find(visit->db, visit->arena,
                                (TorrentBlobFindAsk){.torrent_id = work->torrent.id}, &blob));
    TorrentContents contents = {0};
    TRY(torrent_files_of(visit, &work->torrent, blob.info, &contents));
    work->files = contents.files;
    work->file_count = contents.file_count;
    work->trackers = torrent_split(blob.trackers, '\n', visit->arena, &work->tracker_count);
    work->web_seeds = torrent_split(blob.web_seeds, '\n', visit->arena, &work->web_seed_count);
    if (!with_files || !work->torrent.has_file) return OK;
    MetainfoParts parts = {.info = blob.info,
                           .piece_layers = blob.piece_layers,
                           .trackers = work->trackers,
                           .tracker_count = work->tracker_count,
                           .web_seeds = work->web_seeds,
                           .web_seed_count = work->web_seed_count,
                           .comment = blob.comment,
                           .created_by = blob.created_by,
                           .created_at = blob.created_at};
    work->file = metainfo_write(&parts, visit->arena);
    return OK;
}

typedef struct {
    Visit visit; /* with an arena for one work */
    bool with_files;
    TorrentExportEach each;
    void *argument;
} Exporting;

static Error export_page(Exporting *exporting, const ExportWorksRows *rows) {
    for (size_t i = 0; i < rows->count; i++) {
        Arena *arena = exporting->visit.arena;
        TorrentExport work = {.torrent = torrent_of(&rows->at[i], arena),
                              .license = rows->at[i].license};
        TRY(fill_contents(&exporting->visit, exporting->with_files, &work));
        TRY(exporting->each(exporting->argument, &work, arena));
        arena_reset(arena);
    }
    return OK;
}

Error torrent_export(Visit *visit, bool with_files, TorrentExportEach each, void *argument) {
    Arena page = arena_create(REQUEST_ARENA_BYTES_MAX), one = arena_create(REQUEST_ARENA_BYTES_MAX);
    Exporting exporting = {
        .visit = *visit, .with_files = with_files, .each = each, .argument = argument};
    exporting.visit.arena = &one;
    ExportWorksRows rows = {0};
    int64_t last_id = 0;
    Error result;
    do {
        arena_reset(&page);
        ExportWorksAsk ask = {.after = last_id, .count = EXPORT_PAGE};
        result = query_export_works(visit->db, &page, ask, &rows);
        if (!failed(result)) result = export_page(&exporting, &rows);
        if (rows.count) last_id = rows.at[rows.count - 1].id;
    } while (!failed(result) && rows.count == EXPORT_PAGE);
    for (size_t i = 0; i < 2 && failed(result); i++)
        result.subject[i] = arena_copy(visit->arena, result.subject[i]);
    arena_free(&page);
    arena_free(&one);
    return result;
}
