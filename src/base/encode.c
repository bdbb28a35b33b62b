#include "base/encode.h"

#include <sodium.h>

Str hex_write(Arena *arena, const void *bytes, size_t len) {
    static const char digits[] = "0123456789abcdef";
    const uint8_t *from = bytes;
    char *hex = arena_alloc(arena, len * 2 + 1, 1);
    for (size_t i = 0; i < len; i++) {
        hex[2 * i] = digits[from[i] >> 4];
        hex[2 * i + 1] = digits[from[i] & 15];
    }
    return (Str){hex, len * 2};
}

static int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

bool hex_parse(Str hex, void *ret_bytes, size_t len) {
    if (hex.len != len * 2) return false;
    for (size_t i = 0; i < hex.len; i++)
        if (hex_digit(hex.at[i]) < 0) return false;
    uint8_t *to = ret_bytes;
    for (size_t i = 0; i < len; i++)
        to[i] = (uint8_t)(hex_digit(hex.at[2 * i]) << 4 | hex_digit(hex.at[2 * i + 1]));
    return true;
}

static int base32_digit(char c) {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a';
    if (c >= '2' && c <= '7') return c - '2' + 26;
    return -1;
}

bool base32_parse(Str base32, void *ret_bytes, size_t len) {
    if (base32.len != (len * 8 + 4) / 5) return false;
    for (size_t i = 0; i < base32.len; i++)
        if (base32_digit(base32.at[i]) < 0) return false;
    uint8_t *to = ret_bytes;
    uint32_t bits = 0;
    int bit_count = 0;
    for (size_t i = 0; i < base32.len; i++) {
        bits = bits << 5 | (uint32_t)base32_digit(base32.at[i]);
        bit_count += 5;
        if (bit_count < 8) continue;
        bit_count -= 8;
        *to++ = (uint8_t)(bits >> bit_count);
    }
    return true;
}

enum {
    BASE64 = sodium_base64_VARIANT_ORIGINAL,
    BASE64URL = sodium_base64_VARIANT_URLSAFE_NO_PADDING,
};

static Str write_base64(Arena *arena, Str bytes, int variant) {
    size_t room = sodium_base64_encoded_len(bytes.len, variant);
    char *text = arena_alloc(arena, room, 1);
    sodium_bin2base64(text, room, (const uint8_t *)bytes.at, bytes.len, variant);
    return (Str){text, room - 1};
}

static bool parse_base64(Str text, void *ret_bytes, size_t len, int variant) {
    if (text.len != sodium_base64_encoded_len(len, variant) - 1) return false;
    size_t written = 0;
    uint8_t bytes[256];
    if (len > sizeof bytes) return false;
    if (sodium_base642bin(bytes, len, text.at, text.len, NULL, &written, NULL, variant) != 0)
        return false;
    if (written != len) return false;
    memcpy(ret_bytes, bytes, len);
    return true;
}

Str base64_write(Arena *arena, const void *bytes, size_t len) {
    return write_base64(arena, str_from_bytes(bytes, len), BASE64);
}

bool base64_parse(Str text, void *ret_bytes, size_t len) {
    return parse_base64(text, ret_bytes, len, BASE64);
}

bool base64_read(Str text, Arena *arena, Str *ret_bytes) {
    size_t room = text.len / 4 * 3, written = 0;
    char *bytes = arena_alloc(arena, room + 1, 1);
    if (sodium_base642bin((uint8_t *)bytes, room, text.at, text.len, NULL, &written, NULL,
                          BASE64) != 0)
        return false;
    *ret_bytes = (Str){bytes, written};
    return true;
}

Str base64url_write(Arena *arena, const void *bytes, size_t len) {
    return write_base64(arena, str_from_bytes(bytes, len), BASE64URL);
}

bool base64url_parse(Str text, void *ret_bytes, size_t len) {
    return parse_base64(text, ret_bytes, len, BASE64URL);
}

static bool is_unreserved(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

void percent_write(Text *text, Str bytes) {
    static const char digits[] = "0123456789ABCDEF";
    size_t start = 0; /* of what may stand as it is */
    for (size_t i = 0; i < bytes.len; i++) {
        uint8_t byte = (uint8_t)bytes.at[i];
        if (is_unreserved(bytes.at[i])) continue;
        text_add(text, str_part(bytes, start, i));
        text_add(text, (Str){(char[]){'%', digits[byte >> 4], digits[byte & 15]}, 3});
        start = i + 1;
    }
    text_add(text, str_skip(bytes, start));
}

bool percent_parse(Str text, bool plus_is_space, Arena *arena, Str *ret_bytes) {
    char *bytes = arena_alloc(arena, text.len + 1, 1);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        if (c == '%') {
            uint8_t byte;
            if (!hex_parse(str_part(text, i + 1, i + 3), &byte, 1)) return false;
            bytes[len++] = (char)byte;
            i += 2;
        } else {
            bytes[len++] = c == '+' && plus_is_space ? ' ' : c;
        }
    }
    *ret_bytes = (Str){bytes, len};
    return true;
}
