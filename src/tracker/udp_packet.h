/* udp_packet.h — the UDP tracker protocol: bytes in, UdpRequest out; values in, bytes out.
 * BEP 15, with the URL option of BEP 41 and events as clients really send them (4: partial seed).
 * Pure: no sockets, no clock, nothing allocated. A UdpRequest points into the packet it was read
 * from. It does not judge the connection id: whoever answers must check it first, and answers a
 * REFUSE_ALOUD only then, so that nobody can make us send to an address that is not his. */
#pragma once
#include "tracker/announce.h"

typedef enum {
    PACKET_OK,
    PACKET_REFUSE_ALOUD, /* understood, and wrong: `refusal` says why */
    PACKET_DROP,         /* no tracker packet: silence */
} PacketVerdict;

typedef enum { UDP_CONNECT = 0, UDP_ANNOUNCE = 1, UDP_SCRAPE = 2, UDP_ERROR = 3 } UdpAction;

enum {
    UDP_CONNECT_BYTES = 16,
    UDP_ANNOUNCE_BYTES = 98,
    UDP_SCRAPE_BYTES = 16, /* and 20 for every hash */
    UDP_REPLY_BYTES_MAX = 1232,
    UDP_ANNOUNCE_HEAD_BYTES = 20,
};

typedef struct {
    UdpAction action;
    uint64_t connection_id;
    uint32_t transaction_id;
    Announce announce;     /* UDP_ANNOUNCE */
    Str options;           /* what stands behind the 98 bytes (BEP 41) */
    const uint8_t *hashes; /* UDP_SCRAPE: 20 bytes each */
    size_t hash_count;
    Str refusal;
} UdpRequest;

/* `from` is the sender; its port is replaced by the one the announce names. */
PacketVerdict udp_packet_parse(Str packet, Endpoint from, UdpRequest *ret_request);
SwarmHash udp_packet_hash(const UdpRequest *request, size_t index);
/* Path and query of the announce URL (BEP 41), all its parts joined; damaged options end it. */
size_t udp_packet_url(Str options, char ret_url[TRACKER_URL_BYTES_MAX]);

/* Each returns the bytes written; 0 when `room` is too small. */
size_t udp_write_connect(uint32_t transaction_id, uint64_t connection_id, uint8_t *bytes,
                         size_t room);
/* Peers that stand in their place already, UDP_ANNOUNCE_HEAD_BYTES from the start, stay there. */
size_t udp_write_announce(uint32_t transaction_id, const Answer *answer, Family family,
                          uint8_t *bytes, size_t room);
size_t udp_write_scrape(uint32_t transaction_id, const SwarmState *swarms, size_t count,
                        uint8_t *bytes, size_t room);
size_t udp_write_error(uint32_t transaction_id, Str words, uint8_t *bytes, size_t room);
