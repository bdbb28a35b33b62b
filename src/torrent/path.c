#include "torrent/path.h"

#define REPLACEMENT STR("\xEF\xBF\xBD") /* U+FFFD */

typedef struct {
    uint32_t point;
    size_t len; /* bytes taken */
    bool is_valid;
} Character;

/* One character of UTF-8; for bytes that are none, one byte. */
static Character first_character(Str s) {
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    const uint8_t *at = (const uint8_t *)s.at;
    if (at[0] < 0x80) return (Character){at[0], 1, true};
    size_t len = at[0] >= 0xF8 ? 0 : at[0] >= 0xF0 ? 4 : at[0] >= 0xE0 ? 3 : at[0] >= 0xC0 ? 2 : 0;
    if (len == 0 || len > s.len) return (Character){0, 1, false};
    uint32_t point = at[0] & (0x7Fu >> len);
    for (size_t i = 1; i < len; i++) {
        if ((at[i] & 0xC0) != 0x80) return (Character){0, 1, false};
        point = point << 6 | (at[i] & 0x3F);
    }
    bool valid = point >= smallest[len] && point <= 0x10FFFF && (point < 0xD800 || point > 0xDFFF);
    return valid ? (Character){point, len, true} : (Character){0, 1, false};
}

static bool turns_direction(uint32_t point) {
    return point == 0x061C || point == 0x200E || point == 0x200F ||
           (point >= 0x202A && point <= 0x202E) || (point >= 0x2066 && point <= 0x2069);
}

static bool is_control(uint32_t point) {
    return point < 0x20 || (point >= 0x7F && point < 0xA0) || point == 0x2028 || point == 0x2029;
}

/* Takes no room on the screen. The joiners U+200C and U+200D stay: scripts and emoji need them. */
static bool is_invisible(uint32_t point) {
    return point == 0x200B || (point >= 0x2060 && point <= 0x2064) || point == 0xFEFF;
}

static bool is_separator(uint32_t point) { return point == '/' || point == '\\'; }

static bool is_dots(Str part) { return str_equal(part, STR(".")) || str_equal(part, STR("..")); }

static bool is_plain(Str part) {
    for (size_t i = 0; i < part.len; i++) {
        uint8_t byte = (uint8_t)part.at[i];
        if (byte < 0x20 || byte >= 0x7F || is_separator(byte)) return false;
    }
    return part.len > 0 && !is_dots(part);
}

static void add_safe(Text *text, Str words, bool is_name) {
    for (Str rest = words; rest.len > 0;) {
        Character c = first_character(rest);
        bool is_line = !is_name && (c.point == '\n' || c.point == '\t' || c.point == '\r');
        if (!c.is_valid || turns_direction(c.point) || is_invisible(c.point) ||
            (is_control(c.point) && !is_line))
            text_add(text, REPLACEMENT);
        else if (is_name && is_separator(c.point))
            text_add_byte(text, '_');
        else
            text_add(text, str_part(rest, 0, c.len));
        rest = str_skip(rest, c.len);
    }
}

static void add_name(Text *text, Str part) {
    if (part.len == 0)
        text_add_byte(text, '_');
    else if (is_dots(part))
        text_add(text, part.len == 1 ? STR("_") : STR("__"));
    else if (is_plain(part))
        text_add(text, part);
    else
        add_safe(text, part, true);
}

void path_add_part(Text *text, Str part) {
    if (text->len > 0) text_add_byte(text, '/');
    add_name(text, part);
}

Str path_show(Str part, Arena *arena) {
    if (is_plain(part)) return part;
    Text text = text_create(arena, part.len * PATH_SHOWN_GROWTH + 1);
    add_name(&text, part);
    return text_str(&text);
}

Str path_show_words(Str words, Arena *arena) {
    if (is_plain(words)) return words;
    Text text = text_create(arena, words.len * PATH_SHOWN_GROWTH + 1);
    add_safe(&text, words, false);
    return text_str(&text);
}

static bool is_dropped(uint32_t point) {
    return point == 0 || is_separator(point) || turns_direction(point);
}

bool path_is_nothing(Str part) {
    if (part.len == 0) return false;
    size_t dots = 0;
    for (Str rest = part; rest.len > 0;) {
        Character c = first_character(rest);
        if (c.is_valid && c.point == '.') {
            if (++dots > 2) return false;
        } else if (!c.is_valid || !is_dropped(c.point)) {
            return false;
        }
        rest = str_skip(rest, c.len);
    }
    return true;
}
