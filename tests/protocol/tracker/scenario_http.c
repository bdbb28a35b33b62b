/* BEP 3 over HTTP, with 7, 21, 23, 24, 31 and 48. */
#include "scenario.h"
#include "torrent/bencode.h"

static void they_meet(Scene *scene) {
    Endpoint seeder = scene->driver->person(1), leecher = scene->driver->person(2);
    list_work(scene, 1);
    HttpAnswer first = join_http(scene, seeder.ip, 1, 0, 7001);
    expect(scene, first.seeders == 1 && first.leechers == 0 && first.peers.len == 0);
    HttpAnswer second = join_http(scene, leecher.ip, 1, 5, 7002);
    expect(scene, second.seeders == 1 && second.leechers == 1);
    expect(scene, second.peers.len == 6 && has_http_peer(second, seeder.ip, 7001));
}

static void both_protocols(Scene *scene) {
    Endpoint over_udp = scene->driver->person(1), over_http = scene->driver->person(2);
    list_work(scene, 1);
    join_udp(scene, over_udp, 1, 0, 7001);
    HttpAnswer http = join_http(scene, over_http.ip, 1, 5, 7002);
    expect(scene, has_http_peer(http, over_udp.ip, 7001));
    UdpAnswer udp = join_udp(scene, over_udp, 1, 0, 7001);
    expect(scene, has_peer(&udp, over_http.ip, 7002) && udp.seeders == 1 && udp.leechers == 1);
}

/* The bytes \x01 to \x14, some of them as they are. */
static void hash_forms(Scene *scene) {
    static const char *const forms[] = {
        "%01%02%03%04%05%06%07%08%09%0A%0B%0C%0D%0E%0F%10%11%12%13%14",
        "%01%02%03%04%05%06%07%08%09%0a%0b%0c%0d%0e%0f%10%11%12%13%14",
    };
    InfoHash hash = {.has_v1 = true};
    for (uint8_t i = 0; i < SHA1_BYTES; i++) hash.v1[i] = (uint8_t)(i + 1);
    tracker_allow(scene->tracker, &hash);
    for (unsigned i = 0; i < 2; i++) {
        HttpAnswer answer = announce_http(scene, scene->driver->person(1).ip,
                                          "info_hash=%s&port=%u", forms[i], 7000 + i);
        expect(scene, answer.refusal.len == 0 && answer.leechers == i + 1);
    }
}

static void raw_bytes(Scene *scene) {
    InfoHash hash = {.has_v1 = true};
    memcpy(hash.v1, "abc-._~!*'()+,;:@/$x", SHA1_BYTES);
    tracker_allow(scene->tracker, &hash);
    IpAddress from = scene->driver->person(1).ip;
    HttpAnswer answer = announce_http(scene, from, "info_hash=abc-._~!*'()+,;:@/$x&port=7000");
    expect(scene, answer.refusal.len == 0 && answer.leechers == 1);
    answer = announce_http(scene, from,
                           "info_hash=%%61bc-._~!*'()%%2b,;:@/$x&port=7001"); /* + is a plus */
    expect(scene, answer.refusal.len == 0 && answer.leechers == 2);
    answer = announce_http(scene, from, "info_hash=abc-._~!*'()%%20,;:@/$x&port=7002");
    expect(scene, answer.refusal.len > 0);
}

static void refused_hashes(Scene *scene) {
    static const char *const bad[] = {
        "info_hash=4141414141414141414141414141414141414141&port=1", /* hex */
        "info_hash=AAAAAAAAAAAAAAAAAAA&port=1",
        "info_hash=AAAAAAAAAAAAAAAAAAAAA&port=1",
        "info_hash=&port=1",
        "info_hash&port=1",
        "port=1",
        "info_hash=%4&port=1",
        "info_hash=%zzAAAAAAAAAAAAAAAAAAA&port=1",
        "INFO_HASH=AAAAAAAAAAAAAAAAAAAA&port=1",
    };
    InfoHash hash = {.has_v1 = true};
    memset(hash.v1, 'A', SHA1_BYTES);
    tracker_allow(scene->tracker, &hash);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        HttpAnswer answer = announce_http(scene, scene->driver->person(1).ip, "%s", bad[i]);
        expect(scene, answer.refusal.len > 0 && str_equal(answer.retry, STR("never")));
    }
}

