#include "tracker/slab.h"

#include <assert.h>
#include <sys/mman.h>

#if defined(__SANITIZE_ADDRESS__)
#define HAS_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_ASAN 1
#endif
#endif
#ifdef HAS_ASAN
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(at, bytes) ((void)(at), (void)(bytes))
#define ASAN_UNPOISON_MEMORY_REGION(at, bytes) ((void)(at), (void)(bytes))
#endif

enum {
    REGION_BYTES = SLAB_UNIT_BYTES << SLAB_OFFSET_BITS,
    SPAN_BYTES = 16384,
    SPAN_UNITS = SPAN_BYTES / SLAB_UNIT_BYTES,
    REGION_SPANS = REGION_BYTES / SPAN_BYTES,
    REGIONS_MAX = 1 << (32 - SLAB_OFFSET_BITS),
    AHEAD_SPANS = 32, /* so many left: time to make a region */
    PAGE_BYTES = 4096,
    SPARE_SPANS = 64, /* kept free without asking */
    TRIM_SPANS = 4,   /* given back in one go: each may break up a huge page */
};

/* Sizes are fine where most blocks are, so that little is lost to rounding. */
static size_t size_of(size_t bytes) {
    if (bytes <= 256) return (bytes + 7) / 8 - 1;
    if (bytes <= 512) return 32 + (bytes - 257) / 16;
    if (bytes <= 1024) return 48 + (bytes - 513) / 32;
    if (bytes <= 2048) return 64 + (bytes - 1025) / 128;
    return 72 + (bytes - 2049) / 512;
}

static size_t bytes_of(size_t size) {
    if (size < 32) return (size + 1) * 8;
    if (size < 48) return 256 + (size - 31) * 16;
    if (size < 64) return 512 + (size - 47) * 32;
    if (size < 72) return 1024 + (size - 63) * 128;
    return 2048 + (size - 71) * 512;
}

static size_t blocks_of(size_t size) { return SPAN_BYTES / bytes_of(size); }

static uint8_t *span_at(const Slab *slab, uint32_t number) {
    return slab->regions[number / REGION_SPANS] + (size_t)(number % REGION_SPANS) * SPAN_BYTES;
}

static uint32_t span_of(Handle block) { return block / SPAN_UNITS; }

static uint32_t *head_of(Slab *slab, const SlabSpan *span, SlabList list) {
    switch (list) {
        case SLAB_RICH: return &slab->rich[span->size];
        case SLAB_POOR: return &slab->poor[span->size];
        case SLAB_FREE: return &slab->free;
        case SLAB_BARE: return &slab->bare;
        case SLAB_NO_LIST: break;
    }
    return NULL;
}

/* Lists count spans from 1, so that 0 ends them. */
static void leave_list(Slab *slab, uint32_t number) {
    SlabSpan *span = &slab->spans[number];
    uint32_t *head = head_of(slab, span, (SlabList)span->list);
    if (!head) return;
    if (span->next) slab->spans[span->next - 1].prev = span->prev;
    if (span->prev)
        slab->spans[span->prev - 1].next = span->next;
    else
        *head = span->next;
    slab->free_count -= span->list == SLAB_FREE;
    slab->bare_count -= span->list == SLAB_BARE;
    span->list = SLAB_NO_LIST;
}

static void enter_list(Slab *slab, uint32_t number, SlabList list) {
    SlabSpan *span = &slab->spans[number];
    uint32_t *head = head_of(slab, span, list);
    span->list = (uint8_t)list;
    if (!head) return;
    span->prev = 0;
    span->next = *head;
    if (*head) slab->spans[*head - 1].prev = number + 1;
    *head = number + 1;
    slab->free_count += list == SLAB_FREE;
    slab->bare_count += list == SLAB_BARE;
}

static void change_list(Slab *slab, uint32_t number, SlabList list) {
    if (slab->spans[number].list == list) return;
    leave_list(slab, number);
    enter_list(slab, number, list);
}

