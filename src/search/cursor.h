/* cursor.h — where a page of hits ended, as an opaque word for addresses.
 * Holds the sort key and id of the last hit, so that works added or removed meanwhile neither
 * repeat nor hide others, and a mark of the question, so that a cursor of another one is refused.
 */
#pragma once
#include "search/search.h"

typedef struct {
    SearchSort sort;
    uint64_t key;
    int64_t id;
} Cursor;

Str cursor_write(const Cursor *cursor, const SearchAsk *ask, Arena *arena);
MUST_USE Error cursor_parse(Str text, const SearchAsk *ask, Cursor *ret_cursor);
