#include <assert.h>

#include "base/limits.h"
#include "torrent/bencode.h"
#include "torrent/metainfo_read.h"
#include "torrent/path.h"

/* Leaves the file's path in reader->path. */
static Error read_path(FileReader *reader, Str list, size_t number) {
    TRY(file_check_strings(reader, list, number));
    BencodeReader parts = bencode_reader(list);
    bencode_next(&parts);
    size_t depth = 0, bytes = 0;
    for (;;) {
        BencodeToken part = bencode_next(&parts);
        if (part.kind == BENCODE_CLOSE) return OK;
        bytes += part.string.len + 1;
        if (++depth > TORRENT_PATH_DEPTH_MAX)
            return fault_error_at(FAULT_PATH_TOO_DEEP, number, reader->arena);
        if (bytes > TORRENT_PATH_BYTES_MAX)
            return fault_error_at(FAULT_PATH_TOO_LONG, number, reader->arena);
        path_add_part(&reader->path, part.string);
    }
}

/* Some clients mark padding by its name alone; the name of the torrent counts, as it does for
 * libtorrent. */
static bool is_pad_by_name(const FileReader *reader) {
    Str mark = STR("_____padding_file_");
    return str_contains(text_str(&reader->path), mark) || str_contains(reader->to->name, mark);
}

static Error read_symlink(FileReader *reader, Str target, size_t number, TorrentFile *file) {
    if (bencode_kind(target) == BENCODE_LIST) return file_check_strings(reader, target, number);
    file->flags &= ~(unsigned)FILE_SYMLINK;
    return OK;
}

static Error read_size(FileReader *reader, Str length, size_t number, TorrentFile *file) {
    if (!(file->flags & FILE_SYMLINK))
        TRY(file_read_size(reader, length, number, &file->size_bytes));
    return file_add_bytes(reader, file->size_bytes);
}

static Error read_listed_file(FileReader *reader, Str dict, size_t number, TorrentFile *ret_file) {
    if (bencode_kind(dict) != BENCODE_DICT)
        return fault_error_at(FAULT_FILES_NOT_LIST, number, reader->arena);
    Str attr = {0}, length = {0}, path = {0}, path_utf8 = {0}, target = {0};
    const BencodeSlot slots[] = {{STR("attr"), &attr},
                                 {STR("length"), &length},
                                 {STR("path"), &path},
                                 {STR("path.utf-8"), &path_utf8},
                                 {STR("symlink path"), &target}};
    bencode_find(dict, slots, sizeof slots / sizeof *slots);
    TorrentFile file = {.flags = file_read_flags(attr)};
    TRY(read_size(reader, length, number, &file));
    reader->path.len = 0;
    if (bencode_kind(path_utf8) == BENCODE_LIST) path = path_utf8;
    if (bencode_kind(path) == BENCODE_LIST) TRY(read_path(reader, path, number));
    if (reader->path.len == 0) {
        if (!(file.flags & FILE_PAD))
            return fault_error_at(FAULT_PATH_MISSING, number, reader->arena);
        text_print(&reader->path, ".pad/%llu", (unsigned long long)file.size_bytes);
    }
    if (is_pad_by_name(reader)) file.flags |= FILE_PAD;
    if (file.flags & FILE_SYMLINK) TRY(read_symlink(reader, target, number, &file));
    *ret_file = file;
    return OK;
}

static Error read_only_file(FileReader *reader, const InfoKeys *keys, TorrentFile *ret_file) {
    Str name = {0};
    TorrentFile file = {.flags = file_read_flags(keys->attr)};
    TRY(read_size(reader, keys->length, 1, &file));
    if (!bencode_as_string(keys->name_utf8, &name)) bencode_as_string(keys->name, &name);
    if (name.len == 0 || path_is_nothing(name)) return fault_error(FAULT_NAME_MISSING, (Str){0});
    reader->path.len = 0;
    path_add_part(&reader->path, name);
    if (is_pad_by_name(reader)) file.flags |= FILE_PAD;
    if (file.flags & FILE_SYMLINK) TRY(read_symlink(reader, keys->symlink_path, 1, &file));
    *ret_file = file;
    return OK;
}

