/* hosting.h — who of the members shares which work right now, as their clients say it.
 * Owns the keys of announce addresses, of each only a keyed hash, and a bounded table of (swarm,
 * member) with the time each of a few clients was last heard of. In memory only, saved nowhere; a
 * mention ends when the client stops, is not heard of, when the key is removed or the work is.
 * Finding a key takes the same time however many there are. Locked: any thread. */
#pragma once
#include "base/clock.h"
#include "tracker/announce.h"

typedef struct Hostings Hostings;

Hostings *hostings_create(Seconds expiry_s);
void hostings_free(Hostings *hostings); /* NULL is fine */

/* False: there are ANNOUNCE_KEYS_MAX. A key that is there already changes hands. */
bool hostings_add_key(Hostings *hostings, const AnnounceKey *key, int64_t member);
void hostings_remove_key(Hostings *hostings, const AnnounceKey *key); /* with all it hosts */
void hostings_change_expiry(Hostings *hostings, Seconds expiry_s);
size_t hostings_key_count(Hostings *hostings);

/* An announce that was stored, its hash already that of the swarm. Without a key, or with one that
 * nobody has, nothing happens. */
void hostings_note(Hostings *hostings, const Announce *announce, Seconds now);

/* The members who share the swarm, latest come first: fills up to `room`, returns how many. */
size_t hostings_members(Hostings *hostings, const SwarmHash *swarm, Seconds now,
                        int64_t *ret_members, size_t room);
/* What the holder of the key shares, latest first: fills up to `room`, returns how many. */
typedef struct {
    SwarmHash *at;
    size_t room;
} HostedRoom;
size_t hostings_swarms(Hostings *hostings, const AnnounceKey *key, Seconds now, HostedRoom room);

void hostings_remove_swarm(Hostings *hostings, const SwarmHash *swarm);
/* Drops what is over among the next `places`; called again and again it comes by all of them. */
void hostings_sweep(Hostings *hostings, size_t places, Seconds now);
