/* http_scrape.h — the asking side of BEP 48: from an announce address to the scrape's, and the
 * bencoded answer read without trust. Pure. */
#pragma once
#include "base/clock.h"
#include "base/text.h"
#include "probe/target.h"
#include "probe/udp_scrape.h"

/* By convention only: the last part of the path begins with "announce", which becomes "scrape". */
bool http_scrape_can(const Target *announce);
/* `announce` must be one that can. */
Str http_scrape_url(const Target *announce, const SwarmHash *hashes, size_t count, Arena *arena);

typedef enum { HTTP_SCRAPE_ANSWERED, HTTP_SCRAPE_REFUSED, HTTP_SCRAPE_BROKEN } HttpScrapeVerdict;

/* ret_min_interval_s: what it asks us to wait (`flags`), 0 when it does not say. */
HttpScrapeVerdict http_scrape_read(Str answer, const SwarmHash *hashes, SwarmClaim *ret_claims,
                                   size_t count, Seconds *ret_min_interval_s);
