/* work_language.h — the languages most works are in, for choices and for lang: in a search.
 * Any other BCP 47 code is kept as it came. */
#pragma once
#include "base/str.h"

typedef struct {
    const char *code; /* BCP 47: "fr" */
    const char *name; /* English, translatable: "French" */
} WorkLanguage;

extern const WorkLanguage work_languages[]; /* by English name; ends with code NULL */

Str work_language_name(Str code); /* English, or the code when it is another one */
/* By code or by its name in any language of the site; NULL when it is none of them. */
const WorkLanguage *work_language_find(Str typed);
