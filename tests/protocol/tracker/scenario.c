/* Runs the table: `scenario core`, `scenario sockets`, with a word of the name to run only those;
 * `scenario --list` prints each with its BEP. Says TAP. */
#include "scenario.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/bytes.h"
#include "base/encode.h"
#include "base/log.h"
#include "base/random.h"
#include "torrent/bencode.h"

static const uint64_t PROTOCOL_ID = 0x41727101980;

/* ---- a scene ---- */

TrackerSettings scene_tracker_settings(const Scene *scene, const Endpoint *listen, size_t count) {
    const SceneSettings *wanted = &scene->scenario->settings;
    return (TrackerSettings){
        .udp_listen = listen,
        .udp_listen_count = count,
        .udp_threads = 1,
        .open = wanted->open,
        .allow_private_addresses = scene->driver->lacks && !wanted->hides_bogons,
        .interval_s = wanted->interval_s ? wanted->interval_s : 1800,
        .peers_per_address_max = wanted->peers_per_address_max,
        .new_swarms_per_address_max = wanted->new_swarms_per_address_max,
        .peers_max = wanted->peers_max,
        .torrents_max = wanted->torrents_max,
    };
}

void scene_fail(Scene *scene, const char *file, int line, const char *what) {
    snprintf(scene->why, sizeof scene->why, "%s:%d: %s", file, line, what);
    longjmp(scene->failed, 1);
}

/* ---- hands ---- */

SwarmHash hash_of(unsigned number) {
    SwarmHash hash;
    memset(hash.bytes, 'A', sizeof hash.bytes);
    hash.bytes[0] = (uint8_t)number;
    hash.bytes[1] = (uint8_t)(number >> 8);
    return hash;
}

static InfoHash work_of(unsigned number) {
    InfoHash hash = {.has_v1 = true};
    SwarmHash swarm = hash_of(number);
    memcpy(hash.v1, swarm.bytes, sizeof swarm.bytes);
    return hash;
}

void list_work(Scene *scene, unsigned number) {
    InfoHash hash = work_of(number);
    tracker_allow(scene->tracker, &hash);
}

void list_hybrid(Scene *scene, unsigned v1, unsigned v2) {
    InfoHash hash = work_of(v1);
    SwarmHash second = hash_of(v2);
    hash.has_v2 = true;
    memcpy(hash.v2, second.bytes, sizeof second.bytes);
    tracker_allow(scene->tracker, &hash);
}

void unlist_work(Scene *scene, unsigned number) {
    InfoHash hash = work_of(number);
    tracker_forget(scene->tracker, &hash);
}

UdpAsk ask_for(unsigned hash) {
    return (UdpAsk){.hash = hash_of(hash), .left = 1000, .wanted = -1, .port = 6881};
}

Str packet_of(Scene *scene, uint64_t id, uint32_t action, Str rest) {
    uint8_t *bytes = arena_alloc(&scene->arena, 16 + rest.len, 1);
    ByteWriter writer = byte_writer(bytes, 16 + rest.len);
    byte_write_u64(&writer, id);
    byte_write_u32(&writer, action);
    byte_write_u32(&writer, ++scene->transaction);
    byte_write_bytes(&writer, rest.at, rest.len);
    return str_from_bytes(bytes, 16 + rest.len);
}

uint64_t connect_from(Scene *scene, Endpoint from) {
    uint8_t reply[UDP_REPLY_ROOM];
    Str packet = packet_of(scene, PROTOCOL_ID, 0, (Str){0});
    expect(scene, scene->driver->udp(scene, from, packet, reply) == 16);
    ByteReader reader = byte_reader(reply, 16);
    expect(scene, byte_read_u32(&reader) == 0);
    expect(scene, byte_read_u32(&reader) == scene->transaction);
    return byte_read_u64(&reader);
}

