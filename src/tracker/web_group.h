/* web_group.h — those of a swarm who are connected right now by WebSocket: a group. Its peers are
 * reached by handing messages to their sockets, and drawn at random. A peer belongs to one client
 * (a socket) and one group; its id stays with both. Also remembers which offers each peer may still
 * answer. Owns groups and peers. Groups are spread over stripes, each with its own lock, which the
 * caller takes by web_groups_enter; groups and peers are his only until web_groups_leave. */
#pragma once
#include "tracker/announce.h"

typedef struct WebGroups WebGroups;
typedef struct WebClient WebClient;

typedef struct {
    uint64_t key;    /* of offer id and offerer */
    uint64_t socket; /* of the offerer */
    SwarmHash asked; /* as the offerer calls the swarm */
    Seconds until;
} WebAnswerable;

typedef struct WebPeer {
    struct WebPeer *next, *previous; /* of the client */
    struct WebGroup *group;
    WebClient *client;
    SwarmHash asked; /* one of a hybrid's two hashes */
    uint8_t id[PEER_ID_BYTES];
    bool is_counted; /* in the swarm too */
    bool is_seeder, has_completed;
    uint32_t place; /* in the group */
    Seconds heard_at;
    Seconds offers_until; /* how far ahead of its rate of offers it is */
    WebAnswerable *answerable;
    uint32_t answerable_count;
    size_t answerable_room;
} WebPeer;

typedef struct {
    WebPeer *peer;
    uint64_t tag;  /* of its id */
    uint64_t line; /* of its address */
} WebPlace;

typedef struct WebGroup {
    struct WebGroup *next;
    SwarmHash hash;
    WebPlace *places; /* seeders first */
    uint32_t count, seeders;
    size_t room;
} WebGroup;

WebGroups *web_groups_create(void);
void web_groups_free(WebGroups *groups); /* after all clients; NULL is fine */

WebClient *web_client_create(uint64_t socket, IpAddress ip);
void web_client_free(WebClient *client); /* has no peers any more */
uint64_t web_client_socket(const WebClient *client);
IpAddress web_client_ip(const WebClient *client);
/* The hash of any group it is in; false when there is none. */
bool web_client_any(WebClient *client, SwarmHash *ret_hash);

/* Takes the lock of the stripe; NULL when nobody is in the swarm. */
WebGroup *web_groups_enter(WebGroups *groups, const SwarmHash *hash);
void web_groups_leave(WebGroups *groups, const SwarmHash *hash);

/* Or NULL; `group` may be NULL too. */
WebPeer *web_group_find_client(const WebGroup *group, WebClient *client);
WebPeer *web_group_find_id(const WebGroups *groups, const WebGroup *group, const uint8_t *id);

/* The counted peers of the client's address (IPv6: of its /64). */
size_t web_groups_count_address(WebGroups *groups, const SwarmHash *hash, const WebClient *client);

typedef struct {
    SwarmHash hash, asked;
    const uint8_t *id;
    bool is_seeder, is_counted;
} WebNewcomer;
/* NULL when the client, or all clients together, are in too many swarms. */
WebPeer *web_groups_add(WebGroups *groups, WebClient *client, const WebNewcomer *newcomer);
void web_groups_remove(WebGroups *groups, WebPeer *peer); /* an empty group goes too */
void web_group_change_role(WebPeer *peer, bool is_seeder);

/* Draws up to `wanted` of the others, each once; no seeders for a seeder. */
size_t web_group_draw(const WebGroup *group, const WebPeer *drawer, size_t wanted,
                      WebPeer **ret_peers);

/* The receiver may answer the offerer's offer, once, until then. */
void web_peer_note_offer(const WebGroups *groups, WebPeer *receiver, const WebPeer *offerer,
                         const uint8_t *offer_id, Seconds until);
typedef struct {
    const uint8_t *offerer_id, *offer_id;
    Seconds now;
} WebAnswering;
bool web_peer_take_offer(const WebGroups *groups, WebPeer *answerer, WebAnswering answering,
                         WebAnswerable *ret_offer);

/* Drops peers not heard of since; `gone` is called for each before it goes. Walks one stripe. */
enum { WEB_STRIPES = 64 };
typedef struct {
    Seconds since, now;
    void (*gone)(void *argument, const WebPeer *peer, Seconds now);
    void *argument;
} WebSweep;
void web_groups_sweep(WebGroups *groups, size_t stripe, const WebSweep *sweep);
uint64_t web_groups_peers(const WebGroups *groups);
