/* giving.h — "I have 200 GB to give": a plan of works at risk that fit into a space, kept stable
 * over days (giving_plan.h says what is taken and why). Anybody may make one; it has a secret
 * address, which also its feed and its list of magnets have. The address cannot be made of what is
 * in the database. Members see theirs listed.
 * A plan is gone through again when somebody looks at it, once in GIVING_SETTLE_S at most. One
 * nobody looked at for GIVING_UNUSED_S is forgotten, one never used after its first day sooner. */
#pragma once
#include "community/torrent.h"

enum {
    GIVING_DAY_S = 24 * 3600,
    GIVING_SETTLE_S = GIVING_DAY_S,
    GIVING_UNUSED_S = 60 * GIVING_DAY_S,
    GIVING_UNTRIED_S = 7 * GIVING_DAY_S,
    GIVING_CHANGES_TOLD_S = 60 * GIVING_DAY_S,
};
/* Bytes. */
#define GIVING_SIZE_MIN 100000000ULL
#define GIVING_SIZE_MAX 1000000000000000ULL

typedef struct {
    int64_t id;
    Str code; /* the secret part of its address */
    uint64_t size_bytes;
    const Category *category; /* NULL: any */
    const Licence *licence;   /* NULL: any */
    Str language;             /* empty: any */
    Seconds made_at, used_at, settled_at, ends_at;
    bool is_own; /* of the member who looks */
} Giving;

typedef enum { GIVING_WANTED, GIVING_GONE, GIVING_WELL_SEEDED } GivingWhy;
typedef struct {
    Torrent torrent; /* without description; of what is gone, id and title */
    Seconds picked_at;
    uint32_t seeders; /* when it was picked */
    Seconds dropped_at;
    GivingWhy why; /* it was dropped */
} GivingWork;
typedef struct {
    GivingWork *at; /* to seed, latest picked first */
    size_t count;
    uint64_t taken_bytes;
    Seconds changed_at;  /* when a work came or went last */
    GivingWork *dropped; /* not any more, latest first */
    size_t dropped_count;
} GivingWorks;

/* As typed; a size without unit is in GB. */
typedef struct {
    Str size, category, license, language;
} GivingAsk;
/* Faults have the fields size, category, license, language. */
MUST_USE Error giving_add(Visit *visit, const GivingAsk *ask, ErrorList *errors,
                          Giving *ret_giving);
/* NOT_FOUND for a wrong address. Looks at the plan, so it may change. */
MUST_USE Error giving_find(Visit *visit, Str code, Giving *ret_giving, GivingWorks *ret_works);
MUST_USE Error giving_remove(Visit *visit, Str code);
/* The viewer's own, newest first; none for nobody. */
MUST_USE Error giving_list(Visit *visit, Giving **ret_givings, size_t *ret_count);
/* A job: what nobody uses. */
MUST_USE Error giving_forget_unused(Visit *visit);
