/* heap.h — memory of objects with an owner that grow: arrays kept by an index, a table, a queue.
 * Never NULL: without memory the program stops, since nothing acknowledged is only in memory.
 * Untrusted sizes must have met a limit of limits.h before they come here. */
#pragma once
#include "base/str.h"

void *heap_new(size_t count, size_t size); /* zeroed, overflow-checked */
/* Makes `at` (NULL at first) hold `need` items of `size` bytes at least, growing by half; *room is
 * how many it holds. New room is not zeroed. */
void *heap_grow(void *at, size_t *room, size_t need, size_t size);
void heap_free(void *at); /* NULL is fine */
