/* outbound.h — the one way out: every address a probe goes to was checked here, just before.
 * A name is resolved once, by us; each of its addresses must be a public one, none of this machine
 * and no listener of ours, or nothing is sent at all; whoever connects then uses the Endpoint it
 * was given and never the name again, so that a name which changes its mind (DNS rebinding) gains
 * nothing. No address is gone to twice within `pause_ms`. Any thread may call. */
#pragma once
#include "base/address.h"
#include "base/clock.h"
#include "probe/target.h"

typedef struct Outbound Outbound;

enum { OUTBOUND_ADDRESSES_MAX = 16 };

/* How many addresses a name has, written to ret_ips; 0: none. Tests put their own in its place. */
typedef size_t (*OutboundResolve)(void *argument, Str host, IpAddress ret_ips[]);

typedef struct {
    bool allow_private_addresses; /* tests and local networks: not even loopback is refused then */
    const Str *own_hosts;         /* names this site answers to */
    size_t own_host_count;
    const Endpoint *own_listeners;
    size_t own_listener_count;
    Milliseconds timeout_ms; /* how long anybody may take to answer */
    Milliseconds pause_ms;   /* between two visits of one address */
    Str agent;               /* what we call ourselves over HTTP */
    OutboundResolve resolve; /* NULL: the system's */
    void *resolve_argument;
} OutboundSettings;

Outbound *outbound_create(const OutboundSettings *settings); /* what it points to must outlive it */
void outbound_stop(Outbound *outbound);                      /* ends whatever waits, soon */
void outbound_free(Outbound *outbound);                      /* after its users; NULL is fine */

const OutboundSettings *outbound_settings(const Outbound *outbound);
bool outbound_is_stopping(const Outbound *outbound);
/* Waits for `events` of `fd`; false at the deadline, or when it is time to stop. */
bool outbound_wait(const Outbound *outbound, int fd, short events, Milliseconds deadline_ms);
int outbound_stop_fd(const Outbound *outbound); /* readable once stopping, for a poll of many */

/* Where to go for this target, now. OUTCOME_OK, OWN_ADDRESS, PRIVATE_ADDRESS, NO_NAME, TOO_SOON or
 * STOPPED. */
Outcome outbound_find(Outbound *outbound, const Target *target, Endpoint *ret_endpoint);
/* The same rules for an address that was not a name: of a peer. Does not count as a visit. */
Outcome outbound_check(const Outbound *outbound, Endpoint endpoint);
