#include "search/plan.h"

#define COUNT_LOAD(count) atomic_load_explicit(&(count), memory_order_relaxed)

/* Keeps the documents of which `test` holds; the test is of the one at hand, called `document`. */
#define KEEP(test)                        \
    for (size_t i = 0; i < count; i++) {  \
        uint32_t document = documents[i]; \
        documents[kept] = document;       \
        kept += (test);                   \
    }

static size_t filter_column(const Plan *plan, const PlanNode *node, uint32_t *documents,
                            size_t count) {
    /* Copies: what is stored below could change all that is read through a pointer. */
    const Columns columns = *plan->columns;
    const bool *classes = node->classes;
    uint64_t min = node->min, span = node->max - node->min;
    unsigned bits = node->bits;
    size_t kept = 0;
    if (node->max < node->min) return 0;
    switch (node->kind) {
        case PLAN_CLASSES: KEEP(classes[columns.classes[document]]) break;
        case PLAN_SPAN: KEEP(document - min < span) break;
        case PLAN_SIZE: KEEP(columns.sizes[document] - min <= span) break;
        case PLAN_SEEDERS: KEEP(COUNT_LOAD(columns.seeders[document]) - min <= span) break;
        case PLAN_FILES: KEEP(columns.file_counts[document] - min <= span) break;
        case PLAN_HEALTH: KEEP(bits >> (COUNT_LOAD(columns.health[document]) & 7) & 1) break;
        default: return count;
    }
    return kept;
}

static size_t filter_rule(const Plan *plan, const PlanNode *node, uint32_t *documents,
                          size_t count) {
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        SearchCounts counts = segment_counts(plan->part->segment, documents[i]);
        if (node->filter->keep(&counts, node->filter->argument)) documents[kept++] = documents[i];
    }
    return kept;
}

/* Both rising; into room for both. */
static size_t merge(const uint32_t *a, size_t a_count, const uint32_t *b, size_t b_count,
                    uint32_t *ret_merged) {
    size_t count = 0, i = 0, j = 0;
    while (i < a_count && j < b_count) {
        uint32_t x = a[i], y = b[j];
        ret_merged[count++] = x < y ? x : y;
        i += x <= y;
        j += y <= x;
    }
    while (i < a_count) ret_merged[count++] = a[i++];
    while (j < b_count) ret_merged[count++] = b[j++];
    return count;
}

uint32_t *plan_unite(Plan *plan, uint32_t *a, size_t *count, uint32_t *b, size_t b_count) {
    if (!b_count) return a;
    uint32_t *both = arena_new(plan->arena, uint32_t, *count + b_count);
    *count = merge(a, *count, b, b_count, both);
    return both;
}

/* Those of `documents` that are not in `out`. */
static size_t subtract(uint32_t *documents, size_t count, const uint32_t *out, size_t out_count) {
    size_t kept = 0;
    for (size_t i = 0, j = 0; i < count; i++) {
        while (j < out_count && out[j] < documents[i]) j++;
        if (j == out_count || out[j] != documents[i]) documents[kept++] = documents[i];
    }
    return kept;
}

static void keep_matched(Plan *plan, PlanNode *node, const uint32_t *documents, size_t count) {
    if (!node->remembered) return;
    for (size_t i = 0; i < count; i++) found_add(&node->matched, documents[i], 0, plan->arena);
}

/* At most a window of documents at a time: that is the room of a list. */
static size_t filter_or(Plan *plan, PlanNode *node, uint32_t *documents, size_t count) {
    uint32_t *asked = plan_take_list(plan), *found = plan_take_list(plan);
    uint32_t *merged = plan_take_list(plan);
    size_t found_count = 0;
    for (PlanNode *child = node->first; child; child = child->next) {
        memcpy(asked, documents, count * sizeof *asked);
        size_t more = plan_filter(plan, child, asked, count);
        keep_matched(plan, child, asked, more);
        found_count = merge(found, found_count, asked, more, merged);
        uint32_t *swapped = found;
        found = merged;
        merged = swapped;
    }
    memcpy(documents, found, found_count * sizeof *documents);
    plan_give_list(plan, merged);
    plan_give_list(plan, found);
    plan_give_list(plan, asked);
    return found_count;
}

