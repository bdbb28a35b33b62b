/* import_batch.h — what an import writes at once; for import*.c only. */
#pragma once
#include "base/limits.h"
#include "community/import.h"
#include "queries/torrent.h"
#include "queries/torrent_blob.h"
#include "queries/torrent_count.h"

/* A work that may be written. All strings lie in the batch. */
typedef struct {
    TorrentAddAsk work;     /* uploader_id: as it is written */
    TorrentBlobAddAsk blob; /* info empty: only its files are listed, in paths and sizes */
    Str sizes, keys;
    TorrentCountClaimAsk claim; /* at 0: none */
    InfoHash hash;
    SwarmHash swarm;
    Str uploader;
    bool is_nameless; /* nobody was named, the uploader is IMPORT_NAMELESS */
} ImportWork;

enum { IMPORT_BATCH_WORKS = 16000, IMPORT_BATCH_BYTES = 48 * MIB };

typedef struct {
    Arena arena;
    ImportWork *works; /* room for IMPORT_BATCH_WORKS */
    size_t count;
    ImportPlace place; /* behind its last line */
} ImportBatch;

/* A line, checked. What is to be written of it is kept in `arena`; it waits when *ret_waits is not
 * fine. Nothing is written and nothing looked up: whether it is known shows when it is written. */
typedef struct {
    const ImportRules *rules;
    Arena *scratch; /* for the way */
    Seconds now;
} ImportChecker;
MUST_USE Error import_check(const ImportChecker *checker, const ImportLine *line, Arena *arena,
                            ImportWork *ret_work, Error *ret_waits);

/* Members by name, so that each is asked for once. */
typedef struct {
    struct {
        Str name; /* in lower case */
        int64_t id;
    } * slots;
    size_t count;
    Arena arena;
} ImportMembers;

/* What the writing thread has: one transaction a batch, then search and tracker. */
typedef struct {
    Visit visit; /* with a reader and an arena of its own */
    const ImportRules *rules;
    ImportMembers members;
    const ImportBatch *batch; /* under way, and what became of it: */
    ImportTotals totals;
    int64_t *ids;       /* of works that became visible; 0: it did not */
    int64_t *completed; /* of works that have their .torrent now */
    size_t completed_count;
    int64_t before_id, event_id; /* of the story: the last one before it, and the last of its own */
} ImportWriter;
MUST_USE Error import_writer_open(Visit *visit, const ImportRules *rules, ImportWriter *ret_writer);
void import_writer_close(ImportWriter *writer);
MUST_USE Error import_write(ImportWriter *writer, const ImportBatch *batch);
MUST_USE Error import_forget_place(ImportWriter *writer);
