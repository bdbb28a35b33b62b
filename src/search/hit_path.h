/* hit_path.h — which file of a work to show beside a hit that its file names made one.
 * The one that holds most of the words asked for, the first of equals. Looks at a bounded number of
 * names for one page; past that the file of the first word found is good enough. */
#pragma once
#include "search/index.h"
#include "search/match.h"

typedef struct {
    const QueryWords **words; /* asked for, not excluded */
    size_t word_count;
    size_t paths_left;
    Arena *arena;
} HitPathChooser;

HitPathChooser hit_path_chooser(const QueryNode *query, Arena *arena);
/* `path` as match.h gives it, not 0. Points into the table. */
Str hit_path_choose(HitPathChooser *chooser, const PathTable *paths, uint32_t path);
