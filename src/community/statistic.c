#include "community/statistic.h"

#include "base/limits.h"
#include "queries/member.h"
#include "queries/progress.h"
#include "queries/statistic.h"

/* --- between rows and structs --- */

static Statistic from_row(const StatisticLineRow *row) {
    return (Statistic){
        .at = row->at,
        .works = (uint64_t)row->works,
        .members = (uint64_t)row->members,
        .swarms = (uint64_t)row->swarms,
        .seeders = (uint64_t)row->seeders,
        .leechers = (uint64_t)row->leechers,
        .by_health = {[HEALTH_NEW] = (uint64_t)row->works_new,
                      [HEALTH_ALIVE] = (uint64_t)row->works_alive,
                      [HEALTH_AT_RISK] = (uint64_t)row->works_at_risk,
                      [HEALTH_DEAD] = (uint64_t)row->works_dead,
                      [HEALTH_UNKNOWN] = (uint64_t)(row->works - row->works_new - row->works_alive -
                                                    row->works_at_risk - row->works_dead)},
        .uploads = (uint64_t)row->uploads,
        .completed = (uint64_t)row->completed,
        .announces_udp = (uint64_t)row->announces_udp,
        .announces_http = (uint64_t)row->announces_http,
        .announces_web = (uint64_t)row->announces_web,
        .scrapes = (uint64_t)row->scrapes,
    };
}

static StatisticAddAsk add_ask(int64_t span_s, const Statistic *statistic) {
    return (StatisticAddAsk){
        .span_s = span_s,
        .at = statistic->at,
        .works = (int64_t)statistic->works,
        .members = (int64_t)statistic->members,
        .swarms = (int64_t)statistic->swarms,
        .seeders = (int64_t)statistic->seeders,
        .leechers = (int64_t)statistic->leechers,
        .works_new = (int64_t)statistic->by_health[HEALTH_NEW],
        .works_alive = (int64_t)statistic->by_health[HEALTH_ALIVE],
        .works_at_risk = (int64_t)statistic->by_health[HEALTH_AT_RISK],
        .works_dead = (int64_t)statistic->by_health[HEALTH_DEAD],
        .uploads = (int64_t)statistic->uploads,
        .completed = (int64_t)statistic->completed,
        .announces_udp = (int64_t)statistic->announces_udp,
        .announces_http = (int64_t)statistic->announces_http,
        .announces_web = (int64_t)statistic->announces_web,
        .scrapes = (int64_t)statistic->scrapes,
    };
}

typedef struct {
    int64_t span_s;
    const Statistic *at;
    size_t count;
    Seconds forget_hours_before; /* 0: none */
} Adding;

static Error add(Db *db, Arena *arena, void *argument) {
    const Adding *adding = argument;
    for (size_t i = 0; i < adding->count; i++)
        TRY(query_statistic_add(db, arena, add_ask(adding->span_s, &adding->at[i]), NULL));
    if (!adding->forget_hours_before) return OK;
    return query_statistic_forget(
        db, arena,
        (StatisticForgetAsk){.span_s = STATISTIC_HOUR_S, .before = adding->forget_hours_before},
        NULL);
}

static Error list(Visit *visit, int64_t span_s, Seconds from, Statistics *ret_statistics) {
    StatisticLineRows rows;
    TRY(query_statistic_list(visit->db, visit->arena,
                             (StatisticListAsk){.span_s = span_s, .from_at = from}, &rows));
    Statistics list = {arena_new(visit->arena, Statistic, rows.count + 1), rows.count};
    for (size_t i = 0; i < rows.count; i++) list.at[i] = from_row(&rows.at[i]);
    *ret_statistics = list;
    return OK;
}

/* --- days out of hours --- */

static Seconds day_of(Seconds at) { return at - at % STATISTIC_DAY_S; }

static void add_hour(Statistic *day, const Statistic *hour) {
    day->works += hour->works;
    day->members += hour->members;
    day->swarms += hour->swarms;
    day->seeders += hour->seeders;
    day->leechers += hour->leechers;
    for (int state = 0; state < HEALTH_STATE_COUNT; state++)
        day->by_health[state] += hour->by_health[state];
    day->uploads += hour->uploads;
    day->completed += hour->completed;
    day->announces_udp += hour->announces_udp;
    day->announces_http += hour->announces_http;
    day->announces_web += hour->announces_web;
    day->scrapes += hour->scrapes;
}

static uint64_t mean(uint64_t sum, uint64_t count) { return (sum + count / 2) / count; }

static void make_mean(Statistic *day, uint64_t hours) {
    day->members = mean(day->members, hours);
    day->swarms = mean(day->swarms, hours);
    day->seeders = mean(day->seeders, hours);
    day->leechers = mean(day->leechers, hours);
    day->works = 0; /* as many as their states together, whichever way those are rounded */
    for (int state = 0; state < HEALTH_STATE_COUNT; state++)
        day->works += day->by_health[state] = mean(day->by_health[state], hours);
}

/* The days of hours before `until`, behind those that are in `days` already. */
static void gather_days(const Statistics *hours, Seconds until, Statistics *days) {
    for (size_t i = 0; i < hours->count && hours->at[i].at < until;) {
        Statistic day = {.at = day_of(hours->at[i].at)};
        uint64_t count = 0;
        for (; i < hours->count && day_of(hours->at[i].at) == day.at; i++, count++)
            add_hour(&day, &hours->at[i]);
        make_mean(&day, count);
        days->at[days->count++] = day;
    }
}

Error statistic_hours(Visit *visit, Seconds from, Statistics *ret_statistics) {
    return list(visit, STATISTIC_HOUR_S, from - from % STATISTIC_HOUR_S, ret_statistics);
}

