/* import.h — works taken over from elsewhere, by the million. Only the operator may.
 * Lines are checked on the caller's thread and written by another in large batches, each one
 * transaction: killed at any point, what is in is in, and the place where to go on is kept with it.
 * Licence first, as everywhere: a work whose licence, author or source is missing waits in
 * quarantine, and so does everything unless `publish` says that an administrator vouches.
 * A work may come without its .torrent: then only its hash is known, and whoever has the file may
 * bring it later. Seeders and completions that are given are kept as claims until our own tracker
 * has counted. Uploaders nobody knows become members who cannot sign in until an administrator
 * gives them a password; works that name nobody belong to one such member. Memory is bounded: two
 * batches. */
#pragma once
#include "community/torrent.h"

/* Whose works are that name no uploader, where the rules name none either. */
#define IMPORT_NAMELESS "import"

/* One work as a line of the import says it; strings may go after import_add. */
typedef struct {
    TorrentWords words; /* tags with commas between */
    Str uploader;       /* empty: the one of the rules */
    Str name;           /* of the torrent itself; empty: the title */
    InfoHash hash;      /* none: the torrent's */
    Str torrent;        /* the file, or empty */
    const TorrentFile *files;
    size_t file_count;
    uint64_t files_said, size_bytes; /* where no files are listed */
    const Str *trackers, *web_seeds;
    size_t tracker_count, web_seed_count;
    Seconds published_at; /* 0: now */
    bool has_counts;
    uint32_t seeders, leechers;
    uint64_t completed;
    Seconds counted_at; /* 0: now */
} ImportLine;

typedef struct {
    bool publish, dry_run;
    Str uploader; /* of works that name none; empty: IMPORT_NAMELESS */
    Str name;     /* of what is imported, so that it can go on where it stopped; empty: it cannot */
} ImportRules;

/* How far it has come: behind this byte, after so many lines. */
typedef struct {
    uint64_t offset, line;
} ImportPlace;

typedef struct {
    uint64_t published, waiting, known, completed; /* completed: known, and now has its .torrent */
    uint64_t nameless; /* of the published and waiting: now of IMPORT_NAMELESS */
} ImportTotals;

typedef struct Import Import;
/* `rules` and what it points to outlive it. */
MUST_USE Error import_open(Visit *visit, const ImportRules *rules, Import **ret_import);
/* Where the last one of this name stopped; zeros: at the beginning. */
MUST_USE Error import_place(Visit *visit, Str name, ImportPlace *ret_place);
typedef struct {
    Error fault; /* what is wrong with the line, or OK */
    Error waits; /* why its work will wait for a moderator, or OK */
} ImportVerdict;
/* The words of the verdict lie in `arena`. `place` is behind the line. An Error of its own: nothing
 * can be written any more. */
MUST_USE Error import_add(Import *import, const ImportLine *line, ImportPlace place, Arena *arena,
                          ImportVerdict *ret_verdict);
void import_pass(Import *import, ImportPlace place); /* a line that is no work */
ImportTotals import_totals(const Import *import);    /* of what is written, or would be */
/* Everything on disk and found by search; there is nothing to go on with afterwards. */
MUST_USE Error import_finish(Import *import);
void import_close(Import *import); /* what is not written yet is left out; NULL is fine */
