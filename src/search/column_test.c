#include "search/column.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/heap.h"

static uint32_t add(Columns *columns, int64_t id) {
    SearchWork work = {.id = id, .license = STR("MIT"), .language = STR("fr"), .seeders = 3};
    return column_add(columns, &work, path_table_create(NULL, 0));
}

static void a_work_is_found_by_id_until_removed(void **state) {
    (void)state;
    Columns columns = columns_create();
    for (int64_t id = -500; id < 500; id++) assert_int_equal(add(&columns, id), id + 500);
    for (int64_t id = -500; id < 500; id++) assert_int_equal(column_find(&columns, id), id + 500);
    assert_int_equal(column_find(&columns, 500), DOCUMENT_NONE);
    column_remove(&columns, 7);
    assert_int_equal(column_find(&columns, -493), DOCUMENT_NONE);
    assert_int_equal(add(&columns, -493), 1000);
    assert_int_equal(column_find(&columns, -493), 1000);
    columns_free(&columns);
}

static void packing_keeps_order_and_counts(void **state) {
    (void)state;
    Columns columns = columns_create();
    for (int64_t id = 0; id < 10; id++) add(&columns, id);
    atomic_store(&columns.counts[9].seeders, 99);
    for (uint32_t document = 0; document < 10; document += 2) column_remove(&columns, document);
    uint32_t *moved = columns_pack(&columns);
    for (uint32_t i = 0; i < 10; i++) assert_int_equal(moved[i], i % 2 ? i / 2 : DOCUMENT_NONE);
    heap_free(moved);
    assert_int_equal(columns.count, 5);
    assert_int_equal(columns.gone, 0);
    for (int64_t id = 0; id < 10; id++)
        assert_int_equal(column_find(&columns, id), id % 2 ? id / 2 : (int64_t)DOCUMENT_NONE);
    assert_int_equal(atomic_load(&columns.counts[4].seeders), 99);
    assert_int_equal(atomic_load(&columns.counts[3].seeders), 3);
    columns_free(&columns);
}

static void a_position_leads_to_its_path(void **state) {
    (void)state;
    const Str paths[] = {{"a/b", 3}, {"", 0}, {"c d e", 5}};
    PathTable *table = path_table_create(paths, 3);
    table->at[0].first_position = 0;
    table->at[1].first_position = 3;
    table->at[2].first_position = 4;
    static const uint32_t expected[] = {0, 0, 0, 1, 2, 2, 2};
    for (uint32_t i = 0; i < sizeof expected / sizeof *expected; i++)
        assert_true(str_equal(path_table_find(table, i), paths[expected[i]]));
    heap_free(table);
    table = path_table_create(NULL, 0);
    assert_true(str_is_empty(path_table_find(table, 0)));
    heap_free(table);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_work_is_found_by_id_until_removed),
        cmocka_unit_test(packing_keeps_order_and_counts),
        cmocka_unit_test(a_position_leads_to_its_path),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
