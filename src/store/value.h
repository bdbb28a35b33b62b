/* value.h — what stands in asks and rows beside Str, int64_t, double and bool.
 * A nullable text or blob is a Str whose `at` is NULL; an empty one that is there has an `at`. */
#pragma once
#include "base/str.h"

typedef struct {
    bool known;
    int64_t value;
} MaybeInt;

typedef struct {
    bool known;
    double value;
} MaybeReal;

/* A list to look in: "where id in (select value from json_each(:ids))". */
typedef struct {
    const int64_t *at;
    size_t count;
} Ints;