/* Two megabytes at a border of two megabytes: what one huge page can hold. */
static uint8_t *region_open(void) {
    uint8_t *wide = mmap(NULL, 2 * (size_t)REGION_BYTES, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (wide == MAP_FAILED) return NULL;
    size_t before = -(uintptr_t)wide % REGION_BYTES;
    if (before) munmap(wide, before);
    munmap(wide + before + REGION_BYTES, REGION_BYTES - before);
    madvise(wide + before, REGION_BYTES, MADV_HUGEPAGE);
    ASAN_POISON_MEMORY_REGION(wide + before, REGION_BYTES);
    return wide + before;
}

static void region_close(uint8_t *region) {
    ASAN_UNPOISON_MEMORY_REGION(region, REGION_BYTES);
    munmap(region, REGION_BYTES);
}

static bool tables_grow(Slab *slab) {
    size_t room = slab->region_room ? slab->region_room * 2 : 4;
    uint8_t **regions = realloc(slab->regions, room * sizeof *regions);
    if (!regions) return false;
    slab->regions = regions;
    SlabSpan *spans = realloc(slab->spans, room * REGION_SPANS * sizeof *spans);
    if (!spans) return false;
    slab->spans = spans;
    slab->region_room = room;
    return true;
}

static bool slab_grow(Slab *slab) {
    size_t region = 0;
    while (region < slab->region_count && slab->regions[region]) region++;
    if (region == REGIONS_MAX) return false;
    if (region == slab->region_room && !tables_grow(slab)) return false;
    uint8_t *bytes = slab->spare ? slab->spare : region_open();
    if (!bytes) return false;
    slab->spare = NULL;
    slab->regions[region] = bytes;
    if (region == slab->region_count) slab->region_count++;
    for (uint32_t i = REGION_SPANS; i-- > 0;) {
        uint32_t number = (uint32_t)region * REGION_SPANS + i;
        slab->spans[number] = (SlabSpan){0};
        /* The first span stays out of use: handle 0 is none. */
        if (number > 0) enter_list(slab, number, SLAB_BARE);
    }
    return true;
}

/* An empty span for blocks of that size, as the first of its poor ones. */
static bool span_open(Slab *slab, size_t size) {
    if (!slab->free && !slab->bare && !slab_grow(slab)) return false;
    uint32_t number = (slab->free ? slab->free : slab->bare) - 1;
    leave_list(slab, number);
    slab->spans[number] = (SlabSpan){.size = (uint8_t)size};
    slab->busy_count++;
    enter_list(slab, number, SLAB_POOR);
    return true;
}

static SlabList list_for(const SlabSpan *span) {
    size_t blocks = blocks_of(span->size);
    if (span->used == blocks) return SLAB_NO_LIST;
    return span->used * 4u >= blocks * 3u ? SLAB_RICH : SLAB_POOR;
}

Handle slab_alloc(Slab *slab, size_t bytes) {
    assert(bytes > 0 && bytes <= SLAB_BLOCK_BYTES_MAX);
    size_t size = size_of(bytes), step = bytes_of(size);
    if (!slab->rich[size] && !slab->poor[size] && !span_open(slab, size)) return 0;
    uint32_t number = (slab->rich[size] ? slab->rich[size] : slab->poor[size]) - 1;
    SlabSpan *span = &slab->spans[number];
    uint8_t *start = span_at(slab, number);
    size_t index = span->vacant ? span->vacant - 1u : span->fresh++;
    ASAN_UNPOISON_MEMORY_REGION(start + index * step, step);
    if (span->vacant) memcpy(&span->vacant, start + index * step, sizeof span->vacant);
    span->used++;
    change_list(slab, number, list_for(span));
    return (Handle)(number * SPAN_UNITS + index * step / SLAB_UNIT_BYTES);
}

void slab_release(Slab *slab, Handle block) {
    uint32_t number = span_of(block);
    SlabSpan *span = &slab->spans[number];
    size_t step = bytes_of(span->size);
    size_t index = block % SPAN_UNITS * SLAB_UNIT_BYTES / step;
    uint8_t *at = slab_at(slab, block);
    assert(span->used > 0);
    memcpy(at, &span->vacant, sizeof span->vacant);
    ASAN_POISON_MEMORY_REGION(at, step);
    span->vacant = (uint16_t)(index + 1);
    span->used--;
    slab->busy_count -= span->used == 0;
    change_list(slab, number, span->used ? list_for(span) : SLAB_FREE);
}

size_t slab_room(const Slab *slab, Handle block) {
    return bytes_of(slab->spans[span_of(block)].size);
}

bool slab_fits_tightly(const Slab *slab, Handle block, size_t bytes) {
    return slab->spans[span_of(block)].size == size_of(bytes);
}

Handle slab_settle(Slab *slab, Handle block) {
    uint32_t number = span_of(block);
    const SlabSpan *span = &slab->spans[number];
    size_t size = span->size;
    if (span->list != SLAB_POOR) return block;
    if (!slab->rich[size] && slab->poor[size] == number + 1) return block;
    Handle moved = slab_alloc(slab, bytes_of(size));
    if (!moved) return block;
    memcpy(slab_at(slab, moved), slab_at(slab, block), bytes_of(size));
    slab_release(slab, block);
    return moved;
}

/* A slab that has never been used needs none. */
bool slab_wants_spare(Slab *slab) {
    size_t growth = slab->busy_count > slab->busy_before ? slab->busy_count - slab->busy_before : 0;
    slab->busy_before = slab->busy_count;
    return !slab->spare && slab->region_count > 0 &&
           slab->free_count + slab->bare_count < AHEAD_SPANS + 2 * growth;
}

uint8_t *slab_spare_open(void) {
    uint8_t *region = region_open();
    if (!region) return NULL;
    ASAN_UNPOISON_MEMORY_REGION(region, REGION_BYTES);
    for (size_t at = 0; at < REGION_BYTES; at += PAGE_BYTES) ((volatile uint8_t *)region)[at] = 0;
    ASAN_POISON_MEMORY_REGION(region, REGION_BYTES);
    return region;
}

void slab_give_spare(Slab *slab, uint8_t *spare) {
    if (slab->spare && spare)
        region_close(spare);
    else if (spare)
        slab->spare = spare;
}

void slab_trim(Slab *slab) {
    size_t spare = SPARE_SPANS + slab->busy_count / 32;
    for (size_t i = 0; i < TRIM_SPANS && slab->free_count > spare; i++) {
        uint32_t number = slab->free - 1;
        if (madvise(span_at(slab, number), SPAN_BYTES, MADV_DONTNEED) != 0) return;
        change_list(slab, number, SLAB_BARE);
    }
}

void slab_close(Slab *slab) {
    for (size_t i = 0; i < slab->region_count; i++)
        if (slab->regions[i]) region_close(slab->regions[i]);
    if (slab->spare) region_close(slab->spare);
    free(slab->regions);
    free(slab->spans);
    *slab = (Slab){0};
}
