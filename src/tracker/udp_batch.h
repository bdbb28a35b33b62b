/* udp_batch.h — the datagrams a socket hands over in one call, and the replies to them.
 * Laid out for the cache: what is looked at of an ordinary request stands close together, the rest
 * of a long one apart. Replies are written where they are sent from; those to one client that
 * follow each other leave in one call and arrive one by one. Owns its memory, not the socket; used
 * by one thread. */
#pragma once
#include "base/address.h"

enum {
    UDP_BATCH = 32,
    UDP_REPLY_ROOM = 1280,
    UDP_HEAD_BYTES = 128,    /* an announce with the address of BEP 41 fits */
    UDP_PACKET_BYTES = 1536, /* the longest scrape is 1496; what is cut off is not looked at */
};

typedef struct {
    const uint8_t *packet;
    size_t len;
    Endpoint from;
    uint8_t *reply;   /* UDP_REPLY_ROOM bytes */
    size_t reply_len; /* for the handler to set; 0, as it comes: silence */
} UdpDatagram;

typedef struct UdpBatch UdpBatch;

/* `asks_way`: the socket tells to which address each datagram came (IP_PKTINFO), and the reply is
 * to leave from there. NULL without memory. */
UdpBatch *udp_batch_create(bool asks_way);
void udp_batch_free(UdpBatch *batch); /* NULL is fine */

/* Waits for a first datagram as long as the socket does, and takes those that are there too. 0:
 * none came, or an error was told that belongs to some earlier reply. */
size_t udp_batch_receive(UdpBatch *batch, int socket);
UdpDatagram *udp_batch_datagrams(UdpBatch *batch);
/* Sends the replies to the last `count` received; one that cannot be sent costs no other its own.
 */
void udp_batch_send(UdpBatch *batch, int socket, size_t count);
