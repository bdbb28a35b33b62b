#include "community/top_list.h"

#include "base/bytes.h"
#include "base/limits.h"
#include "community/torrent_row.h"
#include "queries/top_list.h"

enum { DAY_S = 24 * 3600, VERSION = 1, PLACE_BYTES = 8 };

const TopName top_measures[TOP_MEASURE_COUNT] = {
    [TOP_COMPLETED] = {"completed", WORDS("Most downloaded")},
    [TOP_SEEDERS] = {"seeders", WORDS("Most seeders")},
    [TOP_THANKS] = {"thanks", WORDS("Most thanked")},
};
const TopName top_periods[TOP_PERIOD_COUNT] = {
    [TOP_DAY] = {"day", WORDS("Day")},
    [TOP_WEEK] = {"week", WORDS("Week")},
    [TOP_MONTH] = {"month", WORDS("Month")},
    [TOP_ALL] = {"all", WORDS("All time")},
};

/* As many names as were there when none is this one. */
static int find_name(const TopName *names, int count, Str code) {
    int at = 0;
    while (at < count && !str_equal(code, str_from_c(names[at].code))) at++;
    return at;
}

Error top_words_parse(const TopWords *words, ErrorList *errors, TopAsk *ret_ask) {
    TopAsk ask = {0};
    int measure = find_name(top_measures, TOP_MEASURE_COUNT, words->by);
    int period = find_name(top_periods, TOP_PERIOD_COUNT, words->period);
    if (measure == TOP_MEASURE_COUNT || period == TOP_PERIOD_COUNT)
        return error(NOT_FOUND, "no_such_list", "There is no such list.");
    ask.measure = (TopMeasure)measure;
    ask.period = (TopPeriod)period;
    const Category *category = words->category.len ? category_find(words->category) : NULL;
    if (category)
        ask.category = category->number;
    else if (words->category.len)
        error_list_add(errors, error_field(BAD_INPUT, "category", "unknown_category",
                                           "There is no category \"{}\".", words->category));
    bool is_day = words->date.len == 0 || clock_parse_rfc3339(str_trim(words->date), &ask.day);
    if (!is_day || ask.day < 0)
        error_list_add(errors,
                       error_field(BAD_INPUT, "date", "bad_time",
                                   "A date is written as 2026-11-23, not \"{}\".", words->date));
    *ret_ask = ask;
    return OK;
}

/* --- a list as bytes --- */

unsigned top_list_kind(TopMeasure measure, TopPeriod period) {
    return (unsigned)measure * TOP_PERIOD_COUNT + (unsigned)period;
}

Str top_list_write(const TopPlace *places, size_t count, Arena *arena) {
    size_t room = 1 + count * PLACE_BYTES;
    ByteWriter writer = byte_writer(arena_new(arena, uint8_t, room), room);
    byte_write_u8(&writer, VERSION);
    for (size_t i = 0; i < count; i++) {
        byte_write_u32(&writer, places[i].id);
        byte_write_u32(&writer, places[i].value);
    }
    return str_from_bytes(writer.start, byte_written(&writer));
}

bool top_list_parse(Str bytes, Arena *arena, TopPlace **ret_places, size_t *ret_count) {
    size_t count = bytes.len / PLACE_BYTES;
    if (bytes.len != 1 + count * PLACE_BYTES || count > TOP_LIST_MAX) return false;
    ByteReader reader = byte_reader(bytes.at, bytes.len);
    if (byte_read_u8(&reader) != VERSION) return false;
    TopPlace *places = arena_new(arena, TopPlace, count + 1);
    for (size_t i = 0; i < count; i++) {
        places[i].id = byte_read_u32(&reader);
        places[i].value = byte_read_u32(&reader);
        if (!places[i].id) return false;
    }
    *ret_places = places;
    *ret_count = count;
    return true;
}

/* --- read back --- */

typedef struct {
    TopPlace *at;
    size_t count;
} Places;

