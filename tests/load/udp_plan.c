#include "udp_plan.h"

#include <assert.h>
#include <math.h>

#include "base/heap.h"

static uint64_t mix(uint64_t x) {
    x += 0x9e3779b97f4a7c15;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
    return x ^ (x >> 31);
}

bool plan_shape_parse(Str word, PlanShape *ret_shape) {
    static const char *const words[] = {"zipf", "aquatic", "uniform"};
    for (unsigned i = 0; i < 3; i++)
        if (str_equal(word, str_from_c(words[i]))) {
            *ret_shape = (PlanShape)i;
            return true;
        }
    return false;
}

static double weight(const PlanWish *wish, uint32_t rank) {
    if (wish->shape == PLAN_ZIPF) return 1.0 / (rank + 1.0);
    if (wish->shape == PLAN_UNIFORM) return 1;
    return 0.5 + exp(6.5 - 500.0 * rank / wish->torrents);
}

/* Every torrent has its exact share: which one gets the rounding follows from the running sum. */
static void share_peers(Plan *plan) {
    const PlanWish *wish = &plan->wish;
    double all = 0, sum = 0;
    for (uint32_t t = 0; t < wish->torrents; t++) all += weight(wish, t);
    uint32_t peer = 0;
    for (uint32_t t = 0; t < wish->torrents; t++) {
        sum += weight(wish, t);
        uint32_t end =
            t + 1 == wish->torrents ? wish->peers : (uint32_t)(sum / all * wish->peers + 0.5);
        uint32_t size = end > peer ? end - peer : 0;
        if (size > plan->largest) plan->largest = size;
        plan->used_torrents += size > 0;
        while (peer < end) plan->torrents[peer++] = t;
    }
}

/* Independent draws instead: as their load test does it, so that as many swarms hold one peer. */
static void draw_peers(Plan *plan) {
    const PlanWish *wish = &plan->wish;
    double *ends = heap_new(wish->torrents, sizeof *ends);
    uint32_t *sizes = heap_new(wish->torrents, sizeof *sizes);
    double all = 0;
    for (uint32_t t = 0; t < wish->torrents; t++) ends[t] = all += weight(wish, t);
    for (uint32_t peer = 0; peer < wish->peers; peer++) {
        double draw = (double)(mix(wish->seed ^ 0x5a5a ^ peer) >> 11) * 0x1p-53 * all;
        uint32_t low = 0, high = wish->torrents - 1;
        while (low < high) {
            uint32_t middle = low + (high - low) / 2;
            if (ends[middle] <= draw)
                low = middle + 1;
            else
                high = middle;
        }
        plan->torrents[peer] = low;
        plan->used_torrents += sizes[low]++ == 0;
        if (sizes[low] > plan->largest) plan->largest = sizes[low];
    }
    heap_free(ends);
    heap_free(sizes);
}

/* So that going through the peers in order meets the torrents in no order. */
static void shuffle(Plan *plan) {
    for (uint32_t i = plan->wish.peers - 1; i > 0; i--) {
        uint32_t other = (uint32_t)(mix(plan->wish.seed + i) % (i + 1));
        uint32_t torrent = plan->torrents[i];
        plan->torrents[i] = plan->torrents[other];
        plan->torrents[other] = torrent;
    }
}

/* A seeder has use for leechers only, a leecher for everybody. Asking for exactly what there is
 * makes trackers of either mind answer as many. */
static void count_asked(Plan *plan) {
    uint32_t *leechers = heap_new(plan->wish.torrents, sizeof *leechers);
    uint32_t *everybody = heap_new(plan->wish.torrents, sizeof *everybody);
    for (uint32_t peer = 0; peer < plan->wish.peers; peer++) {
        everybody[plan->torrents[peer]]++;
        leechers[plan->torrents[peer]] += !plan_is_seeder(plan, peer);
    }
    for (uint32_t peer = 0; peer < plan->wish.peers; peer++) {
        uint32_t torrent = plan->torrents[peer];
        uint32_t others = plan_is_seeder(plan, peer) ? leechers[torrent] : everybody[torrent] - 1;
        plan->asked[peer] = (uint8_t)(others < plan->wish.wanted ? others : plan->wish.wanted);
    }
    heap_free(leechers);
    heap_free(everybody);
}

bool plan_create(const PlanWish *wish, Plan *ret_plan) {
    assert(wish->peers > 0 && wish->torrents > 0 && wish->sources > 0 && wish->wanted <= 200);
    Plan plan = {.wish = *wish};
    plan.peers_per_source = (wish->peers + wish->sources - 1) / wish->sources;
    if (plan.peers_per_source > PLAN_PORTS_MAX) return false;
    size_t room = (size_t)plan.peers_per_source * wish->sources;
    plan.torrents = heap_new(room, sizeof *plan.torrents);
    plan.asked = heap_new(room, sizeof *plan.asked);
    if (wish->shape == PLAN_AQUATIC)
        draw_peers(&plan);
    else
        share_peers(&plan);
    shuffle(&plan);
    count_asked(&plan);
    *ret_plan = plan;
    return true;
}

void plan_free(Plan *plan) {
    heap_free(plan->torrents);
    heap_free(plan->asked);
}

bool plan_is_seeder(const Plan *plan, uint32_t peer) {
    return mix(plan->wish.seed ^ 0xa5a5a5a500000000 ^ peer) % 100 < plan->wish.seeders_percent;
}

uint32_t plan_source(const Plan *plan, uint32_t peer) { return peer / plan->peers_per_source; }

uint16_t plan_port(const Plan *plan, uint32_t peer) {
    return (uint16_t)(PLAN_PORT_FIRST + peer % plan->peers_per_source);
}

uint32_t plan_source_ip(uint32_t source) { return 127u << 24 | (source + 256) << 8 | 1; }

uint32_t plan_find(const Plan *plan, uint32_t ip, uint16_t port) {
    uint32_t source = ((ip & 0xffffff) >> 8) - 256, place = port - (uint32_t)PLAN_PORT_FIRST;
    if (ip >> 24 != 127 || (ip & 0xff) != 1 || source >= plan->wish.sources ||
        place >= plan->peers_per_source)
        return PLAN_NOBODY;
    uint32_t peer = source * plan->peers_per_source + place;
    return peer < plan->wish.peers ? peer : PLAN_NOBODY;
}

void plan_hash(const Plan *plan, uint32_t torrent, uint8_t ret_hash[PLAN_HASH_BYTES]) {
    uint64_t words[3];
    for (unsigned i = 0; i < 3; i++) words[i] = mix(plan->wish.seed + ((uint64_t)torrent * 3 + i));
    memcpy(ret_hash, words, PLAN_HASH_BYTES);
}

double plan_asked_mean(const Plan *plan) {
    uint64_t sum = 0;
    for (uint32_t peer = 0; peer < plan->wish.peers; peer++) sum += plan->asked[peer];
    return (double)sum / plan->wish.peers;
}
