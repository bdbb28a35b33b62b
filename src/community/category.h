/* category.h — the shelves. A closed list; numbers are kept for ever (stored, and 100000 + number
 * in Torznab). */
#pragma once
#include "base/str.h"

typedef struct {
    unsigned number;
    const char *code;  /* "linux": in addresses and the API */
    const char *name;  /* English, translatable: "Linux and BSD" */
    const char *words; /* one line about what belongs here */
    unsigned newznab;  /* standard number (ecosystem: 1.2) */
} Category;

extern const Category categories[];      /* ends with code NULL */
const Category *category_find(Str code); /* NULL when unknown */
const Category *category_by_number(unsigned number);
