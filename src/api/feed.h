/* feed.h — a list of works as a feed: RSS 2.0 with BEP 36 and the ezrss `torrent:` fields, or Atom
 * (RFC 4287), by the ending of the address: the address of a list with ".rss" or ".atom" behind it,
 * and its query. Clients read feeds to start torrents by themselves, so an entry carries the file,
 * its size, the hash, the magnet and the counts.
 * A feed has a weak ETag that counts alone do not change, and <lastBuildDate> changes if and only
 * if its entries do: some clients skip a feed whose date they know. Never HTML, errors included. */
#pragma once
#include "community/torrent.h"
#include "http/route.h"

typedef struct {
    Str title; /* plain text, in the reader's language; the site's name is put behind it */
    Str words; /* what it is a list of; may be empty */
    Str page; /* path of the list it is the feed of, with its query: "/en/browse/linux?sort=size" */
    const Torrent *works; /* what is gone is left out */
    size_t count;
    Seconds changed_at; /* nothing in the list changed since, as far as anybody can say: becomes
                           Last-Modified. 0: nobody can */
    const Str *notes;   /* one each, plain text, put before the description; NULL: none */
} Feed;
MUST_USE Error feed_answer(Request *request, Response *response, const Feed *feed);

/* For lists that are newest first: when the newest of them was published or edited. */
Seconds feed_newest(const Torrent *works, size_t count);
/* The request's address without ".rss" or ".atom", with the query of its form but the cursor. */
Str feed_page_of(const Request *request);
/* A translation in the reader's language, of a literal. */
Str feed_words(const Request *request, const char *english);

/* Whether the address is that of a feed, and what is answered there when something fails. */
bool feed_is_asked(const Request *request);
void feed_error(const Request *request, Error e, Response *response);

/* The feeds of the lists that a query makes. */
Error feed_home(Request *request, Response *response);
Error feed_browse(Request *request, Response *response);
Error feed_search(Request *request, Response *response);
Error feed_member(Request *request, Response *response);
Error feed_tag(Request *request, Response *response);
/* All works of a collection, the one that came last first. */
Error feed_collection(Request *request, Response *response);
/* series_api.c: its editions. */
Error feed_series(Request *request, Response *response);
Error feed_top(Request *request, Response *response);
Error feed_needs(Request *request, Response *response);
Error feed_giving(Request *request, Response *response);