static void refused_ports(Scene *scene) {
    static const char *const bad[] = {"",         "&port=",   "&port=0", "&port=65536",
                                      "&port=-1", "&port=six"};
    list_work(scene, 1);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        HttpAnswer answer = announce_http(scene, scene->driver->person(1).ip, "info_hash=%.*s%s",
                                          STR_PRINTF(hash_text(scene, 1)), bad[i]);
        expect(scene, answer.refusal.len > 0 && str_equal(answer.retry, STR("never")));
    }
    expect(scene, scrape_one(scene, 1).leechers == 0);
}

static void not_listed(Scene *scene) {
    HttpAnswer answer = announce_http(scene, scene->driver->person(1).ip, "info_hash=%.*s&port=1",
                                      STR_PRINTF(hash_text(scene, 1)));
    expect(scene, answer.refusal.len > 0 && answer.retry_min == 30);
}

static void any_order(Scene *scene) {
    static const struct {
        const char *before, *between, *behind;
    } forms[] = {{"", "&", ""},
                 {"?", "&", ""},
                 {"&", "&", ""},
                 {"x&&=&", "&", "&"},
                 {"a=b&", "&c&", "&compact=0&no_peer_id=1"}};
    Str hash = hash_text(scene, 1);
    list_work(scene, 1);
    for (unsigned i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        HttpAnswer answer = announce_http(scene, scene->driver->person(1).ip,
                                          "%sport=%u%sinfo_hash=%.*s%s", forms[i].before, 7000 + i,
                                          forms[i].between, STR_PRINTF(hash), forms[i].behind);
        expect(scene, answer.refusal.len == 0 && answer.leechers == i + 1);
    }
}

static void first_hash_counts(Scene *scene) {
    Str one = hash_text(scene, 1), two = hash_text(scene, 2);
    list_work(scene, 1);
    list_work(scene, 2);
    HttpAnswer answer =
        announce_http(scene, scene->driver->person(1).ip, "info_hash=%.*s&port=7000&info_hash=%.*s",
                      STR_PRINTF(one), STR_PRINTF(two));
    expect(scene, answer.refusal.len == 0);
    expect(scene, scrape_one(scene, 1).leechers == 1 && scrape_one(scene, 2).leechers == 0);
}

static HttpAnswer with(Scene *scene, uint16_t port, const char *rest) {
    return announce_http(scene, scene->driver->person(1).ip, "info_hash=%.*s&port=%u&%s",
                         STR_PRINTF(hash_text(scene, 1)), port, rest);
}

static void left_values(Scene *scene) {
    static const char *const leecher[] = {"",
                                          "left=",
                                          "left=1",
                                          "left=9223372036854775807",
                                          "left=18446744073709551615",
                                          "left=99999999999999999999999",
                                          "left=-1",
                                          "left=many"};
    unsigned count = sizeof leecher / sizeof leecher[0];
    list_work(scene, 1);
    for (unsigned i = 0; i < count; i++) {
        HttpAnswer answer = with(scene, (uint16_t)(7000 + i), leecher[i]);
        expect(scene, answer.refusal.len == 0 && answer.leechers == i + 1 && answer.seeders == 0);
    }
    expect(scene, with(scene, 7100, "left=0").seeders == 1);
    expect(scene, with(scene, 7101, "left=0000").seeders == 2);
}

