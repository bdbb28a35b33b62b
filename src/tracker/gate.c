#include "tracker/gate.h"

#include <stdatomic.h>

#include "base/digest.h"
#include "base/random.h"

enum {
    METERS = 1 << 14,
    COUNT_BITS = 16,
    COUNT_MAX = (1 << COUNT_BITS) - 1,
};

struct Gate {
    atomic_bool open;
    _Atomic unsigned new_swarms_per_address_max;
    uint8_t key[SIPHASH_KEY_BYTES];
    /* New swarms by address: minute << 16 | count. Addresses that fall together share one. */
    _Atomic uint32_t meters[METERS];
};

void gate_change_rules(Gate *gate, const GateRules *rules) {
    atomic_store_explicit(&gate->open, rules->open, memory_order_relaxed);
    atomic_store_explicit(&gate->new_swarms_per_address_max, rules->new_swarms_per_address_max,
                          memory_order_relaxed);
}

Gate *gate_create(const GateRules *rules) {
    Gate *gate = calloc(1, sizeof *gate);
    if (!gate) return NULL;
    gate_change_rules(gate, rules);
    random_bytes(gate->key, sizeof gate->key);
    return gate;
}

void gate_free(Gate *gate) { free(gate); }

bool gate_is_open(const Gate *gate) {
    return atomic_load_explicit(&gate->open, memory_order_relaxed);
}

GateNames gate_names(const InfoHash *hash) {
    GateNames names = {.count = 0};
    if (hash->has_v1) memcpy(names.hashes[names.count++].bytes, hash->v1, SHA1_BYTES);
    if (hash->has_v2) memcpy(names.hashes[names.count++].bytes, hash->v2, SHA1_BYTES);
    return names;
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
