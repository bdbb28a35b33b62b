#include "base/limits.h"
#include "community/list_query.h"
#include "community/permission.h"
#include "community/tag.h"
#include "community/torrent_row.h"
#include "queries/member.h"
#include "search/search_pick.h"
#include "search/suggest.h"

/* Categories have codes outside, numbers within. */
static Error search_ask(Visit *visit, const TorrentListAsk *ask, SearchAsk *ret_ask) {
    SearchAsk search = ask->ask;
    if (search.category == 0) search.category = SEARCH_ANY;
    if (ask->category_code.len) {
        const Category *category = category_find(ask->category_code);
        if (!category)
            return error_field(BAD_INPUT, "category", "unknown_category",
                               "There is no category \"{}\".", ask->category_code);
        search.category = (int)category->number;
    }
    if (search.license.len) {
        const Licence *licence = licence_find(search.license);
        if (!licence)
            return error_field(BAD_INPUT, "license", "unknown_license",
                               "\"{}\" is not a licence we know.", search.license);
        search.license = str_from_c(licence->id);
    }
    if (search.tag.len) TRY(tag_meant(visit, search.tag, &search.tag));
    if (search.limit == 0) search.limit = LIST_PAGE_STANDARD;
    if (search.limit > LIST_PAGE_MAX) search.limit = LIST_PAGE_MAX;
    *ret_ask = search;
    return OK;
}

static const TorrentLineRow *row_of(const TorrentLineRows *rows, int64_t id) {
    for (size_t i = 0; i < rows->count; i++)
        if (rows->at[i].id == id) return &rows->at[i];
    return NULL;
}

/* In the order search found them. What has vanished in the meantime is left out. */
static Error fill(Visit *visit, const SearchResult *found, TorrentList *list) {
    int64_t *ids = arena_new(visit->arena, int64_t, found->count);
    for (size_t i = 0; i < found->count; i++) ids[i] = found->hits[i].id;
    TorrentLineRows rows = {0};
    if (found->count)
        TRY(query_torrent_by_ids(visit->db, visit->arena,
                                 (TorrentByIdsAsk){.ids = {ids, found->count}}, &rows));
    list->at = arena_new(visit->arena, Torrent, found->count);
    list->matched_paths = arena_new(visit->arena, Str, found->count);
    for (size_t i = 0; i < found->count; i++) {
        const TorrentLineRow *row = row_of(&rows, ids[i]);
        if (!row || row->state != TORRENT_VISIBLE) continue;
        list->matched_paths[list->count] = found->hits[i].matched_path;
        list->at[list->count++] = torrent_from_row(row, visit);
    }
    return OK;
}

typedef struct {
    const Category *category;
    uint64_t count, parent_count;
} Shelf;

/* Parents by what is on them and their children, each before these. */
static int compare_shelves(const void *a, const void *b) {
    const Shelf *x = a, *y = b;
    const Category *p = category_parent(x->category), *q = category_parent(y->category);
    unsigned of_x = (p ? p : x->category)->number, of_y = (q ? q : y->category)->number;
    if (of_x != of_y && x->parent_count != y->parent_count)
        return x->parent_count > y->parent_count ? -1 : 1;
    if (of_x != of_y) return of_x < of_y ? -1 : 1;
    if (!p != !q) return p ? 1 : -1;
    if (x->count != y->count) return x->count > y->count ? -1 : 1;
    return x->category->number < y->category->number ? -1 : 1;
}

/* Search counts each by its number; here a parent's count has its children's in it. */
static SearchFacets category_codes(SearchFacets numbers, Arena *arena) {
    uint64_t counts[CATEGORY_NUMBERS] = {0};
    for (size_t i = 0; i < numbers.count; i++) {
        uint64_t number = 0;
        if (str_to_u64(numbers.at[i].value, &number) && number < CATEGORY_NUMBERS)
            counts[number] = numbers.at[i].count;
    }
    category_add_up(counts, CATEGORY_NUMBERS);
    Shelf *shelves = arena_new(arena, Shelf, CATEGORY_NUMBERS);
    size_t count = 0;
    for (const Category *category = categories; category->code; category++) {
        unsigned parent = category->parent ? category->parent : category->number;
        if (counts[category->number])
            shelves[count++] = (Shelf){category, counts[category->number], counts[parent]};
    }
    qsort(shelves, count, sizeof *shelves, compare_shelves);
    SearchFacets codes = {arena_new(arena, SearchFacet, count), count};
    for (size_t i = 0; i < count; i++)
        codes.at[i] = (SearchFacet){str_from_c(shelves[i].category->code), shelves[i].count};
    return codes;
}

/* Numbers of a short table as the codes they stand for; what has none is left out. */
static SearchFacets facet_codes(SearchFacets numbers, const char *(*code_of)(uint64_t number)) {
    size_t count = 0;
    for (size_t i = 0; i < numbers.count; i++) {
        uint64_t number;
        const char *code = str_to_u64(numbers.at[i].value, &number) ? code_of(number) : NULL;
        if (code) numbers.at[count++] = (SearchFacet){str_from_c(code), numbers.at[i].count};
    }
    numbers.count = count;
    return numbers;
}

static const char *may_code(uint64_t number) {
    return number < LICENCE_MAY_COUNT ? licence_may_names[number].at : NULL;
}

