/* suggest.h — words of the index while somebody still types, and words they may have meant.
 * A bounded part of the dictionary is looked at, the largest segments first: an answer is there
 * within milliseconds, and may miss rare words. Words are folded, as they are compared. */
#pragma once
#include "search/view.h"

typedef struct {
    Str word;
    uint64_t works; /* that have it anywhere, gone ones with them */
} SuggestWord;

enum { SUGGEST_WORDS_MAX = 8 };

/* The most frequent words that begin so, most frequent first. */
size_t suggest_completions(const View *view, Str begun, Arena *arena,
                           SuggestWord ret_words[SUGGEST_WORDS_MAX]);
/* Words a letter or two away (spelling.h), nearest first, then most frequent. */
size_t suggest_neighbours(const View *view, Str word, Arena *arena,
                          SuggestWord ret_words[SUGGEST_WORDS_MAX]);
/* The best place to cut a word into two that both are there; false when there is none. */
bool suggest_cut(const View *view, Str word, size_t *ret_at);
uint64_t suggest_count(const View *view, Str word);

/* search_word.c: the same of what the index holds now, for the last piece of a text. */
size_t search_complete(Search *search, Str text, Arena *arena,
                       SuggestWord ret_words[SUGGEST_WORDS_MAX]);
/* Other texts that may have been meant, `query` being what `text` was read as: its words that
 * nobody or hardly anybody has, replaced by their neighbours. Whether they find more is for the
 * caller to see. */
enum { SUGGEST_CORRECTIONS_MAX = 3 };
size_t search_correct(Search *search, Str text, const struct QueryNode *query, Arena *arena,
                      Str ret_texts[SUGGEST_CORRECTIONS_MAX]);
