#include "http/gather.h"

#include <assert.h>
#include <sys/mman.h>

enum { GATHER_SMALL_BYTES = 2048 };

Gather gather_create(size_t max_bytes) { return (Gather){.max = max_bytes}; }

static bool move_to_pages(Gather *gather) {
    void *pages = mmap(NULL, gather->max, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (pages == MAP_FAILED) return false;
    if (gather->at) memcpy(pages, gather->at, gather->len);
    gather->at = pages;
    gather->room = gather->max;
    gather->mapped = true;
    return true;
}

bool gather_add(Gather *gather, Str bytes, Arena *arena) {
    if (bytes.len > gather->max - gather->len) return false;
    if (bytes.len == 0) return true;
    if (!gather->at && bytes.len <= GATHER_SMALL_BYTES) {
        gather->room = gather->max < GATHER_SMALL_BYTES ? gather->max : GATHER_SMALL_BYTES;
        gather->at = arena_alloc(arena, gather->room, 1);
    }
    if (bytes.len > gather->room - gather->len && !move_to_pages(gather)) return false;
    assert(gather->at); /* room is never counted without memory */
    memcpy(gather->at + gather->len, bytes.at, bytes.len);
    gather->len += bytes.len;
    return true;
}

Str gather_str(const Gather *gather) { return (Str){gather->at, gather->len}; }

void gather_free(Gather *gather) {
    if (gather->mapped) munmap(gather->at, gather->max);
    *gather = (Gather){0};
}
