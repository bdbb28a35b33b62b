#include "tracker/web_group.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/digest.h"
#include "base/heap.h"
#include "base/random.h"

enum { BUCKETS_PER_STRIPE = 256 };

struct WebClient {
    uint64_t socket;
    IpAddress ip;
    pthread_mutex_t lock; /* of what follows; taken inside of a stripe's */
    WebPeer *peers;
    size_t peer_count;
};

typedef struct {
    alignas(64) pthread_mutex_t lock;
    WebGroup *buckets[BUCKETS_PER_STRIPE];
} Stripe;

struct WebGroups {
    uint8_t key[SIPHASH_KEY_BYTES];
    _Atomic uint64_t peer_count;
    Stripe stripes[WEB_STRIPES];
};

WebGroups *web_groups_create(void) {
    WebGroups *groups = aligned_alloc(alignof(WebGroups), sizeof *groups);
    assert(groups);
    memset(groups, 0, sizeof *groups);
    random_bytes(groups->key, sizeof groups->key);
    for (size_t i = 0; i < WEB_STRIPES; i++) pthread_mutex_init(&groups->stripes[i].lock, NULL);
    return groups;
}

void web_groups_free(WebGroups *groups) {
    if (!groups) return;
    assert(web_groups_peers(groups) == 0);
    for (size_t i = 0; i < WEB_STRIPES; i++) pthread_mutex_destroy(&groups->stripes[i].lock);
    free(groups);
}

uint64_t web_groups_peers(const WebGroups *groups) {
    return atomic_load_explicit(&groups->peer_count, memory_order_relaxed);
}

/* --- clients --- */

WebClient *web_client_create(uint64_t socket, IpAddress ip) {
    WebClient *client = heap_new(1, sizeof *client);
    client->socket = socket;
    client->ip = ip;
    pthread_mutex_init(&client->lock, NULL);
    return client;
}

void web_client_free(WebClient *client) {
    assert(!client->peers);
    pthread_mutex_destroy(&client->lock);
    heap_free(client);
}

uint64_t web_client_socket(const WebClient *client) { return client->socket; }
IpAddress web_client_ip(const WebClient *client) { return client->ip; }

bool web_client_any(WebClient *client, SwarmHash *ret_swarm) {
    pthread_mutex_lock(&client->lock);
    bool any = client->peers;
    if (any) *ret_swarm = client->peers->group->hash;
    pthread_mutex_unlock(&client->lock);
    return any;
}

static bool client_add(WebClient *client, WebPeer *peer) {
    pthread_mutex_lock(&client->lock);
    bool fits = client->peer_count < TRACKER_WEB_SWARMS_MAX;
    if (fits) {
        peer->next = client->peers;
        if (peer->next) peer->next->previous = peer;
        client->peers = peer;
        client->peer_count++;
    }
    pthread_mutex_unlock(&client->lock);
    return fits;
}

static void client_remove(WebClient *client, WebPeer *peer) {
    pthread_mutex_lock(&client->lock);
    *(peer->previous ? &peer->previous->next : &client->peers) = peer->next;
    if (peer->next) peer->next->previous = peer->previous;
    client->peer_count--;
    pthread_mutex_unlock(&client->lock);
}

/* --- groups --- */

static Stripe *stripe_of(WebGroups *groups, const SwarmHash *hash, WebGroup ***ret_bucket) {
    uint64_t order = siphash(str_from_bytes(hash->bytes, sizeof hash->bytes), groups->key);
    Stripe *stripe = &groups->stripes[order % WEB_STRIPES];
    *ret_bucket = &stripe->buckets[order / WEB_STRIPES % BUCKETS_PER_STRIPE];
    return stripe;
}

static WebGroup **find_place(WebGroup **bucket, const SwarmHash *hash) {
    WebGroup **at = bucket;
    while (*at && memcmp((*at)->hash.bytes, hash->bytes, sizeof hash->bytes) != 0)
        at = &(*at)->next;
    return at;
}

WebGroup *web_groups_enter(WebGroups *groups, const SwarmHash *hash) {
    WebGroup **bucket;
    Stripe *stripe = stripe_of(groups, hash, &bucket);
    pthread_mutex_lock(&stripe->lock);
    return *find_place(bucket, hash);
}

void web_groups_leave(WebGroups *groups, const SwarmHash *hash) {
    WebGroup **bucket;
    pthread_mutex_unlock(&stripe_of(groups, hash, &bucket)->lock);
}

static uint64_t tag_of(const WebGroups *groups, const uint8_t *id) {
    return siphash(str_from_bytes(id, PEER_ID_BYTES), groups->key);
}

