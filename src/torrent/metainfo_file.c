#include "base/limits.h"
#include "torrent/bencode.h"
#include "torrent/metainfo_read.h"
#include "torrent/path.h"

/* What libtorrent can hold: a file's hash tree counts its blocks of 16 KiB in 31 bits, a torrent
 * has 48 bits. */
static const uint64_t file_bytes_max = (uint64_t)(INT32_MAX / 2) * 16 * KIB - 1;
static const uint64_t total_bytes_max = (1ull << 48) - 1;

FileReader file_reader_create(Metainfo *to, Arena *arena) {
    return (FileReader){
        .to = to,
        .arena = arena,
        .path = text_create(arena, PATH_SHOWN_GROWTH * TORRENT_PATH_BYTES_MAX + 1),
    };
}

Error file_add_bytes(FileReader *reader, uint64_t size_bytes) {
    if (size_bytes > total_bytes_max - reader->total_bytes)
        return fault_error(FAULT_SIZE_TOO_BIG, (Str){0});
    reader->total_bytes += size_bytes;
    return OK;
}

Error file_read_size(FileReader *reader, Str length, size_t number, uint64_t *ret_size_bytes) {
    int64_t size = -1;
    bencode_as_integer(length, &size);
    if (size < 0 || (uint64_t)size > file_bytes_max)
        return fault_error_at(FAULT_LENGTH_BAD, number, reader->arena);
    *ret_size_bytes = (uint64_t)size;
    return OK;
}

unsigned file_read_flags(Str attr) {
    Str letters = {0};
    unsigned flags = 0;
    bencode_as_string(attr, &letters);
    for (size_t i = 0; i < letters.len; i++) {
        switch (letters.at[i]) {
            case 'p': flags |= FILE_PAD; break;
            case 'x': flags |= FILE_EXECUTABLE; break;
            case 'h': flags |= FILE_HIDDEN; break;
            case 'l': flags |= FILE_SYMLINK; break;
            default: break;
        }
    }
    return flags;
}

Error file_check_strings(FileReader *reader, Str list, size_t number) {
    BencodeReader parts = bencode_reader(list);
    bencode_next(&parts);
    for (;;) {
        BencodeToken part = bencode_next(&parts);
        if (part.kind == BENCODE_CLOSE) return OK;
        if (part.kind != BENCODE_STRING)
            return fault_error_at(FAULT_PATH_BAD, number, reader->arena);
    }
}

Error file_keep(FileReader *reader, TorrentFile file) {
    Str path = text_str(&reader->path);
    if (path.len > TORRENT_PATHS_BYTES_MAX - reader->path_bytes)
        return fault_error(FAULT_PATHS_TOO_LONG, (Str){0});
    reader->path_bytes += path.len;
    file.path = arena_copy(reader->arena, path);
    if (!(file.flags & FILE_PAD)) reader->to->size_bytes += file.size_bytes;
    reader->to->files[reader->to->file_count++] = file;
    return OK;
}
