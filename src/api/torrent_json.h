/* torrent_json.h — a work as the API shows it. */
#pragma once
#include "api/json.h"
#include "community/torrent.h"

json_t *torrent_json(const Request *request, const Torrent *torrent);
Str torrent_json_url(const Request *request,
                     Str path); /* site_url + "/en" + path without language */
