#include "search/plan.h"
#include "search/rank.h"

/* What a hit shows: a word found there needs no file name to explain it. */
enum { FIELDS_SHOWN = 1 << FIELD_TITLE | 1 << FIELD_TAG | 1 << FIELD_AUTHOR };

typedef struct {
    uint32_t points[FIELDS_ALL + 1];
    bool in_file[FIELDS_ALL + 1];
} Worth;

static void score_node(Plan *plan, PlanNode *node, const Worth *worth, PlanScore *scores,
                       const uint32_t *documents, size_t count);

static void score_leaves(Plan *plan, PlanNode *node, const Worth *worth, PlanScore *scores,
                         const uint32_t *documents, size_t count) {
    uint8_t *fields = (uint8_t *)plan_take_list(plan);
    memset(fields, 0, count);
    for (size_t i = 0; i < node->leaf_count; i++)
        leaf_join_fields(node->leaves[i], documents, count, fields);
    for (size_t i = 0; i < count; i++) {
        scores[i].points += worth->points[fields[i]];
        scores[i].in_file |= worth->in_file[fields[i]];
    }
    plan_give_list(plan, (uint32_t *)(void *)fields);
}

/* A child of an "or" that is more than a word: only where it matched. */
static void score_some(Plan *plan, PlanNode *node, const Worth *worth, PlanScore *scores,
                       const uint32_t *documents, size_t count) {
    uint32_t *asked = plan_take_list(plan);
    PlanScore *some = (PlanScore *)(void *)plan_take_list(plan);
    enum { SOME_MAX = BITMAP_WINDOW * sizeof(uint32_t) / sizeof(PlanScore) };
    for (size_t from = 0, end; from < count; from = end) {
        size_t left = 0;
        for (end = from; end < count && left < SOME_MAX; end++) {
            node->scored_at = found_find(&node->matched, node->scored_at, documents[end]);
            if (node->scored_at == node->matched.count) break;
            if (node->matched.documents[node->scored_at] == documents[end])
                asked[left++] = documents[end];
        }
        if (!left) break;
        memset(some, 0, left * sizeof *some);
        score_node(plan, node, worth, some, asked, left);
        for (size_t i = 0, at = from; i < left; i++, at++) {
            while (documents[at] != asked[i]) at++;
            scores[at].points += some[i].points;
            scores[at].in_file |= some[i].in_file;
        }
        if (node->scored_at == node->matched.count) break;
    }
    plan_give_list(plan, (uint32_t *)(void *)some);
    plan_give_list(plan, asked);
}

static void score_node(Plan *plan, PlanNode *node, const Worth *worth, PlanScore *scores,
                       const uint32_t *documents, size_t count) {
    if (node->kind == PLAN_LEAVES && node->scored)
        score_leaves(plan, node, worth, scores, documents, count);
    if (node->kind != PLAN_AND && node->kind != PLAN_OR) return;
    for (PlanNode *child = node->first; child; child = child->next) {
        if (child->remembered) {
            score_some(plan, child, worth, scores, documents, count);
        } else {
            score_node(plan, child, worth, scores, documents, count);
        }
    }
}

void plan_score(Plan *plan, const uint32_t *documents, size_t count, PlanScore *ret_scores) {
    Worth worth;
    for (unsigned fields = 0; fields <= FIELDS_ALL; fields++) {
        worth.points[fields] = rank_fields((uint8_t)fields);
        worth.in_file[fields] = (fields & 1u << FIELD_FILE) && !(fields & FIELDS_SHOWN);
    }
    memset(ret_scores, 0, count * sizeof *ret_scores);
    score_node(plan, plan->root, &worth, ret_scores, documents, count);
}

static void score_anew(PlanNode *node) {
    node->scored_at = 0;
    for (size_t i = 0; i < node->leaf_count; i++) leaf_score_anew(node->leaves[i]);
    for (PlanNode *child = node->first; child; child = child->next) score_anew(child);
}

void plan_score_anew(Plan *plan) { score_anew(plan->root); }
