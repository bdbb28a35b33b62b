#include "community/import.h"

#include "community/account.h"
#include "community/account_check.h"
#include "community/import_batch.h"
#include "community/statistic.h"
#include "community/test.h"
#include "community/torrent_export.h"
#include "community/torrent_row.h"
#include "queries/progress.h"

static const TorrentFile files[] = {{.path = {"a/one.flac", 10}, .size_bytes = 1000000},
                                    {.path = {"a/../two.flac", 13}, .size_bytes = 234}};

static ImportLine line_of(uint8_t number) {
    ImportLine line = {.words = stage_words(),
                       .uploader = STR("Étienne du Port"),
                       .hash = {.has_v1 = true},
                       .files = files,
                       .file_count = 2,
                       .published_at = STAGE_NOW - 1000,
                       .has_counts = true,
                       .seeders = 7,
                       .completed = 90,
                       .counted_at = STAGE_NOW - 500};
    memset(line.hash.v1, number, SHA1_BYTES);
    return line;
}

typedef struct {
    ImportVerdict verdict;
    ImportTotals totals;
} Outcome;

/* All lines in one import; what was wrong with the last. */
static Outcome import_all(Stage *stage, const ImportRules *rules, const ImportLine *lines,
                          size_t count) {
    Visit visit = stage_visit(stage, 0, ROLE_ADMIN);
    Import *import;
    Outcome outcome = {0};
    check_fine(import_open(&visit, rules, &import));
    for (size_t i = 0; i < count; i++)
        check_fine(import_add(import, &lines[i], (ImportPlace){100 * (i + 1), i + 1}, &stage->arena,
                              &outcome.verdict));
    check_fine(import_finish(import));
    outcome.totals = import_totals(import);
    import_close(import);
    return outcome;
}

static Torrent find(Stage *stage, uint8_t number) {
    Visit visit = stage_visit(stage, 0, ROLE_ADMIN);
    InfoHash hash = line_of(number).hash;
    Torrent torrent;
    check_fine(torrent_by_hash(&visit, &hash, &torrent));
    return torrent;
}

static size_t count_found(Stage *stage, Str text) {
    Visit visit = stage_visit(stage, 0, ROLE_NOBODY);
    TorrentListAsk ask = {.ask = {.text = text, .category = SEARCH_ANY, .limit = 10}};
    TorrentList list;
    check_fine(torrent_list(&visit, &ask, &list));
    return list.total;
}

static void a_work_comes_without_its_torrent(void **state) {
    (void)state;
    Stage *stage = stage_open();
    ImportLine line = line_of(1);
    Outcome outcome = import_all(stage, &(ImportRules){.publish = true}, &line, 1);
    assert_int_equal(outcome.totals.published, 1);
    Torrent torrent = find(stage, 1);
    assert_int_equal(torrent.state, TORRENT_VISIBLE);
    assert_false(torrent.has_file);
    check_str(torrent.title, "Songs of the Harbour");
    check_str(torrent.uploader, "tienne-du-Port");
    assert_int_equal(torrent.size_bytes, 1000234);
    assert_int_equal(torrent.published_at, STAGE_NOW - 1000);
    assert_int_equal(count_found(stage, STR("flac")), 1);
    Visit visit = stage_visit(stage, 0, ROLE_NOBODY);
    TorrentContents contents;
    check_fine(torrent_contents(&visit, &torrent, &contents));
    assert_int_equal(contents.file_count, 2);
    check_str(contents.files[1].path, "a/__/two.flac");
    assert_int_equal(contents.files[1].size_bytes, 234);
    Str bytes, name;
    check_code(torrent_file(&visit, &torrent, &bytes, &name), ERROR_NOT_FOUND, "only_magnet");
    assert_true(torrent_magnet(&visit, &torrent).len > 0);
    stage_close(stage);
}

