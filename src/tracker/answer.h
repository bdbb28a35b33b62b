/* answer.h — the desk where a request becomes an answer, for both protocols:
 * codec, connection id, gate, swarm, codec. Borrows everything it works with. Holds no state of its
 * own, so any thread may use it at the same time with its own Counters. Time is an argument. */
#pragma once
#include <stdatomic.h>

#include "tracker/connection_id.h"
#include "tracker/hosting.h"
#include "tracker/tally.h"

typedef struct {
    Gate *gate;
    Swarms *swarms;
    Hostings *hostings;
    ConnectionKey connection_key;
    uint8_t jitter_key[SIPHASH_KEY_BYTES];
    _Atomic Seconds interval_s; /* these two change while others answer */
    atomic_bool allow_private_addresses;
} AnswerDesk;

typedef struct {
    Seconds unix_s;   /* for what must hold across a restart */
    Seconds steady_s; /* for ages: never jumps */
} TwoClocks;

typedef struct {
    Str packet;
    Endpoint from;
    TwoClocks now;
} UdpQuestion;

/* Returns the length of the reply; 0: silence. Never longer than the packet unless its sender has
 * proved his address by a connection id. */
size_t answer_udp(const AnswerDesk *desk, Counters *counters, const UdpQuestion *question,
                  uint8_t *reply, size_t room);

typedef struct {
    Str query; /* what stands behind '?', undecoded */
    Str key;   /* from the path; may be empty or nonsense */
    IpAddress from;
    Seconds now_s; /* steady */
} HttpQuestion;

/* A web socket's part in a swarm: what it changes, by whichever name of a hybrid. */
typedef struct {
    SwarmHash hash;
    IpAddress from;
    WebChange change; /* none at all: only look */
    Seconds now;      /* steady */
} WebCount;
typedef struct {
    SwarmHash hash; /* where all names of the work meet */
    SwarmState state;
    bool is_counted; /* false: a ceiling or cap was met */
} WebSwarm;
/* False when the hash is not tracked: then the swarm is, or will be, without web peers. */
bool answer_count_web(const AnswerDesk *desk, const WebCount *count, WebSwarm *ret_swarm);

/* Writes to `room` of TRACKER_HTTP_ANSWER_BYTES_MAX; returns how long the answer is. */
size_t answer_http_announce(const AnswerDesk *desk, Counters *counters,
                            const HttpQuestion *question, char *room);
Str answer_http_scrape(const AnswerDesk *desk, Counters *counters, Str query, Arena *arena);
