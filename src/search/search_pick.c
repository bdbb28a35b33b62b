#include "search/search_pick.h"

#include "search/query.h"
#include "search/search_state.h"
#include "search/tally.h"

enum { SCRATCH_BYTES_MAX = 64 * MIB }; /* the classes of each segment, a byte each */

typedef struct {
    const SearchAsk *ask;
    const View *view;
    Tally *tallies; /* of each part */
    uint64_t *ends; /* documents up to the end of each part, those that are gone with them */
    uint64_t drawn; /* what the next number is made of */
} Pick;

/* Steps of equal length through all numbers, each well mixed (splitmix64). */
static uint64_t draw(Pick *pick) {
    uint64_t mixed = pick->drawn += 0x9E3779B97F4A7C15;
    mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9;
    mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EB;
    return mixed ^ mixed >> 31;
}

/* Below `limit`: the upper half of a product, uneven by less than limit / 2^64. */
static uint64_t draw_below(Pick *pick, uint64_t limit) {
    return (uint64_t)((unsigned __int128)draw(pick) * limit >> 64);
}

static bool is_between(uint64_t value, uint64_t min, uint64_t max) {
    return value >= min && (!max || value <= max);
}

static bool is_published_in_time(const SearchAsk *ask, Seconds at) {
    return (!ask->after || at >= ask->after) && (!ask->before || at < ask->before);
}

static bool fits(Pick *pick, size_t part, uint32_t document) {
    const ViewPart *of_view = &pick->view->parts[part];
    const SearchAsk *ask = pick->ask;
    const Columns *columns = segment_columns(of_view->segment);
    if (!view_part_has(of_view, document)) return false;
    if (!tally_add(&pick->tallies[part], &(uint32_t){document}, 1)) return false;
    if (!is_between(columns->sizes[document], ask->min_size, ask->max_size) ||
        !is_between(columns->file_counts[document], ask->min_files, ask->max_files) ||
        !is_published_in_time(ask, columns->published_at[document]))
        return false;
    if (!ask->min_seeders && !ask->filter.keep) return true;
    SearchCounts counts = segment_counts(of_view->segment, document);
    return counts.seeders >= ask->min_seeders &&
           (!ask->filter.keep || ask->filter.keep(&counts, ask->filter.argument));
}

static int64_t pick_one(Pick *pick) {
    const View *view = pick->view;
    uint64_t all = view->count ? pick->ends[view->count - 1] : 0;
    for (int i = 0; all && i < SEARCH_PICK_TRIES_MAX; i++) {
        uint64_t number = draw_below(pick, all);
        size_t part = 0;
        while (pick->ends[part] <= number) part++;
        uint32_t document = (uint32_t)(number - (part ? pick->ends[part - 1] : 0));
        if (fits(pick, part, document))
            return segment_columns(view->parts[part].segment)->ids[document];
    }
    return 0;
}

static void begin(Pick *pick, const QueryNames *names, Arena *arena) {
    QueryNode all = {.kind = QUERY_ALL};
    TallyFilter filter = tally_filter(pick->ask, &all);
    const View *view = pick->view;
    pick->tallies = arena_new(arena, Tally, view->count + 1);
    pick->ends = arena_new(arena, uint64_t, view->count + 1);
    uint64_t documents = 0;
    for (size_t i = 0; i < view->count; i++) {
        pick->tallies[i] = tally_create(&filter, names, false, arena);
        tally_begin(&pick->tallies[i], &view->parts[i], 1);
        pick->ends[i] = documents += segment_count(view->parts[i].segment);
    }
}

Error search_pick(Search *search, const SearchAsk *ask, uint64_t chance, int64_t *ret_id) {
    *ret_id = 0;
    TRY(search_check_ready(search));
    bool has_words = ask->query ? ask->query->kind != QUERY_ALL : ask->text.len > 0;
    if (has_words || ask->tag.len || ask->uploader.len) return OK;
    Arena scratch = arena_create(SCRATCH_BYTES_MAX);
    View *view = search_hold(search);
    jmp_buf full;
    if (!setjmp(full)) {
        scratch.overflow = &full;
        Pick pick = {.ask = ask, .view = view, .drawn = chance};
        begin(&pick, &search->names, &scratch);
        *ret_id = pick_one(&pick);
    }
    view_release(view);
    arena_free(&scratch);
    return OK;
}