/* All that says how many there are says the same: of what was counted. */
static void check_counted(Visit *visit, uint64_t leechers, uint64_t completed) {
    CommunityTotals totals;
    check_fine(torrent_totals(visit, &totals));
    assert_int_equal(totals.torrents, 1);
    assert_int_equal(totals.seeders, 0);
    assert_int_equal(totals.leechers, leechers);
    assert_int_equal(totals.completed, completed);
    Statistic now;
    check_fine(statistic_now(visit, &now));
    assert_int_equal(now.works, 1);
    assert_int_equal(now.seeders, 0);
    assert_int_equal(now.leechers, leechers);
}

static void counts_are_claims_until_our_tracker_counts(void **state) {
    (void)state;
    Stage *stage = stage_open();
    ImportLine line = line_of(1);
    (void)import_all(stage, &(ImportRules){.publish = true}, &line, 1);
    Torrent torrent = find(stage, 1);
    assert_int_equal(torrent.seeders, 7);
    assert_int_equal(torrent.completed, 90);
    assert_int_equal(torrent.claimed_at, STAGE_NOW - 500);
    assert_int_equal(torrent.counted_at, 0);
    assert_int_equal(torrent.last_seeder_at, STAGE_NOW - 500);
    Visit visit = stage_visit(stage, 0, ROLE_ADMIN);
    check_counted(&visit, 0, 0);
    check_fine(torrent_index(&visit, torrent.id)); /* read again from the store */
    check_counted(&visit, 0, 0);
    check_fine(
        torrent_count_settle(&visit, STAGE_NOW + 1000, STAGE_NOW)); /* a start settles none */
    assert_int_equal(find(stage, 1).seeders, 7);
    TorrentCount count = {.leechers = 1, .completed = 2};
    memset(count.hash.bytes, 1, SHA1_BYTES);
    check_fine(torrent_count(&visit, &count, 1));
    torrent = find(stage, 1);
    assert_int_equal(torrent.claimed_at, 0);
    assert_int_equal(torrent.seeders, 0);
    assert_int_equal(torrent.completed, 2);
    assert_int_equal(torrent.last_seeder_at, 0);
    assert_int_equal(torrent.counted_at, STAGE_NOW);
    check_counted(&visit, 1, 2);
    stage_close(stage);
}

static void what_lacks_licence_author_or_source_waits(void **state) {
    (void)state;
    Stage *stage = stage_open();
    struct {
        Str *field;
        Str value;
        const char *code;
    } cases[4];
    ImportLine lines[4];
    for (uint8_t i = 0; i < 4; i++) lines[i] = line_of(i);
    cases[0].field = &lines[0].words.license, cases[0].value = (Str){0};
    cases[1].field = &lines[1].words.license, cases[1].value = STR("Proprietary-1.0");
    cases[2].field = &lines[2].words.author, cases[2].value = (Str){0};
    cases[3].field = &lines[3].words.source_url, cases[3].value = (Str){0};
    cases[0].code = "license_required", cases[1].code = "unknown_license";
    cases[2].code = "author_required", cases[3].code = "source_required";
    for (uint8_t i = 0; i < 4; i++) {
        *cases[i].field = cases[i].value;
        Outcome outcome = import_all(stage, &(ImportRules){.publish = true}, &lines[i], 1);
        check_code(outcome.verdict.waits, ERROR_BAD_INPUT, cases[i].code);
        assert_false(failed(outcome.verdict.fault));
        assert_int_equal(outcome.totals.waiting, 1);
        assert_int_equal(find(stage, i).state, TORRENT_QUARANTINED);
    }
    assert_int_equal(count_found(stage, STR("songs")), 0);
    stage_close(stage);
}

static void nothing_is_published_that_nobody_vouches_for(void **state) {
    (void)state;
    Stage *stage = stage_open();
    ImportLine line = line_of(1);
    Outcome outcome = import_all(stage, &(ImportRules){0}, &line, 1);
    check_code(outcome.verdict.waits, ERROR_BAD_INPUT, "not_vouched");
    assert_int_equal(outcome.totals.waiting, 1);
    Visit visit = stage_visit(stage, 0, ROLE_MODERATOR);
    check_fine(torrent_publish(&visit, find(stage, 1).id)); /* all it needs is there */
    assert_int_equal(find(stage, 1).state, TORRENT_VISIBLE);
    Import *import;
    check_code(import_open(&visit, &(ImportRules){0}, &import), ERROR_NOT_ALLOWED, "not_allowed");
    stage_close(stage);
}

