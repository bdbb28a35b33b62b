#include "base/language.h"
#include "base/limits.h"
#include "search/fold.h"
#include "search/query_field.h"
#include "search/token.h"

enum { VALUES_MAX = 16 }; /* of one filter, between commas */

static bool find_name(const Str *names, size_t count, Str value, int *ret_number) {
    for (size_t i = 0; i < count; i++) {
        if (!names[i].len || !str_equal_nocase(value, names[i])) continue;
        *ret_number = (int)i;
        return true;
    }
    return false;
}

/* A bit of a set, by the names or by what the caller knows. */
static bool find_bit(const Str *list, size_t count, const QueryNames *names, QueryNode *node,
                     Arena *arena) {
    int number;
    if (find_name(list, count, node->value, &number)) {
        node->bits = (uint8_t)(1u << number);
        return true;
    }
    return names->find_value && names->find_value(names->argument, node, arena);
}

static bool read_extension(QueryNode *node, Arena *arena) {
    Str typed = node->value;
    while (str_starts(typed, STR("*")) || str_starts(typed, STR("."))) typed = str_skip(typed, 1);
    Str folded = fold_text(arena, arena_print(arena, "x.%.*s", STR_PRINTF(typed)));
    node->value = token_extension(folded);
    return node->value.len > 0;
}

/* One value of a filter that is no range. */
static bool read_value(QueryNode *node, const QueryNames *names, Arena *arena) {
    if (!node->value.len) return false;
    bool asked = names->find_value != NULL;
    switch (node->kind) {
        case QUERY_CATEGORY:
            return find_name(names->category_names, names->category_count, node->value,
                             &node->category) ||
                   (asked && names->find_value(names->argument, node, arena));
        case QUERY_MAY: return find_bit(names->may_names, names->may_count, names, node, arena);
        case QUERY_HEALTH:
            return find_bit(names->health_names, names->health_count, names, node, arena);
        case QUERY_LICENSE:
        case QUERY_LANGUAGE: return !asked || names->find_value(names->argument, node, arena);
        case QUERY_TAG: /* another spelling of it, perhaps; any is a tag */
            if (asked) (void)names->find_value(names->argument, node, arena);
            return true;
        case QUERY_ID: return asked && names->find_value(names->argument, node, arena);
        case QUERY_EXTENSION: return read_extension(node, arena);
        default: return true;
    }
}

static bool is_set(QueryKind kind) { return kind == QUERY_MAY || kind == QUERY_HEALTH; }

/* Of values that make no sense the filter keeps the others; none left is no filter, but for a hash,
 * which then finds nothing. */
static QueryNode *read_values(const QueryField *field, Str value, const QueryNames *names,
                              Arena *arena, ErrorList *notes) {
    QueryNode *first = NULL, **last = &first;
    size_t count = 0;
    for (Str rest = value; rest.len && count < VALUES_MAX; count++) {
        QueryNode node = {
            .kind = field->kind, .field = field->name, .value = str_trim(str_cut(&rest, ','))};
        if (!node.value.len) continue;
        node.value = arena_copy(arena, node.value);
        Str typed = node.value;
        bool known = read_value(&node, names, arena);
        if (!known && notes && field->no_sense)
            error_list_add(notes, error_make(ERROR_BAD_INPUT,
                                             field->kind == QUERY_ID ? "search_hash_unknown"
                                                                     : "search_bad_value",
                                             field->name, field->no_sense, typed));
        if (!known && field->kind != QUERY_ID) continue;
        if (first && is_set(field->kind)) {
            first->bits |= node.bits;
            first->value =
                arena_print(arena, "%.*s,%.*s", STR_PRINTF(first->value), STR_PRINTF(node.value));
            continue;
        }
        QueryNode *kept = arena_new(arena, QueryNode, 1);
        *kept = node;
        *last = kept;
        last = &kept->next;
    }
    if (!first || !first->next) return first;
    QueryNode *either = arena_new(arena, QueryNode, 1);
    *either = (QueryNode){.kind = QUERY_OR, .first = first};
    return either;
}

static AmountKind amount_of(const QueryField *field) {
    switch (field->kind) {
        case QUERY_SIZE: return AMOUNT_BYTES;
        case QUERY_FILES: return AMOUNT_EXACT;
        case QUERY_SEEDERS: return AMOUNT_COUNT;
        default: return str_equal(str_from_c(field->name), STR("age")) ? AMOUNT_AGE : AMOUNT_DATE;
    }
}

static bool is_range(QueryKind kind) {
    return kind == QUERY_SIZE || kind == QUERY_FILES || kind == QUERY_SEEDERS || kind == QUERY_DATE;
}

bool query_filter_takes_unit(const QueryField *field, Str value, Str word) {
    if (!is_range(field->kind) || !value.len) return false;
    char end = value.at[value.len - 1];
    return end >= '0' && end <= '9' && query_range_is_unit(word, amount_of(field));
}

QueryNode *query_filter_parse(const QueryField *field, Str value, const QueryNames *names,
                              Arena *arena, ErrorList *notes) {
    value = str_trim(value);
    if (!value.len || !str_is_utf8(value)) return NULL;
    if (!is_range(field->kind)) return read_values(field, value, names, arena, notes);
    QueryRange range;
    if (!query_range_parse(value, amount_of(field), names->now, &range)) {
        if (notes)
            error_list_add(notes, error_make(ERROR_BAD_INPUT, "search_bad_value", field->name,
                                             field->no_sense, arena_copy(arena, value)));
        return NULL;
    }
    if (range.turned && notes)
        error_list_add(
            notes, error_make(ERROR_BAD_INPUT, "search_range_turned", field->name,
                              WORDS("“{}” ends before it begins: it was read the other way round."),
                              arena_copy(arena, value)));
    QueryNode *node = arena_new(arena, QueryNode, 1);
    *node = (QueryNode){.kind = field->kind,
                        .field = field->name,
                        .value = arena_copy(arena, value),
                        .min = range.min,
                        .max = range.max};
    return node;
}
