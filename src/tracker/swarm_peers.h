/* swarm_peers.h — the peers of one swarm, whichever shape they have: none, one in its slot, a few
 * in a block, or a crowd of tables. The shape follows the number: callers do not see it. WebTorrent
 * peers live on their connections and are only counted; a swarm that has some is a crowd, and so is
 * one that was completed more often than a slot can say. Not locked. */
#pragma once
#include "tracker/peer_table.h"
#include "tracker/swarm_segment.h"

/* What a swarm of many has behind its slot. */
typedef struct {
    uint64_t completed;
    PeerTable tables[PEER_SECTIONS];
    uint32_t web[ROLE_COUNT];
    uint32_t partial_seeds;
} SwarmCrowd;

/* One peer of a swarm, until the next one is added or removed. */
typedef struct {
    bool is_there;
    Role role;
    PeerState state;
    PeerSpot spot;
} PeerPlace;

uint32_t swarm_peers_count(const PeerHome *home, const SwarmSlot *slot, Family family, Role role);
SwarmState swarm_peers_state(const PeerHome *home, const SwarmSlot *slot);
/* Ports of that address (IPv6: of that /64). With `together` only. */
unsigned swarm_peers_count_address(const PeerHome *home, const SwarmSlot *slot,
                                   const PeerName *name);

/* `role`: where to look first. */
PeerPlace swarm_peers_find(const PeerHome *home, const SwarmSlot *slot, const PeerName *name,
                           Role role);
/* Three ways to change one peer; `place` is kept right. False, and nothing changed, when memory is
 * out. */
bool swarm_peers_add(PeerHome *home, SwarmSlot *slot, const PeerName *name, PeerPlace *place);
bool swarm_peers_change(PeerHome *home, SwarmSlot *slot, const PeerName *name, PeerPlace *place,
                        const PeerPlace *wanted);
void swarm_peers_remove(PeerHome *home, SwarmSlot *slot, const PeerName *name, PeerPlace *place);

uint64_t swarm_peers_completed(const PeerHome *home, const SwarmSlot *slot);
/* Both may have to make a crowd of it; false when memory is out. */
bool swarm_peers_complete(PeerHome *home, SwarmSlot *slot, uint64_t completed);
bool swarm_peers_count_web(PeerHome *home, SwarmSlot *slot, const uint32_t web[ROLE_COUNT]);

typedef struct {
    Family family;
    Role role;
    size_t wanted;
    uint64_t draw;          /* where to begin: any random number */
    const PeerName *asker;  /* is not told of himself */
    const PeerPlace *place; /* where he is */
} PeersAsk;
/* Writes compact endpoints; returns how many. */
size_t swarm_peers_sample(const PeerHome *home, const SwarmSlot *slot, const PeersAsk *ask,
                          uint8_t *ret_compact);

/* After removals: the smallest shape that holds what is left. */
void swarm_peers_settle(PeerHome *home, SwarmSlot *slot);
void swarm_peers_close(PeerHome *home, SwarmSlot *slot); /* leaves nobody, and no completions */

static inline SwarmCrowd *swarm_crowd(const PeerHome *home, const SwarmSlot *slot) {
    return slab_at(&home->slab, slot->block);
}
