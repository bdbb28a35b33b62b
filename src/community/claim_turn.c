#include "community/claim_turn.h"

#include "community/torrent_row.h"
#include "queries/claim.h"
#include "queries/progress.h"
#include "queries/torrent_blob.h"

enum { ENROL_WORKS = 200, DUE_AT_ONCE = 32, DAY_S = 86400, DOUBLINGS_MAX = 6 };

/* --- taking works in --- */

typedef struct {
    const ClaimWorksAfterRows *rows;
    Visit *visit;
    bool (*is_askable)(Str url);
} Enrolling;

static bool is_ours(const Visit *visit, Str url) {
    const CommunitySettings *settings = visit->community->settings;
    for (size_t i = 0; i < settings->announce_url_count; i++)
        if (str_equal_nocase(settings->announce_urls[i], url)) return true;
    return false;
}

/* Of a private torrent the address often holds somebody's key: it is not ours to use. */
static Error enrol_trackers(Db *db, Arena *arena, const Enrolling *enrolling, size_t row) {
    const ClaimWorksAfterRow *work = &enrolling->rows->at[row];
    size_t count, taken = 0;
    const Str *urls = torrent_split(work->trackers, '\n', arena, &count);
    for (size_t i = 0; i < count && taken < CLAIM_TRACKERS_OF_WORK_MAX && !work->is_private; i++) {
        if (is_ours(enrolling->visit, urls[i]) || !enrolling->is_askable(urls[i])) continue;
        taken++;
        ClaimTrackerPutRow tracker;
        TRY(query_claim_tracker_put(
            db, arena, (ClaimTrackerPutAsk){.url = urls[i], .at = enrolling->visit->now},
            &tracker));
        TRY(query_claim_swarm_add(
            db, arena,
            (ClaimSwarmAddAsk){
                .torrent_id = work->id, .tracker_id = tracker.id, .at = enrolling->visit->now},
            NULL));
    }
    return OK;
}

static Error enrol_seeds(Db *db, Arena *arena, const Enrolling *enrolling, size_t row) {
    const ClaimWorksAfterRow *work = &enrolling->rows->at[row];
    size_t count;
    const Str *urls = torrent_split(work->web_seeds, '\n', arena, &count);
    for (size_t i = 0; i < count && i < CLAIM_WEB_SEEDS_OF_WORK_MAX && !work->is_private; i++)
        TRY(query_claim_seed_add(
            db, arena,
            (ClaimSeedAddAsk){.torrent_id = work->id, .url = urls[i], .at = enrolling->visit->now},
            NULL));
    return OK;
}

static Error enrol(Db *db, Arena *arena, void *argument) {
    const Enrolling *enrolling = argument;
    size_t count = enrolling->rows->count;
    for (size_t i = 0; i < count; i++) {
        TRY(enrol_trackers(db, arena, enrolling, i));
        TRY(enrol_seeds(db, arena, enrolling, i));
    }
    ProgressSetAsk progress = {.name = STR("claim_enrol"), .at = enrolling->rows->at[count - 1].id};
    return query_progress_set(db, arena, progress, NULL);
}

Error claim_enrol(Visit *visit, bool (*is_askable)(Str url), bool *ret_more) {
    bool found;
    ProgressFindRow progress = {0};
    TRY(query_progress_find(visit->db, visit->arena, (ProgressFindAsk){.name = STR("claim_enrol")},
                            &found, &progress));
    ClaimWorksAfterRows rows;
    TRY(query_claim_works_after(
        visit->db, visit->arena,
        (ClaimWorksAfterAsk){.id = found ? progress.at : 0, .count = ENROL_WORKS}, &rows));
    Enrolling enrolling = {&rows, visit, is_askable};
    if (rows.count) TRY(store_write(visit->community->store, visit->arena, enrol, &enrolling));
    *ret_more = rows.count == ENROL_WORKS;
    return OK;
}

/* --- foreign trackers --- */

Seconds claim_pause_after(Seconds interval_s, int64_t faults) {
    Seconds pause = interval_s << (faults < DOUBLINGS_MAX ? faults : DOUBLINGS_MAX);
    Seconds most = interval_s > DAY_S ? interval_s : DAY_S;
    return pause < most ? pause : most;
}

Error claim_trackers_due(Visit *visit, size_t top, DueTracker **ret_trackers, size_t *ret_count) {
    ClaimTrackersDueRows rows;
    TRY(query_claim_trackers_due(
        visit->db, visit->arena,
        (ClaimTrackersDueAsk){.now = visit->now, .top = (int64_t)top, .count = DUE_AT_ONCE},
        &rows));
    DueTracker *due = arena_new(visit->arena, DueTracker, rows.count);
    for (size_t i = 0; i < rows.count; i++)
        due[i] = (DueTracker){rows.at[i].id, rows.at[i].url, rows.at[i].faults};
    *ret_trackers = due;
    *ret_count = rows.count;
    return OK;
}

Error claim_swarms_due(Visit *visit, int64_t tracker_id, size_t count, DueSwarm **ret_swarms,
                       size_t *ret_count) {
    ClaimSwarmsDueRows rows;
    ClaimSwarmsDueAsk ask = {.tracker_id = tracker_id, .now = visit->now, .count = (int64_t)count};
    TRY(query_claim_swarms_due(visit->db, visit->arena, ask, &rows));
    DueSwarm *due = arena_new(visit->arena, DueSwarm, rows.count);
    for (size_t i = 0; i < rows.count; i++)
        due[i] = (DueSwarm){
            .torrent_id = rows.at[i].torrent_id,
            .hash = torrent_row_hash(rows.at[i].infohash_v1, rows.at[i].infohash_v2),
            .is_silent = rows.at[i].state != TORRENT_VISIBLE,
        };
    *ret_swarms = due;
    *ret_count = rows.count;
    return OK;
}

