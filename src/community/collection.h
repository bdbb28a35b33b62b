/* collection.h — lists of works that members make: with a title, words about it, an order, and a
 * note beside each work if they like.
 * Public ones are listed, on the pages of their works too; unlisted ones are shown to whoever knows
 * their address, which has a part nobody can guess and stays for ever. The owner changes them, and
 * moderators do. Anyone reads and mirrors them; members follow them and see what came since they
 * looked. Works that are gone keep their place, and are shown as gone. */
#pragma once
#include "community/torrent.h"

typedef struct {
    int64_t id;
    Str slug, title, description;
    bool is_public;
    int64_t owner_id;
    Str owner;
    uint64_t works, followers;
    Seconds created_at, changed_at;
    bool is_followed; /* by who looks; collection_find alone says so */
    uint64_t news;    /* works that came since they looked; collection_list_followed alone */
} Collection;

typedef struct {
    Str title, description;
    Str visibility; /* "public", "unlisted" */
} CollectionWords;

/* Fields title description visibility. Members. */
MUST_USE Error collection_add(Visit *visit, const CollectionWords *words, ErrorList *errors,
                              Collection *ret_collection);
MUST_USE Error collection_find(Visit *visit, Str slug, Collection *ret_collection);
bool collection_may_edit(const Visit *visit, const Collection *collection);
MUST_USE Error collection_change(Visit *visit, Str slug, const CollectionWords *words,
                                 ErrorList *errors);
MUST_USE Error collection_remove(Visit *visit, Str slug);
Str collection_path(Visit *visit, Language language, const Collection *collection);

typedef struct {
    Collection *at;
    size_t count;
    Str next; /* cursor of the next page; empty on the last */
} CollectionList;
/* Public ones that are not empty, changed last first. A foreign cursor is an error with field
 * "cursor". */
MUST_USE Error collection_list(Visit *visit, Str cursor, CollectionList *ret_list);
/* Public ones; to themselves and to moderators all. */
MUST_USE Error collection_list_of_member(Visit *visit, int64_t member_id, CollectionList *ret_list);
MUST_USE Error collection_list_of_work(Visit *visit, int64_t torrent_id,
                                       CollectionList *ret_list); /* public */
MUST_USE Error collection_list_followed(Visit *visit, CollectionList *ret_list);

/* --- its works: collection_work.c --- */

typedef struct {
    Torrent torrent;
    Str note;
    Seconds added_at;
} CollectionWork;
typedef struct {
    CollectionWork *at;
    size_t count;
    uint64_t from; /* place of the first, from 1 */
    Str next;      /* cursor */
} CollectionWorks;
/* In their order. What waits for a moderator is left out for who may not see it. */
MUST_USE Error collection_works(Visit *visit, const Collection *collection, Str cursor,
                                CollectionWorks *ret_works);
/* All, the one that came last first. */
MUST_USE Error collection_newest(Visit *visit, const Collection *collection,
                                 CollectionWorks *ret_works);
/* What came into the collections that who looks follows, since they looked. */
MUST_USE Error collection_news(Visit *visit, CollectionWorks *ret_works);

/* At the end. Fields torrent note. A work that is in it already is CONFLICT "in_it_already". */
MUST_USE Error collection_add_work(Visit *visit, Str slug, int64_t torrent_id, Str note);
MUST_USE Error collection_note_work(Visit *visit, Str slug, int64_t torrent_id, Str note);
/* To a place from 1; beyond the last is the last. */
MUST_USE Error collection_move_work(Visit *visit, Str slug, int64_t torrent_id, uint64_t place);
MUST_USE Error collection_remove_work(Visit *visit, Str slug, int64_t torrent_id);

/* --- following: collection_follow.c --- */
MUST_USE Error collection_follow(Visit *visit, Str slug);
MUST_USE Error collection_unfollow(Visit *visit, Str slug);
MUST_USE Error collection_see_news(Visit *visit); /* all of it, as of now */
