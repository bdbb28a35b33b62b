#include "tracker/gate.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/random.h"
#include "tracker/hash_table.h"

enum {
    STRIPES = 256,
    METERS = 1 << 14,
    COUNT_BITS = 16,
    COUNT_MAX = (1 << COUNT_BITS) - 1,
};

typedef struct {
    SwarmHash hash; /* first: hash_table.h asks for it */
    SwarmHash swarm;
    bool is_barred;
} Entry;

typedef struct {
    alignas(64) pthread_mutex_t lock;
    HashTable entries;
} Stripe;

struct Gate {
    atomic_bool open;
    _Atomic unsigned new_swarms_per_address_max;
    uint8_t key[SIPHASH_KEY_BYTES];
    Stripe stripes[STRIPES];
    /* New swarms by address: minute << 16 | count. Addresses that fall together share one. */
    _Atomic uint32_t meters[METERS];
};

void gate_change_rules(Gate *gate, const GateRules *rules) {
    atomic_store_explicit(&gate->open, rules->open, memory_order_relaxed);
    atomic_store_explicit(&gate->new_swarms_per_address_max, rules->new_swarms_per_address_max,
                          memory_order_relaxed);
}

Gate *gate_create(const GateRules *rules) {
    Gate *gate = aligned_alloc(alignof(Gate), sizeof(Gate));
    if (!gate) return NULL;
    memset(gate, 0, sizeof *gate);
    gate_change_rules(gate, rules);
    random_bytes(gate->key, sizeof gate->key);
    for (size_t i = 0; i < STRIPES; i++) pthread_mutex_init(&gate->stripes[i].lock, NULL);
    return gate;
}

void gate_free(Gate *gate) {
    if (!gate) return;
    for (size_t i = 0; i < STRIPES; i++) {
        HashTable *entries = &gate->stripes[i].entries;
        for (size_t slot = 0; slot < entries->room; slot++) free(entries->slots[slot].value);
        hash_table_close(entries);
        pthread_mutex_destroy(&gate->stripes[i].lock);
    }
    free(gate);
}

GateNames gate_names(const InfoHash *hash) {
    GateNames names = {.count = 0};
    if (hash->has_v1) memcpy(names.hashes[names.count++].bytes, hash->v1, SHA1_BYTES);
    if (hash->has_v2) memcpy(names.hashes[names.count++].bytes, hash->v2, SHA1_BYTES);
    return names;
}

static Entry *entry_create(const Entry *copied) {
    Entry *entry = malloc(sizeof *entry);
    if (entry) *entry = *copied;
    return entry;
}

static void entry_free(Entry *entry) { free(entry); }

static Stripe *stripe_of(Gate *gate, uint64_t order) {
    return &gate->stripes[order >> 56]; /* 256 stripes: the top byte */
}

static bool put_entry(Gate *gate, const Entry *entry) {
    uint64_t order = hash_order(&entry->hash, gate->key);
    Stripe *stripe = stripe_of(gate, order);
    pthread_mutex_lock(&stripe->lock);
    Entry *known = hash_table_find(&stripe->entries, order, &entry->hash);
    Entry *fresh = known ? NULL : entry_create(entry);
    if (known) *known = *entry;
    bool done = known || (fresh && hash_table_add(&stripe->entries, order, fresh));
    if (!done) entry_free(fresh);
    pthread_mutex_unlock(&stripe->lock);
    return done;
}

bool gate_add(Gate *gate, const InfoHash *hash) {
    GateNames names = gate_names(hash);
    bool done = names.count > 0;
    for (size_t i = 0; i < names.count; i++) {
        Entry entry = {.hash = names.hashes[i], .swarm = names.hashes[0]};
        done = put_entry(gate, &entry) && done;
    }
    return done;
}

static void take_entry(Gate *gate, const SwarmHash *hash) {
    uint64_t order = hash_order(hash, gate->key);
    Stripe *stripe = stripe_of(gate, order);
    pthread_mutex_lock(&stripe->lock);
    entry_free(hash_table_remove(&stripe->entries, order, hash));
    pthread_mutex_unlock(&stripe->lock);
}

void gate_remove(Gate *gate, const InfoHash *hash) {
    GateNames names = gate_names(hash);
    for (size_t i = 0; i < names.count; i++) {
        Entry barred = {.hash = names.hashes[i], .swarm = names.hashes[0], .is_barred = true};
        if (!gate->open || !put_entry(gate, &barred)) take_entry(gate, &names.hashes[i]);
    }
}

GatePass gate_enter(Gate *gate, const SwarmHash *hash, SwarmHash *ret_swarm) {
    uint64_t order = hash_order(hash, gate->key);
    Stripe *stripe = stripe_of(gate, order);
    pthread_mutex_lock(&stripe->lock);
    const Entry *entry = hash_table_find(&stripe->entries, order, hash);
    if (entry ? entry->is_barred : !gate->open) {
        pthread_mutex_unlock(&stripe->lock);
        return GATE_REFUSED;
    }
    *ret_swarm = entry ? entry->swarm : *hash;
    return entry ? GATE_LISTED : GATE_STRANGER;
}

void gate_leave(Gate *gate, const SwarmHash *hash) {
    pthread_mutex_unlock(&stripe_of(gate, hash_order(hash, gate->key))->lock);
}

static _Atomic uint32_t *meter_of(Gate *gate, IpAddress ip) {
    size_t len = ip_is_v4(ip) ? sizeof ip.bytes : 8; /* IPv6: a line has a whole /64 */
    return &gate->meters[siphash(str_from_bytes(ip.bytes, len), gate->key) % METERS];
}

static uint32_t minute_of(Seconds now) { return (uint32_t)(now / 60) & COUNT_MAX; }

bool gate_may_begin(Gate *gate, IpAddress ip, Seconds now) {
    unsigned max = atomic_load_explicit(&gate->new_swarms_per_address_max, memory_order_relaxed);
    if (max == 0) return true;
    uint32_t meter = atomic_load_explicit(meter_of(gate, ip), memory_order_relaxed);
    return meter >> COUNT_BITS != minute_of(now) || (meter & COUNT_MAX) < max;
}

void gate_note_begun(Gate *gate, IpAddress ip, Seconds now) {
    if (gate->new_swarms_per_address_max == 0) return;
    _Atomic uint32_t *meter = meter_of(gate, ip);
    uint32_t old = atomic_load_explicit(meter, memory_order_relaxed), fresh;
    do {
        bool same_minute = old >> COUNT_BITS == minute_of(now);
        uint32_t count = same_minute ? old & COUNT_MAX : 0;
        fresh = minute_of(now) << COUNT_BITS | (count < COUNT_MAX ? count + 1 : count);
    } while (!atomic_compare_exchange_weak(meter, &old, fresh));
}
