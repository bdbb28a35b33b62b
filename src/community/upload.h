/* upload.h — publishing a work: licence first, byte-exact, one page for one torrent. */
#pragma once
#include "community/file_key.h"
#include "community/series.h"

typedef struct {
    Str torrent; /* the file as received */
    TorrentWords words;
    EditionWords edition;     /* all empty: of no series */
    bool stop_at_known_files; /* refuse what is here already, in other works: "files_known" */
    bool vouched;             /* import --publish: an administrator answers for it; skips review */
    Seconds published_at;     /* 0: now; another for imports and the sample */
    bool quarantine; /* import without --publish: licence, author and source may come later */
} UploadAsk;

typedef struct {
    int64_t id; /* 0 for a check */
    InfoHash hash;
    TorrentState state;
    Str path; /* "/torrent/12/debian-12", without language */
    uint64_t files, size_bytes;
    Str suggested_title; /* from the torrent's own name, for the form */
    SameFiles same;      /* what of it other works hold: after a check, or when it was to stop */
} Upload;

/* A work that was imported by its hash alone gets its file from whoever uploads it: the words of
 * its page stand, those given here are not looked at, and ret_upload is that page.
 * All faults at once in `errors` (fields torrent title description category tags license author
 * source_url language series series_name edition edition_date same_files); the first is also
 * returned. A known hash is CONFLICT "infohash_known" with
 * ret_upload->path set, in whatever state its page is, unless it waits and the viewer may not see
 * it yet; one that was removed is "infohash_removed". The work waits in quarantine when
 * `quarantine` says so, or when settings.review_new_members and the member has fewer than three
 * works published. Trackers with a personal key in their address are not kept: everybody could
 * announce as the uploader. upload_check writes nothing. */
MUST_USE Error upload_check(Visit *visit, const UploadAsk *ask, ErrorList *errors,
                            Upload *ret_upload);
MUST_USE Error upload_add(Visit *visit, const UploadAsk *ask, ErrorList *errors,
                          Upload *ret_upload);
