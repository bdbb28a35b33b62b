/* swarm.h — who is sharing what right now: every swarm, its peers, how often it was completed, and
 * whether the work is listed. Owns all of it. Swarms are spread over partitions as the kernel
 * spreads packets over UDP threads (udp_steering.h), each with one lock: a thread that announces in
 * batches takes it once for many, and seldom meets another there. Any thread may call; work that is
 * not an announce comes in pieces and lets announces pass between them. No clock, no sockets: `now`
 * is a time that never jumps (clock_monotonic_ms / 1000). Hard ceilings: beyond them an announce is
 * answered, not stored, and counted. What a hash may do, listed or not, is asked under the same
 * lock: once swarms_unlist has returned, nobody is inside any more. */
#pragma once
#include "tracker/announce.h"
#include "tracker/gate.h"
#include "tracker/udp_steering.h"

typedef struct Swarms Swarms;

typedef struct {
    uint64_t peers_max, swarms_max;
    /* Ports of one address (IPv6: /64) in a swarm; 0: no cap. They stand together: of more than 32
     * a crowd might find no room for their neighbours. */
    unsigned peers_per_address_max;
    Seconds expiry_s; /* a peer not heard of for longer is gone */
    GateRules gate;
    UdpSteering steering; /* how hashes fall to partitions; threads 0: a single one */
} SwarmLimits;

Swarms *swarms_create(const SwarmLimits *limits); /* NULL when memory is out */
void swarms_free(Swarms *swarms);                 /* NULL is fine */
/* From any thread. A cap for one address needs an order of peers that is chosen when they are made:
 * where there was none, there will be none. The steering stays as it is. */
void swarms_change_limits(Swarms *swarms, const SwarmLimits *limits, Seconds now);

/* Lists a work: both names of a hybrid lead to one swarm from then on, and what was announced under
 * the second one before is dropped. False when memory is out. */
bool swarms_list(Swarms *swarms, const InfoHash *hash);
/* Drops the swarm with all its peers. Where strangers are let in, these names are not any more. */
void swarms_unlist(Swarms *swarms, const InfoHash *hash);

typedef enum {
    SWARM_STORED = 1,     /* the peer is (or, having stopped, is no longer) in the swarm */
    SWARM_BEGUN = 2,      /* it is the first of a new swarm */
    SWARM_NOT_STORED = 4, /* a ceiling or cap was met, or the announce asked for it */
    SWARM_REFUSED = 8,    /* not tracked; the answer holds nothing */
    SWARM_LISTED = 16,    /* not a stranger's */
} SwarmOutcome;

/* Fills ret_answer->swarm and the peers; returns SwarmOutcome flags. */
unsigned swarms_announce(Swarms *swarms, const Announce *announce, Seconds now, Answer *ret_answer);

/* One announce of a batch. */
typedef struct {
    const Announce *announce;
    Answer *answer;
    unsigned outcome;
} SwarmVisit;
enum { SWARM_BATCH_MAX = 64 };
/* As one after the other, but no announce waits for memory alone. */
void swarms_announce_batch(Swarms *swarms, SwarmVisit *visits, size_t count, Seconds now);

/* Zeros for what is unknown or not tracked. */
SwarmState swarms_state(Swarms *swarms, const SwarmHash *hash);

/* WebTorrent peers live on their connections; the swarm only counts them. */
typedef struct {
    int seeders, leechers; /* how many more, or fewer */
    unsigned completed;
} WebChange;
/* A web socket's part in a swarm: what it changes, by whichever name of a hybrid. */
typedef struct {
    SwarmHash hash;
    IpAddress from;
    WebChange change; /* none at all: only look */
    Seconds now;
} WebCount;
typedef struct {
    SwarmHash hash; /* where all names of the work meet */
    SwarmState state;
    bool is_counted; /* false: a ceiling or cap was met */
} WebSwarm;
/* A swarm that is not there yet is begun by who comes. Web peers that would become fewer than none
 * are none. False when the hash is not tracked: then the swarm is, or will be, without them. */
bool swarms_count_web(Swarms *swarms, const WebCount *count, WebSwarm *ret_swarm);

/* For what walks over all swarms: they come in so many shards, small enough to be seen at once. */
size_t swarms_shard_count(const Swarms *swarms);

typedef struct {
    SwarmHash hash;
    SwarmState state;
} SwarmChange;
/* Takes up to `room` tracked swarms whose counts changed, from *position on (0 at first); fewer
 * than `room`: that was the last of this shard. */
size_t swarms_take_changed(Swarms *swarms, size_t shard, size_t *position, SwarmChange *ret_changes,
                           size_t room);

typedef struct {
    uint64_t swarms, seeders, leechers, completed; /* swarms: those with a peer */
} SwarmTotals;
SwarmTotals swarms_totals(Swarms *swarms);

/* Looks at about `slots` swarms and peers of a shard, drops peers that are gone, and swarms nobody
 * is in, unless they were completed before and are listed. True when it has been walked through. */
typedef struct {
    Seconds now;
    size_t slots;
    bool tally_is_read;  /* wait until a change was taken before dropping the swarm */
    bool keeps_unlisted; /* works are still being listed: keep completions of all */
} SwarmSweep;
bool swarms_sweep(Swarms *swarms, size_t shard, SwarmSweep *sweep);

/* Makes memory ahead of need, without a lock: call it some times a second, so that no announce has
 * to wait for it. */
void swarms_prepare(Swarms *swarms);

/* The swarms as bytes, a piece at a time (snapshot.c). Swarms that change meanwhile may be told of
 * twice. Ages are kept, so time spent stopped can be added. */
typedef struct {
    size_t shard, slot, section, bucket;
    SwarmHash swarm; /* whose section and bucket they are: another may stand in its slot now */
} SwarmCursor;
enum { SWARM_PIECE_BYTES = 64 * KIB };
/* Returns the bytes written; 0 when there are no more swarms. */
size_t swarms_write_piece(Swarms *swarms, SwarmCursor *cursor, Seconds now,
                          uint8_t ret_bytes[SWARM_PIECE_BYTES]);
typedef struct {
    Seconds now, stopped_s; /* how long ago the bytes were written */
    bool allow_private_addresses;
} SwarmReading;
/* False when the bytes are damaged; what was read until then is kept. */
bool swarms_read_bytes(Swarms *swarms, Str bytes, const SwarmReading *reading);
