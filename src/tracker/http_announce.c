#include "tracker/http_announce.h"

#include "base/encode.h"

enum { REPLY_BYTES_MAX = 16 * KIB };

static HttpRefusal refuse(Str words) {
    return (HttpRefusal){.words = words, .retry_in_min = HTTP_RETRY_NEVER};
}

/* Whole numbers; past 2^64 the largest there is, so that an absurd `left` stays a leecher. */
static bool number_saturating(Str text, uint64_t *ret_value) {
    for (size_t i = 0; i < text.len; i++)
        if (text.at[i] < '0' || text.at[i] > '9') return false;
    if (text.len == 0) return false;
    if (!str_to_u64(text, ret_value)) *ret_value = UINT64_MAX;
    return true;
}

static bool hash_parse(Str value, Arena *arena, SwarmHash *ret_hash) {
    Str bytes;
    if (!percent_parse(value, false, arena, &bytes) || bytes.len != SHA1_BYTES) return false;
    memcpy(ret_hash->bytes, bytes.at, SHA1_BYTES);
    return true;
}

/* A client with a peer id of another length is served like one without. */
static void peer_id_read(Str value, Arena *arena, uint8_t ret_peer_id[PEER_ID_BYTES]) {
    Str bytes;
    if (percent_parse(value, false, arena, &bytes) && bytes.len == PEER_ID_BYTES)
        memcpy(ret_peer_id, bytes.at, PEER_ID_BYTES);
}

static AnnounceEvent event_parse(Str value) {
    static const struct {
        Str word;
        AnnounceEvent event;
    } events[] = {
        {{"started", 7}, EVENT_STARTED},
        {{"stopped", 7}, EVENT_STOPPED},
        {{"completed", 9}, EVENT_COMPLETED},
        {{"paused", 6}, EVENT_PAUSED},
    };
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++)
        if (str_equal(value, events[i].word)) return events[i].event;
    return EVENT_NONE;
}

/* Trackers are also reached as "/announce?&info_hash=…" by clients that glue URLs together. */
static Str skip_glue(Str query) {
    while (query.len && (query.at[0] == '?' || query.at[0] == '&')) query = str_skip(query, 1);
    return query;
}

typedef struct {
    Str hash, peer_id;
    uint64_t port;
    bool has_hash;
} AnnounceKeys;

static void read_key(Str key, Str value, Announce *announce, AnnounceKeys *keys) {
    uint64_t number;
    if (str_equal(key, STR("info_hash")) && !keys->has_hash) {
        keys->hash = value;
        keys->has_hash = true;
    } else if (str_equal(key, STR("peer_id"))) {
        keys->peer_id = value;
    } else if (str_equal(key, STR("port"))) {
        if (number_saturating(value, &number)) keys->port = number;
    } else if (str_equal(key, STR("left"))) {
        if (number_saturating(value, &number)) announce->left = number;
    } else if (str_equal(key, STR("event"))) {
        announce->event = event_parse(value);
    } else if (str_equal(key, STR("numwant"))) {
        if (number_saturating(value, &number))
            announce->wanted =
                number < TRACKER_PEERS_V4_MAX ? (unsigned)number : TRACKER_PEERS_V4_MAX;
    }
    /* ip, ipv4, ipv6 are ignored: they would let anybody aim a swarm at somebody else. */
}

HttpRefusal http_announce_parse(Str query, IpAddress from, Arena *arena, Announce *ret_announce) {
    Announce announce = {
        .from.ip = from,
        .left = UINT64_MAX, /* absent from clients that have only a magnet */
        .wanted = TRACKER_PEERS_WANTED,
        .families = {true, true},
    };
    AnnounceKeys keys = {0};
    query = skip_glue(query);
    while (query.len > 0) {
        Str value = str_cut(&query, '&');
        Str key = str_cut(&value, '=');
        read_key(key, value, &announce, &keys);
    }
    if (!keys.has_hash) return refuse(STR("The announce has no info_hash."));
    if (!hash_parse(keys.hash, arena, &announce.hash))
        return refuse(STR("The info_hash is not 20 percent-encoded bytes."));
    if (keys.port == 0 || keys.port > UINT16_MAX)
        return refuse(STR("The port is missing or not between 1 and 65535."));
    announce.from.port = (uint16_t)keys.port;
    peer_id_read(keys.peer_id, arena, announce.peer_id);
    if (announce.event == EVENT_STOPPED) announce.wanted = 0;
    *ret_announce = announce;
    return (HttpRefusal){0};
}

