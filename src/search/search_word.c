#include "base/limits.h"
#include "base/text.h"
#include "search/fold.h"
#include "search/query.h"
#include "search/search_state.h"
#include "search/suggest.h"
#include "search/token.h"

enum {
    RARE_WORKS = 20,                   /* a word of fewer may be a slip of somebody who published */
    RARE_SHARE = 10,                   /* when another one is so much more frequent */
    WORDS_CORRECTED = 6,               /* of one query */
    CHOICES = SUGGEST_CORRECTIONS_MAX, /* for a word */
    SCRATCH_BYTES_MAX = 4 * MIB, /* while the view is held: what cannot run full cannot jump away */
};

/* The piece that is being typed, as it stands in the index. */
static Str last_piece(Str text, Arena *arena) {
    Tokens tokens = {0};
    Str folded = fold_text(arena, text);
    token_split(arena, folded, 0, &tokens);
    Str last = {0};
    for (size_t i = 0; i < tokens.count; i++)
        if (tokens.at[i].kind != TOKEN_JOINED) last = tokens.at[i].text;
    /* Behind a space nothing has begun yet. */
    bool ended = folded.len && str_ends(folded, STR(" "));
    return ended ? (Str){0} : last;
}

size_t search_complete(Search *search, Str text, Arena *arena,
                       SuggestWord ret_words[SUGGEST_WORDS_MAX]) {
    char *letters = arena_alloc(arena, SUGGEST_WORDS_MAX * SEGMENT_WORD_BYTES_MAX, 1);
    Arena scratch = arena_create(SCRATCH_BYTES_MAX);
    Str begun = last_piece(str_part(text, 0, SEARCH_QUERY_BYTES_MAX), &scratch);
    SuggestWord words[SUGGEST_WORDS_MAX];
    View *view = search_hold(search);
    size_t count = suggest_completions(view, begun, &scratch, words);
    view_release(view);
    for (size_t i = 0; i < count; i++) {
        char *room = letters + i * SEGMENT_WORD_BYTES_MAX;
        memcpy(room, words[i].word.at, words[i].word.len);
        ret_words[i] = (SuggestWord){{room, words[i].word.len}, words[i].works};
    }
    arena_free(&scratch);
    return count;
}

/* One word of a query, and what may stand in its place. */
typedef struct {
    const QueryNode *node;
    size_t part;
    Str choices[CHOICES];
    size_t count;
} Doubt;

typedef struct {
    const View *view;
    Arena *arena;
    Doubt at[WORDS_CORRECTED];
    size_t count;
} Doubts;

static bool has_letter(Str word) {
    for (size_t i = 0; i < word.len; i++)
        if ((unsigned char)word.at[i] >= 'a') return true;
    return false;
}

static void doubt_word(Doubts *doubts, const QueryNode *node, size_t part) {
    Str word = node->words.parts[part].word;
    if (doubts->count == WORDS_CORRECTED || node->words.parts[part].prefix || !has_letter(word))
        return;
    uint64_t works = suggest_count(doubts->view, word);
    if (works >= RARE_WORKS) return;
    Doubt doubt = {.node = node, .part = part};
    SuggestWord near[SUGGEST_WORDS_MAX];
    size_t count = suggest_neighbours(doubts->view, word, doubts->arena, near);
    for (size_t i = 0; i < count && doubt.count < CHOICES; i++)
        if (near[i].works > works * RARE_SHARE) doubt.choices[doubt.count++] = near[i].word;
    size_t at;
    if (!doubt.count && !works && suggest_cut(doubts->view, word, &at))
        doubt.choices[doubt.count++] =
            arena_print(doubts->arena, "%.*s %.*s", STR_PRINTF(str_part(word, 0, at)),
                        STR_PRINTF(str_skip(word, at)));
    if (doubt.count) doubts->at[doubts->count++] = doubt;
}

static void doubt_node(Doubts *doubts, const QueryNode *node) {
    if (node->kind == QUERY_NOT) return;
    if (node->kind == QUERY_WORDS && node->end)
        for (size_t i = 0; i < node->words.count; i++) doubt_word(doubts, node, i);
    for (const QueryNode *child = node->first; child; child = child->next)
        doubt_node(doubts, child);
}

/* The words of a node, those in doubt by one of their choices. */
static void write_node(Text *text, const Doubts *doubts, const QueryNode *node, size_t choice) {
    if (node->field) text_print(text, "%s:", node->field);
    bool quoted = node->words.count > 1;
    if (quoted) text_add_byte(text, '"');
    for (size_t part = 0; part < node->words.count; part++) {
        Str word = node->words.parts[part].word;
        for (size_t i = 0; i < doubts->count; i++) {
            const Doubt *doubt = &doubts->at[i];
            if (doubt->node == node && doubt->part == part)
                word = doubt->choices[choice < doubt->count ? choice : 0];
        }
        if (part) text_add_byte(text, ' ');
        text_add(text, word);
    }
    if (quoted) text_add_byte(text, '"');
}

/* The text with what is in doubt replaced; the rest stays as typed. */
static Str write_query(const Doubts *doubts, Str typed, size_t choice) {
    Text text = text_create(doubts->arena, 2 * SEARCH_QUERY_BYTES_MAX);
    size_t at = 0;
    for (size_t i = 0; i < doubts->count; i++) {
        const QueryNode *node = doubts->at[i].node;
        if (node->from < at) continue; /* another word of the same phrase */
        text_add(&text, str_part(typed, at, node->from));
        write_node(&text, doubts, node, choice);
        at = node->end;
    }
    text_add(&text, str_skip(typed, at));
    return text_str(&text);
}

size_t search_correct(Search *search, Str text, const QueryNode *query, Arena *arena,
                      Str ret_texts[SUGGEST_CORRECTIONS_MAX]) {
    enum { TEXT_BYTES_MAX = 2 * SEARCH_QUERY_BYTES_MAX };
    Str typed = str_part(text, 0, SEARCH_QUERY_BYTES_MAX);
    size_t choices = 0;
    char *letters = arena_alloc(arena, CHOICES * TEXT_BYTES_MAX, 1);
    Arena scratch = arena_create(SCRATCH_BYTES_MAX);
    View *view = search_hold(search);
    Doubts doubts = {.view = view, .arena = &scratch};
    doubt_node(&doubts, query);
    view_release(view);
    for (size_t i = 0; i < doubts.count; i++)
        choices = doubts.at[i].count > choices ? doubts.at[i].count : choices;
    for (size_t i = 0; i < choices; i++) {
        Str other = str_part(write_query(&doubts, typed, i), 0, TEXT_BYTES_MAX);
        memcpy(letters + i * TEXT_BYTES_MAX, other.at, other.len);
        ret_texts[i] = (Str){letters + i * TEXT_BYTES_MAX, other.len};
    }
    arena_free(&scratch);
    return choices;
}
