/* gather.h — bytes of unknown number gathered into one piece of memory.
 * The first few live in the arena; past them the whole maximum is reserved as address space, of
 * which the kernel gives pages only as bytes arrive. So nothing is copied while growing, an upload
 * costs what it weighs, and its memory goes back at once. */
#pragma once
#include "base/arena.h"

typedef struct {
    char *at;
    size_t len, max;
    size_t room; /* in the arena */
    bool mapped;
} Gather;

Gather gather_create(size_t max_bytes);
/* False when more than the maximum would be held, or the system has no memory. */
bool gather_add(Gather *gather, Str bytes, Arena *arena);
Str gather_str(const Gather *gather);
void gather_free(Gather *gather);
