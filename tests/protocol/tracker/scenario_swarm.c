/* Which works, which peers, how many, how long: BEP 52 and 27, and what no BEP says. */
#include "scenario.h"

static void removal(Scene *scene) {
    Endpoint from = scene->driver->person(1);
    list_work(scene, 1);
    join_udp(scene, from, 1, 0, 7001);
    unlist_work(scene, 1);
    expect(scene, announce_udp(scene, from, ask_for(1)).error.len > 0);
    expect(scene, scrape_one(scene, 1).seeders == 0);
    list_work(scene, 1);
    expect(scene, scrape_one(scene, 1).seeders == 0); /* its people have to come again */
}

static void open_tracker(Scene *scene) {
    Endpoint from = scene->driver->person(1);
    expect(scene, join_udp(scene, from, 1, 5, 7001).leechers == 1);
    list_work(scene, 2);
    unlist_work(scene, 2);
    expect(scene, announce_udp(scene, from, ask_for(2)).error.len > 0);
}

static void hybrid(Scene *scene) {
    Endpoint old = scene->driver->person(1), new = scene->driver->person(2);
    list_hybrid(scene, 1, 2);
    join_udp(scene, old, 1, 0, 7001);
    UdpAnswer answer = join_udp(scene, new, 2, 5, 7002);
    expect(scene, answer.seeders == 1 && has_peer(&answer, old.ip, 7001));
    HttpAnswer http = join_http(scene, new.ip, 2, 5, 7002);
    expect(scene, has_http_peer(http, old.ip, 7001) && http.leechers == 1);
    /* Hybrids announce twice: it is one peer. */
    expect(scene, join_udp(scene, new, 1, 5, 7002).leechers == 1);
    expect(scene, scrape_one(scene, 1).seeders == 1 && scrape_one(scene, 2).seeders == 1);
    unlist_work(scene, 1);
}

static void hybrid_goes(Scene *scene) {
    InfoHash hash = {.has_v1 = true, .has_v2 = true};
    SwarmHash one = hash_of(1), two = hash_of(2);
    memcpy(hash.v1, one.bytes, sizeof one.bytes);
    memcpy(hash.v2, two.bytes, sizeof two.bytes);
    tracker_allow(scene->tracker, &hash);
    join_udp(scene, scene->driver->person(1), 2, 0, 7001);
    tracker_forget(scene->tracker, &hash);
    expect(scene, announce_udp(scene, scene->driver->person(1), ask_for(1)).error.len > 0);
    expect(scene, announce_udp(scene, scene->driver->person(1), ask_for(2)).error.len > 0);
}

static void v2_alone(Scene *scene) {
    InfoHash hash = {.has_v2 = true};
    SwarmHash cut = hash_of(7);
    memset(hash.v2, 'z', sizeof hash.v2);
    memcpy(hash.v2, cut.bytes, sizeof cut.bytes);
    tracker_allow(scene->tracker, &hash);
    expect(scene, join_udp(scene, scene->driver->person(1), 7, 0, 7001).seeders == 1);
}

static void private_work(Scene *scene) {
    Endpoint from = scene->driver->person(1);
    UdpAsk ask = ask_for(1);
    ask.tail = STR("\2\x9/announce\0");
    list_work(scene, 1);
    expect(scene, announce_udp(scene, from, ask).leechers == 1);
    expect(scene, join_http(scene, from.ip, 1, 5, 6882).leechers == 2);
}

static void bogons(Scene *scene) {
    static const char *const addresses[] = {
        "0.1.2.3",     "10.1.2.3",  "100.64.0.1", "127.0.0.9",       "169.254.1.1", "172.16.0.1",
        "192.168.1.1", "224.0.0.1", "240.0.0.1",  "255.255.255.255", "::1",         "::",
        "fc00::1",     "fd12::1",   "fe80::1",    "ff02::1",         "2001:db8::1"};
    static const IpAddress reachable = {{[10] = 0xff, 0xff, 9, 10, 11, 12}};
    list_work(scene, 1);
    for (size_t i = 0; i < sizeof addresses / sizeof addresses[0]; i++) {
        IpAddress from;
        expect(scene, ip_parse(str_from_c(addresses[i]), &from));
        join_http(scene, from, 1, 0, 7001); /* answered as anybody */
    }
    HttpAnswer answer = join_http(scene, reachable, 1, 5, 7002);
    expect(scene, answer.peers.len == 0 && answer.peers6.len == 0);
    expect(scene, answer.seeders == 0 && answer.leechers == 1);
}

