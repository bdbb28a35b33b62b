#include "tracker/hash_table.h"

#include <assert.h>

enum { ROOM_MIN = 8 };

uint64_t hash_order(const SwarmHash *hash, const uint8_t key[SIPHASH_KEY_BYTES]) {
    return siphash(str_from_bytes(hash->bytes, sizeof hash->bytes), key);
}

static bool is_full(const HashTable *table) { return (table->count + 1) * 4 > table->room * 3; }

/* The slot that holds the hash, or the empty one where it would stand. */
static HashSlot *find_slot(const HashTable *table, uint64_t order, const SwarmHash *hash) {
    for (size_t at = order;; at++) {
        HashSlot *slot = &table->slots[at & (table->room - 1)];
        if (!slot->value) return slot;
        if (slot->order == order && memcmp(slot->value, hash, sizeof *hash) == 0) return slot;
    }
}

void *hash_table_find(const HashTable *table, uint64_t order, const SwarmHash *hash) {
    return table->room ? find_slot(table, order, hash)->value : NULL;
}

static void put(HashTable *table, HashSlot entry) {
    size_t at = entry.order & (table->room - 1);
    while (table->slots[at].value) at = (at + 1) & (table->room - 1);
    table->slots[at] = entry;
}

static bool grow(HashTable *table) {
    HashTable wider = {.room = table->room ? table->room * 2 : ROOM_MIN, .count = table->count};
    wider.slots = calloc(wider.room, sizeof *wider.slots);
    if (!wider.slots) return false;
    for (size_t i = 0; i < table->room; i++)
        if (table->slots[i].value) put(&wider, table->slots[i]);
    free(table->slots);
    *table = wider;
    return true;
}

bool hash_table_add(HashTable *table, uint64_t order, void *value) {
    assert(value && !hash_table_find(table, order, value));
    if (is_full(table) && !grow(table)) return false;
    put(table, (HashSlot){order, value});
    table->count++;
    return true;
}

/* Backward shift: what stands behind the hole and may move nearer to its home does. */
static void close_hole(HashTable *table, size_t hole) {
    size_t mask = table->room - 1;
    for (size_t at = (hole + 1) & mask; table->slots[at].value; at = (at + 1) & mask) {
        size_t from_home = (at - table->slots[at].order) & mask;
        if (from_home < ((at - hole) & mask)) continue;
        table->slots[hole] = table->slots[at];
        hole = at;
    }
    table->slots[hole] = (HashSlot){0};
}

void *hash_table_remove(HashTable *table, uint64_t order, const SwarmHash *hash) {
    if (!table->room) return NULL;
    HashSlot *slot = find_slot(table, order, hash);
    void *value = slot->value;
    if (!value) return NULL;
    close_hole(table, (size_t)(slot - table->slots));
    table->count--;
    return value;
}

void hash_table_close(HashTable *table) {
    free(table->slots);
    *table = (HashTable){0};
}
