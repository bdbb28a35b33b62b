#include "community/list_query.h"

#include "base/language.h"
#include "base/limits.h"
#include "base/text.h"
#include "community/tag.h"
#include "community/work_language.h"
#include "queries/torrent.h"
#include "search/query_field.h"
#include "search/rank.h"

enum {
    HASH_DIGITS_MIN = 6, /* of the beginning of a hash */
    HASH_WORKS_MAX = 20, /* that may begin so */
    DAY_S = 86400,
};

/* --- values that only the community knows --- */

static bool is_called(Str typed, const char *english) {
    for (int site = 0; site < LANGUAGE_COUNT; site++)
        if (str_equal_nocase(typed, language_translate((Language)site, str_from_c(english))))
            return true;
    return false;
}

static bool find_category(QueryNode *node) {
    for (const Category *category = categories; category->code; category++) {
        bool same = str_equal_nocase(node->value, str_from_c(category->code)) ||
                    is_called(node->value, category->name);
        if (!same) continue;
        node->category = (int)category->number;
        node->value = str_from_c(category->code);
        return true;
    }
    return false;
}

/* "cc-by" without a version is every version of it. */
static bool is_version_of(Str id, Str family) {
    if (id.len < family.len + 2 || !str_starts_nocase(id, family)) return false;
    char digit = id.at[family.len + 1];
    return id.at[family.len] == '-' && digit >= '0' && digit <= '9';
}

static bool find_license(QueryNode *node, Arena *arena) {
    const Licence *exact = licence_find(node->value);
    if (exact) {
        node->value = str_from_c(exact->id);
        return true;
    }
    QueryNode *first = NULL;
    for (const Licence *licence = licences; licence->id; licence++) {
        if (!is_version_of(str_from_c(licence->id), node->value)) continue;
        QueryNode *one = arena_new(arena, QueryNode, 1);
        *one = (QueryNode){.kind = QUERY_LICENSE,
                           .field = node->field,
                           .value = str_from_c(licence->id),
                           .next = first};
        first = one;
    }
    if (!first) return false;
    if (first->next)
        *node = (QueryNode){.kind = QUERY_OR, .first = first};
    else
        *node = *first;
    return true;
}

/* "fr", "pt-BR", or a name. */
static bool find_language(QueryNode *node) {
    const WorkLanguage *language = work_language_find(node->value);
    if (language) {
        node->value = str_from_c(language->code);
        return true;
    }
    Str code = node->value, main = str_cut(&code, '-');
    if (main.len < 2 || main.len > 3 || node->value.len > LANGUAGE_TAG_BYTES_MAX) return false;
    for (size_t i = 0; i < main.len; i++)
        if ((main.at[i] | 0x20) < 'a' || (main.at[i] | 0x20) > 'z') return false;
    return true;
}

/* Other words for what one may do, of both languages. By the numbers of LicenceTerms. */
static bool find_may(QueryNode *node) {
    static const struct {
        const char *word;
        LicenceTerms term;
    } words[] = {
        {"utiliser", LICENCE_MAY_USE},    {"copy", LICENCE_MAY_SHARE},
        {"partager", LICENCE_MAY_SHARE},  {"copier", LICENCE_MAY_SHARE},
        {"modify", LICENCE_MAY_CHANGE},   {"adapt", LICENCE_MAY_CHANGE},
        {"remix", LICENCE_MAY_CHANGE},    {"modifier", LICENCE_MAY_CHANGE},
        {"changer", LICENCE_MAY_CHANGE},  {"adapter", LICENCE_MAY_CHANGE},
        {"commercial", LICENCE_MAY_SELL}, {"vendre", LICENCE_MAY_SELL},
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (!str_equal_nocase(node->value, str_from_c(words[i].word))) continue;
        node->bits = (uint8_t)words[i].term;
        return true;
    }
    return false;
}

