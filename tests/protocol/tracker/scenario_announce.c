/* BEP 15 announces and scrapes, 21, 41, and 7 over UDP. */
#include "base/bytes.h"
#include "scenario.h"

static void they_meet(Scene *scene) {
    Endpoint seeder = scene->driver->person(1), leecher = scene->driver->person(2);
    list_work(scene, 1);
    UdpAnswer first = join_udp(scene, seeder, 1, 0, 7001);
    expect(scene, first.seeders == 1 && first.leechers == 0 && first.peer_count == 0);
    UdpAnswer second = join_udp(scene, leecher, 1, 5, 7002);
    expect(scene, second.seeders == 1 && second.leechers == 1);
    expect(scene, second.peer_count == 1 && has_peer(&second, seeder.ip, 7001));
    UdpAnswer again = join_udp(scene, seeder, 1, 0, 7001);
    expect(scene, again.peer_count == 1 && has_peer(&again, leecher.ip, 7002));
}

static void retransmission(Scene *scene) {
    Endpoint from = scene->driver->person(1);
    uint8_t first[UDP_REPLY_ROOM], again[UDP_REPLY_ROOM];
    UdpAsk ask = ask_for(1);
    list_work(scene, 1);
    ask.left = 0;
    ask.event = 1;
    ask.id = connect_from(scene, from);
    Str packet = announce_packet(scene, &ask);
    size_t len = scene->driver->udp(scene, from, packet, first);
    for (unsigned i = 0; i < 5; i++) {
        expect(scene, scene->driver->udp(scene, from, packet, again) == len);
        expect(scene, memcmp(first, again, len) == 0);
    }
    ScrapedSwarm swarm = scrape_one(scene, 1);
    expect(scene, swarm.seeders == 1 && swarm.leechers == 0 && swarm.completed == 1);
}

static void completed_once(Scene *scene) {
    Endpoint from = scene->driver->person(1);
    UdpAsk ask = ask_for(1);
    list_work(scene, 1);
    ask.event = 1;
    announce_udp(scene, from, ask); /* with something left it is none */
    expect(scene, scrape_one(scene, 1).completed == 0);
    ask.left = 0;
    announce_udp(scene, from, ask);
    announce_udp(scene, from, ask);
    expect(scene, scrape_one(scene, 1).completed == 1);
    ask.event = 0;
    announce_udp(scene, from, ask);
    expect(scene, scrape_one(scene, 1).completed == 1);
    ask.port++;
    ask.event = 1;
    announce_udp(scene, from, ask);
    expect(scene, scrape_one(scene, 1).completed == 2);
}

static void port_zero(Scene *scene) {
    UdpAsk ask = ask_for(1);
    list_work(scene, 1);
    ask.port = 0;
    UdpAnswer answer = announce_udp(scene, scene->driver->person(1), ask);
    expect(scene, answer.error.len > 0 && answer.bytes < 98);
    expect(scene, scrape_one(scene, 1).leechers == 0);
}

static void unlisted(Scene *scene) {
    UdpAnswer answer = announce_udp(scene, scene->driver->person(1), ask_for(1));
    expect(scene, answer.error.len > 0 && answer.bytes < 98);
}

static void events(Scene *scene) {
    static const uint32_t unknown[] = {5, 6, 255, 1u << 16, UINT32_MAX};
    list_work(scene, 1);
    for (unsigned i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
        UdpAsk ask = ask_for(1);
        ask.event = unknown[i];
        ask.port = (uint16_t)(7000 + i);
        UdpAnswer answer = announce_udp(scene, scene->driver->person(1), ask);
        expect(scene, answer.leechers == i + 1 && answer.error.len == 0);
    }
}

static void event_four(Scene *scene) {
    Endpoint partial = scene->driver->person(1);
    UdpAsk ask = ask_for(1);
    list_work(scene, 1);
    join_udp(scene, scene->driver->person(2), 1, 0, 7002);
    join_udp(scene, scene->driver->person(3), 1, 9, 7003);
    ask.event = 4;
    UdpAnswer answer = announce_udp(scene, partial, ask);
    expect(scene, answer.error.len == 0 && answer.seeders == 1 && answer.leechers == 2);
    expect(scene, answer.peer_count == 1);
    expect(scene, has_peer(&answer, scene->driver->person(3).ip, 7003));
}

static void crowd(Scene *scene, unsigned hash, unsigned count, uint64_t left) {
    for (unsigned i = 0; i < count; i++)
        join_udp(scene, scene->driver->person(100 + i % 100), hash, left, (uint16_t)(10000 + i));
}

