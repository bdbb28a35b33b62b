/* The index against a judge that reads every work for every question: random works and questions
 * out of few words, so that they meet often. The judge shares the tokens and the parsed tree, and
 * nothing that comes after them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/text.h"
#include "search/fold.h"
#include "search/query.h"
#include "search/rank.h"
#include "search/token.h"

enum { WORKS_MAX = 60, ROUNDS = 30, QUESTIONS = 60, TEXTS_MAX = 16 };

typedef struct {
    Field field;
    Tokens tokens;
} JudgedText;

typedef struct {
    SearchWork work;
    JudgedText texts[TEXTS_MAX];
    size_t text_count;
    bool present;
} Judged;

typedef struct {
    uint64_t random;
    Arena arena;
    Search *search;
    Judged works[WORKS_MAX];
} Model;

static uint32_t draw(Model *model, uint32_t below) {
    model->random = model->random * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(model->random >> 33) % below;
}

static const char *const vocabulary[] = {
    "a",   "ab",   "abc", "wi-fi", "wifi", "24.04", "amd64", "日本", "本",
    "été", "cœur", "b",   "c",     "x264", "猫",    "ete",   "24",   "amd",
};
static const Str names[] = {{"one", 3}, {"two", 3}, {"six", 3}};
static const Str tags[] = {{"jazz", 4}, {"free jazz", 9}, {"Été", 5}};

static const char *draw_word(Model *model) {
    return vocabulary[draw(model, sizeof vocabulary / sizeof *vocabulary)];
}

static Str draw_text(Model *model, uint32_t words) {
    static const char *const between[] = {" ", " ", "-", ".", "_", ", ", ""};
    Text text = text_create(&model->arena, 1 << 12);
    for (uint32_t i = 0; i < words; i++)
        text_print(&text, "%s%s", draw_word(model), between[draw(model, 7)]);
    return text_str(&text);
}

static void judge_text(Model *model, Judged *judged, Field field, Str text) {
    JudgedText *to = &judged->texts[judged->text_count++];
    *to = (JudgedText){.field = field};
    token_split(&model->arena, fold_text(&model->arena, text), 0, &to->tokens);
}

static void put(Model *model, size_t at) {
    Str *paths = arena_new(&model->arena, Str, 4);
    Judged judged = {.present = true};
    judged.work = (SearchWork){
        .id = (int64_t)at * 3 - 20,
        .title = draw_text(model, 1 + draw(model, 3)),
        .author = draw_text(model, draw(model, 2)),
        .description = draw_text(model, draw(model, 5)),
        .uploader = names[draw(model, 3)],
        .license = names[draw(model, 3)],
        .language = names[draw(model, 3)],
        .category = draw(model, 3),
        .tags = &tags[draw(model, 2)],
        .tag_count = draw(model, 3),
        .paths = paths,
        .path_count = draw(model, 4),
        .size_bytes = draw(model, 5) * 1000,
        .published_at = 1600000000 + draw(model, 4) * 100000000,
        .seeders = draw(model, 5),
        .leechers = draw(model, 4),
        .last_seeder_at = 1600000000 + draw(model, 3),
        .completed = draw(model, 4),
    };
    SearchWork *work = &judged.work;
    for (size_t i = 0; i < work->path_count; i++) paths[i] = draw_text(model, 1 + draw(model, 3));
    judge_text(model, &judged, FIELD_TITLE, work->title);
    judge_text(model, &judged, FIELD_AUTHOR, work->author);
    judge_text(model, &judged, FIELD_DESCRIPTION, work->description);
    for (size_t i = 0; i < work->tag_count; i++)
        judge_text(model, &judged, FIELD_TAG, work->tags[i]);
    for (size_t i = 0; i < work->path_count; i++)
        judge_text(model, &judged, FIELD_FILE, work->paths[i]);
    model->works[at] = judged;
    search_put(model->search, work);
}

static bool part_is_at(const Tokens *tokens, Str word, bool prefix, uint32_t position) {
    for (size_t i = 0; i < tokens->count; i++) {
        Token token = tokens->at[i];
        if (token.position != position) continue;
        if (prefix ? str_starts(token.text, word) : str_equal(token.text, word)) return true;
    }
    return false;
}

static bool words_in_text(const Tokens *tokens, const QueryWords *words) {
    for (uint32_t start = 0; start < tokens->positions; start++) {
        bool all = true;
        for (size_t i = 0; i < words->count && all; i++) {
            const QueryPart *part = &words->parts[i];
            all = part_is_at(tokens, part->word, part->prefix, start + part->position);
        }
        if (all) return true;
        if (words->joined.len && part_is_at(tokens, words->joined, words->joined_prefix, start))
            return true;
    }
    return false;
}

static uint8_t judge_words(const Judged *judged, const QueryWords *words) {
    uint8_t fields = 0;
    for (size_t i = 0; i < judged->text_count; i++) {
        const JudgedText *text = &judged->texts[i];
        if ((words->fields >> text->field & 1) && words_in_text(&text->tokens, words))
            fields |= (uint8_t)(1u << text->field);
    }
    return fields;
}

static bool same_folded(Model *model, Str a, Str b) {
    return str_equal(fold_text(&model->arena, a), fold_text(&model->arena, b));
}

static bool has_tag(Model *model, const SearchWork *work, Str tag) {
    for (size_t i = 0; i < work->tag_count; i++) {
        if (same_folded(model, work->tags[i], tag)) return true;
    }
    return false;
}

enum { PARENT = 1, CHILD = 2 };

static bool is_in(unsigned category, int wanted) {
    return (int)category == wanted || (category == CHILD && wanted == PARENT);
}

static bool judge_node(Model *model, const Judged *judged, const QueryNode *node,
                       uint32_t *points) {
    const SearchWork *work = &judged->work;
    bool any = false;
    uint32_t unused = 0;
    switch (node->kind) {
        case QUERY_ALL: return true;
        case QUERY_WORDS:
            *points += rank_fields(judge_words(judged, &node->words));
            return judge_words(judged, &node->words) != 0;
        case QUERY_AND:
            for (const QueryNode *child = node->first; child; child = child->next) {
                if (!judge_node(model, judged, child, points)) return false;
            }
            return true;
        case QUERY_OR:
            for (const QueryNode *child = node->first; child; child = child->next) {
                uint32_t more = 0;
                bool matches = judge_node(model, judged, child, &more);
                *points += matches ? more : 0;
                any |= matches;
            }
            return any;
        case QUERY_NOT: return !judge_node(model, judged, node->first, &unused);
        case QUERY_CATEGORY: return is_in(work->category, node->category);
        case QUERY_LICENSE: return str_equal_nocase(work->license, node->value);
        case QUERY_LANGUAGE: return str_equal_nocase(work->language, node->value);
        case QUERY_TAG: return has_tag(model, work, node->value);
        case QUERY_UPLOADER: return same_folded(model, work->uploader, node->value);
        case QUERY_SIZE: return work->size_bytes >= node->min && work->size_bytes <= node->max;
        case QUERY_SEEDERS: return work->seeders >= node->min && work->seeders <= node->max;
        case QUERY_FILES: return work->file_count >= node->min && work->file_count <= node->max;
        case QUERY_MAY: return (work->may & node->bits) == node->bits;
        case QUERY_DATE:
            return work->published_at >= (Seconds)node->min &&
                   (uint64_t)work->published_at <= node->max;
        case QUERY_ID:
            for (size_t i = 0; i < node->id_count; i++) any |= node->ids[i] == work->id;
            return any;
        case QUERY_HEALTH:
        case QUERY_EXTENSION: break; /* not asked here yet */
    }
    return false;
}

