/* upload.h — publishing a work: licence first, byte-exact, one page for one torrent. */
#pragma once
#include "community/torrent.h"

typedef struct {
    Str torrent; /* the file as received */
    TorrentWords words;
    bool vouched;         /* import --publish: an administrator answers for it; skips review */
    Seconds published_at; /* 0: now; another for imports and the sample */
    bool quarantine;      /* import without --publish */
} UploadAsk;

typedef struct {
    int64_t id; /* 0 for a check */
    InfoHash hash;
    TorrentState state;
    Str path; /* "/torrent/12/debian-12", without language */
    uint64_t files, size_bytes;
    Str suggested_title; /* from the torrent's own name, for the form */
} Upload;

/* All faults at once in `errors` (fields torrent title description category tags license author
 * source_url language); the first is also returned. A known hash is CONFLICT "infohash_known" with
 * ret_upload->path set. */
MUST_USE Error upload_check(Visit *visit, const UploadAsk *ask, ErrorList *errors,
                            Upload *ret_upload);
MUST_USE Error upload_add(Visit *visit, const UploadAsk *ask, ErrorList *errors,
                          Upload *ret_upload);