static void bad_lines_are_refused_by_field_and_the_others_go_in(void **state) {
    (void)state;
    Stage *stage = stage_open();
    const struct {
        const char *field, *code;
    } wanted[] = {{"title", "title_required"},    {"infohash_v1", "hash_required"},
                  {"uploader", "name_too_short"}, {"published_at", "in_the_future"},
                  {"torrent", "hash_differs"},    {"language", "bad_language"},
                  {"file_list", "bad_size"}};
    enum { CASES = sizeof wanted / sizeof *wanted };
    static TorrentFile huge[2];
    ImportLine lines[CASES + 1];
    for (uint8_t i = 0; i <= CASES; i++) lines[i] = line_of(i);
    lines[0].words.title = (Str){0};
    lines[1].hash.has_v1 = false;
    lines[2].uploader = STR("x");
    lines[3].published_at = STAGE_NOW + 100000;
    lines[4].torrent = stage_torrent(stage, CREATE_V1, "harbour", 'x');
    lines[5].words.language = STR("français");
    huge[0] = huge[1] = (TorrentFile){.path = STR("x"), .size_bytes = INT64_MAX};
    lines[6].files = huge;
    Visit visit = stage_visit(stage, 0, ROLE_ADMIN);
    Import *import;
    check_fine(import_open(&visit, &(ImportRules){.publish = true}, &import));
    for (size_t i = 0; i <= CASES; i++) {
        ImportVerdict verdict;
        check_fine(import_add(import, &lines[i], (ImportPlace){i, i}, &stage->arena, &verdict));
        if (i < CASES) check_code(verdict.fault, ERROR_BAD_INPUT, wanted[i].code);
        if (i < CASES) assert_string_equal(verdict.fault.field, wanted[i].field);
        if (i == CASES) assert_false(failed(verdict.fault));
    }
    check_fine(import_finish(import));
    assert_int_equal(import_totals(import).published, 1);
    import_close(import);
    stage_close(stage);
}

static void known_works_are_passed_over_and_may_get_their_torrent(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Str torrent = stage_torrent(stage, CREATE_HYBRID, "harbour", 'x');
    Metainfo metainfo;
    check_fine(metainfo_parse(torrent, &stage->arena, &metainfo));
    ImportLine line = line_of(1);
    line.hash = metainfo.hash;
    line.hash.has_v2 = false;
    const ImportRules rules = {.publish = true};
    assert_int_equal(import_all(stage, &rules, &line, 1).totals.published, 1);
    line.words.title = STR("Another title");
    assert_int_equal(import_all(stage, &rules, &line, 1).totals.known, 1);
    line.torrent = torrent;
    const ImportRules dry = {.publish = true, .dry_run = true};
    assert_int_equal(import_all(stage, &dry, &line, 1).totals.completed, 1);
    assert_int_equal(import_all(stage, &rules, &line, 1).totals.completed, 1);
    assert_int_equal(import_all(stage, &rules, &line, 1).totals.known, 1);
    Visit visit = stage_visit(stage, 0, ROLE_NOBODY);
    Torrent found;
    check_fine(torrent_by_hash(&visit, &metainfo.hash, &found));
    check_str(found.title, "Songs of the Harbour");
    assert_true(found.has_file && found.hash.has_v2);
    assert_int_equal(found.size_bytes, 40000);
    assert_int_equal(found.claimed_at, STAGE_NOW - 500);
    Str bytes, name;
    check_fine(torrent_file(&visit, &found, &bytes, &name));
    Metainfo served;
    check_fine(metainfo_parse(bytes, &stage->arena, &served));
    assert_true(str_equal(served.info, metainfo.info));
    stage_close(stage);
}