static void event_values(Scene *scene) {
    static const char *const events[] = {"event=started",  "event=",        "event=paused",
                                         "event=nonsense", "event=STARTED", "event=empty"};
    list_work(scene, 1);
    for (unsigned i = 0; i < sizeof events / sizeof events[0]; i++) {
        HttpAnswer answer = with(scene, (uint16_t)(7000 + i), events[i]);
        expect(scene, answer.refusal.len == 0 && answer.leechers == i + 1);
    }
}

static void paused(Scene *scene) {
    list_work(scene, 1);
    join_http(scene, scene->driver->person(2).ip, 1, 0, 7002);
    join_http(scene, scene->driver->person(3).ip, 1, 5, 7003);
    HttpAnswer answer = with(scene, 7001, "event=paused&left=5");
    expect(scene, answer.leechers == 2 && answer.peers.len == 6);
    expect(scene, has_http_peer(answer, scene->driver->person(3).ip, 7003));
}

static void downloaders(Scene *scene) {
    Str files = {0}, one = {0}, number = {0}, all = {0};
    int64_t downloading = -1, incomplete = -1;
    list_work(scene, 1);
    with(scene, 7001, "event=paused&left=5");
    with(scene, 7002, "left=5");
    with(scene, 7003, "left=5");
    Str target =
        arena_print(&scene->arena, "scrape?info_hash=%.*s", STR_PRINTF(hash_text(scene, 1)));
    Str body = http_body(scene, scene->driver->person(1).ip, target);
    SwarmHash hash = hash_of(1);
    bencode_find(body, (BencodeSlot[]){{STR("files"), &files}}, 1);
    bencode_find(files, (BencodeSlot[]){{str_from_bytes(hash.bytes, sizeof hash.bytes), &one}}, 1);
    bencode_find(one, (BencodeSlot[]){{STR("downloaders"), &number}, {STR("incomplete"), &all}}, 2);
    expect(scene, bencode_as_integer(number, &downloading) && downloading == 2);
    expect(scene, bencode_as_integer(all, &incomplete) && incomplete == 3);
}

static void stopped(Scene *scene) {
    list_work(scene, 1);
    join_http(scene, scene->driver->person(2).ip, 1, 5, 7002);
    with(scene, 7001, "left=5");
    HttpAnswer answer = with(scene, 7001, "left=5&event=stopped&numwant=200");
    expect(scene, answer.peers.len == 0 && answer.peers6.len == 0 && answer.leechers == 1);
}

static void completed(Scene *scene) {
    list_work(scene, 1);
    expect(scene, with(scene, 7001, "left=5&event=completed").completed == 0);
    expect(scene, with(scene, 7001, "left=0&event=completed").completed == 1);
    expect(scene, with(scene, 7001, "left=0&event=completed").completed == 1);
}

static void numwant(Scene *scene) {
    static const struct {
        const char *asked;
        size_t given;
    } cases[] = {{"", 50},
                 {"numwant=-1", 50},
                 {"numwant=", 50},
                 {"numwant=0", 0},
                 {"numwant=1", 1},
                 {"numwant=200", 200},
                 {"numwant=201", 200},
                 {"numwant=99999999999999999999", 200},
                 {"numwant=lots", 50}};
    list_work(scene, 1);
    for (unsigned i = 0; i < 210; i++)
        join_http(scene, scene->driver->person(100 + i % 100).ip, 1, 5, (uint16_t)(10000 + i));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        expect(scene, with(scene, 7001, cases[i].asked).peers.len / 6 == cases[i].given);
}

static void always_compact(Scene *scene) {
    static const char *const asked[] = {"", "compact=0", "compact=1", "no_peer_id=1",
                                        "compact=0&no_peer_id=0"};
    list_work(scene, 1);
    for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++) {
        HttpAnswer answer = with(scene, 7001, asked[i]); /* read_http wants both lists */
        expect(scene, answer.refusal.len == 0 && answer.peers.len == 0 && answer.peers6.len == 0);
    }
}

