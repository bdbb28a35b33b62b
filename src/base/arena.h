/* arena.h — memory with the lifetime of one request (or one start-up).
 * Owns every block it hands out; arena_free or arena_reset ends them all at once, nothing is freed
 * singly. Memory is zeroed. Growth stops at the named cap: past it the arena jumps to `overflow` if
 * one is set (http/worker.c answers 503 there), and otherwise stops the program, because then it is
 * our own fault. Built with address sanitizer each allocation stands alone, so that overruns inside
 * an arena are seen. Not locked: one thread at a time. */
#pragma once
#include <setjmp.h>
#include <stdalign.h>

#include "base/str.h"

typedef struct ArenaBlock ArenaBlock;
typedef struct {
    ArenaBlock *blocks; /* newest first */
    char *at, *end;     /* free room in the newest block */
    size_t used, cap;   /* bytes handed out, and how many may be */
    jmp_buf *overflow;
} Arena;

Arena arena_create(size_t cap_bytes);
void arena_free(Arena *arena);
void arena_reset(Arena *arena); /* forgets all, keeps the first block for reuse */

void *arena_alloc(Arena *arena, size_t size, size_t align);
void *arena_array(Arena *arena, size_t count, size_t size, size_t align); /* overflow-checked */

#define arena_new(arena, Type, count) \
    ((Type *)arena_array((arena), (count), sizeof(Type), alignof(Type)))

Str arena_copy(Arena *arena, Str s);    /* a copy, with a NUL behind it for debuggers */
const char *str_c(Arena *arena, Str s); /* NUL-terminated copy for libc; stops at no inner NUL */
Str arena_print(Arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));
