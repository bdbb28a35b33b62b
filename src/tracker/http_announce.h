/* http_announce.h — the HTTP tracker protocol: query string in, Announce out; values in, bencode
 * out. BEP 3, 7, 21, 23, 24, 31 and 48. Pure: no sockets, no clock. Lenient where clients differ
 * (order of keys, unknown events, numbers out of range, `compact=0`), strict about the hash.
 * Answers are always compact and always hold both `peers` and `peers6`: some clients need them. */
#pragma once
#include "tracker/announce.h"

enum { HTTP_RETRY_NEVER = 0, HTTP_WARNING_BYTES_MAX = 200 };

/* A refusal in words for a person; empty when all is well. */
typedef struct {
    Str words;
    unsigned retry_in_min; /* BEP 31; HTTP_RETRY_NEVER: asking again will not help */
} HttpRefusal;

HttpRefusal http_announce_parse(Str query, IpAddress from, Announce *ret_announce);
/* Both return how long what they wrote is. */
size_t http_announce_write(const Answer *answer, IpAddress from,
                           char room[TRACKER_HTTP_ANSWER_BYTES_MAX]);
/* Puts words for a person (BEP 3, `warning message`) behind an answer of `len` bytes to an
 * announce; returns how long it is now. At most HTTP_WARNING_BYTES_MAX. */
size_t http_warning_add(Str words, size_t len, char room[TRACKER_HTTP_ANSWER_BYTES_MAX]);
size_t http_refusal_write(HttpRefusal refusal, char room[TRACKER_HTTP_ANSWER_BYTES_MAX]);

typedef struct {
    SwarmHash hashes[TRACKER_SCRAPE_HASHES_MAX]; /* sorted, each once: keys of a dictionary */
    size_t count;
} HttpScrape;

HttpRefusal http_scrape_parse(Str query, HttpScrape *ret_scrape);
Str http_scrape_write(const HttpScrape *scrape, const SwarmState *swarms, Arena *arena);
