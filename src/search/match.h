/* match.h — the works that a query tree asks for, by rising document number.
 * Everything lives in the arena; the index is only read. */
#pragma once
#include "search/index.h"
#include "search/query.h"

typedef struct {
    uint32_t document;
    uint32_t points; /* sum of rank_fields over the words found */
    uint32_t path;   /* 1 + the position of a word found in file names only; 0: none */
} Match;

typedef struct {
    Match *at;
    size_t count;
} Matches;

Matches match_node(const Index *index, const QueryNode *node, Arena *arena);

/* match_words.c: one word, prefix or phrase. `points` is the set of fields it was found in. */
Matches match_words(const Index *index, const QueryWords *words, Arena *arena);
/* The works a list names that are still there, with the fields of `fields` it has them in. */
Matches match_list(const Index *index, const PostingList *list, uint8_t fields, Arena *arena);

Matches matches_create(Arena *arena, size_t room);
void matches_add(Matches *matches, Match match); /* within the room it was made with */
/* Works in either; `points` of works in both are or-ed when they are sets of fields, else added. */
typedef enum { POINTS_ARE_FIELDS, POINTS_ADD } PointsKind;
Matches matches_unite(Matches a, Matches b, PointsKind kind, Arena *arena);
