/* top_list_make.h — the lists of top_list.h, made of what the tracker counted: the history of each
 * work (health.h), its counts, its thanks. A round goes through all works once, at most
 * TOP_LIST_WORKS_AT_ONCE at one call, behind the round in which the history of the hour was put
 * down; it holds a few places of each list in memory. A day that has ended is made once more, then
 * it stays. */
#pragma once
#include "community/top_list.h"

enum { TOP_LIST_WORKS_AT_ONCE = 10000 };

/* The round under way; all zero at the start. */
typedef struct {
    Arena arena; /* of the boards */
    struct TopBoards *boards;
    int64_t day, after_id, last_id;
    Seconds began_at, done_at;
} TopListMaker;
/* Call it every few seconds. What fails is begun again at a later call. */
MUST_USE Error top_list_make(Visit *visit, TopListMaker *maker);
void top_list_maker_free(TopListMaker *maker);
