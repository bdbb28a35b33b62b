#include "search/query_field.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
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

static const int64_t one_id[] = {7};

static bool find_sample(void *argument, QueryNode *node, Arena *arena) {
    (void)argument;
    (void)arena;
    if (node->kind == QUERY_LICENSE || node->kind == QUERY_LANGUAGE) return true;
    if (node->kind != QUERY_ID || !str_equal(node->value, STR("abcd"))) return false;
    node->ids = one_id;
    node->id_count = 1;
    return true;
}

static QueryNames sample_names(void) {
    static const Str categories[] = {{"linux", 5}, {"games", 5}, {"", 0}}; /* a number not given */
    static const Str mays[] = {{"use", 3}, {"share", 5}, {"change", 6}, {"sell", 4}};
    static const Str healths[] = {{"new", 3}, {"alive", 5}, {"at_risk", 7}};
    return (QueryNames){.category_names = categories,
                        .category_count = 3,
                        .may_names = mays,
                        .may_count = 4,
                        .health_names = healths,
                        .health_count = 3,
                        .now = 1000000000,
                        .find_value = find_sample};
}

static void assert_parses(const char *typed, const char *expected) {
    QueryNames names = sample_names();
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

static void dates_and_ages_are_ranges_of_seconds(void **state) {
    (void)state;
    static const char *const rows[][2] = {
        {"date:2024", "date:1704067200..1735689599"},
        {"date:2024-02", "date:1706745600..1709251199"},
        {"date:2024-02-29", "date:1709164800..1709251199"},
        {"date:2024/2/29", "date:1709164800..1709251199"},
        {"date:2024..2025", "date:1704067200..1767225599"},
        {"date:2024..", "date:1704067200..18446744073709551615"},
        {"date:..2024", "date:0..1735689599"},
        {"date:>2024", "date:1735689600..18446744073709551615"},
        {"date:>=2024", "date:1704067200..18446744073709551615"},
        {"date:<2024", "date:0..1704067199"},
        {"date:<=2024-01", "date:0..1706745599"},
        {"date:=2024-01-01", "date:1704067200..1704153599"},
        {"year:2024", "date:1704067200..1735689599"},
        {"date:today", "date:999993600..1000079999"},
        {"date:hier", "date:999907200..999993599"},
        {"age:<30d", "date:997408001..18446744073709551615"},
        {"age:30d", "date:997408000..18446744073709551615"},
        {"age:>1y", "date:0..968463999"},
        {"age:1w..2w", "date:998790400..999395200"},
        {"age:<1.5h", "date:999994601..18446744073709551615"},
        {"âge:<7j", "date:999395201..18446744073709551615"},
        {"age:>99999999999y", "date:1..0"},
        {"age:<0", "date:1..0"},
        {"date:2024-13", "date+2024+13"},
        {"date:2023-02-29", "date+2023+02+29"},
        {"date:1969", "date+1969"},
        {"date:24", "date+24"},
        {"age:soon", "age+soon"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) assert_parses(rows[i][0], rows[i][1]);
}

static void comparisons_and_open_ranges_are_read(void **state) {
    (void)state;
    static const char *const rows[][2] = {
        {"size:1GB", "size:1000000000..18446744073709551615"},
        {"size:=1GB", "size:1000000000..1000000000"},
        {"size:..1GB", "size:0..1000000000"},
        {"size:1GB..", "size:1000000000..18446744073709551615"},
        {"size:1GB...2GB", "size:1000000000..2000000000"},
        {"size:2GB..1GB", "size:1000000000..2000000000"},
        {"size:≥1GB", "size:1000000000..18446744073709551615"},
        {"size:=<1GB", "size:0..1000000000"},
        {"size:> 1 GB", "size:1000000001..18446744073709551615"},
        {"size: > 1 GB iso", "and(size:1000000001..18446744073709551615 iso)"},
        {"size:>1 iso", "and(size:2..18446744073709551615 iso)"},
        {"size:\">1 GB\"", "size:1000000001..18446744073709551615"},
        {"taille:<4,7Go", "size:0..4699999999"},
        {"size:<0", "size:1..0"},
        {"seeds:0", "seeders:0..18446744073709551615"},
        {"seeds:>1k", "seeders:1001..18446744073709551615"},
        {"seeds:1GB", "seeds+1+gb"},
        {"files:1", "files:1..1"},
        {"files:>10", "files:11..18446744073709551615"},
        {"fichiers:2..5", "files:2..5"},
        {"files:lots", "files+lots"},
        {"size:..", "size"},
        {"size:1..2..3", "size+1+2+3"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) assert_parses(rows[i][0], rows[i][1]);
}

static void several_values_are_one_of_them_or_all_of_what_one_may(void **state) {
    (void)state;
    static const char *const rows[][2] = {
        {"category:games,linux", "or(category:1 category:0)"},
        {"category:games,nothing", "category:1"},
        {"-category:games,linux", "not(or(category:1 category:0))"},
        {"license:cc0-1.0,mit jazz", "and(or(license:cc0-1.0 license:mit) jazz)"},
        {"may:change,sell", "may:c"},
        {"may:use", "may:1"},
        {"may:fly", "may+fly"},
        {"health:alive,new", "health:3"},
        {"health:well", "health+well"},
        {"ext:ISO,.epub", "or(ext:iso ext:epub)"},
        {"ext:*.tar.gz", "ext:gz"},
        {"ext:\"no such\"", "and(ext no+such)"},
        {"hash:abcd", "id:1"},
        {"hash:0000", "id:0"},
        {"category: games", "category:1"},
        {"tag:> jazz", "and(tag:> jazz)"},
        {"title: war", "1:war"},
        {"description:bilingual", "10:bilingual"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) assert_parses(rows[i][0], rows[i][1]);
}

static void people_write_signs_in_many_ways(void **state) {
    (void)state;
    static const char *const rows[][2] = {
        {"“war and peace”", "war+and+peace"},
        {"«\u202fguerre et paix\u202f»", "guerre+et+paix"},
        {"title:“war and”", "1:war+and"},
        {"war AND peace", "and(war peace)"},
        {"war ET paix", "and(war paix)"},
        {"war and peace", "and(war and peace)"},
        {"war & peace", "and(war peace)"},
        {"war OU paix", "or(war paix)"},
        {"war || peace", "or(war peace)"},
        {"war NOT peace", "and(war not(peace))"},
        {"do not panic", "and(do not panic)"},
        {"NOT", "not"},
        {"http://example.org/a:b", "http+example+org+a+b"},
        {"12:30", "12+30"},
        {"Dune: part two", "and(dune part two)"},
        {":", "all"},
        {"a:::b", "a+b"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) assert_parses(rows[i][0], rows[i][1]);
}

/* What is said about a query, as codes and fields. */
static void assert_notes(const char *typed, const char *expected) {
    Arena arena = arena_create(1 << 20);
    Text text = text_create(&arena, 1 << 12);
    ErrorList notes = {.arena = &arena};
    QueryNames names = sample_names();
    query_parse_explained(str_from_c(typed), &names, &arena, &notes);
    for (size_t i = 0; i < notes.count; i++)
        text_print(&text, "%s%s%s%s", i ? " " : "", notes.at[i].code + strlen("search_"),
                   notes.at[i].field ? ":" : "", notes.at[i].field ? notes.at[i].field : "");
    assert_string_equal(str_c(&arena, text_str(&text)), expected);
    arena_free(&arena);
}

static void mistakes_are_explained(void **state) {
    (void)state;
    static const char *const rows[][2] = {
        {"debian \"live image\" -games (a or b) size:>1GB title:x", ""},
        {"categry:games", "unknown_field"},
        {"foo:bar", "unknown_field"},
        {"foo:bar foo:baz", "unknown_field"},
        {"foo:\"bar baz\"", "unknown_field"},
        {"http://example.org 12:30 Dune: a::b", ""},
        {"size:big", "bad_value:size"},
        {"category:nothing", "bad_value:category"},
        {"category:games,nothing", "bad_value:category"},
        {"date:2024-13", "bad_value:date"},
        {"age:soon", "bad_value:age"},
        {"may:fly health:well", "bad_value:may bad_value:health"},
        {"hash:0000", "hash_unknown:hash"},
        {"size:2GB..1GB", "range_turned:size"},
        {"(a b", "lost_parenthesis"},
        {"a b)", "lost_parenthesis"},
        {"\"a b", "lost_quote"},
        {"a or", "lost_or"},
        {"or a", "lost_or"},
        {"a or b or c", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) assert_notes(rows[i][0], rows[i][1]);
    char many[600];
    memset(many, 0, sizeof many);
    for (size_t i = 0; i < 33; i++) memcpy(many + i * 3, "ab ", 3);
    assert_notes(many, "cut");
}

static void an_unknown_field_is_told_its_neighbour(void **state) {
    (void)state;
    static const char *const rows[][2] = {
        {"categry", "category"}, {"licenze", "license"}, {"sise", "size"},   {"helth", "health"},
        {"autor", "author"},     {"foo", NULL},          {"title", "title"}, {"q", NULL}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const QueryField *near = query_field_near(str_from_c(rows[i][0]));
        if (rows[i][1])
            assert_string_equal(near ? near->name : "", rows[i][1]);
        else
            assert_null(near);
    }
}

static void what_is_written_reads_as_the_same(void **state) {
    (void)state;
    static const char *const rows[][2] = {
        {"Debian  Live", "Debian Live"},
        {"“war and peace” -film*", "\"war and peace\" -film*"},
        {"a (b OR c) -(d e)", "a (b or c) -(d e)"},
        {"taille:>1Go cat:Games", "size:>1Go category:Games"},
        {"category:games,linux", "category:games or category:linux"},
        {"tag:\"free jazz\" title:x", "tag:\"free jazz\" title:x"},
        {"may:change,sell health:new,alive", "may:change,sell health:new,alive"},
        {"foo:bar", "\"foo:bar\""},
        {"\"or\" \"-a\"", "\"or\" \"-a\""},
        {"((a b", "a b"},
        {"-(-(a b))", "-(-(a b))"},
        {"日本語 wi-fi", "日本語 wi-fi"},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        Arena arena = arena_create(1 << 20);
        QueryNames names = sample_names();
        Str written = query_write(query_parse(str_from_c(rows[i][0]), &names, &arena), &arena);
        assert_string_equal(str_c(&arena, written), rows[i][1]);
        Str again = query_write(query_parse(written, &names, &arena), &arena);
        assert_string_equal(str_c(&arena, again), rows[i][1]);
        arena_free(&arena);
    }
}

static void nodes_know_where_they_were_read(void **state) {
    (void)state;
    Arena arena = arena_create(1 << 20);
    QueryNames names = sample_names();
    Str text = STR(" jazz  -category:games size:> 1 GB (a b) ");
    static const char *const parts[] = {"jazz", "-category:games", "size:> 1 GB", "(a b)"};
    size_t at = 0;
    QueryNode *query = query_parse(text, &names, &arena);
    for (QueryNode *node = query->first; node; node = node->next, at++)
        assert_string_equal(str_c(&arena, str_part(text, node->from, node->end)), parts[at]);
    assert_int_equal(at, 4);
    arena_free(&arena);
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

/* `count` times `row`, whose "%" is a number of its own. */
static Str rows_of(Arena *arena, const char *row, size_t count, const char *between) {
    Text text = text_create(arena, 1 << 12);
    for (size_t i = 0; i < count; i++) {
        if (i) text_print(&text, "%s", between);
        for (const char *c = row; *c; c++) {
            if (*c == '%')
                text_print(&text, "%zu", i);
            else
                text_add_byte(&text, *c);
        }
    }
    return text_str(&text);
}

/* Each reads all places of its words, and those of "the of" are most of a library. */
static void phrases_are_bounded_and_the_same_one_is_one(void **state) {
    (void)state;
    static const struct {
        const char *row, *between;
        size_t count, wanted;
        const char *notes;
    } rows[] = {
        {"\"the x%\"", " or ", SEARCH_PHRASES_MAX, SEARCH_PHRASES_MAX, ""},
        {"\"the x%\"", " or ", SEARCH_PHRASES_MAX + 1, SEARCH_PHRASES_MAX, "cut"},
        {"\"the x%\"", " or ", 30, SEARCH_PHRASES_MAX, "cut"},
        {"\"the x%\"", " ", SEARCH_PHRASES_MAX, SEARCH_PHRASES_MAX, ""},
        {"\"the x%\"", " ", SEARCH_PHRASES_MAX + 1, SEARCH_PHRASES_MAX, "cut"},
        {"the-of-x-%", " ", SEARCH_PHRASES_MAX + 1, SEARCH_PHRASES_MAX, "cut"},
        {"title:\"the x%\"", " ", SEARCH_PHRASES_MAX + 1, SEARCH_PHRASES_MAX, "cut"},
        {"(\"the of\" y)", " or ", SEARCH_PHRASES_MAX + 1, 2 * SEARCH_PHRASES_MAX + 1, "cut"},
        {"-\"the x%\"", " ", SEARCH_PHRASES_MAX + 1, 0, "cut"},
        {"\"the of\"", " or ", 60, 1, ""},
        {"\"the of\"", " ", 60, 1, ""},
        {"(\"the of\")", " ", 60, 1, ""},
        {"-\"the of\"", " ", 60, 0, ""},
        {"\"the\"", " or ", 9, 9, ""},
        {"the-of-%", "-", 15, 1, ""}, /* a name of a file: one row */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        Arena arena = arena_create(1 << 20);
        Str text = rows_of(&arena, rows[i].row, rows[i].count, rows[i].between);
        QueryNode *node = query_parse(text, NULL, &arena);
        assert_int_equal(query_count_wanted(node), rows[i].wanted);
        assert_notes(str_c(&arena, text), rows[i].notes);
        arena_free(&arena);
    }
    assert_parses("\"a b\" a-b \"a b*\" title:\"a b\" \"a b\"", "and(a+b a+b=ab a+b* 1:a+b)");
    assert_parses("(\"a b\" c) or \"a b\"", "or(and(a+b c) a+b)");
    assert_parses("a-b -a-b", "and(a+b=ab not(a+b=ab))");
}

static void a_pasted_title_keeps_its_words_where_its_rows_are_too_many(void **state) {
    (void)state;
    assert_parses("a-b c-d e-f g-h i-j k-l m-n o-p q-r last",
                  "and(a+b=ab c+d=cd e+f=ef g+h=gh i+j=ij k+l=kl m+n=mn o+p=op qr last)");
    assert_notes("a-b c-d e-f g-h i-j k-l m-n o-p q-r last", "");
    assert_parses("a-b c-d e-f g-h i-j k-l m-n o-p title:q-r* -s1 a-b",
                  "and(a+b=ab c+d=cd e+f=ef g+h=gh i+j=ij k+l=kl m+n=mn o+p=op 1:qr* not(s1))");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_must_all_be_there),
        cmocka_unit_test(phrases_exclusions_and_prefixes_are_read),
        cmocka_unit_test(or_binds_looser_than_and),
        cmocka_unit_test(mistakes_are_read_as_words),
        cmocka_unit_test(fields_are_filters),
        cmocka_unit_test(sizes_and_counts_are_ranges),
        cmocka_unit_test(dates_and_ages_are_ranges_of_seconds),
        cmocka_unit_test(comparisons_and_open_ranges_are_read),
        cmocka_unit_test(several_values_are_one_of_them_or_all_of_what_one_may),
        cmocka_unit_test(people_write_signs_in_many_ways),
        cmocka_unit_test(mistakes_are_explained),
        cmocka_unit_test(an_unknown_field_is_told_its_neighbour),
        cmocka_unit_test(what_is_written_reads_as_the_same),
        cmocka_unit_test(nodes_know_where_they_were_read),
        cmocka_unit_test(terms_and_depth_are_bounded),
        cmocka_unit_test(pieces_of_phrases_are_bounded),
        cmocka_unit_test(phrases_are_bounded_and_the_same_one_is_one),
        cmocka_unit_test(a_pasted_title_keeps_its_words_where_its_rows_are_too_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
