#include "tracker/address_meter.h"

#include <stdatomic.h>

#include "base/heap.h"
#include "base/random.h"
#include "tracker/scatter.h"

enum { ROWS = 2, PLACES = 1 << 16, COUNT_BITS = 32 };

struct AddressMeter {
    atomic_uint max;
    _Atomic Seconds window_s;
    ScatterKey keys[ROWS];
    _Atomic uint64_t places[ROWS][PLACES]; /* window << 32 | count */
};

AddressMeter *address_meter_create(void) {
    AddressMeter *meter = heap_new(1, sizeof *meter);
    meter->window_s = 1;
    random_bytes(meter->keys, sizeof meter->keys);
    return meter;
}

void address_meter_free(AddressMeter *meter) { heap_free(meter); }

void address_meter_change(AddressMeter *meter, unsigned max, Seconds window_s) {
    atomic_store(&meter->window_s, window_s);
    atomic_store(&meter->max, max);
}

static uint32_t count_in(uint64_t place, uint32_t window) {
    return place >> COUNT_BITS == window ? (uint32_t)place : 0;
}

static void count_one_more(_Atomic uint64_t *place, uint32_t window) {
    uint64_t old = atomic_load_explicit(place, memory_order_relaxed), fresh;
    do fresh = (uint64_t)window << COUNT_BITS | (count_in(old, window) + 1);
    while (!atomic_compare_exchange_weak_explicit(place, &old, fresh, memory_order_relaxed,
                                                  memory_order_relaxed));
}

bool address_meter_take(AddressMeter *meter, IpAddress ip, Seconds now) {
    unsigned max = atomic_load_explicit(&meter->max, memory_order_relaxed);
    if (max == 0) return true;
    Seconds window_s = atomic_load_explicit(&meter->window_s, memory_order_relaxed);
    uint32_t window = (uint32_t)(now / window_s) + 1; /* 0 is a place never used */
    const uint8_t *line = ip_is_v4(ip) ? ip.bytes + 12 : ip.bytes;
    size_t len = ip_is_v4(ip) ? 4 : 8;
    _Atomic uint64_t *places[ROWS];
    uint32_t least = UINT32_MAX;
    for (size_t row = 0; row < ROWS; row++) {
        places[row] = &meter->places[row][scatter(&meter->keys[row], line, len) % PLACES];
        uint64_t place = atomic_load_explicit(places[row], memory_order_relaxed);
        uint32_t count = count_in(place, window);
        if (count < least) least = count;
    }
    if (least >= max) return false;
    for (size_t row = 0; row < ROWS; row++) count_one_more(places[row], window);
    return true;
}
