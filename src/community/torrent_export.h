/* torrent_export.h — every visible work with all that is known of it, one after the other, for who
 * writes the catalogue down. In the order they came in; within a snapshot of the caller's, all of
 * one moment. */
#pragma once
#include "community/torrent.h"

typedef struct {
    Torrent torrent; /* with its description; only its own fields, nothing of the viewer's */
    Str license;     /* as stored, also one that has left the list since */
    const TorrentFile *files;
    size_t file_count;
    Str file; /* the .torrent with what came in it, and nothing of ours; empty: asked without, or
                 nobody has brought it */
    Str *trackers, *web_seeds; /* that came with it */
    size_t tracker_count, web_seed_count;
} TorrentExport;

MUST_USE Error torrent_export_count(Visit *visit, uint64_t *ret_count);
/* The arena, and everything in the work, is for this call only. */
typedef Error (*TorrentExportEach)(void *argument, const TorrentExport *work, Arena *arena);
MUST_USE Error torrent_export(Visit *visit, bool with_files, TorrentExportEach each,
                              void *argument);
