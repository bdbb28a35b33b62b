#include "base/str.h"

#include <string.h>

Str str_from_c(const char *c_string) {
    return c_string ? (Str){c_string, strlen(c_string)} : (Str){0};
}

Str str_from_bytes(const void *bytes, size_t len) { return (Str){bytes, len}; }

bool str_equal(Str a, Str b) {
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c; }

bool str_equal_nocase(Str a, Str b) { return a.len == b.len && str_starts_nocase(a, b); }

int str_compare(Str a, Str b) {
    size_t shared = a.len < b.len ? a.len : b.len;
    int order = shared ? memcmp(a.at, b.at, shared) : 0;
    if (order != 0) return order;
    return a.len < b.len ? -1 : a.len > b.len;
}

bool str_starts(Str s, Str prefix) {
    return s.len >= prefix.len && str_equal(str_part(s, 0, prefix.len), prefix);
}

bool str_starts_nocase(Str s, Str prefix) {
    if (s.len < prefix.len) return false;
    for (size_t i = 0; i < prefix.len; i++)
        if (lower(s.at[i]) != lower(prefix.at[i])) return false;
    return true;
}

bool str_ends(Str s, Str suffix) {
    return s.len >= suffix.len && str_equal(str_skip(s, s.len - suffix.len), suffix);
}

bool str_contains(Str s, Str part) { return str_find(s, part) != STR_NONE; }

bool str_is_empty(Str s) { return s.len == 0; }

Str str_part(Str s, size_t start, size_t end) {
    if (end > s.len) end = s.len;
    if (start >= end) return (Str){0};
    return (Str){s.at + start, end - start};
}

Str str_skip(Str s, size_t count) { return str_part(s, count, s.len); }

static bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

Str str_trim(Str s) {
    while (s.len && is_space(s.at[0])) s = str_skip(s, 1);
    while (s.len && is_space(s.at[s.len - 1])) s.len--;
    return s;
}

size_t str_find_byte(Str s, char byte) {
    const char *hit = s.len ? memchr(s.at, byte, s.len) : NULL;
    return hit ? (size_t)(hit - s.at) : STR_NONE;
}

size_t str_find(Str s, Str part) {
    if (part.len == 0) return 0;
    const char *hit = s.len ? memmem(s.at, s.len, part.at, part.len) : NULL;
    return hit ? (size_t)(hit - s.at) : STR_NONE;
}

Str str_cut(Str *s, char separator) {
    size_t at = str_find_byte(*s, separator);
    Str head = str_part(*s, 0, at);
    *s = at == STR_NONE ? (Str){0} : str_skip(*s, at + 1);
    return head;
}

bool str_to_u64(Str s, uint64_t *ret_value) {
    uint64_t value = 0;
    if (s.len == 0) return false;
    for (size_t i = 0; i < s.len; i++) {
        if (s.at[i] < '0' || s.at[i] > '9') return false;
        if (__builtin_mul_overflow(value, 10u, &value)) return false;
        if (__builtin_add_overflow(value, (uint64_t)(s.at[i] - '0'), &value)) return false;
    }
    *ret_value = value;
    return true;
}

bool str_to_i64(Str s, int64_t *ret_value) {
    bool negative = s.len && s.at[0] == '-';
    uint64_t size;
    if (!str_to_u64(negative ? str_skip(s, 1) : s, &size)) return false;
    if (size > (uint64_t)INT64_MAX + negative) return false;
    *ret_value = negative ? (int64_t)(0 - size) : (int64_t)size;
    return true;
}

/* Length of the UTF-8 sequence at the start of s, 0 when malformed (Unicode 15, table 3-7). */
static size_t utf8_sequence(Str s) {
    const unsigned char *b = (const unsigned char *)s.at;
    size_t len = b[0] < 0x80   ? 1
                 : b[0] < 0xC2 ? 0
                 : b[0] < 0xE0 ? 2
                 : b[0] < 0xF0 ? 3
                 : b[0] < 0xF5 ? 4
                               : 0;
    if (len == 0 || len > s.len) return 0;
    for (size_t i = 1; i < len; i++)
        if ((b[i] & 0xC0) != 0x80) return 0;
    if (b[0] == 0xE0 && b[1] < 0xA0) return 0;
    if (b[0] == 0xED && b[1] > 0x9F) return 0;
    if (b[0] == 0xF0 && b[1] < 0x90) return 0;
    if (b[0] == 0xF4 && b[1] > 0x8F) return 0;
    return len;
}

/* How many bytes of ASCII it begins with, or a few less. */
static size_t ascii_start(Str s) {
    size_t len = 0;
    for (uint64_t eight; len + sizeof eight <= s.len; len += sizeof eight) {
        memcpy(&eight, s.at + len, sizeof eight);
        if (eight & 0x8080808080808080u) break;
    }
    return len;
}

bool str_is_utf8(Str s) {
    while (s.len) {
        size_t len = ascii_start(s);
        if (len == 0) len = utf8_sequence(s);
        if (len == 0) return false;
        s = str_skip(s, len);
    }
    return true;
}
