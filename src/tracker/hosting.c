#include "tracker/hosting.h"

#include <pthread.h>

#include "base/digest.h"
#include "base/heap.h"
#include "base/random.h"

enum {
    BUCKETS = 1 << 16,
    CHUNK = 4096, /* hostings made at a time, so that growing moves none */
    CHUNKS = HOSTINGS_MAX / CHUNK,
    CLIENTS_MAX = 4, /* of one member in one swarm; a fifth takes the oldest place */
    WALK_MAX = 4096, /* hostings looked at for one list */
    NOBODY = 0,      /* numbers of holders and hostings start at 1 */
};

/* A key, and the member who has it. */
typedef struct {
    uint64_t tag, check; /* two keyed hashes of the key */
    int64_t member;
    uint32_t first, count; /* hostings */
    uint32_t next;         /* in the bucket of its tag, or among the free */
} Holder;

typedef struct {
    uint32_t tag; /* of its endpoint */
    uint32_t seen_s;
    bool is_there;
} Client;

typedef struct {
    uint32_t next, before;
} Link;

/* One member in one swarm. */
typedef struct {
    SwarmHash swarm;
    uint32_t holder; /* NOBODY: a free place */
    Client clients[CLIENTS_MAX];
    Link of_swarm, of_holder;
    uint32_t next; /* in the bucket of swarm and holder, or among the free */
} Hosting;

struct Hostings {
    pthread_mutex_t lock;
    Seconds expiry_s;
    uint8_t keys[3][SIPHASH_KEY_BYTES]; /* for tags, for checks, for all other hashes */
    Holder *holders;
    size_t holder_room;
    uint32_t holder_count, holders_free, holders_made;
    Hosting *chunks[CHUNKS];
    uint32_t hostings_free, hostings_made, swept;
    uint32_t by_tag[BUCKETS], by_pair[BUCKETS], by_swarm[BUCKETS];
};

Hostings *hostings_create(Seconds expiry_s) {
    Hostings *hostings = heap_new(1, sizeof *hostings);
    hostings->expiry_s = expiry_s;
    random_bytes(hostings->keys, sizeof hostings->keys);
    pthread_mutex_init(&hostings->lock, NULL);
    return hostings;
}

void hostings_free(Hostings *hostings) {
    if (!hostings) return;
    for (size_t i = 0; i < CHUNKS; i++) heap_free(hostings->chunks[i]);
    heap_free(hostings->holders);
    pthread_mutex_destroy(&hostings->lock);
    heap_free(hostings);
}

/* --- finding --- */

static uint64_t hash_with(const Hostings *hostings, size_t key, const void *bytes, size_t len) {
    return siphash(str_from_bytes(bytes, len), hostings->keys[key]);
}

static Hosting *hosting_at(Hostings *hostings, uint32_t number) {
    return &hostings->chunks[(number - 1) / CHUNK][(number - 1) % CHUNK];
}

static Holder *holder_at(Hostings *hostings, uint32_t number) {
    return &hostings->holders[number - 1];
}

static uint32_t *swarm_bucket(Hostings *hostings, const SwarmHash *swarm) {
    return &hostings->by_swarm[hash_with(hostings, 2, swarm->bytes, sizeof swarm->bytes) % BUCKETS];
}

static uint32_t *pair_bucket(Hostings *hostings, const SwarmHash *swarm, uint32_t holder) {
    uint8_t pair[sizeof swarm->bytes + sizeof holder];
    memcpy(pair, swarm->bytes, sizeof swarm->bytes);
    memcpy(pair + sizeof swarm->bytes, &holder, sizeof holder);
    return &hostings->by_pair[hash_with(hostings, 2, pair, sizeof pair) % BUCKETS];
}

