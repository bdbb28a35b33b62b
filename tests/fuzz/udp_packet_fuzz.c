/* Any datagram: the verdict holds, nothing is read past the end, replies keep to their bounds. */
#include "tracker/udp_packet.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    static const Endpoint senders[] = {
        {{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1}}, 5000},
        {{{0x2a, 1, [15] = 1}}, 5000},
    };
    for (size_t i = 0; i < 2; i++) {
        UdpRequest request;
        PacketVerdict verdict = udp_packet_parse(str_from_bytes(bytes, len), senders[i], &request);
        if (verdict == PACKET_DROP) continue;
        assert(len >= 16 && request.action <= UDP_SCRAPE);
        if (verdict == PACKET_REFUSE_ALOUD) assert(request.refusal.len + 8 <= len);
        if (request.action == UDP_ANNOUNCE) {
            char url[TRACKER_URL_BYTES_MAX];
            assert(len >= UDP_ANNOUNCE_BYTES);
            assert(request.announce.wanted <= TRACKER_PEERS_V4_MAX);
            assert(verdict != PACKET_OK || request.announce.from.port != 0);
            assert(udp_packet_url(request.options, url) <= sizeof url);
        }
        if (request.action == UDP_SCRAPE) {
            SwarmState states[TRACKER_SCRAPE_HASHES_MAX] = {0};
            uint8_t reply[UDP_REPLY_BYTES_MAX];
            assert(request.hash_count >= 1 && request.hash_count <= TRACKER_SCRAPE_HASHES_MAX);
            for (size_t h = 0; h < request.hash_count; h++)
                states[h].seeders = udp_packet_hash(&request, h).bytes[19];
            size_t written = udp_write_scrape(request.transaction_id, states, request.hash_count,
                                              reply, sizeof reply);
            assert(written == 8 + 12 * request.hash_count && written < len);
        }
    }
    return 0;
}
