#include "base/heap.h"

static void *stop_if_null(void *at, size_t bytes) {
    if (at) return at;
    fprintf(stderr, "essaim: out of memory, %zu bytes asked\n", bytes);
    abort();
}

void *heap_new(size_t count, size_t size) {
    return stop_if_null(calloc(count ? count : 1, size), count * size);
}

void *heap_grow(void *at, size_t *room, size_t need, size_t size) {
    if (need <= *room) return at;
    size_t wanted = *room + *room / 2 + 4;
    if (wanted < need) wanted = need;
    void *grown = stop_if_null(reallocarray(at, wanted, size), wanted * size);
    *room = wanted;
    return grown;
}

void heap_free(void *at) { free(at); }
