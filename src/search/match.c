#include "search/match.h"

#include "search/rank.h"

Matches matches_create(Arena *arena, size_t room) {
    return (Matches){arena_new(arena, Match, room + 1), 0};
}

void matches_add(Matches *matches, Match match) { matches->at[matches->count++] = match; }

Matches matches_unite(Matches a, Matches b, PointsKind kind, Arena *arena) {
    if (!a.count) return b;
    if (!b.count) return a;
    Matches both = matches_create(arena, a.count + b.count);
    size_t i = 0, j = 0;
    while (i < a.count && j < b.count) {
        Match x = a.at[i], y = b.at[j];
        if (x.document < y.document) {
            matches_add(&both, x);
            i++;
        } else if (y.document < x.document) {
            matches_add(&both, y);
            j++;
        } else {
            x.points = kind == POINTS_ADD ? x.points + y.points : (x.points | y.points);
            if (!x.path) x.path = y.path;
            matches_add(&both, x);
            i++;
            j++;
        }
    }
    while (i < a.count) matches_add(&both, a.at[i++]);
    while (j < b.count) matches_add(&both, b.at[j++]);
    return both;
}

/* Keeps in `a` what is in `b` too. */
static void intersect(Matches *a, Matches b) {
    size_t kept = 0;
    for (size_t i = 0, j = 0; i < a->count; i++) {
        Match x = a->at[i];
        while (j < b.count && b.at[j].document < x.document) j++;
        if (j == b.count) break;
        if (b.at[j].document != x.document) continue;
        x.points += b.at[j].points;
        if (!x.path) x.path = b.at[j].path;
        a->at[kept++] = x;
    }
    a->count = kept;
}

static void subtract(Matches *a, Matches b) {
    size_t kept = 0;
    for (size_t i = 0, j = 0; i < a->count; i++) {
        while (j < b.count && b.at[j].document < a->at[i].document) j++;
        bool in_both = j < b.count && b.at[j].document == a->at[i].document;
        if (!in_both) a->at[kept++] = a->at[i];
    }
    a->count = kept;
}

static bool row_matches(const Index *index, const QueryNode *node, uint32_t document) {
    const ColumnRow *row = &index->columns.rows[document];
    if (row->gone) return false;
    const Columns *columns = &index->columns;
    uint64_t seeders;
    switch (node->kind) {
        case QUERY_CATEGORY: return column_is_in_category(columns, row->category, node->category);
        case QUERY_LICENSE:
            return str_equal_nocase(vocabulary_word(columns->licenses, row->license), node->value);
        case QUERY_LANGUAGE:
            return str_equal_nocase(vocabulary_word(columns->languages, row->language),
                                    node->value);
        case QUERY_SIZE: return row->size_bytes >= node->min && row->size_bytes <= node->max;
        case QUERY_SEEDERS:
            seeders =
                atomic_load_explicit(&columns->counts[document].seeders, memory_order_relaxed);
            return seeders >= node->min && seeders <= node->max;
        case QUERY_DATE:
            return row->published_at >= 0 && (uint64_t)row->published_at >= node->min &&
                   (uint64_t)row->published_at <= node->max;
        case QUERY_ID:
            for (size_t i = 0; i < node->id_count; i++)
                if (node->ids[i] == row->id) return true;
            return false;
        default: return true;
    }
}

static Matches match_rows(const Index *index, const QueryNode *node, Arena *arena) {
    Matches matches = matches_create(arena, index->columns.count);
    for (uint32_t i = 0; i < index->columns.count; i++) {
        if (row_matches(index, node, i)) matches_add(&matches, (Match){.document = i});
    }
    return matches;
}

static Matches match_all_rows(const Index *index, Arena *arena) {
    return match_rows(index, &(QueryNode){.kind = QUERY_ALL}, arena);
}

static Matches match_and(const Index *index, const QueryNode *node, Arena *arena) {
    bool started = false;
    Matches matches = {0};
    for (const QueryNode *child = node->first; child; child = child->next) {
        if (child->kind == QUERY_NOT || child->kind == QUERY_ALL) continue;
        if (started && !matches.count) return matches;
        Matches more = match_node(index, child, arena);
        if (started) {
            intersect(&matches, more);
        } else {
            matches = more;
        }
        started = true;
    }
    if (!started) matches = match_all_rows(index, arena);
    for (const QueryNode *child = node->first; child && matches.count; child = child->next) {
        if (child->kind == QUERY_NOT) subtract(&matches, match_node(index, child->first, arena));
    }
    return matches;
}

static Matches match_or(const Index *index, const QueryNode *node, Arena *arena) {
    Matches matches = {0};
    for (const QueryNode *child = node->first; child; child = child->next) {
        Matches more = match_node(index, child, arena);
        matches = matches_unite(matches, more, POINTS_ADD, arena);
    }
    return matches;
}

static Matches match_not(const Index *index, const QueryNode *node, Arena *arena) {
    Matches matches = match_all_rows(index, arena);
    subtract(&matches, match_node(index, node->first, arena));
    return matches;
}

/* A whole tag or name: no points, since no text was asked for. */
static Matches match_mark(const Index *index, Str word, Arena *arena) {
    return match_list(index, index_find(index, word), 0, arena);
}

static Matches match_scored(const Index *index, const QueryWords *words, Arena *arena) {
    uint32_t points[FIELDS_ALL + 1];
    for (unsigned fields = 0; fields <= FIELDS_ALL; fields++)
        points[fields] = rank_fields((uint8_t)fields);
    Matches matches = match_words(index, words, arena);
    for (size_t i = 0; i < matches.count; i++) matches.at[i].points = points[matches.at[i].points];
    return matches;
}

Matches match_node(const Index *index, const QueryNode *node, Arena *arena) {
    switch (node->kind) {
        case QUERY_WORDS: return match_scored(index, &node->words, arena);
        case QUERY_AND: return match_and(index, node, arena);
        case QUERY_OR: return match_or(index, node, arena);
        case QUERY_NOT: return match_not(index, node, arena);
        case QUERY_TAG: return match_mark(index, index_tag_word(arena, node->value), arena);
        case QUERY_UPLOADER:
            return match_mark(index, index_uploader_word(arena, node->value), arena);
        default: return match_rows(index, node, arena);
    }
}
