/* content.h — a file or folder on this machine as the content of a torrent: walked in the order of
 * names, read in parts, never held whole. Empty folders and whatever is neither file nor folder are
 * passed over. */
#pragma once
#include "base/file.h"
#include "torrent/create.h"

/* `options->name` empty: the name of `path`. Says how far it is when `progress` is set. */
typedef struct {
    Str path;
    CreateOptions options;
    void (*progress)(void *argument, uint64_t done_bytes, uint64_t all_bytes);
    void *argument;
} ContentAsk;

MUST_USE Error content_create(const ContentAsk *ask, Arena *arena, Str *ret_torrent);
