#include "search/plan.h"

#include "base/limits.h"
#include "search/draft.h"

enum { SPARSE_SHARE = 64 }; /* so small a part of a segment is answered all at once */

uint64_t *plan_take_bits(Plan *plan) {
    if (plan->bits_free) return plan->bits[--plan->bits_free];
    return arena_new(plan->arena, uint64_t, BITMAP_WINDOW_WORDS);
}

void plan_give_bits(Plan *plan, uint64_t *bits) {
    if (plan->bits_free < PLAN_BUFFERS_MAX) plan->bits[plan->bits_free++] = bits;
}

uint32_t *plan_take_list(Plan *plan) {
    if (plan->lists_free) return plan->lists[--plan->lists_free];
    return arena_new(plan->arena, uint32_t, BITMAP_WINDOW);
}

void plan_give_list(Plan *plan, uint32_t *list) {
    if (plan->lists_free < PLAN_BUFFERS_MAX) plan->lists[plan->lists_free++] = list;
}

static PlanNode *add_node(Plan *plan, PlanNode node) {
    PlanNode *kept = arena_new(plan->arena, PlanNode, 1);
    *kept = node;
    return kept;
}

static PlanNode *leaf_node(Plan *plan, Leaf *leaf) {
    PlanNode node = {.kind = PLAN_LEAVES, .most = leaf->most};
    node.leaves[node.leaf_count++] = leaf;
    return add_node(plan, node);
}

static PlanNode *words_node(Plan *plan, const QueryWords *words) {
    PlanNode *node = leaf_node(plan, leaf_words(plan, words));
    node->scored = true;
    if (!words->joined.len) return node;
    Leaf *joined = words->joined_prefix ? leaf_prefix(plan, words->joined, words->fields)
                                        : leaf_list(plan, words->joined, words->fields);
    if (!joined->most) return node;
    node->leaves[node->leaf_count++] = joined;
    node->most +=
        joined->most < plan->documents - node->most ? joined->most : plan->documents - node->most;
    return node;
}

bool plan_in_category(const QueryNames *names, unsigned category, int wanted) {
    if ((int)category == wanted) return true;
    if (!names || !names->category_parents || category >= names->category_count) return false;
    return wanted > 0 && names->category_parents[category] == wanted;
}

static bool class_matches(const Plan *plan, const QueryNode *node, const SegmentClass *row) {
    const Segment *segment = plan->part->segment;
    switch (node->kind) {
        case QUERY_CATEGORY: return plan_in_category(plan->names, row->category, node->category);
        case QUERY_LICENSE:
            return str_equal_nocase(segment_license(segment, row->license), node->value);
        case QUERY_LANGUAGE:
            return str_equal_nocase(segment_language(segment, row->language), node->value);
        default: return (row->may & node->bits) == node->bits;
    }
}

static PlanNode *classes_node(Plan *plan, const QueryNode *query) {
    const Columns *columns = plan->columns;
    bool *classes = arena_new(plan->arena, bool, columns->class_count + 1);
    for (uint32_t i = 0; i < columns->class_count; i++)
        classes[i] = class_matches(plan, query, &columns->class_rows[i]);
    return add_node(plan,
                    (PlanNode){.kind = PLAN_CLASSES, .classes = classes, .most = plan->documents});
}

