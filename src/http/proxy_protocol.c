#include "http/proxy_protocol.h"

#include "base/limits.h"

/* Neither HTTP nor any other protocol begins like this: that is what it was made for. */
static const Str signature = {"\r\n\r\n\0\r\nQUIT\n", 12};
static const Str signature_v1 = {"PROXY ", 6};

enum {
    FIXED_BYTES = 16, /* signature, version and command, family and transport, length */
    COMMAND_LOCAL = 0x20,
    COMMAND_PROXY = 0x21,
    KIND_NONE = 0x00,
    KIND_TCP_V4 = 0x11,
    KIND_TCP_V6 = 0x21,
    KIND_UNIX_STREAM = 0x31,
    ADDRESSES_V4_BYTES = 12, /* source, destination, two ports */
    ADDRESSES_V6_BYTES = 36,
    ADDRESSES_UNIX_BYTES = 216,
    FIELD_HEAD_BYTES = 3, /* type, length */
    FIELD_TLS = 0x20,     /* PP2_TYPE_SSL */
    TLS_CLIENT = 0x01,    /* PP2_CLIENT_SSL, in its first byte */
};

static bool is_start_of(Str bytes, Str whole) {
    size_t len = bytes.len < whole.len ? bytes.len : whole.len;
    return memcmp(bytes.at, whole.at, len) == 0;
}

static uint8_t byte_at(Str bytes, size_t i) { return (uint8_t)bytes.at[i]; }

static size_t length_at(Str bytes, size_t i) {
    return (size_t)byte_at(bytes, i) << 8 | byte_at(bytes, i + 1);
}

/* False when a field ends behind the header. */
static bool read_fields(Str fields, ProxyHeader *header) {
    while (fields.len) {
        if (fields.len < FIELD_HEAD_BYTES) return false;
        size_t len = length_at(fields, 1);
        if (len > fields.len - FIELD_HEAD_BYTES) return false;
        if (byte_at(fields, 0) == FIELD_TLS && len > 0)
            header->is_secure = byte_at(fields, FIELD_HEAD_BYTES) & TLS_CLIENT;
        fields = str_skip(fields, FIELD_HEAD_BYTES + len);
    }
    return true;
}

static ProxyHeaderVerdict read_addresses(uint8_t kind, Str rest, ProxyHeader *header) {
    size_t len = 0;
    switch (kind) {
        case KIND_NONE: break;
        case KIND_TCP_V4: len = ADDRESSES_V4_BYTES; break;
        case KIND_TCP_V6: len = ADDRESSES_V6_BYTES; break;
        case KIND_UNIX_STREAM: len = ADDRESSES_UNIX_BYTES; break;
        default: return PROXY_HEADER_BROKEN; /* datagrams do not come by TCP */
    }
    if (rest.len < len) return PROXY_HEADER_BROKEN;
    if (kind == KIND_TCP_V4) {
        header->client = ip_from_v4((const uint8_t *)rest.at);
        header->has_client = true;
    } else if (kind == KIND_TCP_V6) {
        memcpy(header->client.bytes, rest.at, sizeof header->client.bytes);
        header->has_client = true;
    }
    /* Without a known family the length of what precedes the fields is not known either. */
    if (kind == KIND_NONE) return PROXY_HEADER_GOOD;
    return read_fields(str_skip(rest, len), header) ? PROXY_HEADER_GOOD : PROXY_HEADER_BROKEN;
}

ProxyHeaderVerdict proxy_header_parse(Str bytes, ProxyHeader *ret_header) {
    if (bytes.len && is_start_of(bytes, signature_v1))
        return bytes.len < signature_v1.len ? PROXY_HEADER_MORE : PROXY_HEADER_OLD;
    if (bytes.len && !is_start_of(bytes, signature)) return PROXY_HEADER_ABSENT;
    if (bytes.len < FIXED_BYTES) return PROXY_HEADER_MORE;
    uint8_t command = byte_at(bytes, signature.len);
    size_t len = length_at(bytes, FIXED_BYTES - 2);
    if (command != COMMAND_LOCAL && command != COMMAND_PROXY) return PROXY_HEADER_BROKEN;
    if (len > HTTP_PROXY_HEADER_BYTES_MAX - FIXED_BYTES) return PROXY_HEADER_BROKEN;
    if (bytes.len < FIXED_BYTES + len) return PROXY_HEADER_MORE;
    ProxyHeader header = {.len = FIXED_BYTES + len};
    if (command == COMMAND_PROXY) {
        Str rest = str_part(bytes, FIXED_BYTES, FIXED_BYTES + len);
        ProxyHeaderVerdict verdict =
            read_addresses(byte_at(bytes, signature.len + 1), rest, &header);
        if (verdict != PROXY_HEADER_GOOD) return verdict;
    }
    *ret_header = header;
    return PROXY_HEADER_GOOD;
}
