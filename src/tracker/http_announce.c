#include "tracker/http_announce.h"

#include <assert.h>

static HttpRefusal refuse(Str words) {
    return (HttpRefusal){.words = words, .retry_in_min = HTTP_RETRY_NEVER};
}

/* Whole numbers; past 2^64 the largest there is, so that an absurd `left` stays a leecher. */
static bool number_saturating(Str text, uint64_t *ret_value) {
    uint64_t value = 0;
    for (size_t i = 0; i < text.len; i++) {
        unsigned digit = (unsigned char)text.at[i] - (unsigned)'0';
        if (digit > 9) return false;
        if (value > (UINT64_MAX - digit) / 10)
            value = UINT64_MAX;
        else
            value = value * 10 + digit;
    }
    *ret_value = value;
    return text.len > 0;
}

enum { ESCAPE_BYTES = 3 };

static const int8_t hex_digits[256] = {
    ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,
    ['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
    ['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
};

/* As many bytes as twenty times %XX: each must be one. No branch in the loop. */
static bool twenty_escapes(const char *text, uint8_t ret_bytes[SHA1_BYTES]) {
    int bad = 0;
    for (size_t i = 0; i < SHA1_BYTES; i++, text += ESCAPE_BYTES) {
        int high = hex_digits[(uint8_t)text[1]] - 1, low = hex_digits[(uint8_t)text[2]] - 1;
        bad |= high | low | -(text[0] != '%');
        ret_bytes[i] = (uint8_t)((unsigned)high << 4 | (unsigned)low);
    }
    return bad >= 0;
}

/* Exactly twenty bytes, each as it is or as %XX; a plus is a plus. */
static bool twenty_bytes(Str text, uint8_t ret_bytes[SHA1_BYTES]) {
    size_t at = 0, count = 0;
    if (text.len == SHA1_BYTES * ESCAPE_BYTES) return twenty_escapes(text.at, ret_bytes);
    for (; at < text.len && count < SHA1_BYTES; count++) {
        uint8_t byte = (uint8_t)text.at[at++];
        if (byte == '%') {
            if (text.len - at < 2) return false;
            int high = hex_digits[(uint8_t)text.at[at]] - 1;
            int low = hex_digits[(uint8_t)text.at[at + 1]] - 1;
            if (high < 0 || low < 0) return false;
            byte = (uint8_t)(high << 4 | low);
            at += 2;
        }
        ret_bytes[count] = byte;
    }
    return at == text.len && count == SHA1_BYTES;
}

static_assert((int)PEER_ID_BYTES == (int)SHA1_BYTES, "one reader serves both");

/* Against a literal: the compiler makes one or two comparisons of it. */
#define IS_WORD(text, literal) (memcmp((text).at, (literal), sizeof(literal) - 1) == 0)

static AnnounceEvent event_parse(Str value) {
    switch (value.len) {
        case 6: return IS_WORD(value, "paused") ? EVENT_PAUSED : EVENT_NONE;
        case 7:
            if (IS_WORD(value, "started")) return EVENT_STARTED;
            return IS_WORD(value, "stopped") ? EVENT_STOPPED : EVENT_NONE;
        case 9: return IS_WORD(value, "completed") ? EVENT_COMPLETED : EVENT_NONE;
        default: return EVENT_NONE;
    }
}

/* Takes the next "key=value" off the front; no '=' is an empty value. Trackers are also reached as
 * "/announce?&info_hash=…" by clients that glue URLs together. */
static bool next_pair(Str *query, Str *ret_key, Str *ret_value) {
    const char *at = query->at, *end = at + query->len;
    while (at < end && (*at == '&' || *at == '?')) at++;
    if (at == end) return false;
    const char *key = at;
    while (at < end && *at != '=' && *at != '&') at++;
    *ret_key = (Str){key, (size_t)(at - key)};
    if (at < end && *at == '=') at++;
    const char *value = at;
    const char *stop = at < end ? memchr(at, '&', (size_t)(end - at)) : NULL;
    at = stop ? stop : end;
    *ret_value = (Str){value, (size_t)(at - value)};
    *query = (Str){at, (size_t)(end - at)};
    return true;
}

typedef struct {
    Str hash, peer_id;
    uint64_t port, wanted;
    bool has_hash;
} AnnounceKeys;

static void read_number(Str value, uint64_t *number) {
    uint64_t read;
    if (number_saturating(value, &read)) *number = read;
}

/* By length first: most keys are none of ours. */
static void read_key(Str key, Str value, Announce *announce, AnnounceKeys *keys) {
    switch (key.len) {
        case 4:
            if (IS_WORD(key, "port")) read_number(value, &keys->port);
            if (IS_WORD(key, "left")) read_number(value, &announce->left);
            break;
        case 5:
            if (IS_WORD(key, "event")) announce->event = event_parse(value);
            break;
        case 7:
            if (IS_WORD(key, "peer_id")) keys->peer_id = value;
            if (IS_WORD(key, "numwant")) read_number(value, &keys->wanted);
            break;
        case 9:
            if (keys->has_hash || !IS_WORD(key, "info_hash")) break;
            keys->hash = value;
            keys->has_hash = true;
            break;
        default:
            /* ip, ipv4, ipv6 too: they would let anybody aim a swarm at somebody else. */
            break;
    }
}

HttpRefusal http_announce_parse(Str query, IpAddress from, Announce *ret_announce) {
    AnnounceKeys keys = {.wanted = TRACKER_PEERS_WANTED};
    Str key, value;
    *ret_announce = (Announce){
        .from.ip = from,
        .left = UINT64_MAX, /* absent from clients that have only a magnet */
        .families = {true, true},
    };
    while (next_pair(&query, &key, &value)) read_key(key, value, ret_announce, &keys);
    if (!keys.has_hash) return refuse(STR("The announce has no info_hash."));
    if (!twenty_bytes(keys.hash, ret_announce->hash.bytes))
        return refuse(STR("The info_hash is not 20 percent-encoded bytes."));
    if (keys.port == 0 || keys.port > UINT16_MAX)
        return refuse(STR("The port is missing or not between 1 and 65535."));
    ret_announce->from.port = (uint16_t)keys.port;
    /* A client with a peer id of another length is served like one without. */
    if (!twenty_bytes(keys.peer_id, ret_announce->peer_id))
        memset(ret_announce->peer_id, 0, sizeof ret_announce->peer_id);
    if (keys.wanted > TRACKER_PEERS_V4_MAX) keys.wanted = TRACKER_PEERS_V4_MAX;
    ret_announce->wanted = ret_announce->event == EVENT_STOPPED ? 0 : (unsigned)keys.wanted;
    return (HttpRefusal){0};
}

/* All that is written fits: the longest is known. */
typedef struct {
    char *at;
} Pen;

static void put(Pen *pen, Str s) {
    memcpy(pen->at, s.at, s.len);
    pen->at += s.len;
}

static void put_u64(Pen *pen, uint64_t value) {
    size_t digits = 1;
    for (uint64_t rest = value; rest >= 10; rest /= 10) digits++;
    char *at = pen->at += digits;
    do *--at = (char)('0' + value % 10);
    while (value /= 10);
}

static void put_bytes(Pen *pen, const void *bytes, size_t len) {
    put_u64(pen, len);
    *pen->at++ = ':';
    if (len) put(pen, str_from_bytes(bytes, len));
}

/* They may stand in the room already, further on. */
static void put_peers(Pen *pen, const uint8_t *peers, size_t len) {
    put_u64(pen, len);
    *pen->at++ = ':';
    memmove(pen->at, peers, len);
    pen->at += len;
}

/* The key as bencode, with the i behind it. */
static void put_number(Pen *pen, Str key_and_i, uint64_t value) {
    put(pen, key_and_i);
    put_u64(pen, value);
    *pen->at++ = 'e';
}

enum {
    ANSWER_NUMBERS = 6, /* and the rest of an announce's answer, generously */
    ANSWER_FRAME_BYTES = 220 + HTTP_WARNING_BYTES_MAX,
    NUMBER_BYTES_MAX = 20,
};
static_assert(TRACKER_PEERS_V4_MAX * COMPACT_V4_BYTES + TRACKER_PEERS_V6_MAX * COMPACT_V6_BYTES +
                      ANSWER_NUMBERS * NUMBER_BYTES_MAX + ANSWER_FRAME_BYTES <=
                  TRACKER_HTTP_ANSWER_BYTES_MAX,
              "the fullest answer fits");

size_t http_announce_write(const Answer *answer, IpAddress from,
                           char room[TRACKER_HTTP_ANSWER_BYTES_MAX]) {
    Pen pen = {room};
    put_number(&pen, STR("d8:completei"), answer->swarm.seeders);
    put_number(&pen, STR("10:downloadedi"), answer->swarm.completed);
    put(&pen, STR("11:external ip"));
    if (ip_is_v4(from))
        put_bytes(&pen, from.bytes + 12, 4);
    else
        put_bytes(&pen, from.bytes, sizeof from.bytes);
    put_number(&pen, STR("10:incompletei"), answer->swarm.leechers);
    put_number(&pen, STR("8:intervali"), (uint64_t)answer->interval_s);
    put_number(&pen, STR("12:min intervali"), (uint64_t)answer->min_interval_s);
    put(&pen, STR("5:peers"));
    put_peers(&pen, answer->v4, answer->v4_count * COMPACT_V4_BYTES);
    put(&pen, STR("6:peers6"));
    put_peers(&pen, answer->v6, answer->v6_count * COMPACT_V6_BYTES);
    put(&pen, STR("e"));
    return (size_t)(pen.at - room);
}

/* The last key of an answer in byte order, so that it goes where the end was. */
size_t http_warning_add(Str words, size_t len, char room[TRACKER_HTTP_ANSWER_BYTES_MAX]) {
    assert(words.len <= HTTP_WARNING_BYTES_MAX && len > 0 && room[len - 1] == 'e');
    Pen pen = {room + len - 1};
    put(&pen, STR("15:warning message"));
    put_bytes(&pen, words.at, words.len);
    put(&pen, STR("e"));
    return (size_t)(pen.at - room);
}

size_t http_refusal_write(HttpRefusal refusal, char room[TRACKER_HTTP_ANSWER_BYTES_MAX]) {
    Pen pen = {room};
    put(&pen, STR("d14:failure reason"));
    put_bytes(&pen, refusal.words.at, refusal.words.len);
    if (refusal.retry_in_min == HTTP_RETRY_NEVER)
        put(&pen, STR("8:retry in5:never"));
    else
        put_number(&pen, STR("8:retry ini"), refusal.retry_in_min);
    put(&pen, STR("e"));
    return (size_t)(pen.at - room);
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

HttpRefusal http_scrape_parse(Str query, HttpScrape *ret_scrape) {
    HttpScrape scrape = {.count = 0};
    Str key, value;
    while (scrape.count < TRACKER_SCRAPE_HASHES_MAX && next_pair(&query, &key, &value)) {
        SwarmHash hash;
        if (!str_equal(key, STR("info_hash"))) continue;
        if (!twenty_bytes(value, hash.bytes))
            return refuse(STR("The info_hash is not 20 percent-encoded bytes."));
        scrape_add(&scrape, &hash);
    }
    /* The list of all works is the site's to give, not the tracker's. */
    if (scrape.count == 0) return refuse(STR("The scrape names no info_hash."));
    *ret_scrape = scrape;
    return (HttpRefusal){0};
}

enum { SCRAPE_EACH_BYTES_MAX = 180, SCRAPE_FRAME_BYTES = 16 };

Str http_scrape_write(const HttpScrape *scrape, const SwarmState *swarms, Arena *arena) {
    char *room = arena_alloc(arena, scrape->count * SCRAPE_EACH_BYTES_MAX + SCRAPE_FRAME_BYTES, 1);
    Pen pen = {room};
    put(&pen, STR("d5:filesd"));
    for (size_t i = 0; i < scrape->count; i++) {
        const SwarmState *swarm = &swarms[i];
        put_bytes(&pen, scrape->hashes[i].bytes, SHA1_BYTES);
        put_number(&pen, STR("d8:completei"), swarm->seeders);
        put_number(&pen, STR("10:downloadedi"), swarm->completed);
        put_number(&pen, STR("11:downloadersi"), swarm->leechers - swarm->partial_seeds);
        put_number(&pen, STR("10:incompletei"), swarm->leechers);
        put(&pen, STR("e"));
    }
    put(&pen, STR("ee"));
    return (Str){room, (size_t)(pen.at - room)};
}
