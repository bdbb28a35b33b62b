#include "community/top_list_make.h"

#include "base/limits.h"
#include "community/health.h"
#include "community/thank.h"
#include "queries/progress.h"
#include "queries/top_list.h"

enum {
    HOUR_S = 3600,
    DAY_S = 24 * HOUR_S,
    HOURS_OF_DAY = 24,
    WEEK_DAYS = 7,
    MONTH_DAYS = 30,
    WORKS_OF_READ = 1000,
    KINDS = TOP_MEASURE_COUNT * TOP_PERIOD_COUNT,
    BOARDS_BYTES_MAX = 8 * MIB,
    READ_BYTES_MAX = 256 * MIB,
};

static const Str progress_name = STR("top_list");

/* --- boards: the first places of each list --- */

typedef struct {
    TopPlace *at; /* the largest value first; of equals the older work */
    size_t count, room;
} Board;

typedef struct TopBoards {
    Board all[KINDS];
    Board of_category[CATEGORY_NUMBERS][KINDS];
} TopBoards;

static bool is_above(const TopPlace *a, const TopPlace *b) {
    return a->value != b->value ? a->value > b->value : a->id < b->id;
}

static void board_add(Board *board, TopPlace place, size_t room, Arena *arena) {
    if (!place.value) return;
    if (!board->at) {
        board->at = arena_new(arena, TopPlace, room);
        board->room = room;
    }
    if (board->count == board->room && !is_above(&place, &board->at[board->count - 1])) return;
    size_t at = board->count < board->room ? board->count++ : board->count - 1;
    for (; at > 0 && is_above(&place, &board->at[at - 1]); at--) board->at[at] = board->at[at - 1];
    board->at[at] = place;
}

static void add_place(TopListMaker *maker, unsigned category, unsigned kind, TopPlace place) {
    TopBoards *boards = maker->boards;
    board_add(&boards->all[kind], place, TOP_LIST_MAX, &maker->arena);
    /* A shelf also holds what stands on those within it. */
    for (const Category *shelf = category_by_number(category); shelf;
         shelf = category_parent(shelf))
        board_add(&boards->of_category[shelf->number][kind], place, TOP_LIST_OF_CATEGORY_MAX,
                  &maker->arena);
}

/* --- what one work has --- */

typedef struct {
    uint32_t values[TOP_MEASURE_COUNT][TOP_PERIOD_COUNT];
} Score;

static uint32_t at_most_u32(uint64_t value) {
    return value > UINT32_MAX ? UINT32_MAX : (uint32_t)value;
}

/* Completions of steps from `from` on and before `to`, and the most seeders at one time. */
static void add_steps(const HealthSteps *steps, uint32_t from, uint32_t to, uint64_t *completed,
                      uint32_t *peak) {
    HealthStep step;
    if (from && health_at(steps, from - 1, &step) && step.seeders > *peak) *peak = step.seeders;
    for (size_t i = steps->count; i-- > 0 && steps->at[i].at >= from;) {
        if (steps->at[i].at >= to) continue;
        *completed += steps->at[i].completed;
        if (steps->at[i].seeders > *peak) *peak = steps->at[i].seeders;
    }
}

static void score_history(const HealthSteps *hours, const HealthSteps *days, int64_t day,
                          Score *score) {
    static const uint32_t length_days[] = {
        [TOP_DAY] = 1, [TOP_WEEK] = WEEK_DAYS, [TOP_MONTH] = MONTH_DAYS};
    uint32_t end = (uint32_t)day + 1;
    uint32_t first_hour = hours->count ? hours->at[0].at : UINT32_MAX;
    for (TopPeriod period = TOP_DAY; period < TOP_ALL; period++) {
        uint64_t completed = 0;
        uint32_t peak = 0;
        uint32_t from = end > length_days[period] ? end - length_days[period] : 0;
        add_steps(hours, from * HOURS_OF_DAY, end * HOURS_OF_DAY, &completed, &peak);
        if (first_hour > from * HOURS_OF_DAY) add_steps(days, from, end, &completed, &peak);
        score->values[TOP_COMPLETED][period] = at_most_u32(completed);
        score->values[TOP_SEEDERS][period] = peak;
    }
    uint64_t ever = 0;
    add_steps(hours, 0, end * HOURS_OF_DAY, &ever, &score->values[TOP_SEEDERS][TOP_ALL]);
    add_steps(days, 0, end, &ever, &score->values[TOP_SEEDERS][TOP_ALL]);
}

