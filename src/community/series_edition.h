/* series_edition.h — for series*.c and upload.c alone: an edition checked, and then written
 * together with its work. */
#pragma once
#include "community/series.h"
#include "queries/edition.h"
#include "queries/series.h"

typedef struct {
    bool is_one;
    bool is_new_series;
    SeriesAddAsk series; /* of a new one */
    EditionPutAsk edition;
    Seconds at;
} PreparedEdition;

/* What is wrong goes to `errors`. Nothing typed: no edition. `category` says the kind of a new
 * series. */
MUST_USE Error series_prepare(Visit *visit, const EditionWords *words, const Category *category,
                              ErrorList *errors, PreparedEdition *ret_prepared);
/* Inside a write. */
MUST_USE Error series_write_edition(Db *db, Arena *arena, PreparedEdition *prepared,
                                    int64_t torrent_id);

Series series_from_row(const SeriesLineRow *row);
bool series_check_words(const SeriesWords *words, Arena *arena, ErrorList *errors,
                        SeriesAddAsk *ret_ask);
/* "1795437000.12": what a page ended with. Empty: from the first. */
MUST_USE Error series_parse_cursor(Str cursor, Seconds *ret_at, int64_t *ret_id);
Str series_write_cursor(Seconds at, int64_t id, Arena *arena);
