/* peers.h — the peers of one swarm, of one family and one role, in a table that is its own index.
 * A record is the compact endpoint clients read (BEP 23: 6 bytes; BEP 7: 18) and 2 bytes of state.
 * Its place follows a keyed hash of the address, so a run of neighbours is a random sample, and all
 * ports of one address stand together when they are to be counted (`together`). Nothing here grows
 * with the swarm but a resize, which is rare. Owns its records. Not locked; time is an argument. */
#pragma once
#include "base/digest.h"
#include "tracker/announce.h"

enum {
    PEER_TICK_S = 64,         /* how finely the age of a peer is known */
    PEER_TICKS_MAX = 1 << 12, /* then the count starts anew: 3 days */
    PEER_IS_PARTIAL = 1 << 12,
    PEER_HAS_COMPLETED = 1 << 13,
};
/* When last heard of, in ticks (12 bits), and flags. */
typedef uint16_t PeerState;

typedef struct {
    uint8_t key[SIPHASH_KEY_BYTES];
    bool together; /* place by address (IPv6: by /64), not by address and port */
} PeerOrder;

/* An endpoint as a table knows it. */
typedef struct {
    Family family;
    uint8_t compact[COMPACT_V6_BYTES];
    uint64_t order;
} PeerName;

typedef struct {
    uint8_t *records;
    uint32_t count, room; /* room: a power of two, or 0 */
} Peers;

PeerName peer_name(const PeerOrder *order, Endpoint endpoint);
Endpoint peer_endpoint(Family family, const uint8_t *compact);
PeerState peer_state(Seconds now, unsigned flags);
Seconds peer_age(PeerState state, Seconds now);

bool peers_find(const Peers *peers, const PeerName *name, PeerState *ret_state);
/* Adds or changes. False, and nothing changed, when memory is out. */
bool peers_put(Peers *peers, const PeerOrder *order, const PeerName *name, PeerState state);
bool peers_remove(Peers *peers, const PeerOrder *order, const PeerName *name);
/* How many ports of that address (IPv6: of that /64) are here. Only with `together`. */
unsigned peers_count_address(const Peers *peers, const PeerName *name);

typedef struct {
    size_t wanted;
    uint64_t draw; /* where to begin: any random number */
    const PeerName *except;
} PeersAsk;
/* Writes compact endpoints; returns how many. */
size_t peers_sample(const Peers *peers, Family family, const PeersAsk *ask, uint8_t *ret_compact);

typedef struct {
    Family family;
    Seconds now, expiry_s;
    size_t position; /* next slot to look at */
    bool is_through;
    size_t budget; /* slots left to look at */
    size_t dropped, dropped_partials;
} PeersSweep;
void peers_sweep(Peers *peers, const PeerOrder *order, PeersSweep *sweep);

/* Every record: its compact endpoint with the state behind it. */
const uint8_t *peers_next(const Peers *peers, Family family, size_t *position,
                          PeerState *ret_state);
void peers_close(Peers *peers);