static size_t wanting(Scene *scene, Endpoint from, int32_t wanted) {
    UdpAsk ask = ask_for(1);
    ask.wanted = wanted;
    UdpAnswer answer = announce_udp(scene, from, ask);
    expect(scene, answer.bytes <= 1232);
    return answer.peer_count;
}

static void numwant(Scene *scene) {
    Endpoint from = scene->driver->person(1);
    list_work(scene, 1);
    crowd(scene, 1, 260, 5);
    expect(scene, wanting(scene, from, -1) == 50);
    expect(scene, wanting(scene, from, INT32_MIN) == 50);
    expect(scene, wanting(scene, from, 0) == 0);
    expect(scene, wanting(scene, from, 1) == 1);
    expect(scene, wanting(scene, from, 80) == 80);
    expect(scene, wanting(scene, from, 200) == 200);
    expect(scene, wanting(scene, from, 201) == 200);
    expect(scene, wanting(scene, from, INT32_MAX) == 200);
}

static void numwant_v6(Scene *scene) {
    Endpoint from = scene->driver->person_v6(1);
    list_work(scene, 1);
    for (unsigned i = 0; i < 90; i++)
        join_udp(scene, scene->driver->person_v6(2), 1, 5, (uint16_t)(10000 + i));
    expect(scene, wanting(scene, from, 1) == 1);
    expect(scene, wanting(scene, from, -1) == 50);
    expect(scene, wanting(scene, from, 200) == 66);
    expect(scene, wanting(scene, from, INT32_MAX) == 66);
}

static void samples(Scene *scene) {
    enum { PEOPLE = 120 };
    bool seen[PEOPLE] = {0};
    unsigned count = 0;
    list_work(scene, 1);
    crowd(scene, 1, PEOPLE, 5);
    for (unsigned round = 0; round < 200 && count < PEOPLE; round++) {
        UdpAnswer answer = announce_udp(scene, scene->driver->person(1), ask_for(1));
        for (size_t i = 0; i < answer.peer_count; i++) {
            unsigned who = answer.peers[i].port - 10000u;
            expect(scene, who < PEOPLE);
            for (size_t j = 0; j < i; j++)
                expect(scene, answer.peers[j].port != answer.peers[i].port);
            count += !seen[who];
            seen[who] = true;
        }
    }
    expect(scene, count == PEOPLE);
}

static void seeders_get_leechers(Scene *scene) {
    list_work(scene, 1);
    crowd(scene, 1, 30, 0);
    for (unsigned i = 0; i < 10; i++)
        join_udp(scene, scene->driver->person(2), 1, 7, (uint16_t)(20000 + i));
    UdpAsk ask = ask_for(1);
    ask.left = 0;
    ask.wanted = 200;
    UdpAnswer answer = announce_udp(scene, scene->driver->person(1), ask);
    expect(scene, answer.peer_count == 10);
    for (size_t i = 0; i < answer.peer_count; i++) expect(scene, answer.peers[i].port >= 20000);
}

static void leechers_get_both(Scene *scene) {
    size_t seeders = 0;
    list_work(scene, 1);
    crowd(scene, 1, 100, 5);
    for (unsigned i = 0; i < 40; i++)
        join_udp(scene, scene->driver->person(2), 1, 0, (uint16_t)(20000 + i));
    UdpAnswer answer = announce_udp(scene, scene->driver->person(1), ask_for(1));
    expect(scene, answer.peer_count == 50);
    for (size_t i = 0; i < answer.peer_count; i++) seeders += answer.peers[i].port >= 20000;
    expect(scene, seeders >= 25 && seeders < 50);
}

static void not_oneself(Scene *scene) {
    Endpoint from = scene->driver->person(1);
    list_work(scene, 1);
    join_udp(scene, from, 1, 5, 6881);
    join_udp(scene, from, 1, 5, 6882); /* another of the same house */
    UdpAnswer answer = announce_udp(scene, from, ask_for(1));
    expect(scene, answer.peer_count == 1 && has_peer(&answer, from.ip, 6882));
}

static void stopped(Scene *scene) {
    Endpoint from = scene->driver->person(1);
    UdpAsk ask = ask_for(1);
    list_work(scene, 1);
    crowd(scene, 1, 5, 5);
    announce_udp(scene, from, ask);
    ask.event = 3;
    ask.wanted = 200;
    UdpAnswer answer = announce_udp(scene, from, ask);
    expect(scene, !answer.is_silent && answer.peer_count == 0 && answer.leechers == 5);
    UdpAnswer twice = announce_udp(scene, from, ask);
    expect(scene, twice.leechers == 5);
    UdpAnswer other = join_udp(scene, scene->driver->person(2), 1, 5, 7002);
    expect(scene, !has_peer(&other, from.ip, ask.port));
}

