#include "site/html.h"

#include <inttypes.h>

#include "base/encode.h"
#include "base/limits.h"

static bool is_plain(Str text) {
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.at[i];
        if (c <= ' ' || c == 0x7F || c == '\\') return false;
    }
    return true;
}

Url url_path(Str path) {
    bool ours = str_starts(path, STR("/")) && !str_starts(path, STR("//"));
    return ours && is_plain(path) ? (Url){path} : (Url){0};
}

Url url_web(Str address) {
    bool web =
        str_starts_nocase(address, STR("http://")) || str_starts_nocase(address, STR("https://"));
    for (size_t i = 0; i < address.len; i++) /* RFC 3986 knows none of these */
        web = web && str_find_byte(STR("\"<>^`{|}"), address.at[i]) == STR_NONE;
    return web && is_plain(address) ? (Url){address} : (Url){0};
}

Url url_magnet(Str link) {
    return str_starts(link, STR("magnet:?")) && is_plain(link) ? (Url){link} : (Url){0};
}

Url url_query(Arena *arena, Str path, const UrlPair *pairs, size_t count) {
    Text text = text_create(arena, (size_t)64 * KIB);
    text_add(&text, path);
    char joint = str_contains(path, STR("?")) ? '&' : '?';
    for (size_t i = 0; i < count; i++) {
        if (pairs[i].value.len == 0) continue;
        text_add_byte(&text, joint);
        percent_write(&text, pairs[i].name);
        text_add_byte(&text, '=');
        percent_write(&text, pairs[i].value);
        joint = '&';
    }
    return text.full ? (Url){0} : url_path(text_str(&text));
}

HtmlWriter html_writer(Arena *arena, Language language, Seconds now) {
    return (HtmlWriter){
        .text = text_create(arena, PAGE_BYTES_MAX), .language = language, .now = now};
}

bool html_ok(const HtmlWriter *writer) { return !writer->text.full; }

Str html_str(const HtmlWriter *writer) { return text_str(&writer->text); }

void html_raw(HtmlWriter *w, const char *markup, size_t len) {
    text_add(&w->text, (Str){markup, len});
}

static Str entity(char c) {
    switch (c) {
        case '&': return STR("&amp;");
        case '<': return STR("&lt;");
        case '>': return STR("&gt;");
        case '"': return STR("&#34;");
        case '\'': return STR("&#39;");
        case '\0': return STR("\xEF\xBF\xBD");
        default: return (Str){0};
    }
}

void html_text_str_(HtmlWriter *w, Str value) {
    size_t start = 0;
    for (size_t i = 0; i < value.len; i++) {
        Str escaped = entity(value.at[i]);
        if (escaped.len == 0) continue;
        text_add(&w->text, str_part(value, start, i));
        text_add(&w->text, escaped);
        start = i + 1;
    }
    text_add(&w->text, str_skip(value, start));
}

void html_text_html_(HtmlWriter *w, Html value) { text_add(&w->text, value.markup); }
void html_text_signed_(HtmlWriter *w, int64_t value) { text_add_i64(&w->text, value); }
void html_text_unsigned_(HtmlWriter *w, uint64_t value) { text_add_u64(&w->text, value); }
void html_attribute_url_(HtmlWriter *w, Url value) { html_text_str_(w, value.address); }

void html_url_(HtmlWriter *w, Url value) {
    html_text_str_(w, value.address.len ? value.address : STR("#"));
}

void html_part_str_(HtmlWriter *w, Str value) { percent_write(&w->text, value); }

Str html_words(HtmlWriter *w, Str sentence) {
    size_t at = str_find(sentence, STR("{}"));
    html_text_str_(w, str_part(sentence, 0, at));
    return at == STR_NONE ? (Str){0} : str_skip(sentence, at + 2);
}

void html_count(HtmlWriter *w, Str one, Str many, uint64_t count) {
    Str rest = html_words(w, language_translate_count(w->language, one, many, count));
    if (rest.len) {
        html_text_str_(w, filter_count(w, count));
        html_text_str_(w, rest);
    }
}

Str html_lang(const HtmlWriter *w) { return str_from_c(language_code(w->language)); }

/* --- filters ---------------------------------------------------------------------------------- */

/* U+202F, the narrow no-break space French puts inside numbers and before units. */
#define NARROW_SPACE "\xE2\x80\xAF"

Str filter_count(HtmlWriter *w, uint64_t count) {
    Str digits = arena_print(w->text.arena, "%" PRIu64, count);
    Str joint = w->language == LANGUAGE_FR ? STR(NARROW_SPACE) : STR(",");
    Text text = text_create(w->text.arena, 64);
    for (size_t i = 0; i < digits.len; i++) {
        if (i > 0 && (digits.len - i) % 3 == 0) text_add(&text, joint);
        text_add_byte(&text, digits.at[i]);
    }
    return text_str(&text);
}