static void write_bytes(Text *text, Str bytes) {
    text_add_u64(text, bytes.len);
    text_add_byte(text, ':');
    text_add(text, bytes);
}

static void write_number(Text *text, Str key, uint64_t value) {
    write_bytes(text, key);
    text_add_byte(text, 'i');
    text_add_u64(text, value);
    text_add_byte(text, 'e');
}

static Str ip_compact(const IpAddress *ip) {
    return ip_is_v4(*ip) ? str_from_bytes(ip->bytes + 12, 4)
                         : str_from_bytes(ip->bytes, sizeof ip->bytes);
}

Str http_announce_write(const Answer *answer, IpAddress from, Arena *arena) {
    Text text = text_create(arena, REPLY_BYTES_MAX);
    text_add_byte(&text, 'd');
    write_number(&text, STR("complete"), answer->swarm.seeders);
    write_number(&text, STR("downloaded"), answer->swarm.completed);
    write_bytes(&text, STR("external ip"));
    write_bytes(&text, ip_compact(&from));
    write_number(&text, STR("incomplete"), answer->swarm.leechers);
    write_number(&text, STR("interval"), (uint64_t)answer->interval_s);
    write_number(&text, STR("min interval"), (uint64_t)answer->min_interval_s);
    write_bytes(&text, STR("peers"));
    write_bytes(&text, str_from_bytes(answer->v4, answer->v4_count * COMPACT_V4_BYTES));
    write_bytes(&text, STR("peers6"));
    write_bytes(&text, str_from_bytes(answer->v6, answer->v6_count * COMPACT_V6_BYTES));
    text_add_byte(&text, 'e');
    return text_str(&text);
}

/* Puts a hash in its place; one that is there already is not added. */
static void scrape_add(HttpScrape *scrape, const SwarmHash *hash) {
    size_t at = scrape->count;
    int order = 1;
    while (at > 0) {
        order = memcmp(hash->bytes, scrape->hashes[at - 1].bytes, SHA1_BYTES);
        if (order >= 0) break;
        at--;
    }
    if (at > 0 && order == 0) return;
    memmove(scrape->hashes + at + 1, scrape->hashes + at,
            (scrape->count - at) * sizeof scrape->hashes[0]);
    scrape->hashes[at] = *hash;
    scrape->count++;
}

HttpRefusal http_scrape_parse(Str query, Arena *arena, HttpScrape *ret_scrape) {
    HttpScrape scrape = {.count = 0};
    query = skip_glue(query);
    while (query.len > 0 && scrape.count < TRACKER_SCRAPE_HASHES_MAX) {
        Str value = str_cut(&query, '&');
        if (!str_equal(str_cut(&value, '='), STR("info_hash"))) continue;
        SwarmHash hash;
        if (!hash_parse(value, arena, &hash))
            return refuse(STR("The info_hash is not 20 percent-encoded bytes."));
        scrape_add(&scrape, &hash);
    }
    /* The list of all works is the site's to give, not the tracker's. */
    if (scrape.count == 0) return refuse(STR("The scrape names no info_hash."));
    *ret_scrape = scrape;
    return (HttpRefusal){0};
}

Str http_scrape_write(const HttpScrape *scrape, const SwarmState *swarms, Arena *arena) {
    Text text = text_create(arena, REPLY_BYTES_MAX);
    text_add(&text, STR("d5:filesd"));
    for (size_t i = 0; i < scrape->count; i++) {
        const SwarmState *swarm = &swarms[i];
        write_bytes(&text, str_from_bytes(scrape->hashes[i].bytes, SHA1_BYTES));
        text_add_byte(&text, 'd');
        write_number(&text, STR("complete"), swarm->seeders);
        write_number(&text, STR("downloaded"), swarm->completed);
        write_number(&text, STR("downloaders"), swarm->leechers - swarm->partial_seeds);
        write_number(&text, STR("incomplete"), swarm->leechers);
        text_add_byte(&text, 'e');
    }
    text_add(&text, STR("ee"));
    return text_str(&text);
}

Str http_refusal_write(HttpRefusal refusal, Arena *arena) {
    Text text = text_create(arena, REPLY_BYTES_MAX);
    text_add_byte(&text, 'd');
    write_bytes(&text, STR("failure reason"));
    write_bytes(&text, refusal.words);
    if (refusal.retry_in_min == HTTP_RETRY_NEVER) {
        write_bytes(&text, STR("retry in"));
        write_bytes(&text, STR("never"));
    } else {
        write_number(&text, STR("retry in"), refusal.retry_in_min);
    }
    text_add_byte(&text, 'e');
    return text_str(&text);
}
