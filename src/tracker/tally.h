/* tally.h — counting: what the tracker was asked, and which swarms changed.
 * Counters are plain additions, one set for each thread so that none waits for another; they are
 * summed when somebody asks. */
#pragma once
#include <stdatomic.h>

#include "tracker/swarm.h"
#include "tracker/tracker.h"

typedef struct {
    alignas(64) _Atomic uint64_t announces_udp[FAMILY_COUNT][EVENT_COUNT];
    _Atomic uint64_t announces_http[FAMILY_COUNT][EVENT_COUNT];
    _Atomic uint64_t scrapes, connects, refused, bad_connection_ids, peers_not_stored,
        clients_denied;
} Counters;

/* In a set that several threads share. */
static inline void count_one(_Atomic uint64_t *counter) {
    atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}
/* In a set only this thread counts in: no locked instruction. */
static inline void count_own(_Atomic uint64_t *counter, uint64_t number) {
    uint64_t old = atomic_load_explicit(counter, memory_order_relaxed);
    atomic_store_explicit(counter, old + number, memory_order_relaxed);
}

void tally_add_counters(const Counters *counters, TrackerTotals *totals);
/* Hands over what changed in swarms that are tracked; no lock is held during `each`. */
void tally_hand_over(Swarms *swarms, TallyEach each, void *argument);