Str announce_packet(Scene *scene, const UdpAsk *ask) {
    enum { REST_BYTES = 98 - 16 };
    uint8_t *bytes = arena_alloc(&scene->arena, REST_BYTES + ask->tail.len, 1);
    ByteWriter writer = byte_writer(bytes, REST_BYTES + ask->tail.len);
    byte_write_bytes(&writer, ask->hash.bytes, sizeof ask->hash.bytes);
    byte_write_bytes(&writer, "-SC0001-abcdefghijkl", 20);
    byte_write_u64(&writer, 0);
    byte_write_u64(&writer, ask->left);
    byte_write_u64(&writer, 0);
    byte_write_u32(&writer, ask->event);
    byte_write_u32(&writer, ask->ip);
    byte_write_u32(&writer, 0x12345678);
    byte_write_u32(&writer, (uint32_t)ask->wanted);
    byte_write_u16(&writer, ask->port);
    byte_write_bytes(&writer, ask->tail.at, ask->tail.len);
    return packet_of(scene, ask->id, 1, str_from_bytes(bytes, REST_BYTES + ask->tail.len));
}

static Endpoint read_peer(ByteReader *reader, Family family) {
    Endpoint peer = {0};
    if (family == FAMILY_V4)
        peer.ip = ip_from_v4(byte_read_bytes(reader, 4));
    else
        memcpy(peer.ip.bytes, byte_read_bytes(reader, 16), 16);
    peer.port = byte_read_u16(reader);
    return peer;
}

UdpAnswer read_announce(Scene *scene, Endpoint from, const uint8_t *reply, size_t len) {
    UdpAnswer answer = {.is_silent = len == 0, .bytes = len};
    Family family = endpoint_family(from);
    size_t stride = family == FAMILY_V4 ? COMPACT_V4_BYTES : COMPACT_V6_BYTES;
    if (len == 0) return answer;
    ByteReader reader = byte_reader(reply, len);
    uint32_t action = byte_read_u32(&reader);
    expect(scene, byte_read_u32(&reader) == scene->transaction);
    if (action == 3) {
        answer.error = arena_copy(&scene->arena, str_from_bytes(reader.at, reader.left));
        return answer;
    }
    expect(scene, action == 1);
    answer.interval_s = byte_read_u32(&reader);
    answer.leechers = byte_read_u32(&reader);
    answer.seeders = byte_read_u32(&reader);
    /* Or libtorrent fails the whole announce. */
    expect(scene, !reader.failed && reader.left % stride == 0);
    expect(scene, reader.left / stride <= ANSWERED_PEERS_MAX);
    while (reader.left) answer.peers[answer.peer_count++] = read_peer(&reader, family);
    return answer;
}

UdpAnswer announce_udp(Scene *scene, Endpoint from, UdpAsk ask) {
    uint8_t reply[UDP_REPLY_ROOM];
    if (!ask.id) ask.id = connect_from(scene, from);
    Str packet = announce_packet(scene, &ask);
    size_t len = scene->driver->udp(scene, from, packet, reply);
    return read_announce(scene, from, reply, len);
}

UdpAnswer join_udp(Scene *scene, Endpoint from, unsigned hash, uint64_t left, uint16_t port) {
    UdpAsk ask = ask_for(hash);
    ask.left = left;
    ask.port = port;
    UdpAnswer answer = announce_udp(scene, from, ask);
    expect(scene, !answer.is_silent && answer.error.len == 0);
    return answer;
}

bool is_silent_to(Scene *scene, Endpoint from, Str packet) {
    uint8_t reply[UDP_REPLY_ROOM];
    return scene->driver->udp(scene, from, packet, reply) == 0;
}