static bool find_health(QueryNode *node) {
    for (int state = 0; state < HEALTH_STATE_COUNT; state++) {
        if (!is_called(node->value, health_states[state].name)) continue;
        node->bits = (uint8_t)(1u << state);
        node->value = str_from_c(health_states[state].code);
        return true;
    }
    return false;
}

/* Hexadecimal digits filled up with 0 and with f: the least and the greatest hash that begin so. */
static bool hash_ends(Str digits, uint8_t ret_first[SHA256_BYTES], uint8_t ret_last[SHA256_BYTES]) {
    if (digits.len < HASH_DIGITS_MIN || digits.len > SHA256_BYTES * 2) return false;
    memset(ret_first, 0, SHA256_BYTES);
    memset(ret_last, 0xFF, SHA256_BYTES);
    for (size_t i = 0; i < digits.len; i++) {
        char c = digits.at[i];
        int low = c | 0x20;
        int value = c >= '0' && c <= '9' ? c - '0' : low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
        if (value < 0) return false;
        unsigned shift = i % 2 ? 0 : 4;
        ret_first[i / 2] |= (uint8_t)(value << shift);
        ret_last[i / 2] &= (uint8_t) ~((15 - value) << shift);
    }
    return true;
}

static bool find_by_hash_start(Visit *visit, QueryNode *node, Arena *arena) {
    uint8_t first[SHA256_BYTES], last[SHA256_BYTES];
    TorrentIdsByHashRows rows;
    if (!hash_ends(node->value, first, last)) return false;
    Str v1_first = str_from_bytes(first, SHA1_BYTES), v1_last = str_from_bytes(last, SHA1_BYTES);
    if (node->value.len > SHA1_BYTES * 2) v1_first = v1_last = (Str){0};
    TorrentIdsByHashAsk ask = {.v1_first = v1_first,
                               .v1_last = v1_last,
                               .v2_first = str_from_bytes(first, SHA256_BYTES),
                               .v2_last = str_from_bytes(last, SHA256_BYTES),
                               .count = HASH_WORKS_MAX};
    if (failed(query_torrent_ids_by_hash(visit->db, arena, ask, &rows)) || !rows.count)
        return false;
    int64_t *ids = arena_new(arena, int64_t, rows.count);
    for (size_t i = 0; i < rows.count; i++) ids[i] = rows.at[i].id;
    node->ids = ids;
    node->id_count = rows.count;
    return true;
}

static bool find_hash(Visit *visit, QueryNode *node, Arena *arena) {
    bool found = false;
    Torrent torrent;
    if (failed(torrent_by_paste(visit, node->value, &found, &torrent))) return false;
    if (!found) return find_by_hash_start(visit, node, arena);
    int64_t *id = arena_new(arena, int64_t, 1);
    *id = torrent.id;
    node->ids = id;
    node->id_count = 1;
    return true;
}

static bool find_value(void *argument, QueryNode *node, Arena *arena) {
    switch (node->kind) {
        case QUERY_CATEGORY: return find_category(node);
        case QUERY_LICENSE: return find_license(node, arena);
        case QUERY_LANGUAGE: return find_language(node);
        case QUERY_MAY: return find_may(node);
        case QUERY_HEALTH: return find_health(node);
        case QUERY_TAG: return !failed(tag_meant(argument, node->value, &node->value));
        case QUERY_ID: return find_hash(argument, node, arena);
        default: return true;
    }
}

void list_query_read(Visit *visit, Str text, ListQuery *ret_query) {
    Str healths[HEALTH_STATE_COUNT];
    for (int i = 0; i < HEALTH_STATE_COUNT; i++) healths[i] = str_from_c(health_states[i].code);
    QueryNames names = {.may_names = licence_may_names,
                        .may_count = LICENCE_MAY_COUNT,
                        .health_names = healths,
                        .health_count = HEALTH_STATE_COUNT,
                        .now = visit->now,
                        .find_value = find_value,
                        .argument = visit};
    ListQuery query = {.notes = {.arena = visit->arena}};
    query.tree = query_parse_explained(text, &names, visit->arena, &query.notes);
    query.read_as = query_write(query.tree, visit->arena);
    bool is_hash = query.tree->kind == QUERY_ID && query.tree->id_count == 1;
    if (is_hash) query.work_id = query.tree->ids[0];
    *ret_query = query;
}