static HealthSteps steps_of(Str bytes, Arena *arena) {
    HealthSteps steps = {0};
    return health_parse(bytes, arena, &steps) ? steps : (HealthSteps){0};
}

static Score score_of(const TopListCountedRow *row, const ThankSum *thanks, bool is_over,
                      const TopListMaker *maker, Arena *arena) {
    Score score = {0};
    HealthSteps hours = steps_of(row->hours, arena), days = steps_of(row->days, arena);
    score_history(&hours, &days, maker->day, &score);
    score.values[TOP_COMPLETED][TOP_ALL] = at_most_u32((uint64_t)row->completed);
    uint32_t now = at_most_u32((uint64_t)row->seeders);
    for (int period = 0; !is_over && period < TOP_PERIOD_COUNT; period++)
        if (score.values[TOP_SEEDERS][period] < now) score.values[TOP_SEEDERS][period] = now;
    if (thanks) {
        score.values[TOP_THANKS][TOP_DAY] = at_most_u32(thanks->day);
        score.values[TOP_THANKS][TOP_WEEK] = at_most_u32(thanks->week);
        score.values[TOP_THANKS][TOP_MONTH] = at_most_u32(thanks->month);
        score.values[TOP_THANKS][TOP_ALL] = at_most_u32(thanks->whole);
    }
    return score;
}

/* --- a round --- */

typedef struct {
    ThankSum *at;
    size_t count, next;
} Sums;

static const ThankSum *sum_of(Sums *sums, int64_t torrent_id) {
    while (sums->next < sums->count && sums->at[sums->next].torrent_id < torrent_id) sums->next++;
    bool found = sums->next < sums->count && sums->at[sums->next].torrent_id == torrent_id;
    return found ? &sums->at[sums->next] : NULL;
}

static Error read_some(Visit *visit, TopListMaker *maker, Arena *arena) {
    int64_t upto = maker->after_id + WORKS_OF_READ;
    Seconds end = (maker->day + 1) * DAY_S;
    bool is_over = maker->began_at >= end;
    ThankSpan span = {.after_id = maker->after_id,
                      .upto_id = upto,
                      .day = end - DAY_S,
                      .week = end - (Seconds)WEEK_DAYS * DAY_S,
                      .month = end - (Seconds)MONTH_DAYS * DAY_S,
                      .until = end};
    TopListCountedRows rows;
    Sums sums = {0};
    TRY(query_top_list_counted(visit->db, arena, (TopListCountedAsk){maker->after_id, upto},
                               &rows));
    TRY(thank_sums(visit, &span, arena, &sums.at, &sums.count));
    for (size_t i = 0; i < rows.count; i++) {
        const TopListCountedRow *row = &rows.at[i];
        if (row->torrent_id > UINT32_MAX) continue; /* places are kept in 32 bits */
        Score score = score_of(row, sum_of(&sums, row->torrent_id), is_over, maker, arena);
        for (TopMeasure measure = 0; measure < TOP_MEASURE_COUNT; measure++)
            for (TopPeriod period = 0; period < TOP_PERIOD_COUNT; period++)
                add_place(maker, (unsigned)row->category, top_list_kind(measure, period),
                          (TopPlace){(uint32_t)row->torrent_id, score.values[measure][period]});
    }
    maker->after_id = upto;
    return OK;
}

typedef struct {
    const TopBoards *boards;
    int64_t day, kept_from;
    Seconds done_at;
} Putting;

static Error put_board(Db *db, Arena *arena, const Board *board, TopListPutAsk ask) {
    if (!board->count) return OK;
    ask.works = top_list_write(board->at, board->count, arena);
    return query_top_list_put(db, arena, ask, NULL);
}

