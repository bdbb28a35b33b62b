/* address.h — IP addresses and networks, both families in one value.
 * IPv4 is kept as v4-mapped IPv6 (RFC 4291, 2.5.5.2) in bytes[12..15], so comparing is one memcmp
 * and a peer that comes in over a dual-stack socket is the same peer. */
#pragma once
#include <netinet/in.h>
#include <sys/socket.h>

#include "base/arena.h"

typedef struct {
    uint8_t bytes[16];
} IpAddress;

typedef struct {
    IpAddress ip;
    uint16_t port; /* host byte order */
} Endpoint;

typedef struct {
    IpAddress ip;
    uint8_t prefix_bits; /* of 128: an IPv4 /8 is 104 here */
} IpNetwork;

static inline bool ip_is_v4(IpAddress ip) {
    uint64_t zeros;
    memcpy(&zeros, ip.bytes, sizeof zeros);
    return zeros == 0 && (ip.bytes[8] | ip.bytes[9]) == 0 && (ip.bytes[10] & ip.bytes[11]) == 0xff;
}
bool ip_equal(IpAddress a, IpAddress b);
IpAddress ip_from_v4(const uint8_t bytes[4]);
bool ip_parse(Str text, IpAddress *ret_ip); /* "192.0.2.1", "2001:db8::1" */
Str ip_write(Arena *arena, IpAddress ip);
bool ip_is_loopback(IpAddress ip);
/* Not reachable from the open internet: private, loopback, link-local, multicast, documentation,
 * unspecified… */
bool ip_is_bogon(IpAddress ip);

bool ip_network_parse(Str text, IpNetwork *ret_network); /* "10.0.0.0/8", or one address */
bool ip_network_contains(IpNetwork network, IpAddress ip);

bool endpoint_parse(Str text, Endpoint *ret_endpoint); /* "127.0.0.1:8080", "[::]:6969" */
Str endpoint_write(Arena *arena, Endpoint endpoint);
Endpoint endpoint_from_sockaddr(const struct sockaddr_storage *address);
/* Returns the length to hand to bind or sendto. AF_INET for IPv4, AF_INET6 otherwise. */
socklen_t endpoint_to_sockaddr(Endpoint endpoint, struct sockaddr_storage *ret_address);