static size_t filter_leaves(Plan *plan, PlanNode *node, uint32_t *documents, size_t count) {
    if (node->leaf_count == 1) return leaf_filter(plan, node->leaves[0], documents, count);
    uint32_t *first = plan_take_list(plan), *second = plan_take_list(plan);
    memcpy(first, documents, count * sizeof *first);
    memcpy(second, documents, count * sizeof *second);
    size_t first_count = leaf_filter(plan, node->leaves[0], first, count);
    size_t second_count = leaf_filter(plan, node->leaves[1], second, count);
    /* Both are part of what was asked, and so is what they are together. */
    size_t found = merge(first, first_count, second, second_count, documents);
    plan_give_list(plan, second);
    plan_give_list(plan, first);
    return found;
}

static size_t filter_not(Plan *plan, PlanNode *node, uint32_t *documents, size_t count) {
    uint32_t *out = plan_take_list(plan);
    memcpy(out, documents, count * sizeof *out);
    size_t out_count = plan_filter(plan, node->first, out, count);
    count = subtract(documents, count, out, out_count);
    plan_give_list(plan, out);
    return count;
}

static size_t filter_some(Plan *plan, PlanNode *node, uint32_t *documents, size_t count) {
    switch (node->kind) {
        case PLAN_LEAVES: return filter_leaves(plan, node, documents, count);
        case PLAN_AND:
            for (PlanNode *child = node->first; child && count; child = child->next)
                count = plan_filter(plan, child, documents, count);
            return count;
        case PLAN_OR: return filter_or(plan, node, documents, count);
        case PLAN_NOT: return filter_not(plan, node, documents, count);
        case PLAN_FILTER: return filter_rule(plan, node, documents, count);
        default: return filter_column(plan, node, documents, count);
    }
}

size_t plan_filter(Plan *plan, PlanNode *node, uint32_t *documents, size_t count) {
    size_t kept = 0;
    for (size_t from = 0, some; from < count; from += some) {
        some = count - from < BITMAP_WINDOW ? count - from : BITMAP_WINDOW;
        size_t left = filter_some(plan, node, documents + from, some);
        if (kept != from) memmove(documents + kept, documents + from, left * sizeof *documents);
        kept += left;
    }
    return kept;
}

/* The part of an "and" that is quick as bits; returns the first child that is not in it yet. */
static PlanNode *and_bits(Plan *plan, PlanNode *node, uint32_t from, uint32_t to, uint64_t *bits) {
    PlanNode *child = node->first;
    if (child->as_bits) {
        plan_bits(plan, child, from, to, bits);
        child = child->next;
    } else {
        bitmap_set_all(bits, to - from);
    }
    uint64_t *more = plan_take_bits(plan);
    for (PlanNode *other = child; other; other = other->next) {
        if (!other->as_bits) continue;
        plan_bits(plan, other, from, to, more);
        bitmap_and(bits, more, to - from);
    }
    plan_give_bits(plan, more);
    return child;
}

static size_t and_list(Plan *plan, PlanNode *node, uint32_t from, uint32_t to,
                       uint32_t *ret_documents) {
    uint64_t *bits = plan_take_bits(plan);
    PlanNode *rest = and_bits(plan, node, from, to, bits);
    size_t count = bitmap_list(bits, to - from, from, ret_documents);
    plan_give_bits(plan, bits);
    for (PlanNode *child = rest; child && count; child = child->next) {
        if (!child->as_bits) count = plan_filter(plan, child, ret_documents, count);
    }
    return count;
}

