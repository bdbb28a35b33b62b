/* torrent_pages.h — the .torrent of a work as an answer, under its own name. */
#pragma once
#include "community/torrent.h"
#include "site/page.h"

MUST_USE Error torrent_pages_file(Request *request, Response *response, const Torrent *torrent);