static Error count_files(FileReader *reader, const InfoKeys *keys, size_t *ret_count) {
    size_t count = 1;
    if (bencode_kind(keys->files) == BENCODE_LIST) count = bencode_list_count(keys->files);
    if (count == 0) return fault_error(FAULT_FILES_MISSING, (Str){0});
    if (count > 2 * TORRENT_FILES_MAX)
        return fault_error_at(FAULT_FILES_TOO_MANY, TORRENT_FILES_MAX, reader->arena);
    *ret_count = count;
    return OK;
}

/* Hands each file of the v1 list to `take`, its path in reader->path. */
static Error each_file(FileReader *reader, const InfoKeys *keys,
                       Error (*take)(FileReader *, TorrentFile, void *), void *context) {
    TorrentFile file;
    if (bencode_kind(keys->files) != BENCODE_LIST) {
        TRY(read_only_file(reader, keys, &file));
        return take(reader, file, context);
    }
    BencodeReader list = bencode_reader(keys->files);
    bencode_next(&list);
    for (size_t number = 1;; number++) {
        Str dict = bencode_value(&list);
        if (dict.len == 0) return OK;
        TRY(read_listed_file(reader, dict, number, &file));
        TRY(take(reader, file, context));
    }
}

static Error keep_file(FileReader *reader, TorrentFile file, void *context) {
    (void)context;
    return file_keep(reader, file);
}

Error metainfo_read_v1(FileReader *reader, const InfoKeys *keys) {
    size_t count = 0;
    TRY(count_files(reader, keys, &count));
    if (count > TORRENT_FILES_MAX)
        return fault_error_at(FAULT_FILES_TOO_MANY, TORRENT_FILES_MAX, reader->arena);
    reader->to->files = arena_new(reader->arena, TorrentFile, count);
    return each_file(reader, keys, keep_file, NULL);
}

/* Where the v1 list of a hybrid should be in the v2 tree, whose files begin at piece borders. */
typedef struct {
    size_t file;
    uint64_t offset;
    size_t pads_left;
    bool at_pad;
} TreePlace;

static bool is_content(const TorrentFile *file) {
    return file->size_bytes > 0 && !(file->flags & FILE_PAD);
}

static Error match_file(FileReader *reader, TorrentFile file, void *context) {
    TreePlace *place = context;
    const Metainfo *tree = reader->to;
    Error differs = fault_error(FAULT_HYBRID_DIFFERS, (Str){0});
    uint64_t start = reader->total_bytes - file.size_bytes;
    if (place->at_pad) {
        place->at_pad = false;
        return is_content(&file) ? differs : OK;
    }
    if (place->file == tree->file_count) return differs;
    const TorrentFile *twin = &tree->files[place->file++];
    if (is_content(twin) != is_content(&file)) return differs;
    if (is_content(twin) && (twin->size_bytes != file.size_bytes || place->offset != start ||
                             !str_equal(twin->path, text_str(&reader->path))))
        return differs;
    place->offset += twin->size_bytes;
    uint64_t over = place->offset % tree->piece_length;
    if (over > 0 && place->pads_left > 0) {
        place->offset += tree->piece_length - over;
        place->pads_left--;
        place->at_pad = true;
    }
    return OK;
}

Error metainfo_match_v1(FileReader *reader, const InfoKeys *keys) {
    Error differs = fault_error(FAULT_HYBRID_DIFFERS, (Str){0});
    size_t count = 0;
    TRY(count_files(reader, keys, &count));
    /* One v1 file without a list is one file without a folder in the tree. */
    if (bencode_kind(keys->files) != BENCODE_LIST && !metainfo_tree_is_one_file(keys))
        return differs;
    size_t tree_count = reader->to->file_count + reader->tree_pads;
    TreePlace place = {.pads_left = reader->tree_pads};
    /* Padding behind the last file may be left out of the v1 list. */
    if (tree_count == count + 1 && reader->ends_padded) {
        tree_count--;
        place.pads_left--;
    }
    if (tree_count != count) return differs;
    FileReader list = file_reader_create(reader->to, reader->arena);
    TRY(each_file(&list, keys, match_file, &place));
    return list.total_bytes == place.offset ? OK : differs;
}
