#include "search/plan.h"

/* Where a row of words may begin in the works asked about: one row of places for each of them. */
typedef struct {
    uint32_t *documents;
    size_t count;
    Occurrence *starts;
    uint32_t *ends; /* of the starts of each document */
    uint64_t *bits; /* a bit for each of the documents */
} Starts;

enum { PLACES_FIRST = 64 };

typedef struct {
    Occurrence *at;
    size_t count, room;
} Places;

static void add_place(Places *places, Occurrence place, Arena *arena) {
    if (places->count == places->room) {
        size_t room = places->room ? places->room * 2 : PLACES_FIRST;
        Occurrence *grown = arena_new(arena, Occurrence, room);
        if (places->count) memcpy(grown, places->at, places->count * sizeof *grown);
        places->at = grown;
        places->room = room;
    }
    places->at[places->count++] = place;
}

static bool stands_before(Occurrence a, Occurrence b) {
    return a.field != b.field ? a.field < b.field : a.position < b.position;
}

/* Keeps the starts from `first` on where the part stands too, in the document its reader is at. */
static void keep_shared(Places *starts, size_t first, PhrasePart *part) {
    PositionReader places =
        position_reader(posting_read_packed(&part->reader), posting_read_fields(&part->reader));
    size_t kept = first, i = first;
    while (i < starts->count && position_next(&places)) {
        Occurrence place = places.occurrence;
        if (place.position < part->position) continue;
        place.position -= part->position;
        while (i < starts->count && stands_before(starts->at[i], place)) i++;
        if (i < starts->count && !stands_before(place, starts->at[i]))
            starts->at[kept++] = starts->at[i++];
    }
    starts->count = kept;
}

/* Adds where the exact parts stand in a row in this document, in one of `wanted`. */
static void add_starts(Leaf *leaf, uint32_t document, uint8_t wanted, Places *starts,
                       Arena *arena) {
    for (size_t i = 0; i < leaf->part_count; i++) {
        if (!posting_seek(&leaf->parts[i].reader, document)) return;
        wanted &= posting_read_fields(&leaf->parts[i].reader);
        if (!wanted) return;
    }
    size_t first = starts->count;
    PhrasePart *part = &leaf->parts[0];
    PositionReader places =
        position_reader(posting_read_packed(&part->reader), posting_read_fields(&part->reader));
    while (position_next(&places)) {
        Occurrence place = places.occurrence;
        if (!(wanted >> place.field & 1) || place.position < part->position) continue;
        place.position -= part->position;
        add_place(starts, place, arena);
    }
    for (size_t i = 1; i < leaf->part_count && starts->count > first; i++)
        keep_shared(starts, first, &leaf->parts[i]);
}

size_t phrase_check(Plan *plan, Leaf *leaf, uint32_t *documents, size_t count) {
    Places starts = {0};
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        starts.count = 0;
        add_starts(leaf, documents[i], leaf->fields, &starts, plan->arena);
        uint8_t fields = 0;
        for (size_t j = 0; j < starts.count; j++) fields |= (uint8_t)(1u << starts.at[j].field);
        if (!fields) continue;
        found_add(&leaf->found, documents[i], fields, plan->arena);
        documents[kept++] = documents[i];
    }
    return kept;
}

/* All documents that hold every exact part, in any place. */
static uint32_t *list_candidates(Plan *plan, Leaf *leaf, size_t *ret_count) {
    if (leaf->candidates->most <= plan->documents / 64)
        return plan_collect_node(plan, leaf->candidates, ret_count);
    uint32_t *documents = arena_new(plan->arena, uint32_t, leaf->candidates->most + 1);
    uint32_t *window = plan_take_list(plan);
    size_t count = 0;
    for (uint32_t from = 0, to; from < plan->documents; from = to) {
        to = plan->documents - from < BITMAP_WINDOW ? plan->documents : from + BITMAP_WINDOW;
        size_t some = plan_list(plan, leaf->candidates, from, to, window);
        if (some > leaf->candidates->most - count) some = leaf->candidates->most - count;
        memcpy(documents + count, window, some * sizeof *documents);
        count += some;
    }
    plan_give_list(plan, window);
    *ret_count = count;
    return documents;
}