/* The first document published at `at` or later. */
static uint32_t document_at(const Columns *columns, uint64_t at) {
    uint32_t low = 0, high = columns->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (columns->published_at[middle] < at) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* Published from `min` to `max`, both included, as a span of documents. */
static PlanNode span_node(const Plan *plan, uint64_t min, uint64_t max) {
    uint32_t from = document_at(plan->columns, min);
    uint32_t to = max == UINT64_MAX ? plan->documents : document_at(plan->columns, max + 1);
    return (PlanNode){
        .kind = PLAN_SPAN, .min = from, .max = to > from ? to : from, .most = plan->documents};
}

static void narrow(Plan *plan, const PlanNode *span) {
    if (span->min > plan->from) plan->from = (uint32_t)span->min;
    if (span->max < plan->to) plan->to = (uint32_t)span->max;
    if (plan->to < plan->from) plan->to = plan->from;
}

static PlanNode *ids_node(Plan *plan, const QueryNode *query) {
    Found found = {0};
    for (size_t i = 0; i < query->id_count; i++) {
        uint32_t document = segment_document(plan->part->segment, query->ids[i]);
        if (document == DOCUMENT_NONE) continue;
        size_t at = found.count;
        found_add(&found, document, 0, plan->arena);
        for (; at && found.documents[at - 1] > document; at--)
            found.documents[at] = found.documents[at - 1];
        found.documents[at] = document;
    }
    return leaf_node(plan, leaf_found(plan, found, 0));
}

static PlanNode *mark_node(Plan *plan, Str word) {
    return leaf_node(plan, leaf_list(plan, word, 0));
}

static PlanNode *make(Plan *plan, const QueryNode *query);

/* `most` of an "and" is the least of its children, of an "or" their sum. */
static PlanNode *group_node(Plan *plan, const QueryNode *query, PlanKind kind) {
    PlanNode *group = add_node(plan, (PlanNode){.kind = kind});
    PlanNode **last = &group->first;
    uint64_t sum = 0;
    uint32_t least = plan->documents;
    for (const QueryNode *child = query->first; child; child = child->next) {
        if (kind == PLAN_AND && child->kind == QUERY_ALL) continue;
        PlanNode *node = make(plan, child);
        *last = node;
        last = &node->next;
        sum += node->most;
        if (node->most < least) least = node->most;
    }
    if (!group->first) group->kind = PLAN_ALL;
    if (sum > plan->documents || kind == PLAN_AND) sum = plan->documents;
    group->most = kind == PLAN_AND ? least : (uint32_t)sum;
    return group;
}

static PlanNode *make_column(Plan *plan, const QueryNode *query) {
    PlanNode node = {
        .min = query->min, .max = query->max, .bits = query->bits, .most = plan->documents};
    switch (query->kind) {
        case QUERY_SIZE: node.kind = PLAN_SIZE; break;
        case QUERY_SEEDERS: node.kind = PLAN_SEEDERS; break;
        case QUERY_FILES: node.kind = PLAN_FILES; break;
        case QUERY_HEALTH: node.kind = PLAN_HEALTH; break;
        case QUERY_DATE: node = span_node(plan, query->min, query->max); break;
        default: break;
    }
    return add_node(plan, node);
}

static PlanNode *make(Plan *plan, const QueryNode *query) {
    switch (query->kind) {
        case QUERY_WORDS: return words_node(plan, &query->words);
        case QUERY_AND: return group_node(plan, query, PLAN_AND);
        case QUERY_OR: return group_node(plan, query, PLAN_OR);
        case QUERY_NOT:
            return add_node(plan, (PlanNode){.kind = PLAN_NOT,
                                             .first = make(plan, query->first),
                                             .most = plan->documents});
        case QUERY_CATEGORY:
        case QUERY_LICENSE:
        case QUERY_LANGUAGE:
        case QUERY_MAY: return classes_node(plan, query);
        case QUERY_TAG: return mark_node(plan, draft_tag_word(plan->arena, query->value));
        case QUERY_UPLOADER: return mark_node(plan, draft_uploader_word(plan->arena, query->value));
        case QUERY_EXTENSION:
            return mark_node(plan, draft_extension_word(plan->arena, query->value));
        case QUERY_ID: return ids_node(plan, query);
        case QUERY_SIZE:
        case QUERY_SEEDERS:
        case QUERY_FILES:
        case QUERY_DATE:
        case QUERY_HEALTH: return make_column(plan, query);
        case QUERY_ALL: break;
    }
    return add_node(plan, (PlanNode){.kind = PLAN_ALL, .most = plan->documents});
}

/* Points of a child of an "or" count where the child matches: a word by itself says so; of more
 * than a word it must be kept where it did. */
static void remember(PlanNode *node) {
    for (PlanNode *child = node->first; child; child = child->next) {
        if (child->kind == PLAN_NOT) continue;
        child->remembered = node->kind == PLAN_OR && child->first;
        remember(child);
    }
}

/* One that is quick to have as bits, whatever the others leave. */
static bool is_cheap_as_bits(const PlanNode *node) {
    if (node->kind == PLAN_NOT) return is_cheap_as_bits(node->first);
    if (node->kind == PLAN_OR) return true;
    if (node->kind != PLAN_LEAVES || node->leaf_count != 1) return false;
    const Leaf *leaf = node->leaves[0];
    bool anywhere = !leaf->fields || leaf->fields == FIELDS_ALL;
    return leaf->kind == LEAF_LIST && anywhere && leaf->reader.posting.kind == POSTING_BITS;
}

/* An "and" in an "and" is one; the child with the fewest stands first, then those as bits. */
void plan_settle_and(PlanNode *node) {
    for (PlanNode **at = &node->first; *at;) {
        PlanNode *child = *at;
        if (child->kind != PLAN_AND) {
            at = &child->next;
            continue;
        }
        PlanNode *last = child->first;
        while (last->next) last = last->next;
        last->next = child->next;
        *at = child->first;
    }
    PlanNode *sorted = NULL, *next;
    for (PlanNode *child = node->first; child; child = next) {
        next = child->next;
        PlanNode **at = &sorted;
        while (*at && (*at)->most <= child->most) at = &(*at)->next;
        child->next = *at;
        *at = child;
    }
    node->first = sorted;
    for (PlanNode *child = sorted; child; child = child->next)
        child->as_bits = is_cheap_as_bits(child);
    bool leads = sorted->kind == PLAN_LEAVES || sorted->kind == PLAN_OR;
    if (leads) sorted->as_bits = true;
}

static void settle(PlanNode *node) {
    for (PlanNode *child = node->first; child; child = child->next) settle(child);
    if (node->kind == PLAN_AND) plan_settle_and(node);
}

Plan plan_create(const ViewPart *part, const QueryNode *query, const QueryNames *names,
                 Arena *arena) {
    const Columns *columns = segment_columns(part->segment);
    Plan plan = {.part = part,
                 .columns = columns,
                 .names = names,
                 .arena = arena,
                 .documents = columns->count,
                 .to = columns->count};
    plan.bits = arena_new(arena, uint64_t *, PLAN_BUFFERS_MAX);
    plan.lists = arena_new(arena, uint32_t *, PLAN_BUFFERS_MAX);
    static const QueryNode all = {.kind = QUERY_ALL};
    plan.root = make(&plan, query ? query : &all);
    return plan;
}

void plan_add(Plan *plan, PlanNode node) {
    if (node.kind == PLAN_SPAN) {
        node = span_node(plan, node.min, node.max);
        narrow(plan, &node);
        return;
    }
    node.most = plan->documents;
    PlanNode *kept = add_node(plan, node);
    kept->next = plan->root;
    uint32_t most = plan->root->most;
    plan->root = add_node(plan, (PlanNode){.kind = PLAN_AND, .first = kept, .most = most});
}

/* A phrase, or what points hang on, is kept as it is found: only forward. */
static bool can_rewind(const PlanNode *node) {
    if (node->remembered) return false;
    for (size_t i = 0; i < node->leaf_count; i++) {
        if (node->leaves[i]->kind == LEAF_PHRASE) return false;
    }
    for (const PlanNode *child = node->first; child; child = child->next) {
        if (!can_rewind(child)) return false;
    }
    return true;
}

static void rewind_node(PlanNode *node) {
    for (size_t i = 0; i < node->leaf_count; i++) leaf_rewind(node->leaves[i]);
    for (PlanNode *child = node->first; child; child = child->next) rewind_node(child);
}

void plan_rewind(Plan *plan) { rewind_node(plan->root); }

void plan_settle(Plan *plan) {
    settle(plan->root);
    remember(plan->root);
    plan->rewinds = can_rewind(plan->root);
    if (plan->root->kind == PLAN_SPAN) narrow(plan, plan->root);
    if (plan->root->kind != PLAN_AND) return;
    for (const PlanNode *child = plan->root->first; child; child = child->next) {
        if (child->kind == PLAN_SPAN) narrow(plan, child);
    }
}

static bool is_collectable(const PlanNode *node, uint32_t most) {
    if (node->kind == PLAN_LEAVES) return node->most <= most;
    if (node->kind == PLAN_AND) return is_collectable(node->first, most);
    if (node->kind != PLAN_OR || node->most > most) return false;
    for (const PlanNode *child = node->first; child; child = child->next) {
        if (!is_collectable(child, most)) return false;
    }
    return true;
}

bool plan_is_sparse(const Plan *plan) {
    return is_collectable(plan->root, plan->documents / SPARSE_SHARE);
}

size_t plan_collect(Plan *plan, uint32_t **ret_documents) {
    size_t count, kept = 0;
    uint32_t *documents = plan_collect_node(plan, plan->root, &count);
    for (size_t i = 0; i < count; i++) {
        uint32_t document = documents[i];
        bool in = document >= plan->from && document < plan->to;
        if (in && view_part_has(plan->part, document)) documents[kept++] = document;
    }
    *ret_documents = documents;
    return kept;
}

size_t plan_window(Plan *plan, uint32_t from, uint32_t *ret_documents) {
    uint32_t to = plan->to - from < BITMAP_WINDOW ? plan->to : from + BITMAP_WINDOW;
    size_t count = plan_list(plan, plan->root, from, to, ret_documents), kept = 0;
    if (!plan->part->gone && plan->from <= from) return count;
    for (size_t i = 0; i < count; i++) {
        uint32_t document = ret_documents[i];
        if (document >= plan->from && view_part_has(plan->part, document))
            ret_documents[kept++] = document;
    }
    return kept;
}
