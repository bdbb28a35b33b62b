/* udp_plan.h — who announces what: the peers of a UDP load, made once from a seed.
 * Every peer is one endpoint in one torrent for the whole run, with a stable role. Its number says
 * its endpoint and its torrent, so an answer's peers can be traced back to their torrent without a
 * table of endpoints. Pure; owns its arrays. */
#pragma once
#include "base/str.h"

enum {
    PLAN_PORT_FIRST = 1024,
    PLAN_PORTS_MAX = 64000, /* of one source address */
    PLAN_HASH_BYTES = 20,
    PLAN_NOBODY = UINT32_MAX,
};

typedef enum {
    PLAN_ZIPF,    /* the torrent of rank n has a share of 1/n */
    PLAN_AQUATIC, /* the weights of aquatic's load test: few hot torrents, many of one or two peers
                   */
    PLAN_UNIFORM, /* the same number everywhere; peers = torrents: one peer a torrent */
} PlanShape;

typedef struct {
    uint64_t seed;
    uint32_t peers, torrents, sources;
    PlanShape shape;
    unsigned seeders_percent, wanted;
} PlanWish;

typedef struct {
    PlanWish wish;
    uint32_t peers_per_source; /* wish.peers rounded up to a multiple of it is what arrays hold */
    uint32_t used_torrents, largest;
    uint32_t *torrents; /* by peer */
    uint8_t *asked;     /* by peer: how many others there are for it to be told, at most `wanted` */
} Plan;

bool plan_shape_parse(Str word, PlanShape *ret_shape);
/* False when the sources have too few ports for the peers. */
bool plan_create(const PlanWish *wish, Plan *ret_plan);
void plan_free(Plan *plan);

bool plan_is_seeder(const Plan *plan, uint32_t peer);
uint32_t plan_source(const Plan *plan, uint32_t peer);
uint16_t plan_port(const Plan *plan, uint32_t peer);
uint32_t plan_source_ip(uint32_t source); /* 127.x.y.1, host byte order */
/* The peer that has this endpoint; PLAN_NOBODY: none of ours. */
uint32_t plan_find(const Plan *plan, uint32_t ip, uint16_t port);
void plan_hash(const Plan *plan, uint32_t torrent, uint8_t ret_hash[PLAN_HASH_BYTES]);
/* How many are told on the average, when everybody is told as many as `asked`. */
double plan_asked_mean(const Plan *plan);
