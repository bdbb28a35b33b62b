/* cache.h — answers to anonymous GETs, kept a few seconds, ready to send: compressed, with ETag.
 * Single-flight: while one request makes an answer, others for the same wait for it instead of
 * making it too. Bounded in bytes and entries, oldest use goes first. Locked: any thread. */
#pragma once
#include "http/exchange.h"

typedef struct Cache Cache;
typedef struct CacheEntry CacheEntry;

Cache *cache_create(size_t bytes_max, size_t entries_max);
void cache_free(Cache *cache);

typedef enum {
    CACHE_HIT,  /* exchange->cached holds the answer */
    CACHE_FILL, /* make it, then call cache_fill or cache_abandon, if exchange->fills_cache */
    CACHE_WAIT, /* another makes it: this exchange is handed to `cache_fill` or `cache_abandon` */
} CacheFate;
CacheFate cache_find(Cache *cache, Exchange *exchange);
/* The answer in exchange->response is kept. Returns the exchanges that waited, each with `cached`.
 */
Exchange *cache_fill(Cache *cache, Exchange *exchange, Milliseconds now);
/* Not fit to be kept. Returns the exchanges that waited: each must be answered on its own. */
Exchange *cache_abandon(Cache *cache, Exchange *exchange);
/* Sets the response from exchange->cached. */
void cache_answer(const CacheEntry *entry, Response *response);
void cache_release(Cache *cache, CacheEntry *entry);
void cache_forget(Cache *cache); /* what is being made now is not kept either */