typedef struct {
    const TrackerTurn *turn;
    Seconds now;
} TrackerWriting;

static Error write_swarm(Db *db, Arena *arena, const TrackerWriting *writing, size_t index) {
    const TrackerTurn *turn = writing->turn;
    const DueSwarm *swarm = &turn->swarms[index];
    int64_t tracker_id = turn->tracker.id, torrent_id = swarm->torrent_id;
    Seconds now = writing->now, again = now + turn->interval_s;
    if (swarm->is_silent)
        return query_claim_swarm_put_off(
            db, arena, (ClaimSwarmPutOffAsk){torrent_id, tracker_id, now + DAY_S}, NULL);
    if (!swarm->is_asked) return OK;
    if (!swarm->counted)
        return query_claim_swarm_failed(db, arena,
                                        (ClaimSwarmFailedAsk){.torrent_id = torrent_id,
                                                              .tracker_id = tracker_id,
                                                              .at = now,
                                                              .due_at = again,
                                                              .outcome = swarm->outcome},
                                        NULL);
    ClaimSwarmSaidAsk said = {.torrent_id = torrent_id,
                              .tracker_id = tracker_id,
                              .at = now,
                              .due_at = again,
                              .outcome = swarm->outcome,
                              .seeders = swarm->seeders,
                              .leechers = swarm->leechers,
                              .completed = swarm->completed};
    return query_claim_swarm_said(db, arena, said, NULL);
}

static Error write_tracker(Db *db, Arena *arena, void *argument) {
    const TrackerWriting *writing = argument;
    const TrackerTurn *turn = writing->turn;
    for (size_t i = 0; i < turn->count; i++) TRY(write_swarm(db, arena, writing, i));
    int64_t faults = turn->has_failed ? turn->tracker.faults + 1 : 0;
    Seconds pause = turn->not_before_s;
    if (turn->has_failed) pause = claim_pause_after(turn->interval_s, turn->tracker.faults);
    ClaimTrackerSetAsk ask = {
        .id = turn->tracker.id, .not_before = writing->now + pause, .faults = faults};
    return query_claim_tracker_set(db, arena, ask, NULL);
}

Error claim_write_tracker(Visit *visit, const TrackerTurn *turn) {
    TrackerWriting writing = {turn, visit->now};
    return store_write(visit->community->store, visit->arena, write_tracker, &writing);
}

/* --- web seeds --- */

Error claim_seeds_due(Visit *visit, DueSeed **ret_seeds, size_t *ret_count) {
    ClaimSeedsDueRows rows;
    TRY(query_claim_seeds_due(visit->db, visit->arena,
                              (ClaimSeedsDueAsk){.now = visit->now, .count = DUE_AT_ONCE}, &rows));
    DueSeed *due = arena_new(visit->arena, DueSeed, rows.count);
    for (size_t i = 0; i < rows.count; i++)
        due[i] = (DueSeed){rows.at[i].torrent_id, rows.at[i].url,
                           rows.at[i].state != TORRENT_VISIBLE, rows.at[i].faults};
    *ret_seeds = due;
    *ret_count = rows.count;
    return OK;
}

Error claim_seed_work(Visit *visit, int64_t torrent_id, Str *ret_info, Str *ret_piece_layers) {
    TorrentBlobFindRow blob;
    TRY(query_torrent_blob_find(visit->db, visit->arena,
                                (TorrentBlobFindAsk){.torrent_id = torrent_id}, &blob));
    *ret_info = blob.info;
    *ret_piece_layers = blob.piece_layers;
    return OK;
}

typedef struct {
    const SeedTurn *turn;
    Seconds now;
} SeedWriting;

static Error write_seed(Db *db, Arena *arena, void *argument) {
    const SeedWriting *writing = argument;
    const SeedTurn *turn = writing->turn;
    const DueSeed *seed = turn->seed;
    int64_t faults = turn->is_fine ? 0 : seed->faults + 1;
    Seconds again = writing->now + turn->again_s;
    if (str_is_empty(turn->outcome))
        return query_claim_seed_put_off(
            db, arena, (ClaimSeedPutOffAsk){seed->torrent_id, seed->url, again}, NULL);
    return query_claim_seed_tried(db, arena,
                                  (ClaimSeedTriedAsk){.torrent_id = seed->torrent_id,
                                                      .url = seed->url,
                                                      .at = writing->now,
                                                      .due_at = again,
                                                      .outcome = turn->outcome,
                                                      .faults = faults},
                                  NULL);
}

Error claim_write_seed(Visit *visit, const SeedTurn *turn) {
    SeedWriting writing = {turn, visit->now};
    return store_write(visit->community->store, visit->arena, write_seed, &writing);
}

/* --- seeders knocked at --- */

typedef struct {
    const ReachCount *counts;
    size_t count;
    Seconds now;
} ReachWriting;

static Error write_reach(Db *db, Arena *arena, void *argument) {
    const ReachWriting *writing = argument;
    for (size_t i = 0; i < writing->count; i++) {
        const ReachCount *count = &writing->counts[i];
        TRY(query_claim_reach_set(
            db, arena,
            (ClaimReachSetAsk){
                .swarm = str_from_bytes(count->swarm.bytes, sizeof count->swarm.bytes),
                .probed = count->probed,
                .reachable = count->reachable,
                .at = writing->now},
            NULL));
    }
    return OK;
}

Error claim_write_reach(Visit *visit, const ReachCount *counts, size_t count) {
    ReachWriting writing = {counts, count, visit->now};
    return store_write(visit->community->store, visit->arena, write_reach, &writing);
}
