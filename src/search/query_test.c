#include "search/query.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/text.h"

static void print_words(Text *text, const QueryWords *words) {
    if (words->fields != FIELDS_ALL) text_print(text, "%x:", words->fields);
    for (size_t i = 0; i < words->count; i++) {
        const QueryPart *part = &words->parts[i];
        text_print(text, "%s%.*s%s", i ? "+" : "", STR_PRINTF(part->word), part->prefix ? "*" : "");
    }
    if (words->joined.len)
        text_print(text, "=%.*s%s", STR_PRINTF(words->joined), words->joined_prefix ? "*" : "");
}

static bool is_range(QueryKind kind) {
    return kind == QUERY_SIZE || kind == QUERY_SEEDERS || kind == QUERY_FILES || kind == QUERY_DATE;
}

static void print_node(Text *text, const QueryNode *node) {
    static const char *const names[] = {
        "all",      "",     "and",     "or",  "not",    "category", "license", "lang", "tag",
        "uploader", "size", "seeders", "may", "health", "files",    "date",    "id",   "ext"};
    if (node->kind == QUERY_WORDS) {
        print_words(text, &node->words);
        return;
    }
    text_print(text, "%s", names[node->kind]);
    if (node->kind == QUERY_CATEGORY) text_print(text, ":%d", node->category);
    if (node->kind == QUERY_MAY || node->kind == QUERY_HEALTH) text_print(text, ":%x", node->bits);
    if (node->kind == QUERY_ID) text_print(text, ":%zu", node->id_count);
    if (is_range(node->kind))
        text_print(text, ":%llu..%llu", (unsigned long long)node->min,
                   (unsigned long long)node->max);
    if (node->value.len && !is_range(node->kind) && !node->bits && node->kind != QUERY_CATEGORY &&
        node->kind != QUERY_ID)
        text_print(text, ":%.*s", STR_PRINTF(node->value));
    if (!node->first) return;
    text_print(text, "(");
    for (const QueryNode *child = node->first; child; child = child->next) {
        print_node(text, child);
        if (child->next) text_print(text, " ");
    }
    text_print(text, ")");
}

static void assert_parses(const char *typed, const char *expected) {
    static const Str categories[] = {{"linux", 5}, {"games", 5}, {"", 0}}; /* a number not given */
    QueryNames names = {.category_names = categories, .category_count = 3};
    Arena arena = arena_create(1 << 20);
    Text text = text_create(&arena, 1 << 16);
    print_node(&text, query_parse(str_from_c(typed), &names, &arena));
    assert_string_equal(str_c(&arena, text_str(&text)), expected);
    arena_free(&arena);
}

static void words_must_all_be_there(void **state) {
    (void)state;
    assert_parses("Debian Live", "and(debian live)");
    assert_parses("  debian ", "debian");
    assert_parses("", "all");
    assert_parses("!!! ...", "all");
}

static void phrases_exclusions_and_prefixes_are_read(void **state) {
    (void)state;
    assert_parses("\"war and peace\"", "war+and+peace");
    assert_parses("war -\"and peace\" -film", "and(war not(and+peace) not(film))");
    assert_parses("ubun*", "ubun*");
    assert_parses("wi-fi", "wi+fi=wifi");
    assert_parses("amd6*", "amd+6*=amd6*");
    assert_parses("日本語 日", "and(日本+本語 日*)");
}

static void or_binds_looser_than_and(void **state) {
    (void)state;
    assert_parses("a b or c", "or(and(a b) c)");
    assert_parses("a (b OR c) -d", "and(a or(b c) not(d))");
    assert_parses("a | b", "or(a b)");
    assert_parses("-(a b)", "not(and(a b))");
}

static void mistakes_are_read_as_words(void **state) {
    (void)state;
    assert_parses("a ) b", "and(a b)");
    assert_parses("((a b", "and(a b)");
    assert_parses("or a or", "a");
    assert_parses("\"a b", "a+b");
    assert_parses("- a -", "a");
    assert_parses("()", "all");
    assert_parses("-", "all");
    assert_parses("*", "all");
    assert_parses("foo:bar", "foo+bar");
    assert_parses("foo:\"bar baz\"", "and(foo bar+baz)");
    assert_parses("size:big", "size+big");
    assert_parses("category:", "category");
    assert_parses("category:\"\"", "category");
    assert_parses("category:nothing", "category+nothing");
}

static void fields_are_filters(void **state) {
    (void)state;
    assert_parses("category:Games chess", "and(category:1 chess)");
    assert_parses("license:CC-BY-4.0 lang:fr tag:jazz user:ana",
                  "and(license:CC-BY-4.0 lang:fr tag:jazz uploader:ana)");
    assert_parses("tag:\"free jazz\"", "tag:free jazz");
    assert_parses("title:peace", "1:peace");
    assert_parses("file:\"a b\"", "8:a+b");
    assert_parses("-tag:jazz", "not(tag:jazz)");
}

static void sizes_and_counts_are_ranges(void **state) {
    (void)state;
    assert_parses("size:>1GB", "size:1000000001..18446744073709551615");
    assert_parses("size:>=1.5GiB", "size:1610612736..18446744073709551615");
    assert_parses("size:<700Mo", "size:0..699999999");
    assert_parses("size:1k..2k", "size:1000..2000");
    assert_parses("seeds:>0", "seeders:1..18446744073709551615");
    assert_parses("seeders:=3", "seeders:3..3");
    assert_parses("size:99999999999TB", "size:18446744073709551615..18446744073709551615");
}

static void terms_and_depth_are_bounded(void **state) {
    (void)state;
    Arena arena = arena_create(1 << 20);
    Text text = text_create(&arena, 1 << 16);
    for (int i = 0; i < 300; i++) text_print(&text, "(a%d ", i);
    QueryNode *node = query_parse(text_str(&text), NULL, &arena);
    assert_int_equal(query_count_wanted(node), 32);
    arena_free(&arena);
}

/* Else one phrase of a word that some work repeats without end would read that work 500 times. */
static void pieces_of_phrases_are_bounded(void **state) {
    (void)state;
    Arena arena = arena_create(1 << 20);
    Text text = text_create(&arena, 1 << 10);
    text_print(&text, "first \"");
    for (int i = 0; i < 400; i++) text_print(&text, "z ");
    text_print(&text, "z*\" more");
    QueryNode *node = query_parse(text_str(&text), NULL, &arena);
    assert_int_equal(query_count_wanted(node), 2);
    const QueryWords *phrase = &node->first->next->words;
    assert_int_equal(phrase->count, 63);
    assert_int_equal(phrase->parts[62].position, 62);
    assert_false(phrase->parts[62].prefix);
    arena_free(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_must_all_be_there),
        cmocka_unit_test(phrases_exclusions_and_prefixes_are_read),
        cmocka_unit_test(or_binds_looser_than_and),
        cmocka_unit_test(mistakes_are_read_as_words),
        cmocka_unit_test(fields_are_filters),
        cmocka_unit_test(sizes_and_counts_are_ranges),
        cmocka_unit_test(terms_and_depth_are_bounded),
        cmocka_unit_test(pieces_of_phrases_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