WebPeer *web_group_find_client(const WebGroup *group, WebClient *client) {
    if (!group) return NULL;
    pthread_mutex_lock(&client->lock);
    WebPeer *peer = client->peers;
    while (peer && peer->group != group) peer = peer->next;
    pthread_mutex_unlock(&client->lock);
    return peer;
}

WebPeer *web_group_find_id(const WebGroups *groups, const WebGroup *group, const uint8_t *id) {
    uint64_t tag = tag_of(groups, id);
    for (uint32_t i = 0; group && i < group->count; i++) {
        WebPeer *peer = group->places[i].peer;
        if (group->places[i].tag == tag && memcmp(peer->id, id, PEER_ID_BYTES) == 0) return peer;
    }
    return NULL;
}

static uint64_t line_of(const WebGroups *groups, IpAddress ip) {
    size_t len = ip_is_v4(ip) ? sizeof ip.bytes : 8; /* IPv6: a line has a whole /64 */
    return siphash(str_from_bytes(ip.bytes, len), groups->key);
}

size_t web_groups_count_address(WebGroups *groups, const SwarmHash *hash, const WebClient *client) {
    WebGroup **bucket;
    stripe_of(groups, hash, &bucket);
    const WebGroup *group = *find_place(bucket, hash);
    uint64_t line = line_of(groups, client->ip);
    size_t count = 0;
    for (uint32_t i = 0; group && i < group->count; i++)
        count += group->places[i].line == line && group->places[i].peer->is_counted;
    return count;
}

static void swap_places(WebGroup *group, uint32_t a, uint32_t b) {
    WebPlace kept = group->places[a];
    group->places[a] = group->places[b];
    group->places[b] = kept;
    group->places[a].peer->place = a;
    group->places[b].peer->place = b;
}

void web_group_change_role(WebPeer *peer, bool is_seeder) {
    WebGroup *group = peer->group;
    if (peer->is_seeder == is_seeder) return;
    peer->is_seeder = is_seeder;
    if (is_seeder)
        swap_places(group, peer->place, group->seeders++);
    else
        swap_places(group, peer->place, --group->seeders);
}

static WebGroup *group_create(WebGroup **at, const SwarmHash *hash) {
    WebGroup *group = heap_new(1, sizeof *group);
    group->hash = *hash;
    *at = group;
    return group;
}

static void group_free(WebGroup **at) {
    WebGroup *group = *at;
    *at = group->next;
    heap_free(group->places);
    heap_free(group);
}

WebPeer *web_groups_add(WebGroups *groups, WebClient *client, const WebNewcomer *newcomer) {
    WebGroup **bucket;
    if (web_groups_peers(groups) >= TRACKER_WEB_PEERS_MAX) return NULL;
    WebPeer *peer = heap_new(1, sizeof *peer);
    if (!client_add(client, peer)) {
        heap_free(peer);
        return NULL;
    }
    stripe_of(groups, &newcomer->hash, &bucket);
    WebGroup **at = find_place(bucket, &newcomer->hash);
    WebGroup *group = *at ? *at : group_create(at, &newcomer->hash);
    group->places = heap_grow(group->places, &group->room, group->count + 1, sizeof *group->places);
    peer->group = group;
    peer->client = client;
    peer->asked = newcomer->asked;
    memcpy(peer->id, newcomer->id, PEER_ID_BYTES);
    peer->place = group->count++;
    peer->is_counted = newcomer->is_counted;
    group->places[peer->place] =
        (WebPlace){peer, tag_of(groups, newcomer->id), line_of(groups, client->ip)};
    web_group_change_role(peer, newcomer->is_seeder);
    atomic_fetch_add_explicit(&groups->peer_count, 1, memory_order_relaxed);
    return peer;
}

void web_groups_remove(WebGroups *groups, WebPeer *peer) {
    WebGroup **bucket, *group = peer->group;
    web_group_change_role(peer, false);
    swap_places(group, peer->place, --group->count);
    client_remove(peer->client, peer);
    if (group->count == 0) {
        stripe_of(groups, &group->hash, &bucket);
        group_free(find_place(bucket, &group->hash));
    }
    heap_free(peer->answerable);
    heap_free(peer);
    atomic_fetch_sub_explicit(&groups->peer_count, 1, memory_order_relaxed);
}

