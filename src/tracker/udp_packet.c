#include "tracker/udp_packet.h"

#include <arpa/inet.h>
#include <assert.h>

#include "base/bytes.h"

static const uint64_t PROTOCOL_ID = 0x41727101980;

enum { OPTION_END = 0, OPTION_NOTHING = 1, OPTION_URL = 2 };

/* Clients ask for -1 (as you like), 80, 200, or nonsense. */
static unsigned peers_wanted(int32_t number, Family family) {
    unsigned most = family == FAMILY_V4 ? TRACKER_PEERS_V4_MAX : TRACKER_PEERS_V6_MAX;
    unsigned wanted = number < 0 ? TRACKER_PEERS_WANTED : (unsigned)number;
    return wanted < most ? wanted : most;
}

size_t udp_packet_url(Str options, char ret_url[TRACKER_URL_BYTES_MAX]) {
    ByteReader reader = byte_reader(options.at, options.len);
    size_t len = 0;
    while (reader.left > 0) {
        uint8_t type = byte_read_u8(&reader);
        if (type == OPTION_END) break;
        if (type == OPTION_NOTHING) continue; /* these two have no length byte */
        uint8_t part_len = byte_read_u8(&reader);
        const uint8_t *part = byte_read_bytes(&reader, part_len);
        if (!part) break;
        if (type != OPTION_URL) continue;
        if (part_len > TRACKER_URL_BYTES_MAX - len) break;
        memcpy(ret_url + len, part, part_len);
        len += part_len;
    }
    return len;
}

static AnnounceKey key_in_options(Str options) {
    char url[TRACKER_URL_BYTES_MAX];
    AnnounceKey key;
    return announce_key_in_path(str_from_bytes(url, udp_packet_url(options, url)), &key)
               ? key
               : (AnnounceKey){.is_given = false};
}

