/* http_announce.h — the HTTP tracker protocol: query string in, Announce out; values in, bencode
 * out. BEP 3, 7, 21, 23, 24, 31 and 48. Pure: no sockets, no clock. Lenient where clients differ
 * (order of keys, unknown events, numbers out of range, `compact=0`), strict about the hash.
 * Answers are always compact and always hold both `peers` and `peers6`: some clients need them. */
#pragma once
#include "tracker/announce.h"

enum { HTTP_RETRY_NEVER = 0 };

/* A refusal in words for a person; empty when all is well. */
typedef struct {
    Str words;
    unsigned retry_in_min; /* BEP 31; HTTP_RETRY_NEVER: asking again will not help */
} HttpRefusal;

HttpRefusal http_announce_parse(Str query, IpAddress from, Arena *arena, Announce *ret_announce);
Str http_announce_write(const Answer *answer, IpAddress from, Arena *arena);

typedef struct {
    SwarmHash hashes[TRACKER_SCRAPE_HASHES_MAX]; /* sorted, each once: keys of a dictionary */
    size_t count;
} HttpScrape;

HttpRefusal http_scrape_parse(Str query, Arena *arena, HttpScrape *ret_scrape);
Str http_scrape_write(const HttpScrape *scrape, const SwarmState *swarms, Arena *arena);

Str http_refusal_write(HttpRefusal refusal, Arena *arena);
