#include "base/language.h"

#include "base/translation.h"

static const char *const codes[LANGUAGE_COUNT] = {[LANGUAGE_EN] = "en", [LANGUAGE_FR] = "fr"};

const char *language_code(Language language) {
    return codes[language < LANGUAGE_COUNT ? language : LANGUAGE_EN];
}

bool language_parse(Str code, Language *ret_language) {
    for (size_t i = 0; i < LANGUAGE_COUNT; i++) {
        if (!str_equal(code, str_from_c(codes[i]))) continue;
        *ret_language = (Language)i;
        return true;
    }
    return false;
}

/* "0.8" as 800; a weight that cannot be read counts as 0, so that nothing is chosen by a slip. */
static unsigned parse_weight(Str text) {
    if (text.len == 0 || text.len > 5 || (text.at[0] != '0' && text.at[0] != '1')) return 0;
    unsigned weight = (unsigned)(text.at[0] - '0') * 1000, step = 100;
    if (text.len > 1 && text.at[1] != '.') return 0;
    for (size_t i = 2; i < text.len; i++, step /= 10) {
        if (text.at[i] < '0' || text.at[i] > '9') return 0;
        weight += (unsigned)(text.at[i] - '0') * step;
    }
    return weight > 1000 ? 1000 : weight;
}

enum { ACCEPTED_RANGES_MAX = 32 };

Language language_accepted(Str accept_language, Language otherwise) {
    Language best = otherwise;
    unsigned best_weight = 0;
    for (size_t i = 0; i < ACCEPTED_RANGES_MAX && accept_language.len; i++) {
        Str range = str_cut(&accept_language, ',');
        Str tag = str_trim(str_cut(&range, ';'));
        Str parameter = str_trim(range);
        unsigned weight = 1000;
        if (str_starts_nocase(parameter, STR("q="))) weight = parse_weight(str_skip(parameter, 2));
        Str primary = str_cut(&tag, '-');
        for (size_t language = 0; language < LANGUAGE_COUNT; language++) {
            if (!str_equal_nocase(primary, str_from_c(codes[language]))) continue;
            if (weight > best_weight) best = (Language)language, best_weight = weight;
        }
    }
    return best;
}

static const Translation *find(Language language, Str english) {
    if (language >= LANGUAGE_COUNT) return NULL;
    const TranslationTable *table = &translation_tables[language];
    size_t low = 0, high = table->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = str_compare(english, table->at[middle].english);
        if (order == 0) return &table->at[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

Str language_translate(Language language, Str english) {
    const Translation *found = find(language, english);
    return found ? found->one : english;
}

Str language_translate_count(Language language, Str one, Str many, uint64_t count) {
    const Translation *found = find(language, one);
    if (!found) return count == 1 ? one : many;
    bool singular = language == LANGUAGE_FR ? count < 2 : count == 1;
    return singular || found->many.len == 0 ? found->one : found->many;
}

Str language_error(Language language, Error e, Arena *arena) {
    Str english = str_from_c(e.words ? e.words : error_code(e));
    return error_fill(e, language_translate(language, english), arena);
}
