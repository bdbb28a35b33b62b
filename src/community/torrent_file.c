#include "base/text.h"
#include "community/member_key.h"
#include "community/permission.h"
#include "community/series.h"
#include "community/torrent_row.h"
#include "queries/torrent_blob.h"
#include "torrent/magnet.h"

static Error find_blob(Visit *visit, int64_t id, TorrentBlobFindRow *ret_row) {
    return query_torrent_blob_find(visit->db, visit->arena, (TorrentBlobFindAsk){.torrent_id = id},
                                   ret_row);
}

/* Moderators look into what they removed: somebody may object. */
static Error check_open(const Visit *visit, const Torrent *torrent) {
    return visit->viewer.role >= ROLE_MODERATOR ? OK : torrent_gone(torrent);
}

static void drop_pads(Metainfo *metainfo) {
    size_t kept = 0;
    for (size_t i = 0; i < metainfo->file_count; i++)
        if (!(metainfo->files[i].flags & FILE_PAD)) metainfo->files[kept++] = metainfo->files[i];
    metainfo->file_count = kept;
}

/* Ours first, so that counts are true; then those it came with, each once. A private torrent keeps
 * them too: its peers may only be found through a tracker it names (BEP 27), and some may be there.
 */
static Str *all_trackers(const Visit *visit, Str listed, const Str *own_urls, size_t *ret_count) {
    const CommunitySettings *settings = visit->community->settings;
    size_t others, count = 0;
    Str *other = torrent_split(listed, '\n', visit->arena, &others);
    Str *all = arena_new(visit->arena, Str, settings->announce_url_count + others);
    for (size_t i = 0; i < settings->announce_url_count; i++) all[count++] = own_urls[i];
    for (size_t i = 0; i < others; i++) {
        bool ours = false;
        for (size_t k = 0; k < settings->announce_url_count; k++)
            ours |= str_equal_nocase(other[i], settings->announce_urls[k]);
        if (!ours) all[count++] = other[i];
    }
    *ret_count = count;
    return all;
}

/* What the import listed, as far as both columns go. */
static Error listed_files(Visit *visit, int64_t id, TorrentContents *contents) {
    TorrentBlobListedRow row;
    TRY(query_torrent_blob_listed(visit->db, visit->arena, (TorrentBlobListedAsk){.torrent_id = id},
                                  &row));
    size_t count, size_count;
    Str *paths = torrent_split(row.paths, '\n', visit->arena, &count);
    Str *sizes = torrent_split(row.sizes, '\n', visit->arena, &size_count);
    contents->files = arena_new(visit->arena, TorrentFile, count);
    for (size_t i = 0; i < count && i < size_count; i++) {
        TorrentFile *file = &contents->files[contents->file_count++];
        file->path = paths[i];
        if (!str_to_u64(sizes[i], &file->size_bytes))
            return error(BROKEN, "torrent_damaged", "The stored torrent of this work is damaged.");
    }
    return OK;
}

static Error stored_files(Visit *visit, Str info, TorrentContents *contents) {
    Metainfo metainfo;
    /* It was read before it was stored: what cannot be read now is damage, not bad input. */
    if (failed(metainfo_parse_info(info, visit->arena, &metainfo)))
        return error(BROKEN, "torrent_damaged", "The stored torrent of this work is damaged.");
    drop_pads(&metainfo);
    contents->files = metainfo.files;
    contents->file_count = metainfo.file_count;
    return OK;
}

Error torrent_files_of(Visit *visit, const Torrent *torrent, Str info, TorrentContents *contents) {
    return torrent->has_file ? stored_files(visit, info, contents)
                             : listed_files(visit, torrent->id, contents);
}

/* The files are read from `info` each time: a row for each of 200,000 would serve nobody. */
Error torrent_contents(Visit *visit, const Torrent *torrent, TorrentContents *ret_contents) {
    TRY(check_open(visit, torrent));
    TorrentBlobContentsRow blob;
    TRY(query_torrent_blob_contents(visit->db, visit->arena,
                                    (TorrentBlobContentsAsk){.torrent_id = torrent->id}, &blob));
    TorrentContents contents = {.comment = blob.comment};
    TRY(torrent_files_of(visit, torrent, blob.info, &contents));
    /* A page is shown to others, too: it never holds a key. */
    contents.trackers = all_trackers(
        visit, blob.trackers, visit->community->settings->announce_urls, &contents.tracker_count);
    contents.web_seeds =
        torrent_split(blob.web_seeds, '\n', visit->arena, &contents.web_seed_count);
    *ret_contents = contents;
    return OK;
}

