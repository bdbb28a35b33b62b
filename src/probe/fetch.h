/* fetch.h — one HTTP request to a stranger (libcurl), of which nothing is believed.
 * http and https only, certificates checked; no redirect followed, no proxy, no cookie, no
 * netrc, no compression, HTTP/1.1, one try; it connects to `to` whatever the URL says, and a socket
 * to anywhere else is refused. Bytes, headers and time are bounded: what is longer is cut off. */
#pragma once
#include "probe/outbound.h"

void fetch_start(void); /* once, before any thread */
void fetch_end(void);

typedef struct {
    Str url; /* made by target_url or http_scrape_url */
    Endpoint to;
    uint64_t from, length; /* bytes to ask for; length 0: no Range */
    size_t bytes_max;      /* of the body; the rest is left */
} FetchAsk;

typedef struct {
    int status;  /* 0: no answer */
    Str body;    /* in the arena; at most bytes_max */
    bool is_cut; /* there was more */
    bool has_size;
    uint64_t size_bytes; /* of the whole file, as Content-Range (206) or Content-Length says */
} Fetched;

/* OK when there was an answer, whatever its status; else NO_ANSWER, BAD_ANSWER, BAD_CERTIFICATE
 * or STOPPED. */
Outcome fetch_get(const Outbound *outbound, const FetchAsk *ask, Arena *arena,
                  Fetched *ret_fetched);
