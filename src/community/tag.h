/* tag.h — words that members put on works, and what is said of them: a description, and other words
 * that stand for the same (synonyms).
 * Works carry tags as words (Torrent.tags), in the form of upload_words.c: lower case, no white
 * space. A synonym is put right wherever a tag comes in: when a work is published or edited, and in
 * questions. Members who are trusted and moderators say what a tag is, and merge one into another
 * (tag_merge.h); everybody sees what was done and by whom. */
#pragma once
#include "community/torrent.h"

typedef struct {
    Str name, description;
    Seconds changed_at; /* of the description; 0: nobody said anything yet */
    Str *synonyms;
    size_t synonym_count;
    uint64_t works; /* published ones that carry it */
} Tag;

/* A synonym gives what it stands for: then ret_tag->name is not `name`. NOT_FOUND for a word that
 * no work carries, that stands for nothing and that nothing was said about. */
MUST_USE Error tag_find(Visit *visit, Str name, Tag *ret_tag);
/* "Free  Software" as "free-software"; an error with field "tag" when it can be no tag. */
MUST_USE Error tag_read(Str typed, Arena *arena, Str *ret_name);
bool tag_may_edit(const Visit *visit);
MUST_USE Error tag_describe(Visit *visit, Str name, Str description);

typedef struct {
    Str name;
    uint64_t works;
} TagUse;
typedef struct {
    TagUse *at;
    size_t count;
} TagUses;
/* Those most works carry, at most `count` and TAGS_LISTED_MAX. */
MUST_USE Error tag_list(Visit *visit, size_t count, TagUses *ret_tags);

/* What `tag` stands for: itself, mostly. */
MUST_USE Error tag_resolve(Visit *visit, Str tag, Str *ret_tag);
/* The same of what was typed in a question; as typed when it can be no tag. */
MUST_USE Error tag_meant(Visit *visit, Str typed, Str *ret_tag);
/* The same of several with spaces between, each kept once. */
MUST_USE Error tag_resolve_all(Visit *visit, Str tags, Str *ret_tags);

Str tag_path(Visit *visit, Language language, Str name); /* "/en/tag/c%2B%2B" */

typedef struct {
    Seconds at;
    Str actor, what, detail; /* "described", "merged", "unmerged" */
} TagEvent;
/* Latest first. */
MUST_USE Error tag_history(Visit *visit, Str name, TagEvent **ret_events, size_t *ret_count);
