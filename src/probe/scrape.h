/* scrape.h — asking a foreign tracker about many swarms at once, over UDP (BEP 15) or HTTP (BEP
 * 48). Blocks its thread for a few timeouts at most. Hashes are sent in batches of as many as fit;
 * one UDP socket and connection id serve all batches for 60 s. */
#pragma once
#include "probe/http_scrape.h"
#include "probe/outbound.h"

typedef struct {
    const SwarmHash *hashes;
    size_t count;
} ScrapeAsk;

typedef struct {
    Outcome outcome;        /* of the last batch; what was answered before it stands */
    size_t answered;        /* hashes, from the first on, that were */
    Seconds min_interval_s; /* what the tracker asks us to wait; 0: nothing */
} ScrapeAnswer;

/* Whether it makes sense to ask this announce address at all; without a look at its name. */
Outcome scrape_check(Str announce_url, Target *ret_target);

/* ret_claims: one for each hash. */
ScrapeAnswer scrape_tracker(Outbound *outbound, Str announce_url, const ScrapeAsk *ask,
                            SwarmClaim *ret_claims);

/* For scrape.c: a socket for one tracker. */
ScrapeAnswer scrape_udp(const Outbound *outbound, Endpoint to, const ScrapeAsk *ask,
                        SwarmClaim *ret_claims);