static Error read_places(Visit *visit, const TopAsk *ask, int64_t day, Places *ret_places) {
    bool found;
    TopListFindRow row;
    TopListFindAsk find = {day, top_list_kind(ask->measure, ask->period), ask->category};
    TRY(query_top_list_find(visit->db, visit->arena, find, &found, &row));
    Places places = {0};
    /* A damaged list is an empty one: the next round writes another. */
    if (found && !top_list_parse(row.works, visit->arena, &places.at, &places.count))
        places = (Places){0};
    *ret_places = places;
    return OK;
}

/* The last day with lists that is not after the one asked for. */
static Error find_day(Visit *visit, Seconds asked, bool *ret_found, int64_t *ret_day) {
    int64_t latest = (asked ? asked : visit->now) / DAY_S;
    TopListDayBeforeRow row;
    TRY(query_top_list_day_before(visit->db, visit->arena, (TopListDayBeforeAsk){.day = latest + 1},
                                  ret_found, &row));
    if (*ret_found) *ret_day = row.day;
    return OK;
}

static Error find_neighbours(Visit *visit, int64_t day, TopList *list) {
    bool found;
    TopListDayBeforeRow before;
    TopListDayAfterRow after;
    TRY(query_top_list_day_before(visit->db, visit->arena, (TopListDayBeforeAsk){.day = day},
                                  &found, &before));
    if (found) {
        list->previous = before.day * DAY_S;
        list->has_before = before.day == day - 1;
    }
    TRY(query_top_list_day_after(visit->db, visit->arena, (TopListDayAfterAsk){.day = day}, &found,
                                 &after));
    if (found) list->next = after.day * DAY_S;
    return OK;
}

static unsigned rank_in(const Places *places, uint32_t id) {
    for (size_t i = 0; i < places->count; i++)
        if (places->at[i].id == id) return (unsigned)i + 1;
    return 0;
}

static const TorrentLineRow *row_of(const TorrentLineRows *rows, int64_t id) {
    for (size_t i = 0; i < rows->count; i++)
        if (rows->at[i].id == id) return &rows->at[i];
    return NULL;
}

static Error fill(Visit *visit, const Places *places, const Places *before, TopList *list) {
    int64_t *ids = arena_new(visit->arena, int64_t, places->count + 1);
    for (size_t i = 0; i < places->count; i++) ids[i] = places->at[i].id;
    TorrentLineRows rows = {0};
    TRY(query_torrent_by_ids(visit->db, visit->arena,
                             (TorrentByIdsAsk){.ids = {ids, places->count}}, &rows));
    list->at = arena_new(visit->arena, TopEntry, places->count + 1);
    for (size_t i = 0; i < places->count; i++) {
        const TorrentLineRow *row = row_of(&rows, ids[i]);
        if (!row || row->state != TORRENT_VISIBLE) continue;
        list->at[list->count++] = (TopEntry){.rank = (unsigned)i + 1,
                                             .rank_before = rank_in(before, places->at[i].id),
                                             .value = places->at[i].value,
                                             .torrent = torrent_from_row(row, visit)};
    }
    return OK;
}

static Error find_measured(Visit *visit, const TopAsk *ask, int64_t day, TopList *list) {
    Places ever;
    TRY(read_places(visit, &(TopAsk){.measure = ask->measure, .period = TOP_ALL}, day, &ever));
    list->is_unmeasured = ever.count == 0;
    return OK;
}

Error top_list_find(Visit *visit, const TopAsk *ask, TopList *ret_list) {
    TopList list = {0};
    bool found;
    int64_t day = 0;
    TRY(find_day(visit, ask->day, &found, &day));
    if (found) {
        Places places, before = {0};
        list.day = day * DAY_S;
        list.is_over = visit->now >= list.day + DAY_S;
        TRY(find_neighbours(visit, day, &list));
        TRY(read_places(visit, ask, day, &places));
        if (list.has_before) TRY(read_places(visit, ask, day - 1, &before));
        TRY(fill(visit, &places, &before, &list));
        if (!places.count) TRY(find_measured(visit, ask, day, &list));
    }
    *ret_list = list;
    return OK;
}