Error statistic_days(Visit *visit, Seconds from, Statistics *ret_statistics) {
    Statistics days, hours;
    TRY(list(visit, STATISTIC_DAY_S, day_of(from), &days));
    TRY(list(visit, STATISTIC_HOUR_S, day_of(from), &hours));
    Statistics all = {arena_new(visit->arena, Statistic, days.count + hours.count + 1), days.count};
    memcpy(all.at, days.at, days.count * sizeof *days.at);
    gather_days(&hours, INT64_MAX, &all);
    *ret_statistics = all;
    return OK;
}

static Error make_days(Visit *visit) {
    Seconds until = day_of(visit->now) - (Seconds)STATISTIC_HOURS_DAYS * STATISTIC_DAY_S;
    Statistics hours;
    TRY(list(visit, STATISTIC_HOUR_S, 0, &hours));
    Statistics days = {arena_new(visit->arena, Statistic, hours.count + 1), 0};
    gather_days(&hours, until, &days);
    if (!days.count) return OK;
    Adding adding = {STATISTIC_DAY_S, days.at, days.count, until};
    return store_write(visit->community->store, visit->arena, add, &adding);
}

/* --- now --- */

typedef struct {
    Seconds since, until, now; /* published from since on, before until: an upload of this look */
    Statistic *statistic;
    uint64_t completed;
} Look;

static void look_at(void *argument, const SearchCounts *counts) {
    Look *look = argument;
    HealthFacts facts = {counts->seeders, counts->leechers, counts->published_at,
                         counts->last_seeder_at, counts->well_seeded_at};
    look->statistic->works++;
    look->statistic->by_health[health_state(&facts, look->now)]++;
    look->statistic->uploads +=
        counts->published_at >= look->since && counts->published_at < look->until;
    if (counts->is_claimed) return;
    look->statistic->seeders += counts->seeders;
    look->statistic->leechers += counts->leechers;
    look->completed += counts->completed;
}

static Error look_round(Visit *visit, Look *look) {
    MemberCountRow members;
    TRY(query_member_count(visit->db, visit->arena, &members));
    look->statistic->members = (uint64_t)members.count;
    search_each_counts(visit->community->search, look_at, look);
    return OK;
}

static Error swarms_of_last(Visit *visit, uint64_t *ret_swarms) {
    bool found;
    StatisticLineRow last;
    TRY(query_statistic_last(visit->db, visit->arena,
                             (StatisticLastAsk){.span_s = STATISTIC_HOUR_S}, &found, &last));
    *ret_swarms = found ? (uint64_t)last.swarms : 0;
    return OK;
}

Error statistic_now(Visit *visit, Statistic *ret_statistic) {
    Statistic statistic = {.at = visit->now};
    Look look = {.now = visit->now, .statistic = &statistic};
    TRY(look_round(visit, &look));
    TRY(swarms_of_last(visit, &statistic.swarms));
    *ret_statistic = statistic;
    return OK;
}

/* The tracker's counters begin at nothing with each start, the sampler with them. */
static void count_tracker(const StatisticTracker *now, const StatisticTracker *before,
                          Statistic *statistic) {
    statistic->announces_udp = now->announces_udp - before->announces_udp;
    statistic->announces_http = now->announces_http - before->announces_http;
    statistic->announces_web = now->announces_web - before->announces_web;
    statistic->scrapes = now->scrapes - before->scrapes;
}

/* What happened belongs to the hour in which counting it began. */
static Seconds hour_of(const StatisticSampler *sampler, Seconds now) {
    bool was_awake = now - sampler->at < STATISTIC_HOUR_S && now >= sampler->at;
    Seconds at = was_awake ? sampler->at : now;
    return at - at % STATISTIC_HOUR_S;
}

Error statistic_sample(Visit *visit, const StatisticTracker *tracker, bool is_last,
                       StatisticSampler *sampler) {
    bool is_first = sampler->at == 0;
    if (!is_first && !is_last && visit->now / STATISTIC_EVERY_S == sampler->at / STATISTIC_EVERY_S)
        return OK;
    Statistic statistic = {0};
    /* The second that has just begun is the next look's, if there is one. */
    Look look = {.since = is_first ? visit->now : sampler->at,
                 .until = visit->now + is_last,
                 .now = visit->now,
                 .statistic = &statistic};
    TRY(look_round(visit, &look));
    bool is_new_day = day_of(visit->now) != day_of(sampler->at);
    statistic.at = hour_of(sampler, visit->now);
    if (is_first) {
        TRY(swarms_of_last(visit, &statistic.swarms)); /* the tracker has only begun */
    } else {
        statistic.swarms = tracker->swarms;
        count_tracker(tracker, &sampler->tracker, &statistic);
        /* Works withdrawn take their completions with them. */
        if (look.completed > sampler->completed)
            statistic.completed = look.completed - sampler->completed;
    }
    Adding adding = {STATISTIC_HOUR_S, &statistic, 1, 0};
    TRY(store_write(visit->community->store, visit->arena, add, &adding));
    *sampler = (StatisticSampler){visit->now, *tracker, look.completed};
    return is_new_day ? make_days(visit) : OK;
}

Error statistic_last_at(Visit *visit, Seconds *ret_at) {
    bool found;
    StatisticLineRow row;
    TRY(query_statistic_last(visit->db, visit->arena,
                             (StatisticLastAsk){.span_s = STATISTIC_HOUR_S}, &found, &row));
    *ret_at = found ? row.at : 0;
    return OK;
}

Error statistic_put(Visit *visit, const Statistic *hours, size_t count) {
    Adding adding = {STATISTIC_HOUR_S, hours, count, 0};
    return store_write(visit->community->store, visit->arena, add, &adding);
}
