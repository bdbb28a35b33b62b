/* statistic.h — the whole site over time: by the hour for two months, by the day for ever.
 * A row of an hour is added to every few minutes, so that its figures stand while it lasts and a
 * crash loses minutes. An hour in which nothing ran has no row: a gap, not a zero. */
#pragma once
#include "community/community.h"
#include "community/health_state.h"

enum {
    STATISTIC_HOUR_S = 3600,
    STATISTIC_DAY_S = 24 * 3600,
    STATISTIC_EVERY_S = 300,
    STATISTIC_HOURS_DAYS = 60, /* so many days stay told by the hour */
};

typedef struct {
    Seconds at; /* where the hour or day begins */
    /* At its end; of a day the mean. */
    uint64_t works, members, swarms, seeders, leechers, by_health[HEALTH_STATE_COUNT];
    /* Within it. */
    uint64_t uploads, completed, announces_udp, announces_http, announces_web, scrapes;
} Statistic;
typedef struct {
    Statistic *at;
    size_t count;
} Statistics;

/* What the tracker counts: swarms now, the rest since it was started. */
typedef struct {
    uint64_t swarms, announces_udp, announces_http, announces_web, scrapes;
} StatisticTracker;
/* What was told already; all zero at the start of the tracker. */
typedef struct {
    Seconds at; /* 0: nothing yet */
    StatisticTracker tracker;
    uint64_t completed;
} StatisticSampler;

/* Adds what happened since the last call, when STATISTIC_EVERY_S have begun anew or `is_last`. The
 * first call only marks where counting begins. Old hours become days. */
MUST_USE Error statistic_sample(Visit *visit, const StatisticTracker *tracker, bool is_last,
                                StatisticSampler *sampler);
/* As things are now, swarms as they were a few minutes ago. Nothing of what happened within. */
MUST_USE Error statistic_now(Visit *visit, Statistic *ret_statistic);
/* Hours or days from a moment on, oldest first. Days reach to today, whose hours are not over. */
MUST_USE Error statistic_hours(Visit *visit, Seconds from, Statistics *ret_statistics);
MUST_USE Error statistic_days(Visit *visit, Seconds from, Statistics *ret_statistics);
/* When the site was seen running last; 0: never. */
MUST_USE Error statistic_last_at(Visit *visit, Seconds *ret_at);
/* For the sample catalogue: a past made up. */
MUST_USE Error statistic_put(Visit *visit, const Statistic *hours, size_t count);
