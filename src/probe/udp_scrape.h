/* udp_scrape.h — the asking side of BEP 15: connect and scrape, values to bytes and bytes to
 * values. Pure: no sockets, no clock. An answer is read only for the transaction it belongs to;
 * anything else is not for us, and to be waited past. */
#pragma once
#include "base/bytes.h"
#include "base/limits.h"
#include "torrent/infohash.h"

enum {
    UDP_SCRAPE_CONNECT_BYTES = 16,
    UDP_SCRAPE_ASK_BYTES_MAX = 16 + 20 * TRACKER_SCRAPE_HASHES_MAX,
    UDP_SCRAPE_ANSWER_BYTES_MAX = 8 + 12 * TRACKER_SCRAPE_HASHES_MAX,
};

/* What a tracker claims of one swarm. */
typedef struct {
    bool known;
    uint32_t seeders, leechers, completed;
} SwarmClaim;

typedef enum {
    UDP_SCRAPE_NOT_OURS,
    UDP_SCRAPE_ANSWERED,
    UDP_SCRAPE_REFUSED, /* an error packet */
    UDP_SCRAPE_BROKEN,  /* ours, and cut short */
} UdpScrapeVerdict;

void udp_scrape_write_connect(uint32_t transaction, uint8_t ret_packet[UDP_SCRAPE_CONNECT_BYTES]);
UdpScrapeVerdict udp_scrape_read_connect(Str packet, uint32_t transaction, uint64_t *ret_id);

/* Returns the bytes written; count is at most TRACKER_SCRAPE_HASHES_MAX. */
size_t udp_scrape_write(uint64_t id, uint32_t transaction, const SwarmHash *hashes, size_t count,
                        uint8_t ret_packet[UDP_SCRAPE_ASK_BYTES_MAX]);
/* Answers for fewer swarms than asked leave the others unknown. */
UdpScrapeVerdict udp_scrape_read(Str packet, uint32_t transaction, SwarmClaim *ret_claims,
                                 size_t count);

/* No swarm on earth is as large: whoever says so is not counting. */
bool swarm_claim_is_credible(const SwarmClaim *claim);
