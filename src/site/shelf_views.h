/* shelf_views.h — what the pages of tags and collections show; one struct a page, as in views.h. */
#pragma once
#include "site/views.h"

/* --- tags: view_tags, view_tag, view_tag_edit --------------------------------------------------
 */
typedef struct {
    Str name;
    Url link;
    uint64_t works;
    uint64_t size; /* 1 to 5 */
} TagItem;
typedef struct {
    const TagItem *at;
    size_t count;
} TagItems;
typedef struct {
    Layout layout;
    TagItems tags;
} TagsPage;
typedef struct {
    Layout layout;
    Str name;
    Html description;
    Strs synonyms;
    Url link;
    TorrentRows rows;
    uint64_t total;
    LinkItems sorts;
    Url next, first;
    HistoryItems history;
    bool may_edit; /* {link}/edit */
} TagPage;
typedef struct {
    int64_t id;
    Str name;  /* what became this tag */
    Str state; /* English: "done" */
    Str actor;
    Seconds started_at;
    uint64_t works;
    bool may_undo;
} TagMergeItem;
typedef struct {
    const TagMergeItem *at;
    size_t count;
} TagMergeItems;
/* POST {link}/edit: description; {link}/synonym: tag; {link}/merge: into; {link}/undo: id. */
typedef struct {
    Layout layout;
    Faults faults;
    Str name;
    Url link;
    uint64_t works;
    Field description, tag, into;
    TagMergeItems merges;
} TagEditPage;

/* --- collections: view_collections, view_collection, view_collection_edit, view_followed --------
 */
typedef struct {
    Layout layout;
    CollectionItems own, items;
    Url next, first;
} CollectionsPage;
typedef struct {
    TorrentRow row;
    int64_t id;
    uint64_t place; /* from 1 */
    Str note;
    bool is_gone;
} CollectionWorkItem;
typedef struct {
    const CollectionWorkItem *at;
    size_t count;
} CollectionWorkItems;
typedef struct {
    Str title, owner;
    Url link;
    Html description;
    uint64_t works, followers;
    Seconds changed_at;
    bool is_public, is_followed, may_edit;
} CollectionView;
/* POST {link}/follow: follow (check) */
typedef struct {
    Layout layout;
    CollectionView collection;
    CollectionWorkItems works;
    uint64_t first_place;
    Url next, first;
} CollectionPage;
/* POST /{lang}/collections/new, {link}/edit: title description visibility; {link}/add: work note;
 * {link}/works: id place deed note to; {link}/remove: nothing. */
typedef struct {
    Layout layout;
    Faults faults;
    bool is_new, is_public;
    Url link;
    Field title, description, work, note;
    CollectionWorkItems works;
    uint64_t first_place, last_place;
    Url next, first;
} CollectionEditPage;
/* POST /{lang}/followed/seen: nothing */
typedef struct {
    Layout layout;
    CollectionItems items;
    CollectionWorkItems news;
} FollowedPage;
