#include "tracker/udp_packet.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/bytes.h"

static const Endpoint V4 = {{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1}}, 5000};
static const Endpoint V6 = {{{0x20, 1, 0xd, 0xb8, [15] = 1}}, 5000};

typedef struct {
    uint32_t event;
    int32_t wanted;
    uint16_t port;
    uint64_t left;
} Fields;

static size_t write_request(uint8_t packet[1500], Fields fields) {
    ByteWriter writer = byte_writer(packet, 1500);
    byte_write_u64(&writer, 77); /* connection id */
    byte_write_u32(&writer, UDP_ANNOUNCE);
    byte_write_u32(&writer, 0xcafe);
    for (uint8_t i = 0; i < 20; i++) byte_write_u8(&writer, i); /* info_hash */
    for (uint8_t i = 0; i < 20; i++) byte_write_u8(&writer, 'p');
    byte_write_u64(&writer, 1); /* downloaded */
    byte_write_u64(&writer, fields.left);
    byte_write_u64(&writer, 3); /* uploaded */
    byte_write_u32(&writer, fields.event);
    byte_write_u32(&writer, 0x08080808); /* ip: must be ignored */
    byte_write_u32(&writer, 9);          /* key */
    byte_write_u32(&writer, (uint32_t)fields.wanted);
    byte_write_u16(&writer, fields.port);
    return byte_written(&writer);
}

static PacketVerdict parse(Fields fields, Endpoint from, UdpRequest *request) {
    uint8_t packet[1500];
    size_t len = write_request(packet, fields);
    assert_int_equal(len, UDP_ANNOUNCE_BYTES);
    return udp_packet_parse(str_from_bytes(packet, len), from, request);
}

static void announce_is_read_field_by_field(void **state) {
    (void)state;
    UdpRequest request;
    Fields fields = {.event = 2, .wanted = 30, .port = 6881, .left = 12345};
    assert_int_equal(parse(fields, V4, &request), PACKET_OK);
    assert_int_equal(request.action, UDP_ANNOUNCE);
    assert_int_equal(request.connection_id, 77);
    assert_int_equal(request.transaction_id, 0xcafe);
    assert_int_equal(request.announce.hash.bytes[19], 19);
    assert_int_equal(request.announce.left, 12345);
    assert_int_equal(request.announce.event, EVENT_STARTED);
    assert_int_equal(request.announce.wanted, 30);
    assert_int_equal(request.announce.from.port, 6881);
    assert_true(ip_equal(request.announce.from.ip, V4.ip));
    assert_true(request.announce.families[FAMILY_V4]);
    assert_false(request.announce.families[FAMILY_V6]);
}

static void peer_id_and_the_key_of_the_address_are_read(void **state) {
    (void)state;
    uint8_t packet[1500];
    UdpRequest request;
    size_t len = write_request(packet, (Fields){.port = 1});
    ByteWriter writer = byte_writer(packet + len, sizeof packet - len);
    assert_int_equal(udp_packet_parse(str_from_bytes(packet, len), V4, &request), PACKET_OK);
    assert_memory_equal(request.announce.peer_id, "pppppppppppppppppppp", PEER_ID_BYTES);
    assert_false(request.announce.key.is_given);

    byte_write_u8(&writer, 1); /* nothing */
    byte_write_u8(&writer, 2); /* the path, in two parts */
    byte_write_u8(&writer, 12);
    byte_write_bytes(&writer, "/announce/00", 12);
    byte_write_u8(&writer, 2);
    byte_write_u8(&writer, 30);
    byte_write_bytes(&writer, "0000000000000000000000000000ff", 30);
    len += byte_written(&writer);
    assert_int_equal(udp_packet_parse(str_from_bytes(packet, len), V4, &request), PACKET_OK);
    assert_true(request.announce.key.is_given);
    assert_int_equal(request.announce.key.bytes[15], 0xff);
    packet[len - 1] = 'x';
    assert_int_equal(udp_packet_parse(str_from_bytes(packet, len), V4, &request), PACKET_OK);
    assert_false(request.announce.key.is_given);
}

static void event_four_is_a_partial_seed_and_unknown_events_are_none(void **state) {
    (void)state;
    UdpRequest request;
    assert_int_equal(parse((Fields){.event = 4, .port = 1}, V4, &request), PACKET_OK);
    assert_int_equal(request.announce.event, EVENT_PAUSED);
    assert_int_equal(parse((Fields){.event = 5, .port = 1}, V4, &request), PACKET_OK);
    assert_int_equal(request.announce.event, EVENT_NONE);
    assert_int_equal(parse((Fields){.event = UINT32_MAX, .port = 1}, V4, &request), PACKET_OK);
    assert_int_equal(request.announce.event, EVENT_NONE);
}

