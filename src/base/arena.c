#include "base/arena.h"

#include <assert.h>
#include <stdarg.h>

#include "base/limits.h"

#if defined(__SANITIZE_ADDRESS__)
#define ARENA_ONE_BLOCK_EACH 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_ONE_BLOCK_EACH 1
#endif
#endif
#ifndef ARENA_ONE_BLOCK_EACH
#define ARENA_ONE_BLOCK_EACH 0
#endif

struct ArenaBlock {
    ArenaBlock *next;
    size_t size;
    alignas(max_align_t) char bytes[];
};

Arena arena_create(size_t cap_bytes) { return (Arena){.cap = cap_bytes}; }

static void free_blocks(ArenaBlock *block) {
    while (block) {
        ArenaBlock *next = block->next;
        free(block);
        block = next;
    }
}

void arena_free(Arena *arena) {
    free_blocks(arena->blocks);
    *arena = (Arena){.cap = arena->cap, .overflow = arena->overflow};
}

void arena_reset(Arena *arena) {
    ArenaBlock *oldest = arena->blocks;
    bool more = oldest && oldest->next;
    while (oldest && oldest->next) {
        ArenaBlock *next = oldest->next;
        free(oldest);
        oldest = next;
    }
    bool keep = oldest && oldest->size == ARENA_BLOCK_BYTES && !ARENA_ONE_BLOCK_EACH;
    /* Bytes never handed out are zero still; `at` tells only while the kept block is the newest. */
    size_t dirty = keep && !more ? (size_t)(arena->at - oldest->bytes) : ARENA_BLOCK_BYTES;
    if (!keep) free_blocks(oldest);
    arena->used = 0;
    arena->blocks = keep ? oldest : NULL;
    arena->at = keep ? oldest->bytes : NULL;
    arena->end = keep ? oldest->bytes + oldest->size : NULL;
    if (keep) memset(oldest->bytes, 0, dirty);
}

static _Noreturn void overflow(Arena *arena, size_t size) {
    if (arena->overflow) longjmp(*arena->overflow, 1);
    fprintf(stderr, "essaim: an arena of %zu bytes was asked for %zu more\n", arena->cap, size);
    abort();
}

static void add_block(Arena *arena, size_t size) {
    size_t room = ARENA_ONE_BLOCK_EACH ? size : size > ARENA_BLOCK_BYTES ? size : ARENA_BLOCK_BYTES;
    ArenaBlock *block = calloc(1, sizeof(ArenaBlock) + room);
    if (!block) overflow(arena, size);
    block->next = arena->blocks;
    block->size = room;
    arena->blocks = block;
    arena->at = block->bytes;
    arena->end = block->bytes + room;
}

void *arena_alloc(Arena *arena, size_t size, size_t align) {
    assert(align && (align & (align - 1)) == 0 && align <= alignof(max_align_t));
    if (size > arena->cap - arena->used) overflow(arena, size);
    size_t pad = (size_t)(-(uintptr_t)arena->at) & (align - 1);
    if (ARENA_ONE_BLOCK_EACH || !arena->at || size + pad > (size_t)(arena->end - arena->at)) {
        add_block(arena, size);
        pad = 0;
    }
    char *at = arena->at + pad;
    arena->at = at + size;
    arena->used += size;
    return at;
}

void *arena_array(Arena *arena, size_t count, size_t size, size_t align) {
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) overflow(arena, SIZE_MAX);
    return arena_alloc(arena, bytes, align);
}

Str arena_copy(Arena *arena, Str s) {
    char *copy = arena_alloc(arena, s.len + 1, 1);
    if (s.len) memcpy(copy, s.at, s.len);
    return (Str){copy, s.len};
}

const char *str_c(Arena *arena, Str s) { return arena_copy(arena, s).at; }

Str arena_print(Arena *arena, const char *format, ...) {
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    char most[256]; /* long enough for nearly all, which then are printed once */
    int len = vsnprintf(most, sizeof most, format, arguments);
    assert(len >= 0);
    char *bytes = arena_alloc(arena, (size_t)len + 1, 1);
    if ((size_t)len < sizeof most)
        memcpy(bytes, most, (size_t)len);
    else
        vsnprintf(bytes, (size_t)len + 1, format, again);
    va_end(again);
    va_end(arguments);
    return (Str){bytes, (size_t)len};
}
