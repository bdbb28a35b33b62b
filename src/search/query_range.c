#include "search/query_field.h"

enum { FRACTION_DIGITS_MAX = 3, DAY_S = 86400, YEAR_MIN = 1970, YEAR_MAX = 9999 };

typedef struct {
    const char *name;
    uint64_t value;
} Unit;

/* Decimal and binary units, English and French. */
static const Unit bytes_units[] = {
    {"", 1},
    {"b", 1},
    {"o", 1},
    {"byte", 1},
    {"bytes", 1},
    {"octets", 1},
    {"k", 1000},
    {"kb", 1000},
    {"ko", 1000},
    {"kib", 1ull << 10},
    {"kio", 1ull << 10},
    {"m", 1000000},
    {"mb", 1000000},
    {"mo", 1000000},
    {"mib", 1ull << 20},
    {"mio", 1ull << 20},
    {"g", 1000000000},
    {"gb", 1000000000},
    {"go", 1000000000},
    {"gib", 1ull << 30},
    {"gio", 1ull << 30},
    {"t", 1000000000000},
    {"tb", 1000000000000},
    {"to", 1000000000000},
    {"tib", 1ull << 40},
    {"tio", 1ull << 40},
    {"p", 1000000000000000},
    {"pb", 1000000000000000},
    {"po", 1000000000000000},
    {"pib", 1ull << 50},
    {"pio", 1ull << 50},
    {NULL, 0},
};

static const Unit count_units[] = {{"", 1}, {"k", 1000}, {"m", 1000000}, {NULL, 0}};

/* A month is 30 days and a year 365: an age is no calendar. */
static const Unit age_units[] = {
    {"", DAY_S},
    {"h", 3600},
    {"hour", 3600},
    {"hours", 3600},
    {"heure", 3600},
    {"heures", 3600},
    {"d", DAY_S},
    {"day", DAY_S},
    {"days", DAY_S},
    {"j", DAY_S},
    {"jour", DAY_S},
    {"jours", DAY_S},
    {"w", 7 * DAY_S},
    {"week", 7 * DAY_S},
    {"weeks", 7 * DAY_S},
    {"sem", 7 * DAY_S},
    {"semaine", 7 * DAY_S},
    {"semaines", 7 * DAY_S},
    {"m", 30 * DAY_S},
    {"mo", 30 * DAY_S},
    {"month", 30 * DAY_S},
    {"months", 30 * DAY_S},
    {"mois", 30 * DAY_S},
    {"y", 365 * DAY_S},
    {"year", 365 * DAY_S},
    {"years", 365 * DAY_S},
    {"a", 365 * DAY_S},
    {"an", 365 * DAY_S},
    {"ans", 365 * DAY_S},
    {NULL, 0},
};

static const Unit *units_of(AmountKind kind) {
    return kind == AMOUNT_BYTES ? bytes_units : kind == AMOUNT_AGE ? age_units : count_units;
}

static bool find_unit(const Unit *units, Str name, uint64_t *ret_value) {
    for (; units->name; units++) {
        if (!str_equal_nocase(name, str_from_c(units->name))) continue;
        *ret_value = units->value;
        return true;
    }
    return false;
}

bool query_range_is_unit(Str text, AmountKind kind) {
    uint64_t value;
    return kind != AMOUNT_DATE && text.len && find_unit(units_of(kind), text, &value);
}

static size_t digits(Str s) {
    size_t len = 0;
    while (len < s.len && s.at[len] >= '0' && s.at[len] <= '9') len++;
    return len;
}

/* What an amount stands for: a number, or a day, or a whole year. */
typedef struct {
    uint64_t low, high;
} Span;

