/* torrent_row.h — between the rows of the store and the structs of torrent.h; for torrent_*.c and
 * upload.c only. */
#pragma once
#include "base/limits.h"
#include "community/torrent.h"
#include "queries/torrent.h"
#include "search/hit_path.h"

Torrent torrent_from_row(const TorrentLineRow *row, const Visit *visit); /* no description */
InfoHash torrent_row_hash(Str v1, Str v2);

/* What somebody else may not see at all, or only as a page that says why it is gone. */
bool torrent_is_own(const Visit *visit, const Torrent *torrent); /* the uploader, or a moderator */
MUST_USE Error torrent_gone(const Torrent *torrent); /* GONE or UNLAWFUL; OK while it is here */
MUST_USE Error torrent_row_find(Visit *visit, int64_t id,
                                Torrent *ret_torrent); /* whatever its state */
MUST_USE Error torrent_row_by_hash(Visit *visit, const InfoHash *hash, bool *ret_found,
                                   Torrent *ret_torrent);
/* Files without padding: of its info dictionary, or as they were listed where there is none. */
MUST_USE Error torrent_files_of(Visit *visit, const Torrent *torrent, Str info,
                                TorrentContents *contents);
Str torrent_slug(Str title, Arena *arena);

Str *torrent_split(Str joined, char separator, Arena *arena, size_t *ret_count);
Str torrent_join(const Str *parts, size_t count, char separator, Arena *arena);

/* Puts a work as it now is in the store into search and tracker, or takes it out of both. After the
 * write. */
MUST_USE Error torrent_index(Visit *visit, int64_t id);
/* Works just written and visible, as they were after `event_id`: quicker than reading them again.
 */
MUST_USE Error torrent_index_new(Visit *visit, const TorrentWorkRow *rows, size_t count,
                                 int64_t event_id);
/* Afterwards: what happened from `before_id` to `event_id` is in. With what others did until then,
 * so is all up to there: the index need not be told again when it is saved. */
MUST_USE Error torrent_index_note(Visit *visit, int64_t before_id, int64_t event_id);

typedef struct {
    int64_t torrent_id;
    Seconds at;
    int64_t actor_id; /* 0: the command line */
    Str what, detail;
} TorrentNote;
MUST_USE Error torrent_note(Db *db, Arena *arena, const TorrentNote *note); /* inside a write */

/* Which file made each hit one, read from the store. */
MUST_USE Error torrent_hit_paths(Visit *visit, HitPathChooser *chooser, SearchResult *found);
