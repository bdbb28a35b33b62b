/* web.h — the WebTorrent tracker: messages of WebSocket clients in, messages to them out.
 * A peer has no address here: who wants to meet others sends offers, which are relayed to peers of
 * the same swarm drawn at random; an answer goes back to who made the offer, once, and only from
 * whom it was relayed to. The gate decides as for the other protocols, and the one swarm counts
 * these peers too. A peer lives as long as its connection, and must announce now and then.
 * Knows no sockets: they are numbers, and `send` is lent. Time is an argument, in steady seconds.
 * Any thread may call; the calls for one client come one at a time. */
#pragma once
#include "tracker/answer.h"
#include "tracker/web_group.h"

typedef struct Web Web;

enum { WEB_INTERVAL_S = 120, WEB_EXPIRY_S = 5 * WEB_INTERVAL_S, WEB_ANSWER_S = 60 };

Web *web_create(const AnswerDesk *desk); /* lent */
void web_free(Web *web);                 /* after all clients; NULL is fine */

/* How a message reaches a socket; must not block. Set once, before the first client. */
typedef void (*WebSend)(void *argument, uint64_t socket, Str text);
void web_set_send(Web *web, WebSend send, void *argument);

WebClient *web_open(uint64_t socket, IpAddress ip);
void web_take(Web *web, WebClient *client, Str message, Seconds now);
void web_close(Web *web, WebClient *client, Seconds now); /* as if it had stopped everywhere */

/* The gate has closed for this swarm, or leads elsewhere from now on. */
void web_forget(Web *web, const SwarmHash *hash);
/* A small piece of the way through all swarms: every call the next. */
void web_sweep(Web *web, Seconds now);

typedef struct {
    uint64_t peers, announces, offers, answers, refused;
} WebTotals;
WebTotals web_totals(const Web *web);
