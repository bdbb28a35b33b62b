/* query_field.h — the fields of the query language: one table for the parser, the page that
 * explains the language, and the words about mistakes. */
#pragma once
#include "search/query.h"

typedef struct {
    const char *name;    /* "size" */
    const char *aliases; /* other spellings, folded, between spaces: English and French */
    QueryKind kind;      /* QUERY_WORDS: looks in `fields` */
    uint8_t fields;
    const char *label;    /* "Size": English, translatable */
    const char *example;  /* "size:>1GB" */
    const char *words;    /* what it asks for */
    const char *no_sense; /* about a value that makes none, which stands for {}; NULL: any does */
} QueryField;

extern const QueryField query_fields[]; /* ends with name NULL */

/* By any of its names, however accented; NULL when there is none. */
const QueryField *query_field_find(Str name);
/* The name nearest to what was typed, a letter or two away; NULL: none is near. */
const QueryField *query_field_near(Str name);
/* query_filter.c: the node that a filter and its value make, NULL when the value makes no sense.
 * What was odd about it but could be read goes to notes. */
QueryNode *query_filter_parse(const QueryField *field, Str value, const QueryNames *names,
                              Arena *arena, ErrorList *notes);

/* Whether `word` is the unit of the amount that ends `value`: "1 GB", "30 days". */
bool query_filter_takes_unit(const QueryField *field, Str value, Str word);

/* query_range.c: ">1GB", "<=5", "1..5", "=3", "2..", "..4", or a bare amount. */
typedef struct {
    uint64_t min, max; /* both included; min > max: nothing is asked for */
    bool turned;       /* the ends were typed the other way round */
} QueryRange;

typedef enum {
    AMOUNT_BYTES, /* bare: at least */
    AMOUNT_COUNT, /* bare: at least */
    AMOUNT_EXACT, /* a count; bare: exactly */
    AMOUNT_DATE,  /* 2024, 2024-05, 2024-05-17: the whole of it */
    AMOUNT_AGE,   /* 30d, 2w, 6m, 1y; bare: at most. The range is of dates */
} AmountKind;

bool query_range_parse(Str text, AmountKind kind, Seconds now, QueryRange *ret_range);
bool query_range_is_unit(Str text, AmountKind kind);
