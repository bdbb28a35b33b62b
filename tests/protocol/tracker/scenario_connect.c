/* BEP 15: who may ask, and what silence is for. */
#include "base/bytes.h"
#include "base/random.h"
#include "scenario.h"

static const uint64_t PROTOCOL_ID = 0x41727101980;

static void connect_is_answered(Scene *scene) {
    uint8_t reply[UDP_REPLY_ROOM];
    Str packet = packet_of(scene, PROTOCOL_ID, 0, (Str){0});
    expect(scene, scene->driver->udp(scene, scene->driver->person(1), packet, reply) == 16);
    expect(scene, memcmp(reply, "\0\0\0\0", 4) == 0);
    expect(scene, memcmp(reply + 4, packet.at + 12, 4) == 0);
}

static void longer_connect(Scene *scene) {
    uint8_t reply[UDP_REPLY_ROOM];
    Str packet = packet_of(scene, PROTOCOL_ID, 0, STR("more than was asked for"));
    expect(scene, scene->driver->udp(scene, scene->driver->person(1), packet, reply) == 16);
}

static void wrong_protocol(Scene *scene) {
    Endpoint from = scene->driver->person(1);
    expect(scene, is_silent_to(scene, from, packet_of(scene, PROTOCOL_ID ^ 1, 0, (Str){0})));
    expect(scene, is_silent_to(scene, from, packet_of(scene, 0, 0, (Str){0})));
}

static void short_packets(Scene *scene) {
    Endpoint from = scene->driver->person(1);
    Str whole = packet_of(scene, PROTOCOL_ID, 0, (Str){0});
    for (size_t len = 1; len < 16; len++)
        expect(scene, is_silent_to(scene, from, str_part(whole, 0, len)));
}

static void cut_requests(Scene *scene) {
    Endpoint from = scene->driver->person(1);
    UdpAsk ask = ask_for(1);
    list_work(scene, 1);
    ask.id = connect_from(scene, from);
    Str whole = announce_packet(scene, &ask);
    expect(scene, whole.len == 98);
    for (size_t len = 16; len < 98; len++)
        expect(scene, is_silent_to(scene, from, str_part(whole, 0, len)));
    expect(scene, scrape_one(scene, 1).leechers == 0);
    expect(scene, is_silent_to(scene, from, packet_of(scene, ask.id, 2, (Str){0})));
    expect(scene, is_silent_to(scene, from, packet_of(scene, ask.id, 2, STR("not twenty bytes"))));
}

static void unknown_actions(Scene *scene) {
    static const uint32_t actions[] = {3, 4, 5, 255, 256, 0x01000000, UINT32_MAX};
    static const char rest[82];
    Endpoint from = scene->driver->person(1);
    uint64_t id = connect_from(scene, from);
    for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++)
        expect(scene, is_silent_to(scene, from,
                                   packet_of(scene, id, actions[i], (Str){rest, sizeof rest})));
}

static void guessed_ids(Scene *scene) {
    Endpoint from = scene->driver->person(1);
    UdpAsk ask = ask_for(1);
    list_work(scene, 1);
    uint64_t id = connect_from(scene, from);
    for (unsigned bit = 0; bit < 64; bit++) {
        ask.id = id ^ 1ULL << bit;
        expect(scene, announce_udp(scene, from, ask).is_silent);
    }
    for (unsigned i = 0; i < 1000; i++) {
        ask.id = random_u64() | 1;
        expect(scene, announce_udp(scene, from, ask).is_silent);
    }
    ask.id = id;
    UdpAnswer answer = announce_udp(scene, from, ask);
    expect(scene, !answer.is_silent && answer.leechers == 1);
}

/* As webtorrent's tracker takes it. */
static void constant_is_no_id(Scene *scene) {
    UdpAsk ask = ask_for(1);
    list_work(scene, 1);
    ask.id = PROTOCOL_ID;
    expect(scene, announce_udp(scene, scene->driver->person(1), ask).is_silent);
}

static void id_of_address(Scene *scene) {
    Endpoint mine = scene->driver->person(1), other_port = mine;
    UdpAsk ask = ask_for(1);
    list_work(scene, 1);
    ask.id = connect_from(scene, mine);
    other_port.port++;
    expect(scene, announce_udp(scene, scene->driver->person(2), ask).is_silent);
    /* libtorrent keeps one id for all its sockets. */
    expect(scene, !announce_udp(scene, other_port, ask).is_silent);
    expect(scene, !announce_udp(scene, mine, ask).is_silent);
}

