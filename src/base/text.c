#include "base/text.h"

enum { TEXT_FIRST_ROOM = 256 };

Text text_create(Arena *arena, size_t max_bytes) {
    return (Text){.arena = arena, .max = max_bytes};
}

static bool make_room(Text *text, size_t len) {
    if (text->full || len > text->max - text->len) {
        text->full = true;
        return false;
    }
    /* One byte more than asked, for the NUL that vsnprintf insists on. */
    size_t need = text->len + len + 1;
    if (need <= text->room) return true;
    size_t room = text->room ? text->room : TEXT_FIRST_ROOM;
    while (room < need) room *= 2;
    if (room - 1 > text->max) room = text->max + 1;
    char *grown = arena_alloc(text->arena, room, 1);
    if (text->len) memcpy(grown, text->at, text->len);
    text->at = grown;
    text->room = room;
    return true;
}

char *text_extend(Text *text, size_t len) {
    if (!make_room(text, len)) return NULL;
    char *at = text->at + text->len;
    text->len += len;
    return at;
}

void text_add(Text *text, Str s) {
    if (s.len == 0) return;
    char *at = text_extend(text, s.len);
    if (at) memcpy(at, s.at, s.len);
}

void text_add_byte(Text *text, char byte) { text_add(text, (Str){&byte, 1}); }

void text_add_u64(Text *text, uint64_t value) {
    char digits[20];
    size_t at = sizeof digits;
    do digits[--at] = (char)('0' + value % 10);
    while (value /= 10);
    text_add(text, (Str){digits + at, sizeof digits - at});
}

void text_add_i64(Text *text, int64_t value) {
    if (value < 0) text_add_byte(text, '-');
    text_add_u64(text, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

void text_print(Text *text, const char *format, ...) {
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    char most[256]; /* long enough for nearly all, which then are printed once */
    int len = vsnprintf(most, sizeof most, format, arguments);
    char *at = len < 0 ? NULL : text_extend(text, (size_t)len);
    if (at && (size_t)len < sizeof most)
        memcpy(at, most, (size_t)len);
    else if (at)
        vsnprintf(at, (size_t)len + 1, format, again);
    va_end(again);
    va_end(arguments);
}

Str text_str(const Text *text) { return (Str){text->at, text->len}; }
