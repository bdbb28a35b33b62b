/* top_list.h — what is on top: of a day, a week, a month, all time; by completions, by seeders, by
 * thanks; of everything or of one category. One list a day is kept for TOP_LIST_DAYS_KEPT days, so
 * that one can go back; those of the day that is not over are made anew each hour
 * (top_list_make.h). A list keeps its ranks: a work that is gone since leaves a gap.
 * Days are those of UTC. A week is the seven days up to and with the day of the list, a month
 * thirty. By seeders: the most at one time. Of the tracker's own counts, never of claims. */
#pragma once
#include "community/torrent.h"

typedef enum { TOP_COMPLETED, TOP_SEEDERS, TOP_THANKS, TOP_MEASURE_COUNT } TopMeasure;
typedef enum { TOP_DAY, TOP_WEEK, TOP_MONTH, TOP_ALL, TOP_PERIOD_COUNT } TopPeriod;

typedef struct {
    const char *code;  /* "completed", "week": in addresses */
    const char *label; /* English: "Most downloaded", "Week" */
} TopName;
extern const TopName top_measures[TOP_MEASURE_COUNT];
extern const TopName top_periods[TOP_PERIOD_COUNT];

typedef struct {
    TopMeasure measure;
    TopPeriod period;
    unsigned category; /* 0: all of them */
    Seconds day;       /* any moment of it; 0: the latest there is. A day without lists gives those
                          of the last day before that has some */
} TopAsk;

/* The same as typed; date: "2026-11-23", empty for the latest. A measure or period there is not is
 * NOT_FOUND, the rest are faults of fields. */
typedef struct {
    Str by, period, category, date;
} TopWords;
MUST_USE Error top_words_parse(const TopWords *words, ErrorList *errors, TopAsk *ret_ask);

typedef struct {
    unsigned rank, rank_before; /* from 1; before: the day before, 0: not on the list */
    uint64_t value;
    Torrent torrent; /* without description */
} TopEntry;

typedef struct {
    Seconds day; /* its beginning; 0: there is no list yet */
    bool is_over;
    Seconds previous, next; /* neighbours that have lists; 0: none */
    bool has_before;        /* the day before has lists: ranks can be compared */
    bool is_unmeasured;     /* nothing has been counted so far that any list of the measure could
                               hold: the one of all works and all time is empty too */
    TopEntry *at;
    size_t count;
} TopList;
MUST_USE Error top_list_find(Visit *visit, const TopAsk *ask, TopList *ret_list);

/* One place of a list as it is kept. For top_list_make.c. */
typedef struct {
    uint32_t id, value;
} TopPlace;
unsigned top_list_kind(TopMeasure measure, TopPeriod period);
Str top_list_write(const TopPlace *places, size_t count, Arena *arena);
/* False when the bytes are damaged. */
bool top_list_parse(Str bytes, Arena *arena, TopPlace **ret_places, size_t *ret_count);
