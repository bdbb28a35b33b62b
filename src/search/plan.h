/* plan.h — a query made ready for one segment: lists opened, prefixes gathered, the cheap before
 * the dear. Answers in two ways: all at once, where few documents can match; else window by window
 * of 65,536, as bits, so that what is at work stays in the nearest caches and memory does not grow
 * with the segment. A plan goes once through its documents, rising. All lives in the arena. */
#pragma once
#include "search/bitmap.h"
#include "search/posting.h"
#include "search/query.h"
#include "search/view.h"

/* Documents with the fields a word was found in. */
typedef struct {
    uint32_t *documents;
    uint8_t *fields; /* NULL: a mark, found in none */
    size_t count, room;
} Found;

typedef enum {
    LEAF_LIST,   /* as it lies in the segment */
    LEAF_FOUND,  /* gathered when the plan was made */
    LEAF_BYTES,  /* gathered likewise, a byte of fields for every document */
    LEAF_PHRASE, /* the works of `candidates` whose positions fit, kept in `found` */
} LeafKind;

typedef struct PlanNode PlanNode;

typedef struct {
    PostingReader reader;
    uint32_t position; /* in the phrase */
} PhrasePart;

typedef struct {
    LeafKind kind;
    uint8_t fields;                          /* to be found in one of these; 0: a mark, anywhere */
    uint32_t most;                           /* documents, or more than there are */
    PostingReader reader, checking, scoring; /* of documents, of wanted fields, of points */
    Found found;
    size_t found_at, scored_at;
    const uint8_t *bytes;
    PlanNode *candidates;
    PhrasePart *parts;
    size_t part_count;
} Leaf;

typedef enum {
    PLAN_ALL,
    PLAN_LEAVES, /* in one of them */
    PLAN_AND,
    PLAN_OR,
    PLAN_NOT,
    PLAN_CLASSES, /* of classes marked true */
    PLAN_SPAN,    /* documents from `min` to before `max` */
    PLAN_SIZE,
    PLAN_SEEDERS,
    PLAN_FILES,
    PLAN_HEALTH,
    PLAN_FILTER,
} PlanKind;

enum { PLAN_LEAVES_MAX = 2 };

struct PlanNode {
    PlanKind kind;
    bool scored;  /* a word asked for: it gives points */
    bool as_bits; /* of an AND: joined as bits; else asked of each document left */
    PlanNode *first, *next;
    uint32_t most;
    Leaf *leaves[PLAN_LEAVES_MAX];
    size_t leaf_count;
    const bool *classes;
    uint64_t min, max;
    uint8_t bits;
    const SearchFilter *filter;
    bool remembered; /* keeps the documents it matched, since points hang on it */
    Found matched;
    size_t scored_at;
};

typedef struct {
    const ViewPart *part;
    const Columns *columns;
    const QueryNames *names;
    Arena *arena;
    uint32_t documents;
    PlanNode *root;
    uint32_t from, to; /* all else is out */
    bool rewinds;      /* it may be asked for its windows in any order, rewound before each */
    uint64_t **bits;   /* room for windows, to be used again */
    uint32_t **lists;
    size_t bits_free, lists_free;
} Plan;

enum { PLAN_BUFFERS_MAX = 128 };

/* It or a parent of it is the one wanted. */
bool plan_in_category(const QueryNames *names, unsigned category, int wanted);

/* `query` may be NULL: every work. */
Plan plan_create(const ViewPart *part, const QueryNode *query, const QueryNames *names,
                 Arena *arena);
/* Narrows it further. */
void plan_add(Plan *plan, PlanNode node);
void plan_settle(Plan *plan); /* when nothing is to be added any more */

/* Whether plan_collect is to be asked, once, instead of plan_window for each window. */
bool plan_is_sparse(const Plan *plan);
size_t plan_collect(Plan *plan, uint32_t **ret_documents);
/* Documents of the window that begins at `from`, a multiple of BITMAP_WINDOW, into room for as
 * many; returns how many. Those that are gone are left out here too. */
size_t plan_window(Plan *plan, uint32_t from, uint32_t *ret_documents);

void plan_rewind(Plan *plan);

/* Of documents that match, rising from call to call, at most PLAN_SCORES_MAX: the sum of
 * rank_fields over the words found. */
enum { PLAN_SCORES_MAX = 1024 };
void plan_score(Plan *plan, const uint32_t *documents, size_t count, uint32_t *ret_points);
/* Whether a word is found in its file names, and in nothing that a hit shows. */
bool plan_is_in_file(Plan *plan, uint32_t document);
void plan_score_anew(Plan *plan); /* they may begin with the first again */

/* ---- between the plan_*.c ---- */

void plan_settle_and(PlanNode *node);
uint64_t *plan_take_bits(Plan *plan);
void plan_give_bits(Plan *plan, uint64_t *bits);
uint32_t *plan_take_list(Plan *plan);
void plan_give_list(Plan *plan, uint32_t *list);

/* One node: of the documents given those that match; of a window, as bits; all there are. */
size_t plan_filter(Plan *plan, PlanNode *node, uint32_t *documents, size_t count);
void plan_bits(Plan *plan, PlanNode *node, uint32_t from, uint32_t to, uint64_t *ret_bits);
size_t plan_list(Plan *plan, PlanNode *node, uint32_t from, uint32_t to, uint32_t *ret_documents);
uint32_t *plan_collect_node(Plan *plan, PlanNode *node, size_t *ret_count);
/* Both rising, together, each once. */
uint32_t *plan_unite(Plan *plan, uint32_t *a, size_t *count, uint32_t *b, size_t b_count);

Leaf *leaf_list(Plan *plan, Str word, uint8_t fields);
Leaf *leaf_prefix(Plan *plan, Str prefix, uint8_t fields);
Leaf *leaf_found(Plan *plan, Found found, uint8_t fields);
Leaf *leaf_words(Plan *plan, const QueryWords *words); /* one piece, or a row of them */
size_t leaf_filter(Plan *plan, Leaf *leaf, uint32_t *documents, size_t count);
void leaf_bits(Plan *plan, Leaf *leaf, uint32_t from, uint32_t to, uint64_t *bits); /* or-s */
uint32_t *leaf_collect(Plan *plan, Leaf *leaf, size_t *ret_count);
void leaf_join_fields(Leaf *leaf, const uint32_t *documents, size_t count, uint8_t *fields);
/* The worth of its fields to each of `points`, which begin with document `from`. */
void leaf_add_points(Leaf *leaf, uint32_t from, uint32_t to, const uint32_t *worth,
                     uint32_t *points);
void leaf_score_anew(Leaf *leaf);
void leaf_rewind(Leaf *leaf);

typedef struct {
    Occurrence *at;
    size_t count, room;
} Places;

Leaf *phrase_leaf(Plan *plan, const QueryWords *words);
/* Adds where the exact parts stand in a row in this document, in one of `wanted`. */
void phrase_add_starts(Leaf *leaf, uint32_t document, uint8_t wanted, Places *starts, Arena *arena);
/* Of `words` some are prefixes: `exact` has the parts that are none, `united` the works of one of
 * the prefixes or is NULL. */
Leaf *begun_leaf(Plan *plan, const QueryWords *words, Leaf *exact, Leaf *united);
size_t phrase_check(Plan *plan, Leaf *leaf, uint32_t *documents, size_t count);

void found_add(Found *found, uint32_t document, uint8_t fields, Arena *arena);
/* The first at or behind `at` that is `document` or later. */
size_t found_find(const Found *found, size_t at, uint32_t document);
