/* web_message.h — the WebTorrent tracker protocol, as the npm package bittorrent-tracker speaks it:
 * JSON in, WebAsk out; values in, JSON out. Hashes and ids are 20 bytes written as code points 0 to
 * 255. Strict about what is relayed to others: an offer or answer is its type and its SDP, nothing
 * else of it is passed on. Lenient about the rest: unknown keys and events, numbers out of range.
 * Pure. A WebAsk owns what was parsed until web_ask_close. */
#pragma once
#include "tracker/announce.h"

typedef enum { WEB_ANNOUNCE, WEB_SCRAPE, WEB_ACTION_NONE } WebAction;

enum { OFFER_ID_BYTES = 20 };

typedef struct {
    uint8_t id[OFFER_ID_BYTES];
    Str sdp;
} WebOffer;

typedef struct {
    WebAction action;
    bool has_hash;
    SwarmHash hash;
    Str refusal; /* in words for a person; empty when all is well */

    uint8_t peer_id[PEER_ID_BYTES];
    AnnounceEvent event;
    bool has_left, is_complete; /* is_complete: nothing is left */
    WebOffer offers[TRACKER_WEB_OFFERS_MAX];
    size_t offer_count;
    bool is_answer;
    WebOffer answer;
    uint8_t to_peer_id[PEER_ID_BYTES];

    SwarmHash hashes[TRACKER_SCRAPE_HASHES_MAX]; /* each once */
    size_t hash_count;
    struct json_t *parsed;
} WebAsk;

void web_ask_open(Str text, WebAsk *ret_ask);
void web_ask_close(WebAsk *ask);

typedef struct {
    const SwarmHash *hash;  /* as the receiver calls the swarm */
    const uint8_t *peer_id; /* who sends it */
    const WebOffer *offer;
} WebRelay;

Str web_announce_write(const SwarmHash *hash, const SwarmState *swarm, Seconds interval_s,
                       Arena *arena);
Str web_scrape_write(const WebAsk *ask, const SwarmState *swarms, Arena *arena);
Str web_offer_write(const WebRelay *relay, Arena *arena);
Str web_answer_write(const WebRelay *relay, Arena *arena);
Str web_refusal_write(const WebAsk *ask, Str words, Arena *arena);
