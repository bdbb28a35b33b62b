#include "probe/web_seed.h"

#include "base/encode.h"
#include "base/limits.h"
#include "probe/test.h"
#include "torrent/create.h"
#include "torrent/metainfo.h"

enum { PIECE_BYTES = 32 * KIB, FILES = 4 };

/* A folder of files of awkward sizes, and its torrent. */
typedef struct {
    Arena arena;
    CreateFile files[FILES];
    char *content[FILES];
    Metainfo metainfo;
} Work;

static const uint64_t sizes[FILES] = {100000, 5, 70000, 40000};
static const char *const names[FILES] = {"a file.bin", "b/\xc3\xa9.txt", "b/c#1?.bin", "z.bin"};

static void make(Work *work, CreateKind kind, bool is_folder) {
    *work = (Work){.arena = arena_create(64 * MIB)};
    size_t count = is_folder ? FILES : 1;
    for (size_t i = 0; i < count; i++) {
        work->files[i] = (CreateFile){.path = str_from_c(names[i]), .size_bytes = sizes[i]};
        work->content[i] = arena_new(&work->arena, char, sizes[i]);
        for (size_t k = 0; k < sizes[i]; k++) work->content[i][k] = (char)(k * 7 + i + k / 251);
    }
    CreateOptions options = {.kind = kind,
                             .name = is_folder ? STR("my work") : STR("lone file.bin"),
                             .is_folder = is_folder,
                             .piece_length = PIECE_BYTES};
    Create *create;
    assert_false(failed(create_open(&options, work->files, count, &work->arena, &create)));
    for (size_t file; (file = create_wanted(create)) != CREATE_NO_FILE;)
        create_feed(create, (Str){work->content[file], sizes[file]});
    Str torrent = create_write(create, &work->arena);
    create_close(create);
    assert_false(failed(metainfo_parse(torrent, &work->arena, &work->metainfo)));
}

static Outcome plan(Work *work, const char *url, uint64_t chance, WebSeedPlan *ret_plan) {
    WebSeedAsk ask = {.url = str_from_c(url),
                      .info = work->metainfo.info,
                      .piece_layers = work->metainfo.piece_layers,
                      .piece_bytes_max = MIB,
                      .chance = chance};
    return web_seed_plan(&ask, &work->arena, ret_plan);
}

static size_t file_of(const Work *work, const WebSeedPlan *plan) {
    for (size_t i = 0; i < FILES; i++)
        if (sizes[i] == plan->file_bytes && work->content[i]) return i;
    fail();
    return 0;
}

/* What an honest server would send. */
static Fetched serve(const Work *work, const WebSeedPlan *plan) {
    const char *content = work->content[file_of(work, plan)];
    assert_true(plan->length > 0 && plan->from + plan->length <= plan->file_bytes);
    return (Fetched){.status = 206,
                     .body = {content + plan->from, plan->length},
                     .has_size = true,
                     .size_bytes = plan->file_bytes};
}

static void any_piece_of_any_file_proves_the_work(void **state) {
    (void)state;
    const CreateKind kinds[] = {CREATE_V1, CREATE_V2, CREATE_HYBRID};
    for (size_t k = 0; k < 6; k++) {
        Work work;
        make(&work, kinds[k / 2], k % 2);
        bool seen[FILES] = {0}, proved = false;
        for (uint64_t chance = 0; chance < 300; chance++) {
            WebSeedPlan p = {0};
            assert_int_equal(plan(&work, "http://seed.example/", chance | chance << 16, &p),
                             OUTCOME_OK);
            Fetched fetched = serve(&work, &p);
            seen[file_of(&work, &p)] = true;
            Outcome outcome = web_seed_judge(&p, &fetched);
            if (p.proof == WEB_SEED_SIZE) {
                assert_int_equal(outcome, OUTCOME_SIZE_RIGHT);
                continue;
            }
            proved = true;
            assert_int_equal(outcome, OUTCOME_OK);
            char *bent = arena_new(&work.arena, char, p.length);
            memcpy(bent, fetched.body.at, p.length);
            bent[chance % p.length] ^= 1;
            fetched.body.at = bent;
            assert_int_equal(web_seed_judge(&p, &fetched), OUTCOME_WRONG_CONTENT);
        }
        assert_true(proved && seen[0]);
        if (k % 2) assert_true(seen[2] && seen[3]);
        arena_free(&work.arena);
    }
}

