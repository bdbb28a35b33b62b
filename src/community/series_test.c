#include "community/series.h"

#include "community/test.h"
#include "torrent/bencode.h"

static void *open_stage(void) { return stage_open(); }

static Series make(Visit *visit, const char *name) {
    ErrorList errors = {0};
    Series series;
    SeriesWords words = {.name = str_from_c(name), .kind = STR("album")};
    check_fine(series_add(visit, &words, &errors, &series));
    return series;
}

static void put(Visit *visit, int64_t work, Str slug, const char *label, const char *date) {
    ErrorList errors = {0};
    EditionWords words = {.series = slug, .label = str_from_c(label), .date = str_from_c(date)};
    check_fine(series_put(visit, work, &words, &errors));
}

static void check_field(Error e, ErrorKind kind, const char *field, const char *code) {
    check_code(e, kind, code);
    assert_non_null(e.field);
    assert_string_equal(e.field, field);
}

static int64_t newest_of(Visit *visit, Str slug) {
    Series series;
    Torrent work;
    Edition edition;
    bool found;
    check_fine(series_find(visit, slug, &series));
    check_fine(series_newest(visit, &series, &found, &work, &edition));
    return found ? work.id : 0;
}

static void a_series_has_an_address_made_of_its_name(void **state) {
    (void)state;
    Stage *stage = open_stage();
    Visit anna = stage_member(stage, "anna", ROLE_MEMBER);
    check_str(make(&anna, "L’Œuvre du Port").slug, "l-oeuvre-du-port");
    Str chinese = make(&anna, "漢字").slug;
    assert_true(str_starts(chinese, STR("series-")) && chinese.len == 15);
    Series again, found;
    ErrorList errors = {0};
    SeriesWords words = {.name = STR("L'oeuvre du port")};
    check_field(series_add(&anna, &words, &errors, &again), ERROR_CONFLICT, "slug", "slug_taken");
    words.slug = STR(" Harbour-Songs ");
    check_fine(series_add(&anna, &words, &errors, &again));
    check_str(again.slug, "harbour-songs");
    check_fine(series_find(&anna, STR("harbour-songs"), &found));
    check_str(found.owner, "anna");
    check_code(series_find(&anna, STR("nothing"), &found), ERROR_NOT_FOUND, "no_such_series");
    stage_close(stage);
}

static void what_is_wrong_with_a_series_is_said_at_its_fields(void **state) {
    (void)state;
    Stage *stage = open_stage();
    Visit anna = stage_member(stage, "anna", ROLE_MEMBER);
    Visit nobody = stage_visit(stage, 0, ROLE_NOBODY);
    char longer[SERIES_NAME_BYTES_MAX + 1];
    memset(longer, 'a', sizeof longer);
    const struct {
        SeriesWords words;
        const char *field, *code;
    } bad[] = {
        {{.slug = STR("debian")}, "name", "name_required"},
        {{.name = STR("a\x01z")}, "name", "bad_characters"},
        {{.name = {longer, sizeof longer}}, "name", "too_long"},
        {{.name = STR("Debian"), .slug = STR("-x")}, "slug", "bad_slug"},
        {{.name = STR("Debian"), .slug = STR("a--b")}, "slug", "bad_slug"},
        {{.name = STR("Debian"), .slug = STR("d\xC3\xA9")}, "slug", "bad_slug"},
        {{.name = STR("Debian"), .slug = STR("new")}, "slug", "slug_reserved"},
        {{.name = STR("Debian"), .kind = STR("ship")}, "kind", "unknown_kind"},
    };
    Series series;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ErrorList errors = {0};
        check_field(series_add(&anna, &bad[i].words, &errors, &series), ERROR_BAD_INPUT,
                    bad[i].field, bad[i].code);
    }
    ErrorList errors = {0};
    SeriesWords edge = {.name = {longer, SERIES_NAME_BYTES_MAX}, .slug = STR("long")};
    check_fine(series_add(&anna, &edge, &errors, &series));
    edge.slug = STR("other");
    check_code(series_add(&nobody, &edge, &errors, &series), ERROR_NOT_SIGNED_IN, "not_signed_in");
    stage_close(stage);
}

