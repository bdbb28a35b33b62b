#include "community/health_state.h"

const HealthStateRow health_states[HEALTH_STATE_COUNT] = {
    [HEALTH_NEW] = {"new", "New",
                    "Published less than two days ago, with fewer than three seeders."},
    [HEALTH_ALIVE] = {"alive", "Alive",
                      "Three seeders or more, now or within the last day while one stays."},
    [HEALTH_AT_RISK] =
        {"at_risk", "At risk",
         "One or two seeders, or none for less than two weeks, or people who wait for "
         "the first."},
    [HEALTH_DEAD] = {"dead", "Dead", "No seeder for two weeks or longer."},
    [HEALTH_UNKNOWN] = {"unknown", "Never seen",
                        "Our tracker has not seen a seeder yet. It may live on other trackers."},
};

/* The first row of which every condition holds; 0: no condition. */
static const struct {
    HealthState state;
    uint32_t seeders_min, leechers_min;
    Seconds well_seeded_s, seeder_s, published_s; /* not longer ago */
    bool ever_seeded;
} rules[] = {
    {HEALTH_ALIVE, .seeders_min = HEALTH_WELL_SEEDED},
    {HEALTH_ALIVE, .seeders_min = 1, .well_seeded_s = HEALTH_STEADY_S},
    {HEALTH_NEW, .published_s = HEALTH_NEW_S},
    {HEALTH_AT_RISK, .seeders_min = 1},
    {HEALTH_AT_RISK, .seeder_s = HEALTH_MISSED_S},
    {HEALTH_DEAD, .ever_seeded = true},
    {HEALTH_AT_RISK, .leechers_min = 1},
    {HEALTH_UNKNOWN},
};
enum { RULE_COUNT = sizeof rules / sizeof rules[0] };

static bool is_within(Seconds at, Seconds span_s, Seconds now) {
    return !span_s || (at > 0 && now - at < span_s);
}

HealthState health_state(const HealthFacts *facts, Seconds now) {
    for (size_t i = 0; i < RULE_COUNT; i++) {
        if (facts->seeders >= rules[i].seeders_min && facts->leechers >= rules[i].leechers_min &&
            is_within(facts->well_seeded_at, rules[i].well_seeded_s, now) &&
            is_within(facts->last_seeder_at, rules[i].seeder_s, now) &&
            is_within(facts->published_at, rules[i].published_s, now) &&
            (!rules[i].ever_seeded || facts->last_seeder_at > 0))
            return rules[i].state;
    }
    return HEALTH_UNKNOWN;
}

bool health_state_parse(Str code, HealthState *ret_state) {
    for (int state = 0; state < HEALTH_STATE_COUNT; state++) {
        if (!str_equal(code, str_from_c(health_states[state].code))) continue;
        *ret_state = (HealthState)state;
        return true;
    }
    return false;
}
