/* query.h — what a person typed, as a tree. Any bytes are a valid query.
 *   words            all of them, anywhere
 *   "a phrase"       in this order
 *   -word -"..." -(  not
 *   a or b, (a b)    either; and binds tighter
 *   word*            words that start so
 *   field:value      category tag license lang user size seeds; title author file take words
 * A mistake is read as words: an unknown field, a value that makes no sense, a lost parenthesis.
 * The tree lives in the arena; nothing in it points into the text. */
#pragma once
#include "search/posting.h"
#include "search/search.h"

/* One row of pieces, as token.h makes them, with their distances kept. */
typedef struct {
    Str word;
    uint32_t position; /* from the first */
    bool prefix;
} QueryPart;

typedef struct {
    QueryPart *parts;
    size_t count;
    Str joined; /* also matches as one word ("wifi" for wi-fi); empty: no */
    bool joined_prefix;
    uint8_t fields; /* bit per Field */
} QueryWords;

typedef enum {
    QUERY_ALL, /* every work */
    QUERY_WORDS,
    QUERY_AND,
    QUERY_OR,
    QUERY_NOT, /* one child */
    QUERY_CATEGORY,
    QUERY_LICENSE,
    QUERY_LANGUAGE,
    QUERY_TAG,
    QUERY_UPLOADER,
    QUERY_SIZE,
    QUERY_SEEDERS,
    QUERY_MAY,
    QUERY_HEALTH,
    QUERY_FILES, /* how many */
    QUERY_DATE,  /* when published, Unix seconds */
    QUERY_ID,
    QUERY_EXTENSION, /* a file of this kind: the mark \3 before `value` */
} QueryKind;

typedef struct QueryNode QueryNode;
struct QueryNode {
    QueryKind kind;
    QueryNode *first, *next; /* children, and the sibling after this one */
    QueryWords words;
    Str value; /* LICENSE, LANGUAGE, TAG, UPLOADER: as typed; EXTENSION: folded */
    int category;
    uint64_t min, max;  /* SIZE, SEEDERS, FILES, DATE: both included */
    uint8_t bits;       /* MAY: all of them; HEALTH: one of these states */
    const int64_t *ids; /* ID: one of these, rising; of an unknown hash none */
    size_t id_count;
    uint32_t from, end; /* bytes of the text it was read from */
};

/* What words stand for. Each name by its number, an empty one where there is none. */
typedef struct {
    const Str *category_names, *may_names, *health_names;
    size_t category_count, may_count, health_count;
    Seconds now; /* for age:<30d */
    /* Values that only the caller knows: of a CATEGORY, LICENSE, LANGUAGE or ID node, whose `value`
     * is as typed, makes the one that is meant; false when there is no such thing. NULL: the names
     * above, licences and languages as typed, no hashes. */
    bool (*find_value)(void *argument, QueryNode *node, Arena *arena);
    void *argument;
} QueryNames;

QueryNode *query_parse(Str text, const QueryNames *names, Arena *arena);
/* How many words and phrases ask for something (are not excluded). */
size_t query_count_wanted(const QueryNode *node);

/* query_field.c: "size" and ">1GB" as a node; NULL when they are no filter we know. */
QueryNode *query_parse_filter(Str field, Str value, const QueryNames *names, Arena *arena);
/* The fields that `title:`, `author:` and `file:` look in; 0 for another name. */
uint8_t query_parse_text_field(Str field);
