#include "tracker/tally.h"

#include <assert.h>

enum { CHANGES_AT_ONCE = 64 };

static uint64_t read_counter(const _Atomic uint64_t *counter) {
    return atomic_load_explicit(counter, memory_order_relaxed);
}

static_assert((int)TRACKER_FAMILIES == FAMILY_COUNT && (int)TRACKER_EVENTS == EVENT_COUNT,
              "every kind of announce has its place");

static uint64_t add_announces(const _Atomic uint64_t counters[FAMILY_COUNT][EVENT_COUNT],
                              AnnounceTotals *totals) {
    uint64_t all = 0;
    for (size_t family = 0; family < FAMILY_COUNT; family++) {
        for (size_t event = 0; event < EVENT_COUNT; event++) {
            uint64_t count = read_counter(&counters[family][event]);
            totals->by[family][event] += count;
            all += count;
        }
    }
    return all;
}

void tally_add_counters(const Counters *counters, TrackerTotals *totals) {
    totals->announces_udp += add_announces(counters->announces_udp, &totals->udp);
    totals->announces_http += add_announces(counters->announces_http, &totals->http);
    totals->scrapes += read_counter(&counters->scrapes);
    totals->connects += read_counter(&counters->connects);
    totals->refused += read_counter(&counters->refused);
    totals->bad_connection_ids += read_counter(&counters->bad_connection_ids);
    totals->clients_denied += read_counter(&counters->clients_denied);
    totals->peers_not_stored += read_counter(&counters->peers_not_stored);
}

void tally_hand_over(Swarms *swarms, TallyEach each, void *argument) {
    SwarmChange changes[CHANGES_AT_ONCE];
    for (size_t shard = 0; shard < swarms_shard_count(swarms); shard++) {
        size_t count = CHANGES_AT_ONCE, position = 0;
        while (count == CHANGES_AT_ONCE) {
            count = swarms_take_changed(swarms, shard, &position, changes, CHANGES_AT_ONCE);
            for (size_t i = 0; i < count; i++) {
                const SwarmState *state = &changes[i].state;
                SwarmCount swarm = {.hash = changes[i].hash,
                                    .seeders = state->seeders,
                                    .leechers = state->leechers,
                                    .seeders_v6 = state->seeders_v6,
                                    .leechers_v6 = state->leechers_v6,
                                    .seeders_web = state->seeders_web,
                                    .leechers_web = state->leechers_web,
                                    .completed = state->completed};
                each(argument, &swarm);
            }
        }
    }
}
