/* udp_mix.h — a load as real clients make it: connects, announces with the options of BEP 41 (some
 * damaged), scrapes of one to 74 hashes, and announces with ids that were never given out.
 * The shares are those a large open tracker counted (22 : 58 : 1.3 : 18). Everything that is
 * answered is looked at; forged ids must meet silence. */
#pragma once
#include "udp_flow.h"

typedef enum { MIX_CONNECT, MIX_ANNOUNCE, MIX_SCRAPE, MIX_FORGED, MIX_KINDS } MixKind;

typedef struct {
    uint64_t asked[MIX_KINDS], answered[MIX_KINDS];
    uint64_t wrong; /* answers that say what cannot be */
    uint64_t lost, strange, told;
    int64_t took_ns;
} MixTally;

/* Puts the options of kind `kind` behind an announce: none, an address in one part or two, one with
 * padding, one that ends too soon. Returns the length of all. */
size_t mix_write_options(unsigned kind, uint8_t *packet, size_t len, size_t room);
/* `flow` was opened for bursts of one and is filled. */
void mix_run(Flow *flow, int64_t duration_ns, MixTally *ret_tally);