static Str draw_question(Model *model) {
    static const char *const before[] = {"", "", "", "", "-", "\"", "(", "title:", "file:"};
    static const char *const after[] = {" ", " ", " ", "* ", " or ", "\" ", ") ", "-", "."};
    static const char *const filters[] = {"category:two ", "-lang:one ",        "license:SIX ",
                                          "tag:ete ",      "seeds:>=2 ",        "size:1k..3k ",
                                          "user:one ",     "tag:\"free jazz\" "};
    Text text = text_create(&model->arena, 1 << 12);
    for (uint32_t i = draw(model, 5); i > 0; i--) {
        if (draw(model, 6) == 0) text_add(&text, str_from_c(filters[draw(model, 8)]));
        text_print(&text, "%s%s%s", before[draw(model, 9)], draw_word(model),
                   after[draw(model, 9)]);
    }
    return text_str(&text);
}

static bool is_no_third(const SearchCounts *counts, const void *argument) {
    (void)argument;
    return counts->leechers % 3 != 0;
}

static SearchAsk draw_ask(Model *model) {
    SearchAsk ask = {.text = draw_question(model), .category = SEARCH_ANY, .facets = true};
    if (draw(model, 4) == 0) ask.category = (int)draw(model, 4);
    if (draw(model, 4) == 0) ask.license = names[draw(model, 3)];
    if (draw(model, 4) == 0) ask.language = names[draw(model, 3)];
    if (draw(model, 8) == 0) ask.tag = tags[draw(model, 3)];
    if (draw(model, 8) == 0) ask.uploader = names[draw(model, 3)];
    if (draw(model, 8) == 0) ask.min_size = 1500;
    if (draw(model, 8) == 0) ask.max_size = 3000;
    if (draw(model, 8) == 0) ask.after = 1650000000;
    if (draw(model, 8) == 0) ask.before = 1800000000;
    if (draw(model, 8) == 0) ask.min_seeders = 1 + draw(model, 3);
    if (draw(model, 8) == 0) ask.filter = (SearchFilter){.keep = is_no_third, .mark = 1};
    ask.sort = (SearchSort)draw(model, 6);
    ask.limit = 1 + draw(model, 20);
    return ask;
}

