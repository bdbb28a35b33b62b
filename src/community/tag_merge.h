/* tag_merge.h — one tag put in the place of another, in every work that carries it.
 * From the moment it is asked for the one stands for the other, wherever tags are typed. The works
 * are rewritten by a job, so many a turn; each has a line in its history, which is what search
 * follows. What was done is kept, so that it can be taken back, by the same job. Members who are
 * trusted, and moderators. */
#pragma once
#include "community/tag.h"

typedef enum {
    TAG_MERGING,
    TAG_MERGED,
    TAG_UNMERGING, /* on the way back */
    TAG_UNMERGED,
} TagMergeState;

typedef struct {
    int64_t id;
    Str name, tag; /* `tag` came in the place of `name` */
    TagMergeState state;
    Str actor;
    Seconds started_at, ended_at;
    uint64_t works; /* changed, or changed back, so far */
} TagMerge;

/* `name` becomes another word for `into`, and what stood for it does too. `name` may be a word that
 * no work carries: then it is a synonym and nothing else. Fields tag into. */
MUST_USE Error tag_merge(Visit *visit, Str name, Str into, TagMerge *ret_merge);
MUST_USE Error tag_merge_undo(Visit *visit, int64_t id, TagMerge *ret_merge);
/* Into a tag, latest first. */
MUST_USE Error tag_merge_list(Visit *visit, Str tag, TagMerge **ret_merges, size_t *ret_count);

/* Merges that are done begin anew where works carry the old word again: an import brings what it
 * brings. For a job by the hour. */
MUST_USE Error tag_merge_look_again(Visit *visit);
/* A turn of the job: at most TAG_MERGE_WORKS_OF_TURN works. *ret_more: there is more to do. */
MUST_USE Error tag_merge_work(Visit *visit, bool *ret_more);
