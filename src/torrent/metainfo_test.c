#include "torrent/metainfo.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/limits.h"
#include "base/text.h"
#include "torrent/bencode.h"

#define HASH "aaaaaaaaaaaaaaaaaaaa"
#define PIECES "6:pieces20:" HASH
#define ROOT "11:pieces root32:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define V2_END "12:meta versioni2e4:name1:n12:piece lengthi16384e"

static void gives(const char *torrent, const char *code) {
    Arena arena = arena_create(64 * MIB);
    Metainfo metainfo;
    Error e = metainfo_parse(str_from_c(torrent), &arena, &metainfo);
    if (strcmp(error_code(e), code) != 0) print_message("%s\n", torrent);
    assert_string_equal(error_code(e), code);
    if (failed(e)) assert_string_equal(e.field, "torrent");
    arena_free(&arena);
}

static void each_fault_has_its_code(void **state) {
    (void)state;
    const char *bad[][2] = {
        {"", "torrent_empty"},
        {"<html>", "bencode_unknown_byte"},
        {"4:spam", "torrent_not_dictionary"},
        {"de", "info_missing"},
        {"d4:info2:dee", "info_missing"},
        {"d4:infodee", "piece_length_bad"},
        {"d4:infod12:piece lengthi0eee", "piece_length_bad"},
        {"d4:infod12:piece lengthi536870913eee", "piece_length_bad"},
        {"d4:infod12:piece lengthi16eee", "name_missing"},
        {"d4:infod6:lengthi1e4:name2:..12:piece lengthi16e" PIECES "ee", "name_missing"},
        {"d4:infod6:lengthi1e4:name0:12:piece lengthi16e" PIECES "ee", "name_missing"},
        {"d4:infod4:name1:n12:piece lengthi16e" PIECES "ee", "length_bad"},
        {"d4:infod6:lengthi-1e4:name1:n12:piece lengthi16e" PIECES "ee", "length_bad"},
        {"d4:infod6:lengthi17592186028032e4:name1:n12:piece lengthi16eee", "length_bad"},
        {"d4:infod6:lengthi0e4:name1:n12:piece lengthi16e" PIECES "ee", "size_zero"},
        {"d4:infod6:lengthi1e4:name1:n12:piece lengthi16eee", "pieces_missing"},
        {"d4:infod6:lengthi17e4:name1:n12:piece lengthi16e" PIECES "ee", "pieces_bad"},
        {"d4:infod6:lengthi2097153e4:name1:n12:piece lengthi1e" PIECES "ee", "pieces_too_many"},
        {"d4:infod5:filesle4:name1:n12:piece lengthi16e" PIECES "ee", "files_missing"},
        {"d4:infod5:filesli1ee4:name1:n12:piece lengthi16e" PIECES "ee", "file_not_dictionary"},
        {"d4:infod5:filesld6:lengthi1eee4:name1:n12:piece lengthi16e" PIECES "ee", "path_missing"},
        {"d4:infod5:filesld6:lengthi1e4:pathli1eeee4:name1:n12:piece lengthi16e" PIECES "ee",
         "path_bad"},
        {"d4:infod12:meta versioni3e4:name1:n12:piece lengthi16eee", "meta_version_unknown"},
        {"d4:infod12:meta versioni2e4:name1:n12:piece lengthi16384eee", "file_tree_missing"},
        {"d4:infod9:file treede4:name1:n12:piece lengthi16384eee", "meta_version_missing"},
        {"d4:infod9:file treede12:meta versioni2e4:name1:n12:piece lengthi16384eee",
         "files_missing"},
        {"d4:infod9:file treed1:ad0:d6:lengthi1e" ROOT "eee12:meta versioni2e4:name1:n"
         "12:piece lengthi49152eee",
         "piece_length_not_power_of_two"},
        {"d4:infod9:file treed1:ad0:d6:lengthi1eeee" V2_END "ee", "pieces_root_missing"},
        {"d4:infod9:file treed1:ad0:d4:attr1:p6:lengthi1eeee" V2_END "ee", "file_tree_pad"},
        {"d4:infod9:file treed1:ad0:i1eee" V2_END "ee", "file_tree_bad"},
        {"d4:infod9:file treed1:ai1e1:bd0:deee" V2_END "ee", "file_tree_bad"},
        {"d4:infod9:file treed1:bd0:d6:lengthi1e" ROOT "ee1:ad0:d6:lengthi0eeee" V2_END "ee",
         "bencode_keys_unsorted"},
        {"d4:infod9:file treed1:ad0:d6:lengthi1e" ROOT "eee6:lengthi2e" V2_END PIECES "ee",
         "hybrid_differs"},
        {"d4:infod9:file treed1:ad0:d6:lengthi1e" ROOT "eee" V2_END "e12:piece layersd1:x0:ee",
         "piece_layer_bad"},
        {"d4:infod9:file treed1:ad0:d6:lengthi1e" ROOT "eee" V2_END
         "e12:piece layersd32:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb0:ee",
         "piece_layer_unknown"},
        {"d4:infod9:file treed1:ad0:d6:lengthi16385e" ROOT "eee" V2_END
         "e12:piece layersd32:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb0:ee",
         "piece_layer_size"},
        {"d4:infod9:file treed1:ad0:d6:lengthi16385e" ROOT "eee" V2_END
         "e12:piece layersd32:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb64:" HASH HASH HASH "aaaaee",
         "piece_layer_false"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) gives(bad[i][0], bad[i][1]);
}

static void sound_torrents_of_each_version_are_taken(void **state) {
    (void)state;
    gives("d4:infod6:lengthi1e4:name1:n12:piece lengthi16e" PIECES "ee", "");
    gives("d4:infod6:lengthi1e4:name1:n12:piece lengthi16e" PIECES "ee\r\n", "");
    gives("d4:infod12:piece lengthi16e4:name1:n6:lengthi1e" PIECES "ee", "");
    gives("d4:infod9:file treed1:ad0:d6:lengthi1e" ROOT "eee" V2_END "ee", "");
    gives("d4:infod9:file treed1:nd0:d6:lengthi1e" ROOT "eee6:lengthi1e" V2_END PIECES "ee", "");
}

static void info_is_hashed_by_its_exact_bytes(void **state) {
    (void)state;
    Arena arena = arena_create(MIB);
    Metainfo metainfo;
    Str info = STR("d6:lengthi1e4:name1:n12:piece lengthi16e" PIECES "1:xd1:zi0e1:ai0eee");
    Text text = text_create(&arena, 1000);
    text_add(&text, STR("d4:junkle4:info"));
    text_add(&text, info);
    text_add(&text, STR("e"));
    assert_false(failed(metainfo_parse(text_str(&text), &arena, &metainfo)));
    assert_true(str_equal(metainfo.info, info));
    uint8_t hash[SHA1_BYTES];
    sha1(info, hash);
    assert_memory_equal(metainfo.hash.v1, hash, SHA1_BYTES);
    assert_false(metainfo.hash.has_v2);
    arena_free(&arena);
}

static void what_a_torrent_says_is_read(void **state) {
    (void)state;
    Arena arena = arena_create(MIB);
    Metainfo m;
    Str torrent =
        STR("d8:announce9:ftp://a/b13:announce-listll12: udp://a:1/ "
            "3:bad9:udp://b/xel9:udp://b/x10:wss://c/dd"
            "ee7:comment8:l1\n\x01l2 x13:creation "
            "datei1790000000e4:infod5:filesld4:attr2:xh6:lengthi5e4:pathl1:a"
            "2:..eed4:attr1:p6:lengthi11e4:pathl4:.pad2:11eed6:lengthi3e4:pathl1:be10:path.utf-8l2:"
            "éee"
            "e4:name3:a/b12:piece lengthi16e6:pieces40:" HASH HASH
            "7:privatei1ee8:url-listl10:http://s/w12:gopher://x/y10:http://s/wee");
    Error e = metainfo_parse(torrent, &arena, &m);
    if (failed(e)) fail_msg("%s", error_text(e, &arena).at);
    assert_true(str_equal(m.name, STR("a_b")));
    assert_int_equal(m.file_count, 3);
    assert_true(str_equal(m.files[0].path, STR("a/__")));
    assert_int_equal(m.files[0].flags, FILE_EXECUTABLE | FILE_HIDDEN);
    assert_int_equal(m.files[1].flags, FILE_PAD);
    assert_true(str_equal(m.files[2].path, STR("é")));
    assert_int_equal(m.size_bytes, 8);
    assert_int_equal(m.pieces, 2);
    assert_true(m.is_private);
    assert_int_equal(m.tracker_count, 3);
    assert_true(str_equal(m.trackers[0], STR("udp://a:1/")));
    assert_true(str_equal(m.trackers[2], STR("wss://c/dd")));
    assert_int_equal(m.web_seed_count, 1);
    assert_true(str_equal(m.comment, STR("l1\n\xEF\xBF\xBDl2 x")));
    assert_int_equal(m.created_at, 1790000000);
    arena_free(&arena);
}

static void a_served_torrent_keeps_info_and_reads_back(void **state) {
    (void)state;
    Arena arena = arena_create(MIB);
    Metainfo m;
    const Str trackers[] = {STR("udp://a:1/"), STR("https://b/announce")};
    const Str seeds[] = {STR("https://s/w")};
    MetainfoParts parts = {.info = STR("d6:lengthi1e4:name1:n12:piece lengthi16e" PIECES "e"),
                           .trackers = trackers,
                           .tracker_count = 2,
                           .web_seeds = seeds,
                           .web_seed_count = 1,
                           .comment = STR("https://site/t/x")};
    Str written = metainfo_write(&parts, &arena);
    assert_true(str_equal(
        written,
        STR("d8:announce10:udp://a:1/13:announce-listll10:udp://a:1/el18:https://b/announceee"
            "7:comment16:https://site/t/x4:infod6:lengthi1e4:name1:n12:piece lengthi16e" PIECES
            "e8:url-list11:https://s/we")));
    assert_false(failed(metainfo_parse(written, &arena, &m)));
    assert_true(str_equal(m.info, parts.info));
    Metainfo again;
    assert_false(failed(metainfo_parse_info(m.info, &arena, &again)));
    assert_true(str_equal(again.name, m.name));
    assert_int_equal(again.file_count, m.file_count);
    assert_int_equal(again.size_bytes, m.size_bytes);
    assert_true(failed(metainfo_parse_info(STR("de"), &arena, &again)));
    assert_true(failed(metainfo_parse_info(STR("le"), &arena, &again)));
    assert_true(failed(metainfo_parse_info(STR("d"), &arena, &again)));
    assert_int_equal(m.tracker_count, 2);
    assert_int_equal(m.web_seed_count, 1);
    parts.tracker_count = parts.web_seed_count = 0;
    parts.comment = STR("");
    written = metainfo_write(&parts, &arena);
    assert_int_equal(written.len, 8 + parts.info.len);
    arena_free(&arena);
}

/* A v1 torrent of `count` files of one byte, named by their number modulo `names`. */
static Str many_files(size_t count, size_t names, Arena *arena) {
    Text text = text_create(arena, 16 * MIB);
    text_add(&text, STR("d4:infod5:filesl"));
    for (size_t i = 0; i < count; i++) {
        text_add(&text, STR("d6:lengthi1e4:pathl"));
        bencode_write_string(&text, arena_print(arena, "%zu", i % names));
        text_add(&text, STR("ee"));
    }
    text_add(&text, STR("e4:name1:n12:piece lengthi536870912e" PIECES "ee"));
    return text_str(&text);
}

static void files_stop_at_the_limit(void **state) {
    (void)state;
    Arena arena = arena_create(128 * MIB);
    Metainfo m;
    size_t max = TORRENT_FILES_MAX;
    assert_false(failed(metainfo_parse(many_files(max, max, &arena), &arena, &m)));
    assert_int_equal(m.file_count, max);
    Error e = metainfo_parse(many_files(max + 1, max + 1, &arena), &arena, &m);
    assert_string_equal(error_code(e), "files_too_many");
    arena_free(&arena);
}

static void files_of_one_name_stop_at_the_limit(void **state) {
    (void)state;
    Arena arena = arena_create(128 * MIB);
    Metainfo m;
    /* The third takes one step, the fourth two ...: 33 files take 496 steps, 34 take 528. */
    assert_false(failed(metainfo_parse(many_files(33, 1, &arena), &arena, &m)));
    Error e = metainfo_parse(many_files(34, 1, &arena), &arena, &m);
    assert_string_equal(error_code(e), "path_twice");
    assert_false(failed(metainfo_parse(many_files(40000, 20000, &arena), &arena, &m)));
    arena_free(&arena);
}

static void paths_repeated_by_a_deep_tree_are_bounded(void **state) {
    (void)state;
    Arena arena = arena_create(128 * MIB);
    Metainfo m;
    Text text = text_create(&arena, 16 * MIB);
    text_add(&text, STR("d4:infod9:file treed4000:"));
    memset(text_extend(&text, 4000), 'x', 4000);
    text_add_byte(&text, 'd');
    for (int i = 0; i < 50000; i++) text_print(&text, "5:%05dd0:d6:lengthi0eee", i);
    text_add(&text, STR("ee" V2_END "ee"));
    Error e = metainfo_parse(text_str(&text), &arena, &m);
    assert_string_equal(error_code(e), "paths_too_long");
    assert_true(arena.used < 96 * MIB);
    arena_free(&arena);
}

static void a_file_past_the_size_limit_is_not_looked_at(void **state) {
    (void)state;
    Arena arena = arena_create(64 * MIB);
    Metainfo m;
    char *bytes = arena_alloc(&arena, TORRENT_FILE_BYTES_MAX + 1, 1);
    Error e = metainfo_parse((Str){bytes, TORRENT_FILE_BYTES_MAX + 1}, &arena, &m);
    assert_int_equal(e.kind, ERROR_TOO_LARGE);
    assert_string_equal(error_code(e), "torrent_too_large");
    arena_free(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_fault_has_its_code),
        cmocka_unit_test(sound_torrents_of_each_version_are_taken),
        cmocka_unit_test(info_is_hashed_by_its_exact_bytes),
        cmocka_unit_test(what_a_torrent_says_is_read),
        cmocka_unit_test(a_served_torrent_keeps_info_and_reads_back),
        cmocka_unit_test(files_stop_at_the_limit),
        cmocka_unit_test(files_of_one_name_stop_at_the_limit),
        cmocka_unit_test(paths_repeated_by_a_deep_tree_are_bounded),
        cmocka_unit_test(a_file_past_the_size_limit_is_not_looked_at),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