enum { KEEP_CATEGORY = 1, KEEP_LICENSE = 2, KEEP_LANGUAGE = 4, KEEP_ALL = 7 };

static bool judge(Model *model, const Judged *judged, const SearchAsk *ask, const QueryNode *query,
                  uint32_t *ret_points) {
    const SearchWork *work = &judged->work;
    *ret_points = 0;
    if (!judged->present || !judge_node(model, judged, query, ret_points)) return false;
    if (ask->category != SEARCH_ANY && !is_in(work->category, ask->category)) return false;
    if (ask->license.len && !str_equal_nocase(ask->license, work->license)) return false;
    if (ask->language.len && !str_equal_nocase(ask->language, work->language)) return false;
    if (ask->tag.len && !has_tag(model, work, ask->tag)) return false;
    if (ask->uploader.len && !same_folded(model, ask->uploader, work->uploader)) return false;
    if (ask->min_size && work->size_bytes < ask->min_size) return false;
    if (ask->max_size && work->size_bytes > ask->max_size) return false;
    if (ask->after && work->published_at < ask->after) return false;
    if (ask->before && work->published_at >= ask->before) return false;
    if (ask->filter.keep && work->leechers % 3 == 0) return false;
    return work->seeders >= ask->min_seeders;
}

typedef struct {
    uint64_t key;
    int64_t id;
} Placed;

static int compare_placed(const void *a, const void *b) {
    const Placed *x = a, *y = b;
    if (x->key != y->key) return x->key > y->key ? -1 : 1;
    return x->id > y->id ? -1 : x->id < y->id;
}

static uint64_t judge_key(const SearchWork *work, const SearchAsk *ask, size_t words,
                          uint32_t points) {
    switch (ask->sort) {
        case SEARCH_BY_SEEDERS: return work->seeders;
        case SEARCH_BY_SIZE: return work->size_bytes;
        case SEARCH_BY_COMPLETED: return work->completed;
        case SEARCH_BY_NEED:
            return (uint64_t)(UINT16_MAX - work->seeders) << 48 | (uint64_t)work->leechers << 32 |
                   (UINT32_MAX - (uint32_t)work->last_seeder_at);
        case SEARCH_BY_RELEVANCE:
            if (words) return rank_score(points, words, work->seeders, work->published_at);
            break;
        case SEARCH_BY_NEWEST: break;
    }
    return (uint64_t)work->published_at;
}