static void addresses_are_made_as_bep_19_says(void **state) {
    (void)state;
    Work lone, folder;
    WebSeedPlan p = {0};
    make(&lone, CREATE_V1, false);
    make(&folder, CREATE_HYBRID, true);
    assert_int_equal(plan(&lone, "http://seed.example/x/other-name", 0, &p), OUTCOME_OK);
    check_str(p.url, "http://seed.example:80/x/other-name");
    assert_int_equal(plan(&lone, "http://seed.example/x/", 0, &p), OUTCOME_OK);
    check_str(p.url, "http://seed.example:80/x/lone%20file.bin");
    assert_int_equal(plan(&folder, "https://seed.example/x", 0, &p), OUTCOME_OK);
    check_str(p.url, "https://seed.example:443/x/my%20work/a%20file.bin");
    assert_int_equal(plan(&folder, "https://seed.example/x/", 1, &p), OUTCOME_OK);
    check_str(p.url, "https://seed.example:443/x/my%20work/b/c%231%3F.bin");
    assert_int_equal(plan(&lone, "ftp://seed.example/x", 0, &p), OUTCOME_BAD_URL);
    assert_int_equal(plan(&lone, "udp://seed.example:9000/x", 0, &p), OUTCOME_BAD_URL);
    assert_int_equal(plan(&lone, "http://seed.example:22/x", 0, &p), OUTCOME_BAD_PORT);
    arena_free(&lone.arena);
    arena_free(&folder.arena);
}

static void a_long_piece_is_not_fetched(void **state) {
    (void)state;
    Work work;
    make(&work, CREATE_V1, false);
    WebSeedAsk ask = {.url = STR("http://seed.example/x"),
                      .info = work.metainfo.info,
                      .piece_bytes_max = PIECE_BYTES - 1};
    WebSeedPlan p;
    assert_int_equal(web_seed_plan(&ask, &work.arena, &p), OUTCOME_OK);
    assert_int_equal(p.proof, WEB_SEED_SIZE);
    assert_int_equal(p.length, 1);
    arena_free(&work.arena);
}

static void an_answer_is_judged_by_what_it_says(void **state) {
    (void)state;
    Work work;
    make(&work, CREATE_V1, false);
    WebSeedPlan p;
    assert_int_equal(plan(&work, "http://seed.example/x", 0, &p), OUTCOME_OK);
    static const struct {
        int status;
        Outcome outcome;
    } rows[] = {{404, OUTCOME_GONE},     {410, OUTCOME_GONE},    {416, OUTCOME_WRONG_SIZE},
                {301, OUTCOME_MOVED},    {403, OUTCOME_REFUSED}, {503, OUTCOME_REFUSED},
                {200, OUTCOME_NO_RANGES}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        Fetched fetched = serve(&work, &p);
        fetched.status = rows[i].status;
        assert_int_equal(web_seed_judge(&p, &fetched), rows[i].outcome);
    }
    Fetched fetched = serve(&work, &p);
    fetched.size_bytes++;
    assert_int_equal(web_seed_judge(&p, &fetched), OUTCOME_WRONG_SIZE);
    fetched.has_size = false;
    assert_int_equal(web_seed_judge(&p, &fetched), OUTCOME_BAD_ANSWER);
    fetched = serve(&work, &p);
    fetched.body.len--;
    assert_int_equal(web_seed_judge(&p, &fetched), OUTCOME_BAD_ANSWER);
    arena_free(&work.arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_piece_of_any_file_proves_the_work),
        cmocka_unit_test(addresses_are_made_as_bep_19_says),
        cmocka_unit_test(a_long_piece_is_not_fetched),
        cmocka_unit_test(an_answer_is_judged_by_what_it_says),
    };
    return cmocka_run_group_tests_name("probe/web_seed", tests, NULL, NULL);
}
