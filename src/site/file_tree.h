/* file_tree.h — the files of a torrent as folders that fold.
 * A torrent may have 200,000 files: only one page of them becomes nodes, yet each folder says how
 * many files and bytes are below it in all. Names are compared byte by byte; folders come first. */
#pragma once
#include "site/views.h"

enum { FILE_TREE_PAGE = 500 };

typedef struct {
    Str path; /* parts joined by '/' */
    uint64_t size_bytes;
} TreeFile;

/* The page of at most FILE_TREE_PAGE files that begins at `from` (0 is the first). The array is
 * sorted in place. */
TreeNodes file_tree_build(Arena *arena, TreeFile *files, size_t count, size_t from);
