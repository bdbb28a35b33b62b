#include "store/statement.h"

#include "base/limits.h"
#include "store/test.h"

/* Statements by hand, so that every type meets every value; slot 0 and on are free on a fresh
 * connection. */
typedef struct {
    bool flag;
    int64_t number;
    double share;
    Str words, bytes;
    MaybeInt maybe_number;
    MaybeReal maybe_share;
    Str maybe_words, maybe_bytes;
} All;

static const StatementValue all_values[] = {
    {"flag", VALUE_BOOL, offsetof(All, flag)},
    {"number", VALUE_INT, offsetof(All, number)},
    {"share", VALUE_REAL, offsetof(All, share)},
    {"words", VALUE_TEXT, offsetof(All, words)},
    {"bytes", VALUE_BLOB, offsetof(All, bytes)},
    {"maybe_number", VALUE_MAYBE_INT, offsetof(All, maybe_number)},
    {"maybe_share", VALUE_MAYBE_REAL, offsetof(All, maybe_share)},
    {"maybe_words", VALUE_MAYBE_TEXT, offsetof(All, maybe_words)},
    {"maybe_bytes", VALUE_MAYBE_BLOB, offsetof(All, maybe_bytes)},
};

static const Statement echo = {
    .name = "test_echo",
    .place = "test:1",
    .sqlite = "select ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9",
    .asks = all_values,
    .columns = all_values,
    .slot = 0,
    .ask_count = 9,
    .column_count = 9,
    .row_size = sizeof(All),
};

typedef struct {
    int64_t number;
} Number;

static const StatementValue number_value[] = {{"number", VALUE_INT, offsetof(Number, number)}};

typedef struct {
    Ints ids;
} Asked;

static const StatementValue ids_value[] = {{"ids", VALUE_INTS, offsetof(Asked, ids)}};

static const Statement listed = {
    .name = "test_listed",
    .place = "test:2",
    .sqlite = "select value from json_each(?1)",
    .asks = ids_value,
    .columns = number_value,
    .slot = 1,
    .ask_count = 1,
    .column_count = 1,
    .row_size = sizeof(Number),
};

static Statement plain(const char *sql, unsigned slot) {
    return (Statement){.name = "test_plain",
                       .place = "test:3",
                       .sqlite = sql,
                       .columns = number_value,
                       .slot = slot,
                       .column_count = 1,
                       .row_size = sizeof(Number)};
}

typedef struct {
    Store *store;
    Db *db;
    Arena arena;
} Bench;

static int open_bench(void **state) {
    Bench *bench = calloc(1, sizeof *bench);
    bench->arena = arena_create(MIB);
    if (failed(store_open(STR("sqlite::memory:"), &bench->store))) return -1;
    if (failed(store_reader_open(bench->store, &bench->db))) return -1;
    *state = bench;
    return 0;
}

static int close_bench(void **state) {
    Bench *bench = *state;
    store_reader_close(bench->db);
    store_close(bench->store);
    arena_free(&bench->arena);
    free(bench);
    return 0;
}

static void every_type_comes_back_as_it_went(void **state) {
    Bench *bench = *state;
    All ask = {.flag = true,
               .number = INT64_MIN,
               .share = 0.1,
               .words = STR("l'\xc5\x93uvre"),
               .bytes = STR("a\0b"),
               .maybe_number = {true, -1},
               .maybe_share = {true, 1.5},
               .maybe_words = STR(""),
               .maybe_bytes = STR("\xff")};
    All row;
    check_fine(statement_one(bench->db, &bench->arena, (StatementCall){&echo, &ask}, &row));
    assert_true(row.flag && row.number == INT64_MIN && row.share == 0.1);
    assert_true(str_equal(row.words, ask.words) && str_equal(row.bytes, ask.bytes));
    assert_true(row.maybe_number.known && row.maybe_number.value == -1);
    assert_true(row.maybe_share.known && row.maybe_share.value == 1.5);
    assert_true(row.maybe_words.at && row.maybe_words.len == 0);
    assert_true(str_equal(row.maybe_bytes, ask.maybe_bytes));
}

static void nothing_is_null_only_where_null_may_be(void **state) {
    Bench *bench = *state;
    All ask = {0}, row;
    check_fine(statement_one(bench->db, &bench->arena, (StatementCall){&echo, &ask}, &row));
    assert_non_null(row.words.at);
    assert_non_null(row.bytes.at);
    assert_false(row.maybe_number.known || row.maybe_share.known);
    assert_null(row.maybe_words.at);
    assert_null(row.maybe_bytes.at);
}

