/* series_json.h — what a work is to its series, and what of it is elsewhere, as the API says it. */
#pragma once
#include "api/json.h"
#include "community/file_key.h"
#include "community/series.h"

/* "series" and "superseded_by", null where there is none. */
MUST_USE Error series_json_add(const Request *request, const Torrent *torrent, json_t *item);
json_t *series_json_same(const Request *request, const SameFiles *same);
