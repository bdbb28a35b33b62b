/* answer.h — the desk where a request becomes an answer, for both protocols:
 * codec, connection id, swarm, codec. Borrows everything it works with. Holds no state of its
 * own, so any thread may use it at the same time with its own Counters. Time is an argument. */
#pragma once
#include <stdatomic.h>

#include "tracker/address_meter.h"
#include "tracker/client_kind.h"
#include "tracker/connection_id.h"
#include "tracker/door.h"
#include "tracker/hosting.h"
#include "tracker/scatter.h"
#include "tracker/tally.h"
#include "tracker/udp_server.h"

typedef struct {
    Swarms *swarms;
    Hostings *hostings;
    Doors *_Atomic doors; /* NULL: nobody asks whose port is open */
    ClientFilter *clients;
    AddressMeter *meter;
    ConnectionKey connection_key;
    ScatterKey jitter_key;
    _Atomic Seconds interval_s; /* these three change while others answer */
    atomic_bool allow_private_addresses;
    _Atomic unsigned web_peers_per_address_max; /* counted ones, in a swarm; 0: no cap */
} AnswerDesk;

/* Of a tracker, also of one that was not started: for tests, which bring their own clock. */
const AnswerDesk *tracker_desk(const Tracker *tracker);

typedef struct {
    Seconds unix_s;   /* for what must hold across a restart */
    Seconds steady_s; /* for ages: never jumps */
} TwoClocks;

/* Sets reply_len of each: 0 is silence. A reply is never longer than its packet unless the sender
 * has proved his address by a connection id. `counters` are this thread's own. */
void answer_udp_batch(const AnswerDesk *desk, Counters *counters, TwoClocks now,
                      UdpDatagram *datagrams, size_t count);

typedef struct {
    Str query; /* what stands behind '?', undecoded */
    Str key;   /* from the path; may be empty or nonsense */
    IpAddress from;
    char *room; /* TRACKER_HTTP_ANSWER_BYTES_MAX, for the answer */
    size_t len; /* of it */
} HttpQuestion;

bool answer_count_web(const AnswerDesk *desk, const WebCount *count, WebSwarm *ret_swarm);

enum { ANSWER_HTTP_BATCH_MAX = 32 };
/* Sets `len` of each. */
void answer_http_announces(const AnswerDesk *desk, Counters *counters, Seconds now_s,
                           HttpQuestion *questions, size_t count);
Str answer_http_scrape(const AnswerDesk *desk, Counters *counters, Str query, Arena *arena);