static void bits_of_list(Plan *plan, PlanNode *node, uint32_t from, uint32_t to, uint64_t *bits) {
    uint32_t *documents = plan_take_list(plan);
    size_t count;
    if (node->kind == PLAN_AND) {
        count = and_list(plan, node, from, to, documents);
    } else {
        for (uint32_t i = from; i < to; i++) documents[i - from] = i;
        count = plan_filter(plan, node, documents, to - from);
    }
    bitmap_clear(bits, to - from);
    bitmap_add(bits, from, documents, count);
    plan_give_list(plan, documents);
}

static void or_bits(Plan *plan, PlanNode *node, uint32_t from, uint32_t to, uint64_t *bits) {
    bitmap_clear(bits, to - from);
    uint64_t *more = plan_take_bits(plan);
    for (PlanNode *child = node->first; child; child = child->next) {
        plan_bits(plan, child, from, to, more);
        bitmap_or(bits, more, to - from);
        if (!child->remembered) continue;
        uint32_t *documents = plan_take_list(plan);
        keep_matched(plan, child, documents, bitmap_list(more, to - from, from, documents));
        plan_give_list(plan, documents);
    }
    plan_give_bits(plan, more);
}

void plan_bits(Plan *plan, PlanNode *node, uint32_t from, uint32_t to, uint64_t *ret_bits) {
    uint32_t count = to - from;
    uint64_t *more;
    switch (node->kind) {
        case PLAN_ALL: bitmap_set_all(ret_bits, count); break;
        case PLAN_LEAVES:
            bitmap_clear(ret_bits, count);
            for (size_t i = 0; i < node->leaf_count; i++)
                leaf_bits(plan, node->leaves[i], from, to, ret_bits);
            break;
        case PLAN_OR: or_bits(plan, node, from, to, ret_bits); break;
        case PLAN_NOT:
            more = plan_take_bits(plan);
            plan_bits(plan, node->first, from, to, more);
            bitmap_set_all(ret_bits, count);
            bitmap_and_not(ret_bits, more, count);
            plan_give_bits(plan, more);
            break;
        default: bits_of_list(plan, node, from, to, ret_bits); break;
    }
}

size_t plan_list(Plan *plan, PlanNode *node, uint32_t from, uint32_t to, uint32_t *ret_documents) {
    if (node->kind == PLAN_AND) return and_list(plan, node, from, to, ret_documents);
    bool has_bits = node->kind == PLAN_LEAVES || node->kind == PLAN_OR || node->kind == PLAN_NOT;
    if (!has_bits) {
        for (uint32_t i = from; i < to; i++) ret_documents[i - from] = i;
        return node->kind == PLAN_ALL ? to - from
                                      : plan_filter(plan, node, ret_documents, to - from);
    }
    uint64_t *bits = plan_take_bits(plan);
    plan_bits(plan, node, from, to, bits);
    size_t count = bitmap_list(bits, to - from, from, ret_documents);
    plan_give_bits(plan, bits);
    return count;
}

uint32_t *plan_collect_node(Plan *plan, PlanNode *node, size_t *ret_count) {
    size_t count = 0, more;
    uint32_t *documents = NULL, *others;
    switch (node->kind) {
        case PLAN_LEAVES:
            for (size_t i = 0; i < node->leaf_count; i++) {
                others = leaf_collect(plan, node->leaves[i], &more);
                documents = i ? plan_unite(plan, documents, &count, others, more) : others;
                if (!i) count = more;
            }
            break;
        case PLAN_AND:
            documents = plan_collect_node(plan, node->first, &count);
            for (PlanNode *child = node->first->next; child && count; child = child->next)
                count = plan_filter(plan, child, documents, count);
            break;
        case PLAN_OR:
            for (PlanNode *child = node->first; child; child = child->next) {
                others = plan_collect_node(plan, child, &more);
                keep_matched(plan, child, others, more);
                documents = child == node->first
                                ? others
                                : plan_unite(plan, documents, &count, others, more);
                if (child == node->first) count = more;
            }
            break;
        default: break;
    }
    *ret_count = count;
    return documents;
}
