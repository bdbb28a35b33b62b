#include "search/query.h"

#include "base/limits.h"
#include "base/text.h"
#include "search/fold.h"
#include "search/query_field.h"
#include "search/token.h"

typedef struct {
    Str left, text;
    const QueryNames *names;
    Arena *arena;
    ErrorList *notes; /* NULL: nobody reads them */
    size_t terms, parts, phrases, depth;
    bool cut; /* something was left out, and it was said */
} Parser;

static QueryNode *parse_either(Parser *parser);

static void note(Parser *parser, Error e) {
    ErrorList *notes = parser->notes;
    if (!notes || notes->count >= SEARCH_NOTES_MAX) return;
    for (size_t i = 0; i < notes->count; i++)
        if (notes->at[i].words == e.words && str_equal(notes->at[i].subject[0], e.subject[0]))
            return;
    error_list_add(notes, e);
}

static void note_cut(Parser *parser) {
    parser->cut = true;
    Str most = arena_print(parser->arena, "%d", SEARCH_TERMS_MAX);
    note(
        parser,
        error(BAD_INPUT, "search_cut",
              "That is too much for one search: only the first {} words and filters count.", most));
}

static void note_cut_phrase(Parser *parser) {
    parser->cut = true;
    Str most = arena_print(parser->arena, "%d", SEARCH_PHRASES_MAX);
    note(parser, error(BAD_INPUT, "search_cut",
                       "That is too much for one search: only the first {} phrases count.", most));
}

/* How many bytes a quotation mark takes, 0 for something else: phones and word processors write
 * other ones than keyboards. */
static size_t quote_len(Str s) {
    static const char *const quotes[] = {"\"", "\u201C", "\u201D", "\u201E", "\u00AB", "\u00BB"};
    for (size_t i = 0; i < sizeof quotes / sizeof *quotes; i++)
        if (str_starts(s, str_from_c(quotes[i]))) return strlen(quotes[i]);
    return 0;
}

static bool is_space(char byte) { return (unsigned char)byte <= ' '; }
static bool ends_word(Str s) {
    return is_space(s.at[0]) || s.at[0] == '(' || s.at[0] == ')' || quote_len(s) > 0;
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
    while (len < parser->left.len && !ends_word(str_skip(parser->left, len))) len++;
    return take(parser, len);
}

/* To the next quotation mark, whichever it is. One that never comes: to the end. */
static Str take_quoted(Parser *parser) {
    take(parser, quote_len(parser->left));
    size_t end = 0;
    while (end < parser->left.len && !quote_len(str_skip(parser->left, end))) end++;
    if (end == parser->left.len)
        note(parser, error(BAD_INPUT, "search_lost_quote",
                           "A quotation mark has no partner: all that follows it was read as one "
                           "phrase."));
    Str inside = take(parser, end);
    take(parser, quote_len(parser->left));
    return inside;
}

static QueryNode *new_node(Parser *parser, QueryKind kind) {
    QueryNode *node = arena_new(parser->arena, QueryNode, 1);
    node->kind = kind;
    return node;
}

/* What to show for words that were no text. */
static Str joined_parts(const QueryWords *words, Arena *arena) {
    Text text = text_create(arena, SEARCH_QUERY_BYTES_MAX);
    for (size_t i = 0; i < words->count; i++) {
        if (i) text_add_byte(&text, ' ');
        text_add(&text, words->parts[i].word);
    }
    return text_str(&text);
}

/* The row of pieces that `text` is; NULL when it holds no letter or digit. One too long is looked
 * for by its beginning. */
static QueryNode *words_node(Parser *parser, Str text, uint8_t fields) {
    if (parser->terms == SEARCH_TERMS_MAX || parser->parts == SEARCH_PARTS_MAX) {
        note_cut(parser);
        return NULL;
    }
    bool prefix = str_ends(text, STR("*"));
    Tokens tokens = {0};
    token_split(parser->arena, fold_text(parser->arena, text), 0, &tokens);
    if (!tokens.count) return NULL;
    QueryNode *node = new_node(parser, QUERY_WORDS);
    QueryWords *words = &node->words;
    words->parts = arena_new(parser->arena, QueryPart, tokens.count);
    words->fields = fields;
    words->typed = str_is_utf8(text) ? arena_copy(parser->arena, text) : (Str){0};
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
            note_cut(parser);
            prefix = false;
            break;
        }
        parser->parts++;
        words->parts[words->count++] = (QueryPart){token->text, token->position, tail};
    }
    parser->phrases += words->count > 1;
    if (!words->typed.len) words->typed = joined_parts(words, parser->arena);
    if (prefix) words->parts[words->count - 1].prefix = words->joined_prefix = true;
    parser->terms++;
    return node;
}

