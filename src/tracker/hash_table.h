/* hash_table.h — finds the thing that belongs to a swarm hash.
 * Open addressing with linear probing; holds pointers to structs that begin with their SwarmHash
 * and owns only its slots. `order` is a keyed hash made by the caller (hash_order): the hashes are
 * chosen by strangers. Not locked. */
#pragma once
#include "base/digest.h"
#include "torrent/infohash.h"

typedef struct {
    uint64_t order;
    void *value; /* NULL: an empty slot */
} HashSlot;

typedef struct {
    HashSlot *slots;
    size_t room, count; /* room: a power of two, or 0 */
} HashTable;

uint64_t hash_order(const SwarmHash *hash, const uint8_t key[SIPHASH_KEY_BYTES]);

void *hash_table_find(const HashTable *table, uint64_t order, const SwarmHash *hash);
/* The hash must not be there yet. False when memory is out. */
bool hash_table_add(HashTable *table, uint64_t order, void *value);
void *hash_table_remove(HashTable *table, uint64_t order, const SwarmHash *hash); /* or NULL */
void hash_table_close(HashTable *table);
