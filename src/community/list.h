/* list.h — what a person or a program typed to ask for a list, made into the question itself.
 * The site's forms, the JSON API and the feeds all ask in these words. */
#pragma once
#include "community/torrent.h"

typedef struct {
    Str q, category, license, language, tag, uploader;
    Str min_size, max_size; /* "700 MB", "1.5GiB", "1048576" */
    Str after, before;      /* a date, or RFC 3339 */
    Str min_seeders;
    Str min_files, max_files;
    Str may;    /* "change", "change,sell": all of it, as licence_may_names */
    Str year;   /* "2024" */
    Str health; /* "at_risk" */
    Str sort, cursor;
    size_t limit; /* 0: LIST_PAGE_STANDARD */
    bool facets;
} ListWords;

enum { LIST_PAGE_STANDARD = 50 };

/* The text of one field of form_list, to read or to fill; NULL: it has no such text. */
Str *list_words_field(ListWords *words, const char *name);

/* Every fault goes to `errors`, its field named; the rest of the question stands, so that a page
 * can still answer. */
void list_words_parse(const ListWords *words, ErrorList *errors, TorrentListAsk *ret_ask);
/* "1.5 GiB", « 1,5 Gio », "700 MB" or a number of bytes. */
bool list_words_parse_size(Str text, uint64_t *ret_bytes);
bool list_words_parse_size(Str text, uint64_t *ret_bytes); /* "1.5 GiB"; a comma will do */
