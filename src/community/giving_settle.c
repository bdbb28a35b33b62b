#include "community/giving_settle.h"

#include <stdlib.h>

#include "base/limits.h"
#include "community/health_sample.h"
#include "queries/giving.h"
#include "queries/torrent.h"

enum { HOUR_S = 3600 };

/* What becomes of the plan; made before the write, so that the writer only writes. */
typedef struct {
    int64_t giving_id;
    Seconds was_settled_at, now;
    GivingDropAsk *drops;
    size_t drop_count;
    GivingCandidate *picked;
    size_t picked_count;
} Outcome;

static Error write_outcome(Db *db, Arena *arena, void *argument) {
    const Outcome *outcome = argument;
    int64_t is_first;
    TRY(query_giving_settle(
        db, arena, (GivingSettleAsk){outcome->giving_id, outcome->was_settled_at, outcome->now},
        &is_first));
    if (!is_first) return OK; /* two looked at the same time: the other's choice stands */
    for (size_t i = 0; i < outcome->drop_count; i++)
        TRY(query_giving_drop(db, arena, outcome->drops[i], NULL));
    for (size_t i = 0; i < outcome->picked_count; i++) {
        const GivingCandidate *work = &outcome->picked[i];
        TRY(query_giving_pick(db, arena,
                              (GivingPickAsk){.giving_id = outcome->giving_id,
                                              .torrent_id = work->id,
                                              .size_bytes = (int64_t)work->size_bytes,
                                              .at = outcome->now,
                                              .seeders = work->seeders},
                              NULL));
    }
    Seconds before = outcome->now - GIVING_CHANGES_TOLD_S;
    return query_giving_forget_dropped(db, arena,
                                       (GivingForgetDroppedAsk){outcome->giving_id, before}, NULL);
}

/* --- what stays --- */

/* At every hour of that time, by its history. */
static bool was_well_seeded(const HealthHistory *history, uint32_t enough, Seconds now) {
    uint32_t from = (uint32_t)((now - GIVING_WELL_S) / HOUR_S);
    HealthStep step;
    bool known =
        health_at(&history->hours, from, &step) || health_at(&history->days, from / 24, &step);
    if (!known || step.seeders < enough) return false;
    for (size_t i = history->hours.count; i-- > 0 && history->hours.at[i].at > from;)
        if (history->hours.at[i].seeders < enough) return false;
    return true;
}

static Error why_drop(Visit *visit, const GivingSpace *space, const TorrentLineRow *row,
                      GivingWhy *ret_why) {
    *ret_why = GIVING_WANTED;
    if (!row || row->state != TORRENT_VISIBLE) {
        *ret_why = GIVING_GONE;
        return OK;
    }
    uint32_t enough = giving_plan_enough(space, row->id);
    if (row->seeders < enough) return OK;
    HealthHistory history;
    TRY(health_find(visit, row->id, &history));
    if (was_well_seeded(&history, enough, visit->now)) *ret_why = GIVING_WELL_SEEDED;
    return OK;
}

