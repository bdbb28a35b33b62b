#include "tracker/web_message.h"

#include <assert.h>
#include <jansson.h>

#include "base/text.h"

enum { TEXT_BYTES_MAX = 2 * WEBSOCKET_MESSAGE_BYTES_MAX };

static const Str not_understood = {"This message is not well-formed.", 32};

/* --- in --- */

/* jansson reads nested values by calling itself: how deep is counted before. */
static bool is_shallow(Str text) {
    size_t depth = 0;
    bool in_string = false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        if (in_string && c == '\\') i++;
        if (c == '"') in_string = !in_string;
        if (in_string) continue;
        if ((c == '{' || c == '[') && ++depth > TRACKER_WEB_DEPTH_MAX) return false;
        if ((c == '}' || c == ']') && depth > 0) depth--;
    }
    return true;
}

static Str string_of(const json_t *value) {
    if (!json_is_string(value)) return (Str){0};
    return (Str){json_string_value(value), json_string_length(value)};
}

/* 20 bytes as code points below 256: each one or two bytes of UTF-8, which jansson has checked. */
static bool read_binary(const json_t *value, uint8_t ret_bytes[SHA1_BYTES]) {
    Str text = string_of(value);
    uint8_t bytes[SHA1_BYTES];
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t byte = (uint8_t)text.at[i];
        if (count == sizeof bytes || byte > 0xc3) return false;
        if (byte >= 0x80) byte = (uint8_t)(byte << 6 | ((uint8_t)text.at[++i] & 0x3f));
        bytes[count++] = byte;
    }
    if (count != sizeof bytes) return false;
    memcpy(ret_bytes, bytes, sizeof bytes);
    return true;
}

static AnnounceEvent read_event(const json_t *value) {
    Str word = string_of(value);
    if (str_equal(word, STR("completed"))) return EVENT_COMPLETED;
    if (str_equal(word, STR("started"))) return EVENT_STARTED;
    if (str_equal(word, STR("stopped"))) return EVENT_STOPPED;
    if (str_equal(word, STR("paused"))) return EVENT_PAUSED;
    return EVENT_NONE;
}

/* What a magnet link's client does not know is infinite to it, and JSON makes null of that. */
static void read_left(const json_t *value, WebAsk *ask) {
    ask->has_left = value != NULL;
    ask->is_complete = json_is_number(value) && !(json_number_value(value) != 0);
}

static bool read_offer(const json_t *value, const json_t *id, Str type, WebOffer *ret_offer) {
    Str sdp = string_of(json_object_get(value, "sdp"));
    if (sdp.len == 0 || !str_equal(string_of(json_object_get(value, "type")), type)) return false;
    ret_offer->sdp = sdp;
    return read_binary(id, ret_offer->id);
}

static bool read_offers(const json_t *offers, WebAsk *ask) {
    size_t index;
    const json_t *item;
    if (!offers || json_is_null(offers)) return true;
    if (!json_is_array(offers) || json_array_size(offers) > TRACKER_WEB_OFFERS_MAX) return false;
    json_array_foreach(offers, index, item) {
        const json_t *offer = json_object_get(item, "offer"),
                     *id = json_object_get(item, "offer_id");
        if (!read_offer(offer, id, STR("offer"), &ask->offers[ask->offer_count++])) return false;
    }
    return true;
}

static Str read_announce(const json_t *root, WebAsk *ask) {
    const json_t *answer = json_object_get(root, "answer");
    if (!ask->has_hash) return STR("info_hash must be 20 bytes.");
    if (!read_binary(json_object_get(root, "peer_id"), ask->peer_id))
        return STR("peer_id must be 20 bytes.");
    ask->event = read_event(json_object_get(root, "event"));
    read_left(json_object_get(root, "left"), ask);
    ask->is_answer = answer && !json_is_null(answer);
    if (ask->is_answer) {
        const json_t *id = json_object_get(root, "offer_id");
        bool fine = read_offer(answer, id, STR("answer"), &ask->answer) &&
                    read_binary(json_object_get(root, "to_peer_id"), ask->to_peer_id);
        return fine ? (Str){0} : STR("The answer is not well-formed.");
    }
    if (!read_offers(json_object_get(root, "offers"), ask))
        return STR("The offers are not well-formed, or more than 10.");
    return (Str){0};
}

static bool add_hash(WebAsk *ask, const json_t *value) {
    SwarmHash hash;
    if (!read_binary(value, hash.bytes)) return false;
    for (size_t i = 0; i < ask->hash_count; i++)
        if (memcmp(ask->hashes[i].bytes, hash.bytes, sizeof hash.bytes) == 0) return true;
    if (ask->hash_count == TRACKER_SCRAPE_HASHES_MAX) return false;
    ask->hashes[ask->hash_count++] = hash;
    return true;
}

static Str read_scrape(const json_t *root, WebAsk *ask) {
    const json_t *hashes = json_object_get(root, "info_hash"), *item;
    size_t index;
    bool fine = json_is_array(hashes) ? json_array_size(hashes) > 0 : add_hash(ask, hashes);
    json_array_foreach(hashes, index, item) { fine = fine && add_hash(ask, item); }
    return fine ? (Str){0} : STR("A scrape names 1 to 74 info_hash of 20 bytes.");
}

