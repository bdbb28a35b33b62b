#include "base/address.h"

#include <arpa/inet.h>

static const uint8_t v4_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

bool ip_equal(IpAddress a, IpAddress b) { return memcmp(a.bytes, b.bytes, sizeof a.bytes) == 0; }

IpAddress ip_from_v4(const uint8_t bytes[4]) {
    IpAddress ip;
    memcpy(ip.bytes, v4_prefix, sizeof v4_prefix);
    memcpy(ip.bytes + 12, bytes, 4);
    return ip;
}

bool ip_parse(Str text, IpAddress *ret_ip) {
    char c_text[INET6_ADDRSTRLEN];
    uint8_t v4[4];
    if (text.len == 0 || text.len >= sizeof c_text || str_find_byte(text, '\0') != STR_NONE)
        return false;
    memcpy(c_text, text.at, text.len);
    c_text[text.len] = '\0';
    if (inet_pton(AF_INET, c_text, v4) == 1) {
        *ret_ip = ip_from_v4(v4);
        return true;
    }
    IpAddress ip;
    if (inet_pton(AF_INET6, c_text, ip.bytes) != 1) return false;
    *ret_ip = ip;
    return true;
}

Str ip_write(Arena *arena, IpAddress ip) {
    char text[INET6_ADDRSTRLEN];
    if (ip_is_v4(ip))
        inet_ntop(AF_INET, ip.bytes + 12, text, sizeof text);
    else
        inet_ntop(AF_INET6, ip.bytes, text, sizeof text);
    return arena_copy(arena, str_from_c(text));
}

bool ip_network_contains(IpNetwork network, IpAddress ip) {
    size_t whole = network.prefix_bits / 8, rest = network.prefix_bits % 8;
    if (memcmp(network.ip.bytes, ip.bytes, whole) != 0) return false;
    return rest == 0 || (network.ip.bytes[whole] ^ ip.bytes[whole]) >> (8 - rest) == 0;
}

#define V4(a, b, c, d, bits) \
    { {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d}}, 96 + (bits) }

/* IANA special-purpose registries (RFC 6890 and updates), what no peer on the internet can have.
 * IPv4 as numbers: this is asked for each announce of a local network, or of a bench. */
typedef struct {
    uint32_t start;
    uint8_t bits;
} V4Block;
static const V4Block v4_bogons[] = {
    {0x00000000, 8},  /* 0.0.0.0 */
    {0x0a000000, 8},  /* 10.0.0.0 */
    {0x64400000, 10}, /* 100.64.0.0 */
    {0x7f000000, 8},  /* 127.0.0.0 */
    {0xa9fe0000, 16}, /* 169.254.0.0 */
    {0xac100000, 12}, /* 172.16.0.0 */
    {0xc0000000, 24}, /* 192.0.0.0 */
    {0xc0000200, 24}, /* 192.0.2.0 */
    {0xc0a80000, 16}, /* 192.168.0.0 */
    {0xc6120000, 15}, /* 198.18.0.0 */
    {0xc6336400, 24}, /* 198.51.100.0 */
    {0xcb007100, 24}, /* 203.0.113.0 */
    {0xe0000000, 3},  /* 224.0.0.0 */
};
static const IpNetwork v6_bogons[] = {
    {{{0xfc}}, 7},  {{{0xfe, 0x80}}, 10}, {{{0xff}}, 8}, {{{0x20, 0x01, 0x0d, 0xb8}}, 32},
    {{{0x01}}, 64}, /* discard-only, RFC 6666 */
    {{{0}}, 8},     /* loopback, unspecified; and v4-mapped, which are fine */
};

static bool is_v4_bogon(IpAddress ip) {
    uint32_t word;
    memcpy(&word, ip.bytes + 12, sizeof word);
    word = ntohl(word);
    for (size_t i = 0; i < sizeof v4_bogons / sizeof v4_bogons[0]; i++)
        if ((word ^ v4_bogons[i].start) >> (32 - v4_bogons[i].bits) == 0) return true;
    return false;
}

bool ip_is_bogon(IpAddress ip) {
    if (ip_is_v4(ip)) return is_v4_bogon(ip);
    /* Told by how they begin from nearly everybody. */
    if (ip.bytes[0] >= 0x20 && ip.bytes[0] < 0xfc && ip.bytes[2] != 0x0d) return false;
    for (size_t i = 0; i < sizeof v6_bogons / sizeof v6_bogons[0]; i++)
        if (ip_network_contains(v6_bogons[i], ip)) return true;
    return false;
}

bool ip_is_loopback(IpAddress ip) {
    static const IpNetwork v4_loopback = V4(127, 0, 0, 0, 8);
    static const IpNetwork v6_loopback = {{{[15] = 1}}, 128};
    return ip_network_contains(v4_loopback, ip) || ip_network_contains(v6_loopback, ip);
}

bool ip_network_parse(Str text, IpNetwork *ret_network) {
    size_t slash = str_find_byte(text, '/');
    IpNetwork network;
    if (!ip_parse(str_part(text, 0, slash), &network.ip)) return false;
    uint64_t bits_max = ip_is_v4(network.ip) ? 32 : 128, bits = bits_max;
    if (slash != STR_NONE && !str_to_u64(str_skip(text, slash + 1), &bits)) return false;
    if (bits > bits_max) return false;
    network.prefix_bits = (uint8_t)(bits + 128 - bits_max);
    *ret_network = network;
    return true;
}

bool endpoint_parse(Str text, Endpoint *ret_endpoint) {
    bool bracketed = str_starts(text, STR("["));
    size_t at = bracketed ? str_find(text, STR("]:")) : str_find_byte(text, ':');
    Endpoint endpoint;
    uint64_t port;
    if (at == STR_NONE || !ip_parse(str_part(text, bracketed, at), &endpoint.ip)) return false;
    if (!str_to_u64(str_skip(text, at + 1 + bracketed), &port) || port > UINT16_MAX) return false;
    endpoint.port = (uint16_t)port;
    *ret_endpoint = endpoint;
    return true;
}

Str endpoint_write(Arena *arena, Endpoint endpoint) {
    Str ip = ip_write(arena, endpoint.ip);
    if (ip_is_v4(endpoint.ip)) return arena_print(arena, "%.*s:%u", STR_PRINTF(ip), endpoint.port);
    return arena_print(arena, "[%.*s]:%u", STR_PRINTF(ip), endpoint.port);
}

Endpoint endpoint_from_sockaddr(const struct sockaddr_storage *address) {
    Endpoint endpoint = {0};
    if (address->ss_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)address;
        endpoint.ip = ip_from_v4((const uint8_t *)&v4->sin_addr);
        endpoint.port = ntohs(v4->sin_port);
    } else if (address->ss_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)address;
        memcpy(endpoint.ip.bytes, &v6->sin6_addr, sizeof endpoint.ip.bytes);
        endpoint.port = ntohs(v6->sin6_port);
    }
    return endpoint;
}

socklen_t endpoint_to_sockaddr(Endpoint endpoint, struct sockaddr_storage *ret_address) {
    memset(ret_address, 0, sizeof *ret_address);
    if (ip_is_v4(endpoint.ip)) {
        struct sockaddr_in *v4 = (struct sockaddr_in *)ret_address;
        v4->sin_family = AF_INET;
        v4->sin_port = htons(endpoint.port);
        memcpy(&v4->sin_addr, endpoint.ip.bytes + 12, 4);
        return sizeof *v4;
    }
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)ret_address;
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(endpoint.port);
    memcpy(&v6->sin6_addr, endpoint.ip.bytes, 16);
    return sizeof *v6;
}
