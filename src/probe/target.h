/* target.h — the address of somebody else's tracker or web seed, taken apart without trust.
 * Stricter than RFC 3986: a name of letters, digits, '-', '_' and '.', or an IP literal; no user or
 * password; printable ASCII. What is passed on to others is written anew from these parts, so that
 * nobody can read another host out of it than the one that was checked. Pure. */
#pragma once
#include "base/arena.h"
#include "probe/outcome.h"

typedef enum { TARGET_UDP, TARGET_HTTP, TARGET_HTTPS } TargetScheme;

typedef struct {
    TargetScheme scheme;
    Str host; /* as written, of an IPv6 literal without its brackets; no dot at the end */
    uint16_t port;
    Str rest; /* path and query as written, without a fragment; empty or beginning with '/' */
} Target;

/* OUTCOME_OK, BAD_URL, BAD_PORT; NO_SCRAPE for a WebSocket tracker. */
Outcome target_parse(Str url, Target *ret_target);
/* Ports of well-known services that are no trackers, and all below 1024 but the web's and one
 * tracker's. */
bool target_port_is_fit(uint16_t port);
Str target_url(const Target *target, Arena *arena);
