/* gate.h — what may be tracked that nobody listed, and the names a work goes by.
 * A closed gate lets in what is listed and nothing else; an open one strangers too, but any one
 * address begins only so many of their swarms a minute. What is listed, and what was taken off, is
 * known to the swarms (swarm.h), which ask here. Any thread may call. */
#pragma once
#include "base/address.h"
#include "base/clock.h"
#include "torrent/infohash.h"

typedef struct Gate Gate;

typedef struct {
    bool open;                           /* let in what nobody listed */
    unsigned new_swarms_per_address_max; /* a minute, open gates only; 0: no cap */
} GateRules;

Gate *gate_create(const GateRules *rules); /* NULL when memory is out */
void gate_change_rules(Gate *gate, const GateRules *rules);
bool gate_is_open(const Gate *gate);
void gate_free(Gate *gate); /* NULL is fine */

/* Up to two: the swarms both names of a hybrid (BEP 52) could have had; the first is theirs. */
typedef struct {
    SwarmHash hashes[2];
    size_t count;
} GateNames;
GateNames gate_names(const InfoHash *hash);

/* Strangers' swarms: may this address begin one more now? Then say so once it has. */
bool gate_may_begin(Gate *gate, IpAddress ip, Seconds now);
void gate_note_begun(Gate *gate, IpAddress ip, Seconds now);