static void bogons_udp(Scene *scene) {
    Endpoint from = scene->driver->lacks ? scene->driver->person(1)
                                         : (Endpoint){ip_from_v4((uint8_t[]){10, 0, 0, 1}), 5000};
    list_work(scene, 1);
    UdpAnswer answer = announce_udp(scene, from, ask_for(1));
    expect(scene, !answer.is_silent && answer.error.len == 0 && answer.leechers == 0);
}

static void ports_of_address(Scene *scene) {
    Endpoint from = scene->driver->person(1);
    list_work(scene, 1);
    list_work(scene, 2);
    for (uint16_t port = 1; port <= 20; port++) {
        unsigned seen = port < 3 ? port : 3;
        expect(scene, join_udp(scene, from, 1, 5, port).leechers == seen);
    }
    /* Another swarm, another address: their own. A seeder is no way round. */
    expect(scene, join_udp(scene, from, 2, 5, 1).leechers == 1);
    expect(scene, join_udp(scene, scene->driver->person(2), 1, 5, 1).leechers == 4);
    expect(scene, join_udp(scene, from, 1, 0, 100).seeders == 0);
    expect(scene, tracker_totals(scene->tracker).peers_not_stored > 0 || !scene->driver->lacks);
    /* Who is in may say what he likes, and makes room by leaving. */
    expect(scene, join_udp(scene, from, 1, 0, 1).seeders == 1);
    UdpAsk ask = ask_for(1);
    ask.port = 2;
    ask.event = 3;
    announce_udp(scene, from, ask);
    expect(scene, join_udp(scene, from, 1, 5, 50).leechers == 3);
}

static void ipv6_line(Scene *scene) {
    IpAddress line = {{0x2a, 0x00, 0x14, 0x50, 0, 1, 0, 2}};
    list_work(scene, 1);
    for (uint8_t i = 1; i <= 20; i++) {
        line.bytes[15] = i; /* a /64 is one house */
        HttpAnswer answer = join_http(scene, line, 1, 5, 7001);
        expect(scene, answer.leechers == (i < 3 ? i : 3));
    }
    line.bytes[7] = 3;
    expect(scene, join_http(scene, line, 1, 5, 7001).leechers == 4);
}

static void peers_ceiling(Scene *scene) {
    list_work(scene, 1);
    for (unsigned i = 1; i <= 20; i++) {
        UdpAnswer answer = join_udp(scene, scene->driver->person(i), 1, 5, 7001);
        unsigned in = i < 5 ? i : 5;
        expect(scene, answer.leechers == in);
        expect(scene, answer.peer_count == (i <= 5 ? i - 1 : 5)); /* answered all the same */
    }
    UdpAsk ask = ask_for(1);
    ask.port = 7001;
    ask.event = 3;
    announce_udp(scene, scene->driver->person(1), ask);
    expect(scene, join_udp(scene, scene->driver->person(20), 1, 5, 7001).leechers == 5);
}

static void torrents_ceiling(Scene *scene) {
    Endpoint from = scene->driver->person(1);
    for (unsigned i = 1; i <= 10; i++) {
        UdpAnswer answer = join_udp(scene, from, i, 5, 7001);
        expect(scene, answer.leechers == (i <= 4 ? 1 : 0));
    }
    expect(scene, join_udp(scene, from, 2, 5, 7002).leechers == 2);
}

static void strangers_a_minute(Scene *scene) {
    Endpoint from = scene->driver->person(1);
    list_work(scene, 1000);
    for (unsigned i = 1; i <= 10; i++)
        expect(scene, join_udp(scene, from, i, 5, 7001).leechers == (i <= 3 ? 1 : 0));
    /* Not what is listed, not what is there, not anybody else. */
    expect(scene, join_udp(scene, from, 1000, 5, 7001).leechers == 1);
    expect(scene, join_udp(scene, from, 1, 5, 7002).leechers == 2);
    expect(scene, join_udp(scene, scene->driver->person(2), 20, 5, 7001).leechers == 1);
}

