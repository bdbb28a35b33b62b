/* The index against a judge that reads every work for every question: random works and questions
 * out of few words, so that they meet often. The judge shares the tokens and the parsed tree, and
 * nothing that comes after them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/text.h"
#include "search/draft.h"
#include "search/find.h"
#include "search/fold.h"
#include "search/merge.h"
#include "search/rank.h"
#include "search/segment_layout.h"
#include "search/segment_write.h"
#include "search/token.h"

enum { WORKS_MAX = 9000, TEXTS_MAX = 16, PARTS_MAX = 9, HEALTHS = 4, MAYS = 3 };

typedef struct {
    Field field;
    Tokens tokens;
} JudgedText;

typedef struct {
    SearchWork work;
    JudgedText texts[TEXTS_MAX];
    size_t text_count;
    uint8_t health;
    bool present;
} Judged;

typedef struct {
    uint64_t random;
    Arena arena, questions; /* works for good, each question for itself */
    ViewPart parts[PARTS_MAX + 1];
    size_t part_count;
    uint32_t works_max;
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

/* Few works hold a word of many: rare ones, so that all kinds of lists are met. */
static Str draw_text(Model *model, uint32_t words) {
    static const char *const between[] = {" ", " ", "-", ".", "_", ", ", ""};
    Text text = text_create(&model->arena, 1 << 12);
    for (uint32_t i = 0; i < words; i++) {
        text_print(&text, "%s%s", draw_word(model), between[draw(model, 7)]);
        if (draw(model, 30) == 0) text_print(&text, " rare%u ", draw(model, 40));
        if (draw(model, 50) == 0) text_print(&text, " seldom ");
    }
    return text_str(&text);
}

static void judge_text(Model *model, Judged *judged, Field field, Str text) {
    JudgedText *to = &judged->texts[judged->text_count++];
    *to = (JudgedText){.field = field};
    token_split(&model->arena, fold_text(&model->arena, text), 0, &to->tokens);
}

static void draw_work(Model *model, size_t at) {
    Str *paths = arena_new(&model->arena, Str, 4);
    Judged judged = {.present = true, .health = (uint8_t)draw(model, HEALTHS)};
    judged.work = (SearchWork){
        .id = (int64_t)at * 3 - 20,
        .title = draw_text(model, 1 + draw(model, 3)),
        .author = draw_text(model, draw(model, 2)),
        .description = draw_text(model, draw(model, 5)),
        .uploader = names[draw(model, 3)],
        .license = names[draw(model, 3)],
        .language = names[draw(model, 3)],
        .category = draw(model, 4),
        .tags = &tags[draw(model, 2)],
        .tag_count = draw(model, 3),
        .paths = paths,
        .path_count = draw(model, 4),
        .size_bytes = draw(model, 5) * 1000,
        .published_at = 1600000000 + draw(model, 4) * 100000000 + draw(model, 2),
        .seeders = draw(model, 5),
        .leechers = draw(model, 4),
        .last_seeder_at = 1600000000 + draw(model, 3),
        .completed = draw(model, 4),
        .file_count = draw(model, 4),
        .may = (uint8_t)draw(model, 1 << MAYS),
    };
    SearchWork *work = &judged.work;
    for (size_t i = 0; i < work->path_count; i++)
        paths[i] =
            arena_print(&model->arena, "%.*s.%s", STR_PRINTF(draw_text(model, 1 + draw(model, 3))),
                        draw(model, 3) ? "iso" : "Txt");
    judge_text(model, &judged, FIELD_TITLE, work->title);
    judge_text(model, &judged, FIELD_AUTHOR, work->author);
    judge_text(model, &judged, FIELD_DESCRIPTION, work->description);
    for (size_t i = 0; i < work->tag_count; i++)
        judge_text(model, &judged, FIELD_TAG, work->tags[i]);
    for (size_t i = 0; i < work->path_count; i++)
        judge_text(model, &judged, FIELD_FILE, work->paths[i]);
    model->works[at] = judged;
}

/* The work goes from whichever part it is in. */
static void take_out(Model *model, size_t at) {
    model->works[at].present = false;
    for (size_t i = 0; i < model->part_count; i++) {
        ViewPart *part = &model->parts[i];
        uint32_t document = segment_document(part->segment, (int64_t)at * 3 - 20);
        if (document == DOCUMENT_NONE || !view_part_has(part, document)) continue;
        Gone *gone = gone_create(part->gone, segment_count(part->segment));
        gone_add(gone, document);
        gone_release(part->gone);
        part->gone = gone;
    }
}

