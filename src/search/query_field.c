#include "search/query.h"

static const struct {
    const char *name;
    QueryKind kind;
} filter_names[] = {
    {"category", QUERY_CATEGORY}, {"cat", QUERY_CATEGORY},    {"tag", QUERY_TAG},
    {"license", QUERY_LICENSE},   {"licence", QUERY_LICENSE}, {"lang", QUERY_LANGUAGE},
    {"language", QUERY_LANGUAGE}, {"user", QUERY_UPLOADER},   {"uploader", QUERY_UPLOADER},
    {"size", QUERY_SIZE},         {"seeds", QUERY_SEEDERS},   {"seeders", QUERY_SEEDERS},
};

static const struct {
    const char *name;
    Field field;
} text_names[] = {
    {"title", FIELD_TITLE},
    {"author", FIELD_AUTHOR},
    {"file", FIELD_FILE},
};

/* Decimal and binary units, English and French. */
static const struct {
    const char *name;
    uint64_t bytes;
} units[] = {
    {"", 1},
    {"b", 1},
    {"o", 1},
    {"k", 1000},
    {"kb", 1000},
    {"ko", 1000},
    {"kib", 1ull << 10},
    {"kio", 1ull << 10},
    {"m", 1000000},
    {"mb", 1000000},
    {"mo", 1000000},
    {"mib", 1ull << 20},
    {"mio", 1ull << 20},
    {"g", 1000000000},
    {"gb", 1000000000},
    {"go", 1000000000},
    {"gib", 1ull << 30},
    {"gio", 1ull << 30},
    {"t", 1000000000000},
    {"tb", 1000000000000},
    {"to", 1000000000000},
    {"tib", 1ull << 40},
    {"tio", 1ull << 40},
};

enum { FRACTION_DIGITS_MAX = 3 };

uint8_t query_parse_text_field(Str field) {
    for (size_t i = 0; i < sizeof text_names / sizeof *text_names; i++) {
        if (str_equal_nocase(field, str_from_c(text_names[i].name)))
            return (uint8_t)(1u << text_names[i].field);
    }
    return 0;
}

static size_t digits(Str s) {
    size_t len = 0;
    while (len < s.len && s.at[len] >= '0' && s.at[len] <= '9') len++;
    return len;
}

static bool find_unit(Str name, uint64_t *ret_bytes) {
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (!str_equal_nocase(name, str_from_c(units[i].name))) continue;
        *ret_bytes = units[i].bytes;
        return true;
    }
    return false;
}

/* "700", "1.5GB", "4,7 Go" without the space. Whole numbers throughout: 1.5 is 1500 thousandths. */
static bool parse_amount(Str text, uint64_t *ret_value) {
    size_t len = digits(text);
    uint64_t whole, unit, thousandths = 0, scale = 1000;
    if (!str_to_u64(str_part(text, 0, len), &whole)) return false;
    Str rest = str_skip(text, len);
    if (rest.len && (rest.at[0] == '.' || rest.at[0] == ',')) {
        rest = str_skip(rest, 1);
        size_t fraction = digits(rest);
        for (size_t i = 0; i < fraction && i < FRACTION_DIGITS_MAX; i++) {
            scale /= 10;
            thousandths += (uint64_t)(rest.at[i] - '0') * scale;
        }
        rest = str_skip(rest, fraction);
    }
    if (!find_unit(rest, &unit)) return false;
    uint64_t value;
    if (__builtin_mul_overflow(whole, unit, &value)) value = UINT64_MAX;
    uint64_t part = unit / 1000 * thousandths + unit % 1000 * thousandths / 1000;
    *ret_value = value > UINT64_MAX - part ? UINT64_MAX : value + part;
    return true;
}

/* ">1GB", "<=5", "1..5", "=3"; a bare amount is the least. */
static bool parse_range(Str text, uint64_t *ret_min, uint64_t *ret_max) {
    uint64_t amount, last;
    size_t dots = str_find(text, STR(".."));
    if (dots != STR_NONE) {
        Str from = str_part(text, 0, dots), to = str_skip(text, dots + 2);
        if (!from.len && !to.len) return false;
        amount = 0;
        last = UINT64_MAX;
        if (from.len && !parse_amount(from, &amount)) return false;
        if (to.len && !parse_amount(to, &last)) return false;
        *ret_min = amount;
        *ret_max = last;
        return true;
    }
    char sign = text.len ? text.at[0] : 0;
    bool compared = sign == '>' || sign == '<' || sign == '=';
    Str rest = compared ? str_skip(text, 1) : text;
    bool equal = compared && str_starts(rest, STR("="));
    if (equal) rest = str_skip(rest, 1);
    if (!parse_amount(rest, &amount)) return false;
    *ret_min = 0;
    *ret_max = UINT64_MAX;
    if (sign == '=') *ret_min = *ret_max = amount;
    if (!compared || (sign == '>' && equal)) *ret_min = amount;
    if (sign == '<' && equal) *ret_max = amount;
    /* Nothing is above the greatest or below none: an empty range says so. */
    if (sign == '>' && !equal) *ret_min = amount == UINT64_MAX ? amount : amount + 1;
    if (sign == '<' && !equal) {
        if (!amount) *ret_min = 1;
        *ret_max = amount ? amount - 1 : 0;
    }
    return true;
}

static bool find_category(Str value, const QueryNames *names, int *ret_category) {
    for (size_t i = 0; i < names->category_count; i++) {
        if (!str_equal_nocase(value, names->category_names[i])) continue;
        *ret_category = (int)i;
        return true;
    }
    return false;
}

QueryNode *query_parse_filter(Str field, Str value, const QueryNames *names, Arena *arena) {
    for (size_t i = 0; i < sizeof filter_names / sizeof *filter_names; i++) {
        if (!str_equal_nocase(field, str_from_c(filter_names[i].name))) continue;
        QueryNode node = {.kind = filter_names[i].kind, .value = str_trim(value)};
        bool known = node.value.len > 0;
        if (node.kind == QUERY_CATEGORY)
            known = known && find_category(node.value, names, &node.category);
        if (node.kind == QUERY_SIZE || node.kind == QUERY_SEEDERS)
            known = parse_range(value, &node.min, &node.max);
        if (!known) return NULL;
        QueryNode *kept = arena_new(arena, QueryNode, 1);
        *kept = node;
        kept->value = arena_copy(arena, node.value);
        return kept;
    }
    return NULL;
}
