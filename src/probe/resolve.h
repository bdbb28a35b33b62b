/* resolve.h — names to addresses by the system's resolver, with a deadline it does not have itself.
 * A lookup runs on a thread of its own that is left to its fate when the time is over; resolv.conf
 * bounds how long that lives, the callers how many there are. For outbound.c alone. */
#pragma once
#include "probe/outbound.h"

/* 0: no such name, too late, or it is time to stop. */
size_t resolve_name(const Outbound *outbound, Str host, IpAddress ret_ips[]);