static unsigned wanted(int32_t number, Endpoint from) {
    UdpRequest request;
    assert_int_equal(parse((Fields){.wanted = number, .port = 1}, from, &request), PACKET_OK);
    return request.announce.wanted;
}

static void peers_wanted_are_fifty_by_default_and_capped_by_family(void **state) {
    (void)state;
    assert_int_equal(wanted(-1, V4), 50);
    assert_int_equal(wanted(INT32_MIN, V4), 50);
    assert_int_equal(wanted(0, V4), 0);
    assert_int_equal(wanted(200, V4), 200);
    assert_int_equal(wanted(201, V4), 200);
    assert_int_equal(wanted(INT32_MAX, V4), 200);
    assert_int_equal(wanted(66, V6), 66);
    assert_int_equal(wanted(200, V6), 66);
}

static void stopped_wants_no_peers(void **state) {
    (void)state;
    UdpRequest request;
    assert_int_equal(parse((Fields){.event = 3, .wanted = 80, .port = 1}, V4, &request), PACKET_OK);
    assert_int_equal(request.announce.wanted, 0);
}

static void port_zero_is_refused_aloud(void **state) {
    (void)state;
    UdpRequest request;
    assert_int_equal(parse((Fields){.port = 0}, V4, &request), PACKET_REFUSE_ALOUD);
    assert_int_equal(request.connection_id, 77);
    assert_true(request.refusal.len > 0 && request.refusal.len + 8 <= UDP_ANNOUNCE_BYTES);
}

static void short_packets_and_unknown_actions_are_dropped(void **state) {
    (void)state;
    uint8_t packet[1500];
    UdpRequest request;
    size_t len = write_request(packet, (Fields){.port = 1});
    for (size_t cut = 0; cut < len; cut++)
        assert_int_equal(udp_packet_parse(str_from_bytes(packet, cut), V4, &request), PACKET_DROP);
    for (unsigned action = 3; action < 256; action++) {
        packet[11] = (uint8_t)action;
        assert_int_equal(udp_packet_parse(str_from_bytes(packet, len), V4, &request), PACKET_DROP);
    }
}

static void connect_needs_the_protocol_id(void **state) {
    (void)state;
    uint8_t packet[20] = {0};
    UdpRequest request;
    ByteWriter writer = byte_writer(packet, sizeof packet);
    byte_write_u64(&writer, 0x41727101980);
    byte_write_u32(&writer, UDP_CONNECT);
    byte_write_u32(&writer, 5);
    assert_int_equal(udp_packet_parse(str_from_bytes(packet, 15), V4, &request), PACKET_DROP);
    assert_int_equal(udp_packet_parse(str_from_bytes(packet, 16), V4, &request), PACKET_OK);
    assert_int_equal(udp_packet_parse(str_from_bytes(packet, 20), V4, &request), PACKET_OK);
    assert_int_equal(request.transaction_id, 5);
    packet[7] ^= 1;
    assert_int_equal(udp_packet_parse(str_from_bytes(packet, 16), V4, &request), PACKET_DROP);
}

static void scrape_takes_74_hashes_and_ignores_a_partial_tail(void **state) {
    (void)state;
    uint8_t packet[16 + 76 * 20] = {0};
    UdpRequest request;
    packet[11] = UDP_SCRAPE;
    packet[16 + 20] = 0xab;
    assert_int_equal(udp_packet_parse(str_from_bytes(packet, 16), V4, &request), PACKET_DROP);
    assert_int_equal(udp_packet_parse(str_from_bytes(packet, 35), V4, &request), PACKET_DROP);
    assert_int_equal(udp_packet_parse(str_from_bytes(packet, 16 + 59), V4, &request), PACKET_OK);
    assert_int_equal(request.hash_count, 2);
    assert_int_equal(udp_packet_hash(&request, 1).bytes[0], 0xab);
    assert_int_equal(udp_packet_parse(str_from_bytes(packet, 1496), V4, &request), PACKET_OK);
    assert_int_equal(request.hash_count, 74);
    assert_int_equal(udp_packet_parse(str_from_bytes(packet, sizeof packet), V4, &request),
                     PACKET_OK);
    assert_int_equal(request.hash_count, 74);
}

