/* noted_row.h — a work in a list that says more of it than most: its rank, when it was picked. */
#pragma once
#include "community/torrent.h"
#include "site/page.h"
#include "site/top_views.h"

/* With the age of the last seeder; the rest is the caller's to add. */
NotedRow noted_row(const Request *request, const Torrent *torrent);