static void who_uploads_the_file_completes_the_work(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit member = stage_member(stage, "ana", ROLE_MEMBER);
    Str torrent = stage_torrent(stage, CREATE_V1, "harbour", 'x');
    Metainfo metainfo;
    check_fine(metainfo_parse(torrent, &stage->arena, &metainfo));
    ImportLine line = line_of(1);
    line.hash = metainfo.hash;
    (void)import_all(stage, &(ImportRules){.publish = true}, &line, 1);
    assert_int_equal(count_found(stage, STR("flac")), 1);
    Upload upload;
    ErrorList errors = {0};
    UploadAsk ask = {.torrent = torrent}; /* its words stand already */
    check_fine(upload_check(&member, &ask, &errors, &upload));
    check_fine(upload_add(&member, &ask, &errors, &upload));
    assert_true(str_ends(upload.path, STR("/songs-of-the-harbour")));
    Torrent found;
    check_fine(torrent_by_hash(&member, &metainfo.hash, &found));
    assert_true(found.has_file);
    check_str(found.uploader, "tienne-du-Port");
    assert_int_equal(count_found(stage, STR("flac")), 0); /* the list was somebody's word */
    assert_int_equal(count_found(stage, STR("file:harbour")), 1);
    check_code(upload_add(&member, &ask, &errors, &upload), ERROR_CONFLICT, "infohash_known");
    stage_close(stage);
}

static void uploaders_become_members_nobody_can_sign_in_as(void **state) {
    (void)state;
    Stage *stage = stage_open();
    ImportLine lines[] = {line_of(1), line_of(2), line_of(3)};
    lines[0].uploader = STR("Bea");
    lines[1].uploader = STR("bea");
    lines[2].uploader = (Str){0};
    (void)import_all(stage, &(ImportRules){.publish = true, .uploader = STR("cleo")}, lines, 3);
    Visit visit = stage_visit(stage, 0, ROLE_ADMIN);
    Account account;
    check_fine(account_find(&visit, STR("bea"), &account));
    assert_int_equal(account.works, 2);
    assert_int_equal(account.role, ROLE_MEMBER);
    check_fine(account_find(&visit, STR("cleo"), &account));
    check_code(account_check_password(&visit, STR("bea"), STR(""), &account), ERROR_NOT_SIGNED_IN,
               "bad_credentials");
    check_fine(account_find(&visit, STR("bea"), &account));
    check_fine(account_set_password(&visit, account.id, STR("gannet over the harbour")));
    check_fine(
        account_check_password(&visit, STR("bea"), STR("gannet over the harbour"), &account));
    stage_close(stage);
}

static void a_stopped_import_leaves_the_place_to_go_on(void **state) {
    (void)state;
    enum { LINES = IMPORT_BATCH_WORKS + 100 };
    Stage *stage = stage_open();
    Visit visit = stage_visit(stage, 0, ROLE_ADMIN);
    const ImportRules rules = {.publish = true, .name = STR("catalogue")};
    Import *import;
    ImportPlace place = {7, 7};
    check_fine(import_place(&visit, rules.name, &place));
    assert_int_equal(place.offset + place.line, 0);
    check_fine(import_open(&visit, &rules, &import));
    ImportLine line = line_of(1);
    for (uint32_t i = 0; i < LINES; i++) {
        ImportVerdict verdict;
        memcpy(line.hash.v1, &i, sizeof i);
        check_fine(
            import_add(import, &line, (ImportPlace){10 * i + 10, i + 1}, &stage->arena, &verdict));
    }
    import_close(import); /* what was not a whole batch is left out */
    check_fine(import_place(&visit, rules.name, &place));
    assert_int_equal(place.line, IMPORT_BATCH_WORKS);
    assert_int_equal(place.offset, 10 * IMPORT_BATCH_WORKS);
    assert_int_equal(count_found(stage, STR("songs")), IMPORT_BATCH_WORKS);
    check_fine(import_place(&visit, STR("another"), &place));
    assert_int_equal(place.offset, 0);
    assert_int_equal(import_all(stage, &rules, &line, 1).totals.published, 1);
    check_fine(import_place(&visit, rules.name, &place)); /* through: nothing to go on with */
    assert_int_equal(place.offset, 0);
    stage_close(stage);
}

