/* manifest.h — which segments are the index, as one file says.
 * Little-endian: head, then for each segment its row and, where documents are gone, a bit for each
 * of them. Written beside and renamed, so there is always the old one or the new. What it does not
 * name is no part of the index. */
#pragma once
#include "search/segment.h"

typedef struct {
    uint64_t number; /* of the file */
    uint64_t mark;   /* in its head */
    uint32_t documents, gone_count;
    const uint64_t *gone; /* NULL: none */
} ManifestRow;

typedef struct {
    uint64_t catalogue; /* which one it is of */
    uint64_t sequence;  /* one more each time */
    int64_t event_id;   /* all that happened up to it is in */
    int64_t built_upto; /* works up to this id are in; INT64_MAX: all */
    size_t count;
    ManifestRow *rows;
} Manifest;

enum { MANIFEST_SEGMENTS_MAX = 4096, MANIFEST_BYTES_MAX = 1 << 30 };

/* Into the arena. */
Str manifest_write(const Manifest *manifest, Arena *arena);
/* False where anything in it is not as it must be. */
bool manifest_parse(Str bytes, Arena *arena, Manifest *ret_manifest);
