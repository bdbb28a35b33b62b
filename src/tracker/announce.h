/* announce.h — the one Announce that both protocols become, and the one Answer that both encode.
 * Plain values, no ownership. Event numbers are those of BEP 15; 4 is what libtorrent
 * sends for a partial seed (BEP 21). */
#pragma once
#include "base/address.h"
#include "base/clock.h"
#include "base/limits.h"
#include "torrent/announce_key.h"
#include "torrent/infohash.h"

typedef enum { FAMILY_V4, FAMILY_V6, FAMILY_COUNT } Family;

enum {
    COMPACT_V4_BYTES = 6,  /* BEP 23 */
    COMPACT_V6_BYTES = 18, /* BEP 7 */
};

typedef enum {
    EVENT_NONE = 0,
    EVENT_COMPLETED = 1,
    EVENT_STARTED = 2,
    EVENT_STOPPED = 3,
    EVENT_PAUSED = 4,
    EVENT_COUNT,
} AnnounceEvent;

enum { PEER_ID_BYTES = 20 };

typedef struct {
    SwarmHash hash;
    uint8_t peer_id[PEER_ID_BYTES]; /* zeros when the client sent none */
    AnnounceKey key;
    Endpoint from; /* where the packet came from, with the port the client listens on */
    uint64_t left; /* bytes the client still lacks; 0: a seeder */
    AnnounceEvent event;
    unsigned wanted;             /* peers, both families together */
    bool families[FAMILY_COUNT]; /* which the answer can carry */
    bool is_stored;              /* else it is answered and leaves no trace */
} Announce;

typedef struct {
    uint32_t seeders, leechers;         /* all of them */
    uint32_t seeders_v6, leechers_v6;   /* among them: by IPv6 */
    uint32_t seeders_web, leechers_web; /* among them: WebTorrent, of neither family */
    uint32_t partial_seeds;             /* among the leechers (BEP 21) */
    uint64_t completed;
} SwarmState;

typedef struct {
    Seconds interval_s, min_interval_s;
    SwarmHash hash;   /* of the swarm: a hybrid was perhaps asked for by its other name */
    SwarmState swarm; /* without its partial seeds */
    size_t v4_count, v6_count;
    uint8_t *v4, *v6; /* room of whoever asks, for as many peers as he can want */
} Answer;

enum {
    ANSWER_V4_BYTES = TRACKER_PEERS_V4_MAX * COMPACT_V4_BYTES,
    ANSWER_V6_BYTES = TRACKER_PEERS_V6_MAX * COMPACT_V6_BYTES,
};

static inline Family endpoint_family(Endpoint endpoint) {
    return ip_is_v4(endpoint.ip) ? FAMILY_V4 : FAMILY_V6;
}
