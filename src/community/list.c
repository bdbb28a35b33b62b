#include "community/list.h"

#include <stddef.h>

#include "base/limits.h"

/* "1.5 GiB" in bytes. Decimal point or comma, one unit; K is 1024 with "i" and 1000 without. */
bool list_words_parse_size(Str text, uint64_t *ret_bytes) {
    static const char units[] = "kmgtp";
    double value = 0, scale = 1;
    size_t digits = 0, at = 0;
    for (bool fraction = false; at < text.len; at++) {
        char c = text.at[at];
        if ((c == '.' || c == ',') && !fraction) {
            fraction = true;
        } else if (c >= '0' && c <= '9') {
            value = value * 10 + (c - '0');
            scale *= fraction ? 10 : 1;
            digits++;
        } else {
            break;
        }
    }
    if (digits == 0 || digits > 18) return false;
    value /= scale;
    Str unit = str_trim(str_skip(text, at));
    if (unit.len) {
        const char *place = strchr(units, unit.at[0] | 0x20);
        bool binary = unit.len > 1 && (unit.at[1] | 0x20) == 'i';
        Str rest = str_skip(unit, 1 + binary);
        bool ends_well =
            rest.len == 0 || str_equal_nocase(rest, STR("b")) || str_equal_nocase(rest, STR("o"));
        bool plain = str_equal_nocase(unit, STR("b")) || str_equal_nocase(unit, STR("o"));
        if (!plain && (!place || !*place || !ends_well)) return false;
        for (const char *step = plain ? NULL : place; step && step >= units; step--)
            value *= binary ? 1024 : 1000;
    }
    if (value > 9e18) return false;
    *ret_bytes = (uint64_t)value;
    return true;
}

static uint64_t size_of(Str text, const char *field, ErrorList *errors) {
    uint64_t bytes = 0;
    if (text.len && !list_words_parse_size(str_trim(text), &bytes))
        error_list_add(
            errors,
            error_field(BAD_INPUT, field, "bad_size",
                        "A size is a number of bytes, or as 700 MB or 1.5 GiB, not \"{}\".", text));
    return bytes;
}

static Seconds time_of(Str text, const char *field, ErrorList *errors) {
    Seconds at = 0;
    if (text.len && !clock_parse_rfc3339(str_trim(text), &at))
        error_list_add(errors, error_field(BAD_INPUT, field, "bad_time",
                                           "A date is written as 2026-11-23, not \"{}\".", text));
    return at;
}

static SearchSort sort_of(Str text, ErrorList *errors) {
    static const char *const names[] = {"relevance", "newest",    "seeders",
                                        "size",      "completed", "need"};
    for (int sort = 0; sort <= SEARCH_BY_NEED; sort++)
        if (str_equal(text, str_from_c(names[sort]))) return (SearchSort)sort;
    if (text.len)
        error_list_add(
            errors,
            error_field(BAD_INPUT, "sort", "bad_sort",
                        "Sort by relevance, newest, seeders, size, completed or need, not \"{}\".",
                        text));
    return SEARCH_BY_RELEVANCE;
}

static int category_of(Str text, ErrorList *errors) {
    if (str_is_empty(text)) return SEARCH_ANY;
    const Category *category = category_find(text);
    if (category) return (int)category->number;
    error_list_add(errors, error_field(BAD_INPUT, "category", "unknown_category",
                                       "There is no category \"{}\".", text));
    return SEARCH_ANY;
}

static Str license_of(Str text, ErrorList *errors) {
    const Licence *licence = str_is_empty(text) ? NULL : licence_find(text);
    if (licence) return str_from_c(licence->id);
    if (text.len)
        error_list_add(errors, error_field(BAD_INPUT, "license", "unknown_license",
                                           "\"{}\" is not a licence we know.", text));
    return (Str){0};
}

static bool health_of(Str text, ErrorList *errors, HealthState *ret_state) {
    if (str_is_empty(text)) return false;
    if (health_state_parse(text, ret_state)) return true;
    error_list_add(
        errors, error_field(BAD_INPUT, "health", "bad_health",
                            "Health is new, alive, at_risk, dead or unknown, not \"{}\".", text));
    return false;
}

static uint64_t number_of(Str text, const char *field, uint64_t most, ErrorList *errors) {
    uint64_t number = 0;
    if (!text.len || (str_to_u64(str_trim(text), &number) && number <= most)) return number;
    error_list_add(errors, error_field(BAD_INPUT, field, "bad_number",
                                       "A number is written as 10, not \"{}\".", text));
    return 0;
}

static uint8_t may_of(Str text, ErrorList *errors) {
    uint8_t bits = 0;
    if (text.len && !licence_may_parse(text, &bits))
        error_list_add(errors,
                       error_field(BAD_INPUT, "may", "bad_may",
                                   "One may use, share, change or sell a work, not \"{}\".", text));
    return bits;
}

static uint32_t year_of(Str text, ErrorList *errors) {
    uint64_t year = 0;
    if (!text.len) return 0;
    if (str_to_u64(str_trim(text), &year) && year >= 1970 && year <= 9999) return (uint32_t)year;
    error_list_add(errors, error_field(BAD_INPUT, "year", "bad_year",
                                       "A year is written as 2024, not \"{}\".", text));
    return 0;
}

void list_words_parse(const ListWords *words, ErrorList *errors, TorrentListAsk *ret_ask) {
    SearchAsk ask = {
        .text = words->q,
        .category = category_of(words->category, errors),
        .license = license_of(words->license, errors),
        .language = words->language,
        .tag = words->tag,
        .uploader = words->uploader,
        .min_size = size_of(words->min_size, "min_size", errors),
        .max_size = size_of(words->max_size, "max_size", errors),
        .after = time_of(words->after, "after", errors),
        .before = time_of(words->before, "before", errors),
        .min_seeders = (uint32_t)number_of(words->min_seeders, "min_seeders", UINT32_MAX, errors),
        .min_files = number_of(words->min_files, "min_files", UINT64_MAX, errors),
        .max_files = number_of(words->max_files, "max_files", UINT64_MAX, errors),
        .may = may_of(words->may, errors),
        .year = year_of(words->year, errors),
        .sort = sort_of(words->sort, errors),
        .cursor = words->cursor,
        .limit = words->limit ? words->limit : LIST_PAGE_STANDARD,
        .facets = words->facets,
    };
    if (ask.limit > LIST_PAGE_MAX) ask.limit = LIST_PAGE_MAX;
    *ret_ask = (TorrentListAsk){.ask = ask, .category_code = words->category};
    ret_ask->by_health = health_of(words->health, errors, &ret_ask->health);
}

Str *list_words_field(ListWords *words, const char *name) {
#define FIELD_AT(field) \
    { #field, offsetof(ListWords, field) }
    static const struct {
        const char *name;
        size_t offset;
    } fields[] = {
        FIELD_AT(q),         FIELD_AT(category), FIELD_AT(license),     FIELD_AT(language),
        FIELD_AT(tag),       FIELD_AT(uploader), FIELD_AT(min_size),    FIELD_AT(max_size),
        FIELD_AT(after),     FIELD_AT(before),   FIELD_AT(min_seeders), FIELD_AT(min_files),
        FIELD_AT(max_files), FIELD_AT(may),      FIELD_AT(year),        FIELD_AT(health),
        FIELD_AT(sort),      FIELD_AT(cursor),
    };
#undef FIELD_AT
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (strcmp(fields[i].name, name) == 0)
            return (Str *)(void *)((char *)words + fields[i].offset);
    return NULL;
}
