/* translation.h — the tables tools/compile_translations makes of src/translations; language.c reads
 * them, nobody else. Sorted by the bytes of the English sentence. */
#pragma once
#include "base/language.h"

typedef struct {
    Str english, one, many; /* many: empty where there is no plural form */
} Translation;

typedef struct {
    const Translation *at;
    size_t count;
} TranslationTable;

extern const TranslationTable translation_tables[LANGUAGE_COUNT];
