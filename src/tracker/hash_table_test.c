#include "tracker/hash_table.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { MANY = 5000 };

typedef struct {
    SwarmHash hash;
    uint32_t number;
} Thing;

static const uint8_t key[SIPHASH_KEY_BYTES] = {4};
static Thing things[MANY];

static uint64_t order_of(const Thing *thing) { return hash_order(&thing->hash, key); }

static HashTable fill(void) {
    HashTable table = {0};
    for (uint32_t i = 0; i < MANY; i++) {
        memcpy(things[i].hash.bytes + 7, &i, sizeof i);
        things[i].number = i;
        assert_true(hash_table_add(&table, order_of(&things[i]), &things[i]));
    }
    return table;
}

static void things_are_found_by_their_hash(void **state) {
    (void)state;
    HashTable table = fill();
    SwarmHash absent = {{1}};
    for (uint32_t i = 0; i < MANY; i++)
        assert_ptr_equal(hash_table_find(&table, order_of(&things[i]), &things[i].hash),
                         &things[i]);
    assert_null(hash_table_find(&table, hash_order(&absent, key), &absent));
    assert_int_equal(table.count, MANY);
    assert_true(table.count * 4 <= table.room * 3);
    hash_table_close(&table);
}

static void removal_loses_nothing_else(void **state) {
    (void)state;
    HashTable table = fill();
    for (uint32_t i = 0; i < MANY; i += 3) {
        assert_ptr_equal(hash_table_remove(&table, order_of(&things[i]), &things[i].hash),
                         &things[i]);
        assert_null(hash_table_remove(&table, order_of(&things[i]), &things[i].hash));
    }
    for (uint32_t i = 0; i < MANY; i++) {
        Thing *found = hash_table_find(&table, order_of(&things[i]), &things[i].hash);
        assert_ptr_equal(found, i % 3 ? &things[i] : NULL);
    }
    hash_table_close(&table);
}

static void equal_orders_are_told_apart_by_the_hash(void **state) {
    (void)state;
    HashTable table = fill();
    hash_table_close(&table); /* the things have their names now */
    for (uint32_t i = 0; i < 20; i++) assert_true(hash_table_add(&table, 5, &things[i]));
    assert_ptr_equal(hash_table_remove(&table, 5, &things[3].hash), &things[3]);
    for (uint32_t i = 0; i < 20; i++)
        assert_ptr_equal(hash_table_find(&table, 5, &things[i].hash), i == 3 ? NULL : &things[i]);
    hash_table_close(&table);
}

static void empty_table_holds_nothing(void **state) {
    (void)state;
    HashTable table = {0};
    assert_null(hash_table_find(&table, 0, &things[0].hash));
    assert_null(hash_table_remove(&table, 0, &things[0].hash));
    hash_table_close(&table);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(things_are_found_by_their_hash),
        cmocka_unit_test(removal_loses_nothing_else),
        cmocka_unit_test(equal_orders_are_told_apart_by_the_hash),
        cmocka_unit_test(empty_table_holds_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