/* "700", "1.5GB", "4,7 Go". Whole numbers throughout: 1.5 is 1500 thousandths. */
static bool parse_number(Str text, const Unit *units, Span *ret_span) {
    size_t len = digits(text);
    uint64_t whole, unit, thousandths = 0, scale = 1000;
    if (!len) return false;
    if (!str_to_u64(str_part(text, 0, len), &whole)) whole = UINT64_MAX;
    Str rest = str_skip(text, len);
    if (rest.len > 1 && (rest.at[0] == '.' || rest.at[0] == ',')) {
        rest = str_skip(rest, 1);
        size_t fraction = digits(rest);
        for (size_t i = 0; i < fraction && i < FRACTION_DIGITS_MAX; i++) {
            scale /= 10;
            thousandths += (uint64_t)(rest.at[i] - '0') * scale;
        }
        if (!fraction) return false;
        rest = str_skip(rest, fraction);
    }
    if (!find_unit(units, str_trim(rest), &unit)) return false;
    uint64_t value;
    if (__builtin_mul_overflow(whole, unit, &value)) value = UINT64_MAX;
    uint64_t part = unit / 1000 * thousandths + unit % 1000 * thousandths / 1000;
    value = value > UINT64_MAX - part ? UINT64_MAX : value + part;
    *ret_span = (Span){value, value};
    return true;
}

/* The second at which a day begins; months and days past their end count on. */
static uint64_t day_start(uint64_t year, uint64_t month, uint64_t day) {
    struct tm tm = {.tm_year = (int)year - 1900, .tm_mon = (int)month - 1, .tm_mday = (int)day};
    time_t at = timegm(&tm);
    return at < 0 ? 0 : (uint64_t)at;
}

static bool is_day(uint64_t year, uint64_t month, uint64_t day) {
    time_t at = (time_t)day_start(year, month, day);
    struct tm tm;
    gmtime_r(&at, &tm);
    return (uint64_t)tm.tm_mon + 1 == month && (uint64_t)tm.tm_mday == day;
}

static bool parse_day_word(Str text, Seconds now, Span *ret_span) {
    bool today = str_equal_nocase(text, STR("today")) || str_equal_nocase(text, STR("aujourd'hui"));
    bool yesterday =
        str_equal_nocase(text, STR("yesterday")) || str_equal_nocase(text, STR("hier"));
    if (!today && !yesterday) return false;
    uint64_t start = (uint64_t)(now > DAY_S ? now - now % DAY_S : DAY_S);
    if (yesterday) start -= DAY_S;
    *ret_span = (Span){start, start + DAY_S - 1};
    return true;
}

/* "2024", "2024-05", "2024-05-17"; also with slashes or dots. */
static bool parse_date(Str text, Seconds now, Span *ret_span) {
    uint64_t parts[3] = {0, 1, 1};
    size_t count = 0;
    Seconds second;
    if (parse_day_word(text, now, ret_span)) return true;
    if (text.len > strlen("2024-05-17") && clock_parse_rfc3339(text, &second) && second >= 0) {
        *ret_span = (Span){(uint64_t)second, (uint64_t)second};
        return true;
    }
    for (Str rest = text; count < 3; count++) {
        size_t len = digits(rest);
        size_t wanted = count ? 2 : 4;
        if (len > wanted || (count ? !len : len != wanted)) return false;
        if (!str_to_u64(str_part(rest, 0, len), &parts[count])) return false;
        rest = str_skip(rest, len);
        if (!rest.len) break;
        bool separated = rest.at[0] == '-' || rest.at[0] == '/' || rest.at[0] == '.';
        if (!separated || count == 2) return false;
        rest = str_skip(rest, 1);
    }
    uint64_t year = parts[0], month = parts[1], day = parts[2];
    if (year < YEAR_MIN || year > YEAR_MAX || month > 12 || !is_day(year, month, day)) return false;
    uint64_t end = count == 0   ? day_start(year + 1, 1, 1)
                   : count == 1 ? day_start(year, month + 1, 1)
                                : day_start(year, month, day + 1);
    *ret_span = (Span){day_start(year, month, day), end - 1};
    return true;
}

static bool parse_span(Str text, AmountKind kind, Seconds now, Span *ret_span) {
    text = str_trim(text);
    if (kind == AMOUNT_DATE) return parse_date(text, now, ret_span);
    return parse_number(text, units_of(kind), ret_span);
}

