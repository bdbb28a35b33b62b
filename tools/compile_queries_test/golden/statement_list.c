/* Made by tools/compile_queries: every statement of the program, in the order of its slots. */
#include "store/statement.h"

extern const Statement statement_shelf_newest;
extern const Statement statement_shelf_add;
extern const Statement statement_shelf_find;
extern const Statement statement_shelf_by_ids;
extern const Statement statement_shelf_count;
extern const Statement statement_shelf_clear;

const Statement *const statement_list[] = {
    &statement_shelf_newest,
    &statement_shelf_add,
    &statement_shelf_find,
    &statement_shelf_by_ids,
    &statement_shelf_count,
    &statement_shelf_clear,
};
const size_t statement_count = 6;