static uint32_t find_holder(Hostings *hostings, const AnnounceKey *key) {
    uint64_t tag = hash_with(hostings, 0, key->bytes, sizeof key->bytes);
    uint64_t check = hash_with(hostings, 1, key->bytes, sizeof key->bytes);
    uint32_t number = hostings->by_tag[tag % BUCKETS];
    while (number != NOBODY) {
        const Holder *holder = holder_at(hostings, number);
        if (holder->tag == tag && holder->check == check) break;
        number = holder->next;
    }
    return number;
}

static uint32_t find_hosting(Hostings *hostings, const SwarmHash *swarm, uint32_t holder) {
    uint32_t number = *pair_bucket(hostings, swarm, holder);
    while (number != NOBODY) {
        const Hosting *hosting = hosting_at(hostings, number);
        if (hosting->holder == holder && memcmp(&hosting->swarm, swarm, sizeof *swarm) == 0) break;
        number = hosting->next;
    }
    return number;
}

/* --- hostings come and go --- */

static uint32_t take_free_place(Hostings *hostings) {
    uint32_t number = hostings->hostings_free;
    if (number != NOBODY) {
        hostings->hostings_free = hosting_at(hostings, number)->next;
        return number;
    }
    if (hostings->hostings_made == HOSTINGS_MAX) return NOBODY;
    Hosting **chunk = &hostings->chunks[hostings->hostings_made / CHUNK];
    if (!*chunk) *chunk = heap_new(CHUNK, sizeof **chunk);
    return ++hostings->hostings_made;
}

static uint32_t begin_hosting(Hostings *hostings, const SwarmHash *swarm, uint32_t holder_number) {
    Holder *holder = holder_at(hostings, holder_number);
    uint32_t number = holder->count < HOSTINGS_OF_MEMBER_MAX ? take_free_place(hostings) : NOBODY;
    if (number == NOBODY) return NOBODY;
    uint32_t *by_swarm = swarm_bucket(hostings, swarm);
    uint32_t *by_pair = pair_bucket(hostings, swarm, holder_number);
    *hosting_at(hostings, number) = (Hosting){.swarm = *swarm,
                                              .holder = holder_number,
                                              .of_swarm = {.next = *by_swarm},
                                              .of_holder = {.next = holder->first},
                                              .next = *by_pair};
    if (*by_swarm) hosting_at(hostings, *by_swarm)->of_swarm.before = number;
    if (holder->first) hosting_at(hostings, holder->first)->of_holder.before = number;
    *by_swarm = *by_pair = holder->first = number;
    holder->count++;
    return number;
}

static void end_hosting(Hostings *hostings, uint32_t number) {
    Hosting *hosting = hosting_at(hostings, number);
    Holder *holder = holder_at(hostings, hosting->holder);
    Link swarm = hosting->of_swarm, held = hosting->of_holder;

    uint32_t *at = pair_bucket(hostings, &hosting->swarm, hosting->holder);
    while (*at != number) at = &hosting_at(hostings, *at)->next;
    *at = hosting->next;
    if (swarm.next) hosting_at(hostings, swarm.next)->of_swarm.before = swarm.before;
    if (swarm.before)
        hosting_at(hostings, swarm.before)->of_swarm.next = swarm.next;
    else
        *swarm_bucket(hostings, &hosting->swarm) = swarm.next;
    if (held.next) hosting_at(hostings, held.next)->of_holder.before = held.before;
    if (held.before)
        hosting_at(hostings, held.before)->of_holder.next = held.next;
    else
        holder->first = held.next;
    holder->count--;
    *hosting = (Hosting){.next = hostings->hostings_free};
    hostings->hostings_free = number;
}

static bool is_over(const Hostings *hostings, const Hosting *hosting, Seconds now) {
    for (size_t i = 0; i < CLIENTS_MAX; i++) {
        const Client *client = &hosting->clients[i];
        if (client->is_there && now - client->seen_s <= hostings->expiry_s) return false;
    }
    return true;
}

static Client *find_client(Hosting *hosting, uint32_t tag) {
    for (size_t i = 0; i < CLIENTS_MAX; i++)
        if (hosting->clients[i].is_there && hosting->clients[i].tag == tag)
            return &hosting->clients[i];
    return NULL;
}

