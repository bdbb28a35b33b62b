#include "community/file_key.h"

#include "community/test.h"
#include "queries/file_key.h"
#include "queries/progress.h"

/* A file of a made-up torrent: so many bytes of one letter. */
typedef struct {
    const char *path;
    uint64_t size_bytes;
    char fill;
} Part;

enum { LARGE = 3 * FILE_KEY_BYTES_MIN };

static Str torrent_of(Stage *stage, CreateKind kind, const Part *parts, size_t count) {
    CreateOptions options = {
        .kind = kind, .name = STR("folder"), .is_folder = true, .piece_length = 32 * KIB};
    CreateFile *files = arena_new(&stage->arena, CreateFile, count);
    for (size_t i = 0; i < count; i++)
        files[i] =
            (CreateFile){.path = str_from_c(parts[i].path), .size_bytes = parts[i].size_bytes};
    char *bytes = arena_new(&stage->arena, char, LARGE * 2);
    Create *create;
    check_fine(create_open(&options, files, count, &stage->arena, &create));
    for (size_t at; (at = create_wanted(create)) != CREATE_NO_FILE;) {
        memset(bytes, parts[at].fill, LARGE * 2);
        create_feed(create, (Str){bytes, (size_t)create_left(create)});
    }
    Str torrent = create_write(create, &stage->arena);
    create_close(create);
    return torrent;
}

#define TORRENT(stage, kind, parts) torrent_of(stage, kind, parts, sizeof(parts) / sizeof *(parts))

static int64_t publish(Visit *visit, Str torrent) {
    UploadAsk ask = {.torrent = torrent, .words = stage_words()};
    ErrorList errors = {0};
    Upload upload;
    check_fine(upload_add(visit, &ask, &errors, &upload));
    return upload.id;
}

static SameFiles check(Visit *visit, Str torrent) {
    UploadAsk ask = {.torrent = torrent, .words = stage_words()};
    ErrorList errors = {0};
    Upload upload;
    check_fine(upload_check(visit, &ask, &errors, &upload));
    return upload.same;
}

static SameFiles match(Visit *visit, int64_t id) {
    Torrent torrent;
    TorrentContents contents;
    SameFiles same;
    check_fine(torrent_find(visit, id, &torrent));
    check_fine(torrent_contents(visit, &torrent, &contents));
    check_fine(file_key_match(visit, contents.files, contents.file_count, id, &same));
    return same;
}

static const Part album[] = {{"a/one.flac", LARGE, 'a'},
                             {"a/two.flac", LARGE + 5, 'b'},
                             {"a/cover.jpg", 900, 'c'},
                             {"empty", 0, ' '}};

static void roots_tell_a_file_whatever_its_name(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit anna = stage_member(stage, "anna", ROLE_MEMBER);
    static const Part renamed[] = {{"1.bin", LARGE, 'a'}, {"other.flac", LARGE, 'x'}};
    int64_t first = publish(&anna, TORRENT(stage, CREATE_V2, album));
    int64_t second = publish(&anna, TORRENT(stage, CREATE_HYBRID, renamed));
    for (int i = 0; i < 2; i++) {
        SameFiles same = match(&anna, i ? second : first);
        assert_int_equal(same.count, 1);
        assert_int_equal(same.works[0].torrent.id, i ? first : second);
        assert_int_equal(same.works[0].files, 1);
        assert_int_equal(same.works[0].size_bytes, LARGE);
        assert_false(same.works[0].is_guess);
        assert_int_equal(same.size_bytes, LARGE);
    }
    stage_close(stage);
}

static void names_and_sizes_are_a_guess_where_a_root_is_missing(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit anna = stage_member(stage, "anna", ROLE_MEMBER);
    static const Part moved[] = {{"b/ONE.flac", LARGE, 'z'}};
    int64_t v1 = publish(&anna, TORRENT(stage, CREATE_V1, album));
    int64_t v2 = publish(&anna, TORRENT(stage, CREATE_V2, moved));
    SameFiles same = match(&anna, v2);
    assert_int_equal(same.count, 1);
    assert_int_equal(same.works[0].torrent.id, v1);
    assert_true(same.works[0].is_guess && same.is_guess);
    stage_close(stage);
}

static void two_roots_that_differ_are_never_a_guess(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit anna = stage_member(stage, "anna", ROLE_MEMBER);
    static const Part other[] = {{"a/one.flac", LARGE, 'z'}, {"x", 5, 'x'}};
    int64_t first = publish(&anna, TORRENT(stage, CREATE_V2, album));
    int64_t second = publish(&anna, TORRENT(stage, CREATE_HYBRID, other));
    assert_int_equal(match(&anna, first).count, 0);
    assert_int_equal(match(&anna, second).count, 0);
    stage_close(stage);
}