static void role_changes(Scene *scene) {
    Endpoint from = scene->driver->person(1);
    list_work(scene, 1);
    join_udp(scene, from, 1, 5, 7001);
    UdpAnswer answer = join_udp(scene, from, 1, 0, 7001);
    expect(scene, answer.seeders == 1 && answer.leechers == 0);
    answer = join_udp(scene, from, 1, 9, 7001); /* it lost some, or wants more of it */
    expect(scene, answer.seeders == 0 && answer.leechers == 1);
}

static void ip_field(Scene *scene) {
    Endpoint from = scene->driver->person(1), other = scene->driver->person(2);
    UdpAsk ask = ask_for(1);
    list_work(scene, 1);
    ask.ip = 0x08080808;
    announce_udp(scene, from, ask);
    UdpAnswer answer = join_udp(scene, other, 1, 5, 7002);
    expect(scene, answer.peer_count == 1 && has_peer(&answer, from.ip, ask.port));
}

static void huge_left(Scene *scene) {
    static const uint64_t lefts[] = {1, INT64_MAX, (uint64_t)INT64_MAX + 1, UINT64_MAX};
    list_work(scene, 1);
    for (unsigned i = 0; i < 4; i++) {
        UdpAnswer answer =
            join_udp(scene, scene->driver->person(1), 1, lefts[i], (uint16_t)(7000 + i));
        expect(scene, answer.leechers == i + 1 && answer.seeders == 0);
    }
}

static void jitter(Scene *scene) {
    Seconds least = INT64_MAX, most = 0;
    list_work(scene, 1);
    for (unsigned i = 0; i < 100; i++) {
        Endpoint from = scene->driver->person(1 + i % 50);
        UdpAnswer answer = join_udp(scene, from, 1, 5, (uint16_t)(7000 + i));
        UdpAnswer again = join_udp(scene, from, 1, 5, (uint16_t)(7000 + i));
        expect(scene, answer.interval_s == again.interval_s);
        expect(scene, answer.interval_s >= 1620 && answer.interval_s <= 1980);
        if (answer.interval_s < least) least = answer.interval_s;
        if (answer.interval_s > most) most = answer.interval_s;
    }
    expect(scene, most - least > 200); /* who came together does not come back together */
}

static void scrape_in_order(Scene *scene) {
    ScrapedSwarm swarms[80];
    SwarmHash asked[] = {hash_of(3), hash_of(9), hash_of(1), hash_of(3)};
    for (unsigned i = 1; i <= 3; i++) list_work(scene, i);
    for (unsigned i = 1; i <= 3; i++)
        for (unsigned j = 0; j < i; j++)
            join_udp(scene, scene->driver->person(1), i, j, (uint16_t)(7000 + j));
    Str hashes = str_from_bytes(asked, sizeof asked);
    expect(scene, scrape_udp(scene, scene->driver->person(2), hashes, swarms) == 4);
    expect(scene, swarms[0].seeders == 1 && swarms[0].leechers == 2);
    expect(scene, swarms[1].seeders + swarms[1].leechers + swarms[1].completed == 0);
    expect(scene, swarms[2].seeders == 1 && swarms[2].leechers == 0);
    expect(scene, memcmp(&swarms[3], &swarms[0], sizeof swarms[0]) == 0);
}

static void scrape_many(Scene *scene) {
    enum { MOST = 74, HASH = 20 };
    ScrapedSwarm swarms[80];
    char bytes[(MOST + 2) * HASH];
    Endpoint from = scene->driver->person(1);
    for (unsigned i = 0; i < MOST + 2; i++) {
        SwarmHash hash = hash_of(i);
        memcpy(bytes + i * HASH, hash.bytes, HASH);
    }
    list_work(scene, MOST - 1);
    join_udp(scene, from, MOST - 1, 0, 7001);
    expect(scene, scrape_udp(scene, from, (Str){bytes, MOST * HASH}, swarms) == MOST);
    expect(scene, swarms[MOST - 1].seeders == 1 && swarms[0].seeders == 0);
    /* A partial hash at the end is none, and must not become a seventy-fifth. */
    expect(scene, scrape_udp(scene, from, (Str){bytes, HASH + 19}, swarms) == 1);
    expect(scene, scrape_udp(scene, from, (Str){bytes, MOST * HASH + 7}, swarms) == MOST);
    expect(scene, scrape_udp(scene, from, (Str){bytes, (MOST + 1) * HASH}, swarms) == MOST);
    expect(scene, scrape_udp(scene, from, (Str){bytes, (MOST + 2) * HASH}, swarms) == MOST);
}

