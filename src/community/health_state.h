/* health_state.h — whether a work lives: one table of rules for pages, lists, search and API.
 * Read from what the tracker counted: the seeders now, and when there was one, or three, last. */
#pragma once
#include "base/clock.h"

typedef enum {
    HEALTH_NEW,
    HEALTH_ALIVE,
    HEALTH_AT_RISK,
    HEALTH_DEAD,
    HEALTH_UNKNOWN, /* our tracker has never seen a seeder: it may live elsewhere */
    HEALTH_STATE_COUNT
} HealthState;

enum {
    HEALTH_WELL_SEEDED = 3, /* seeders a work is safe with */
    HEALTH_STEADY_S = 24 * 3600,
    HEALTH_NEW_S = 2 * 24 * 3600,
    HEALTH_MISSED_S = 14 * 24 * 3600,
};

typedef struct {
    uint32_t seeders, leechers; /* now */
    Seconds published_at;
    Seconds last_seeder_at, well_seeded_at; /* when last, up to now; 0: never */
} HealthFacts;

HealthState health_state(const HealthFacts *facts, Seconds now);

typedef struct {
    const char *code; /* "at_risk" */
    const char *name; /* "At risk" */
    const char *rule; /* a sentence, also a key of its translation */
} HealthStateRow;
extern const HealthStateRow health_states[HEALTH_STATE_COUNT];
bool health_state_parse(Str code, HealthState *ret_state);
