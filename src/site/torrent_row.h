/* torrent_row.h — a work of the community as a line of a list. */
#pragma once
#include "community/torrent.h"
#include "site/page.h"

TorrentRow torrent_row(const Request *request, const Torrent *torrent);
TorrentRows torrent_rows(const Request *request, const TorrentList *list);
