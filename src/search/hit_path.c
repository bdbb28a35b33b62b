#include "search/hit_path.h"

#include "base/limits.h"
#include "search/fold.h"
#include "search/token.h"

enum { PATHS_OF_A_PAGE_MAX = 400, PATH_BYTES_MAX = 255 };

static void collect_words(HitPathChooser *chooser, const QueryNode *node, Str *extensions) {
    if (node->kind == QUERY_NOT) return;
    bool in_files = node->words.fields & 1u << FIELD_FILE;
    if (node->kind == QUERY_WORDS && in_files) chooser->words[chooser->word_count++] = &node->words;
    if (node->kind == QUERY_EXTENSION && chooser->extension_count < SEARCH_TERMS_MAX)
        extensions[chooser->extension_count++] = node->value;
    for (const QueryNode *child = node->first; child; child = child->next)
        collect_words(chooser, child, extensions);
}

HitPathChooser hit_path_chooser(const QueryNode *query, Arena *arena) {
    HitPathChooser chooser = {.paths_left = PATHS_OF_A_PAGE_MAX, .arena = arena};
    chooser.words = arena_new(arena, const QueryWords *, query_count_wanted(query) + 1);
    Str *extensions = arena_new(arena, Str, SEARCH_TERMS_MAX);
    chooser.extensions = extensions;
    collect_words(&chooser, query, extensions);
    return chooser;
}

static bool is_part(Str text, const QueryPart *part) {
    return part->prefix ? str_starts(text, part->word) : str_equal(text, part->word);
}

/* Whether the parts after the first follow it; tokens stand by position but for joined ones. */
static bool parts_follow(const Tokens *tokens, size_t first, const QueryWords *words) {
    uint32_t start = tokens->at[first].position;
    size_t found = 1;
    for (size_t i = first + 1; i < tokens->count && found < words->count; i++) {
        const QueryPart *part = &words->parts[found];
        uint32_t wanted = start + part->position;
        if (tokens->at[i].position == wanted && is_part(tokens->at[i].text, part)) found++;
    }
    return found == words->count;
}

static bool holds_words(const Tokens *tokens, const QueryWords *words) {
    QueryPart joined = {.word = words->joined, .prefix = words->joined_prefix};
    for (size_t i = 0; i < tokens->count; i++) {
        Str text = tokens->at[i].text;
        if (joined.word.len && is_part(text, &joined)) return true;
        if (is_part(text, &words->parts[0]) && parts_follow(tokens, i, words)) return true;
    }
    return false;
}

/* Whether cutting it into words is worth while. */
static bool may_hold_words(const HitPathChooser *chooser, Str folded) {
    for (size_t i = 0; i < chooser->word_count; i++) {
        const QueryWords *words = chooser->words[i];
        if (str_contains(folded, words->parts[0].word)) return true;
        if (words->joined.len && str_contains(folded, words->joined)) return true;
    }
    return false;
}

static size_t count_asked(HitPathChooser *chooser, Str folded) {
    size_t count = 0;
    Str extension = token_extension(folded);
    for (size_t i = 0; extension.len && i < chooser->extension_count; i++)
        count += str_equal(extension, chooser->extensions[i]);
    if (!chooser->paths_left || folded.len > PATH_BYTES_MAX) return count;
    if (!may_hold_words(chooser, folded)) return count;
    chooser->paths_left--;
    Tokens tokens = {0};
    token_split(chooser->arena, folded, 0, &tokens);
    for (size_t i = 0; i < chooser->word_count; i++)
        count += holds_words(&tokens, chooser->words[i]);
    return count;
}

Str hit_path_find(HitPathChooser *chooser, Str paths) {
    Str best = {0};
    size_t most = 0, wanted = chooser->word_count + (chooser->extension_count > 0);
    /* A line stays a line when it is folded. */
    Str folded = fold_text(chooser->arena, paths);
    while (paths.len && most < wanted) {
        Str path = str_cut(&paths, '\n');
        size_t count = count_asked(chooser, str_cut(&folded, '\n'));
        if (count <= most) continue;
        most = count;
        best = path;
    }
    return best;
}
