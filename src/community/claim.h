/* claim.h — what others say of where a work lives: foreign trackers of its swarm, probes of its web
 * seeds and seeders. Shown with source and age, never added to what our own tracker counts: the
 * same people announce in many places. Nothing is here unless the operator switched probes on. */
#pragma once
#include "community/community.h"

enum { CLAIM_FRESH_S = 2 * 86400 }; /* an older claim is shown, but no longer counts */

typedef struct {
    Str tracker;
    Str outcome;        /* code of the last try: "ok", "no_answer" … (probe/outcome.def) */
    Seconds tried_at;   /* the last try */
    Seconds checked_at; /* when the counts were said; 0: never */
    uint32_t seeders, leechers;
    uint64_t completed;
} ForeignClaim;

typedef struct {
    Str url, outcome;
    Seconds checked_at;
} SeedClaim;

typedef struct {
    ForeignClaim *foreign; /* most seeders first */
    size_t foreign_count;
    SeedClaim *seeds;
    size_t seed_count;
    uint64_t probed, reachable; /* seeders; both 0: none was knocked at */
    Seconds probed_at;
} Claims;

MUST_USE Error claim_list(Visit *visit, int64_t torrent_id, Claims *ret_claims);

/* The most that any one tracker said lately: sums would count the same people twice. */
typedef struct {
    uint32_t seeders, leechers;
    size_t trackers; /* that said anything lately */
    Seconds oldest_at;
} ForeignMost;
ForeignMost claim_most(const Claims *claims, Seconds now);

bool claim_is_fine(Str outcome);
Str claim_words(Str outcome); /* in English, to be translated; "" for an unknown code */
const SeedClaim *claim_of_seed(const Claims *claims, Str url); /* NULL: not probed yet */