static void the_latest_is_the_newest_that_anybody_may_see(void **state) {
    (void)state;
    Stage *stage = open_stage();
    Visit anna = stage_member(stage, "anna", ROLE_MEMBER);
    Visit noor = stage_member(stage, "noor", ROLE_MODERATOR);
    Series series = make(&anna, "Harbour songs");
    assert_int_equal(newest_of(&anna, series.slug), 0);
    int64_t first = stage_publish(&anna, CREATE_V1, "one", 'a').id;
    int64_t second = stage_publish(&anna, CREATE_V2, "two", 'b').id;
    int64_t third = stage_publish(&anna, CREATE_HYBRID, "three", 'c').id;
    put(&anna, first, series.slug, "1959", "1959-03-02");
    put(&anna, third, series.slug, "2026", "2026-11-01");
    put(&anna, second, series.slug, "1988", "1988-03-02");
    assert_int_equal(newest_of(&anna, series.slug), third);
    EditionList list;
    check_fine(series_editions(&anna, &series, (Str){0}, &list));
    assert_int_equal(list.count, 3);
    check_str(list.at[1].label, "1988");
    assert_int_equal(list.works[2].id, first);
    check_fine(torrent_withdraw(&anna, third, STR("")));
    assert_int_equal(newest_of(&anna, series.slug), second);
    check_fine(torrent_remove(&noor, second, STR("fake"), STR("no")));
    assert_int_equal(newest_of(&anna, series.slug), first);
    check_fine(torrent_publish(&noor, third));
    assert_int_equal(newest_of(&anna, series.slug), third);
    check_fine(series_take_out(&anna, series.slug, third));
    assert_int_equal(newest_of(&anna, series.slug), first);
    check_code(series_take_out(&anna, series.slug, third), ERROR_NOT_FOUND, "no_such_edition");
    stage_close(stage);
}

static void an_old_edition_knows_what_supersedes_it(void **state) {
    (void)state;
    Stage *stage = open_stage();
    Visit anna = stage_member(stage, "anna", ROLE_MEMBER);
    Series series = make(&anna, "Harbour songs");
    int64_t old_id = stage_publish(&anna, CREATE_V1, "one", 'a').id;
    int64_t new_id = stage_publish(&anna, CREATE_V1, "two", 'b').id;
    Torrent old_work, new_work;
    WorkEdition edition;
    check_fine(torrent_find(&anna, old_id, &old_work));
    check_fine(torrent_find(&anna, new_id, &new_work));
    check_fine(series_of_work(&anna, &old_work, &edition));
    assert_false(edition.is_one);
    put(&anna, old_id, series.slug, "first", "2020-01-01");
    check_fine(series_of_work(&anna, &old_work, &edition));
    assert_true(edition.is_one && edition.is_newest && !edition.is_superseded);
    put(&anna, new_id, series.slug, "second", "2020-01-01"); /* the same day: the later work */
    check_fine(series_of_work(&anna, &old_work, &edition));
    assert_true(edition.is_superseded && !edition.is_newest);
    assert_int_equal(edition.newest.id, new_id);
    check_str(edition.newest_label, "second");
    check_str(edition.series.slug, "harbour-songs");
    check_fine(series_of_work(&anna, &new_work, &edition));
    assert_true(edition.is_newest && !edition.is_superseded);
    put(&anna, old_id, series.slug, "first, again", "2021-01-01"); /* its words change */
    check_fine(series_of_work(&anna, &new_work, &edition));
    assert_true(edition.is_superseded);
    check_str(edition.newest_label, "first, again");
    stage_close(stage);
}

static void only_who_owns_or_is_trusted_adds_editions(void **state) {
    (void)state;
    Stage *stage = open_stage();
    Visit anna = stage_member(stage, "anna", ROLE_MEMBER);
    Visit otto = stage_member(stage, "otto", ROLE_MEMBER);
    Visit tess = stage_member(stage, "tess", ROLE_TRUSTED);
    Visit nobody = stage_visit(stage, 0, ROLE_NOBODY);
    Series series = make(&anna, "Harbour songs");
    int64_t of_otto = stage_publish(&otto, CREATE_V1, "otto", 'o').id;
    EditionWords words = {.series = series.slug, .label = STR("1"), .date = STR("2020-01-01")};
    ErrorList errors = {0}, none = {0};
    check_field(series_put(&otto, of_otto, &words, &errors), ERROR_BAD_INPUT, "series",
                "series_of_another");
    check_code(series_put(&anna, of_otto, &words, &none), ERROR_NOT_ALLOWED, "not_allowed");
    check_code(series_put(&nobody, of_otto, &words, &none), ERROR_NOT_SIGNED_IN, "not_signed_in");
    check_fine(series_put(&tess, of_otto, &words, &none));
    SeriesWords other = {.name = STR("Songs of the sea"), .kind = STR("album")};
    check_code(series_change(&otto, series.slug, &other, &none), ERROR_NOT_ALLOWED, "not_allowed");
    check_fine(series_change(&tess, series.slug, &other, &none));
    check_fine(series_find(&nobody, series.slug, &series));
    check_str(series.name, "Songs of the sea");
    check_str(series.slug, "harbour-songs");
    /* The uploader of a work may always take it back. */
    check_fine(series_take_out(&otto, series.slug, of_otto));
    Visit token = anna;
    token.viewer.by_token = true;
    token.viewer.scopes = STR("read");
    check_code(series_change(&token, series.slug, &other, &none), ERROR_NOT_ALLOWED,
               "scope_missing");
    stage_close(stage);
}