void web_ask_open(Str text, WebAsk *ret_ask) {
    enum { FLAGS = JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL };
    *ret_ask = (WebAsk){.action = WEB_ACTION_NONE, .refusal = not_understood};
    json_error_t where;
    if (text.len > WEBSOCKET_MESSAGE_BYTES_MAX || !is_shallow(text)) return;
    json_t *root = json_loadb(text.at, text.len, FLAGS, &where);
    ret_ask->parsed = root;
    if (!json_is_object(root)) return;
    Str action = string_of(json_object_get(root, "action"));
    ret_ask->has_hash = read_binary(json_object_get(root, "info_hash"), ret_ask->hash.bytes);
    if (str_equal(action, STR("announce"))) {
        ret_ask->action = WEB_ANNOUNCE;
        ret_ask->refusal = read_announce(root, ret_ask);
    } else if (str_equal(action, STR("scrape"))) {
        ret_ask->action = WEB_SCRAPE;
        ret_ask->refusal = read_scrape(root, ret_ask);
    } else {
        ret_ask->refusal = STR("There are the actions announce and scrape.");
    }
}

void web_ask_close(WebAsk *ask) {
    json_decref(ask->parsed);
    ask->parsed = NULL;
}

/* --- out --- */

/* Never longer than what it was read from. */
static void add_escaped(Text *text, uint8_t byte) {
    static const char digits[] = "0123456789abcdef", from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
    const char *found = byte ? strchr(from, byte) : NULL;
    if (found) {
        text_add_byte(text, '\\');
        text_add_byte(text, to[found - from]);
    } else if (byte < ' ') {
        text_add(text, STR("\\u00"));
        text_add_byte(text, digits[byte >> 4]);
        text_add_byte(text, digits[byte & 15]);
    } else {
        text_add_byte(text, (char)byte);
    }
}

/* Bytes above 127 become the code points of the same number. */
static void add_binary(Text *text, const uint8_t *bytes) {
    text_add_byte(text, '"');
    for (size_t i = 0; i < SHA1_BYTES; i++) {
        if (bytes[i] < 0x80) {
            add_escaped(text, bytes[i]);
            continue;
        }
        text_add_byte(text, (char)(0xc0 | bytes[i] >> 6));
        text_add_byte(text, (char)(0x80 | (bytes[i] & 0x3f)));
    }
    text_add_byte(text, '"');
}

/* UTF-8 stands as it is. */
static void add_string(Text *text, Str string) {
    size_t start = 0; /* of what may stand as it is */
    text_add_byte(text, '"');
    for (size_t i = 0; i < string.len; i++) {
        uint8_t byte = (uint8_t)string.at[i];
        if (byte >= ' ' && byte != '"' && byte != '\\') continue;
        text_add(text, str_part(string, start, i));
        add_escaped(text, byte);
        start = i + 1;
    }
    text_add(text, str_skip(string, start));
    text_add_byte(text, '"');
}

static Text begin(Arena *arena, const char *action, const SwarmHash *hash) {
    Text text = text_create(arena, TEXT_BYTES_MAX);
    text_print(&text, "{\"action\":\"%s\"", action);
    if (hash) {
        text_add(&text, STR(",\"info_hash\":"));
        add_binary(&text, hash->bytes);
    }
    return text;
}

Str web_announce_write(const SwarmHash *hash, const SwarmState *swarm, Seconds interval_s,
                       Arena *arena) {
    Text text = begin(arena, "announce", hash);
    text_print(&text, ",\"interval\":%lld,\"complete\":%u,\"incomplete\":%u}",
               (long long)interval_s, swarm->seeders, swarm->leechers);
    return text_str(&text);
}

Str web_scrape_write(const WebAsk *ask, const SwarmState *swarms, Arena *arena) {
    Text text = begin(arena, "scrape", NULL);
    text_add(&text, STR(",\"files\":{"));
    for (size_t i = 0; i < ask->hash_count; i++) {
        if (i > 0) text_add_byte(&text, ',');
        add_binary(&text, ask->hashes[i].bytes);
        text_print(&text, ":{\"complete\":%u,\"incomplete\":%u,\"downloaded\":%llu}",
                   swarms[i].seeders, swarms[i].leechers, (unsigned long long)swarms[i].completed);
    }
    text_add(&text, STR("}}"));
    return text_str(&text);
}

static Str write_relay(const WebRelay *relay, const char *kind, Arena *arena) {
    Text text = begin(arena, "announce", relay->hash);
    text_add(&text, STR(",\"peer_id\":"));
    add_binary(&text, relay->peer_id);
    text_add(&text, STR(",\"offer_id\":"));
    add_binary(&text, relay->offer->id);
    text_print(&text, ",\"%s\":{\"type\":\"%s\",\"sdp\":", kind, kind);
    add_string(&text, relay->offer->sdp);
    text_add(&text, STR("}}"));
    assert(!text.full); /* what came in one message goes out in one */
    return text_str(&text);
}

Str web_offer_write(const WebRelay *relay, Arena *arena) {
    return write_relay(relay, "offer", arena);
}

Str web_answer_write(const WebRelay *relay, Arena *arena) {
    return write_relay(relay, "answer", arena);
}

Str web_refusal_write(const WebAsk *ask, Str words, Arena *arena) {
    static const char *const actions[] = {"announce", "scrape", "error"};
    Text text = begin(arena, actions[ask->action], ask->has_hash ? &ask->hash : NULL);
    text_add(&text, STR(",\"failure reason\":"));
    add_string(&text, words);
    text_add_byte(&text, '}');
    return text_str(&text);
}