/* --- from the box to the form --- */

/* Not a group of somebody's own: an OR that no parenthesis begins is one filter with several
 * values. */
static bool is_filter(const QueryNode *node, Str text) {
    size_t at = node->from;
    if (node->kind == QUERY_NOT) {
        at += text.at[at] == '-' ? 1 : strlen("NOT ");
        node = node->first;
    }
    if (at < text.len && text.at[at] == '(') return false;
    if (node->kind == QUERY_WORDS) return node->field != NULL;
    return node->kind == QUERY_OR ? node->first->kind > QUERY_NOT : node->kind > QUERY_NOT;
}

static const QueryNode *first_filter(const QueryNode *tree) {
    return tree->kind == QUERY_AND ? tree->first : tree;
}

static Str number_text(uint64_t value, Arena *arena) {
    return arena_print(arena, "%llu", (unsigned long long)value);
}

static Str time_text(uint64_t at, Arena *arena) {
    Str text = clock_rfc3339(arena, (Seconds)at);
    return at % DAY_S ? text : str_part(text, 0, strlen("2024-05-17"));
}

static bool fill(Str *field, Str value) {
    if (field->len) return false;
    *field = value;
    return true;
}

/* A field that is taken already keeps the whole filter in the text. */
static bool fill_range(Str *min, Str *max, const QueryNode *node, Arena *arena) {
    bool has_min = node->min > 0, has_max = node->max < UINT64_MAX;
    if (node->min > node->max || (has_min && min->len) || (has_max && max->len)) return false;
    if (has_min) *min = number_text(node->min, arena);
    if (has_max) *max = number_text(node->max, arena);
    return true;
}

/* As typed where that is what the form takes, too: "1GB", ">=1GB", "1GB..2GB". */
static bool fill_size(ListWords *words, const QueryNode *node, Arena *arena) {
    Str typed = node->value;
    bool is_above = str_starts(typed, STR(">")) && !str_starts(typed, STR(">="));
    bool is_below = str_starts(typed, STR("<")) && !str_starts(typed, STR("<="));
    if (is_above || is_below) return false; /* one byte more or less is nothing to show anybody */
    if (!fill_range(&words->min_size, &words->max_size, node, arena)) return false;
    if (str_starts(typed, STR(">=")) || str_starts(typed, STR("<="))) typed = str_skip(typed, 2);
    size_t dots = str_find(typed, STR(".."));
    Str from = dots == STR_NONE ? typed : str_trim(str_part(typed, 0, dots));
    Str to = dots == STR_NONE ? typed : str_trim(str_skip(typed, dots + 2));
    uint64_t bytes;
    if (list_words_parse_size(from, &bytes) && bytes == node->min) words->min_size = from;
    if (list_words_parse_size(to, &bytes) && bytes == node->max) words->max_size = to;
    return true;
}

static bool fill_dates(ListWords *words, const QueryNode *node, Arena *arena) {
    bool has_min = node->min > 0, has_max = node->max < UINT64_MAX;
    if (node->min > node->max || (has_min && words->after.len) || (has_max && words->before.len))
        return false;
    if (str_equal(str_from_c(node->field), STR("age"))) return false; /* it moves with the clock */
    bool is_year = node->value.len == strlen("2024") && str_find_byte(node->value, '.') == STR_NONE;
    if (is_year) return fill(&words->year, node->value);
    if (has_min) words->after = time_text(node->min, arena);
    if (has_max) words->before = time_text(node->max + 1, arena);
    return true;
}