size_t scrape_udp(Scene *scene, Endpoint from, Str hashes, ScrapedSwarm ret_swarms[80]) {
    uint8_t reply[UDP_REPLY_ROOM];
    uint64_t id = connect_from(scene, from);
    Str packet = packet_of(scene, id, 2, hashes);
    size_t len = scene->driver->udp(scene, from, packet, reply), count = 0;
    if (len == 0) return 0;
    ByteReader reader = byte_reader(reply, len);
    expect(scene, byte_read_u32(&reader) == 2);
    expect(scene, byte_read_u32(&reader) == scene->transaction);
    expect(scene, reader.left % 12 == 0 && reader.left / 12 <= 80);
    while (reader.left) {
        ScrapedSwarm *swarm = &ret_swarms[count++];
        swarm->seeders = byte_read_u32(&reader);
        swarm->completed = byte_read_u32(&reader);
        swarm->leechers = byte_read_u32(&reader);
    }
    return count;
}

ScrapedSwarm scrape_one(Scene *scene, unsigned hash) {
    ScrapedSwarm swarms[80];
    SwarmHash asked = hash_of(hash);
    Str bytes = str_from_bytes(asked.bytes, sizeof asked.bytes);
    expect(scene, scrape_udp(scene, scene->driver->person(999), bytes, swarms) == 1);
    return swarms[0];
}

bool has_peer(const UdpAnswer *answer, IpAddress ip, uint16_t port) {
    for (size_t i = 0; i < answer->peer_count; i++)
        if (ip_equal(answer->peers[i].ip, ip) && answer->peers[i].port == port) return true;
    return false;
}

Str hash_text(Scene *scene, unsigned number) {
    SwarmHash hash = hash_of(number);
    Text text = text_create(&scene->arena, 64);
    for (size_t i = 0; i < sizeof hash.bytes; i++) text_print(&text, "%%%02X", hash.bytes[i]);
    return text_str(&text);
}

Str http_body(Scene *scene, IpAddress from, Str target) {
    Str body = scene->driver->http(scene, from, target);
    BencodeCheck check = bencode_check(body, true); /* one whole value, keys in order */
    expect(scene, check.fault == FAULT_NONE && bencode_kind(body) == BENCODE_DICT);
    return body;
}

static void read_integer(Scene *scene, Str value, int64_t *ret_integer) {
    *ret_integer = -1;
    if (value.len) expect(scene, bencode_as_integer(value, ret_integer));
}

static void read_string(Scene *scene, Str value, Str *ret_string) {
    if (value.len) expect(scene, bencode_as_string(value, ret_string));
}

static HttpAnswer read_http(Scene *scene, Str body) {
    Str reason = {0}, retry = {0}, complete = {0}, incomplete = {0}, downloaded = {0},
        interval = {0}, least = {0}, external = {0}, peers = {0}, peers6 = {0};
    const BencodeSlot slots[] = {{STR("failure reason"), &reason}, {STR("retry in"), &retry},
                                 {STR("complete"), &complete},     {STR("incomplete"), &incomplete},
                                 {STR("downloaded"), &downloaded}, {STR("interval"), &interval},
                                 {STR("min interval"), &least},    {STR("external ip"), &external},
                                 {STR("peers"), &peers},           {STR("peers6"), &peers6}};
    HttpAnswer answer = {0};
    bencode_find(body, slots, sizeof slots / sizeof slots[0]);
    read_string(scene, reason, &answer.refusal);
    if (reason.len) {
        if (bencode_kind(retry) == BENCODE_STRING)
            read_string(scene, retry, &answer.retry);
        else
            read_integer(scene, retry, &answer.retry_min);
        return answer;
    }
    expect(scene, peers.len && peers6.len && external.len && interval.len);
    read_integer(scene, complete, &answer.seeders);
    read_integer(scene, incomplete, &answer.leechers);
    read_integer(scene, downloaded, &answer.completed);
    read_integer(scene, interval, &answer.interval_s);
    read_integer(scene, least, &answer.min_interval_s);
    read_string(scene, external, &answer.external);
    read_string(scene, peers, &answer.peers);
    read_string(scene, peers6, &answer.peers6);
    expect(scene, answer.peers.len % COMPACT_V4_BYTES == 0);
    expect(scene, answer.peers6.len % COMPACT_V6_BYTES == 0);
    return answer;
}

