/* peer.h — can a stranger reach this peer? Knocks at many doors at once, over TCP and uTP.
 * TCP: connects and sends the handshake of BEP 3 for the swarm the peer said it is in; uTP (BEP
 * 29): one opening packet, taken back at once when it is answered. Nothing else is ever sent.
 * CLOSED is said only when neither was answered within the timeout: a client that speaks uTP alone,
 * or takes encrypted connections alone, is not called closed. */
#pragma once
#include "probe/outbound.h"
#include "torrent/infohash.h"

enum { PEER_KNOCKS_MAX = 64 }; /* at once: two sockets each */

typedef struct {
    Endpoint at;
    SwarmHash hash;
    bool is_in_swarm; /* else TCP is only connected: there is no swarm to ask for */
} PeerKnock;

typedef enum {
    PEER_NOT_ASKED, /* outbound.h forbids its address or port, or it was time to stop */
    PEER_CLOSED,
    PEER_OPEN,    /* something answers; a peer of that swarm did not say so */
    PEER_GREETED, /* it answered the handshake for that very swarm */
} PeerVerdict;

/* Blocks for one timeout at most; count is at most PEER_KNOCKS_MAX. */
void peer_knock(const Outbound *outbound, const PeerKnock *knocks, size_t count,
                PeerVerdict *ret_verdicts);