/* Moves one filter into the form; false when the form cannot say it. */
static bool spread(ListWords *words, const QueryNode *node, Arena *arena) {
    switch (node->kind) {
        case QUERY_CATEGORY: return fill(&words->category, node->value);
        case QUERY_LICENSE: return fill(&words->license, node->value);
        case QUERY_LANGUAGE: return fill(&words->language, node->value);
        case QUERY_TAG: return node->value.len <= TAG_BYTES_MAX && fill(&words->tag, node->value);
        case QUERY_UPLOADER:
            return node->value.len <= NAME_BYTES_MAX && fill(&words->uploader, node->value);
        case QUERY_SIZE: return fill_size(words, node, arena);
        case QUERY_FILES: return fill_range(&words->min_files, &words->max_files, node, arena);
        case QUERY_DATE: return fill_dates(words, node, arena);
        case QUERY_SEEDERS:
            if (node->max < UINT64_MAX || node->min > UINT32_MAX) return false;
            return fill(&words->min_seeders, number_text(node->min, arena));
        case QUERY_MAY: return fill(&words->may, licence_may_text(node->bits, arena));
        case QUERY_HEALTH:
            if (node->bits & (node->bits - 1)) return false;
            return fill(&words->health, str_from_c(health_states[__builtin_ctz(node->bits)].code));
        default: return false;
    }
}

/* "a,b" of a filter with several values. */
static Str values_of(const QueryNode *either, Arena *arena) {
    Text text = text_create(arena, SEARCH_QUERY_BYTES_MAX);
    for (const QueryNode *node = either->first; node; node = node->next) {
        if (text.len) text_add(&text, STR(", "));
        text_add(&text, node->value);
    }
    return text_str(&text);
}

/* `text` without the bytes between, and without the gap they leave. */
static Str cut_out(Str text, size_t from, size_t end, Arena *arena) {
    Str before = str_trim(str_part(text, 0, from)), after = str_trim(str_skip(text, end));
    return arena_print(arena, "%.*s%s%.*s", STR_PRINTF(before), before.len && after.len ? " " : "",
                       STR_PRINTF(after));
}

ListWords list_query_spread(Visit *visit, const ListWords *typed) {
    ListWords words = *typed;
    ListQuery query;
    list_query_read(visit, typed->q, &query);
    /* From the end, so that the places of those before stay true. */
    const QueryNode *filters[SEARCH_TERMS_MAX];
    size_t count = 0;
    for (const QueryNode *node = first_filter(query.tree); node; node = node->next)
        if (count < SEARCH_TERMS_MAX && node->end && is_filter(node, typed->q))
            filters[count++] = node;
    bool taken[SEARCH_TERMS_MAX] = {0};
    for (size_t i = 0; i < count; i++) taken[i] = spread(&words, filters[i], visit->arena);
    for (size_t i = count; i-- > 0;)
        if (taken[i]) words.q = cut_out(words.q, filters[i]->from, filters[i]->end, visit->arena);
    return words;
}

size_t list_query_filters(Visit *visit, Str text, ListFilter ret_filters[LIST_FILTERS_MAX]) {
    ListQuery query;
    size_t count = 0;
    list_query_read(visit, text, &query);
    for (const QueryNode *node = first_filter(query.tree); node; node = node->next) {
        if (count == LIST_FILTERS_MAX || !node->end || !is_filter(node, text)) continue;
        const QueryNode *asked = node->kind == QUERY_NOT ? node->first : node;
        Str written = query_write(asked, visit->arena);
        if (asked->kind != QUERY_OR) (void)str_cut(&written, ':');
        const QueryNode *one = asked->kind == QUERY_OR ? asked->first : asked;
        const QueryField *field = query_field_find(str_from_c(one->field));
        ret_filters[count++] = (ListFilter){
            .field = field->name,
            .label = field->label,
            .value = asked->kind == QUERY_OR ? values_of(asked, visit->arena) : written,
            .excluded = node->kind == QUERY_NOT,
            .without = cut_out(text, node->from, node->end, visit->arena)};
    }
    return count;
}

