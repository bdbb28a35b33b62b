#include "search/plan.h"
#include "search/prefix_list.h"

/* Rows of words of which some are only begun: many words may stand at such a place. Where a row
 * may begin is gathered from its exact words first, and only in works that have all of it; then
 * each word of a prefix marks the beginnings it stands behind. So many beginnings at once, so that
 * memory does not grow with the segment. */
enum {
    STARTS_MAX = 1 << 20, /* looked at together; fewer in a small segment */
    STARTS_MIN = 1 << 10,
    STARTS_SHARE = 3,
    FIELD_SHIFT = 29, /* a beginning is one number: its field above its position */
};
#define POSITION_END ((uint32_t)1 << FIELD_SHIFT)

typedef struct {
    uint32_t document, start;
} Place;

typedef struct {
    Plan *plan;
    Leaf *exact;  /* NULL: nothing is, then all places of the first prefix are gathered */
    Leaf *united; /* works of a prefix, one that has a list; may be NULL */
    uint8_t wanted;
    uint32_t *window; /* documents that may have it, from before `window_end` */
    uint8_t *window_fields;
    uint32_t window_end;
    size_t window_count, window_at;
    Place *gathered;
    size_t gathered_count, gathered_at;
    Places here; /* of one document */
    /* Beginnings that are looked at together, by document, rising. */
    uint64_t *bits;  /* their documents */
    uint32_t *ranks; /* how many stand before each word of the bits */
    uint32_t first, end;
    uint8_t *fields; /* of each of the documents */
    uint32_t *ends, *starts;
    bool *marked;
    size_t count, start_count, room, starts_max;
} Rows;

static void add_start(Rows *rows, uint32_t start) {
    if (rows->start_count == rows->room) {
        size_t room = rows->room * 2;
        uint32_t *grown = arena_new(rows->plan->arena, uint32_t, room);
        memcpy(grown, rows->starts, rows->start_count * sizeof *grown);
        rows->starts = grown;
        rows->marked = arena_new(rows->plan->arena, bool, room);
        rows->room = room;
    }
    rows->starts[rows->start_count++] = start;
}

/* What was added since `before` belongs to a document; a row may be nowhere in it. */
static void end_document(Rows *rows, uint32_t document, size_t before) {
    if (rows->start_count == before) return;
    if (!rows->count) rows->first = document;
    rows->end = document + 1;
    rows->bits[document / 64] |= (uint64_t)1 << document % 64;
    uint8_t fields = 0;
    for (size_t i = before; i < rows->start_count; i++)
        fields |= (uint8_t)(1u << (rows->starts[i] >> FIELD_SHIFT));
    rows->fields[rows->count] = fields;
    rows->ends[rows->count++] = (uint32_t)rows->start_count;
}

static bool next_window(Rows *rows) {
    Plan *plan = rows->plan;
    uint32_t from = rows->window_end;
    if (from >= plan->documents) return false;
    uint32_t to = plan->documents - from < BITMAP_WINDOW ? plan->documents : from + BITMAP_WINDOW;
    rows->window_end = to;
    rows->window_at = 0;
    rows->window_count = plan_list(plan, rows->exact->candidates, from, to, rows->window);
    if (rows->united) {
        memset(rows->window_fields, 0, rows->window_count);
        leaf_join_fields(rows->united, rows->window, rows->window_count, rows->window_fields);
    } else {
        memset(rows->window_fields, rows->wanted, rows->window_count);
    }
    return true;
}

static bool is_full(const Rows *rows) { return rows->start_count >= rows->starts_max; }

static void add_exact(Rows *rows) {
    while (!is_full(rows)) {
        if (rows->window_at == rows->window_count) {
            if (!next_window(rows)) return;
            continue;
        }
        uint32_t document = rows->window[rows->window_at];
        uint8_t wanted = rows->window_fields[rows->window_at++] & rows->wanted;
        if (!wanted) continue;
        size_t before = rows->start_count;
        rows->here.count = 0;
        phrase_add_starts(rows->exact, document, wanted, &rows->here, rows->plan->arena);
        for (size_t i = 0; i < rows->here.count; i++) {
            Occurrence start = rows->here.at[i];
            if (start.position < POSITION_END)
                add_start(rows, (uint32_t)start.field << FIELD_SHIFT | start.position);
        }
        end_document(rows, document, before);
    }
}