static uint32_t u32_at(const uint8_t *at) {
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static uint64_t u64_at(const uint8_t *at) { return (uint64_t)u32_at(at) << 32 | u32_at(at + 4); }

/* Nearly every packet is one of these, so it is read where it stands. Neither `downloaded` nor
 * `uploaded` is kept; `ip` would be a lever to aim a swarm at others. */
static PacketVerdict parse_announce(Str packet, Endpoint from, UdpRequest *request) {
    const uint8_t *at = (const uint8_t *)packet.at;
    if (packet.len < UDP_ANNOUNCE_BYTES) return PACKET_DROP;
    Announce *announce = &request->announce;
    Family family = endpoint_family(from);
    uint32_t event = u32_at(at + 80);
    request->action = UDP_ANNOUNCE;
    request->connection_id = u64_at(at);
    request->transaction_id = u32_at(at + 12);
    *announce = (Announce){.from = from, .left = u64_at(at + 64)};
    announce->from.port = (uint16_t)(at[96] << 8 | at[97]);
    memcpy(announce->hash.bytes, at + 16, SHA1_BYTES);
    memcpy(announce->peer_id, at + 36, PEER_ID_BYTES);
    announce->event = event <= EVENT_PAUSED ? (AnnounceEvent)event : EVENT_NONE;
    announce->wanted =
        announce->event == EVENT_STOPPED ? 0 : peers_wanted((int32_t)u32_at(at + 92), family);
    announce->families[family] = true;
    request->options = str_skip(packet, UDP_ANNOUNCE_BYTES);
    if (request->options.len) announce->key = key_in_options(request->options);
    if (announce->from.port != 0) return PACKET_OK;
    request->refusal = STR("Port 0 cannot be reached.");
    return PACKET_REFUSE_ALOUD;
}

static PacketVerdict parse_scrape(ByteReader *reader, UdpRequest *request) {
    size_t count = reader->left / SHA1_BYTES; /* a partial hash at the end is ignored */
    if (count == 0) return PACKET_DROP;
    if (count > TRACKER_SCRAPE_HASHES_MAX) count = TRACKER_SCRAPE_HASHES_MAX;
    request->hashes = reader->at;
    request->hash_count = count;
    return PACKET_OK;
}

PacketVerdict udp_packet_parse(Str packet, Endpoint from, UdpRequest *ret_request) {
    if (packet.len < UDP_CONNECT_BYTES) return PACKET_DROP;
    uint32_t action = u32_at((const uint8_t *)packet.at + 8);
    if (action == UDP_ANNOUNCE) return parse_announce(packet, from, ret_request);

    ByteReader reader = byte_reader(packet.at, packet.len);
    UdpRequest request = {.connection_id = byte_read_u64(&reader)};
    byte_skip(&reader, 4);
    request.transaction_id = byte_read_u32(&reader);
    PacketVerdict verdict = PACKET_DROP;
    if (action == UDP_CONNECT)
        verdict = request.connection_id == PROTOCOL_ID ? PACKET_OK : PACKET_DROP;
    else if (action == UDP_SCRAPE)
        verdict = parse_scrape(&reader, &request);
    if (verdict == PACKET_DROP) return PACKET_DROP;
    request.action = (UdpAction)action;
    *ret_request = request;
    return verdict;
}

SwarmHash udp_packet_hash(const UdpRequest *request, size_t index) {
    SwarmHash hash;
    memcpy(hash.bytes, request->hashes + index * SHA1_BYTES, SHA1_BYTES);
    return hash;
}

static ByteWriter begin_reply(UdpAction action, uint32_t transaction_id, uint8_t *bytes,
                              size_t room) {
    ByteWriter writer = byte_writer(bytes, room);
    byte_write_u32(&writer, action);
    byte_write_u32(&writer, transaction_id);
    return writer;
}

size_t udp_write_connect(uint32_t transaction_id, uint64_t connection_id, uint8_t *bytes,
                         size_t room) {
    ByteWriter writer = begin_reply(UDP_CONNECT, transaction_id, bytes, room);
    byte_write_u64(&writer, connection_id);
    return byte_written(&writer);
}

size_t udp_write_announce(uint32_t transaction_id, const Answer *answer, Family family,
                          uint8_t *bytes, size_t room) {
    const uint8_t *peers = family == FAMILY_V4 ? answer->v4 : answer->v6;
    size_t len = family == FAMILY_V4 ? answer->v4_count * COMPACT_V4_BYTES
                                     : answer->v6_count * COMPACT_V6_BYTES;
    if (room < UDP_ANNOUNCE_HEAD_BYTES || len > room - UDP_ANNOUNCE_HEAD_BYTES) return 0;
    const uint32_t head[] = {htonl(UDP_ANNOUNCE), htonl(transaction_id),
                             htonl((uint32_t)answer->interval_s), htonl(answer->swarm.leechers),
                             htonl(answer->swarm.seeders)};
    static_assert(sizeof head == UDP_ANNOUNCE_HEAD_BYTES, "five words before the peers");
    memcpy(bytes, head, sizeof head);
    uint8_t *place = bytes + sizeof head;
    if (peers != place && len > 0) memcpy(place, peers, len);
    return sizeof head + len;
}

size_t udp_write_scrape(uint32_t transaction_id, const SwarmState *swarms, size_t count,
                        uint8_t *bytes, size_t room) {
    ByteWriter writer = begin_reply(UDP_SCRAPE, transaction_id, bytes, room);
    for (size_t i = 0; i < count; i++) {
        uint64_t completed = swarms[i].completed;
        byte_write_u32(&writer, swarms[i].seeders);
        byte_write_u32(&writer, completed > UINT32_MAX ? UINT32_MAX : (uint32_t)completed);
        byte_write_u32(&writer, swarms[i].leechers);
    }
    return byte_written(&writer);
}

size_t udp_write_error(uint32_t transaction_id, Str words, uint8_t *bytes, size_t room) {
    ByteWriter writer = begin_reply(UDP_ERROR, transaction_id, bytes, room);
    byte_write_bytes(&writer, words.at, words.len);
    return byte_written(&writer);
}