/* What stands for "size" or "date" in "http://…", "12:30" and "Dune: Part Two" is no field. */
static bool looks_like_field(Str field, Str value) {
    if (!value.len || value.at[0] == '/' || value.at[0] == ':') return false;
    for (size_t i = 0; i < field.len; i++) {
        char c = field.at[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (unsigned char)c >= 0x80;
        if (!letter && c != '_') return false;
    }
    return true;
}

static void note_unknown(Parser *parser, Str field) {
    if (!str_is_utf8(field)) return;
    Str typed = arena_copy(parser->arena, field);
    const QueryField *near = query_field_near(field);
    if (near)
        note(parser, error(BAD_INPUT, "search_unknown_field",
                           "There is no field “{}”; “{}:” may be meant. It was read as words.",
                           typed, str_from_c(near->name)));
    else
        note(parser, error(BAD_INPUT, "search_unknown_field",
                           "There is no field “{}”: it was read as words.", typed));
}

static bool is_comparison(Str value) {
    if (!value.len) return false;
    for (size_t i = 0; i < value.len; i++)
        if (!strchr("<>=", value.at[i])) return false;
    return true;
}

static Str tied(Parser *parser, Str a, Str b) {
    return arena_print(parser->arena, "%.*s%.*s", STR_PRINTF(a), STR_PRINTF(b));
}

/* "size: >1 GB": a value may stand apart from its field, and a unit from its amount. */
static Str take_value(Parser *parser, const QueryField *field, Str value) {
    if (!value.len && quote_len(parser->left)) return take_quoted(parser);
    Parser ahead = *parser;
    skip_spaces(&ahead);
    if (!value.len && quote_len(ahead.left)) {
        value = take_quoted(&ahead);
        *parser = ahead;
        return value;
    }
    bool is_range = field->kind == QUERY_SIZE || field->kind == QUERY_SEEDERS ||
                    field->kind == QUERY_FILES || field->kind == QUERY_DATE;
    for (int i = 0; i < 2 && (!value.len || (is_range && is_comparison(value))); i++) {
        skip_spaces(&ahead);
        value = tied(parser, value, take_word(&ahead));
        *parser = ahead;
    }
    skip_spaces(&ahead);
    Str word = take_word(&ahead);
    if (!query_filter_takes_unit(field, value, word)) return value;
    *parser = ahead;
    return tied(parser, value, word);
}

/* NULL when the value makes no sense; that has been said. */
static QueryNode *field_node(Parser *parser, const QueryField *field, Str value) {
    if (field->kind == QUERY_WORDS) {
        QueryNode *node = words_node(parser, value, field->fields);
        if (node) node->field = field->name;
        return node;
    }
    if (parser->terms == SEARCH_TERMS_MAX) {
        note_cut(parser);
        return NULL;
    }
    QueryNode *node = query_filter_parse(field, value, parser->names, parser->arena, parser->notes);
    parser->terms += node != NULL;
    return node;
}

/* A word, or field:value, or field:"value". */
static QueryNode *parse_word(Parser *parser) {
    Str word = take_word(parser);
    size_t colon = str_find_byte(word, ':');
    if (colon == STR_NONE || colon == 0) return words_node(parser, word, FIELDS_ALL);
    Str name = str_part(word, 0, colon), value = str_skip(word, colon + 1);
    const QueryField *field = query_field_find(name);
    Str before = parser->left;
    if (field) {
        value = take_value(parser, field, value);
        QueryNode *node = field_node(parser, field, value);
        if (node) return node;
        parser->left = before; /* what was taken for the value is read again as words */
    } else if (looks_like_field(name, value.len ? value : str_part(before, 0, quote_len(before)))) {
        note_unknown(parser, name);
    }
    return words_node(parser, word, FIELDS_ALL);
}

static QueryNode *parse_group(Parser *parser) {
    take(parser, 1);
    if (parser->depth == SEARCH_QUERY_DEPTH_MAX) return NULL; /* read on as if it was not there */
    parser->depth++;
    QueryNode *inside = parse_either(parser);
    parser->depth--;
    if (next_is(parser, ')'))
        take(parser, 1);
    else
        note(parser, error(BAD_INPUT, "search_lost_parenthesis",
                           "A parenthesis is never closed: it was closed at the end."));
    return inside;
}

/* "-word", and "NOT word" in capitals, which is no word of a title. */
static bool takes_exclusion(Parser *parser) {
    Str left = parser->left;
    if (left.len > 1 && left.at[0] == '-' && !is_space(left.at[1]) && left.at[1] != ')') {
        take(parser, 1);
        return true;
    }
    Parser ahead = *parser;
    if (!str_equal(take_word(&ahead), STR("NOT"))) return false;
    skip_spaces(&ahead);
    if (!ahead.left.len || next_is(&ahead, ')')) return false;
    *parser = ahead;
    return true;
}

/* One thing to look for; NULL when it comes to nothing. Always takes a byte or more. */
static QueryNode *parse_item(Parser *parser) {
    uint32_t from = (uint32_t)(parser->left.at - parser->text.at);
    bool excluded = takes_exclusion(parser);
    QueryNode *node = next_is(parser, '(') ? parse_group(parser)
                      : quote_len(parser->left)
                          ? words_node(parser, take_quoted(parser), FIELDS_ALL)
                          : parse_word(parser);
    if (!node) return NULL;
    if (excluded) {
        QueryNode *not = new_node(parser, QUERY_NOT);
        not ->first = node;
        node = not ;
    }
    node->from = from;
    node->end = (uint32_t)(parser->left.at - parser->text.at);
    return node;
}

static bool takes_or(Parser *parser) {
    Parser ahead = *parser;
    Str word = take_word(&ahead);
    bool either = str_equal_nocase(word, STR("or")) || str_equal(word, STR("OU")) ||
                  str_equal(word, STR("|")) || str_equal(word, STR("||"));
    if (either) *parser = ahead;
    return either;
}

/* In capitals or as a sign: "and" is a word of many titles, and all words are wanted anyway. */
static bool takes_and(Parser *parser) {
    Parser ahead = *parser;
    Str word = take_word(&ahead);
    bool both = str_equal(word, STR("AND")) || str_equal(word, STR("ET")) ||
                str_equal(word, STR("&")) || str_equal(word, STR("&&"));
    if (both) *parser = ahead;
    return both;
}

static bool is_same_phrase(const QueryNode *a, const QueryNode *b) {
    if (a->kind != b->kind) return false;
    if (a->kind == QUERY_NOT) return is_same_phrase(a->first, b->first);
    if (a->kind != QUERY_WORDS) return false;
    const QueryWords *x = &a->words, *y = &b->words;
    if (x->count < 2 || x->count != y->count || x->fields != y->fields) return false;
    if (!str_equal(x->joined, y->joined) || x->joined_prefix != y->joined_prefix) return false;
    for (size_t i = 0; i < x->count; i++) {
        const QueryPart *here = &x->parts[i], *there = &y->parts[i];
        if (!str_equal(here->word, there->word) || here->prefix != there->prefix) return false;
        if (here->position != there->position) return false;
    }
    return true;
}

/* What is in no list counts for nothing. */
static void give_back(Parser *parser, const QueryWords *words) {
    parser->terms--;
    parser->phrases--;
    parser->parts -= words->count;
}

/* A phrase that stands beside itself is looked for once. */
static bool is_repeated(Parser *parser, const QueryNode *first, const QueryNode *node) {
    while (first && !is_same_phrase(first, node)) first = first->next;
    if (!first) return false;
    while (node->kind == QUERY_NOT) node = node->first;
    give_back(parser, &node->words);
    return true;
}

/* Past the last phrase words tied together are looked for as the one word they also are, which
 * costs what a word does; other phrases are left out. */
static bool is_too_much(Parser *parser, QueryNode *node) {
    while (node->kind == QUERY_NOT) node = node->first;
    QueryWords *words = &node->words;
    bool fits = parser->phrases <= SEARCH_PHRASES_MAX;
    if (fits || node->kind != QUERY_WORDS || words->count < 2) return false;
    if (!words->joined.len) {
        give_back(parser, words);
        note_cut_phrase(parser);
        return true;
    }
    parser->phrases--;
    parser->parts -= words->count - 1;
    words->parts[0] = (QueryPart){words->joined, 0, words->joined_prefix};
    words->count = 1;
    words->joined = (Str){0};
    words->joined_prefix = false;
    return false;
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
            take(parser, 1);
            note(parser, error(BAD_INPUT, "search_lost_parenthesis",
                               "A closing parenthesis has no beginning: it was passed over."));
            continue;
        }
        if (takes_and(parser)) continue;
        if (takes_or(parser)) {
            *ret_either = true;
            break;
        }
        QueryNode *node = parse_item(parser);
        if (!node || is_repeated(parser, first, node) || is_too_much(parser, node)) continue;
        *last = node;
        last = &node->next;
    }
    return gather(parser, QUERY_AND, first);
}

