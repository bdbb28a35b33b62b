#include "community/licence.h"

#include "base/text.h"

/* Short names for the rows of licence.def. */
enum {
    FREE = LICENCE_MAY_USE | LICENCE_MAY_SHARE | LICENCE_MAY_CHANGE | LICENCE_MAY_SELL,
    BY = FREE | LICENCE_MUST_CREDIT,
    BY_SA = BY | LICENCE_MUST_SHARE_ALIKE,
    BY_NC = LICENCE_MAY_USE | LICENCE_MAY_SHARE | LICENCE_MAY_CHANGE | LICENCE_MUST_CREDIT,
    BY_NC_SA = BY_NC | LICENCE_MUST_SHARE_ALIKE,
    BY_ND = LICENCE_MAY_USE | LICENCE_MAY_SHARE | LICENCE_MAY_SELL | LICENCE_MUST_CREDIT,
    BY_NC_ND = LICENCE_MAY_USE | LICENCE_MAY_SHARE | LICENCE_MUST_CREDIT,
    COPYLEFT = BY_SA | LICENCE_MUST_GIVE_SOURCE,
};

const Licence licences[] = {
#define GROUP_DOMAIN "Public domain"
#define GROUP_CC "Creative Commons"
#define GROUP_SOFTWARE "Software"
#define GROUP_DATA "Data"
#define GROUP_FONTS "Fonts"
#define GROUP_DOCUMENTATION "Documentation"
#define LICENCE(group, id, name, terms, url) {id, name, url, terms, GROUP_##group},
#include "community/licence.def"
#undef LICENCE
    {0},
};

const Licence licence_unknown = {"LicenseRef-Unknown", "Unknown licence", "", 0, "Software"};

typedef struct {
    const char *old, *now;
} OldName;

static const OldName old_names[] = {
    {"CC-PDDC", "CC-PDM-1.0"},          {"PD", "CC-PDM-1.0"},
    {"Public-Domain", "CC-PDM-1.0"},    {"CC0", "CC0-1.0"},
    {"GPL-1.0+", "GPL-1.0-or-later"},   {"GPL-2.0", "GPL-2.0-only"},
    {"GPL-2.0+", "GPL-2.0-or-later"},   {"GPL-3.0", "GPL-3.0-only"},
    {"GPL-3.0+", "GPL-3.0-or-later"},   {"LGPL-2.1", "LGPL-2.1-only"},
    {"LGPL-2.1+", "LGPL-2.1-or-later"}, {"LGPL-3.0", "LGPL-3.0-only"},
    {"LGPL-3.0+", "LGPL-3.0-or-later"}, {"AGPL-3.0", "AGPL-3.0-only"},
    {"AGPL-3.0+", "AGPL-3.0-or-later"}, {"GFDL-1.1", "GFDL-1.1-or-later"},
    {"GFDL-1.2", "GFDL-1.2-or-later"},  {"GFDL-1.3", "GFDL-1.3-or-later"},
};

const Licence *licence_find(Str id) {
    for (size_t i = 0; i < sizeof old_names / sizeof *old_names; i++)
        if (str_equal_nocase(id, str_from_c(old_names[i].old))) id = str_from_c(old_names[i].now);
    for (const Licence *licence = licences; licence->id; licence++)
        if (str_equal_nocase(id, str_from_c(licence->id))) return licence;
    return NULL;
}

Str licence_attribution(const Licence *licence, Str title, Str author, Str source_url,
                        Arena *arena) {
    Str name = str_from_c(licence->name), url = str_from_c(licence->url);
    Text text =
        text_create(arena, title.len + author.len + source_url.len + name.len + url.len + 64);
    text_print(&text, "\"%.*s\", %.*s", STR_PRINTF(title), STR_PRINTF(author));
    if (source_url.len && !str_equal(source_url, STR("own")))
        text_print(&text, ", %.*s", STR_PRINTF(source_url));
    text_print(&text, ", %.*s", STR_PRINTF(name));
    if (url.len) text_print(&text, " (%.*s)", STR_PRINTF(url));
    text_add_byte(&text, '.');
    return text_str(&text);
}

const Str licence_may_names[LICENCE_MAY_COUNT] = {
    {"use", 3}, {"share", 5}, {"change", 6}, {"sell", 4}};

static bool find_may(Str name, unsigned *ret_bit) {
    for (unsigned i = 0; i < LICENCE_MAY_COUNT; i++) {
        if (!str_equal_nocase(name, licence_may_names[i])) continue;
        *ret_bit = 1u << i;
        return true;
    }
    return false;
}

bool licence_may_parse(Str list, uint8_t *ret_bits) {
    unsigned bits = 0, bit;
    while (list.len) {
        if (!find_may(str_trim(str_cut(&list, ',')), &bit)) return false;
        bits |= bit;
    }
    *ret_bits = (uint8_t)bits;
    return true;
}

Str licence_may_text(unsigned bits, Arena *arena) {
    Text text = text_create(arena, 64);
    for (unsigned i = 0; i < LICENCE_MAY_COUNT; i++) {
        if (!(bits >> i & 1)) continue;
        if (text.len) text_add_byte(&text, ',');
        text_add(&text, licence_may_names[i]);
    }
    return text_str(&text);
}
