/* The pure core: a tracker that was never started, and a clock that goes when it is told. */
#include "scenario.h"

enum { BEGIN_UNIX_S = 1700000100, BEGIN_STEADY_S = 1000 }; /* 1700000100 begins an epoch of ids */

static void create(Scene *scene) {
    TrackerSettings settings = scene_tracker_settings(scene, NULL, 0);
    Error e = tracker_create(&settings, &scene->tracker);
    expect(scene, !failed(e));
}

static void open_core(Scene *scene) {
    scene->now = (TwoClocks){.unix_s = BEGIN_UNIX_S, .steady_s = BEGIN_STEADY_S};
    create(scene);
}

static void close_core(Scene *scene) { tracker_free(scene->tracker); }

static Endpoint person(unsigned number) {
    return (Endpoint){ip_from_v4((uint8_t[]){9, 8, (uint8_t)(number >> 8), (uint8_t)number}), 5000};
}

static Endpoint person_v6(unsigned number) {
    Endpoint person = {{{0x2a, 0x00, 0x14, 0x50}}, 5000};
    person.ip.bytes[6] = (uint8_t)(number >> 8); /* each in a line of their own */
    person.ip.bytes[7] = (uint8_t)number;
    person.ip.bytes[15] = 1;
    return person;
}

static size_t ask_udp(Scene *scene, Endpoint from, Str packet, uint8_t reply[UDP_REPLY_ROOM]) {
    UdpDatagram datagram = {
        .packet = (const uint8_t *)packet.at, .len = packet.len, .from = from, .reply = reply};
    answer_udp_batch(tracker_desk(scene->tracker), &scene->counters, scene->now, &datagram, 1);
    return datagram.reply_len;
}

static Str ask_http(Scene *scene, IpAddress from, Str target) {
    const AnswerDesk *desk = tracker_desk(scene->tracker);
    Str query = target;
    Str place = str_cut(&query, '?');
    if (str_equal(place, STR("scrape")))
        return answer_http_scrape(desk, &scene->counters, query, &scene->arena);
    HttpQuestion question = {.query = query, .from = from};
    question.room = arena_alloc(&scene->arena, TRACKER_HTTP_ANSWER_BYTES_MAX, 1);
    answer_http_announces(desk, &scene->counters, scene->now.steady_s, &question, 1);
    return (Str){question.room, question.len};
}

/* As the upkeep of a tracker does it, but all at once and every second. */
static void sweep(Scene *scene) {
    Swarms *swarms = tracker_desk(scene->tracker)->swarms;
    for (size_t shard = 0; shard < swarms_shard_count(swarms); shard++) {
        bool through = false;
        while (!through) {
            SwarmSweep sweeping = {
                .now = scene->now.steady_s, .slots = 1 << 20, .tally_is_read = false};
            through = swarms_sweep(swarms, shard, &sweeping);
        }
    }
}

static void advance(Scene *scene, Seconds by) {
    enum { AT_ONCE_S = 30 }; /* so that everybody is looked at as often as by a real one */
    while (by > 0) {
        Seconds some = by < AT_ONCE_S ? by : AT_ONCE_S;
        scene->now.unix_s += some;
        scene->now.steady_s += some;
        by -= some;
        sweep(scene);
    }
}

static void restart(Scene *scene) {
    tracker_free(scene->tracker);
    create(scene); /* its key is that of every tracker that was not started */
}

const Driver core_driver = {.name = "core",
                            .open = open_core,
                            .close = close_core,
                            .person = person,
                            .person_v6 = person_v6,
                            .udp = ask_udp,
                            .http = ask_http,
                            .advance = advance,
                            .restart = restart};
