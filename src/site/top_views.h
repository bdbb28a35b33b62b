/* top_views.h — what the pages show of what is on top, of what needs somebody, and of space that is
 * given: as views.h, for top.html and giving.html. */
#pragma once
#include "site/views.h"

/* A work in a list that says more of it; what is 0 or empty is not said. */
typedef struct {
    TorrentRow row;
    uint64_t rank, up, down; /* places, since the day before */
    bool is_new, is_same;
    Str measure; /* "completed", "seeders", "thanks": what `value` counts */
    uint64_t value;
    Seconds last_seeder_at;
    Seconds picked_at;
    uint64_t seeders_then;
    Seconds dropped_at;
    Str dropped_why; /* "gone", "well_seeded" */
} NotedRow;
typedef struct {
    const NotedRow *at;
    size_t count;
} NotedRows;

/* GET {link}: category date */
typedef struct {
    Layout layout;
    Str heading; /* English: "Most downloaded" */
    Url link;
    LinkItems measures, periods; /* label English */
    Choices categories;
    Str date, period; /* "2026-11-23" as typed; "week" */
    Seconds day;      /* of the list; 0: there is none */
    bool is_over, has_before;
    Str unmeasured; /* the measure's code when nothing was ever counted of it; else empty */
    Url previous, next;
    NotedRows rows;
} TopPage;

/* GET /{lang}/needs: state category min_size max_size cursor */
typedef struct {
    Layout layout;
    Faults faults;
    LinkItems states; /* label English */
    Str state;
    Field min_size, max_size;
    Choices categories;
    NotedRows rows;
    uint64_t total;
    Url next, first;
} NeedsPage;

typedef struct {
    Str name, words; /* English */
    uint64_t count;
    Url link;
} UseItem;
typedef struct {
    const UseItem *at;
    size_t count;
} UseItems;
typedef struct {
    Layout layout;
    UseItems items;
} UsesPage;

typedef struct {
    Url link;
    Str size;                                    /* "200 GB" */
    Str category_label, licence, language_label; /* English, id, English; empty: any */
    Seconds made_at, settled_at, ends_at;
} GivingItem;
typedef struct {
    const GivingItem *at;
    size_t count;
} GivingItems;

/* POST /{lang}/giving: size category license language */
typedef struct {
    Layout layout;
    Faults faults;
    Field size, category, license;
    Choices categories, licences, languages; /* first choice: value "" */
    bool more_open;
    GivingItems plans; /* the member's own */
} GivingStartPage;

/* POST `remove`: nothing */
typedef struct {
    Layout layout;
    GivingItem item;
    Str feed_text; /* absolute address */
    Url magnets, remove;
    Str taken;     /* "180 GB" */
    uint64_t fill; /* of 600 */
    NotedRows rows, dropped;
} GivingPage;
