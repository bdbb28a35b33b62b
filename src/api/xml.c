#include "api/xml.h"

/* Bytes of the character at s, 0 when it is none. */
static size_t character(Str s, uint32_t *ret_code) {
    unsigned char first = (unsigned char)s.at[0];
    size_t len = first < 0x80 ? 1 : first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC2 ? 2 : 0;
    if (len == 0 || len > s.len || !str_is_utf8(str_part(s, 0, len))) return 0;
    static const unsigned char masks[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    uint32_t code = first & masks[len];
    for (size_t i = 1; i < len; i++) code = code << 6 | ((unsigned char)s.at[i] & 0x3F);
    *ret_code = code;
    return len;
}

/* XML does not know it, or it would turn the text behind it around in whatever shows the feed. */
static bool is_left_out(uint32_t code) {
    bool control = code < 0x20 && code != '\t' && code != '\n' && code != '\r';
    bool second_control = code >= 0x7F && code <= 0x9F;
    bool turns = (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
    bool none = (code & 0xFFFE) == 0xFFFE || (code >= 0xFDD0 && code <= 0xFDEF);
    return control || second_control || turns || none;
}

static void write_character(Text *text, Str bytes) {
    switch (bytes.at[0]) {
        case '&': text_add(text, STR("&amp;")); break;
        case '<': text_add(text, STR("&lt;")); break;
        case '>': text_add(text, STR("&gt;")); break;
        case '"': text_add(text, STR("&quot;")); break;
        case '\r': text_add(text, STR("&#13;")); break;
        default: text_add(text, bytes); break;
    }
}

void xml_write_text(Text *text, Str s) {
    while (s.len) {
        uint32_t code;
        size_t len = character(s, &code);
        if (len == 0)
            text_add(text, STR("\xEF\xBF\xBD"));
        else if (!is_left_out(code))
            write_character(text, str_part(s, 0, len));
        s = str_skip(s, len ? len : 1);
    }
}

void xml_write_element(Text *text, const char *name, Str s) {
    if (s.len == 0) return;
    text_print(text, "<%s>", name);
    xml_write_text(text, s);
    text_print(text, "</%s>\n", name);
}

void xml_write_attribute(Text *text, const char *name, Str s) {
    text_print(text, " %s=\"", name);
    xml_write_text(text, s);
    text_add_byte(text, '"');
}