static void set_healths(Model *model, Segment *segment) {
    const Columns *columns = segment_columns(segment);
    for (uint32_t i = 0; i < columns->count; i++)
        columns->health[i] = model->works[(columns->ids[i] + 20) / 3].health;
}

static void merge_parts(Model *model) {
    atomic_bool stop = false;
    Merge merge = merge_write(model->parts, model->part_count, SEGMENT_TO_MEMORY, &stop);
    assert_false(merge.failed);
    Segment *merged = segment_open((const uint8_t *)merge.bytes.at, merge.bytes.len, false);
    assert_non_null(merged);
    merge_copy_counts(&merge, model->parts, merged);
    merge_free(&merge);
    set_healths(model, merged);
    for (size_t i = 0; i < model->part_count; i++) {
        segment_release(model->parts[i].segment);
        gone_release(model->parts[i].gone);
    }
    model->parts[0] = (ViewPart){merged, NULL};
    model->part_count = 1;
}

/* A part more, of works that are new or stand somewhere else. */
static void put(Model *model, uint32_t count) {
    Draft *draft = draft_create();
    for (uint32_t i = 0; i < count; i++) {
        size_t at = count == model->works_max ? i : draw(model, model->works_max);
        if (model->works[at].present) take_out(model, at);
        draw_work(model, at);
        draft_add(draft, &model->works[at].work);
    }
    Segment *segment = draft_finish(draft);
    draft_free(draft);
    set_healths(model, segment);
    if (model->part_count == PARTS_MAX) merge_parts(model);
    model->parts[model->part_count++] = (ViewPart){segment, NULL};
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
    return str_equal(fold_text(&model->questions, a), fold_text(&model->questions, b));
}

static bool has_tag(Model *model, const SearchWork *work, Str tag) {
    for (size_t i = 0; i < work->tag_count; i++) {
        if (same_folded(model, work->tags[i], tag)) return true;
    }
    return false;
}

enum { PARENT = 1, CHILD = 3 };

static bool is_in(unsigned category, int wanted) {
    return (int)category == wanted || (category == CHILD && wanted == PARENT);
}

static bool has_extension(Model *model, const SearchWork *work, Str extension) {
    for (size_t i = 0; i < work->path_count; i++) {
        Str folded = fold_text(&model->questions, work->paths[i]);
        if (str_equal(token_extension(folded), extension)) return true;
    }
    return false;
}

enum { FIELDS_SHOWN = 1 << FIELD_TITLE | 1 << FIELD_TAG | 1 << FIELD_AUTHOR };

typedef struct {
    uint32_t points;
    bool in_file;
    uint8_t refused; /* by a facet's filter, a bit each */
} Verdict;