static int compare_ids(const void *a, const void *b) {
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

static int compare_rows(const void *a, const void *b) {
    return compare_ids(&((const TorrentLineRow *)a)->id, &((const TorrentLineRow *)b)->id);
}

static const TorrentLineRow *row_of(const TorrentLineRows *rows, int64_t id) {
    const TorrentLineRow wanted = {.id = id};
    if (!rows->count) return NULL;
    return bsearch(&wanted, rows->at, rows->count, sizeof wanted, compare_rows);
}

typedef struct {
    int64_t *ids; /* in order */
    size_t count;
    GivingHeld held;
} Kept;

static Error go_through(Visit *visit, const GivingSpace *space, Outcome *outcome, Kept *ret_kept) {
    Arena *arena = visit->arena;
    GivingWorksRows works;
    TorrentLineRows rows = {0};
    TRY(query_giving_works(visit->db, arena, (GivingWorksAsk){outcome->giving_id, INT64_MAX},
                           &works));
    int64_t *ids = arena_new(arena, int64_t, works.count + 1);
    for (size_t i = 0; i < works.count; i++) ids[i] = works.at[i].torrent_id;
    TRY(query_torrent_by_ids(visit->db, arena, (TorrentByIdsAsk){.ids = {ids, works.count}},
                             &rows));
    if (rows.count) qsort(rows.at, rows.count, sizeof *rows.at, compare_rows);
    Kept kept = {.ids = ids};
    outcome->drops = arena_new(arena, GivingDropAsk, works.count + 1);
    for (size_t i = 0; i < works.count; i++) {
        GivingWhy why;
        const TorrentLineRow *row = row_of(&rows, works.at[i].torrent_id);
        TRY(why_drop(visit, space, row, &why));
        if (why != GIVING_WANTED) {
            outcome->drops[outcome->drop_count++] = (GivingDropAsk){
                outcome->giving_id, works.at[i].torrent_id, outcome->now, (int64_t)why};
            continue;
        }
        uint64_t size_bytes = (uint64_t)works.at[i].size_bytes;
        kept.ids[kept.count++] = works.at[i].torrent_id;
        kept.held.works++;
        kept.held.used_bytes += size_bytes;
        if (row->seeders == 0) kept.held.waiting_bytes += size_bytes;
    }
    if (kept.count) qsort(kept.ids, kept.count, sizeof *kept.ids, compare_ids);
    *ret_kept = kept;
    return OK;
}

/* --- what comes --- */

typedef struct {
    const Giving *giving;
    const Kept *kept;
    Seconds now;
    bool is_wanted[CATEGORY_NUMBERS]; /* by category */
    GivingShortlist list;
} Look;

static void look_at(void *argument, const SearchLine *line) {
    Look *look = argument;
    const Giving *giving = look->giving;
    const SearchCounts *counts = &line->counts;
    HealthFacts facts = {counts->seeders, counts->leechers, counts->published_at,
                         counts->last_seeder_at, counts->well_seeded_at};
    if (health_state(&facts, look->now) != HEALTH_AT_RISK) return;
    if (line->category >= CATEGORY_NUMBERS || !look->is_wanted[line->category]) return;
    if (giving->licence && !str_equal(line->license, str_from_c(giving->licence->id))) return;
    if (giving->language.len && !str_equal_nocase(line->language, giving->language)) return;
    if (look->kept->count &&
        bsearch(&line->id, look->kept->ids, look->kept->count, sizeof line->id, compare_ids))
        return;
    giving_shortlist_add(&look->list, &(GivingCandidate){.id = line->id,
                                                         .size_bytes = line->size_bytes,
                                                         .seeders = counts->seeders});
}

static Error count_pledges(Visit *visit, int64_t giving_id, GivingShortlist *list) {
    int64_t *ids = arena_new(visit->arena, int64_t, list->count + 1);
    for (size_t i = 0; i < list->count; i++) ids[i] = list->at[i].id;
    GivingPledgesRows rows;
    TRY(query_giving_pledges(visit->db, visit->arena,
                             (GivingPledgesAsk){.ids = {ids, list->count}, .giving_id = giving_id},
                             &rows));
    for (size_t i = 0; i < rows.count; i++)
        for (size_t j = 0; j < list->count; j++)
            if (list->at[j].id == rows.at[i].torrent_id)
                list->at[j].pledges = (uint32_t)rows.at[i].count;
    return OK;
}

Error giving_settle(Visit *visit, const Giving *giving, const GivingSpace *space) {
    Outcome outcome = {
        .giving_id = giving->id, .was_settled_at = giving->settled_at, .now = visit->now};
    Kept kept;
    TRY(go_through(visit, space, &outcome, &kept));
    Look look = {.giving = giving,
                 .kept = &kept,
                 .now = visit->now,
                 .list = giving_shortlist(space, GIVING_CANDIDATES_MAX, visit->arena)};
    for (const Category *category = categories; category->code; category++)
        look.is_wanted[category->number] =
            !giving->category || category_is_in(category, giving->category);
    if (kept.held.used_bytes < space->size_bytes && kept.held.works < space->works_max)
        search_each(visit->community->search, look_at, &look);
    TRY(count_pledges(visit, giving->id, &look.list));
    outcome.picked =
        giving_plan_pick(space, &kept.held, &look.list, visit->arena, &outcome.picked_count);
    return store_write(visit->community->store, visit->arena, write_outcome, &outcome);
}
