#include "command/import_line.h"

#include "base/encode.h"
#include "base/text.h"
#include "community/test.h"

#define HASH "00112233445566778899aabbccddeeff00112233"

static const TorrentWords defaults = {.license = {"CC0-1.0", 7}, .author = {"The archive", 11}};

static ImportLine json_of(Arena *arena, const char *text) {
    ImportLine line;
    check_fine(import_line_json(str_from_c(text), &defaults, arena, &line));
    return line;
}

static void a_line_says_what_it_says_and_options_the_rest(void **state) {
    (void)state;
    Arena arena = arena_create(MIB);
    ImportLine line = json_of(
        &arena,
        "{\"title\":\"Été\",\"infohash_v1\":\"" HASH
        "\",\"infohash_v2\":null,\"author\":\"Bo\","
        "\"license\":\"\",\"tags\":[\"a\",\"b c\"],\"uploader\":\"bo\",\"size_bytes\":\"12\","
        "\"published_at\":\"2020-01-02T03:04:05Z\",\"seeders\":3,\"completed\":9,"
        "\"trackers\":[\"udp://t.example:1\"],\"unknown\":{\"x\":[1]},"
        "\"file_list\":[{\"path\":\"a/b\",\"size_bytes\":7,\"more\":1}]}");
    check_str(line.words.title, "Été");
    check_str(line.words.author, "Bo");
    check_str(line.words.license, "CC0-1.0");
    check_str(line.words.tags, "a,b c");
    assert_true(line.hash.has_v1 && !line.hash.has_v2);
    assert_int_equal(line.hash.v1[1], 0x11);
    assert_int_equal(line.size_bytes, 12);
    assert_int_equal(line.published_at, 1577934245);
    assert_true(line.has_counts);
    assert_int_equal(line.seeders, 3);
    assert_int_equal(line.completed, 9);
    assert_int_equal(line.file_count, 1);
    check_str(line.files[0].path, "a/b");
    assert_int_equal(line.files[0].size_bytes, 7);
    assert_int_equal(line.tracker_count, 1);
    assert_false(json_of(&arena, "{}").has_counts);
    check_str(json_of(&arena, "{\"author\":null}").words.author, "The archive");
    arena_free(&arena);
}

static void a_torrent_stands_in_base64(void **state) {
    (void)state;
    Arena arena = arena_create(MIB);
    char *longer = arena_new(&arena, char, 1001);
    memset(longer, 'x', 1000);
    const char *const bytes[] = {"d", "de", "d4:", "d4:info", longer};
    for (size_t i = 0; i < sizeof bytes / sizeof *bytes; i++) {
        Str base64 = base64_write(&arena, bytes[i], strlen(bytes[i]));
        Str text = arena_print(&arena, "{\"torrent\":\"%.*s\"}", STR_PRINTF(base64));
        check_str(json_of(&arena, text.at).torrent, bytes[i]);
    }
    arena_free(&arena);
}

static void a_field_of_the_wrong_kind_is_named(void **state) {
    (void)state;
    static const struct {
        const char *text, *field;
    } cases[] = {{"{\"title\":5}", "title"},
                 {"{\"size_bytes\":-1}", "size_bytes"},
                 {"{\"size_bytes\":1.5}", "size_bytes"},
                 {"{\"seeders\":\"many\"}", "seeders"},
                 {"{\"infohash_v1\":\"abc\"}", "infohash_v1"},
                 {"{\"infohash_v2\":\"" HASH "\"}", "infohash_v2"},
                 {"{\"published_at\":\"yesterday\"}", "published_at"},
                 {"{\"tags\":[1]}", "tags"},
                 {"{\"file_list\":{}}", "file_list"},
                 {"{\"file_list\":[\"a\"]}", "file_list"},
                 {"{\"file_list\":[{\"path\":\"a\"}]}", "file_list"},
                 {"{\"file_list\":[{\"path\":\"a\",\"size_bytes\":-2}]}", "file_list"},
                 {"{\"trackers\":\"udp://t\"}", "trackers"},
                 {"{\"torrent\":\"no base64!\"}", "torrent"},
                 {"{\"torrent\":\"====\"}", "torrent"}};
    Arena arena = arena_create(MIB);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ImportLine line;
        Error e = import_line_json(str_from_c(cases[i].text), &defaults, &arena, &line);
        check_code(e, ERROR_BAD_INPUT, "wrong_kind");
        assert_string_equal(e.field, cases[i].field);
    }
    arena_free(&arena);
}

static void what_is_no_object_is_no_work(void **state) {
    (void)state;
    static const char *const cases[] = {"", "{", "[]", "5", "{\"a\":1,\"a\":2}", "{}{}", "\xFF"};
    Arena arena = arena_create(MIB);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ImportLine line;
        check_code(import_line_json(str_from_c(cases[i]), &defaults, &arena, &line),
                   ERROR_BAD_INPUT, "bad_json");
    }
    arena_free(&arena);
}

static void a_line_beyond_its_memory_is_refused_and_leaks_nothing(void **state) {
    (void)state;
    Arena text_arena = arena_create(8 * MIB), arena = arena_create(64 * KIB);
    Text text = text_create(&text_arena, 4 * MIB);
    text_add(&text, STR("{\"description\":\""));
    for (int i = 0; i < 20000; i++) text_add(&text, STR("0123456789"));
    text_add(&text, STR("\"}"));
    ImportLine line;
    check_code(import_line_json(text_str(&text), &defaults, &arena, &line), ERROR_TOO_LARGE,
               "too_much_memory");
    arena_free(&arena);
    arena_free(&text_arena);
}

static void a_kat_line_has_twelve_columns(void **state) {
    (void)state;
    Arena arena = arena_create(MIB);
    ImportLine line;
    Str text = STR(HASH
                   "|A | name|Books|http://k.example/a.html|http://k.example/a.torrent|4096|"
                   "301|2|11|3|1400000000|1");
    check_fine(import_line_kat(text, &defaults, &arena, &line));
    check_str(line.words.title, "A | name");
    check_str(line.words.category, "books");
    check_str(line.words.source_url, "http://k.example/a.html");
    check_str(line.words.license, "CC0-1.0");
    assert_true(line.hash.has_v1);
    assert_int_equal(line.size_bytes, 4096);
    assert_int_equal(line.files_said, 2);
    assert_int_equal(line.seeders, 11);
    assert_int_equal(line.leechers, 3);
    assert_int_equal(line.published_at, 1400000000);
    check_code(import_line_kat(STR("a|b|c"), &defaults, &arena, &line), ERROR_BAD_INPUT,
               "bad_line");
    check_code(import_line_kat(STR("xx|b|c|d|e|1|2|3|4|5|6|7"), &defaults, &arena, &line),
               ERROR_BAD_INPUT, "wrong_kind");
    check_code(import_line_kat(STR(HASH "|b|c|d|e|big|2|3|4|5|6|7"), &defaults, &arena, &line),
               ERROR_BAD_INPUT, "wrong_kind");
    arena_free(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_says_what_it_says_and_options_the_rest),
        cmocka_unit_test(a_torrent_stands_in_base64),
        cmocka_unit_test(a_field_of_the_wrong_kind_is_named),
        cmocka_unit_test(what_is_no_object_is_no_work),
        cmocka_unit_test(a_line_beyond_its_memory_is_refused_and_leaks_nothing),
        cmocka_unit_test(a_kat_line_has_twelve_columns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