static void a_dry_run_leaves_nothing(void **state) {
    (void)state;
    Stage *stage = stage_open();
    ImportLine line = line_of(1);
    const ImportRules rules = {.publish = true, .dry_run = true, .name = STR("catalogue")};
    assert_int_equal(import_all(stage, &rules, &line, 1).totals.published, 1);
    assert_int_equal(count_found(stage, STR("songs")), 0);
    Visit visit = stage_visit(stage, 0, ROLE_ADMIN);
    Account account;
    check_code(account_find(&visit, STR("tienne-du-Port"), &account), ERROR_NOT_FOUND, "not_found");
    stage_close(stage);
}

typedef struct {
    size_t works, files, with_torrent;
} Exported;

static Error note_export(void *argument, const TorrentExport *work, Arena *arena) {
    (void)arena;
    Exported *exported = argument;
    exported->works++;
    exported->files += work->file_count;
    exported->with_torrent += work->file.len > 0;
    return OK;
}

static void works_that_name_nobody_belong_to_one_who_cannot_sign_in(void **state) {
    (void)state;
    Stage *stage = stage_open();
    ImportLine lines[] = {line_of(1), line_of(2), line_of(3)};
    lines[0].uploader = lines[1].uploader = (Str){0};
    const ImportRules rules = {.publish = true}, dry = {.publish = true, .dry_run = true};
    assert_int_equal(import_all(stage, &dry, lines, 3).totals.nameless, 2);
    Outcome outcome = import_all(stage, &rules, lines, 3);
    assert_int_equal(outcome.totals.published, 3);
    assert_int_equal(outcome.totals.nameless, 2);
    check_str(find(stage, 1).uploader, IMPORT_NAMELESS);
    assert_int_equal(find(stage, 1).uploader_id, find(stage, 2).uploader_id);
    assert_int_not_equal(find(stage, 1).uploader_id, find(stage, 3).uploader_id);
    assert_int_equal(import_all(stage, &dry, lines, 3).totals.nameless, 0); /* known now */
    Visit visit = stage_visit(stage, 0, ROLE_NOBODY);
    Account account;
    const Str passwords[] = {STR(""), STR(IMPORT_NAMELESS), STR("import:import")};
    for (size_t i = 0; i < 3; i++)
        assert_true(
            failed(account_check_password(&visit, STR(IMPORT_NAMELESS), passwords[i], &account)));
    assert_true(failed(account_check_name(STR("Import"), ROLE_MEMBER, &stage->arena)));
    stage_close(stage);
}

static void an_export_holds_every_visible_work(void **state) {
    (void)state;
    Stage *stage = stage_open();
    ImportLine lines[] = {line_of(1), line_of(2), line_of(3)};
    lines[1].words.license = (Str){0};
    lines[2].torrent = stage_torrent(stage, CREATE_V1, "harbour", 'x');
    lines[2].hash = (InfoHash){0};
    (void)import_all(stage, &(ImportRules){.publish = true}, lines, 3);
    Visit visit = stage_visit(stage, 0, ROLE_ADMIN);
    Exported exported = {0};
    uint64_t count;
    check_fine(torrent_export_count(&visit, &count));
    check_fine(torrent_export(&visit, true, note_export, &exported));
    assert_int_equal(count, 2);
    assert_int_equal(exported.works, 2);
    assert_int_equal(exported.files, 3);
    assert_int_equal(exported.with_torrent, 1);
    stage_close(stage);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_work_comes_without_its_torrent),
        cmocka_unit_test(counts_are_claims_until_our_tracker_counts),
        cmocka_unit_test(what_lacks_licence_author_or_source_waits),
        cmocka_unit_test(nothing_is_published_that_nobody_vouches_for),
        cmocka_unit_test(bad_lines_are_refused_by_field_and_the_others_go_in),
        cmocka_unit_test(known_works_are_passed_over_and_may_get_their_torrent),
        cmocka_unit_test(who_uploads_the_file_completes_the_work),
        cmocka_unit_test(uploaders_become_members_nobody_can_sign_in_as),
        cmocka_unit_test(a_stopped_import_leaves_the_place_to_go_on),
        cmocka_unit_test(a_dry_run_leaves_nothing),
        cmocka_unit_test(works_that_name_nobody_belong_to_one_who_cannot_sign_in),
        cmocka_unit_test(an_export_holds_every_visible_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
