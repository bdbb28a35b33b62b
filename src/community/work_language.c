#include "community/work_language.h"

#include "base/language.h"

const WorkLanguage work_languages[] = {
    {"ar", WORDS("Arabic")},     {"zh", WORDS("Chinese")},
    {"cs", WORDS("Czech")},      {"da", WORDS("Danish")},
    {"nl", WORDS("Dutch")},      {"en", WORDS("English")},
    {"eo", WORDS("Esperanto")},  {"fi", WORDS("Finnish")},
    {"fr", WORDS("French")},     {"de", WORDS("German")},
    {"el", WORDS("Greek")},      {"he", WORDS("Hebrew")},
    {"hi", WORDS("Hindi")},      {"hu", WORDS("Hungarian")},
    {"id", WORDS("Indonesian")}, {"it", WORDS("Italian")},
    {"ja", WORDS("Japanese")},   {"ko", WORDS("Korean")},
    {"la", WORDS("Latin")},      {"no", WORDS("Norwegian")},
    {"fa", WORDS("Persian")},    {"pl", WORDS("Polish")},
    {"pt", WORDS("Portuguese")}, {"ro", WORDS("Romanian")},
    {"ru", WORDS("Russian")},    {"es", WORDS("Spanish")},
    {"sw", WORDS("Swahili")},    {"sv", WORDS("Swedish")},
    {"tr", WORDS("Turkish")},    {"uk", WORDS("Ukrainian")},
    {"vi", WORDS("Vietnamese")}, {0},
};

Str work_language_name(Str code) {
    for (const WorkLanguage *language = work_languages; language->code; language++)
        if (str_equal(code, str_from_c(language->code))) return str_from_c(language->name);
    return code;
}

static bool is_called(const WorkLanguage *language, Str typed) {
    if (str_equal_nocase(typed, str_from_c(language->code))) return true;
    for (int site = 0; site < LANGUAGE_COUNT; site++) {
        Str name = language_translate((Language)site, str_from_c(language->name));
        if (str_equal_nocase(typed, name)) return true;
    }
    return false;
}

const WorkLanguage *work_language_find(Str typed) {
    for (const WorkLanguage *language = work_languages; language->code; language++)
        if (is_called(language, typed)) return language;
    return NULL;
}