static Error put_all(Db *db, Arena *arena, void *argument) {
    const Putting *putting = argument;
    TRY(query_top_list_clear(db, arena, (TopListClearAsk){.day = putting->day}, NULL));
    for (unsigned kind = 0; kind < KINDS; kind++) {
        TopListPutAsk ask = {.day = putting->day, .kind = kind};
        /* Every day has its lists, were they empty. */
        ask.works =
            top_list_write(putting->boards->all[kind].at, putting->boards->all[kind].count, arena);
        TRY(query_top_list_put(db, arena, ask, NULL));
        for (unsigned category = 1; category < CATEGORY_NUMBERS; category++) {
            ask.category = category;
            TRY(put_board(db, arena, &putting->boards->of_category[category][kind], ask));
        }
    }
    TRY(query_top_list_forget(db, arena, (TopListForgetAsk){.before = putting->kept_from}, NULL));
    return query_progress_set(
        db, arena, (ProgressSetAsk){.name = progress_name, .at = putting->done_at}, NULL);
}

static void end_round(TopListMaker *maker) {
    arena_free(&maker->arena);
    maker->arena = (Arena){0};
    maker->boards = NULL;
}

/* Progress is where a round began; behind that of a day that had ended it is the end of the day:
 * then the day after is next. */
static Error finish(Visit *visit, TopListMaker *maker) {
    Seconds day_end = (maker->day + 1) * DAY_S;
    bool had_ended = maker->began_at >= day_end;
    Putting putting = {.boards = maker->boards,
                       .day = maker->day,
                       .kept_from = maker->day - TOP_LIST_DAYS_KEPT + 1,
                       .done_at = had_ended ? day_end : maker->began_at};
    TRY(store_write(visit->community->store, visit->arena, put_all, &putting));
    maker->done_at = had_ended ? 0 : maker->began_at;
    end_round(maker);
    return OK;
}

static Error progress_of(Visit *visit, Str name, Seconds *ret_at) {
    bool found;
    ProgressFindRow row = {0};
    TRY(query_progress_find(visit->db, visit->arena, (ProgressFindAsk){.name = name}, &found,
                            &row));
    *ret_at = found ? row.at : 0;
    return OK;
}

/* Only behind the history of this hour: else what was completed before midnight would be missing
 * from the day that ended. */
static Error begin(Visit *visit, TopListMaker *maker) {
    Seconds sampled_at, made_at;
    TRY(progress_of(visit, STR("health"), &sampled_at));
    if (sampled_at / HOUR_S < visit->now / HOUR_S) return OK;
    TRY(progress_of(visit, progress_name, &made_at));
    TopListLastIdRow last;
    TRY(query_top_list_last_id(visit->db, visit->arena, &last));
    int64_t today = visit->now / DAY_S;
    bool ended = made_at > 0 && made_at / DAY_S < today;
    maker->day = ended ? today - 1 : today;
    maker->began_at = visit->now;
    maker->after_id = 0;
    maker->last_id = last.id;
    maker->arena = arena_create(BOARDS_BYTES_MAX);
    maker->boards = arena_new(&maker->arena, TopBoards, 1);
    return OK;
}

static Error run_share(Visit *visit, TopListMaker *maker, Arena *arena) {
    for (int works = 0; works < TOP_LIST_WORKS_AT_ONCE; works += WORKS_OF_READ) {
        if (maker->after_id >= maker->last_id) return finish(visit, maker);
        TRY(read_some(visit, maker, arena));
        arena_reset(arena);
    }
    return OK;
}

Error top_list_make(Visit *visit, TopListMaker *maker) {
    if (!maker->boards) {
        if (visit->now / HOUR_S == maker->done_at / HOUR_S) return OK;
        TRY(begin(visit, maker));
        if (!maker->boards) return OK;
    }
    Arena arena = arena_create(READ_BYTES_MAX);
    Error result = run_share(visit, maker, &arena);
    if (failed(result)) {
        result.subject[0] = result.subject[1] = (Str){0}; /* went with the arena */
        end_round(maker);
    }
    arena_free(&arena);
    return result;
}

void top_list_maker_free(TopListMaker *maker) {
    if (maker->boards) end_round(maker);
}