static void a_work_is_an_edition_of_one_series(void **state) {
    (void)state;
    Stage *stage = open_stage();
    Visit anna = stage_member(stage, "anna", ROLE_MEMBER);
    Series one = make(&anna, "One"), two = make(&anna, "Two");
    int64_t work = stage_publish(&anna, CREATE_V1, "one", 'a').id;
    put(&anna, work, one.slug, "1", "2020-01-01");
    ErrorList errors = {0};
    EditionWords words = {.series = two.slug, .label = STR("1")};
    check_field(series_put(&anna, work, &words, &errors), ERROR_CONFLICT, "series",
                "edition_of_another");
    Torrent torrent;
    WorkEdition edition;
    check_fine(torrent_find(&anna, work, &torrent));
    check_fine(series_of_work(&anna, &torrent, &edition));
    check_str(edition.series.slug, "one");
    stage_close(stage);
}

static void a_series_is_removed_when_it_is_empty_or_by_a_moderator(void **state) {
    (void)state;
    Stage *stage = open_stage();
    Visit anna = stage_member(stage, "anna", ROLE_MEMBER);
    Visit tess = stage_member(stage, "tess", ROLE_TRUSTED);
    Visit noor = stage_member(stage, "noor", ROLE_MODERATOR);
    Series empty = make(&anna, "Empty"), full = make(&anna, "Full"), found;
    int64_t work = stage_publish(&anna, CREATE_V1, "one", 'a').id;
    put(&anna, work, full.slug, "1", "2020-01-01");
    check_code(series_remove(&tess, empty.slug), ERROR_NOT_ALLOWED, "not_allowed");
    check_fine(series_remove(&anna, empty.slug));
    check_code(series_remove(&anna, full.slug), ERROR_CONFLICT, "series_in_use");
    check_fine(series_remove(&noor, full.slug));
    check_code(series_find(&anna, full.slug, &found), ERROR_NOT_FOUND, "no_such_series");
    Torrent torrent;
    WorkEdition edition;
    check_fine(torrent_find(&anna, work, &torrent)); /* the work is still there */
    check_fine(series_of_work(&anna, &torrent, &edition));
    assert_false(edition.is_one);
    stage_close(stage);
}

static Error upload(Visit *visit, const EditionWords *edition, ErrorList *errors, Upload *ret) {
    Stage *stage = visit->community->tracker.tracker;
    static char fill = 'A';
    UploadAsk ask = {.torrent = stage_torrent(stage, CREATE_V1, "song", fill++),
                     .words = stage_words(),
                     .edition = *edition};
    return upload_add(visit, &ask, errors, ret);
}

static void an_upload_makes_its_series_and_joins_it(void **state) {
    (void)state;
    Stage *stage = open_stage();
    Visit anna = stage_member(stage, "anna", ROLE_MEMBER);
    EditionWords first = {.series_name = STR("Harbour songs"), .label = STR("1959")};
    EditionWords second = {.series = STR("Harbour-Songs"), .label = STR("1960")};
    ErrorList errors = {0};
    Upload one, two;
    check_fine(upload(&anna, &first, &errors, &one));
    Series series;
    check_fine(series_find(&anna, STR("harbour-songs"), &series));
    assert_string_equal(series.kind->code, "album"); /* as the work is music */
    assert_int_equal(newest_of(&anna, series.slug), one.id);
    unsigned changed = stage->changed;
    check_fine(upload(&anna, &second, &errors, &two));
    assert_int_equal(newest_of(&anna, series.slug), two.id);
    assert_int_equal(stage->changed, changed + 1);
    stage_close(stage);
}

