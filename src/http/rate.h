/* rate.h — how many requests one client may make: token buckets by address and kind of cost.
 * A client is an IPv4 address or an IPv6 /64. The figures are such that a person, or a class room
 * behind one address, never meets them. The table is keyed (nobody can aim at a bucket) and has a
 * fixed size: the bucket unused for longest gives way. Locked: any thread. */
#pragma once
#include "http/route.h"

typedef struct Rate Rate;

Rate *rate_create(void);
void rate_free(Rate *rate);
/* Takes one token. Otherwise false and how long until there is one. */
bool rate_take(Rate *rate, IpAddress client, RouteLimit limit, Milliseconds now,
               Seconds *ret_retry_after_s);
