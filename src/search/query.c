#include "search/query.h"

#include "base/limits.h"
#include "search/fold.h"
#include "search/token.h"

typedef struct {
    Str left;
    const QueryNames *names;
    Arena *arena;
    size_t terms, parts, depth;
} Parser;

static QueryNode *parse_either(Parser *parser);

static bool is_space(char byte) { return (unsigned char)byte <= ' '; }
static bool ends_word(char byte) {
    return is_space(byte) || byte == '(' || byte == ')' || byte == '"';
}

static void skip_spaces(Parser *parser) {
    while (parser->left.len && is_space(parser->left.at[0]))
        parser->left = str_skip(parser->left, 1);
}

static bool next_is(const Parser *parser, char byte) {
    return parser->left.len && parser->left.at[0] == byte;
}

static Str take(Parser *parser, size_t len) {
    Str taken = str_part(parser->left, 0, len);
    parser->left = str_skip(parser->left, len);
    return taken;
}

static Str take_word(Parser *parser) {
    size_t len = 0;
    while (len < parser->left.len && !ends_word(parser->left.at[len])) len++;
    return take(parser, len);
}

static Str take_quoted(Parser *parser) {
    take(parser, 1);
    size_t end = str_find_byte(parser->left, '"');
    Str inside = take(parser, end == STR_NONE ? parser->left.len : end);
    take(parser, 1);
    return inside;
}

static QueryNode *new_node(Parser *parser, QueryKind kind) {
    QueryNode *node = arena_new(parser->arena, QueryNode, 1);
    node->kind = kind;
    return node;
}

/* The row of pieces that `text` is; NULL when it holds no letter or digit. One too long is looked
 * for by its beginning. */
static QueryNode *words_node(Parser *parser, Str text, uint8_t fields) {
    if (parser->terms == SEARCH_TERMS_MAX || parser->parts == SEARCH_PARTS_MAX) return NULL;
    bool prefix = str_ends(text, STR("*"));
    Tokens tokens = {0};
    token_split(parser->arena, fold_text(parser->arena, text), 0, &tokens);
    if (!tokens.count) return NULL;
    QueryNode *node = new_node(parser, QUERY_WORDS);
    QueryWords *words = &node->words;
    words->parts = arena_new(parser->arena, QueryPart, tokens.count);
    words->fields = fields;
    for (size_t i = 0; i < tokens.count; i++) {
        const Token *token = &tokens.at[i];
        if (token->kind == TOKEN_JOINED) {
            bool covers_all = token->position == 0 && i == tokens.count - 1 && words->count == i;
            if (covers_all) words->joined = token->text;
            continue;
        }
        /* The last letter of a run is in its last pair; one alone stands for any pair it begins. */
        bool tail = token->kind == TOKEN_TAIL;
        if (tail && i > 0 && tokens.at[i - 1].kind == TOKEN_PAIR) continue;
        if (parser->parts == SEARCH_PARTS_MAX) {
            prefix = false;
            break;
        }
        parser->parts++;
        words->parts[words->count++] = (QueryPart){token->text, token->position, tail};
    }
    if (prefix) words->parts[words->count - 1].prefix = words->joined_prefix = true;
    parser->terms++;
    return node;
}

/* A word, or field:value, or field:"value". */
static QueryNode *parse_word(Parser *parser) {
    Str word = take_word(parser);
    size_t colon = str_find_byte(word, ':');
    if (colon == STR_NONE || colon == 0) return words_node(parser, word, FIELDS_ALL);
    Str field = str_part(word, 0, colon), value = str_skip(word, colon + 1);
    uint8_t fields = query_parse_text_field(field);
    bool quoted = !value.len && next_is(parser, '"');
    Str before = parser->left;
    if (quoted) value = take_quoted(parser);
    QueryNode *node = fields ? words_node(parser, value, fields) : NULL;
    if (!fields && parser->terms < SEARCH_TERMS_MAX) {
        node = query_parse_filter(field, value, parser->names, parser->arena);
        parser->terms += node != NULL;
    }
    if (node) return node;
    if (quoted) parser->left = before; /* no field of ours: the phrase is the next item */
    return words_node(parser, word, FIELDS_ALL);
}

static QueryNode *parse_group(Parser *parser) {
    take(parser, 1);
    if (parser->depth == SEARCH_QUERY_DEPTH_MAX) return NULL; /* read on as if it was not there */
    parser->depth++;
    QueryNode *inside = parse_either(parser);
    parser->depth--;
    if (next_is(parser, ')')) take(parser, 1);
    return inside;
}

/* One thing to look for; NULL when it comes to nothing. Always takes a byte or more. */
static QueryNode *parse_item(Parser *parser) {
    bool excluded = next_is(parser, '-') && parser->left.len > 1 && !is_space(parser->left.at[1]) &&
                    parser->left.at[1] != ')';
    if (excluded) take(parser, 1);
    QueryNode *node = next_is(parser, '(')   ? parse_group(parser)
                      : next_is(parser, '"') ? words_node(parser, take_quoted(parser), FIELDS_ALL)
                                             : parse_word(parser);
    if (!excluded || !node) return node;
    QueryNode *not = new_node(parser, QUERY_NOT);
    not ->first = node;
    return not ;
}

static bool takes_or(Parser *parser) {
    Parser ahead = *parser;
    Str word = take_word(&ahead);
    if (!str_equal_nocase(word, STR("or")) && !str_equal(word, STR("|"))) return false;
    *parser = ahead;
    return true;
}

/* Nodes of one kind under one parent; a single one stands for itself. */
static QueryNode *gather(Parser *parser, QueryKind kind, QueryNode *first) {
    if (!first || !first->next) return first;
    QueryNode *parent = new_node(parser, kind);
    parent->first = first;
    return parent;
}

static bool at_group_end(Parser *parser) {
    skip_spaces(parser);
    if (!parser->left.len) return true;
    return next_is(parser, ')') && parser->depth > 0;
}

/* Items up to an "or" or the end of the group. */
static QueryNode *parse_all(Parser *parser, bool *ret_either) {
    QueryNode *first = NULL, **last = &first;
    *ret_either = false;
    while (!at_group_end(parser)) {
        if (next_is(parser, ')')) {
            take(parser, 1); /* a lost one */
            continue;
        }
        if (takes_or(parser)) {
            *ret_either = true;
            break;
        }
        QueryNode *node = parse_item(parser);
        if (!node) continue;
        *last = node;
        last = &node->next;
    }
    return gather(parser, QUERY_AND, first);
}

static QueryNode *parse_either(Parser *parser) {
    QueryNode *first = NULL, **last = &first;
    bool more = true;
    while (more) {
        QueryNode *node = parse_all(parser, &more);
        if (!node) continue;
        *last = node;
        last = &node->next;
    }
    return gather(parser, QUERY_OR, first);
}

QueryNode *query_parse(Str text, const QueryNames *names, Arena *arena) {
    static const QueryNames no_names = {0};
    Parser parser = {.left = str_part(text, 0, SEARCH_QUERY_BYTES_MAX),
                     .names = names ? names : &no_names,
                     .arena = arena};
    QueryNode *node = parse_either(&parser);
    return node ? node : new_node(&parser, QUERY_ALL);
}

size_t query_count_wanted(const QueryNode *node) {
    if (node->kind == QUERY_NOT) return 0;
    size_t count = node->kind == QUERY_WORDS;
    for (const QueryNode *child = node->first; child; child = child->next)
        count += query_count_wanted(child);
    return count;
}