static bool judge_node(Model *model, const Judged *judged, const QueryNode *node,
                       Verdict *verdict) {
    const SearchWork *work = &judged->work;
    bool any = false;
    uint8_t fields;
    Verdict unused = {0};
    switch (node->kind) {
        case QUERY_ALL: return true;
        case QUERY_WORDS:
            fields = judge_words(judged, &node->words);
            verdict->points += rank_fields(fields);
            verdict->in_file |= (fields & 1 << FIELD_FILE) && !(fields & FIELDS_SHOWN);
            return fields != 0;
        case QUERY_AND:
            for (const QueryNode *child = node->first; child; child = child->next) {
                if (!judge_node(model, judged, child, verdict)) return false;
            }
            return true;
        case QUERY_OR:
            for (const QueryNode *child = node->first; child; child = child->next) {
                Verdict more = {0};
                bool matches = judge_node(model, judged, child, &more);
                verdict->points += matches ? more.points : 0;
                verdict->in_file |= matches && more.in_file;
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
        case QUERY_DATE:
            return (uint64_t)work->published_at >= node->min &&
                   (uint64_t)work->published_at <= node->max;
        case QUERY_MAY: return (work->may & node->bits) == node->bits;
        case QUERY_HEALTH: return node->bits >> judged->health & 1;
        case QUERY_EXTENSION: return has_extension(model, work, node->value);
        case QUERY_ID:
            for (size_t i = 0; i < node->id_count; i++) any |= node->ids[i] == work->id;
            return any;
    }
    return false;
}

static Str draw_question(Model *model) {
    static const char *const before[] = {"", "", "", "", "-", "\"", "(", "title:", "file:"};
    static const char *const after[] = {" ", " ", " ", "* ", " or ", "\" ", ") ", "-", "."};
    static const char *const filters[] = {
        "category:two ",     "-lang:one ",
        "license:SIX ",      "tag:ete ",
        "seeds:>=2 ",        "size:1k..3k ",
        "user:one ",         "tag:\"free jazz\" ",
        "files:2..3 ",       "date:2020-09..2024 ",
        "may:share ",        "health:green ",
        "ext:iso ",          "-ext:txt ",
        "(ext:txt or a) ",   "-(a ab) ",
        "seldom ",           "rare3* ",
        "(a rare1 or b c) ", "-may:use ",
        "hash:aa ",          "\"a b*\" ",
        "(seldom ab or b) ", "rare* ",
        "\"a a*\" ",         "\"a r*\" ",
        "\"b a*\" ",         "title:\"a x*\" ",
        "\"本 a*\" ",        "\"a b a*\" ",
        "\"a rare1*\" ",     "-\"a c*\" ",
    };
    enum { FILTERS = sizeof filters / sizeof *filters };
    Text text = text_create(&model->questions, 1 << 12);
    for (uint32_t i = draw(model, 5); i > 0; i--) {
        if (draw(model, 4) == 0) text_add(&text, str_from_c(filters[draw(model, FILTERS)]));
        if (draw(model, 12) == 0) text_print(&text, "rare%u ", draw(model, 40));
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
    if (draw(model, 5) == 0) ask.category = (int)draw(model, 5);
    if (draw(model, 5) == 0) ask.license = names[draw(model, 3)];
    if (draw(model, 5) == 0) ask.language = names[draw(model, 3)];
    if (draw(model, 5) == 0) ask.may = (uint8_t)draw(model, 1 << MAYS);
    if (draw(model, 5) == 0) ask.healths = (uint8_t)draw(model, 1 << HEALTHS);
    if (draw(model, 8) == 0) ask.year = 2020 + 3 * draw(model, 3);
    if (draw(model, 8) == 0) ask.tag = tags[draw(model, 3)];
    if (draw(model, 8) == 0) ask.uploader = names[draw(model, 3)];
    if (draw(model, 8) == 0) ask.min_size = 1500;
    if (draw(model, 8) == 0) ask.max_size = 3000;
    if (draw(model, 8) == 0) ask.min_files = 1 + draw(model, 3);
    if (draw(model, 8) == 0) ask.max_files = 1 + draw(model, 3);
    if (draw(model, 8) == 0) ask.after = 1650000000;
    if (draw(model, 8) == 0) ask.before = 1800000000;
    if (draw(model, 8) == 0) ask.min_seeders = 1 + draw(model, 3);
    if (draw(model, 8) == 0) ask.filter = (SearchFilter){.keep = is_no_third, .mark = 1};
    ask.sort = (SearchSort)draw(model, 6);
    ask.limit = 1 + draw(model, 20);
    return ask;
}

enum { CATEGORY = 1, LICENSE = 2, LANGUAGE = 4, MAY = 8, YEAR = 16, HEALTH = 32 };

static uint32_t year_of(const SearchWork *work) {
    time_t at = (time_t)work->published_at;
    struct tm parts;
    gmtime_r(&at, &parts);
    return (uint32_t)parts.tm_year + 1900;
}

static uint8_t judge_facets(const Judged *judged, const SearchAsk *ask) {
    const SearchWork *work = &judged->work;
    unsigned refused = 0;
    if (ask->category != SEARCH_ANY && !is_in(work->category, ask->category)) refused |= CATEGORY;
    if (ask->license.len && !str_equal_nocase(ask->license, work->license)) refused |= LICENSE;
    if (ask->language.len && !str_equal_nocase(ask->language, work->language)) refused |= LANGUAGE;
    if ((work->may & ask->may) != ask->may) refused |= MAY;
    if (ask->year && year_of(work) != ask->year) refused |= YEAR;
    if (ask->healths && !(ask->healths >> judged->health & 1)) refused |= HEALTH;
    return (uint8_t)refused;
}

/* By everything but the filters of facets; those are told in the verdict. */
static bool judge(Model *model, const Judged *judged, const SearchAsk *ask, const QueryNode *query,
                  Verdict *ret_verdict) {
    const SearchWork *work = &judged->work;
    *ret_verdict = (Verdict){0};
    if (!judged->present || !judge_node(model, judged, query, ret_verdict)) return false;
    ret_verdict->refused = judge_facets(judged, ask);
    if (ask->tag.len && !has_tag(model, work, ask->tag)) return false;
    if (ask->uploader.len && !same_folded(model, ask->uploader, work->uploader)) return false;
    if (ask->min_size && work->size_bytes < ask->min_size) return false;
    if (ask->max_size && work->size_bytes > ask->max_size) return false;
    if (ask->min_files && work->file_count < ask->min_files) return false;
    if (ask->max_files && work->file_count > ask->max_files) return false;
    if (ask->after && work->published_at < ask->after) return false;
    if (ask->before && work->published_at >= ask->before) return false;
    if (ask->filter.keep && work->leechers % 3 == 0) return false;
    return work->seeders >= ask->min_seeders;
}

typedef struct {
    uint64_t key;
    int64_t id;
    bool in_file;
} Placed;

typedef struct {
    Placed placed[WORKS_MAX];
    size_t count;
    size_t categories[8], licenses[3], languages[3], mays[8], years[256], healths[8];
} Judgement;

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

static size_t number_of(Str name) {
    size_t number = 0;
    while (number < 2 && !str_equal(name, names[number])) number++;
    return number;
}

/* Each facet, of works that no other filter refuses. */
static void judge_counts(Judgement *judgement, const Judged *judged, unsigned refused) {
    const SearchWork *work = &judged->work;
    judgement->categories[work->category] += !(refused & ~CATEGORY);
    judgement->licenses[number_of(work->license)] += !(refused & ~LICENSE);
    judgement->languages[number_of(work->language)] += !(refused & ~LANGUAGE);
    for (unsigned bit = 0; bit < 8; bit++)
        judgement->mays[bit] += (work->may >> bit & 1) && !(refused & ~MAY);
    judgement->years[year_of(work) - 1970] += !(refused & ~YEAR);
    judgement->healths[judged->health] += !(refused & ~HEALTH);
}

static bool find_value(void *argument, QueryNode *node, Arena *arena) {
    (void)argument;
    if (node->kind != QUERY_ID) return node->kind == QUERY_LICENSE || node->kind == QUERY_LANGUAGE;
    int64_t *ids = arena_new(arena, int64_t, 3);
    ids[0] = -20;
    ids[1] = 10;
    ids[2] = 100;
    node->ids = ids;
    node->id_count = 3;
    return true;
}

static const uint8_t parents[] = {0, 0, 0, 1};
static const Str category_names[] = {{"one", 3}, {"two", 3}, {"six", 3}, {"ten", 3}};
static const Str may_names[] = {{"use", 3}, {"share", 5}, {"sell", 4}};
static const Str health_names[] = {{"dead", 4}, {"red", 3}, {"amber", 5}, {"green", 5}};
static const QueryNames query_names = {.category_names = category_names,
                                       .category_count = 4,
                                       .category_parents = parents,
                                       .may_names = may_names,
                                       .may_count = 3,
                                       .health_names = health_names,
                                       .health_count = 4,
                                       .now = 1900000000,
                                       .find_value = find_value};

static void judge_all(Model *model, const SearchAsk *ask, Judgement *judgement) {
    QueryNode *query = query_parse(ask->text, &query_names, &model->questions);
    size_t words = query_count_wanted(query);
    memset(judgement, 0, sizeof *judgement);
    for (size_t i = 0; i < model->works_max; i++) {
        const Judged *judged = &model->works[i];
        Verdict verdict;
        if (!judge(model, judged, ask, query, &verdict)) continue;
        judge_counts(judgement, judged, verdict.refused);
        if (verdict.refused) continue;
        judgement->placed[judgement->count++] = (Placed){
            judge_key(&judged->work, ask, words, verdict.points), judged->work.id, verdict.in_file};
    }
    qsort(judgement->placed, judgement->count, sizeof(Placed), compare_placed);
}

static void compare_numbers(SearchFacets facets, const size_t *counts, size_t count,
                            unsigned first) {
    size_t present = 0;
    for (size_t i = 0; i < count; i++) present += counts[i] > 0;
    assert_int_equal(facets.count, present);
    for (size_t i = 0; i < facets.count; i++) {
        uint64_t number;
        assert_true(str_to_u64(facets.at[i].value, &number));
        assert_int_equal(facets.at[i].count, counts[number - first]);
        if (i) assert_true(facets.at[i].count <= facets.at[i - 1].count);
    }
}

static void compare_words(SearchFacets facets, const size_t *counts) {
    assert_int_equal(facets.count, (counts[0] > 0) + (counts[1] > 0) + (counts[2] > 0));
    for (size_t i = 0; i < facets.count; i++)
        assert_int_equal(facets.at[i].count, counts[number_of(facets.at[i].value)]);
}

static void compare_facets(SearchAsk ask, const SearchResult *result, const Judgement *judgement) {
    /* Filters typed into the text are told apart only by the index. */
    if (str_contains(ask.text, STR(":"))) return;
    compare_numbers(result->categories, judgement->categories, 8, 0);
    compare_numbers(result->mays, judgement->mays, 8, 0);
    compare_numbers(result->years, judgement->years, 256, 1970);
    compare_numbers(result->healths, judgement->healths, 8, 0);
    compare_words(result->licenses, judgement->licenses);
    compare_words(result->languages, judgement->languages);
}

static void compare_question(Model *model, Judgement *judgement) {
    SearchAsk ask = draw_ask(model);
    judge_all(model, &ask, judgement);
    View *view = view_create(model->parts, model->part_count);
    size_t seen = 0;
    SearchResult result;
    do {
        Error e = find_works(view, &ask, &query_names, &model->questions, &result);
        assert_false(failed(e));
        if (seen == 0) compare_facets(ask, &result, judgement);
        bool same = result.total == judgement->count && result.count <= judgement->count - seen;
        for (size_t i = 0; same && i < result.count; i++)
            same = result.hits[i].id == judgement->placed[seen + i].id &&
                   result.hits[i].in_file == judgement->placed[seen + i].in_file;
        if (!same)
            fail_msg("differs for: %s (sort %d, %zu of %zu)", str_c(&model->questions, ask.text),
                     (int)ask.sort, (size_t)result.total, judgement->count);
        seen += result.count;
        ask.cursor = result.next;
        if (seen > 400) break; /* deep enough */
    } while (ask.cursor.len);
    if (seen <= 400) assert_int_equal(seen, judgement->count);
    view_release(view);
    arena_reset(&model->questions);
}

static Model *model_create(uint32_t works_max) {
    Model *model = calloc(1, sizeof *model);
    model->random = 20240501;
    model->works_max = works_max;
    model->arena = arena_create((size_t)1 << 32);
    model->questions = arena_create((size_t)1 << 32);
    return model;
}

static void model_free(Model *model) {
    for (size_t i = 0; i < model->part_count; i++) {
        segment_release(model->parts[i].segment);
        gone_release(model->parts[i].gone);
    }
    arena_free(&model->arena);
    arena_free(&model->questions);
    free(model);
}

static void small_segments_answer_as_reading_every_work_would(void **state) {
    (void)state;
    Model *model = model_create(60);
    Judgement *judgement = malloc(sizeof *judgement);
    for (int round = 0; round < 30; round++) {
        for (int i = 0; i < 6; i++) put(model, 1 + draw(model, 8));
        for (int i = 0; i < 6; i++) take_out(model, draw(model, model->works_max));
        if (round % 7 == 6) merge_parts(model);
        for (int i = 0; i < 60; i++) compare_question(model, judgement);
    }
    free(judgement);
    model_free(model);
}

/* Large enough for lists in blocks, and for what is answered at once to be some. */
static void a_large_segment_and_small_ones_answer_so_too(void **state) {
    (void)state;
    Model *model = model_create(WORKS_MAX);
    Judgement *judgement = malloc(sizeof *judgement);
    put(model, WORKS_MAX);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 60; i++) compare_question(model, judgement);
        for (int i = 0; i < 3; i++) put(model, 1 + draw(model, 200));
        for (int i = 0; i < 600; i++) take_out(model, draw(model, model->works_max));
    }
    free(judgement);
    model_free(model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_segments_answer_as_reading_every_work_would),
        cmocka_unit_test(a_large_segment_and_small_ones_answer_so_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
