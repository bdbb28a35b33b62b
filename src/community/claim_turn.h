/* claim_turn.h — whose turn it is to be asked, and writing down what was said. For the program's
 * probes alone; who asks, and how, is not known here.
 * A tracker that fails is left alone for longer each time, up to a day. Works that are private or
 * not published are never spoken of abroad. */
#pragma once
#include "community/claim.h"

enum {
    CLAIM_TRACKERS_OF_WORK_MAX = 10,  /* of its list, the rest is left: one file must not make us */
    CLAIM_WEB_SEEDS_OF_WORK_MAX = 10, /* call on the whole world */
    CLAIM_ASKED_AT_ONCE_MAX = 4 * 74,
};

/* Takes the addresses of works it has not seen into the tables, some works at a time; ret_more:
 * there were as many as it takes. `is_askable` judges a tracker's address by its form. */
MUST_USE Error claim_enrol(Visit *visit, bool (*is_askable)(Str url), bool *ret_more);

typedef struct {
    int64_t id;
    Str url;
    int64_t faults;
} DueTracker;
/* `top`: only the trackers that so many works name. */
MUST_USE Error claim_trackers_due(Visit *visit, size_t top, DueTracker **ret_trackers,
                                  size_t *ret_count);

typedef struct {
    int64_t torrent_id;
    InfoHash hash;
    bool is_silent; /* not to be asked about now */
    /* what came of it: */
    bool is_asked;
    Str outcome;
    bool counted;
    uint32_t seeders, leechers, completed;
} DueSwarm;
/* At most `count` of those due at one tracker. */
MUST_USE Error claim_swarms_due(Visit *visit, int64_t tracker_id, size_t count,
                                DueSwarm **ret_swarms, size_t *ret_count);

typedef struct {
    DueTracker tracker;
    const DueSwarm *swarms;
    size_t count;
    bool has_failed;      /* as a whole: back off */
    Seconds interval_s;   /* until each is asked again */
    Seconds not_before_s; /* from now, until the tracker is asked anything again */
} TrackerTurn;
MUST_USE Error claim_write_tracker(Visit *visit, const TrackerTurn *turn);

typedef struct {
    int64_t torrent_id;
    Str url;
    bool is_silent;
    int64_t faults;
} DueSeed;
MUST_USE Error claim_seeds_due(Visit *visit, DueSeed **ret_seeds, size_t *ret_count);
/* What is needed to ask for a piece of it. */
MUST_USE Error claim_seed_work(Visit *visit, int64_t torrent_id, Str *ret_info,
                               Str *ret_piece_layers);
typedef struct {
    const DueSeed *seed;
    Str outcome; /* empty: not asked, put off for so long */
    bool is_fine;
    Seconds again_s;
} SeedTurn;
MUST_USE Error claim_write_seed(Visit *visit, const SeedTurn *turn);

typedef struct {
    SwarmHash swarm;
    uint32_t probed, reachable;
} ReachCount;
MUST_USE Error claim_write_reach(Visit *visit, const ReachCount *counts, size_t count);

/* Doubled for each failure in a row, up to a day. */
Seconds claim_pause_after(Seconds interval_s, int64_t faults);