typedef enum {
    COMPARE_BARE,
    COMPARE_ABOVE,
    COMPARE_FROM,
    COMPARE_BELOW,
    COMPARE_TO,
    COMPARE_EQUAL
} Comparison;

static Comparison take_comparison(Str *text) {
    static const struct {
        const char *sign;
        Comparison comparison;
    } signs[] = {
        {">=", COMPARE_FROM}, {"=>", COMPARE_FROM}, {"\u2265", COMPARE_FROM},
        {"<=", COMPARE_TO},   {"=<", COMPARE_TO},   {"\u2264", COMPARE_TO},
        {">", COMPARE_ABOVE}, {"<", COMPARE_BELOW}, {"=", COMPARE_EQUAL},
    };
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        Str sign = str_from_c(signs[i].sign);
        if (!str_starts(*text, sign)) continue;
        *text = str_skip(*text, sign.len);
        return signs[i].comparison;
    }
    return COMPARE_BARE;
}

/* Nothing is above the greatest or below none: then min is above max. */
static QueryRange compared(Comparison comparison, Span span) {
    QueryRange range = {.min = 0, .max = UINT64_MAX};
    switch (comparison) {
        case COMPARE_FROM: range.min = span.low; break;
        case COMPARE_TO: range.max = span.high; break;
        case COMPARE_ABOVE:
            range.min = span.high == UINT64_MAX ? UINT64_MAX : span.high + 1;
            if (span.high == UINT64_MAX) range.max = 0;
            break;
        case COMPARE_BELOW:
            range.max = span.low ? span.low - 1 : 0;
            if (!span.low) range.min = 1;
            break;
        case COMPARE_EQUAL:
        case COMPARE_BARE: range = (QueryRange){.min = span.low, .max = span.high};
    }
    return range;
}

static bool parse_ends(Str from, Str to, AmountKind kind, Seconds now, QueryRange *ret_range) {
    Span first = {0, 0}, last = {UINT64_MAX, UINT64_MAX};
    if (!from.len && !to.len) return false;
    if (from.len && !parse_span(from, kind, now, &first)) return false;
    if (to.len && !parse_span(to, kind, now, &last)) return false;
    *ret_range = (QueryRange){.min = first.low, .max = last.high};
    if (first.low > last.high)
        *ret_range = (QueryRange){.min = last.low, .max = first.high, .turned = true};
    return true;
}

/* Younger than 30 days is later than 30 days ago. */
static QueryRange dates_of_ages(QueryRange ages, Seconds now) {
    uint64_t today = now > 0 ? (uint64_t)now : 0;
    QueryRange dates = {.min = 0, .max = UINT64_MAX, .turned = ages.turned};
    if (ages.min > ages.max || ages.min > today) return (QueryRange){.min = 1, .max = 0};
    if (ages.max < today) dates.min = today - ages.max;
    if (ages.min) dates.max = today - ages.min;
    return dates;
}

static bool parse_plain(Str text, AmountKind kind, Seconds now, QueryRange *ret_range) {
    size_t dots = str_find(text, STR(".."));
    if (dots != STR_NONE) {
        Str to = str_skip(text, dots + 2);
        if (str_starts(to, STR("."))) to = str_skip(to, 1); /* three dots do no harm */
        return parse_ends(str_trim(str_part(text, 0, dots)), str_trim(to), kind, now, ret_range);
    }
    Comparison comparison = take_comparison(&text);
    Span span;
    if (!parse_span(text, kind, now, &span)) return false;
    if (comparison == COMPARE_BARE && (kind == AMOUNT_BYTES || kind == AMOUNT_COUNT))
        comparison = COMPARE_FROM;
    if (comparison == COMPARE_BARE && kind == AMOUNT_AGE) comparison = COMPARE_TO;
    *ret_range = compared(comparison, span);
    return true;
}

bool query_range_parse(Str text, AmountKind kind, Seconds now, QueryRange *ret_range) {
    QueryRange range;
    if (!parse_plain(str_trim(text), kind, now, &range)) return false;
    *ret_range = kind == AMOUNT_AGE ? dates_of_ages(range, now) : range;
    return true;
}