static void small_files_and_padding_tell_nothing(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit anna = stage_member(stage, "anna", ROLE_MEMBER);
    static const Part at_edge[] = {{"x", FILE_KEY_BYTES_MIN, 'x'}, {"y", 5, 'y'}};
    static const Part below[] = {{"x", FILE_KEY_BYTES_MIN - 1, 'x'}, {"z", 6, 'z'}};
    Metainfo metainfo;
    check_fine(metainfo_parse(TORRENT(stage, CREATE_HYBRID, at_edge), &stage->arena, &metainfo));
    assert_int_equal(file_key_list(metainfo.files, metainfo.file_count, &stage->arena).count, 1);
    check_fine(metainfo_parse(TORRENT(stage, CREATE_HYBRID, below), &stage->arena, &metainfo));
    assert_int_equal(file_key_list(metainfo.files, metainfo.file_count, &stage->arena).count, 0);
    TorrentFile pad = {.path = STR(".pad/1"), .size_bytes = LARGE, .flags = FILE_PAD};
    assert_int_equal(file_key_list(&pad, 1, &stage->arena).count, 0);
    int64_t first = publish(&anna, TORRENT(stage, CREATE_V2, below));
    publish(&anna, TORRENT(stage, CREATE_V1, below));
    assert_int_equal(match(&anna, first).count, 0);
    stage_close(stage);
}

static void only_what_anybody_may_see_is_named(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit anna = stage_member(stage, "anna", ROLE_MEMBER);
    Visit noor = stage_member(stage, "noor", ROLE_MODERATOR);
    int64_t first = publish(&anna, TORRENT(stage, CREATE_V2, album));
    int64_t second = publish(&anna, TORRENT(stage, CREATE_V1, album));
    assert_int_equal(match(&anna, second).count, 1);
    check_fine(torrent_withdraw(&anna, first, STR("")));
    assert_int_equal(match(&anna, second).count, 0);
    check_fine(torrent_publish(&noor, first));
    assert_int_equal(match(&anna, second).count, 1);
    stage_close(stage);
}

static void an_upload_of_what_is_here_is_told_so(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit anna = stage_member(stage, "anna", ROLE_MEMBER);
    static const Part other_cover[] = {
        {"one.flac", LARGE, 'a'}, {"two.flac", LARGE + 5, 'b'}, {"cover.jpg", 900, 'd'}};
    int64_t first = publish(&anna, TORRENT(stage, CREATE_V2, album));
    static const Part plain[] = {
        {"x/1.flac", LARGE, 'a'}, {"x/2.flac", LARGE + 5, 'b'}, {"x/cover", 900, 'c'}};
    Str copy = TORRENT(stage, CREATE_HYBRID, plain);
    SameFiles same = check(&anna, copy);
    assert_true(same.has_all && !same.is_guess);
    assert_int_equal(same.works[0].torrent.id, first);
    /* The large files are here, a small one is not. */
    same = check(&anna, TORRENT(stage, CREATE_V2, other_cover));
    assert_int_equal(same.files, 2);
    assert_false(same.has_all);
    /* By names alone it is a guess. */
    same = check(&anna, TORRENT(stage, CREATE_V1, album));
    assert_true(same.has_all && same.is_guess);
    UploadAsk ask = {.torrent = copy, .words = stage_words(), .stop_at_known_files = true};
    ErrorList errors = {0};
    Upload upload;
    check_code(upload_add(&anna, &ask, &errors, &upload), ERROR_CONFLICT, "files_known");
    assert_non_null(error_list_find(&errors, "same_files"));
    assert_int_equal(upload.id, 0);
    assert_int_equal(upload.same.count, 1);
    ask.stop_at_known_files = false;
    errors = (ErrorList){0};
    check_fine(upload_add(&anna, &ask, &errors, &upload));
    assert_int_equal(match(&anna, first).works[0].torrent.id, upload.id);
    stage_close(stage);
}

static void files_may_be_spread_over_several_works(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit anna = stage_member(stage, "anna", ROLE_MEMBER);
    static const Part one[] = {{"one", LARGE, 'a'}, {"note", 4, 'n'}};
    static const Part two[] = {{"two", LARGE + 5, 'b'}};
    static const Part both[] = {{"one", LARGE, 'a'}, {"two", LARGE + 5, 'b'}, {"note", 4, 'n'}};
    publish(&anna, TORRENT(stage, CREATE_V2, one));
    assert_false(check(&anna, TORRENT(stage, CREATE_V2, both)).has_all);
    publish(&anna, TORRENT(stage, CREATE_V1, two));
    SameFiles same = check(&anna, TORRENT(stage, CREATE_V2, both));
    assert_true(same.has_all && same.is_guess);
    assert_int_equal(same.count, 2);
    assert_int_equal(same.size_bytes, 2 * LARGE + 5);
    stage_close(stage);
}

