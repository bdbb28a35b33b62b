/* layout.h — filling the pieces that several pages share from what the rest of the program knows.
 */
#pragma once
#include "community/category.h"
#include "community/licence.h"
#include "community/work_language.h"
#include "site/views.h"

/* The same page in every language. `path`: what stands behind "/{language}", with its query:
 * "/torrent/12/debian-12", "/" for home. `site_url`: without slash at the end. */
LanguageLinks layout_languages(Arena *arena, Str site_url, Str path, Language current);

LicenceItem licence_item(const Licence *licence);
/* All licences by group; `selected` may be empty. */
LicenceGroups licence_groups(Arena *arena, Str selected);
/* The shelves of the first level, or with a `parent` those on it. counts by category number, NULL:
 * none shown; `current`: code or empty; a parent is current, too, when a child of it is. */
typedef struct {
    const Category *parent;
    const uint64_t *counts;
    size_t count;
    Str current;
} CategoryShow;
CategoryItems category_items(Arena *arena, const CategoryShow *show);
Choices theme_choices(Arena *arena, Str selected);
Choices site_language_choices(Arena *arena, Str selected); /* languages of the site */
Choices work_language_choices(Arena *arena, Str selected); /* languages of a work; first "" */
Choices removal_reasons(Arena *arena, Str selected);
Str removal_reason_words(Str reason); /* English: "It is not what it says", or the reason itself */
Choices category_choices(Arena *arena, Str selected, const char *none_label);

/* What a form shows for one field: the value typed and its first fault, in the reader's language.
 */
Field field_of(Arena *arena, Language language, const ErrorList *errors, const char *name,
               Str value);
Faults faults_of(Arena *arena, Language language, const ErrorList *errors);