/* A free place, or that of the client not heard of for longest. */
static Client *place_for_client(Hosting *hosting) {
    Client *best = &hosting->clients[0];
    for (size_t i = 1; i < CLIENTS_MAX && best->is_there; i++) {
        Client *client = &hosting->clients[i];
        if (!client->is_there || client->seen_s < best->seen_s) best = client;
    }
    return best;
}

static void note_seeding(Hostings *hostings, const Announce *announce, uint32_t holder,
                         Client client) {
    uint32_t number = find_hosting(hostings, &announce->hash, holder);
    if (number == NOBODY) number = begin_hosting(hostings, &announce->hash, holder);
    if (number == NOBODY) return;
    Hosting *hosting = hosting_at(hostings, number);
    Client *known = find_client(hosting, client.tag);
    *(known ? known : place_for_client(hosting)) = client;
}

static void note_gone(Hostings *hostings, const Announce *announce, uint32_t holder,
                      Client client) {
    uint32_t number = find_hosting(hostings, &announce->hash, holder);
    if (number == NOBODY) return;
    Hosting *hosting = hosting_at(hostings, number);
    Client *known = find_client(hosting, client.tag);
    if (known) known->is_there = false;
    if (is_over(hostings, hosting, client.seen_s)) end_hosting(hostings, number);
}

void hostings_note(Hostings *hostings, const Announce *announce, Seconds now) {
    if (!announce->key.is_given) return;
    Endpoint from = announce->from;
    uint8_t endpoint[sizeof from.ip.bytes + sizeof from.port];
    memcpy(endpoint, from.ip.bytes, sizeof from.ip.bytes);
    memcpy(endpoint + sizeof from.ip.bytes, &from.port, sizeof from.port);
    Client client = {.tag = (uint32_t)hash_with(hostings, 2, endpoint, sizeof endpoint),
                     .seen_s = (uint32_t)now,
                     .is_there = true};
    bool seeds = announce->left == 0 && announce->event != EVENT_STOPPED;
    pthread_mutex_lock(&hostings->lock);
    uint32_t holder = find_holder(hostings, &announce->key);
    if (holder != NOBODY && seeds) note_seeding(hostings, announce, holder, client);
    if (holder != NOBODY && !seeds) note_gone(hostings, announce, holder, client);
    pthread_mutex_unlock(&hostings->lock);
}

/* --- keys --- */

static uint32_t make_holder(Hostings *hostings) {
    uint32_t number = hostings->holders_free;
    if (number != NOBODY) {
        hostings->holders_free = holder_at(hostings, number)->next;
        return number;
    }
    if (hostings->holders_made == ANNOUNCE_KEYS_MAX) return NOBODY;
    hostings->holders = heap_grow(hostings->holders, &hostings->holder_room,
                                  hostings->holders_made + 1, sizeof *hostings->holders);
    return ++hostings->holders_made;
}

static void drop_all_of(Hostings *hostings, uint32_t holder) {
    while (holder_at(hostings, holder)->first)
        end_hosting(hostings, holder_at(hostings, holder)->first);
}

bool hostings_add_key(Hostings *hostings, const AnnounceKey *key, int64_t member) {
    pthread_mutex_lock(&hostings->lock);
    uint32_t number = find_holder(hostings, key);
    if (number != NOBODY) {
        drop_all_of(hostings, number);
        holder_at(hostings, number)->member = member;
    } else if ((number = make_holder(hostings)) != NOBODY) {
        Holder *holder = holder_at(hostings, number);
        *holder = (Holder){.tag = hash_with(hostings, 0, key->bytes, sizeof key->bytes),
                           .check = hash_with(hostings, 1, key->bytes, sizeof key->bytes),
                           .member = member};
        holder->next = hostings->by_tag[holder->tag % BUCKETS];
        hostings->by_tag[holder->tag % BUCKETS] = number;
        hostings->holder_count++;
    }
    pthread_mutex_unlock(&hostings->lock);
    return number != NOBODY;
}