static void options(Scene *scene) {
    static const Str tails[] = {
        STR("\0"),                      /* the end at once */
        STR("\1\1\1\0"),                /* nothing, three times */
        STR("\2\x9/announce\0"),        /* the URL: libtorrent, uTorrent since 3.2.2 */
        STR("\2\x9/announce"),          /* without an end */
        STR("\2\x5/anno\2\4unce\0"),    /* in two parts */
        STR("\2\x9/announce\xfe\3abc"), /* a kind nobody knows */
        STR("\2\xff/announce"),         /* longer than what is there */
        STR("\2"),                      /* no length */
        STR("\0garbage behind the end"),
        STR("\2\x12/announce?passkey=1\0"),
        STR("\xff\xff\xff\xff"),
    };
    list_work(scene, 1);
    for (unsigned i = 0; i < sizeof tails / sizeof tails[0]; i++) {
        UdpAsk ask = ask_for(1);
        ask.tail = tails[i];
        ask.port = (uint16_t)(7000 + i);
        UdpAnswer answer = announce_udp(scene, scene->driver->person(1), ask);
        expect(scene, !answer.is_silent && answer.error.len == 0 && answer.leechers == i + 1);
    }
}

static void long_options(Scene *scene) {
    char tail[1402];
    UdpAsk ask = ask_for(1);
    list_work(scene, 1);
    for (size_t at = 0; at < sizeof tail; at++) tail[at] = at % 257 == 0 ? 2 : 'x';
    for (size_t at = 1; at < sizeof tail; at += 257) tail[at] = (char)255;
    ask.tail = (Str){tail, sizeof tail};
    expect(scene, announce_udp(scene, scene->driver->person(1), ask).leechers == 1);
}

static void families_apart(Scene *scene) {
    Endpoint v4 = scene->driver->person(1), v6 = scene->driver->person_v6(1);
    list_work(scene, 1);
    join_udp(scene, v4, 1, 5, 7001);
    UdpAnswer answer = join_udp(scene, v6, 1, 5, 7002);
    /* Both are counted; 18 bytes hold no IPv4 address. */
    expect(scene, answer.leechers == 2 && answer.peer_count == 0);
    answer = join_udp(scene, scene->driver->person_v6(2), 1, 5, 7003);
    expect(scene, answer.peer_count == 1 && has_peer(&answer, v6.ip, 7002));
    expect(scene, answer.bytes == 20 + 18);
    answer = join_udp(scene, scene->driver->person(2), 1, 5, 7004);
    expect(scene, answer.peer_count == 1 && has_peer(&answer, v4.ip, 7001));
}

const Scenario announce_scenarios[] = {
    {"a seeder and a leecher are told of each other", "15 announce", they_meet},
    {"a retransmitted announce changes nothing and is answered alike", "15 time outs",
     retransmission},
    {"completed counts once for a peer, and only with nothing left", "15 announce", completed_once},
    {"port zero is refused in words", "15 errors", port_zero},
    {"a work that is not listed is refused in words shorter than the request", "15 errors",
     unlisted},
    {"unknown events count as none", "15 announce", events},
    {"event four is a partial seed: a leecher who is given leechers", "21", event_four},
    {"numwant: fifty when left to us, none for none, two hundred at most", "15 announce", numwant},
    {"an IPv6 answer holds sixty-six peers at most", "15 announce", numwant_v6},
    {"samples hold nobody twice and reach everybody", "15 announce", samples},
    {"a seeder is given leechers only", "15 announce", seeders_get_leechers},
    {"a leecher is given both, at least half of them seeders", "15 announce", leechers_get_both},
    {"nobody is told of himself", "15 announce", not_oneself},
    {"who has stopped is given nobody and is given to nobody", "15 announce", stopped},
    {"a leecher who is done is a seeder, and back", "15 announce", role_changes},
    {"the ip field is ignored", "15 announce", ip_field},
    {"left of 2^63-1 and beyond is a leecher", "15 announce", huge_left},
    {"intervals are spread by a tenth and steady for one endpoint", "15 announce", jitter},
    {"a scrape answers in the order asked, with zeros for unknown", "15 scrape", scrape_in_order},
    {"a scrape takes 74 hashes and no partial one", "15 scrape", scrape_many},
    {"announces with options of any kind are taken", "41", options},
    {"the options may fill a packet", "41", long_options},
    {"peers have 18 bytes over IPv6, and the families stay apart", "7", families_apart},
    {0},
};
