#include "http/cache.h"

#include <assert.h>
#include <pthread.h>

#include "base/digest.h"
#include "base/heap.h"
#include "base/random.h"
#include "http/engine.h"

enum { CACHE_SLOTS = 4096, ENTRY_ARENA_MAX = 64 * MIB };

struct CacheEntry {
    CacheEntry *next;          /* of its slot */
    CacheEntry *newer, *older; /* by use; only those in the table */
    Arena arena;
    uint64_t hash;
    Str key;
    Response response; /* all in the arena */
    Milliseconds expires_at;
    size_t size_bytes;
    unsigned references; /* exchanges that answer from it, plus one while in the table */
    uint64_t generation;
    bool ready, listed;
    Exchange *waiting;
};

struct Cache {
    pthread_mutex_t lock;
    uint8_t key[SIPHASH_KEY_BYTES];
    CacheEntry *slots[CACHE_SLOTS];
    CacheEntry *newest, *oldest;
    size_t bytes, bytes_max, entries, entries_max;
    uint64_t generation; /* of what may be kept */
};

Cache *cache_create(size_t bytes_max, size_t entries_max) {
    Cache *cache = heap_new(1, sizeof *cache);
    pthread_mutex_init(&cache->lock, NULL);
    random_bytes(cache->key, sizeof cache->key);
    cache->bytes_max = bytes_max;
    cache->entries_max = entries_max;
    return cache;
}

static void drop_reference(CacheEntry *entry) {
    assert(entry->references > 0);
    if (--entry->references > 0) return;
    arena_free(&entry->arena);
    heap_free(entry);
}

static void unlink_use(Cache *cache, CacheEntry *entry) {
    *(entry->newer ? &entry->newer->older : &cache->newest) = entry->older;
    *(entry->older ? &entry->older->newer : &cache->oldest) = entry->newer;
    entry->newer = entry->older = NULL;
}

static void link_use(Cache *cache, CacheEntry *entry) {
    entry->older = cache->newest;
    *(cache->newest ? &cache->newest->newer : &cache->oldest) = entry;
    cache->newest = entry;
}

static void remove_entry(Cache *cache, CacheEntry *entry) {
    CacheEntry **at = &cache->slots[entry->hash % CACHE_SLOTS];
    if (!entry->listed) return;
    while (*at != entry) at = &(*at)->next;
    *at = entry->next;
    unlink_use(cache, entry);
    cache->bytes -= entry->size_bytes;
    cache->entries--;
    entry->listed = false;
    drop_reference(entry);
}

void cache_free(Cache *cache) {
    if (!cache) return;
    while (cache->oldest) remove_entry(cache, cache->oldest);
    pthread_mutex_destroy(&cache->lock);
    heap_free(cache);
}

/* All that an anonymous answer may depend on. HEAD is answered from what GET made. */
static Str key_of(const Exchange *exchange) {
    const Request *request = &exchange->request;
    Str theme = request_cookie(request, STR("theme"));
    Text key = text_create(request->arena, HTTP_HEAD_BYTES_MAX * 2);
    text_add_byte(&key, (char)('0' + exchange->encoding));
    text_add_byte(&key, (char)('0' + request->secure));
    text_add_byte(&key, (char)('0' + request->language));
    text_add(&key, request->host);
    text_add_byte(&key, '\n');
    text_add(&key, theme);
    text_add_byte(&key, '\n');
    text_add(&key, request->target);
    return text_str(&key);
}

static CacheEntry *add_entry(Cache *cache, uint64_t hash, Str key) {
    CacheEntry *entry = heap_new(1, sizeof *entry);
    entry->arena = arena_create(ENTRY_ARENA_MAX);
    entry->hash = hash;
    entry->key = arena_copy(&entry->arena, key);
    entry->references = 1;
    entry->size_bytes = sizeof *entry + ARENA_BLOCK_BYTES;
    entry->generation = cache->generation;
    entry->listed = true;
    entry->next = cache->slots[hash % CACHE_SLOTS];
    cache->slots[hash % CACHE_SLOTS] = entry;
    link_use(cache, entry);
    cache->bytes += entry->size_bytes;
    cache->entries++;
    return entry;
}

/* What is being made is left alone: others wait at it. */
static void make_room(Cache *cache) {
    CacheEntry *entry = cache->oldest;
    while (entry && (cache->bytes > cache->bytes_max || cache->entries > cache->entries_max)) {
        CacheEntry *newer = entry->newer;
        if (entry->ready) remove_entry(cache, entry);
        entry = newer;
    }
}

