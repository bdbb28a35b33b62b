/* thank.h — a word of thanks for who published a work: once a member and work, may be taken back.
 * The sum stands beside the other counts of the work. Nobody thanks themselves, and nobody says it
 * more than THANKS_A_DAY_MAX times in a day. */
#pragma once
#include "community/torrent.h"

/* Said already, or not said: stays as it is. */
MUST_USE Error thank_add(Visit *visit, int64_t torrent_id);
MUST_USE Error thank_remove(Visit *visit, int64_t torrent_id);
/* Whether the viewer said it. */
MUST_USE Error thank_find(Visit *visit, int64_t torrent_id, bool *ret_said);

/* How many there were of works by id: the last day, week and month before `until`, and all. */
typedef struct {
    int64_t torrent_id;
    uint64_t day, week, month, whole;
} ThankSum;
typedef struct {
    int64_t after_id, upto_id;
    Seconds day, week, month, until; /* where these begin, and where all end */
} ThankSpan;
MUST_USE Error thank_sums(Visit *visit, const ThankSpan *span, Arena *arena, ThankSum **ret_sums,
                          size_t *ret_count);
