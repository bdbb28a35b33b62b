/* Any text as a message of a WebTorrent client: it is read or refused, and what is relayed of it is
 * JSON that says the same. */
#include "tracker/web_message.h"

#include <assert.h>
#include <jansson.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static json_t *parse(Str text) {
    json_error_t where;
    assert(str_is_utf8(text));
    json_t *parsed = json_loadb(text.at, text.len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &where);
    assert(parsed);
    return parsed;
}

static void check_relay(const WebAsk *ask, const WebOffer *offer, Arena *arena) {
    WebRelay relay = {&ask->hash, ask->peer_id, offer};
    const char *kind = ask->is_answer ? "answer" : "offer";
    Str text = ask->is_answer ? web_answer_write(&relay, arena) : web_offer_write(&relay, arena);
    json_t *parsed = parse(text);
    const json_t *sdp = json_object_get(json_object_get(parsed, kind), "sdp");
    assert(str_equal((Str){json_string_value(sdp), json_string_length(sdp)}, offer->sdp));
    json_decref(parsed);
    WebAsk again;
    web_ask_open(text, &again);
    assert(again.has_hash && memcmp(again.hash.bytes, ask->hash.bytes, SHA1_BYTES) == 0);
    assert(memcmp(again.peer_id, ask->peer_id, PEER_ID_BYTES) == 0);
    web_ask_close(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    WebAsk ask;
    SwarmState states[TRACKER_SCRAPE_HASHES_MAX] = {0};
    Arena arena = arena_create(16 * MIB);
    web_ask_open(str_from_bytes(bytes, len), &ask);
    if (ask.refusal.len) {
        json_decref(parse(web_refusal_write(&ask, ask.refusal, &arena)));
    } else if (ask.action == WEB_SCRAPE) {
        assert(ask.hash_count >= 1 && ask.hash_count <= TRACKER_SCRAPE_HASHES_MAX);
        /* jansson reads no key with a NUL in it, though JSON allows it. */
        Str text = web_scrape_write(&ask, states, &arena);
        assert(str_is_utf8(text) && str_ends(text, STR("}}}")));
    } else {
        assert(ask.has_hash && ask.offer_count <= TRACKER_WEB_OFFERS_MAX);
        json_decref(parse(web_announce_write(&ask.hash, states, 120, &arena)));
        for (size_t i = 0; i < ask.offer_count; i++) check_relay(&ask, &ask.offers[i], &arena);
        if (ask.is_answer) check_relay(&ask, &ask.answer, &arena);
    }
    web_ask_close(&ask);
    arena_free(&arena);
    return 0;
}
