#include "search/plan.h"
#include "search/rank.h"

/* What a hit shows: a word found there needs no file name to explain it. */
enum { FIELDS_SHOWN = 1 << FIELD_TITLE | 1 << FIELD_TAG | 1 << FIELD_AUTHOR };

enum { SPAN_MAX = 8 * PLAN_SCORES_MAX };

/* Points are gathered for each document asked about; or, for a word that few others than these
 * hold, scattered from its list over all documents from the first to the last, and picked up. */
typedef struct {
    Plan *plan;
    uint32_t worth[FIELDS_ALL + 1]; /* of the fields a word is found in */
    const uint32_t *documents;
    size_t count;
    uint32_t *points;
    uint32_t *spread; /* from the first document on; NULL: not used */
    bool is_spread;
} Scoring;

static void score_node(Scoring *scoring, PlanNode *node);

static bool is_worth_spreading(const Scoring *scoring, const PlanNode *node) {
    if (!scoring->spread || node->leaf_count != 1) return false;
    const Leaf *leaf = node->leaves[0];
    if (leaf->kind != LEAF_LIST && leaf->kind != LEAF_FOUND) return false;
    uint64_t span = scoring->documents[scoring->count - 1] - scoring->documents[0];
    return span * leaf->most / scoring->plan->documents < scoring->count * 2;
}

static void score_leaves(Scoring *scoring, PlanNode *node) {
    const uint32_t *documents = scoring->documents;
    size_t count = scoring->count;
    if (is_worth_spreading(scoring, node)) {
        scoring->is_spread = true;
        leaf_add_points(node->leaves[0], documents[0], documents[count - 1] + 1, scoring->worth,
                        scoring->spread);
        return;
    }
    uint8_t fields[PLAN_SCORES_MAX];
    memset(fields, 0, count);
    for (size_t i = 0; i < node->leaf_count; i++)
        leaf_join_fields(node->leaves[i], documents, count, fields);
    for (size_t i = 0; i < count; i++) scoring->points[i] += scoring->worth[fields[i]];
}

/* A child of an "or" that is more than a word: only where it matched. */
static void score_some(Scoring *scoring, PlanNode *node) {
    uint32_t asked[PLAN_SCORES_MAX], points[PLAN_SCORES_MAX];
    size_t left = 0;
    for (size_t i = 0; i < scoring->count; i++) {
        uint32_t document = scoring->documents[i];
        node->scored_at = found_find(&node->matched, node->scored_at, document);
        if (node->scored_at == node->matched.count) break;
        if (node->matched.documents[node->scored_at] == document) asked[left++] = document;
    }
    if (!left) return;
    memset(points, 0, left * sizeof *points);
    Scoring some = *scoring;
    some.documents = asked;
    some.count = left;
    some.points = points;
    some.spread = NULL;
    score_node(&some, node);
    for (size_t i = 0, at = 0; i < left; i++, at++) {
        while (scoring->documents[at] != asked[i]) at++;
        scoring->points[at] += points[i];
    }
}

static void score_node(Scoring *scoring, PlanNode *node) {
    if (node->kind == PLAN_LEAVES && node->scored) score_leaves(scoring, node);
    if (node->kind != PLAN_AND && node->kind != PLAN_OR) return;
    for (PlanNode *child = node->first; child; child = child->next) {
        if (child->remembered) {
            score_some(scoring, child);
        } else {
            score_node(scoring, child);
        }
    }
}

void plan_score(Plan *plan, const uint32_t *documents, size_t count, uint32_t *ret_points) {
    memset(ret_points, 0, count * sizeof *ret_points);
    if (!count) return;
    Scoring scoring = {.plan = plan, .documents = documents, .count = count, .points = ret_points};
    for (unsigned fields = 0; fields <= FIELDS_ALL; fields++)
        scoring.worth[fields] = rank_fields((uint8_t)fields);
    uint32_t first = documents[0], span = documents[count - 1] - first + 1;
    if (span <= SPAN_MAX && count > 16) {
        scoring.spread = plan_take_list(plan);
        memset(scoring.spread, 0, span * sizeof *scoring.spread);
    }
    score_node(&scoring, plan->root);
    for (size_t i = 0; scoring.is_spread && i < count; i++)
        ret_points[i] += scoring.spread[documents[i] - first];
    if (scoring.spread) plan_give_list(plan, scoring.spread);
}

static bool is_in_file(Plan *plan, PlanNode *node, uint32_t document) {
    uint8_t fields = 0;
    if (node->kind == PLAN_LEAVES && node->scored) {
        for (size_t i = 0; i < node->leaf_count; i++)
            leaf_join_fields(node->leaves[i], &document, 1, &fields);
        return (fields & 1u << FIELD_FILE) && !(fields & FIELDS_SHOWN);
    }
    bool found = false;
    if (node->kind != PLAN_AND && node->kind != PLAN_OR) return false;
    for (PlanNode *child = node->first; child; child = child->next) {
        if (child->remembered) {
            const Found *matched = &child->matched;
            child->scored_at = found_find(matched, child->scored_at, document);
            if (child->scored_at == matched->count ||
                matched->documents[child->scored_at] != document)
                continue;
        }
        found |= is_in_file(plan, child, document);
    }
    return found;
}

bool plan_is_in_file(Plan *plan, uint32_t document) {
    return is_in_file(plan, plan->root, document);
}

static void score_anew(PlanNode *node) {
    node->scored_at = 0;
    for (size_t i = 0; i < node->leaf_count; i++) leaf_score_anew(node->leaves[i]);
    for (PlanNode *child = node->first; child; child = child->next) score_anew(child);
}

void plan_score_anew(Plan *plan) { score_anew(plan->root); }
