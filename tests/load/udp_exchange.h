/* udp_exchange.h — the bytes of a UDP load: requests written, answers judged (BEP 15, 41).
 * Written apart from the tracker's own codec, so that a fault in one is not a fault in both.
 * Pure. */
#pragma once
#include "udp_plan.h"

enum {
    EXCHANGE_CONNECT_BYTES = 16,
    EXCHANGE_ANNOUNCE_BYTES = 98,
    EXCHANGE_HEAD_BYTES = 20, /* of the answer to an announce */
    EXCHANGE_PEER_BYTES = 6,
    EXCHANGE_ANSWER_ROOM = 1500,
};

typedef enum { EXCHANGE_NO_EVENT = 0, EXCHANGE_STARTED = 2, EXCHANGE_STOPPED = 3 } ExchangeEvent;

typedef struct {
    uint32_t peer;
    uint64_t connection_id;
    ExchangeEvent event;
} ExchangeAsk;

size_t exchange_write_connect(uint32_t transaction_id, uint8_t ret_bytes[EXCHANGE_CONNECT_BYTES]);
/* False when it is no answer to that connect. */
bool exchange_read_connect(Str answer, uint32_t transaction_id, uint64_t *ret_connection_id);
/* The transaction id is the peer's number, so that the answer says whose it is. */
void exchange_write_announce(const Plan *plan, const ExchangeAsk *ask,
                             uint8_t ret_bytes[EXCHANGE_ANNOUNCE_BYTES]);

/* What is wrong with an answer; counted, so a load can say how a server failed. */
typedef enum {
    ANSWER_GOOD,
    ANSWER_ERROR,     /* action 3 */
    ANSWER_MALFORMED, /* no answer to an announce, or of an impossible length */
    ANSWER_TOO_MANY,  /* more peers than were asked for */
    ANSWER_WRONG,     /* a peer of another torrent, of nobody, or twice the same */
    ANSWER_KINDS,
} AnswerKind;

typedef struct {
    uint32_t told;    /* peers in the answer */
    bool has_oneself; /* the asker among them: useless, but no fault */
} AnswerSight;

/* Length and head only: cheap enough for every answer. */
AnswerKind exchange_judge(const Plan *plan, uint32_t peer, Str answer, AnswerSight *ret_sight);
/* Every peer in it too. */
AnswerKind exchange_judge_whole(const Plan *plan, uint32_t peer, Str answer,
                                AnswerSight *ret_sight);