static size_t judge_all(Model *model, const SearchAsk *ask, Placed *ret_placed) {
    QueryNames categories = {.category_names = names, .category_count = 3};
    QueryNode *query = query_parse(ask->text, &categories, &model->arena);
    size_t count = 0, words = query_count_wanted(query);
    for (size_t i = 0; i < WORKS_MAX; i++) {
        uint32_t points;
        if (!judge(model, &model->works[i], ask, query, &points)) continue;
        const SearchWork *work = &model->works[i].work;
        ret_placed[count++] = (Placed){judge_key(work, ask, words, points), work->id};
    }
    qsort(ret_placed, count, sizeof *ret_placed, compare_placed);
    return count;
}

/* With the ask's own filter of a facet taken away, the facet's counts add up to the total. */
static void compare_facet(Model *model, SearchAsk ask, SearchFacets facets, int kept) {
    Placed placed[WORKS_MAX];
    for (size_t i = 0; i < facets.count; i++) {
        SearchAsk narrowed = ask;
        if (!(kept & KEEP_CATEGORY)) narrowed.category = facets.at[i].value.at[0] - '0';
        /* A facet counts a parent without its children: that is what the others leave. */
        bool is_parent = !(kept & KEEP_CATEGORY) && narrowed.category == PARENT;
        SearchAsk child = narrowed;
        child.category = CHILD;
        size_t others = is_parent ? judge_all(model, &child, placed) : 0;
        if (!(kept & KEEP_LICENSE)) narrowed.license = facets.at[i].value;
        if (!(kept & KEEP_LANGUAGE)) narrowed.language = facets.at[i].value;
        assert_int_equal(judge_all(model, &narrowed, placed) - others, facets.at[i].count);
    }
}

static void compare_facets(Model *model, SearchAsk ask, const SearchResult *result) {
    /* Filters typed into the text are told apart only by the index. */
    if (str_contains(ask.text, STR(":"))) return;
    compare_facet(model, ask, result->categories, KEEP_ALL & ~KEEP_CATEGORY);
    compare_facet(model, ask, result->licenses, KEEP_ALL & ~KEEP_LICENSE);
    compare_facet(model, ask, result->languages, KEEP_ALL & ~KEEP_LANGUAGE);
}

static void compare_question(Model *model) {
    SearchAsk ask = draw_ask(model);
    Placed placed[WORKS_MAX];
    size_t count = judge_all(model, &ask, placed), seen = 0;
    SearchResult result;
    do {
        Error e = search_find(model->search, &ask, &model->arena, &result);
        assert_false(failed(e));
        if (seen == 0) compare_facets(model, ask, &result);
        bool same = result.total == count && result.count <= count - seen;
        for (size_t i = 0; same && i < result.count; i++)
            same = result.hits[i].id == placed[seen + i].id;
        if (!same) fail_msg("differs for: %s", str_c(&model->arena, ask.text));
        seen += result.count;
        ask.cursor = result.next;
    } while (ask.cursor.len);
    assert_int_equal(seen, count);
}

static void the_index_answers_as_reading_every_work_would(void **state) {
    (void)state;
    Model *model = calloc(1, sizeof *model);
    model->random = 20240501;
    model->arena = arena_create(1u << 30);
    model->search = search_create();
    search_name_categories(model->search, names, (const uint8_t[]){0, 0, 1}, 3);
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < 30; i++) {
            size_t at = draw(model, WORKS_MAX);
            if (draw(model, 3)) {
                put(model, at);
            } else {
                search_remove(model->search, (int64_t)at * 3 - 20);
                model->works[at].present = false;
            }
        }
        for (int i = 0; i < QUESTIONS; i++) compare_question(model);
    }
    search_free(model->search);
    arena_free(&model->arena);
    free(model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_index_answers_as_reading_every_work_would)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