static void scrape_needs_id(Scene *scene) {
    SwarmHash hash = hash_of(1);
    Str hashes = str_from_bytes(hash.bytes, sizeof hash.bytes);
    Endpoint from = scene->driver->person(1);
    list_work(scene, 1);
    uint64_t id = connect_from(scene, scene->driver->person(2));
    expect(scene, is_silent_to(scene, from, packet_of(scene, id, 2, hashes)));
    expect(scene, is_silent_to(scene, from, packet_of(scene, 0, 2, hashes)));
}

static void wrong_and_refused(Scene *scene) {
    UdpAsk ask = ask_for(1);
    ask.id = 12345;
    ask.port = 0; /* would be refused aloud to whoever has an id */
    expect(scene, announce_udp(scene, scene->driver->person(1), ask).is_silent);
}

static bool is_good(Scene *scene, Endpoint from, uint64_t id) {
    UdpAsk ask = ask_for(1);
    ask.id = id;
    return !announce_udp(scene, from, ask).is_silent;
}

/* The clock stands at the first second of an epoch of 300. */
static void epochs(Scene *scene) {
    Endpoint from = scene->driver->person(1);
    list_work(scene, 1);
    uint64_t first = connect_from(scene, from);
    scene->driver->advance(scene, 299);
    uint64_t last = connect_from(scene, from);
    expect(scene, is_good(scene, from, first) && is_good(scene, from, last));
    scene->driver->advance(scene, 1);
    expect(scene, is_good(scene, from, first) && is_good(scene, from, last));
    scene->driver->advance(scene, 299);
    expect(scene, is_good(scene, from, first) && is_good(scene, from, last));
    scene->driver->advance(scene, 1);
    expect(scene, !is_good(scene, from, first) && !is_good(scene, from, last));
    /* The number of an epoch comes back after sixteen; the id does not. */
    for (unsigned i = 0; i < 40; i++) {
        scene->driver->advance(scene, 300);
        expect(scene, !is_good(scene, from, first));
    }
}

static void two_minutes(Scene *scene) {
    Endpoint from = scene->driver->person(1);
    list_work(scene, 1);
    scene->driver->advance(scene, 290);
    uint64_t id = connect_from(scene, from);
    for (unsigned s = 0; s < 300; s += 10) {
        expect(scene, is_good(scene, from, id));
        scene->driver->advance(scene, 10);
    }
}

static void id_survives(Scene *scene) {
    Endpoint from = scene->driver->person(1);
    uint64_t id = connect_from(scene, from);
    scene->driver->restart(scene);
    list_work(scene, 1);
    expect(scene, is_good(scene, from, id));
}

static void no_amplification(Scene *scene) {
    Endpoint from = scene->driver->person(1);
    uint8_t reply[UDP_REPLY_ROOM];
    char bytes[200];
    for (unsigned i = 0; i < 2000; i++) {
        random_bytes(bytes, sizeof bytes);
        /* Half of them look like something. */
        if (i % 2) memcpy(bytes + 8, (uint8_t[]){0, 0, 0, (uint8_t)(i / 2 % 4)}, 4);
        if (i % 7 == 0) memcpy(bytes, "\0\0\4\x17\x27\x10\x19\x80", 8);
        size_t len = 1 + i % sizeof bytes, got;
        got = scene->driver->udp(scene, from, (Str){bytes, len}, reply);
        expect(scene, got == 0 || (got == 16 && len >= 16 && i % 7 == 0));
    }
}

const Scenario connect_scenarios[] = {
    {"a connect is answered with sixteen bytes for sixteen", "15 connect", connect_is_answered},
    {"a connect may be longer than it need be", "15 connect", longer_connect},
    {"another protocol id meets silence", "15 connect", wrong_protocol},
    {"packets under sixteen bytes meet silence", "15", short_packets},
    {"requests cut short meet silence and leave no trace", "15", cut_requests},
    {"unknown actions meet silence", "15 actions", unknown_actions},
    {"a guessed connection id meets silence, whichever bit is wrong", "15 connect", guessed_ids},
    {"the constant of the protocol is no connection id", "15 connect", constant_is_no_id},
    {"a connection id is good for its address, whatever the port", "15 connect", id_of_address},
    {"a scrape needs a connection id of its sender", "15 scrape", scrape_needs_id},
    {"what would be refused aloud meets silence without an id", "15 errors", wrong_and_refused},
    {"a connection id is good in its epoch and the next, to the second", "15 connect", epochs,
     NEEDS_CLOCK},
    {"a connection id is good for two minutes at least, whenever it was made", "15 connect",
     two_minutes, NEEDS_CLOCK},
    {"a connection id survives a restart", "15 connect", id_survives},
    {"nothing that was not proven draws more than it sent", "15", no_amplification},
    {0},
};
