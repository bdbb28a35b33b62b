/* golden.h — what the golden views show. */
#pragma once
#include "site/html.h"

typedef struct {
    Str name;
    uint64_t size_bytes;
    Url link;
} GoldenRow;
typedef struct {
    const GoldenRow *at;
    size_t count;
} GoldenRows;
typedef struct {
    Str title, mood;
    GoldenRows rows;
    Html words;
    uint64_t files;
    bool wide;
    Url here;
} GoldenPage;