static CacheEntry *lookup(Cache *cache, uint64_t hash, Str key) {
    CacheEntry *entry = cache->slots[hash % CACHE_SLOTS];
    while (entry && !(entry->hash == hash && str_equal(entry->key, key))) entry = entry->next;
    return entry;
}

CacheFate cache_find(Cache *cache, Exchange *exchange) {
    Str key = key_of(exchange);
    uint64_t hash = siphash(key, cache->key);
    Milliseconds now = exchange->loop->now;
    CacheFate fate = CACHE_FILL;
    pthread_mutex_lock(&cache->lock);
    CacheEntry *entry = lookup(cache, hash, key);
    if (entry && entry->ready && entry->expires_at <= now) {
        remove_entry(cache, entry);
        entry = NULL;
    }
    if (!entry) {
        entry = add_entry(cache, hash, key);
        make_room(cache);
        exchange->fills_cache = true;
    } else if (entry->ready) {
        unlink_use(cache, entry);
        link_use(cache, entry);
        fate = CACHE_HIT;
    } else if (entry->generation == cache->generation) {
        exchange->next = entry->waiting;
        entry->waiting = exchange;
        fate = CACHE_WAIT;
    } else {
        entry = NULL; /* made of what is no longer so: who comes now makes an answer for himself */
    }
    if (entry && fate != CACHE_WAIT) {
        entry->references++;
        exchange->cached = entry;
    }
    pthread_mutex_unlock(&cache->lock);
    return fate;
}

static void copy_response(CacheEntry *entry, const Response *from) {
    Response *to = &entry->response;
    *to = (Response){.status = from->status, .header_count = from->header_count};
    to->content_type = arena_copy(&entry->arena, from->content_type);
    to->body = arena_copy(&entry->arena, from->body);
    for (size_t i = 0; i < from->header_count; i++) {
        to->headers[i].name = arena_copy(&entry->arena, from->headers[i].name);
        to->headers[i].value = arena_copy(&entry->arena, from->headers[i].value);
    }
}

Exchange *cache_fill(Cache *cache, Exchange *exchange, Milliseconds now) {
    CacheEntry *entry = exchange->cached;
    if (exchange->response.body.len > ENTRY_ARENA_MAX / 8) return cache_abandon(cache, exchange);
    /* Not ready yet: nobody else looks inside. */
    copy_response(entry, &exchange->response);
    pthread_mutex_lock(&cache->lock);
    Exchange *waiting = entry->waiting;
    entry->waiting = NULL;
    entry->expires_at = now + (Milliseconds)exchange->request.route->cache_s * 1000;
    entry->ready = true;
    for (Exchange *waiter = waiting; waiter; waiter = waiter->next) {
        waiter->cached = entry;
        entry->references++;
    }
    if (entry->listed) {
        cache->bytes += entry->arena.used;
        entry->size_bytes += entry->arena.used;
        if (entry->generation != cache->generation) remove_entry(cache, entry);
        make_room(cache);
    }
    exchange->cached = NULL; /* it answers from its own arena */
    drop_reference(entry);
    pthread_mutex_unlock(&cache->lock);
    return waiting;
}

Exchange *cache_abandon(Cache *cache, Exchange *exchange) {
    CacheEntry *entry = exchange->cached;
    pthread_mutex_lock(&cache->lock);
    Exchange *waiting = entry->waiting;
    entry->waiting = NULL;
    remove_entry(cache, entry);
    exchange->cached = NULL;
    drop_reference(entry);
    pthread_mutex_unlock(&cache->lock);
    return waiting;
}

void cache_answer(const CacheEntry *entry, Response *response) {
    Arena *arena = response->arena;
    *response = entry->response;
    response->arena = arena;
}

void cache_release(Cache *cache, CacheEntry *entry) {
    pthread_mutex_lock(&cache->lock);
    drop_reference(entry);
    pthread_mutex_unlock(&cache->lock);
}

/* Entries in the making stay listed, so that their waiters are found, but belong to the past:
 * nobody joins them any more, and the cache does not keep them. */
void cache_forget(Cache *cache) {
    pthread_mutex_lock(&cache->lock);
    cache->generation++;
    for (CacheEntry *entry = cache->oldest, *newer; entry; entry = newer) {
        newer = entry->newer;
        if (entry->ready) remove_entry(cache, entry);
    }
    pthread_mutex_unlock(&cache->lock);
}
