#include "probe/udp_scrape.h"

#include <assert.h>

#define PROTOCOL_ID 0x41727101980ull
enum { ACTION_CONNECT = 0, ACTION_SCRAPE = 2, ACTION_ERROR = 3, HEAD_BYTES = 8, CLAIM_BYTES = 12 };

void udp_scrape_write_connect(uint32_t transaction, uint8_t ret_packet[UDP_SCRAPE_CONNECT_BYTES]) {
    ByteWriter writer = byte_writer(ret_packet, UDP_SCRAPE_CONNECT_BYTES);
    byte_write_u64(&writer, PROTOCOL_ID);
    byte_write_u32(&writer, ACTION_CONNECT);
    byte_write_u32(&writer, transaction);
    assert(!writer.failed);
}

/* Action and transaction of any answer. */
static UdpScrapeVerdict read_head(ByteReader *reader, uint32_t action, uint32_t transaction) {
    uint32_t said_action = byte_read_u32(reader), said_transaction = byte_read_u32(reader);
    if (reader->failed || said_transaction != transaction) return UDP_SCRAPE_NOT_OURS;
    if (said_action == ACTION_ERROR) return UDP_SCRAPE_REFUSED;
    return said_action == action ? UDP_SCRAPE_ANSWERED : UDP_SCRAPE_NOT_OURS;
}

UdpScrapeVerdict udp_scrape_read_connect(Str packet, uint32_t transaction, uint64_t *ret_id) {
    ByteReader reader = byte_reader(packet.at, packet.len);
    UdpScrapeVerdict verdict = read_head(&reader, ACTION_CONNECT, transaction);
    if (verdict != UDP_SCRAPE_ANSWERED) return verdict;
    uint64_t id = byte_read_u64(&reader);
    if (reader.failed) return UDP_SCRAPE_BROKEN;
    *ret_id = id;
    return UDP_SCRAPE_ANSWERED;
}

size_t udp_scrape_write(uint64_t id, uint32_t transaction, const SwarmHash *hashes, size_t count,
                        uint8_t ret_packet[UDP_SCRAPE_ASK_BYTES_MAX]) {
    assert(count <= TRACKER_SCRAPE_HASHES_MAX);
    ByteWriter writer = byte_writer(ret_packet, UDP_SCRAPE_ASK_BYTES_MAX);
    byte_write_u64(&writer, id);
    byte_write_u32(&writer, ACTION_SCRAPE);
    byte_write_u32(&writer, transaction);
    for (size_t i = 0; i < count; i++)
        byte_write_bytes(&writer, hashes[i].bytes, sizeof hashes[i].bytes);
    return byte_written(&writer);
}

UdpScrapeVerdict udp_scrape_read(Str packet, uint32_t transaction, SwarmClaim *ret_claims,
                                 size_t count) {
    ByteReader reader = byte_reader(packet.at, packet.len);
    UdpScrapeVerdict verdict = read_head(&reader, ACTION_SCRAPE, transaction);
    if (verdict != UDP_SCRAPE_ANSWERED) return verdict;
    if (reader.left < CLAIM_BYTES || reader.left % CLAIM_BYTES != 0) return UDP_SCRAPE_BROKEN;
    for (size_t i = 0; i < count; i++) {
        SwarmClaim claim = {.known = reader.left >= CLAIM_BYTES};
        if (claim.known) {
            claim.seeders = byte_read_u32(&reader);
            claim.completed = byte_read_u32(&reader);
            claim.leechers = byte_read_u32(&reader);
        }
        claim.known = claim.known && swarm_claim_is_credible(&claim);
        ret_claims[i] = claim.known ? claim : (SwarmClaim){0};
    }
    return UDP_SCRAPE_ANSWERED;
}

bool swarm_claim_is_credible(const SwarmClaim *claim) {
    return claim->seeders <= PROBE_CLAIM_PEERS_MAX && claim->leechers <= PROBE_CLAIM_PEERS_MAX &&
           claim->completed <= PROBE_CLAIM_COMPLETED_MAX;
}
