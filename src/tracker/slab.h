/* slab.h — small blocks of memory behind 32-bit handles, for what there are millions of.
 * A region is 2 MiB (a huge page where the kernel gives one), cut into spans of one size of block
 * each. Owns its regions. Spans that fall empty are used for any size again, and what stays unused
 * goes back to the kernel (slab_trim); spans that are thinly used are emptied by whoever visits
 * their blocks (slab_settle), so that memory stays in proportion under churn. Not locked. A block
 * is 8-byte aligned and comes with whatever it held before. */
#pragma once
#include "base/str.h"

typedef uint32_t Handle; /* 0: none */

enum {
    SLAB_BLOCK_BYTES_MAX = 8192,
    SLAB_UNIT_BYTES = 8,
    SLAB_OFFSET_BITS = 18, /* of a handle: where in its region, in units */
    SLAB_SIZES = 84,
};

typedef struct {
    uint32_t next, prev;          /* in its list */
    uint16_t used, fresh, vacant; /* blocks; fresh: ever used; vacant: first free one, from 1 */
    uint8_t size, list;
} SlabSpan;

typedef enum {
    SLAB_NO_LIST, /* a full span */
    SLAB_RICH,    /* at least three quarters used: new blocks come from here */
    SLAB_POOR,    /* to be emptied, where there is room elsewhere */
    SLAB_FREE,    /* no block, but memory */
    SLAB_BARE,    /* neither */
} SlabList;

typedef struct {
    uint8_t **regions;
    SlabSpan *spans;
    size_t region_count, region_room;
    uint32_t rich[SLAB_SIZES], poor[SLAB_SIZES]; /* first span of each list, from 1 */
    uint32_t free, bare;
    size_t free_count, bare_count, busy_count; /* spans */
    size_t busy_before;                        /* when last asked whether a spare is wanted */
    uint8_t *spare;                            /* a region nothing is in yet */
} Slab;

void slab_close(Slab *slab);                 /* all zero is an open one */
Handle slab_alloc(Slab *slab, size_t bytes); /* 0 when memory is out */
void slab_release(Slab *slab, Handle block);
size_t slab_room(const Slab *slab, Handle block); /* at least what was asked for */
/* Whether a block of so many bytes had better be of another size than this one. */
bool slab_fits_tightly(const Slab *slab, Handle block, size_t bytes);
/* Moves a block out of a thinly used span, if it stands in one; returns where it is now. */
Handle slab_settle(Slab *slab, Handle block);
/* A region costs the kernel up to some milliseconds to make, so whoever has time makes it ahead,
 * without a lock: if the slab wants one, opens it and gives it. It wants one the sooner the more it
 * has grown since it was last asked. NULL when memory is out. */
bool slab_wants_spare(Slab *slab);
uint8_t *slab_spare_open(void);
void slab_give_spare(Slab *slab, uint8_t *spare); /* NULL is fine */
/* Gives memory nothing stands in back to the kernel, a few spans at a time. */
void slab_trim(Slab *slab);

static inline void *slab_at(const Slab *slab, Handle block) {
    const Handle mask = (1u << SLAB_OFFSET_BITS) - 1;
    return slab->regions[block >> SLAB_OFFSET_BITS] + (size_t)(block & mask) * SLAB_UNIT_BYTES;
}
