/* hit_path.h — which file of a work to show beside a hit that its file names made one.
 * The one that holds most of the words asked for, the first of equals. Looks at a bounded number of
 * names for one page of hits. */
#pragma once
#include "search/query.h"

typedef struct {
    const QueryWords **words; /* asked for, not excluded */
    const Str *extensions;
    size_t word_count, extension_count;
    size_t paths_left; /* that may still be cut into words */
    Arena *arena;
} HitPathChooser;

/* Keeps the words of the tree, not its nodes. */
HitPathChooser hit_path_chooser(const QueryNode *query, Arena *arena);
/* One of `paths`, which stand on a line each; the empty string when none holds any of the words.
 * Points into it. */
Str hit_path_find(HitPathChooser *chooser, Str paths);