static void intervals(Scene *scene) {
    list_work(scene, 1);
    HttpAnswer answer = with(scene, 7001, "");
    expect(scene, answer.interval_s >= 1620 && answer.interval_s <= 1980);
    expect(scene, answer.min_interval_s > 0 && answer.min_interval_s <= answer.interval_s);
    expect(scene, with(scene, 7001, "").interval_s == answer.interval_s);
}

static const IpAddress far_v6 = {{0x2a, 0x00, 0x14, 0x50, 0, 1, 0, 2, 0, 0, 0, 0, 0, 0, 0, 9}};
static const IpAddress far_v4 = {{[10] = 0xff, 0xff, 9, 10, 11, 12}};

static void external_ip(Scene *scene) {
    list_work(scene, 1);
    HttpAnswer answer = join_http(scene, far_v4, 1, 5, 7001);
    expect(scene,
           answer.external.len == 4 && memcmp(answer.external.at, far_v4.bytes + 12, 4) == 0);
    answer = join_http(scene, far_v6, 1, 5, 7001);
    expect(scene, answer.external.len == 16 && memcmp(answer.external.at, far_v6.bytes, 16) == 0);
}

static void both_families(Scene *scene) {
    list_work(scene, 1);
    join_http(scene, far_v4, 1, 5, 7001);
    HttpAnswer answer = join_http(scene, far_v6, 1, 5, 7002);
    expect(scene, has_http_peer(answer, far_v4, 7001) && answer.leechers == 2);
    answer = join_http(scene, far_v4, 1, 5, 7001);
    expect(scene, has_http_peer(answer, far_v6, 7002) && answer.peers6.len == 18);
}

static IpAddress numbered(bool v4, unsigned number) {
    IpAddress ip = v4 ? far_v4 : far_v6;
    ip.bytes[v4 ? 14 : 6] = (uint8_t)(number >> 8);
    ip.bytes[v4 ? 15 : 7] = (uint8_t)number;
    return ip;
}

static void quarters(Scene *scene) {
    for (unsigned few_v4 = 0; few_v4 < 2; few_v4++) {
        unsigned hash = 1 + few_v4;
        list_work(scene, hash);
        for (unsigned i = 0; i < 300; i++) join_http(scene, numbered(!few_v4, i), hash, 5, 7000);
        for (unsigned i = 0; i < 30; i++) join_http(scene, numbered(few_v4, i), hash, 5, 7000);
        HttpAnswer answer = join_http(scene, numbered(true, 999), hash, 5, 7000);
        size_t v4 = answer.peers.len / 6, v6 = answer.peers6.len / 18;
        expect(scene, v4 + v6 == 50 && v4 >= 12 && v6 >= 12);
    }
}

static void mapped(Scene *scene) {
    IpAddress from;
    expect(scene, ip_parse(STR("::ffff:9.10.11.12"), &from));
    list_work(scene, 1);
    HttpAnswer answer = join_http(scene, from, 1, 5, 7001);
    expect(scene, answer.external.len == 4);
    answer = join_http(scene, far_v6, 1, 5, 7002);
    expect(scene, has_http_peer(answer, far_v4, 7001) && answer.peers6.len == 0);
}

static void given_addresses(Scene *scene) {
    static const char *const keys[] = {"ip=8.8.8.8", "ipv4=8.8.8.8:7777", "ipv6=2a00::8",
                                       "ip=2a00::8", "ipv6=%5B2a00::8%5D:7777"};
    list_work(scene, 1);
    for (unsigned i = 0; i < sizeof keys / sizeof keys[0]; i++)
        with(scene, (uint16_t)(7000 + i), keys[i]);
    HttpAnswer answer = join_http(scene, far_v4, 1, 5, 7100);
    expect(scene, answer.peers.len == 5 * 6 && answer.peers6.len == 0);
    for (uint16_t i = 0; i < 5; i++)
        expect(scene, has_http_peer(answer, scene->driver->person(1).ip, (uint16_t)(7000 + i)));
}

