/* upload_blob.h — what is kept of a received .torrent beside its words. For upload.c and
 * import*.c. Trackers with a personal key in their address are left out: published, they would let
 * all the world pass for the uploader. */
#pragma once
#include "community/torrent_row.h"
#include "queries/file_key.h"
#include "queries/torrent_blob.h"

TorrentBlobAddAsk upload_blob(const Metainfo *metainfo, Arena *arena); /* without torrent_id */
uint64_t upload_blob_files(const Metainfo *metainfo);                  /* without padding */
bool upload_blob_carries_key(Str tracker_url);

/* The file of a work that was known by its hash alone. */
typedef struct {
    TorrentCompleteAsk work;
    TorrentBlobCompleteAsk blob;
    FileKeyPutAsk keys;
    TorrentNote note; /* the caller's, with the work's id */
    bool done;        /* false: somebody was quicker */
} UploadCompletion;
UploadCompletion upload_completion(const Metainfo *metainfo, Arena *arena);
MUST_USE Error upload_complete(Db *db, Arena *arena, void *completion); /* inside a write */
