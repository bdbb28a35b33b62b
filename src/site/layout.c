#include "site/layout.h"

LanguageLinks layout_languages(Arena *arena, Str site_url, Str path, Language current) {
    static const char *const names[LANGUAGE_COUNT] = {
        [LANGUAGE_EN] = "English", [LANGUAGE_FR] = "Français"};
    LanguageLink *links = arena_new(arena, LanguageLink, LANGUAGE_COUNT);
    for (size_t i = 0; i < LANGUAGE_COUNT; i++) {
        const char *code = language_code((Language)i);
        Str here = arena_print(arena, "/%s%.*s", code, STR_PRINTF(path));
        Str absolute = arena_print(arena, "%.*s%.*s", STR_PRINTF(site_url), STR_PRINTF(here));
        links[i] = (LanguageLink){.code = str_from_c(code),
                                  .name = str_from_c(names[i]),
                                  .link = url_path(here),
                                  .absolute = url_web(absolute),
                                  .current = i == (size_t)current};
    }
    return (LanguageLinks){links, LANGUAGE_COUNT};
}

LicenceItem licence_item(const Licence *licence) {
    return (LicenceItem){
        .id = str_from_c(licence->id),
        .name = str_from_c(licence->name),
        .url = url_web(str_from_c(licence->url)),
        .may_use = licence->terms & LICENCE_MAY_USE,
        .may_share = licence->terms & LICENCE_MAY_SHARE,
        .may_change = licence->terms & LICENCE_MAY_CHANGE,
        .may_sell = licence->terms & LICENCE_MAY_SELL,
        .must_credit = licence->terms & LICENCE_MUST_CREDIT,
        .must_share_alike = licence->terms & LICENCE_MUST_SHARE_ALIKE,
        .must_give_source = licence->terms & LICENCE_MUST_GIVE_SOURCE,
    };
}

/* Groups stand together in the table, so one pass makes them. */
LicenceGroups licence_groups(Arena *arena, Str selected) {
    size_t count = 0;
    while (licences[count].id) count++;
    const Licence *chosen = selected.len ? licence_find(selected) : NULL;
    LicenceItem *items = arena_new(arena, LicenceItem, count + 1);
    LicenceGroup *groups = arena_new(arena, LicenceGroup, count + 1);
    size_t group_count = 0;
    for (size_t i = 0; i < count; i++) {
        Str label = str_from_c(licences[i].group);
        if (group_count == 0 || !str_equal(groups[group_count - 1].label, label)) {
            groups[group_count] = (LicenceGroup){.label = label, .licences = {&items[i], 0}};
            groups[group_count].open = group_count == 0;
            group_count++;
        }
        items[i] = licence_item(&licences[i]);
        items[i].selected = &licences[i] == chosen;
        if (items[i].selected) groups[group_count - 1].open = true;
        groups[group_count - 1].licences.count++;
    }
    return (LicenceGroups){groups, group_count};
}

static size_t category_count(void) {
    size_t count = 0;
    while (categories[count].code) count++;
    return count;
}

CategoryItems category_items(Arena *arena, const CategoryShow *show) {
    size_t count = 0;
    unsigned parent = show->parent ? show->parent->number : 0;
    const Category *current = category_find(show->current);
    CategoryItem *items = arena_new(arena, CategoryItem, category_count());
    for (const Category *category = categories; category->code; category++) {
        if (category->parent != parent) continue;
        bool counted = show->counts && category->number < show->count;
        items[count++] = (CategoryItem){
            .name = str_from_c(category->code),
            .label = str_from_c(category->name),
            .words = str_from_c(category->words),
            .count = counted ? show->counts[category->number] : 0,
            .current = current && category_is_in(current, category),
        };
    }
    return (CategoryItems){items, count};
}

typedef struct {
    const char *value, *label;
} ChoiceRow;

static Choices choices_of(Arena *arena, const ChoiceRow *rows, size_t count, Str selected) {
    Choice *choices = arena_new(arena, Choice, count);
    for (size_t i = 0; i < count; i++) {
        Str value = str_from_c(rows[i].value);
        choices[i] = (Choice){value, str_from_c(rows[i].label), str_equal(value, selected)};
    }
    return (Choices){choices, count};
}

#define CHOICES_OF(arena, rows, selected) \
    choices_of((arena), (rows), sizeof(rows) / sizeof *(rows), (selected))

Choices theme_choices(Arena *arena, Str selected) {
    static const ChoiceRow rows[] = {
        {"auto", WORDS("As the device says")}, {"light", WORDS("Light")}, {"dark", WORDS("Dark")}};
    return CHOICES_OF(arena, rows, selected);
}

Choices site_language_choices(Arena *arena, Str selected) {
    static const ChoiceRow rows[] = {{"en", "English"}, {"fr", "Français"}};
    return CHOICES_OF(arena, rows, selected);
}

Choices work_language_choices(Arena *arena, Str selected) {
    size_t room = 2, count = 0;
    for (const WorkLanguage *language = work_languages; language->code; language++) room++;
    Choice *choices = arena_new(arena, Choice, room);
    choices[count++] = (Choice){.label = str_from_c(WORDS("None, or several"))};
    bool found = choices[0].selected = str_is_empty(selected);
    for (const WorkLanguage *language = work_languages; language->code; language++) {
        Str code = str_from_c(language->code);
        choices[count] = (Choice){code, str_from_c(language->name), str_equal(code, selected)};
        found = found || choices[count++].selected;
    }
    if (!found) choices[count++] = (Choice){selected, selected, true};
    return (Choices){choices, count};
}

static const ChoiceRow reasons[] = {
    {"rights", WORDS("It infringes the rights of others")},
    {"malware", WORDS("It does harm: malware")},
    {"fake", WORDS("It is not what it says")},
    {"illegal", WORDS("It is against the law")},
    {"owner", WORDS("Its author asked for it")},
    {"other", WORDS("Another reason, in the note")},
};

Choices removal_reasons(Arena *arena, Str selected) { return CHOICES_OF(arena, reasons, selected); }

Str removal_reason_words(Str reason) {
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (str_equal(reason, str_from_c(reasons[i].value))) return str_from_c(reasons[i].label);
    return reason;
}

Choices category_choices(Arena *arena, Str selected, const char *none_label) {
    size_t room = category_count();
    Choice *choices = arena_new(arena, Choice, room + 1);
    choices[0] = (Choice){.label = str_from_c(none_label), .selected = selected.len == 0};
    for (size_t i = 0; i < room; i++) {
        Str value = str_from_c(categories[i].code);
        choices[i + 1] = (Choice){.value = value,
                                  .label = str_from_c(categories[i].name),
                                  .selected = str_equal(value, selected),
                                  .is_below = categories[i].parent > 0};
    }
    return (Choices){choices, room + 1};
}

Field field_of(Arena *arena, Language language, const ErrorList *errors, const char *name,
               Str value) {
    const Error *fault = errors ? error_list_find(errors, name) : NULL;
    return (Field){.value = value,
                   .fault = fault ? language_error(language, *fault, arena) : (Str){0}};
}

Faults faults_of(Arena *arena, Language language, const ErrorList *errors) {
    if (!errors || errors->count == 0) return (Faults){0};
    Fault *faults = arena_new(arena, Fault, errors->count);
    for (size_t i = 0; i < errors->count; i++) {
        faults[i] = (Fault){.field = str_from_c(errors->at[i].field),
                            .words = language_error(language, errors->at[i], arena)};
    }
    return (Faults){faults, errors->count};
}
