/* html.h — writing HTML that data cannot break out of.
 * Three types carry trust: Str is anything and is always escaped; Url is made only by url_* below,
 * after a check of its scheme, and is the only type that may begin an href, src or action; Html is
 * made only by markdown.c and by views, and is the only type that is not escaped.
 * Views (the .html files of site/views) are compiled to calls of these writers by
 * tools/compile_views, which picks the writer from the place in the page; _Generic picks the
 * function from the type. What fits nowhere is an error of the C compiler at the line of the view.
 * Nobody else calls html_raw (checked by tools/tidy). A page past its maximum sets text.full: check
 * html_ok once at the end.
 */
#pragma once
#include "base/clock.h"
#include "base/language.h"
#include "base/text.h"

typedef struct {
    Str address;
} Url;
typedef struct {
    Str markup;
} Html;

/* Each gives the empty Url (html writes "#" for it) when the text is not what it should be. */
Url url_path(Str path);   /* of this site: "/en/search?q=a%20b"; no "//", no control characters */
Url url_web(Str address); /* http and https only: what members typed */
Url url_magnet(Str link); /* "magnet:?…" */
/* "/en/search" and "q", "name of", … : values are percent-encoded; ends with an empty name. */
typedef struct {
    Str name, value;
} UrlPair;
Url url_query(Arena *arena, Str path, const UrlPair *pairs,
              size_t count); /* empty values skipped */

typedef struct {
    Text text;
    Language language;
    Seconds now; /* for "3 hours ago" */
} HtmlWriter;

HtmlWriter html_writer(Arena *arena, Language language, Seconds now);
bool html_ok(const HtmlWriter *writer);
Str html_str(const HtmlWriter *writer);

/* --- for compiled views only ------------------------------------------------------------------ */
void html_raw(HtmlWriter *w, const char *markup, size_t len); /* the author's own words */

void html_text_str_(HtmlWriter *w, Str value);
void html_text_html_(HtmlWriter *w, Html value);
void html_text_signed_(HtmlWriter *w, int64_t value);
void html_text_unsigned_(HtmlWriter *w, uint64_t value);
void html_attribute_url_(HtmlWriter *w, Url value);
void html_url_(HtmlWriter *w, Url value);
void html_part_str_(HtmlWriter *w, Str value); /* one piece of a path or query, percent-encoded */

/* clang-format off */
/* Between tags. */
#define html_text(w, value)            \
    _Generic((value),                  \
        Str: html_text_str_,           \
        Html: html_text_html_,         \
        int: html_text_signed_,        \
        long: html_text_signed_,       \
        unsigned: html_text_unsigned_, \
        unsigned long: html_text_unsigned_)((w), (value))
/* Inside a quoted attribute that is no address. */
#define html_attribute(w, value)       \
    _Generic((value),                  \
        Str: html_text_str_,           \
        Url: html_attribute_url_,      \
        int: html_text_signed_,        \
        long: html_text_signed_,       \
        unsigned: html_text_unsigned_, \
        unsigned long: html_text_unsigned_)((w), (value))
/* The beginning of an address. */
#define html_url(w, value) _Generic((value), Url: html_url_)((w), (value))
/* Behind a literal beginning such as "/en/" or "?q=". */
#define html_url_part(w, value)        \
    _Generic((value),                  \
        Str: html_part_str_,           \
        int: html_text_signed_,        \
        long: html_text_signed_,       \
        unsigned: html_text_unsigned_, \
        unsigned long: html_text_unsigned_)((w), (value))
/* clang-format on */

static inline bool html_true_str_(Str value) { return value.len > 0; }
static inline bool html_true_url_(Url value) { return value.address.len > 0; }
static inline bool html_true_html_(Html value) { return value.markup.len > 0; }
static inline bool html_true_number_(uint64_t value) { return value != 0; }
/* clang-format off */
#define html_true(value)             \
    _Generic((value),                \
        Str: html_true_str_,         \
        Url: html_true_url_,         \
        Html: html_true_html_,       \
        bool: html_true_number_,     \
        int: html_true_number_,      \
        long: html_true_number_,     \
        unsigned: html_true_number_, \
        unsigned long: html_true_number_)(value)
/* clang-format on */

/* Writes a translated sentence up to its next "{}" and returns what stands behind it. */
Str html_words(HtmlWriter *w, Str sentence);
/* The form of a sentence for `count`, which fills its "{}". */
void html_count(HtmlWriter *w, Str one, Str many, uint64_t count);
Str html_lang(const HtmlWriter *w); /* "fr" */

/* Filters: {{ row.size_bytes | bytes }} calls filter_bytes. */
Str filter_bytes(HtmlWriter *w, uint64_t bytes);  /* "1.4 GiB", « 1,4 Gio » */
Str filter_count(HtmlWriter *w, uint64_t count);  /* "12,345", « 12 345 » */
Str filter_age(HtmlWriter *w, Seconds at);        /* "3 hours ago", « il y a 3 heures » */
Str filter_date(HtmlWriter *w, Seconds at);       /* "23 November 2026", « 23 novembre 2026 » */
Str filter_day_month(HtmlWriter *w, Seconds at);  /* "23 Nov", « 23 nov. » */
Str filter_month_year(HtmlWriter *w, Seconds at); /* "Nov 2026", « nov. 2026 » */
Str filter_datetime(HtmlWriter *w, Seconds at);   /* RFC 3339, for <time datetime> */
Str filter_translate(HtmlWriter *w, Str english); /* a name that is itself a key of fr.po */
Str filter_initial(HtmlWriter *w, Str name);      /* first letter, for a member's badge */