/* --- from the form to the box --- */

static void join(Text *text, const char *field, Str value) {
    if (!value.len) return;
    bool plain = str_find_byte(value, ' ') == STR_NONE && str_find_byte(value, '"') == STR_NONE &&
                 str_find_byte(value, '(') == STR_NONE && str_find_byte(value, ')') == STR_NONE;
    if (text->len) text_add_byte(text, ' ');
    text_print(text, plain ? "%s:%.*s" : "%s:\"%.*s\"", field, STR_PRINTF(value));
}

static void join_range(Text *text, const char *field, Str min, Str max) {
    if (!min.len && !max.len) return;
    char room[80];
    int len = min.len && max.len
                  ? snprintf(room, sizeof room, "%.*s..%.*s", STR_PRINTF(min), STR_PRINTF(max))
              : min.len ? snprintf(room, sizeof room, ">=%.*s", STR_PRINTF(min))
                        : snprintf(room, sizeof room, "<=%.*s", STR_PRINTF(max));
    if (len < 0 || (size_t)len >= sizeof room) return;
    /* "1.5 GB" is "1.5GB" here. */
    size_t kept = 0;
    for (int i = 0; i < len; i++)
        if (room[i] != ' ') room[kept++] = room[i];
    join(text, field, (Str){room, kept});
}

static bool has_filter(const ListWords *words) {
    const Str all[] = {words->category, words->license,   words->language,   words->tag,
                       words->uploader, words->min_size,  words->max_size,   words->after,
                       words->before,   words->min_files, words->max_files,  words->may,
                       words->year,     words->health,    words->min_seeders};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i].len) return true;
    return false;
}

/* Words before which a filter may stand: not with a quotation mark or an "or" left open. */
static void join_words(Visit *visit, Text *text, Str q) {
    ListQuery query;
    list_query_read(visit, q, &query);
    Str left = query.notes.count ? query.read_as : str_trim(q);
    bool grouped = query.tree->kind == QUERY_OR && query.tree->end == 0;
    text_print(text, grouped ? "(%.*s)" : "%.*s", STR_PRINTF(left));
}

Str list_query_join(Visit *visit, const ListWords *words) {
    if (!has_filter(words)) return words->q;
    Text text = text_create(visit->arena, 2 * SEARCH_QUERY_BYTES_MAX);
    Arena *arena = visit->arena;
    join_words(visit, &text, words->q);
    join(&text, "category", words->category);
    join(&text, "license", words->license);
    join(&text, "may", words->may);
    join(&text, "lang", words->language);
    join(&text, "tag", words->tag);
    join(&text, "user", words->uploader);
    join_range(&text, "size", words->min_size, words->max_size);
    join_range(&text, "files", words->min_files, words->max_files);
    join_range(&text, "seeds", words->min_seeders, (Str){0});
    join(&text, "health", words->health);
    join(&text, "date", words->year);
    if (words->after.len)
        join(&text, "date", arena_print(arena, ">=%.*s", STR_PRINTF(words->after)));
    if (words->before.len)
        join(&text, "date", arena_print(arena, "<%.*s", STR_PRINTF(words->before)));
    return text_str(&text);
}

size_t list_query_fields(Arena *arena, ListQueryField **ret_fields) {
    size_t count = 0;
    while (query_fields[count].name) count++;
    *ret_fields = arena_new(arena, ListQueryField, count);
    for (size_t i = 0; i < count; i++)
        (*ret_fields)[i] =
            (ListQueryField){query_fields[i].name, query_fields[i].example, query_fields[i].words};
    return count;
}

size_t list_query_ranking(Arena *arena, ListQueryRank **ret_ranks) {
    *ret_ranks = arena_new(arena, ListQueryRank, RANK_COUNT);
    for (size_t i = 0; i < RANK_COUNT; i++)
        (*ret_ranks)[i] = (ListQueryRank){rank_table[i].name, rank_table[i].points};
    return RANK_COUNT;
}
