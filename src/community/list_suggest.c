#include "community/list_suggest.h"

#include "base/limits.h"
#include "search/suggest.h"

enum {
    SUGGEST_BYTES_MAX = 200, /* who typed more has no use for it */
    WORDS_SHOWN = 4,
    TITLES_SHOWN = 6,
};

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (unsigned char)c >= 0x80;
}

/* Where the last word begins: behind the last space or sign. */
static size_t last_word(Str text) {
    size_t at = text.len;
    while (at > 0 && is_letter(text.at[at - 1])) at--;
    return at;
}

/* The word that is being typed stands for all that begin so; a filter's value does not. */
static Str begun(Str text, Arena *arena) {
    size_t at = last_word(text);
    bool is_word = at < text.len && (at == 0 || text.at[at - 1] != ':');
    return is_word ? arena_print(arena, "%.*s*", STR_PRINTF(text)) : text;
}

static Error add_works(Visit *visit, Language language, Str text, ListSuggestion *suggestions,
                       size_t *count) {
    TorrentListAsk ask = {
        .is_quick = true,
        .ask = {.text = begun(text, visit->arena), .category = SEARCH_ANY, .limit = TITLES_SHOWN}};
    TorrentList list;
    TRY(torrent_list(visit, &ask, &list));
    for (size_t i = 0; i < list.count && *count < LIST_SUGGESTIONS_MAX; i++)
        suggestions[(*count)++] =
            (ListSuggestion){.text = list.at[i].title,
                             .path = torrent_path(visit, language, &list.at[i]),
                             .category = list.at[i].category};
    return OK;
}

Error list_suggest(Visit *visit, Language language, Str text,
                   ListSuggestion ret_suggestions[LIST_SUGGESTIONS_MAX], size_t *ret_count) {
    size_t count = 0;
    *ret_count = 0;
    if (str_is_empty(str_trim(text)) || text.len > SUGGEST_BYTES_MAX) return OK;
    /* Alone a word goes on as the index knows it; behind others it might find nothing, and the
     * works say more. */
    if (last_word(text) == 0) {
        SuggestWord words[SUGGEST_WORDS_MAX];
        size_t found = search_complete(visit->community->search, text, visit->arena, words);
        for (size_t i = 0; i < found && count < WORDS_SHOWN; i++)
            ret_suggestions[count++] = (ListSuggestion){.text = words[i].word};
    }
    TRY(add_works(visit, language, text, ret_suggestions, &count));
    *ret_count = count;
    return OK;
}
