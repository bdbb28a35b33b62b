/* text.h — text that grows, made with its maximum (curl's dynbuf).
 * Lives in an arena. Past its maximum nothing more is added and `full` stays set: write everything,
 * check once. */
#pragma once
#include <stdarg.h>

#include "base/arena.h"

typedef struct {
    char *at;
    size_t len, room, max;
    bool full;
    Arena *arena;
} Text;

Text text_create(Arena *arena, size_t max_bytes);
void text_add(Text *text, Str s);
void text_add_byte(Text *text, char byte);
void text_add_u64(Text *text, uint64_t value);
void text_add_i64(Text *text, int64_t value);
void text_print(Text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Room for `len` more bytes, to be filled by the caller; NULL once full. */
char *text_extend(Text *text, size_t len);
Str text_str(const Text *text);
