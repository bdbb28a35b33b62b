#include "community/upload_blob.h"

#include "base/limits.h"
#include "base/text.h"
#include "community/file_key.h"

/* Some trackers give everybody an address of his own. Published, it would let all the world pass
 * for the uploader. */
bool upload_blob_carries_key(Str url) {
    enum { KEY_BYTES_MIN = 16 };
    static const char *const names[] = {"passkey", "authkey", "torrent_pass", "pass", "auth",
                                        "key",     "secret",  "uk",           "pid"};
    size_t query = str_find_byte(url, '?');
    if (query != STR_NONE)
        for (Str left = str_skip(url, query + 1); left.len;) {
            Str pair = str_cut(&left, '&');
            Str name = str_cut(&pair, '=');
            for (size_t i = 0; i < sizeof names / sizeof *names; i++)
                if (str_equal_nocase(name, str_from_c(names[i]))) return true;
        }
    Str path = str_skip(str_part(url, 0, query), str_find(url, STR("://")) + 3);
    (void)str_cut(&path, '/');
    while (path.len) {
        Str part = str_cut(&path, '/');
        size_t digits = 0, others = 0;
        for (size_t i = 0; i < part.len; i++) {
            char c = part.at[i];
            bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
            digits += c >= '0' && c <= '9';
            others += !letter && !(c >= '0' && c <= '9');
        }
        if (part.len >= KEY_BYTES_MIN && digits && !others) return true;
    }
    return false;
}

static Str join_trackers(const Metainfo *metainfo, Arena *arena) {
    Str *kept = arena_new(arena, Str, metainfo->tracker_count);
    size_t count = 0;
    for (size_t i = 0; i < metainfo->tracker_count; i++)
        if (!upload_blob_carries_key(metainfo->trackers[i])) kept[count++] = metainfo->trackers[i];
    return torrent_join(kept, count, '\n', arena);
}

static Str join_paths(const Metainfo *metainfo, Arena *arena) {
    Text paths = text_create(arena, INDEXED_PATHS_BYTES_MAX);
    size_t listed = 0;
    for (size_t i = 0; i < metainfo->file_count && listed < SEARCH_WORK_PATHS_MAX; i++) {
        const TorrentFile *file = &metainfo->files[i];
        if (file->flags & FILE_PAD) continue;
        if (paths.len + file->path.len + 1 > INDEXED_PATHS_BYTES_MAX) break;
        if (listed++) text_add_byte(&paths, '\n');
        text_add(&paths, file->path);
    }
    return text_str(&paths);
}

uint64_t upload_blob_files(const Metainfo *metainfo) {
    uint64_t files = metainfo->file_count;
    for (size_t i = 0; i < metainfo->file_count; i++)
        files -= (metainfo->files[i].flags & FILE_PAD) != 0;
    return files;
}

TorrentBlobAddAsk upload_blob(const Metainfo *metainfo, Arena *arena) {
    return (TorrentBlobAddAsk){
        .paths = join_paths(metainfo, arena),
        .trackers = join_trackers(metainfo, arena),
        .web_seeds = torrent_join(metainfo->web_seeds, metainfo->web_seed_count, '\n', arena),
        .comment = metainfo->comment,
        .created_by = metainfo->created_by,
        .created_at = metainfo->created_at,
        .piece_layers = metainfo->piece_layers,
        .info = metainfo->info};
}

UploadCompletion upload_completion(const Metainfo *metainfo, Arena *arena) {
    TorrentBlobAddAsk blob = upload_blob(metainfo, arena);
    FileKeys keys = file_key_list(metainfo->files, metainfo->file_count, arena);
    UploadCompletion completion = {.work = {.size_bytes = (int64_t)metainfo->size_bytes,
                                            .piece_length = (int64_t)metainfo->piece_length,
                                            .file_count = (int64_t)upload_blob_files(metainfo),
                                            .is_private = metainfo->is_private,
                                            .name = metainfo->name},
                                   .blob = {.paths = blob.paths,
                                            .trackers = blob.trackers,
                                            .web_seeds = blob.web_seeds,
                                            .comment = blob.comment,
                                            .created_by = blob.created_by,
                                            .created_at = blob.created_at,
                                            .piece_layers = blob.piece_layers,
                                            .info = blob.info},
                                   .keys = {.keys = file_key_write(keys, arena)}};
    if (metainfo->hash.has_v2)
        completion.work.infohash_v2 =
            arena_copy(arena, str_from_bytes(metainfo->hash.v2, SHA256_BYTES));
    return completion;
}

Error upload_complete(Db *db, Arena *arena, void *argument) {
    UploadCompletion *completion = argument;
    int64_t changed;
    completion->work.at = completion->note.at;
    completion->work.id = completion->blob.torrent_id = completion->keys.torrent_id =
        completion->note.torrent_id;
    TRY(query_torrent_complete(db, arena, completion->work, &changed));
    completion->done = changed > 0;
    if (!completion->done) return OK;
    TRY(query_torrent_blob_complete(db, arena, completion->blob, NULL));
    TRY(query_file_key_put(db, arena, completion->keys, NULL));
    return torrent_note(db, arena, &completion->note);
}