static QueryNode *parse_either(Parser *parser) {
    QueryNode *first = NULL, **last = &first;
    bool more = true, lost = false, several = false;
    while (more) {
        QueryNode *node = parse_all(parser, &more);
        several |= more;
        lost |= !node;
        if (!node || is_repeated(parser, first, node)) continue;
        *last = node;
        last = &node->next;
    }
    if (several && lost && !parser->cut)
        note(parser, error(BAD_INPUT, "search_lost_or",
                           "“or” stands between two things: with nothing on one side it was passed "
                           "over."));
    return gather(parser, QUERY_OR, first);
}

QueryNode *query_parse_explained(Str text, const QueryNames *names, Arena *arena,
                                 ErrorList *ret_notes) {
    static const QueryNames no_names = {0};
    Str read = str_part(text, 0, SEARCH_QUERY_BYTES_MAX);
    Parser parser = {.left = read,
                     .text = read,
                     .names = names ? names : &no_names,
                     .arena = arena,
                     .notes = ret_notes};
    if (read.len < text.len) note_cut(&parser);
    QueryNode *node = parse_either(&parser);
    return node ? node : new_node(&parser, QUERY_ALL);
}

QueryNode *query_parse(Str text, const QueryNames *names, Arena *arena) {
    return query_parse_explained(text, names, arena, NULL);
}

size_t query_count_wanted(const QueryNode *node) {
    if (node->kind == QUERY_NOT) return 0;
    size_t count = node->kind == QUERY_WORDS;
    for (const QueryNode *child = node->first; child; child = child->next)
        count += query_count_wanted(child);
    return count;
}
