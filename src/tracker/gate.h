/* gate.h — which hashes are tracked, and which swarm each leads to.
 * A hybrid's v1 and shortened v2 hash (BEP 52) lead to one swarm. An open gate also lets in what
 * nobody listed, except what was taken off: that stays barred until it is listed again.
 * gate_enter holds the door until gate_leave: once gate_remove has returned, nobody is inside with
 * that hash, so its swarm can be dropped for good. Owns its list. Any thread may call. */
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
void gate_free(Gate *gate); /* NULL is fine */

/* Up to two: the swarms both names of a hybrid could have had. */
typedef struct {
    SwarmHash hashes[2];
    size_t count;
} GateNames;
GateNames gate_names(const InfoHash *hash);

/* False when memory is out. */
bool gate_add(Gate *gate, const InfoHash *hash);
void gate_remove(Gate *gate, const InfoHash *hash);

typedef enum {
    GATE_REFUSED, /* nothing to leave */
    GATE_LISTED,
    GATE_STRANGER, /* let in only because the gate is open */
} GatePass;

GatePass gate_enter(Gate *gate, const SwarmHash *hash, SwarmHash *ret_swarm);
void gate_leave(Gate *gate, const SwarmHash *hash);

/* Strangers' swarms: may this address begin one more now? Then say so once it has. */
bool gate_may_begin(Gate *gate, IpAddress ip, Seconds now);
void gate_note_begun(Gate *gate, IpAddress ip, Seconds now);