static Str url_of(const void *options, size_t len, char url[TRACKER_URL_BYTES_MAX]) {
    return (Str){url, udp_packet_url(str_from_bytes(options, len), url)};
}

static void url_options_are_read_leniently(void **state) {
    (void)state;
    char url[TRACKER_URL_BYTES_MAX];
    uint8_t packet[1500];
    UdpRequest request;
    size_t len = write_request(packet, (Fields){.port = 1});
    memcpy(packet + len, "\x02\x04/a?b", 6);
    assert_int_equal(udp_packet_parse(str_from_bytes(packet, len + 6), V4, &request), PACKET_OK);
    assert_true(str_equal(url_of(request.options.at, request.options.len, url), STR("/a?b")));

    assert_true(str_equal(url_of("\x01\x01\x02\x02/x\x00\x02\x01y", 10, url), STR("/x")));
    assert_true(str_equal(url_of("\x09\x03zzz\x02\x01y", 8, url), STR("y")));
    assert_true(str_equal(url_of("\x02\x02/x\x02\x02yz", 8, url), STR("/xyz")));
    assert_int_equal(url_of("\x02\xff/x", 4, url).len, 0); /* longer than the packet */
    assert_int_equal(url_of("\x02", 1, url).len, 0);
    uint8_t many[3 * 257];
    for (size_t i = 0; i < 3; i++) {
        memset(many + i * 257, 'u', 257);
        many[i * 257] = 2;
        many[i * 257 + 1] = 255;
    }
    assert_int_equal(url_of(many, sizeof many, url).len, 510);
}

static void largest_answers_fit_in_1232_bytes(void **state) {
    (void)state;
    static uint8_t peers[ANSWER_V4_BYTES];
    Answer answer = {.v4 = peers, .v6 = peers};
    uint8_t reply[UDP_REPLY_BYTES_MAX];
    answer.v4_count = TRACKER_PEERS_V4_MAX;
    answer.v6_count = TRACKER_PEERS_V6_MAX;
    answer.interval_s = 1800;
    answer.swarm.seeders = 3;
    answer.swarm.leechers = 2;
    assert_int_equal(udp_write_announce(1, &answer, FAMILY_V4, reply, sizeof reply), 1220);
    assert_int_equal(udp_write_announce(1, &answer, FAMILY_V6, reply, sizeof reply), 1208);
    assert_int_equal(udp_write_announce(1, &answer, FAMILY_V6, reply, 1207), 0);
    ByteReader reader = byte_reader(reply, sizeof reply);
    assert_int_equal(byte_read_u32(&reader), UDP_ANNOUNCE);
    assert_int_equal(byte_read_u32(&reader), 1);
    assert_int_equal(byte_read_u32(&reader), 1800);
    assert_int_equal(byte_read_u32(&reader), 2); /* leechers stand before seeders */
    assert_int_equal(byte_read_u32(&reader), 3);
}

static void scrape_answers_seeders_completed_leechers(void **state) {
    (void)state;
    uint8_t reply[UDP_REPLY_BYTES_MAX];
    SwarmState swarms[2] = {{.seeders = 1, .leechers = 2, .completed = 1ULL << 40}};
    size_t len = udp_write_scrape(8, swarms, 2, reply, sizeof reply);
    assert_int_equal(len, 8 + 24);
    ByteReader reader = byte_reader(reply + 8, len - 8);
    assert_int_equal(byte_read_u32(&reader), 1);
    assert_int_equal(byte_read_u32(&reader), UINT32_MAX);
    assert_int_equal(byte_read_u32(&reader), 2);
    assert_int_equal(byte_read_u64(&reader), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(announce_is_read_field_by_field),
        cmocka_unit_test(peer_id_and_the_key_of_the_address_are_read),
        cmocka_unit_test(event_four_is_a_partial_seed_and_unknown_events_are_none),
        cmocka_unit_test(peers_wanted_are_fifty_by_default_and_capped_by_family),
        cmocka_unit_test(stopped_wants_no_peers),
        cmocka_unit_test(port_zero_is_refused_aloud),
        cmocka_unit_test(short_packets_and_unknown_actions_are_dropped),
        cmocka_unit_test(connect_needs_the_protocol_id),
        cmocka_unit_test(scrape_takes_74_hashes_and_ignores_a_partial_tail),
        cmocka_unit_test(url_options_are_read_leniently),
        cmocka_unit_test(largest_answers_fit_in_1232_bytes),
        cmocka_unit_test(scrape_answers_seeders_completed_leechers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