static void a_list_keeps_its_order(void **state) {
    Bench *bench = *state;
    const int64_t ids[] = {3, INT64_MAX, -7, 3};
    StatementRows rows;
    check_fine(statement_many(bench->db, &bench->arena,
                              (StatementCall){&listed, &(Asked){{ids, 4}}}, &rows));
    assert_int_equal(rows.count, 4);
    for (size_t i = 0; i < 4; i++) assert_int_equal(((Number *)rows.at)[i].number, ids[i]);
    check_fine(statement_many(bench->db, &bench->arena,
                              (StatementCall){&listed, &(Asked){{NULL, 0}}}, &rows));
    assert_int_equal(rows.count, 0);
}

static void no_row_is_not_found_or_false(void **state) {
    Bench *bench = *state;
    Statement none = plain("select 1 where 0", 2);
    Number row = {77};
    check_code(statement_one(bench->db, &bench->arena, (StatementCall){&none, NULL}, &row),
               ERROR_NOT_FOUND, "not_found");
    bool found = true;
    check_fine(
        statement_maybe(bench->db, &bench->arena, (StatementCall){&none, NULL}, &found, &row));
    assert_false(found);
    assert_int_equal(row.number, 77); /* untouched */
}

static void a_signature_that_lies_is_told(void **state) {
    Bench *bench = *state;
    const char *const lies[] = {"select 1 union all select 2",
                                "select 'words'",
                                "select null",
                                "select 1.5",
                                "select 1, 2",
                                "select from",
                                "select nobody from member"};
    for (unsigned i = 0; i < sizeof lies / sizeof *lies; i++) {
        Statement statement = plain(lies[i], 3 + i);
        Number row;
        Error e = statement_one(bench->db, &bench->arena, (StatementCall){&statement, NULL}, &row);
        check_code(e, ERROR_BROKEN, "store_failed");
        assert_true(str_contains(error_text(e, &bench->arena), STR("test")));
    }
}

static void columns_in_the_wrong_place_are_told(void **state) {
    Bench *bench = *state;
    static const StatementValue wrong_type[] = {{"name", VALUE_INT, 0}};
    Statement statement = plain("select id from member", 3);
    assert_true(failed(statement_check(bench->db, &statement))); /* "id" is not "number" */
    statement = plain("select id as number from member", 4);
    check_fine(statement_check(bench->db, &statement));
    statement = plain("select name from member", 5);
    statement.columns = wrong_type;
    assert_true(failed(statement_check(bench->db, &statement)));
}

/* 10,000 rows do not fit; the statement must not stay open, nor the jump be taken. */
static void rows_beyond_the_arena_are_an_error(void **state) {
    Bench *bench = *state;
    Statement many = plain(
        "with recursive n(i) as (select 1 union all select i + 1 from n where i "
        "< 10000) select i from n",
        2);
    Arena small = arena_create(32 * KIB);
    jmp_buf mine;
    if (setjmp(mine)) fail_msg("jumped out of a running statement");
    small.overflow = &mine;
    StatementRows rows = {0};
    check_code(statement_many(bench->db, &small, (StatementCall){&many, NULL}, &rows),
               ERROR_UNAVAILABLE, "too_much_memory");
    assert_ptr_equal(small.overflow, &mine);
    assert_null(rows.at);
    arena_free(&small);
    check_fine(statement_many(bench->db, &bench->arena, (StatementCall){&many, NULL}, &rows));
    assert_int_equal(rows.count, 10000);
    assert_int_equal(((Number *)rows.at)[9999].number, 10000);
}

#define ON_A_BENCH(name) cmocka_unit_test_setup_teardown(name, open_bench, close_bench)

int main(void) {
    const struct CMUnitTest tests[] = {
        ON_A_BENCH(every_type_comes_back_as_it_went),
        ON_A_BENCH(nothing_is_null_only_where_null_may_be),
        ON_A_BENCH(a_list_keeps_its_order),
        ON_A_BENCH(no_row_is_not_found_or_false),
        ON_A_BENCH(a_signature_that_lies_is_told),
        ON_A_BENCH(columns_in_the_wrong_place_are_told),
        ON_A_BENCH(rows_beyond_the_arena_are_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