HttpAnswer announce_http(Scene *scene, IpAddress from, const char *format, ...) {
    char query[4096];
    va_list arguments;
    va_start(arguments, format);
    int len = vsnprintf(query, sizeof query, format, arguments);
    va_end(arguments);
    expect(scene, len > 0 && (size_t)len < sizeof query);
    Str target = arena_print(&scene->arena, "announce?%s", query);
    return read_http(scene, http_body(scene, from, target));
}

HttpAnswer join_http(Scene *scene, IpAddress from, unsigned hash, uint64_t left, uint16_t port) {
    Str text = hash_text(scene, hash);
    HttpAnswer answer = announce_http(scene, from, "info_hash=%.*s&port=%u&left=%llu",
                                      STR_PRINTF(text), port, (unsigned long long)left);
    expect(scene, answer.refusal.len == 0);
    return answer;
}

bool has_http_peer(HttpAnswer answer, IpAddress ip, uint16_t port) {
    bool v4 = ip_is_v4(ip);
    size_t stride = v4 ? COMPACT_V4_BYTES : COMPACT_V6_BYTES;
    Str peers = v4 ? answer.peers : answer.peers6;
    uint8_t wanted[COMPACT_V6_BYTES];
    memcpy(wanted, v4 ? ip.bytes + 12 : ip.bytes, stride - 2);
    wanted[stride - 2] = (uint8_t)(port >> 8);
    wanted[stride - 1] = (uint8_t)port;
    for (; peers.len >= stride; peers = str_skip(peers, stride))
        if (memcmp(peers.at, wanted, stride) == 0) return true;
    return false;
}

/* ---- the runner ---- */

static const Scenario *const tables[] = {connect_scenarios, announce_scenarios, http_scenarios,
                                         swarm_scenarios};
enum { TABLES = sizeof tables / sizeof tables[0] };

static const char *lacking(unsigned lacks) {
    return lacks & NEEDS_CLOCK ? "needs a clock that can be turned"
                               : "needs addresses loopback does not have";
}

/* False when it failed. */
static bool run(const Driver *driver, const Scenario *scenario, unsigned number) {
    unsigned lacks = driver->lacks & scenario->needs;
    if (lacks) {
        printf("ok %u %s # SKIP %s\n", number, scenario->name, lacking(lacks));
        return true;
    }
    Scene *scene = calloc(1, sizeof *scene);
    bool fine = false;
    scene->driver = driver;
    scene->scenario = scenario;
    scene->arena = arena_create(64 * MIB);
    scene->transaction = 1000;
    if (setjmp(scene->failed) == 0) {
        driver->open(scene);
        scenario->run(scene);
        fine = true;
    }
    printf("%s %u %s\n", fine ? "ok" : "not ok", number, scenario->name);
    if (!fine) printf("# BEP %s, %s\n", scenario->bep, scene->why);
    driver->close(scene);
    arena_free(&scene->arena);
    free(scene);
    return fine;
}

static int list(void) {
    for (size_t i = 0; i < TABLES; i++)
        for (const Scenario *scenario = tables[i]; scenario->name; scenario++)
            printf("%s\t%s\t%s\n", scenario->name, scenario->bep,
                   scenario->needs ? lacking(scenario->needs) : "");
    return 0;
}

int main(int count, char **words) {
    if (!random_start() || count < 2) return 2;
    if (strcmp(words[1], "--list") == 0) return list();
    const Driver *driver = strcmp(words[1], "core") == 0 ? &core_driver : &socket_driver;
    unsigned number = 0;
    bool fine = true;
    log_set_level(LOG_ERROR);
    for (size_t i = 0; i < TABLES; i++)
        for (const Scenario *scenario = tables[i]; scenario->name; scenario++)
            if (count < 3 || strstr(scenario->name, words[2]))
                fine = run(driver, scenario, ++number) && fine;
    printf("1..%u\n", number);
    return fine && number ? 0 : 1;
}