static Starts list_starts(Plan *plan, Leaf *leaf) {
    size_t count;
    uint32_t *documents = list_candidates(plan, leaf, &count);
    Starts starts = {.documents = documents, .ends = arena_new(plan->arena, uint32_t, count + 1)};
    Places places = {0};
    for (size_t i = 0; i < count; i++) {
        size_t before = places.count;
        add_starts(leaf, documents[i], leaf->fields, &places, plan->arena);
        if (places.count == before) continue;
        starts.documents[starts.count] = documents[i];
        starts.ends[starts.count++] = (uint32_t)places.count;
    }
    starts.starts = places.at;
    return starts;
}

static int compare_starts(const void *a, const void *b) {
    const Occurrence *x = a, *y = b;
    return stands_before(*x, *y) ? -1 : stands_before(*y, *x);
}

/* The starts of one list of a prefix, in the documents that still have some, are marked. */
static void mark_starts(const Starts *starts, PostingReader *reader, uint32_t back, bool *marked) {
    bool few = reader->posting.count < starts->count;
    size_t at = 0;
    for (;;) {
        if (few) {
            if (!posting_read_next(reader)) return;
            if (!(starts->bits[reader->document / 64] >> reader->document % 64 & 1)) continue;
            size_t low = at, high = starts->count;
            while (low < high) {
                size_t middle = low + (high - low) / 2;
                if (starts->documents[middle] < reader->document) {
                    low = middle + 1;
                } else {
                    high = middle;
                }
            }
            at = low;
            if (at == starts->count) return;
            if (starts->documents[at] != reader->document) continue;
        } else {
            while (at < starts->count && !posting_seek(reader, starts->documents[at])) at++;
            if (at == starts->count) return;
        }
        size_t first = at ? starts->ends[at - 1] : 0, count = starts->ends[at] - first;
        PositionReader places =
            position_reader(posting_read_packed(reader), posting_read_fields(reader));
        while (position_next(&places)) {
            if (places.occurrence.position < back) continue;
            Occurrence start = {places.occurrence.position - back, places.occurrence.field};
            Occurrence *found =
                bsearch(&start, starts->starts + first, count, sizeof start, compare_starts);
            if (found) marked[found - starts->starts] = true;
        }
        at++;
    }
}

static void keep_marked(Starts *starts, const bool *marked) {
    size_t kept = 0, documents = 0, first = 0;
    for (size_t i = 0; i < starts->count; i++) {
        size_t end = starts->ends[i], before = kept;
        for (size_t j = first; j < end; j++) {
            if (marked[j]) starts->starts[kept++] = starts->starts[j];
        }
        first = end;
        if (kept == before) continue;
        starts->documents[documents] = starts->documents[i];
        starts->ends[documents++] = (uint32_t)kept;
    }
    starts->count = documents;
}

/* Without an exact part: every place of the words of a prefix. */
typedef struct {
    uint32_t document;
    Occurrence start;
} Place;

static int compare_places(const void *a, const void *b) {
    const Place *x = a, *y = b;
    if (x->document != y->document) return x->document < y->document ? -1 : 1;
    return compare_starts(&x->start, &y->start);
}

static Starts gather_starts(Plan *plan, const QueryPart *part, uint8_t wanted) {
    size_t count = 0, room = PLACES_FIRST;
    Place *places = arena_new(plan->arena, Place, room);
    SegmentWords words;
    segment_words(plan->part->segment, part->word, &words);
    while (segment_next_word(&words)) {
        Posting posting = posting_open(words.list, plan->documents);
        PostingReader reader = posting_reader(&posting);
        while (posting_read_next(&reader)) {
            PositionReader at =
                position_reader(posting_read_packed(&reader), posting_read_fields(&reader));
            while (position_next(&at)) {
                Occurrence start = at.occurrence;
                if (start.position < part->position || !(wanted >> start.field & 1)) continue;
                start.position -= part->position;
                if (count == room) {
                    Place *grown = arena_new(plan->arena, Place, room * 2);
                    memcpy(grown, places, count * sizeof *grown);
                    places = grown;
                    room *= 2;
                }
                places[count++] = (Place){reader.document, start};
            }
        }
    }
    qsort(places, count, sizeof *places, compare_places);
    Starts starts = {arena_new(plan->arena, uint32_t, count + 1), 0,
                     arena_new(plan->arena, Occurrence, count + 1),
                     arena_new(plan->arena, uint32_t, count + 1)};
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        bool same = starts.count && starts.documents[starts.count - 1] == places[i].document;
        if (i && same && !compare_places(&places[i], &places[i - 1])) continue;
        if (!same) starts.documents[starts.count++] = places[i].document;
        starts.starts[kept++] = places[i].start;
        starts.ends[starts.count - 1] = (uint32_t)kept;
    }
    return starts;
}