static void next_minute(Scene *scene) {
    Endpoint from = scene->driver->person(1);
    for (unsigned i = 1; i <= 5; i++) join_udp(scene, from, i, 5, 7001);
    scene->driver->advance(scene, 60);
    expect(scene, join_udp(scene, from, 30, 5, 7001).leechers == 1);
}

/* One and a half times the longest interval, and five minutes; a piece of it later at most. */
static void expiry(Scene *scene) {
    enum {
        INTERVAL_S = 1800,
        EXPIRY_S = INTERVAL_S * 11 / 10 * 3 / 2 + 300,
        PIECE_S = EXPIRY_S / 16
    };
    Endpoint from = scene->driver->person(1);
    list_work(scene, 1);
    for (unsigned start = 0; start < 20; start++) {
        scene->driver->advance(scene, 7); /* wherever in a tick it falls */
        join_udp(scene, from, 1, 0, 7001);
        scene->driver->advance(scene, EXPIRY_S);
        expect(scene, scrape_one(scene, 1).seeders == 1);
        scene->driver->advance(scene, PIECE_S + 60);
        expect(scene, scrape_one(scene, 1).seeders == 0);
    }
}

static void kept_by_announcing(Scene *scene) {
    Endpoint from = scene->driver->person(1);
    list_work(scene, 1);
    for (unsigned i = 0; i < 20; i++) {
        UdpAnswer answer = join_udp(scene, from, 1, 0, 7001);
        expect(scene, answer.seeders == 1);
        scene->driver->advance(scene, answer.interval_s + 300); /* late, but it comes */
    }
    scene->driver->advance(scene, 24 * 3600);
    expect(scene, scrape_one(scene, 1).seeders == 0);
    scene->driver->advance(scene, 30 * 24 * 3600); /* ages do not begin anew */
    expect(scene, scrape_one(scene, 1).seeders == 0);
}

static void completed_outlives_peers(Scene *scene) {
    UdpAsk ask = ask_for(1);
    list_work(scene, 1);
    ask.left = 0;
    ask.event = 1;
    announce_udp(scene, scene->driver->person(1), ask);
    scene->driver->advance(scene, 24 * 3600);
    ScrapedSwarm swarm = scrape_one(scene, 1);
    expect(scene, swarm.seeders == 0 && swarm.completed == 1);
}

const Scenario swarm_scenarios[] = {
    {"removal takes hold at once, with all peers", "-", removal},
    {"an open tracker takes strangers but not what was removed",
     "-",
     open_tracker,
     0,
     {.open = true}},
    {"both hashes of a hybrid lead to one swarm, over both protocols", "52", hybrid},
    {"a hybrid that is removed is gone by both names", "52", hybrid_goes},
    {"a v2 torrent is announced by the first twenty bytes of its hash", "52", v2_alone},
    {"a private torrent needs nothing of a tracker", "27", private_work},
    {"bogons are answered and never handed out", "-", bogons, 0, {.hides_bogons = true}},
    {"bogons over UDP leave no trace", "-", bogons_udp, 0, {.hides_bogons = true}},
    {"an address has so many ports in a swarm and no more",
     "-",
     ports_of_address,
     0,
     {.peers_per_address_max = 3}},
    {"an IPv6 /64 is one address", "7", ipv6_line, 0, {.peers_per_address_max = 3}},
    {"beyond the ceiling of peers all are answered and none is kept",
     "-",
     peers_ceiling,
     0,
     {.peers_max = 5}},
    {"beyond the ceiling of swarms all are answered and none is begun",
     "-",
     torrents_ceiling,
     0,
     {.open = true, .torrents_max = 4}},
    {"an address begins so many strangers' swarms a minute",
     "-",
     strangers_a_minute,
     0,
     {.open = true, .new_swarms_per_address_max = 3}},
    {"and as many the next minute",
     "-",
     next_minute,
     NEEDS_CLOCK,
     {.open = true, .new_swarms_per_address_max = 3}},
    {"who is not heard of for half an interval more than his own is gone", "15 announce", expiry,
     NEEDS_CLOCK},
    {"who announces in time stays, and never comes back by himself", "15 announce",
     kept_by_announcing, NEEDS_CLOCK},
    {"completed outlives those who did it", "48", completed_outlives_peers, NEEDS_CLOCK},
    {0},
};
