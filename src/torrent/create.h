/* create.h — makes a .torrent from file names and bytes: v1, v2 or both (BEP 3, 47, 52).
 * Byte for byte what libtorrent 2.0's create_torrent makes from the same options. Reads no file
 * itself: the caller asks create_wanted which file comes next, feeds its bytes, and so on. v2 and
 * hybrid torrents put their files in the order of their names and each at a piece border; a v1
 * torrent keeps the caller's order. Owns three running digests, ended by create_close; everything
 * else lives in the arena, the caller's names and options included. No date is written unless asked
 * for, so that equal files give equal torrents. */
#pragma once
#include "torrent/metainfo.h"

typedef enum { CREATE_HYBRID, CREATE_V1, CREATE_V2 } CreateKind;

typedef struct {
    Str path; /* parts joined by '/', below the torrent's name; ignored without is_folder */
    uint64_t size_bytes;
    unsigned flags; /* FILE_EXECUTABLE, FILE_HIDDEN */
} CreateFile;

typedef struct {
    CreateKind kind;
    Str name;
    bool is_folder; /* else exactly one file, named by `name` */
    bool is_private;
    uint64_t piece_length; /* 0: chosen from the size */
    Str source;            /* in info: makes a hash of its own; empty for none */
    Str update_url;        /* in info, too: where newer editions are told of (BEP 39); or none */
    Str comment, created_by;
    const Str *trackers; /* one tier each */
    size_t tracker_count;
    const Str *web_seeds;
    size_t web_seed_count;
    Seconds created_at; /* 0: none */
} CreateOptions;

typedef struct Create Create;

#define CREATE_NO_FILE SIZE_MAX

MUST_USE Error create_open(const CreateOptions *options, const CreateFile *files, size_t file_count,
                           Arena *arena, Create **ret_create);
size_t create_wanted(const Create *create);  /* place in `files`; CREATE_NO_FILE once all is fed */
uint64_t create_left(const Create *create);  /* bytes still wanted of that file, never 0 */
void create_feed(Create *create, Str bytes); /* at most create_left of them */
Str create_write(Create *create, Arena *arena);    /* the .torrent; after the last byte */
void create_close(Create *create);                 /* NULL is fine */
uint64_t create_piece_length(uint64_t size_bytes); /* what is chosen for so many bytes */