static void an_upload_says_what_is_wrong_with_its_edition(void **state) {
    (void)state;
    Stage *stage = open_stage();
    Visit anna = stage_member(stage, "anna", ROLE_MEMBER);
    Visit otto = stage_member(stage, "otto", ROLE_MEMBER);
    make(&otto, "Of Otto");
    const struct {
        EditionWords words;
        const char *field, *code;
    } bad[] = {
        {{.label = STR("1")}, "series", "series_required"},
        {{.date = STR("2020-01-01"), .series = STR("of-otto")}, "series", "series_of_another"},
        {{.series = STR("nowhere"), .label = STR("1")}, "series", "no_such_series"},
        {{.series_name = STR("Mine")}, "edition", "edition_required"},
        {{.series_name = STR("Of Otto"), .label = STR("1")}, "series_name", "slug_taken"},
        {{.series_name = STR("M"), .label = STR("1")}, "series_name", "name_required"},
        {{.series_name = STR("Mine"), .series = STR("of-otto"), .label = STR("1")},
         "series_name",
         "two_series"},
        {{.series_name = STR("Mine"), .label = STR("1"), .date = STR("yesterday")},
         "edition_date",
         "bad_time"},
        {{.series_name = STR("Mine"), .label = STR("1"), .date = STR("2999-01-01")},
         "edition_date",
         "date_ahead"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ErrorList errors = {0};
        Upload result;
        Error e = upload(&anna, &bad[i].words, &errors, &result);
        check_code(e, e.kind, bad[i].code);
        assert_non_null(error_list_find(&errors, bad[i].field));
        assert_int_equal(result.id, 0);
    }
    stage_close(stage);
}

static Str root_text(Str file, const char *name) {
    Str value = {0}, text = {0};
    BencodeSlot slot = {str_from_c(name), &value};
    bencode_find(file, &slot, 1);
    bencode_as_string(value, &text);
    return text;
}

static void served_files_of_editions_name_where_newer_ones_are(void **state) {
    (void)state;
    Stage *stage = open_stage();
    Visit anna = stage_member(stage, "anna", ROLE_MEMBER);
    Series series = make(&anna, "Harbour songs");
    const CreateKind kinds[] = {CREATE_V1, CREATE_V2, CREATE_HYBRID};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        Upload made = stage_publish(&anna, kinds[i], "one", (char)('a' + i));
        Torrent work;
        Str before, after, name;
        Metainfo was, is;
        check_fine(torrent_find(&anna, made.id, &work));
        check_fine(torrent_file(&anna, &work, &before, &name));
        check_str(root_text(before, "update-url"), "");
        put(&anna, made.id, series.slug, "1", "2020-01-01");
        check_fine(torrent_file(&anna, &work, &after, &name));
        check_str(root_text(after, "update-url"),
                  "https://essaim.example/s/harbour-songs/latest.torrent");
        assert_int_equal(bencode_check(after, true).fault, FAULT_NONE);
        check_fine(metainfo_parse(before, &stage->arena, &was));
        check_fine(metainfo_parse(after, &stage->arena, &is));
        assert_true(str_equal(was.info, is.info));
        uint64_t told;
        check_fine(torrent_file_sizes(&anna, &work, 1, &told));
        assert_int_equal(told, after.len);
    }
    stage_close(stage);
}

static void lists_go_on_where_they_ended(void **state) {
    (void)state;
    Stage *stage = open_stage();
    Visit anna = stage_member(stage, "anna", ROLE_MEMBER);
    enum { MANY = SERIES_LISTED_MAX + 3 };
    for (int i = 0; i < MANY; i++) make(&anna, arena_print(&stage->arena, "Series %d", i).at);
    SeriesList page;
    check_fine(series_list(&anna, (Str){0}, &page));
    assert_int_equal(page.count, SERIES_LISTED_MAX);
    check_str(page.at[0].slug, "series-52");
    check_fine(series_list(&anna, page.next, &page));
    assert_int_equal(page.count, 3);
    check_str(page.at[2].slug, "series-0");
    assert_int_equal(page.next.len, 0);
    check_code(series_list(&anna, STR("x"), &page), ERROR_BAD_INPUT, "cursor_foreign");
    check_fine(series_list_own(&anna, &page));
    assert_int_equal(page.count, MANY);
    stage_close(stage);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_series_has_an_address_made_of_its_name),
        cmocka_unit_test(what_is_wrong_with_a_series_is_said_at_its_fields),
        cmocka_unit_test(the_latest_is_the_newest_that_anybody_may_see),
        cmocka_unit_test(an_old_edition_knows_what_supersedes_it),
        cmocka_unit_test(only_who_owns_or_is_trusted_adds_editions),
        cmocka_unit_test(a_work_is_an_edition_of_one_series),
        cmocka_unit_test(a_series_is_removed_when_it_is_empty_or_by_a_moderator),
        cmocka_unit_test(an_upload_makes_its_series_and_joins_it),
        cmocka_unit_test(an_upload_says_what_is_wrong_with_its_edition),
        cmocka_unit_test(served_files_of_editions_name_where_newer_ones_are),
        cmocka_unit_test(lists_go_on_where_they_ended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
