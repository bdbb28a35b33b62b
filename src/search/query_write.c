#include "base/limits.h"
#include "base/text.h"
#include "search/query_field.h"

enum { WRITTEN_BYTES_MAX = 16 * KIB };

static bool is_operator(Str text) {
    static const char *const words[] = {"AND", "ET", "OU", "NOT"};
    if (str_equal_nocase(text, STR("or"))) return true;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (str_equal(text, str_from_c(words[i]))) return true;
    return false;
}

/* Whether it may stand without quotation marks and be read the same. */
static bool stands_alone(Str text) {
    if (!text.len || text.at[0] == '-' || is_operator(text)) return false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && (unsigned char)c < 0x80 && (!c || !strchr("._-'*,+<>=", c))) return false;
        if ((unsigned char)c == 0xC2 || (unsigned char)c == 0xE2) return false; /* maybe a quote */
    }
    return true;
}

/* Behind an amount it would be taken for its unit. */
static bool is_unit(const Text *before, Str text) {
    bool behind_digit = before->len > 1 && before->at[before->len - 1] == ' ' &&
                        before->at[before->len - 2] >= '0' && before->at[before->len - 2] <= '9';
    if (!behind_digit) return false;
    return query_range_is_unit(text, AMOUNT_BYTES) || query_range_is_unit(text, AMOUNT_AGE) ||
           query_range_is_unit(text, AMOUNT_COUNT);
}

static void write_value(Text *text, Str value, bool alone) {
    alone = alone && stands_alone(value);
    if (!alone) text_add_byte(text, '"');
    text_add(text, value);
    if (!alone) text_add_byte(text, '"');
}

static void write_node(Text *text, const QueryNode *node, bool inside);

static void write_children(Text *text, const QueryNode *node, Str between, bool inside) {
    if (inside) text_add_byte(text, '(');
    for (const QueryNode *child = node->first; child; child = child->next) {
        write_node(text, child, true);
        if (child->next) text_add(text, between);
    }
    if (inside) text_add_byte(text, ')');
}

static void write_node(Text *text, const QueryNode *node, bool inside) {
    switch (node->kind) {
        case QUERY_ALL: break;
        case QUERY_AND: write_children(text, node, STR(" "), inside); break;
        case QUERY_OR: write_children(text, node, STR(" or "), inside); break;
        case QUERY_NOT:
            text_add(text, node->first->kind == QUERY_NOT ? STR("-(") : STR("-"));
            write_node(text, node->first, true);
            if (node->first->kind == QUERY_NOT) text_add_byte(text, ')');
            break;
        default:
            if (node->field) text_print(text, "%s:", node->field);
            if (node->kind == QUERY_WORDS)
                write_value(text, node->words.typed,
                            node->field || !is_unit(text, node->words.typed));
            else
                write_value(text, node->value, true);
    }
}

Str query_write(const QueryNode *node, Arena *arena) {
    Text text = text_create(arena, WRITTEN_BYTES_MAX);
    write_node(&text, node, false);
    return text_str(&text);
}
