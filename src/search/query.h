/* query.h — what a person typed, as a tree. Any bytes are a valid query.
 *   words            all of them, anywhere
 *   "a phrase"       in this order
 *   -word -"..." -(  not
 *   a or b, (a b)    either; and binds tighter
 *   word*            words that start so
 *   field:value      as query_field.h lists them; a,b takes either
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
    Str typed;  /* as it was, without its quotation marks */
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
    const char *field;       /* its name in query_field.h; NULL: words looked for anywhere */
    QueryWords words;
    Str value; /* LICENSE, LANGUAGE, TAG, UPLOADER: as typed, or as find_value made it; EXTENSION:
                  folded */
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
    const uint8_t *category_parents; /* by number, 0: none */
    size_t category_count, may_count, health_count;
    Seconds now; /* for age:<30d */
    /* Values that only the caller knows: of a CATEGORY, LICENSE, LANGUAGE or ID node, whose `value`
     * is as typed, makes the one that is meant; false when there is no such thing. NULL: the names
     * above, licences and languages as typed, no hashes. */
    bool (*find_value)(void *argument, QueryNode *node, Arena *arena);
    void *argument;
} QueryNames;

QueryNode *query_parse(Str text, const QueryNames *names, Arena *arena);
/* Says in words, too, what was odd about it and how it was read: an unknown field, a value that
 * makes no sense, a lost parenthesis or quotation mark. Codes begin with "search_"; `field` is the
 * field of the language. At most SEARCH_NOTES_MAX. */
QueryNode *query_parse_explained(Str text, const QueryNames *names, Arena *arena,
                                 ErrorList *ret_notes);
/* How many words and phrases ask for something (are not excluded). */
size_t query_count_wanted(const QueryNode *node);

/* query_write.c: the tree as a query that reads as the same tree: what a query was taken for. */
Str query_write(const QueryNode *node, Arena *arena);
