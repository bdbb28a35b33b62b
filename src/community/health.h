/* health.h — how a work fared over time: seeders, leechers and completions, by the hour for two
 * weeks, by the day for years.
 * A series is steps: what was counted holds until the next step says otherwise, so a swarm that
 * stands still costs nothing. Kept as bytes, two or three a step, by the hour and by the day apart:
 * the first change all day, the second once a day. Pure: time is an argument, everything lives in
 * the arena. Bytes that health_write would not have written are refused whole. */
#pragma once
#include "base/arena.h"

enum {
    HEALTH_HOURS_DAYS = 14,  /* so many full days stay told by the hour */
    HEALTH_STEPS_MAX = 3660, /* of one series; ten years of days. The oldest go first */
    HEALTH_BYTES_MAX = 80000 /* of such a series, at the worst */
};

typedef struct {
    uint32_t at; /* number of the hour or day, counted from 1970 */
    uint32_t seeders, leechers;
    uint32_t completed; /* within this hour or day; in those up to the next step nobody did */
} HealthStep;

typedef struct {
    HealthStep *at; /* ordered, each later than the one before */
    size_t count, room;
} HealthSteps;

/* False when the bytes are damaged. No bytes: no steps. */
bool health_parse(Str bytes, Arena *arena, HealthSteps *ret_steps);
Str health_write(const HealthSteps *steps, Arena *arena);

/* What was counted at the end of step.at. Nothing new is not kept; a second count of the same hour
 * or, when a clock was set back, of an earlier one, takes the place of the last and adds its
 * completions. */
void health_append(HealthSteps *steps, HealthStep step, Arena *arena);

/* Makes days of the hours that end HEALTH_HOURS_DAYS full days before `hour`: of each its mean, but
 * never none where somebody was. */
void health_compact(HealthSteps *hours, HealthSteps *days, uint32_t hour, Arena *arena);
uint32_t health_first_kept_hour(uint32_t hour);

/* What held at `at`: a step of which only seeders and leechers count. False before the first. */
bool health_at(const HealthSteps *steps, uint32_t at, HealthStep *ret_step);