static void add_gathered(Rows *rows) {
    while (rows->gathered_at < rows->gathered_count && !is_full(rows)) {
        uint32_t document = rows->gathered[rows->gathered_at].document;
        size_t before = rows->start_count;
        for (; rows->gathered_at < rows->gathered_count &&
               rows->gathered[rows->gathered_at].document == document;
             rows->gathered_at++) {
            uint32_t start = rows->gathered[rows->gathered_at].start;
            bool again = rows->start_count > before && rows->starts[rows->start_count - 1] == start;
            if (!again) add_start(rows, start);
        }
        end_document(rows, document, before);
    }
}

static void write_ranks(Rows *rows) {
    uint32_t rank = 0;
    for (uint32_t word = rows->first / 64; word <= (rows->end - 1) / 64; word++) {
        rows->ranks[word] = rank;
        rank += (uint32_t)__builtin_popcountll(rows->bits[word]);
    }
}

/* The next of them; false when there are none left. */
static bool begin_rows(Rows *rows) {
    if (rows->end)
        memset(rows->bits + rows->first / 64, 0,
               ((rows->end - 1) / 64 - rows->first / 64 + 1) * sizeof *rows->bits);
    rows->count = rows->start_count = 0;
    if (rows->exact) {
        add_exact(rows);
    } else {
        add_gathered(rows);
    }
    return rows->count > 0;
}

/* The beginnings that the word of the reader stands behind, in the document it is at. */
static void mark_document(Rows *rows, PostingReader *reader, uint32_t back) {
    uint32_t document = reader->document;
    uint64_t below = rows->bits[document / 64] & (((uint64_t)1 << document % 64) - 1);
    uint32_t number = rows->ranks[document / 64] + (uint32_t)__builtin_popcountll(below);
    uint8_t fields = posting_read_fields(reader);
    if (!(fields & rows->fields[number])) return;
    uint32_t at = number ? rows->ends[number - 1] : 0, end = rows->ends[number];
    PositionReader places = position_reader(posting_read_packed(reader), fields);
    while (at < end && position_next(&places)) {
        Occurrence place = places.occurrence;
        if (place.position < back || place.position - back >= POSITION_END) continue;
        uint32_t start = (uint32_t)place.field << FIELD_SHIFT | (place.position - back);
        while (at < end && rows->starts[at] < start) at++;
        if (at < end && rows->starts[at] == start) rows->marked[at++] = true;
    }
}

static void mark_word(Rows *rows, const Posting *posting, uint32_t back) {
    PostingReader reader = posting_reader(posting);
    if (!posting->fields || !posting->count) return;
    if (posting->kind == POSTING_BITS) {
        for (uint32_t word = rows->first / 64; word <= (rows->end - 1) / 64; word++) {
            uint64_t left = posting->bits[word] & rows->bits[word];
            for (; left; left &= left - 1) {
                if (posting_seek(&reader, word * 64 + (uint32_t)__builtin_ctzll(left)))
                    mark_document(rows, &reader, back);
            }
        }
        return;
    }
    while (posting_read_next(&reader) && reader.document < rows->end) {
        if (rows->bits[reader.document / 64] >> reader.document % 64 & 1)
            mark_document(rows, &reader, back);
    }
}

static void keep_marked(Rows *rows) {
    size_t kept = 0, documents = 0, number = 0, at = 0;
    for (uint32_t word = rows->first / 64; word <= (rows->end - 1) / 64; word++) {
        for (uint64_t left = rows->bits[word]; left; left &= left - 1) {
            size_t end = rows->ends[number++], before = kept;
            uint8_t fields = 0;
            for (; at < end; at++) {
                if (!rows->marked[at]) continue;
                fields |= (uint8_t)(1u << (rows->starts[at] >> FIELD_SHIFT));
                rows->starts[kept++] = rows->starts[at];
            }
            if (kept == before) {
                rows->bits[word] &= ~(left & -left);
                continue;
            }
            rows->fields[documents] = fields;
            rows->ends[documents++] = (uint32_t)kept;
        }
    }
    rows->count = documents;
    rows->start_count = kept;
}

