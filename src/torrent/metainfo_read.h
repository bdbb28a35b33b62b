/* metainfo_read.h — the parts of reading a metainfo file, for metainfo.c alone: the file list of v1
 * and the file tree of v2 end in the same array, and a hybrid's v1 list is compared with its tree
 * while it is read. */
#pragma once
#include "torrent/fault.h"
#include "torrent/metainfo.h"

typedef struct {
    Str attr, file_tree, files, length, meta_version, name, name_utf8, piece_length, pieces,
        is_private, symlink_path;
} InfoKeys; /* bencoded values; empty when absent */

typedef struct {
    Arena *arena;
    Metainfo *to;
    uint64_t total_bytes; /* with padding: what pieces are counted from */
    size_t path_bytes;    /* of all paths kept so far */
    size_t tree_pads;     /* v2: the padding a hybrid's v1 list must spell out */
    bool ends_padded;     /* v2: the last of them stands behind the last file with content */
    Text path;            /* of the file being read */
} FileReader;

FileReader file_reader_create(Metainfo *to, Arena *arena);

/* Shared by both versions. `number` counts files from 1, for people. */
MUST_USE Error file_read_size(FileReader *reader, Str length, size_t number,
                              uint64_t *ret_size_bytes);
unsigned file_read_flags(Str attr);
MUST_USE Error file_check_strings(FileReader *reader, Str list, size_t number);
MUST_USE Error file_keep(FileReader *reader, TorrentFile file); /* with reader->path */
MUST_USE Error file_add_bytes(FileReader *reader, uint64_t size_bytes);

MUST_USE Error metainfo_read_v1(FileReader *reader, const InfoKeys *keys);
MUST_USE Error metainfo_match_v1(FileReader *reader,
                                 const InfoKeys *keys); /* after metainfo_read_v2 */
MUST_USE Error metainfo_read_v2(FileReader *reader, const InfoKeys *keys);
bool metainfo_tree_is_one_file(const InfoKeys *keys); /* not in a folder */
MUST_USE Error metainfo_check_layers(const Metainfo *metainfo, Str layers, Arena *arena);