static void the_largest_files_are_kept_and_no_more(void **state) {
    (void)state;
    Arena arena = arena_create(64 * MIB);
    enum { MANY = TORRENT_FILES_MAX };
    TorrentFile *files = arena_new(&arena, TorrentFile, MANY);
    for (size_t i = 0; i < MANY; i++)
        files[i] = (TorrentFile){.path = STR("a"), .size_bytes = FILE_KEY_BYTES_MIN + i};
    FileKeys keys = file_key_list(files, MANY, &arena);
    assert_int_equal(keys.count, FILE_KEYS_MAX);
    assert_int_equal(keys.at[0].size_bytes, FILE_KEY_BYTES_MIN + MANY - 1);
    assert_int_equal(keys.at[FILE_KEYS_MAX - 1].size_bytes,
                     FILE_KEY_BYTES_MIN + MANY - FILE_KEYS_MAX);
    size_t numbers;
    file_key_numbers(keys, &arena, &numbers);
    assert_int_equal(numbers, FILE_KEYS_MAX);
    Str stored = file_key_write(keys, &arena);
    FileKeys back = file_key_parse(stored, &arena);
    assert_int_equal(back.count, keys.count);
    assert_memory_equal(back.at, keys.at, keys.count * sizeof *keys.at);
    assert_int_equal(file_key_parse(str_part(stored, 0, stored.len - 1), &arena).count, 0);
    arena_free(&arena);
}

/* As a work of 200,000 files against its copy: within two seconds, and in bounded memory. */
static void a_work_of_very_many_files_is_compared_in_time(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit anna = stage_member(stage, "anna", ROLE_MEMBER);
    enum { MANY = 60000 };
    Part *parts = arena_new(&stage->arena, Part, MANY);
    for (size_t i = 0; i < MANY; i++)
        parts[i] = (Part){arena_print(&stage->arena, "%zu/same", i).at, 1, (char)('a' + i % 3)};
    for (size_t i = 0; i < 3; i++) parts[i].size_bytes = LARGE + i;
    publish(&anna, torrent_of(stage, CREATE_V1, parts, MANY));
    Str copy = torrent_of(stage, CREATE_V1, parts + 1, MANY - 1);
    Milliseconds start = clock_monotonic_ms();
    assert_true(check(&anna, copy).has_all);
    assert_true(clock_monotonic_ms() - start < 2000);
    stage_close(stage);
}

static Error forget_keys(Db *db, Arena *arena, void *argument) {
    (void)argument;
    return query_file_key_forget(db, arena, (FileKeyForgetAsk){.after = 0}, NULL);
}

static void works_from_before_get_their_keys_from_a_job(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit anna = stage_member(stage, "anna", ROLE_MEMBER);
    int64_t first = publish(&anna, TORRENT(stage, CREATE_V2, album));
    int64_t second = publish(&anna, TORRENT(stage, CREATE_V1, album));
    check_fine(store_write(stage->community.store, &stage->arena, forget_keys, NULL));
    check_fine(torrent_load_all(&anna));
    assert_int_equal(match(&anna, first).count, 0);
    check_fine(file_key_make_missing(&anna));
    assert_int_equal(match(&anna, first).works[0].torrent.id, second);
    assert_int_equal(match(&anna, second).works[0].torrent.id, first);
    ProgressFindRow progress;
    bool found;
    check_fine(query_progress_find(stage->db, &stage->arena,
                                   (ProgressFindAsk){.name = STR("file_keys")}, &found, &progress));
    assert_true(found && progress.at == second);
    check_fine(file_key_make_missing(&anna)); /* nothing is left to do */
    check_fine(torrent_load_all(&anna));      /* and they are loaded again at the next start */
    assert_int_equal(match(&anna, first).count, 1);
    stage_close(stage);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(roots_tell_a_file_whatever_its_name),
        cmocka_unit_test(names_and_sizes_are_a_guess_where_a_root_is_missing),
        cmocka_unit_test(two_roots_that_differ_are_never_a_guess),
        cmocka_unit_test(small_files_and_padding_tell_nothing),
        cmocka_unit_test(only_what_anybody_may_see_is_named),
        cmocka_unit_test(an_upload_of_what_is_here_is_told_so),
        cmocka_unit_test(files_may_be_spread_over_several_works),
        cmocka_unit_test(the_largest_files_are_kept_and_no_more),
        cmocka_unit_test(a_work_of_very_many_files_is_compared_in_time),
        cmocka_unit_test(works_from_before_get_their_keys_from_a_job),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
