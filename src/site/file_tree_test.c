#include "site/file_tree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/limits.h"

static int set_up(void **state) {
    static Arena arena;
    arena = arena_create((size_t)256 * MIB);
    *state = &arena;
    return 0;
}

static int tear_down(void **state) {
    arena_free(*state);
    return 0;
}

static bool named(const TreeNode *node, const char *name) {
    return str_equal(node->name, str_from_c(name));
}

static void folders_come_first_and_know_what_is_in_them(void **state) {
    TreeFile files[] = {{STR("w/z.txt"), 1},
                        {STR("w/b/2"), 20},
                        {STR("w/b/1"), 10},
                        {STR("w/a.txt"), 2},
                        {STR("w/b/c/3"), 30}};
    TreeNodes tree = file_tree_build(*state, files, 5, 0);
    assert_int_equal(tree.count, 1);
    const TreeNode *root = &tree.at[0];
    assert_true(root->is_folder && root->open && named(root, "w"));
    assert_int_equal(root->files, 5);
    assert_int_equal(root->size_bytes, 63);
    assert_int_equal(root->children.count, 3);
    assert_true(named(&root->children.at[0], "b") && root->children.at[0].is_folder);
    assert_int_equal(root->children.at[0].size_bytes, 60);
    assert_true(named(&root->children.at[1], "a.txt"));
    assert_true(named(&root->children.at[2], "z.txt"));
    assert_true(named(&root->children.at[0].children.at[0], "c"));
    assert_true(named(&root->children.at[0].children.at[1], "1"));
}

static void a_single_file_is_no_folder(void **state) {
    TreeFile files[] = {{STR("debian.iso"), 9}};
    TreeNodes tree = file_tree_build(*state, files, 1, 0);
    assert_int_equal(tree.count, 1);
    assert_false(tree.at[0].is_folder);
    assert_int_equal(file_tree_build(*state, files, 1, 1).count, 0);
    assert_int_equal(file_tree_build(*state, files, 0, 0).count, 0);
}

static size_t leaves(TreeNodes nodes) {
    size_t count = 0;
    for (size_t i = 0; i < nodes.count; i++)
        count += nodes.at[i].is_folder ? leaves(nodes.at[i].children) : 1;
    return count;
}

static void a_hundred_thousand_files_come_in_pages(void **state) {
    enum { COUNT = 100000 };
    TreeFile *files = arena_new(*state, TreeFile, COUNT);
    for (size_t i = 0; i < COUNT; i++)
        files[i] = (TreeFile){arena_print(*state, "w/%03zu/%02zu/f%zu", i % 331, i % 17, i), i};
    static const size_t pages[] = {0, FILE_TREE_PAGE, COUNT / 2, COUNT - FILE_TREE_PAGE};
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        TreeNodes tree = file_tree_build(*state, files, COUNT, pages[i]);
        assert_int_equal(tree.at[0].files, COUNT);
        assert_int_equal(tree.at[0].size_bytes, (uint64_t)COUNT * (COUNT - 1) / 2);
        assert_int_equal(leaves(tree), FILE_TREE_PAGE);
    }
}

static void pages_together_show_every_file_once(void **state) {
    enum { COUNT = 1234 };
    TreeFile *files = arena_new(*state, TreeFile, COUNT);
    for (size_t i = 0; i < COUNT; i++)
        files[i] = (TreeFile){arena_print(*state, "w/%02zu/f%zu", i % 7, i), 1};
    size_t seen = 0;
    for (size_t from = 0; from < COUNT; from += FILE_TREE_PAGE)
        seen += leaves(file_tree_build(*state, files, COUNT, from));
    assert_int_equal(seen, COUNT);
}

static void strange_paths_do_no_harm(void **state) {
    char deep[3000];
    for (size_t i = 0; i < sizeof deep; i++) deep[i] = i % 2 ? '/' : 'a';
    TreeFile files[] = {{{deep, sizeof deep}, 1}, {STR(""), 1},  {STR("/"), 1},
                        {STR("a//b"), 1},         {STR("a"), 1}, {STR("a"), 2}};
    TreeNodes tree = file_tree_build(*state, files, 6, 0);
    assert_true(tree.count > 0);
}

#define WITH_ARENA(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_ARENA(folders_come_first_and_know_what_is_in_them),
        WITH_ARENA(a_single_file_is_no_folder),
        WITH_ARENA(a_hundred_thousand_files_come_in_pages),
        WITH_ARENA(pages_together_show_every_file_once),
        WITH_ARENA(strange_paths_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
