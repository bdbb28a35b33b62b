/* category.h — the shelves: a closed list, two levels deep. A work stands on one of either level;
 * who asks for a parent is given what stands on its children too. Numbers are kept for ever
 * (stored, and 100000 + number for programs that know Newznab's), and so are codes. */
#pragma once
#include "base/str.h"

enum { CATEGORY_CUSTOM = 100000, CATEGORY_NUMBERS = 64 };

typedef struct {
    unsigned number;   /* below CATEGORY_NUMBERS */
    unsigned parent;   /* its number; 0: none */
    const char *code;  /* "linux": in addresses and the API */
    const char *name;  /* English, translatable: "Linux and BSD" */
    const char *words; /* one line about what belongs here */
    unsigned newznab;  /* the number programs know it by: of what fits best */
} Category;

extern const Category categories[];      /* ends with code NULL; a parent, then its children */
const Category *category_find(Str code); /* NULL when unknown */
const Category *category_by_number(unsigned number);
const Category *category_parent(const Category *category);             /* NULL: it is one */
bool category_is_in(const Category *category, const Category *wanted); /* it, or a child of it */
unsigned category_custom(const Category *category); /* "100013", besides `newznab` */
/* Counts by number: to those of a parent its children's are added. */
void category_add_up(uint64_t *counts, size_t count);
