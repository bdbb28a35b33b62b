/* str.h — text and bytes as a pointer and a length.
 * Never NUL-terminated by promise: use str_c at the border of libc. A Str owns nothing; whoever
 * made the bytes (an Arena, a literal, a mapped file) must outlive it. The zero value is the empty
 * string. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/banned.h"

typedef struct {
    const char *at;
    size_t len;
} Str;

/* A literal as a Str, its length known at build time. */
#define STR(literal) ((Str){(literal), sizeof(literal) - 1})
/* For printf's "%.*s". */
#define STR_PRINTF(s) (int)(s).len, (s).at

Str str_from_c(const char *c_string); /* NULL becomes the empty string */
Str str_from_bytes(const void *bytes, size_t len);

bool str_equal(Str a, Str b);
bool str_equal_nocase(Str a, Str b); /* ASCII only */
int str_compare(Str a, Str b);       /* byte order, as memcmp */
bool str_starts(Str s, Str prefix);
bool str_starts_nocase(Str s, Str prefix);
bool str_ends(Str s, Str suffix);
bool str_contains(Str s, Str part);
bool str_is_empty(Str s);

/* Part of s; start and end are clamped to its length. */
Str str_part(Str s, size_t start, size_t end);
Str str_skip(Str s, size_t count);
Str str_trim(Str s); /* ASCII white space off both ends */

#define STR_NONE SIZE_MAX
size_t str_find_byte(Str s, char byte); /* STR_NONE when absent */
size_t str_find(Str s, Str part);       /* STR_NONE when absent */

/* Cuts s at the first separator: returns what stands before it and leaves the rest in *s.
 * Without a separator all of s is returned and *s becomes empty. Loop while s->len > 0. */
Str str_cut(Str *s, char separator);

/* Whole-string numbers; false (and *ret untouched) for anything else, overflow included. */
bool str_to_u64(Str s, uint64_t *ret_value);
bool str_to_i64(Str s, int64_t *ret_value);

bool str_is_utf8(Str s); /* well-formed, no surrogates, no overlong forms */
