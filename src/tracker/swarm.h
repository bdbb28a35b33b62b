/* swarm.h — who is sharing what right now: every swarm, its peers, and how often it was completed.
 * Owns all peers. Swarms are spread over shards by a keyed hash, each with its own lock: any thread
 * may call, none waits for more than one small piece of work. No clock, no sockets: `now` is a time
 * that never jumps (clock_monotonic_ms / 1000). Hard ceilings: beyond them an announce is answered,
 * not stored, and counted. Whether a hash may be tracked at all is the gate's matter. */
#pragma once
#include "tracker/announce.h"

typedef struct Swarms Swarms;

typedef struct {
    uint64_t peers_max, swarms_max;
    unsigned peers_per_address_max; /* ports of one address (IPv6: /64) in a swarm; 0: no cap */
    Seconds expiry_s;               /* a peer not heard of for longer is gone */
} SwarmLimits;

enum { SWARM_SHARDS = 256 };

Swarms *swarms_create(const SwarmLimits *limits); /* NULL when memory is out */
void swarms_free(Swarms *swarms);                 /* NULL is fine */
/* From any thread. A cap for one address needs an order of peers that is chosen when they are made:
 * where there was none, there will be none. */
void swarms_change_limits(Swarms *swarms, const SwarmLimits *limits);

typedef enum {
    SWARM_STORED = 1,     /* the peer is (or, having stopped, is no longer) in the swarm */
    SWARM_BEGUN = 2,      /* it is the first of a new swarm */
    SWARM_NOT_STORED = 4, /* a ceiling or cap was met, or the announce asked for it */
} SwarmOutcome;

/* Fills ret_answer->swarm and the peers; returns SwarmOutcome flags. */
unsigned swarms_announce(Swarms *swarms, const Announce *announce, Seconds now, Answer *ret_answer);

/* WebTorrent peers live on their connections; the swarm only counts them. */
typedef struct {
    int seeders, leechers; /* how many more, or fewer */
    unsigned completed;
} WebChange;
/* A swarm that is not there yet is begun by who comes. False when nothing was counted: a ceiling,
 * or a swarm that is gone. Web peers that would become fewer than none are none. */
bool swarms_count_web(Swarms *swarms, const SwarmHash *hash, const WebChange *change, Seconds now);
SwarmState swarms_state(Swarms *swarms, const SwarmHash *hash); /* zeros for unknown ones */
void swarms_remove(Swarms *swarms, const SwarmHash *hash);      /* with all its peers */
void swarms_touch(Swarms *swarms, const SwarmHash *hash);       /* count it as changed */

typedef struct {
    SwarmHash hash;
    SwarmState state;
} SwarmChange;
/* Takes up to `room` swarms whose counts changed off the list of one shard; 0: no more there. */
size_t swarms_take_changed(Swarms *swarms, size_t shard, SwarmChange *ret_changes, size_t room);

typedef struct {
    uint64_t swarms, seeders, leechers, completed; /* swarms: those with a peer */
} SwarmTotals;
SwarmTotals swarms_totals(Swarms *swarms);

/* Looks at the next `slots` places of a shard, drops peers that are gone, and swarms without peers
 * and completions. Empty swarms that were completed are handed to the caller, who may remove them.
 * Returns true when the shard has been walked through. */
typedef struct {
    Seconds now;
    size_t slots;
    bool tally_is_read; /* wait until a change was taken before dropping the swarm */
    SwarmHash empty[64];
    size_t empty_count;
} SwarmSweep;
bool swarms_sweep(Swarms *swarms, size_t shard, SwarmSweep *sweep);

/* One shard as bytes, and back (snapshot.c). Ages are kept, so time spent stopped can be added. */
Str swarms_write_bytes(Swarms *swarms, size_t shard, Seconds now, Arena *arena);
typedef struct {
    Seconds now, stopped_s; /* how long ago the bytes were written */
    bool allow_private_addresses;
} SwarmReading;
/* False when the bytes are damaged; what was read until then is kept. */
bool swarms_read_bytes(Swarms *swarms, Str bytes, const SwarmReading *reading);
