/* index.h — words to works, and the columns beside them.
 * A work is first made a Draft, which needs no lock and is most of the effort; adding it is then
 * quick. What is removed is only marked, until enough is gone to pack the whole. Not locked:
 * search.c does that. */
#pragma once
#include "search/column.h"
#include "search/posting.h"

typedef struct {
    Str word;
    uint32_t number; /* in the vocabulary, once added */
    Occurrence occurrence;
    bool mark; /* a tag or an uploader as a whole: no position */
} DraftWord;

/* One work, cut into words. Lives in an arena, its paths on the heap until it is added. */
typedef struct {
    const SearchWork *work;
    PathTable *paths;
    DraftWord *words;
    size_t count, room;
} Draft;

Draft index_draft_create(const SearchWork *work, Arena *arena);

typedef struct {
    Vocabulary *vocabulary;
    PostingList *lists; /* by word number */
    size_t room;
    Columns columns;
} Index;

Index index_create(void);
void index_free(Index *index);
void index_add(Index *index, Draft *draft); /* in place of the work with its id, if any */
void index_remove(Index *index, int64_t id);

/* The list of a word; an empty one when nobody has it. */
const PostingList *index_find(const Index *index, Str word);

/* Words that mark a work as a whole share the vocabulary behind a byte no text can give. */
Str index_tag_word(Arena *arena, Str tag);
Str index_uploader_word(Arena *arena, Str name);
