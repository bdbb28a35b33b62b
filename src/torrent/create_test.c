#include "torrent/create.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/limits.h"

/* That the bytes are libtorrent's is tested in tests/protocol/torrent/. */

static Str make(const CreateOptions *options, const CreateFile *files, size_t count, size_t chunk,
                Arena *arena) {
    char bytes[70000];
    memset(bytes, 'x', sizeof bytes);
    Create *create;
    if (failed(create_open(options, files, count, arena, &create))) return (Str){0};
    while (create_wanted(create) != CREATE_NO_FILE) {
        uint64_t left = create_left(create);
        assert_true(left > 0);
        create_feed(create, (Str){bytes, left < chunk ? (size_t)left : chunk});
    }
    Str torrent = create_write(create, arena);
    create_close(create);
    return torrent;
}

static void a_made_torrent_reads_back(void **state) {
    (void)state;
    const CreateFile files[] = {
        {STR("b/c"), 40000, FILE_EXECUTABLE}, {STR("a"), 0, 0}, {STR("b/a"), 5, 0}};
    for (CreateKind kind = CREATE_HYBRID; kind <= CREATE_V2; kind++) {
        Arena arena = arena_create(4 * MIB);
        CreateOptions options = {
            .kind = kind, .name = STR("n"), .is_folder = true, .is_private = true};
        Metainfo m;
        Str torrent = make(&options, files, 3, 70000, &arena);
        Error e = metainfo_parse(torrent, &arena, &m);
        if (failed(e)) fail_msg("%s", error_code(e));
        assert_int_equal(m.hash.has_v1, kind != CREATE_V2);
        assert_int_equal(m.hash.has_v2, kind != CREATE_V1);
        assert_int_equal(m.file_count, 3);
        assert_int_equal(m.size_bytes, 40005);
        assert_true(m.is_private);
        assert_true(str_equal(m.files[0].path, kind == CREATE_V1 ? STR("b/c") : STR("a")));
        arena_free(&arena);
    }
}

static void the_size_of_the_pieces_fed_changes_nothing(void **state) {
    (void)state;
    const CreateFile files[] = {{STR("a"), 16384, 0}, {STR("b"), 69999, 0}};
    CreateOptions options = {.name = STR("n"), .is_folder = true, .piece_length = 16384};
    Arena arena = arena_create(4 * MIB);
    Str whole = make(&options, files, 2, 70000, &arena);
    assert_true(whole.len > 0);
    const size_t chunks[] = {1, 7, 16383, 16384, 16385};
    for (size_t i = 0; i < sizeof chunks / sizeof *chunks; i++)
        assert_true(str_equal(make(&options, files, 2, chunks[i], &arena), whole));
    arena_free(&arena);
}

static void refuses(const CreateOptions *options, const CreateFile *files, size_t count,
                    const char *code) {
    Arena arena = arena_create(MIB);
    Create *create;
    assert_string_equal(error_code(create_open(options, files, count, &arena, &create)), code);
    arena_free(&arena);
}

static void what_cannot_be_a_torrent_is_refused(void **state) {
    (void)state;
    CreateOptions folder = {.name = STR("n"), .is_folder = true};
    refuses(&folder, NULL, 0, "files_missing");
    refuses(&folder, (CreateFile[]){{STR("a"), 0, 0}}, 1, "size_zero");
    const Str bad[] = {STR(""), STR("."), STR("../a"), STR("/a"), STR("a/"), STR("a//b")};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        refuses(&folder, (CreateFile[]){{bad[i], 1, 0}}, 1, "path_bad");
    refuses(&folder, (CreateFile[]){{STR("a"), 1, 0}, {STR("b"), 1, 0}, {STR("a"), 1, 0}}, 3,
            "path_twice");
    refuses(&folder, (CreateFile[]){{STR("a/b"), 1, 0}, {STR("a"), 1, 0}}, 2, "path_twice");
    refuses(&folder, (CreateFile[]){{STR("a"), 1ull << 48, 0}}, 1, "size_too_big");
    CreateOptions lone = {.name = STR("n")};
    refuses(&lone, (CreateFile[]){{STR(""), 1, 0}, {STR(""), 1, 0}}, 2, "files_missing");
    lone.name = STR("a/b");
    refuses(&lone, (CreateFile[]){{STR(""), 1, 0}}, 1, "path_bad");
}

static void piece_lengths_are_checked(void **state) {
    (void)state;
    const CreateFile file = {.size_bytes = 1ull << 30};
    CreateOptions options = {.name = STR("n"), .kind = CREATE_V2, .piece_length = 49152};
    refuses(&options, &file, 1, "piece_length_bad");
    options.piece_length = 8192;
    refuses(&options, &file, 1, "piece_length_bad");
    options.kind = CREATE_V1;
    options.piece_length = 16384 + 512;
    refuses(&options, &file, 1, "piece_length_bad");
    options.piece_length = 64;
    refuses(&options, &file, 1, "pieces_too_many");
    options.piece_length = 1ull << 30;
    refuses(&options, &file, 1, "piece_length_bad");
}

static void piece_lengths_grow_with_the_work(void **state) {
    (void)state;
    assert_int_equal(create_piece_length(1), 16 * KIB);
    assert_int_equal(create_piece_length(2684355), 16 * KIB);
    assert_int_equal(create_piece_length(2684356), 32 * KIB);
    assert_int_equal(create_piece_length(43980465112), 4 * MIB);
    assert_int_equal(create_piece_length(1ull << 47), 16 * MIB);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_made_torrent_reads_back),
        cmocka_unit_test(the_size_of_the_pieces_fed_changes_nothing),
        cmocka_unit_test(what_cannot_be_a_torrent_is_refused),
        cmocka_unit_test(piece_lengths_are_checked),
        cmocka_unit_test(piece_lengths_grow_with_the_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