/* A phrase with prefixes is gathered whole: many words may stand at each such place. */
static Leaf *gather_phrase(Plan *plan, const QueryWords *words, Leaf *exact) {
    size_t first = 0; /* prefix to begin with, when nothing is exact */
    Starts starts;
    if (exact->part_count) {
        starts = list_starts(plan, exact);
    } else {
        starts = gather_starts(plan, &words->parts[first++], words->fields);
    }
    for (size_t i = first; i < words->count && starts.count; i++) {
        const QueryPart *part = &words->parts[i];
        if (!part->prefix) continue;
        bool *marked = arena_new(plan->arena, bool, starts.ends[starts.count - 1]);
        starts.bits = arena_new(plan->arena, uint64_t, bitmap_words(plan->documents));
        bitmap_add(starts.bits, 0, starts.documents, starts.count);
        SegmentWords all;
        segment_words(plan->part->segment, part->word, &all);
        while (segment_next_word(&all)) {
            Posting posting = posting_open(all.list, plan->documents);
            PostingReader reader = posting_reader(&posting);
            mark_starts(&starts, &reader, part->position, marked);
        }
        keep_marked(&starts, marked);
    }
    Found found = {0};
    for (size_t i = 0, at = 0; i < starts.count; i++) {
        uint8_t fields = 0;
        for (; at < starts.ends[i]; at++) fields |= (uint8_t)(1u << starts.starts[at].field);
        found_add(&found, starts.documents[i], fields, plan->arena);
    }
    return leaf_found(plan, found, words->fields);
}

/* Only the rarest part and the rest by it, as an "and". */
static PlanNode *candidates_node(Plan *plan, Leaf **lists, size_t count) {
    PlanNode *all = arena_new(plan->arena, PlanNode, 1);
    PlanNode *nodes = arena_new(plan->arena, PlanNode, count + 1);
    *all = (PlanNode){.kind = PLAN_AND, .most = plan->documents};
    for (size_t i = 0; i < count; i++) {
        nodes[i] = (PlanNode){.kind = PLAN_LEAVES, .most = lists[i]->most, .leaf_count = 1};
        nodes[i].leaves[0] = lists[i];
        if (lists[i]->most < all->most) all->most = lists[i]->most;
        nodes[i].next = all->first;
        all->first = &nodes[i];
    }
    plan_settle_and(all);
    return all;
}

static int compare_parts(const void *a, const void *b) {
    const PhrasePart *x = a, *y = b;
    uint32_t x_count = x->reader.posting.count, y_count = y->reader.posting.count;
    return (x_count > y_count) - (x_count < y_count);
}

Leaf *phrase_leaf(Plan *plan, const QueryWords *words) {
    Leaf *leaf = arena_new(plan->arena, Leaf, 1);
    Leaf **lists = arena_new(plan->arena, Leaf *, words->count);
    leaf->kind = LEAF_PHRASE;
    leaf->fields = words->fields;
    leaf->parts = arena_new(plan->arena, PhrasePart, words->count);
    for (size_t i = 0; i < words->count; i++) {
        const QueryPart *part = &words->parts[i];
        if (part->prefix) continue;
        Leaf *list = lists[leaf->part_count] = leaf_list(plan, part->word, FIELDS_ALL);
        leaf->parts[leaf->part_count++] = (PhrasePart){list->scoring, part->position};
    }
    if (leaf->part_count) {
        leaf->candidates = candidates_node(plan, lists, leaf->part_count);
        leaf->most = leaf->candidates->most;
        qsort(leaf->parts, leaf->part_count, sizeof *leaf->parts, compare_parts);
    }
    return leaf->part_count == words->count ? leaf : gather_phrase(plan, words, leaf);
}