static void keep_behind(Rows *rows, const QueryPart *part) {
    write_ranks(rows);
    memset(rows->marked, 0, rows->start_count);
    SegmentWords words;
    segment_words(rows->plan->part->segment, part->word, &words);
    while (segment_next_word(&words)) {
        Posting posting = posting_open(words.list, rows->plan->documents);
        mark_word(rows, &posting, part->position);
    }
    keep_marked(rows);
}

static int compare_places(const void *a, const void *b) {
    const Place *x = a, *y = b;
    if (x->document != y->document) return x->document < y->document ? -1 : 1;
    return (x->start > y->start) - (x->start < y->start);
}

/* Without an exact part: every place of the words of a prefix. */
static void gather(Rows *rows, const QueryPart *part) {
    size_t room = 0;
    Plan *plan = rows->plan;
    SegmentWords words;
    segment_words(plan->part->segment, part->word, &words);
    while (segment_next_word(&words)) {
        Posting posting = posting_open(words.list, plan->documents);
        for (PostingReader reader = posting_reader(&posting); posting_read_next(&reader);) {
            PositionReader at =
                position_reader(posting_read_packed(&reader), posting_read_fields(&reader));
            while (position_next(&at)) {
                Occurrence place = at.occurrence;
                if (place.position < part->position || !(rows->wanted >> place.field & 1) ||
                    place.position - part->position >= POSITION_END)
                    continue;
                if (rows->gathered_count == room) {
                    room = room ? room * 2 : 64;
                    Place *grown = arena_new(plan->arena, Place, room);
                    if (rows->gathered_count)
                        memcpy(grown, rows->gathered, rows->gathered_count * sizeof *grown);
                    rows->gathered = grown;
                }
                rows->gathered[rows->gathered_count++] =
                    (Place){reader.document, (uint32_t)place.field << FIELD_SHIFT |
                                                 (place.position - part->position)};
            }
        }
    }
    if (rows->gathered_count)
        qsort(rows->gathered, rows->gathered_count, sizeof *rows->gathered, compare_places);
}

static void take_found(const Rows *rows, Found *found) {
    size_t number = 0;
    for (uint32_t word = rows->first / 64; rows->count && word <= (rows->end - 1) / 64; word++) {
        for (uint64_t left = rows->bits[word]; left; left &= left - 1)
            found_add(found, word * 64 + (uint32_t)__builtin_ctzll(left), rows->fields[number++],
                      rows->plan->arena);
    }
}

static Rows rows_create(Plan *plan, Leaf *exact, uint8_t wanted, uint32_t most) {
    Arena *arena = plan->arena;
    size_t starts_max = plan->documents / STARTS_SHARE;
    if (starts_max < STARTS_MIN) starts_max = STARTS_MIN;
    if (starts_max > STARTS_MAX) starts_max = STARTS_MAX;
    size_t room = most < starts_max ? most : starts_max;
    size_t words = bitmap_words(plan->documents);
    return (Rows){.plan = plan,
                  .exact = exact,
                  .wanted = wanted,
                  .bits = arena_new(arena, uint64_t, words + 1),
                  .ranks = arena_new(arena, uint32_t, words + 1),
                  .fields = arena_new(arena, uint8_t, room + 1),
                  .ends = arena_new(arena, uint32_t, room + 1),
                  .starts = arena_new(arena, uint32_t, room + 1),
                  .marked = arena_new(arena, bool, room + 1),
                  .room = room + 1,
                  .starts_max = starts_max};
}

Leaf *begun_leaf(Plan *plan, const QueryWords *words, Leaf *exact, Leaf *united) {
    size_t first = 0;
    bool has_exact = exact->part_count > 0;
    Rows rows = rows_create(plan, has_exact ? exact : NULL, words->fields,
                            has_exact ? exact->candidates->most : plan->documents);
    rows.united = united;
    if (has_exact) {
        rows.window = plan_take_list(plan);
        rows.window_fields = (uint8_t *)plan_take_list(plan);
    } else {
        gather(&rows, &words->parts[first++]);
    }
    Found found = {0};
    while (begin_rows(&rows)) {
        for (size_t i = first; i < words->count && rows.count; i++)
            if (words->parts[i].prefix) keep_behind(&rows, &words->parts[i]);
        take_found(&rows, &found);
    }
    if (has_exact) {
        plan_give_list(plan, (uint32_t *)(void *)rows.window_fields);
        plan_give_list(plan, rows.window);
    }
    return leaf_found(plan, found, words->fields);
}
