#include "search/plan.h"
#include "search/prefix_list.h"

enum { PLACES_FIRST = 64 };

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

void phrase_add_starts(Leaf *leaf, uint32_t document, uint8_t wanted, Places *starts,
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
        phrase_add_starts(leaf, documents[i], leaf->fields, &starts, plan->arena);
        uint8_t fields = 0;
        for (size_t j = 0; j < starts.count; j++) fields |= (uint8_t)(1u << starts.at[j].field);
        if (!fields) continue;
        found_add(&leaf->found, documents[i], fields, plan->arena);
        documents[kept++] = documents[i];
    }
    return kept;
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

/* The list of the first prefix that has one: it says where to look for the row at all. */
static Leaf *find_united(Plan *plan, const QueryWords *words) {
    for (size_t i = 0; i < words->count; i++) {
        const QueryPart *part = &words->parts[i];
        if (part->prefix && prefix_list_find(plan->part->segment, part->word).len)
            return leaf_prefix(plan, part->word, words->fields);
    }
    return NULL;
}

Leaf *phrase_leaf(Plan *plan, const QueryWords *words) {
    Leaf *leaf = arena_new(plan->arena, Leaf, 1);
    Leaf **lists = arena_new(plan->arena, Leaf *, words->count + 1);
    leaf->kind = LEAF_PHRASE;
    leaf->fields = words->fields;
    leaf->parts = arena_new(plan->arena, PhrasePart, words->count);
    for (size_t i = 0; i < words->count; i++) {
        const QueryPart *part = &words->parts[i];
        if (part->prefix) continue;
        Leaf *list = lists[leaf->part_count] = leaf_list(plan, part->word, FIELDS_ALL);
        leaf->parts[leaf->part_count++] = (PhrasePart){list->scoring, part->position};
    }
    bool begun = leaf->part_count < words->count;
    Leaf *united = begun && leaf->part_count ? find_united(plan, words) : NULL;
    if (leaf->part_count) {
        if (united) lists[leaf->part_count] = united;
        leaf->candidates = candidates_node(plan, lists, leaf->part_count + (united != NULL));
        leaf->most = leaf->candidates->most;
        qsort(leaf->parts, leaf->part_count, sizeof *leaf->parts, compare_parts);
    }
    return begun ? begun_leaf(plan, words, leaf, united) : leaf;
}
