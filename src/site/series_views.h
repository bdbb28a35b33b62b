/* series_views.h — what the pages of series show; one struct a page, as in views.h. */
#pragma once
#include "site/views.h"

typedef struct {
    Str name, kind; /* kind in English: "Album or recording" */
    Str owner;
    Url link;
    Seconds changed_at;
} SeriesItem;
typedef struct {
    const SeriesItem *at;
    size_t count;
} SeriesItems;
typedef struct {
    Layout layout;
    SeriesItems items;
    Url next, first;
} SeriesListPage;

typedef struct {
    TorrentRow row;
    int64_t id;
    Str label; /* "13.2" */
    Seconds dated_at;
    bool is_newest;
} EditionItem;
typedef struct {
    const EditionItem *at;
    size_t count;
} EditionItems;

/* POST {link}/editions: work edition edition_date; POST {link}/editions/remove: id; POST
 * {link}/remove: sure */
typedef struct {
    Layout layout;
    Faults faults;
    Str name, kind, owner; /* kind in English */
    Url link;
    Html description;
    EditionItems editions;
    Url next, first;
    Url latest; /* absolute, to the newest edition's page */
    Str latest_address, update_address;
    bool may_edit, may_remove;
    Field work, edition, edition_date, sure;
} SeriesPage;

/* POST {link}, which is where the form itself lies: name slug kind description */
typedef struct {
    Layout layout;
    Faults faults;
    Url link, back;
    bool is_new;
    Field name, slug, kind, description;
    Choices kinds;
} SeriesFormPage;