static const char *health_code(uint64_t number) {
    return number < HEALTH_STATE_COUNT ? health_states[number].code : NULL;
}

enum { FOUND_FEW = 3 };

/* What may have been meant, if it finds more. Nothing of it is asked for in anybody's place. */
static void correct(Visit *visit, SearchAsk search, size_t total, TorrentList *list) {
    ListQuery query;
    Str texts[SUGGEST_CORRECTIONS_MAX];
    list_query_read(visit, search.text, &query);
    size_t count =
        search_correct(visit->community->search, search.text, query.tree, visit->arena, texts);
    list->corrections = arena_new(visit->arena, Str, SUGGEST_CORRECTIONS_MAX);
    search.limit = 0;
    search.facets = false;
    for (size_t i = 0; i < count; i++) {
        SearchResult found;
        list_query_read(visit, texts[i], &query);
        search.text = texts[i];
        search.query = query.tree;
        Error e = search_find(visit->community->search, &search, visit->arena, &found);
        if (!failed(e) && found.total > total)
            list->corrections[list->correction_count++] = texts[i];
    }
}

Error torrent_list(Visit *visit, const TorrentListAsk *ask, TorrentList *ret_list) {
    SearchAsk search;
    SearchResult found;
    ListQuery query = {0};
    TRY(search_ask(visit, ask, &search));
    if (ask->by_health) search.healths = (uint8_t)(1u << ask->health);
    list_query_read(visit, search.text, &query);
    HitPathChooser chooser = hit_path_chooser(query.tree, visit->arena);
    search.query = query.tree;
    TRY(search_find(visit->community->search, &search, visit->arena, &found));
    if (!ask->is_quick) TRY(torrent_hit_paths(visit, &chooser, &found));
    TorrentList list = {.total = found.total,
                        .next = found.next,
                        .categories = category_codes(found.categories, visit->arena),
                        .licences = found.licenses,
                        .languages = found.languages,
                        .mays = facet_codes(found.mays, may_code),
                        .healths = facet_codes(found.healths, health_code),
                        .years = found.years,
                        .notes = query.notes,
                        .read_as = query.read_as};
    TRY(fill(visit, &found, &list));
    if (found.total <= FOUND_FEW && !ask->is_quick && !search.cursor.len)
        correct(visit, search, found.total, &list);
    *ret_list = list;
    return OK;
}

Error torrent_list_pick(Visit *visit, const TorrentListAsk *ask, uint64_t chance,
                        TorrentList *ret_list) {
    SearchAsk search;
    SearchHit hit = {0};
    TorrentList list = {0};
    TRY(search_ask(visit, ask, &search));
    if (ask->by_health) search.healths = (uint8_t)(1u << ask->health);
    TRY(search_pick(visit->community->search, &search, chance, &hit.id));
    SearchResult found = {.hits = &hit, .count = hit.id != 0};
    TRY(fill(visit, &found, &list));
    list.total = list.count;
    *ret_list = list;
    return OK;
}

static void take_rows(Visit *visit, const TorrentLineRows *rows, TorrentList *ret_list) {
    TorrentList list = {.at = arena_new(visit->arena, Torrent, rows->count),
                        .matched_paths = arena_new(visit->arena, Str, rows->count),
                        .count = rows->count,
                        .total = rows->count};
    for (size_t i = 0; i < rows->count; i++) list.at[i] = torrent_from_row(&rows->at[i], visit);
    *ret_list = list;
}

Error torrent_list_of_member(Visit *visit, int64_t member_id, TorrentList *ret_list) {
    TorrentLineRows rows;
    if (failed(permission_edit(visit, member_id)))
        TRY(query_torrent_of_member_visible(
            visit->db, visit->arena,
            (TorrentOfMemberVisibleAsk){.uploader_id = member_id, .count = LISTED_OF_MEMBER_MAX},
            &rows));
    else
        TRY(query_torrent_of_member(
            visit->db, visit->arena,
            (TorrentOfMemberAsk){.uploader_id = member_id, .count = LISTED_OF_MEMBER_MAX}, &rows));
    take_rows(visit, &rows, ret_list);
    return OK;
}

Error torrent_list_waiting(Visit *visit, TorrentList *ret_list) {
    TRY(permission_role(visit, ROLE_MODERATOR));
    TorrentLineRows rows;
    TRY(query_torrent_waiting(visit->db, visit->arena, (TorrentWaitingAsk){.count = LIST_PAGE_MAX},
                              &rows));
    take_rows(visit, &rows, ret_list);
    return OK;
}

Error torrent_totals(Visit *visit, CommunityTotals *ret_totals) {
    MemberCountRow members;
    TRY(query_member_count(visit->db, visit->arena, &members));
    SearchTotals sums = search_totals(visit->community->search);
    *ret_totals = (CommunityTotals){.torrents = sums.works,
                                    .seeders = sums.seeders,
                                    .leechers = sums.leechers,
                                    .completed = sums.completed,
                                    .members = (uint64_t)members.count};
    return OK;
}

void torrent_category_counts(Visit *visit, uint64_t *ret_counts, size_t count) {
    SearchTotals sums = search_totals(visit->community->search);
    for (size_t i = 0; i < count; i++)
        ret_counts[i] = i < SEARCH_CATEGORIES_MAX ? sums.by_category[i] : 0;
    category_add_up(ret_counts, count);
}
