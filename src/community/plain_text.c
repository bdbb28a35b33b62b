#include "community/plain_text.h"

#include <utf8proc.h>

#include "base/text.h"

enum { UTF8_BYTES_MAX = 4 };

static bool is_refused(int32_t c) {
    return c < 0x20 || (c >= 0x7F && c <= 0x9F) || /* control */
           (c >= 0x202A && c <= 0x202E) ||         /* direction overrides and embeddings */
           (c >= 0x2066 && c <= 0x2069) ||         /* direction isolates */
           c == 0x2028 || c == 0x2029 ||           /* line and paragraph separators */
           (c >= 0xFFF9 && c <= 0xFFFC) ||         /* annotations, object placeholder */
           (c >= 0xFDD0 && c <= 0xFDEF) || (c & 0xFFFE) == 0xFFFE || /* no characters at all */
           (c >= 0xE000 && c <= 0xF8FF) || c >= 0xE0000;             /* tags, private use */
}

static bool is_dropped(int32_t c) {
    switch (c) {
        case 0x00AD: /* soft hyphen */
        case 0x061C: /* direction marks */
        case 0x200B: /* zero width space */
        case 0x200E:
        case 0x200F:
        case 0x2060:              /* word joiner */
        case 0xFEFF: return true; /* byte order mark */
        default: return false;
    }
}

static bool is_visible(int32_t c) {
    switch (utf8proc_category(c)) {
        case UTF8PROC_CATEGORY_ZS:
        case UTF8PROC_CATEGORY_MN:
        case UTF8PROC_CATEGORY_ME:
        case UTF8PROC_CATEGORY_CF: return false;
        default: return c != 0x2800 && c != 0x3164 && c != 0x115F && c != 0x1160 && c != 0xFFA0;
    }
}

static void add_character(Text *text, int32_t c) {
    utf8proc_uint8_t bytes[UTF8_BYTES_MAX];
    utf8proc_ssize_t len = utf8proc_encode_char(c, bytes);
    text_add(text, str_from_bytes(bytes, (size_t)len));
}

/* s is well-formed and not empty. */
static int32_t take_character(Str *s) {
    utf8proc_int32_t c;
    utf8proc_ssize_t len =
        utf8proc_iterate((const utf8proc_uint8_t *)s->at, (utf8proc_ssize_t)s->len, &c);
    *s = str_skip(*s, len > 0 ? (size_t)len : 1);
    return c;
}

/* Below U+0300, where the combining marks begin, every character is its own NFC. */
static bool is_nfc_for_sure(Str s) {
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.at[i] >= 0xCC) return false;
    return true;
}

Str plain_text_nfc(Str s, Arena *arena) {
    if (!s.len || is_nfc_for_sure(s) || !str_is_utf8(s)) return s;
    const utf8proc_option_t options = UTF8PROC_STABLE | UTF8PROC_COMPOSE;
    const utf8proc_uint8_t *bytes = (const utf8proc_uint8_t *)s.at;
    utf8proc_ssize_t need = utf8proc_decompose(bytes, (utf8proc_ssize_t)s.len, NULL, 0, options);
    if (need <= 0) return s;
    utf8proc_int32_t *characters = arena_new(arena, utf8proc_int32_t, (size_t)need + 1);
    need = utf8proc_decompose(bytes, (utf8proc_ssize_t)s.len, characters, need, options);
    utf8proc_ssize_t len = utf8proc_reencode(characters, need, options);
    return len > 0 ? str_from_bytes(characters, (size_t)len) : s;
}

bool plain_text_line(Str typed, Arena *arena, Str *ret_line) {
    if (!str_is_utf8(typed)) return false;
    Text line = text_create(arena, typed.len);
    bool space = false, visible = false;
    for (Str left = typed; left.len;) {
        int32_t c = take_character(&left);
        if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
            space = true;
            continue;
        }
        if (is_dropped(c)) continue;
        if (is_refused(c)) return false;
        if (space && line.len) text_add_byte(&line, ' ');
        space = false;
        visible |= is_visible(c);
        add_character(&line, c);
    }
    *ret_line = visible ? plain_text_nfc(text_str(&line), arena) : (Str){0};
    return true;
}

bool plain_text_lines(Str typed, Arena *arena, Str *ret_lines) {
    if (!str_is_utf8(typed)) return false;
    Text lines = text_create(arena, typed.len);
    for (Str left = typed; left.len;) {
        int32_t c = take_character(&left);
        if (c == '\r') {
            if (str_starts(left, STR("\n"))) continue;
            c = '\n';
        }
        if (is_dropped(c)) continue;
        if (c != '\n' && c != '\t' && is_refused(c)) return false;
        add_character(&lines, c);
    }
    *ret_lines = plain_text_nfc(str_trim(text_str(&lines)), arena);
    return true;
}

Str plain_text_lower(Str s, Arena *arena) {
    Text lower = text_create(arena, s.len * UTF8_BYTES_MAX);
    for (Str left = s; left.len;) add_character(&lower, utf8proc_tolower(take_character(&left)));
    return text_str(&lower);
}

Str plain_text_lower_ascii(Str s, Arena *arena) {
    char *lower = arena_new(arena, char, s.len + 1);
    for (size_t i = 0; i < s.len; i++)
        lower[i] = s.at[i] >= 'A' && s.at[i] <= 'Z' ? (char)(s.at[i] + 'a' - 'A') : s.at[i];
    return (Str){lower, s.len};
}

Str plain_text_shorten(Str s, size_t bytes_max) {
    if (s.len <= bytes_max) return s;
    size_t end = bytes_max;
    while (end > 0 && ((unsigned char)s.at[end] & 0xC0) == 0x80) end--;
    return str_part(s, 0, end);
}

bool plain_text_is_word(Str s, const char *also) {
    if (!s.len || !str_is_utf8(s)) return false;
    for (Str left = s; left.len;) {
        int32_t c = take_character(&left);
        if (c < 0x80 && str_find_byte(str_from_c(also), (char)c) != STR_NONE) continue;
        utf8proc_category_t kind = utf8proc_category(c);
        bool letter = kind >= UTF8PROC_CATEGORY_LU && kind <= UTF8PROC_CATEGORY_LO;
        bool mark = kind == UTF8PROC_CATEGORY_MN || kind == UTF8PROC_CATEGORY_MC;
        if (!letter && !mark && kind != UTF8PROC_CATEGORY_ND) return false;
    }
    return true;
}
