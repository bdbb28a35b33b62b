#include "base/limits.h"
#include "store/statement.h"
#include "store/store.h"
#include "store/test.h"

static Error check_all(Db *db, Arena *arena, void *argument) {
    unsigned *faults = argument;
    for (size_t i = 0; i < statement_count; i++) {
        Error e = statement_check(db, statement_list[i]);
        if (!failed(e)) continue;
        Str text = error_text(e, arena);
        print_error("%.*s\n", STR_PRINTF(text));
        ++*faults;
    }
    return OK;
}

static void every_query_fits_the_schema(void **state) {
    (void)state;
    Store *store;
    check_fine(store_open(STR("sqlite::memory:"), &store));
    Arena arena = arena_create(MIB);
    unsigned faults = 0;
    check_fine(store_write(store, &arena, check_all, &faults));
    assert_int_equal(faults, 0);
    arena_free(&arena);
    store_close(store);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_query_fits_the_schema)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
