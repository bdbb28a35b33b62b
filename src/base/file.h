/* file.h — whole files and folders, for settings, keys, imports and commands. Nothing of a request
 * comes here. Errors name the path and the system's own reason. */
#pragma once
#include "base/error.h"

MUST_USE Error file_read(Str path, size_t bytes_max, Arena *arena,
                         Str *ret_bytes); /* larger: TOO_LARGE */
/* Written beside, synced, then renamed over: the old file or the new one, never a half. */
MUST_USE Error file_write(Str path, Str bytes, unsigned mode);
MUST_USE Error file_make_folder(Str path, unsigned mode); /* there already: fine */

/* Of a file that is too large to be held: up to `len` bytes from `offset`, fewer only at its end.
 */
typedef struct {
    uint64_t offset;
    size_t len;
} FilePart;
uint64_t file_size(Str path); /* 0: it is no file, or empty */
MUST_USE Error file_read_part(Str path, FilePart part, Arena *arena, Str *ret_bytes);
/* Into `path`.part, which begins anew at offset 0. Empty bytes end it: synced, and renamed. */
MUST_USE Error file_write_part(Str path, uint64_t offset, Str bytes, unsigned mode);

typedef struct {
    Str path; /* folder + "/" + name */
    Str name;
    bool is_folder;
    uint64_t size_bytes;
} FileEntry;
/* Sorted by name; links are followed for files, never for folders. */
MUST_USE Error file_list(Str folder, Arena *arena, FileEntry **ret_entries, size_t *ret_count);
