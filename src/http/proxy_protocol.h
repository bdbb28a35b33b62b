/* proxy_protocol.h — the PROXY protocol, version 2 (the HAProxy project's proxy-protocol.txt): the
 * bytes a balancer writes ahead of a connection to say whose it is. Version 1, in text, is told
 * apart and refused: one header a listener, and that one cannot be mistaken for a request. Pure. */
#pragma once
#include "base/address.h"

typedef enum {
    PROXY_HEADER_MORE,   /* right so far */
    PROXY_HEADER_GOOD,   /* ret_header is set */
    PROXY_HEADER_OLD,    /* version 1 */
    PROXY_HEADER_ABSENT, /* something else */
    PROXY_HEADER_BROKEN, /* version 2, but wrong or longer than HTTP_PROXY_HEADER_BYTES_MAX */
} ProxyHeaderVerdict;

typedef struct {
    size_t len; /* bytes before those of the client */
    bool
        has_client; /* false: the balancer's own connection (LOCAL), or of a kind without address */
    IpAddress client;
    bool is_secure; /* the client came by TLS: the PP2_TYPE_SSL field */
} ProxyHeader;

ProxyHeaderVerdict proxy_header_parse(Str bytes, ProxyHeader *ret_header);