Str filter_bytes(HtmlWriter *w, uint64_t bytes) {
    static const char *const units[LANGUAGE_COUNT][7] = {
        [LANGUAGE_EN] = {"bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"},
        [LANGUAGE_FR] = {"octets", "Kio", "Mio", "Gio", "Tio", "Pio", "Eio"}};
    const char *const *unit = units[w->language];
    if (bytes < KIB) {
        if (bytes < 2 && w->language == LANGUAGE_FR)
            return arena_print(w->text.arena, "%d\xC2\xA0octet", (int)bytes);
        return arena_print(w->text.arena, "%d\xC2\xA0%s", (int)bytes,
                           bytes == 1 ? "byte" : unit[0]);
    }
    double value = (double)bytes;
    size_t step = 0;
    while (value >= 1023.95 && step < 6) value /= KIB, step++;
    int decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
    int64_t scale = decimals == 2 ? 100 : decimals == 1 ? 10 : 1;
    int64_t scaled = (int64_t)(value * (double)scale + 0.5);
    const char *point = w->language == LANGUAGE_FR ? "," : ".";
    while (decimals > 0 && scaled % 10 == 0) scaled /= 10, scale /= 10, decimals--;
    if (decimals == 0)
        return arena_print(w->text.arena, "%" PRId64 "\xC2\xA0%s", scaled, unit[step]);
    return arena_print(w->text.arena, "%" PRId64 "%s%0*" PRId64 "\xC2\xA0%s", scaled / scale, point,
                       decimals, scaled % scale, unit[step]);
}

static Str counted(HtmlWriter *w, Str one, Str many, uint64_t count) {
    Str words = language_translate_count(w->language, one, many, count);
    size_t at = str_find(words, STR("{}"));
    if (at == STR_NONE) return words;
    Str number = filter_count(w, count), behind = str_skip(words, at + 2);
    return arena_print(w->text.arena, "%.*s%.*s%.*s", (int)at, words.at, STR_PRINTF(number),
                       STR_PRINTF(behind));
}

enum { MINUTE_S = 60, HOUR_S = 60 * MINUTE_S, DAY_S = 24 * HOUR_S };

Str filter_age(HtmlWriter *w, Seconds at) {
    if (at <= 0) return language_translate(w->language, STR("never"));
    Seconds age = w->now - at;
    if (age < 45) return language_translate(w->language, STR("just now"));
    if (age < 90) return language_translate(w->language, STR("a minute ago"));
    if (age < 55 * MINUTE_S)
        return counted(w, STR("{} minute ago"), STR("{} minutes ago"),
                       (uint64_t)(age + 30) / MINUTE_S);
    if (age < 23 * HOUR_S)
        return counted(w, STR("{} hour ago"), STR("{} hours ago"),
                       (uint64_t)(age + HOUR_S / 2) / HOUR_S);
    if (age < 30 * DAY_S)
        return counted(w, STR("{} day ago"), STR("{} days ago"),
                       (uint64_t)(age + DAY_S / 2) / DAY_S);
    if (age < 365 * DAY_S)
        return counted(w, STR("{} month ago"), STR("{} months ago"),
                       (uint64_t)(age / (30 * DAY_S)));
    return counted(w, STR("{} year ago"), STR("{} years ago"), (uint64_t)(age / (365 * DAY_S)));
}

Str filter_date(HtmlWriter *w, Seconds at) {
    static const char *const months[LANGUAGE_COUNT][12] = {
        [LANGUAGE_EN] = {"January", "February", "March", "April", "May", "June", "July", "August",
                         "September", "October", "November", "December"},
        [LANGUAGE_FR] = {"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août",
                         "septembre", "octobre", "novembre", "décembre"}};
    struct tm day;
    time_t moment = (time_t)at;
    if (at <= 0 || !gmtime_r(&moment, &day)) return language_translate(w->language, STR("never"));
    const char *first = w->language == LANGUAGE_FR && day.tm_mday == 1 ? "er" : "";
    return arena_print(w->text.arena, "%d%s\xC2\xA0%s\xC2\xA0%d", day.tm_mday, first,
                       months[w->language][day.tm_mon], day.tm_year + 1900);
}

static const char *const short_months[LANGUAGE_COUNT][12] = {
    [LANGUAGE_EN] = {"Jan", "Feb", "Mar", "Apr", "May", "June", "July", "Aug", "Sept", "Oct", "Nov",
                     "Dec"},
    [LANGUAGE_FR] = {"janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.",
                     "oct.", "nov.", "déc."}};

Str filter_day_month(HtmlWriter *w, Seconds at) {
    struct tm day;
    time_t moment = (time_t)at;
    if (!gmtime_r(&moment, &day)) return (Str){0};
    return arena_print(w->text.arena, "%d\xC2\xA0%s", day.tm_mday,
                       short_months[w->language][day.tm_mon]);
}

Str filter_month_year(HtmlWriter *w, Seconds at) {
    struct tm day;
    time_t moment = (time_t)at;
    if (!gmtime_r(&moment, &day)) return (Str){0};
    return arena_print(w->text.arena, "%s\xC2\xA0%d", short_months[w->language][day.tm_mon],
                       day.tm_year + 1900);
}

Str filter_datetime(HtmlWriter *w, Seconds at) { return clock_rfc3339(w->text.arena, at); }

Str filter_translate(HtmlWriter *w, Str english) {
    return english.len ? language_translate(w->language, english) : english;
}

Str filter_initial(HtmlWriter *w, Str name) {
    (void)w;
    size_t len = name.len ? 1 : 0;
    while (len > 0 && len < name.len && ((unsigned char)name.at[len] & 0xC0) == 0x80) len++;
    return str_part(name, 0, len);
}