void hostings_remove_key(Hostings *hostings, const AnnounceKey *key) {
    pthread_mutex_lock(&hostings->lock);
    uint32_t number = find_holder(hostings, key);
    if (number != NOBODY) {
        Holder *holder = holder_at(hostings, number);
        drop_all_of(hostings, number);
        uint32_t *at = &hostings->by_tag[holder->tag % BUCKETS];
        while (*at != number) at = &holder_at(hostings, *at)->next;
        *at = holder->next;
        *holder = (Holder){.next = hostings->holders_free};
        hostings->holders_free = number;
        hostings->holder_count--;
    }
    pthread_mutex_unlock(&hostings->lock);
}

void hostings_change_expiry(Hostings *hostings, Seconds expiry_s) {
    pthread_mutex_lock(&hostings->lock);
    hostings->expiry_s = expiry_s;
    pthread_mutex_unlock(&hostings->lock);
}

size_t hostings_key_count(Hostings *hostings) {
    pthread_mutex_lock(&hostings->lock);
    size_t count = hostings->holder_count;
    pthread_mutex_unlock(&hostings->lock);
    return count;
}

/* --- lists --- */

size_t hostings_members(Hostings *hostings, const SwarmHash *swarm, Seconds now,
                        int64_t *ret_members, size_t room) {
    size_t count = 0, walked = 0;
    pthread_mutex_lock(&hostings->lock);
    uint32_t number = *swarm_bucket(hostings, swarm);
    for (; number != NOBODY && walked < WALK_MAX; walked++) {
        const Hosting *hosting = hosting_at(hostings, number);
        number = hosting->of_swarm.next;
        if (memcmp(&hosting->swarm, swarm, sizeof *swarm) != 0) continue;
        if (is_over(hostings, hosting, now)) continue;
        if (count < room) ret_members[count] = holder_at(hostings, hosting->holder)->member;
        count++;
    }
    pthread_mutex_unlock(&hostings->lock);
    return count;
}

size_t hostings_swarms(Hostings *hostings, const AnnounceKey *key, Seconds now, HostedRoom room) {
    size_t count = 0;
    pthread_mutex_lock(&hostings->lock);
    uint32_t holder = find_holder(hostings, key);
    uint32_t number = holder == NOBODY ? NOBODY : holder_at(hostings, holder)->first;
    while (number != NOBODY) {
        const Hosting *hosting = hosting_at(hostings, number);
        number = hosting->of_holder.next;
        if (is_over(hostings, hosting, now)) continue;
        if (count < room.room) room.at[count] = hosting->swarm;
        count++;
    }
    pthread_mutex_unlock(&hostings->lock);
    return count;
}

void hostings_remove_swarm(Hostings *hostings, const SwarmHash *swarm) {
    pthread_mutex_lock(&hostings->lock);
    uint32_t number = *swarm_bucket(hostings, swarm);
    while (number != NOBODY) {
        uint32_t next = hosting_at(hostings, number)->of_swarm.next;
        if (memcmp(&hosting_at(hostings, number)->swarm, swarm, sizeof *swarm) == 0)
            end_hosting(hostings, number);
        number = next;
    }
    pthread_mutex_unlock(&hostings->lock);
}

void hostings_sweep(Hostings *hostings, size_t places, Seconds now) {
    pthread_mutex_lock(&hostings->lock);
    if (places > hostings->hostings_made) places = hostings->hostings_made;
    for (; places > 0; places--) {
        if (hostings->swept >= hostings->hostings_made) hostings->swept = 0;
        uint32_t number = ++hostings->swept;
        const Hosting *hosting = hosting_at(hostings, number);
        if (hosting->holder != NOBODY && is_over(hostings, hosting, now))
            end_hosting(hostings, number);
    }
    pthread_mutex_unlock(&hostings->lock);
}
