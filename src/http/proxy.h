/* proxy.h — who is behind a reverse proxy. Only what a trusted proxy says is believed, and of the
 * chain in X-Forwarded-For only the part that trusted proxies wrote: the right-most address that
 * is not one of them is the client. Pure. */
#pragma once
#include "http/request.h"

typedef struct {
    const IpNetwork *trusted;
    size_t count;
} ProxyTrust;

bool proxy_is_trusted(ProxyTrust trust, IpAddress ip);
IpAddress proxy_client(ProxyTrust trust, IpAddress peer, const HttpHeader *headers, size_t count);
/* X-Forwarded-Proto: https, of a trusted proxy. */
bool proxy_is_secure(ProxyTrust trust, IpAddress peer, const HttpHeader *headers, size_t count);
