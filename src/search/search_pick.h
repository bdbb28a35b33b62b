/* search_pick.h — one work by chance, without counting those it is chosen from.
 * Documents are drawn by number, over all segments, until one fits. Each that fits is as likely as
 * any other, however many do not; the price is the share of those, up to SEARCH_PICK_TRIES_MAX. */
#pragma once
#include "search/search.h"

/* *ret_id is 0 when nothing was found so: the ask has words, a tag or an uploader, which are not
 * judged work by work, or none fitted in all tries. That says nothing about whether there is one.
 * Sort, cursor, limit and facets do not matter. `chance` is the caller's to draw. */
MUST_USE Error search_pick(Search *search, const SearchAsk *ask, uint64_t chance, int64_t *ret_id);
