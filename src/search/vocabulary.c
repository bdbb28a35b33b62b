#include "search/vocabulary.h"

#include "base/digest.h"
#include "base/heap.h"
#include "base/random.h"

enum { SLOTS_AT_FIRST = 256, FRESH_MAX = 2048 };

typedef struct {
    uint32_t hash, number; /* number WORD_NONE: free */
} Slot;

/* Words in byte order. */
typedef struct {
    uint32_t *at;
    size_t count, room;
} Order;

struct Vocabulary {
    uint8_t key[SIPHASH_KEY_BYTES];
    Arena letters;
    Str *words;
    size_t count, room;
    Slot *slots;
    size_t slot_count; /* a power of two, at most two thirds full */
    /* New words wait in a short order, so that adding moves little; a full one is merged. */
    Order settled, fresh;
};

static Slot *slots_create(size_t count) {
    Slot *slots = heap_new(count, sizeof *slots);
    for (size_t i = 0; i < count; i++) slots[i].number = WORD_NONE;
    return slots;
}

Vocabulary *vocabulary_create(void) {
    Vocabulary *vocabulary = heap_new(1, sizeof *vocabulary);
    random_bytes(vocabulary->key, sizeof vocabulary->key);
    vocabulary->letters = arena_create(SIZE_MAX / 2);
    vocabulary->slot_count = SLOTS_AT_FIRST;
    vocabulary->slots = slots_create(SLOTS_AT_FIRST);
    return vocabulary;
}

void vocabulary_free(Vocabulary *vocabulary) {
    if (!vocabulary) return;
    arena_free(&vocabulary->letters);
    heap_free(vocabulary->words);
    heap_free(vocabulary->slots);
    heap_free(vocabulary->settled.at);
    heap_free(vocabulary->fresh.at);
    heap_free(vocabulary);
}

static uint32_t hash_of(const Vocabulary *vocabulary, Str word) {
    return (uint32_t)siphash(word, vocabulary->key);
}

/* The slot that holds the word, or the free one where it belongs. */
static Slot *find_slot(const Vocabulary *vocabulary, Str word, uint32_t hash) {
    size_t mask = vocabulary->slot_count - 1;
    for (size_t i = hash & mask;; i = (i + 1) & mask) {
        Slot *slot = &vocabulary->slots[i];
        if (slot->number == WORD_NONE) return slot;
        if (slot->hash == hash && str_equal(vocabulary->words[slot->number], word)) return slot;
    }
}

static void grow_slots(Vocabulary *vocabulary) {
    size_t count = vocabulary->slot_count * 2;
    Slot *slots = slots_create(count);
    for (size_t i = 0; i < vocabulary->slot_count; i++) {
        Slot old = vocabulary->slots[i];
        if (old.number == WORD_NONE) continue;
        size_t at = old.hash & (count - 1);
        while (slots[at].number != WORD_NONE) at = (at + 1) & (count - 1);
        slots[at] = old;
    }
    heap_free(vocabulary->slots);
    vocabulary->slots = slots;
    vocabulary->slot_count = count;
}

/* Index of the first word of the order that is not before `word`. */
static size_t order_find(const Vocabulary *vocabulary, const Order *order, Str word) {
    size_t low = 0, high = order->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (str_compare(vocabulary->words[order->at[middle]], word) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static void merge_fresh(Vocabulary *vocabulary) {
    Order *settled = &vocabulary->settled, *fresh = &vocabulary->fresh;
    size_t old = settled->count, new = fresh->count, at = old + new;
    settled->at = heap_grow(settled->at, &settled->room, at, sizeof *settled->at);
    settled->count = at;
    while (new > 0) {
        uint32_t a = fresh->at[new - 1];
        bool fresh_is_later = old == 0 || str_compare(vocabulary->words[settled->at[old - 1]],
                                                      vocabulary->words[a]) < 0;
        settled->at[--at] = fresh_is_later ? a : settled->at[old - 1];
        if (fresh_is_later) {
            new --;
        } else {
            old--;
        }
    }
    fresh->count = 0;
}

static void order_add(Vocabulary *vocabulary, uint32_t number) {
    Order *fresh = &vocabulary->fresh;
    if (fresh->count == FRESH_MAX) merge_fresh(vocabulary);
    size_t at = order_find(vocabulary, fresh, vocabulary->words[number]);
    fresh->at = heap_grow(fresh->at, &fresh->room, fresh->count + 1, sizeof *fresh->at);
    memmove(fresh->at + at + 1, fresh->at + at, (fresh->count - at) * sizeof *fresh->at);
    fresh->at[at] = number;
    fresh->count++;
}

uint32_t vocabulary_add(Vocabulary *vocabulary, Str word) {
    uint32_t hash = hash_of(vocabulary, word);
    Slot *slot = find_slot(vocabulary, word, hash);
    if (slot->number != WORD_NONE) return slot->number;
    if (vocabulary->count + 1 > vocabulary->slot_count / 3 * 2) {
        grow_slots(vocabulary);
        slot = find_slot(vocabulary, word, hash);
    }
    uint32_t number = (uint32_t)vocabulary->count++;
    *slot = (Slot){hash, number};
    vocabulary->words =
        heap_grow(vocabulary->words, &vocabulary->room, vocabulary->count, sizeof(Str));
    vocabulary->words[number] = arena_copy(&vocabulary->letters, word);
    order_add(vocabulary, number);
    return number;
}

uint32_t vocabulary_find(const Vocabulary *vocabulary, Str word) {
    return find_slot(vocabulary, word, hash_of(vocabulary, word))->number;
}

Str vocabulary_word(const Vocabulary *vocabulary, uint32_t number) {
    return vocabulary->words[number];
}

uint32_t vocabulary_count(const Vocabulary *vocabulary) { return (uint32_t)vocabulary->count; }

static size_t count_prefix(const Vocabulary *vocabulary, const Order *order, size_t from,
                           Str prefix) {
    size_t at = from;
    while (at < order->count && str_starts(vocabulary->words[order->at[at]], prefix)) at++;
    return at - from;
}

WordList vocabulary_list_prefix(const Vocabulary *vocabulary, Str prefix, Arena *arena) {
    const Order *orders[] = {&vocabulary->settled, &vocabulary->fresh};
    size_t from[2], count[2];
    for (int i = 0; i < 2; i++) {
        from[i] = order_find(vocabulary, orders[i], prefix);
        count[i] = count_prefix(vocabulary, orders[i], from[i], prefix);
    }
    WordList list = {arena_new(arena, uint32_t, count[0] + count[1] + 1), 0};
    for (int i = 0; i < 2; i++) {
        if (!count[i]) continue;
        memcpy(list.at + list.count, orders[i]->at + from[i], count[i] * sizeof *list.at);
        list.count += count[i];
    }
    return list;
}