static void scrapes(Scene *scene) {
    Str files = {0};
    Str one = hash_text(scene, 1), two = hash_text(scene, 2), nobody = hash_text(scene, 9);
    list_work(scene, 1);
    list_work(scene, 2);
    join_http(scene, scene->driver->person(1).ip, 2, 0, 7001);
    Str target = arena_print(&scene->arena,
                             "scrape?info_hash=%.*s&info_hash=%.*s&info_hash=%.*s&info_hash=%.*s",
                             STR_PRINTF(nobody), STR_PRINTF(two), STR_PRINTF(one), STR_PRINTF(two));
    Str body = http_body(scene, scene->driver->person(1).ip, target);
    bencode_find(body, (BencodeSlot[]){{STR("files"), &files}}, 1);
    /* Each once, also those nobody knows: libtorrent fails without its own. */
    Str entries[3] = {0};
    SwarmHash hashes[] = {hash_of(1), hash_of(2), hash_of(9)};
    for (size_t i = 0; i < 3; i++) {
        Str key = str_from_bytes(hashes[i].bytes, sizeof hashes[i].bytes);
        bencode_find(files, (BencodeSlot[]){{key, &entries[i]}}, 1);
        expect(scene, bencode_kind(entries[i]) == BENCODE_DICT);
    }
    expect(scene, str_find(entries[1], STR("8:completei1e")) != STR_NONE);
    expect(scene, str_find(entries[2], STR("8:completei0e")) != STR_NONE);
}

static void scrape_of_everything(Scene *scene) {
    static const char *const bad[] = {"scrape?", "scrape?info_hash=", "scrape?info_hash=short",
                                      "scrape?x=y"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        Str body = http_body(scene, scene->driver->person(1).ip, str_from_c(bad[i]));
        expect(scene, str_starts(body, STR("d14:failure reason")));
    }
}

const Scenario http_scenarios[] = {
    {"over HTTP too a seeder and a leecher are told of each other", "3 trackers", they_meet},
    {"who came over UDP and who came over HTTP meet", "3 trackers", both_protocols},
    {"the hash is percent-encoded in either case", "3 info_hash", hash_forms},
    {"raw bytes are taken and a plus is a plus", "3 info_hash", raw_bytes},
    {"hex, other lengths and no hash are refused, never to be tried again", "3 info_hash",
     refused_hashes},
    {"a port that cannot be is refused", "3 port", refused_ports},
    {"a work that is not listed may be asked for again in half an hour", "31", not_listed},
    {"keys come in any order, between strangers, behind glued URLs", "3 trackers", any_order},
    {"of several hashes the first is announced", "3 info_hash", first_hash_counts},
    {"left that is absent, absurd or 2^63-1 is a leecher", "3 left", left_values},
    {"events nobody knows count as none", "3 event", event_values},
    {"paused is a partial seed: a leecher who is given leechers", "21", paused},
    {"the scrape tells downloaders apart from partial seeds", "21", downloaders},
    {"over HTTP too who has stopped is given nobody", "3 event", stopped},
    {"over HTTP too completed counts once", "3 event", completed},
    {"numwant that is absent, absurd or none", "3 trackers", numwant},
    {"answers are compact whatever is asked, with both lists", "23", always_compact},
    {"interval and least interval are told, and steady", "3 interval", intervals},
    {"each is told the address it came from", "24", external_ip},
    {"each family is told of the other", "7", both_families},
    {"a quarter of the answer is kept for the smaller family", "7", quarters},
    {"v4-mapped addresses are IPv4", "7", mapped},
    {"addresses somebody names as his own are ignored", "7", given_addresses},
    {"a scrape has one entry for each hash, also for unknown ones", "48", scrapes},
    {"a scrape of everything, or of nothing, is refused", "48", scrape_of_everything},
    {0},
};
