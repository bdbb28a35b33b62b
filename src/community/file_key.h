/* file_key.h — what files are known by, so that the same file is found in other works.
 * For certain: by the Merkle root of v2 (BEP 52), which is the same in every torrent that holds the
 * file, whatever its name and the length of its pieces. As a guess: by size and name, for v1 has no
 * hash of a single file. Where both works know roots, only roots count. Padding, empty files and
 * files below FILE_KEY_BYTES_MIN are left out: everybody has the same licence text. Of a work the
 * FILE_KEYS_MAX largest are kept. The search holds 64 bits of each and names candidates; what
 * people are told is compared with the store, and only works that anybody may see are named. */
#pragma once
#include "community/torrent.h"

enum { FILE_KEY_ROOT_BYTES = 16 };

typedef struct {
    uint8_t root[FILE_KEY_ROOT_BYTES]; /* how it begins; zeros: v1 */
    uint64_t guess;                    /* of size and name */
    uint64_t size_bytes;
} FileKey;

typedef struct {
    FileKey *at; /* largest first */
    size_t count;
} FileKeys;

FileKeys file_key_list(const TorrentFile *files, size_t file_count, Arena *arena);
/* As the store keeps them. Damaged bytes are no keys: they can be made again. */
Str file_key_write(FileKeys keys, Arena *arena);
FileKeys file_key_parse(Str bytes, Arena *arena);
/* As the search keeps them (SearchWork.keys). */
uint64_t *file_key_numbers(FileKeys keys, Arena *arena, size_t *ret_count);

/* A work with files of another one. */
typedef struct {
    Torrent torrent;
    uint64_t files, size_bytes; /* of the other one's, that are in this */
    bool is_guess;              /* some of them are told by size and name */
} SameWork;

typedef struct {
    SameWork *works; /* with most bytes first */
    size_t count;
    uint64_t files, size_bytes; /* that are in any of the works found */
    bool has_all;               /* every file, the small ones too: file_key_check alone looks */
    bool is_guess;
} SameFiles;

/* Works with files of this list: for the page of a work, quick. `except_id`: itself, or 0. */
MUST_USE Error file_key_match(Visit *visit, const TorrentFile *files, size_t file_count,
                              int64_t except_id, SameFiles *ret_same);
/* The same before an upload, and whether every file is here: reads the candidates' own file lists.
 */
MUST_USE Error file_key_check(Visit *visit, const TorrentFile *files, size_t file_count,
                              SameFiles *ret_same);

/* For a work whose files are others now than when they were first told. */
MUST_USE Error file_key_save(Visit *visit, int64_t torrent_id, const TorrentFile *files,
                             size_t file_count);
/* A job: keys for works from before there were any, for about a second at a time. */
MUST_USE Error file_key_make_missing(Visit *visit);
