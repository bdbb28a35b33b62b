#include "command/sample_past.h"

#include "community/health_sample.h"
#include "community/health_state.h"

enum { HOUR_S = 3600, DAY_H = 24, DAY_S = DAY_H * HOUR_S, ANNOUNCES_OF_PEER = 2 };

/* A life: seeders it settles at, downloads wanted at first, days since the last seeder. */
typedef struct {
    unsigned settled, wanted, gone_days;
    bool unseen;
} Life;

static const Life lives[] = {
    {.settled = 26, .wanted = 60},
    {.settled = 7, .wanted = 22},
    {.settled = 1, .wanted = 8},
    {.settled = 12, .wanted = 30},
    {.settled = 4, .wanted = 15},
    {.settled = 9, .wanted = 25, .gone_days = 4},
    {.settled = 2, .wanted = 12},
    {.settled = 3, .wanted = 10, .gone_days = 40},
    {.unseen = true},
};
enum { LIFE_COUNT = sizeof lives / sizeof lives[0] };

/* How many of a hundred are up at each hour of a day, in UTC. */
static const unsigned awake[DAY_H] = {74, 68, 62, 58, 57, 60, 66, 72,  78,  82, 85, 87,
                                      88, 89, 88, 89, 91, 94, 97, 100, 100, 96, 89, 81};

/* One work on its way. */
typedef struct {
    const Life *life;
    uint64_t noise, completed;
    Seconds published_at, first_at, last_at, well_at;
    HealthHistory history;
    HealthStep step;
} Walk;

static unsigned draw(Walk *walk, unsigned below) {
    walk->noise = walk->noise * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(walk->noise >> 33) % below;
}

/* Many want it at first, a few later; who has it stays for a while. */
static void live_an_hour(Walk *walk, Seconds at, Seconds now) {
    const Life *life = walk->life;
    unsigned age_days = (unsigned)((at - walk->published_at) / DAY_S);
    unsigned wanting = life->wanted * 6 / (age_days + 6) + life->wanted / 12;
    unsigned hour = (unsigned)(at / HOUR_S % DAY_H);
    unsigned seeders = life->settled + life->wanted / (age_days / 4 + 3);
    seeders = (seeders * awake[hour] + draw(walk, 120)) / 100;
    if (life->settled < 3 && seeders > 2 && age_days > 20) seeders = 2;
    if (seeders == 0 && draw(walk, 4)) seeders = 1;
    bool is_gone = life->gone_days && now - at < (Seconds)life->gone_days * DAY_S;
    walk->step.at = (uint32_t)(at / HOUR_S);
    walk->step.seeders = is_gone ? 0 : seeders;
    walk->step.leechers = wanting * awake[hour] / 100 * (5 + draw(walk, 6)) / 40;
    if (is_gone) walk->step.leechers = draw(walk, 30) == 0;
    walk->step.completed = is_gone ? 0 : (walk->step.leechers + draw(walk, 8)) / 8;
    walk->completed += walk->step.completed;
    if (walk->step.seeders && !walk->first_at) walk->first_at = at;
    if (walk->step.seeders) walk->last_at = at;
    if (walk->step.seeders >= HEALTH_WELL_SEEDED) walk->well_at = at;
}

static void add_to_site(SamplePast *past, const Walk *walk, Seconds at) {
    if (at < past->from || at >= past->now) return;
    Statistic *hour = &past->hours[(at - past->from) / HOUR_S];
    HealthFacts facts = {walk->step.seeders, walk->step.leechers, walk->published_at, walk->last_at,
                         walk->well_at};
    unsigned peers = walk->step.seeders + walk->step.leechers;
    hour->works++;
    hour->swarms += peers > 0;
    hour->seeders += walk->step.seeders;
    hour->leechers += walk->step.leechers;
    hour->by_health[health_state(&facts, at)]++;
    hour->uploads += at - walk->published_at < HOUR_S;
    hour->completed += walk->step.completed;
    hour->announces_udp += (uint64_t)peers * ANNOUNCES_OF_PEER;
    hour->announces_http += peers * ANNOUNCES_OF_PEER / 4;
    hour->announces_web += peers * ANNOUNCES_OF_PEER / 11;
    hour->scrapes += peers / 3;
}

void sample_past_begin(SamplePast *past, Seconds now) {
    *past = (SamplePast){.now = now - now % HOUR_S};
    past->from = past->now - (Seconds)SAMPLE_PAST_DAYS * DAY_S;
    for (size_t i = 0; i < SAMPLE_PAST_DAYS * DAY_H; i++)
        past->hours[i].at = past->from + (Seconds)i * HOUR_S;
}

/* Before the tracker that runs now began to count: what it does not confirm does not last. */
static Seconds last_word_at(const Visit *visit) {
    Seconds since = atomic_load(&visit->community->counting_since);
    return since ? since - 1 : visit->now;
}

static HealthPast past_of(const Walk *walk, const Visit *visit) {
    return (HealthPast){
        .history = walk->history,
        .seeders = walk->step.seeders,
        .leechers = walk->step.leechers,
        .seeders_v6 = walk->step.seeders / 3,
        .completed = walk->completed,
        .counted_at = last_word_at(visit),
        .first_seeder_at = walk->first_at,
        .last_seeder_at = walk->last_at,
        .well_seeded_at = walk->well_at,
    };
}

/* A work too young to have been left has not been. */
static const Life *life_of(unsigned kind, Seconds age_s) {
    const Life *life = &lives[kind % LIFE_COUNT];
    return (Seconds)life->gone_days * 2 * DAY_S < age_s ? life : &lives[0];
}

Error sample_past_tell(SamplePast *past, Visit *visit, const Upload *upload, unsigned kind,
                       Seconds published_at) {
    Walk walk = {.life = life_of(kind, past->now - published_at),
                 .noise = kind * 7919 + 17,
                 .published_at = published_at};
    for (Seconds at = published_at - published_at % HOUR_S; at < past->now; at += HOUR_S) {
        if (!walk.life->unseen) {
            live_an_hour(&walk, at, past->now);
            health_append(&walk.history.hours, walk.step, visit->arena);
        }
        add_to_site(past, &walk, at);
        if (at / HOUR_S % DAY_H == 0)
            health_compact(&walk.history.hours, &walk.history.days, (uint32_t)(at / HOUR_S),
                           visit->arena);
    }
    if (walk.life->unseen) return OK;
    HealthPast told = past_of(&walk, visit);
    return health_put(visit, upload->id, &told);
}

Error sample_past_end(SamplePast *past, Visit *visit, unsigned members) {
    size_t count = SAMPLE_PAST_DAYS * DAY_H;
    for (size_t i = 0; i < count; i++) past->hours[i].members = 1 + i * members / (count + 1);
    return statistic_put(visit, past->hours, count);
}
