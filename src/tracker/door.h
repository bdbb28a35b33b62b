/* door.h — which seeders stand behind a closed port, so that they can be told.
 * Notes seeders as they announce, hands out some of them to be knocked at (by whoever asks; no
 * socket is here), and remembers for a while what came of it. Bounded tables in memory only, saved
 * nowhere; where it is busy or full an announce is simply not noted: it is a sample. An address is
 * handed out at most once in `rest_s`. Locked: any thread. */
#pragma once
#include "base/clock.h"
#include "tracker/announce.h"

typedef struct Doors Doors;

enum { DOORS_MAX = 16384, DOOR_SIGHTINGS_MAX = 32768, DOORS_WAITING_MAX = 256 };

typedef enum {
    DOOR_UNKNOWN,
    DOOR_WAITING, /* to be knocked at, or just being so */
    DOOR_UNCLEAR, /* something answered, and did not say that it is a peer of this swarm */
    DOOR_CLOSED,
    DOOR_OPEN,
} DoorState;

Doors *doors_create(Seconds rest_s);
void doors_free(Doors *doors); /* NULL is fine */
void doors_set_rest(Doors *doors, Seconds rest_s);

/* A seeder that was stored: `swarm` is the name of its swarm, announce->hash the one it used.
 * Returns when it was last knocked at in vain; 0: its door is not known to be closed. */
Seconds doors_note(Doors *doors, const Announce *announce, const SwarmHash *swarm, Seconds now);

typedef struct {
    Endpoint at;
    SwarmHash hash; /* to greet with */
} DoorAsk;
/* Fills up to `room`, oldest first. Each must be told of afterwards; DOOR_UNKNOWN forgets it. */
size_t doors_take(Doors *doors, DoorAsk *ret_asks, size_t room);
void doors_tell(Doors *doors, Endpoint at, DoorState state, Seconds now);

typedef struct {
    SwarmHash swarm;
    uint32_t open, closed; /* seeders seen in it lately, by how their doors were found */
} DoorCount;
/* Those of swarms whose counts may have changed since the last call; looks at up to `room` swarms.
 * What has rested is dropped: call it now and then. */
size_t doors_tally(Doors *doors, Seconds now, DoorCount *ret_counts, size_t room);

void doors_forget(Doors *doors); /* every address, at once */
size_t doors_kept(Doors *doors); /* addresses in memory, each as often as it stands there */