/* A name that every file system takes; the torrent's own is already safe to show. */
static Str file_name(const Torrent *torrent, Arena *arena) {
    Str name = torrent->name.len ? torrent->name : torrent->title;
    enum { NAME_MAX_BYTES = 200 };
    Text text = text_create(arena, NAME_MAX_BYTES + sizeof ".torrent");
    for (size_t i = 0; i < name.len && text.len < NAME_MAX_BYTES; i++) {
        char c = name.at[i];
        bool start = ((unsigned char)c & 0xC0) != 0x80;
        if (start && text.len > NAME_MAX_BYTES - 4) break; /* never half a character */
        text_add_byte(&text, str_find_byte(STR("/\\:*?\"<>|"), c) == STR_NONE ? c : '_');
    }
    text_add(&text, STR(".torrent"));
    return text_str(&text);
}

/* `parts` has the info dictionary and the piece layers already. */
static Str write_file(Visit *visit, const Torrent *torrent, Str trackers, Str web_seeds,
                      MetainfoParts *parts) {
    size_t own_count;
    const Str *own_urls = member_key_urls(visit, &own_count);
    parts->comment = torrent_permalink(visit, torrent);
    parts->trackers = all_trackers(visit, trackers, own_urls, &parts->tracker_count);
    parts->web_seeds = torrent_split(web_seeds, '\n', visit->arena, &parts->web_seed_count);
    return metainfo_write(parts, visit->arena);
}

Error torrent_file(Visit *visit, const Torrent *torrent, Str *ret_bytes, Str *ret_file_name) {
    TRY(torrent_gone(torrent));
    if (!torrent->has_file)
        return error(NOT_FOUND, "only_magnet",
                     "Only the magnet link of this work is here; nobody has brought its .torrent "
                     "yet.");
    Str series;
    TorrentBlobFindRow blob;
    TRY(series_slug_of(visit, torrent->id, &series));
    TRY(find_blob(visit, torrent->id, &blob));
    MetainfoParts parts = {.info = blob.info,
                           .piece_layers = blob.piece_layers,
                           .created_by = blob.created_by,
                           .created_at = blob.created_at,
                           .update_url = series_update_url(visit, series)};
    *ret_bytes = write_file(visit, torrent, blob.trackers, blob.web_seeds, &parts);
    *ret_file_name = file_name(torrent, visit->arena);
    return OK;
}

/* Written with nothing in the place of the long parts, and their lengths added. */
static uint64_t file_size(Visit *visit, const Torrent *torrent, const TorrentBlobLengthsRow *row) {
    Str stub = STR("de");
    MetainfoParts parts = {.info = stub,
                           .created_by = row->created_by,
                           .created_at = row->created_at,
                           .update_url = series_update_url(visit, row->series)};
    uint64_t others = stub.len;
    if (row->piece_layers_bytes > 0) {
        parts.piece_layers = stub;
        others += stub.len;
    }
    Str written = write_file(visit, torrent, row->trackers, row->web_seeds, &parts);
    return written.len - others + (uint64_t)row->info_bytes + (uint64_t)row->piece_layers_bytes;
}

Error torrent_file_sizes(Visit *visit, const Torrent *torrents, size_t count, uint64_t *ret_bytes) {
    int64_t *ids = arena_new(visit->arena, int64_t, count);
    TorrentBlobLengthsRows rows = {0};
    for (size_t i = 0; i < count; i++) ids[i] = torrents[i].id;
    if (count)
        TRY(query_torrent_blob_lengths(visit->db, visit->arena,
                                       (TorrentBlobLengthsAsk){.ids = {ids, count}}, &rows));
    for (size_t i = 0; i < count; i++) {
        ret_bytes[i] = 0;
        for (size_t k = 0;
             k < rows.count && torrents[i].has_file && !failed(torrent_gone(&torrents[i])); k++)
            if (rows.at[k].torrent_id == ids[i])
                ret_bytes[i] = file_size(visit, &torrents[i], &rows.at[k]);
    }
    return OK;
}

static Str write_magnet(Visit *visit, const Torrent *torrent, const InfoHash *hash) {
    if (failed(torrent_gone(torrent))) return (Str){0};
    Magnet magnet = {.hash = *hash, .name = torrent->name, .size_bytes = torrent->size_bytes};
    magnet.trackers = member_key_urls(visit, &magnet.tracker_count);
    return magnet_write(&magnet, visit->arena);
}

Str torrent_magnet(Visit *visit, const Torrent *torrent) {
    return write_magnet(visit, torrent, &torrent->hash);
}

Str torrent_magnet_v1(Visit *visit, const Torrent *torrent) {
    InfoHash hash = torrent->hash;
    if (!hash.has_v1 || !hash.has_v2) return (Str){0};
    hash.has_v2 = false;
    return write_magnet(visit, torrent, &hash);
}