static uint64_t next_draw(uint64_t *state) {
    uint64_t x = *state += 0x9e3779b97f4a7c15u; /* splitmix64 */
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

static bool is_drawn(const uint32_t *drawn, size_t count, uint32_t number) {
    for (size_t i = 0; i < count; i++)
        if (drawn[i] == number) return true;
    return false;
}

/* Robert Floyd's sample: `wanted` steps, whatever the size of the group. */
size_t web_group_draw(const WebGroup *group, const WebPeer *drawer, size_t wanted,
                      WebPeer **ret_peers) {
    uint32_t drawn[TRACKER_WEB_OFFERS_MAX], first = drawer->is_seeder ? group->seeders : 0;
    bool is_among = drawer->place >= first;
    size_t others = group->count - first - is_among, count = 0;
    uint64_t state = random_u64();
    assert(wanted <= TRACKER_WEB_OFFERS_MAX);
    for (size_t last = wanted < others ? others - wanted : 0; last < others; last++, count++) {
        uint32_t number = (uint32_t)(next_draw(&state) % (last + 1));
        drawn[count] = is_drawn(drawn, count, number) ? (uint32_t)last : number;
        uint32_t place = first + drawn[count];
        ret_peers[count] =
            group->places[is_among && place >= drawer->place ? place + 1 : place].peer;
    }
    return count;
}

/* --- offers --- */

static uint64_t offer_key(const WebGroups *groups, const uint8_t *offerer_id,
                          const uint8_t *offer_id) {
    uint8_t bytes[2 * PEER_ID_BYTES];
    memcpy(bytes, offerer_id, PEER_ID_BYTES);
    memcpy(bytes + PEER_ID_BYTES, offer_id, PEER_ID_BYTES);
    return siphash(str_from_bytes(bytes, sizeof bytes), groups->key);
}

static void drop_old_offers(WebPeer *peer, Seconds now) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < peer->answerable_count; i++)
        if (peer->answerable[i].until > now) peer->answerable[kept++] = peer->answerable[i];
    peer->answerable_count = kept;
    if (kept > 0) return;
    heap_free(peer->answerable);
    peer->answerable = NULL;
    peer->answerable_room = 0;
}

void web_peer_note_offer(const WebGroups *groups, WebPeer *receiver, const WebPeer *offerer,
                         const uint8_t *offer_id, Seconds until) {
    /* The oldest stand first. */
    if (receiver->answerable_count == TRACKER_WEB_ANSWERS_MAX) {
        memmove(receiver->answerable, receiver->answerable + 1,
                (TRACKER_WEB_ANSWERS_MAX - 1) * sizeof *receiver->answerable);
        receiver->answerable_count--;
    }
    receiver->answerable = heap_grow(receiver->answerable, &receiver->answerable_room,
                                     receiver->answerable_count + 1, sizeof *receiver->answerable);
    receiver->answerable[receiver->answerable_count++] =
        (WebAnswerable){.key = offer_key(groups, offerer->id, offer_id),
                        .socket = web_client_socket(offerer->client),
                        .asked = offerer->asked,
                        .until = until};
}

bool web_peer_take_offer(const WebGroups *groups, WebPeer *answerer, WebAnswering answering,
                         WebAnswerable *ret_offer) {
    uint64_t key = offer_key(groups, answering.offerer_id, answering.offer_id);
    drop_old_offers(answerer, answering.now);
    for (uint32_t i = 0; i < answerer->answerable_count; i++) {
        if (answerer->answerable[i].key != key) continue;
        *ret_offer = answerer->answerable[i];
        answerer->answerable[i].until = 0;
        drop_old_offers(answerer, answering.now);
        return true;
    }
    return false;
}

/* --- time --- */

static void sweep_group(WebGroups *groups, WebGroup *group, const WebSweep *sweep) {
    /* From the end, for who is removed changes places with the last; the last takes the group. */
    for (uint32_t left = group->count; left-- > 0;) {
        WebPeer *peer = group->places[left].peer;
        drop_old_offers(peer, sweep->now);
        if (peer->heard_at >= sweep->since) continue;
        bool is_last = group->count == 1;
        sweep->gone(sweep->argument, peer, sweep->now);
        web_groups_remove(groups, peer);
        if (is_last) return;
        if (left > group->count) left = group->count;
    }
}

void web_groups_sweep(WebGroups *groups, size_t stripe_number, const WebSweep *sweep) {
    Stripe *stripe = &groups->stripes[stripe_number % WEB_STRIPES];
    pthread_mutex_lock(&stripe->lock);
    for (size_t i = 0; i < BUCKETS_PER_STRIPE; i++)
        for (WebGroup *group = stripe->buckets[i], *next; group; group = next) {
            next = group->next;
            sweep_group(groups, group, sweep);
        }
    pthread_mutex_unlock(&stripe->lock);
}
