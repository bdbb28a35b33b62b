#include "community/torrent.h"

#include "base/encode.h"
#include "community/test.h"
#include "store/db.h"
#include "torrent/magnet.h"

static void a_work_is_found_by_whatever_is_pasted(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit visit = stage_member(stage, "marie", ROLE_MEMBER);
    Upload v2 = stage_publish(&visit, CREATE_V2, "two.ogg", '2');
    Upload hybrid = stage_publish(&visit, CREATE_HYBRID, "both.ogg", 'b');
    Arena *arena = &stage->arena;
    Str v2_hex = infohash_v2_hex(&v2.hash, arena), v1_hex = infohash_v1_hex(&hybrid.hash, arena);
    Str both_hex = infohash_v2_hex(&hybrid.hash, arena);
    const struct {
        Str text;
        int64_t id;
    } pasted[] = {
        {v2_hex, v2.id},
        {str_part(v2_hex, 0, 40), v2.id}, /* as a tracker cuts it */
        {arena_print(arena, " 1220%.*s\n", STR_PRINTF(v2_hex)), v2.id},
        {v1_hex, hybrid.id},
        {both_hex, hybrid.id},
        {str_part(both_hex, 0, 40), hybrid.id},
        {arena_print(arena, "magnet:?xt=urn:btih:%.*s&dn=x", STR_PRINTF(v1_hex)), hybrid.id},
        {arena_print(arena, "MAGNET:?xt=urn:btmh:1220%.*s", STR_PRINTF(v2_hex)), v2.id},
        {STR("songs"), 0},
        {STR("magnet:?dn=nothing"), 0},
        {STR("0123456789012345678901234567890123456789"), 0},
        {STR(""), 0},
    };
    for (size_t i = 0; i < sizeof pasted / sizeof *pasted; i++) {
        bool found = true;
        Torrent torrent = {0};
        check_fine(torrent_by_paste(&visit, pasted[i].text, &found, &torrent));
        assert_int_equal(found, pasted[i].id != 0);
        assert_int_equal(torrent.id, pasted[i].id);
    }
    stage_close(stage);
}

static void the_served_file_keeps_its_info_and_gets_our_trackers(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit visit = stage_member(stage, "marie", ROLE_MEMBER);
    for (int kind = CREATE_HYBRID; kind <= CREATE_V2; kind++) {
        char fill = (char)('a' + kind);
        Upload upload = stage_publish(&visit, (CreateKind)kind, "songs.ogg", fill);
        Str received = stage_torrent(stage, (CreateKind)kind, "songs.ogg", fill), served, name;
        Torrent torrent;
        Metainfo was, is;
        check_fine(torrent_find(&visit, upload.id, &torrent));
        check_fine(torrent_file(&visit, &torrent, &served, &name));
        check_fine(metainfo_parse(received, &stage->arena, &was));
        check_fine(metainfo_parse(served, &stage->arena, &is));
        assert_true(str_equal(was.info, is.info));
        assert_true(str_equal(was.piece_layers, is.piece_layers));
        assert_int_equal(is.tracker_count, 3);
        check_str(is.trackers[0], "udp://essaim.example:6969/announce");
        check_str(is.trackers[1], "https://essaim.example/announce");
        check_str(is.trackers[2], "udp://tracker.example:1337/announce");
        assert_true(str_equal(is.comment, torrent_permalink(&visit, &torrent)));
        assert_true(str_starts(is.comment, STR("https://essaim.example/t/")));
        check_str(name, "songs.ogg.torrent");
        TorrentContents contents;
        check_fine(torrent_contents(&visit, &torrent, &contents));
        assert_int_equal(contents.file_count, 1);
        check_str(contents.files[0].path, "songs.ogg");
        check_str(contents.comment, "first comment");
        assert_int_equal(contents.tracker_count, 3);
        check_str(contents.trackers[2], "udp://tracker.example:1337/announce");
    }
    stage_close(stage);
}

static void a_hybrids_magnet_names_both_hashes(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit visit = stage_member(stage, "marie", ROLE_MEMBER);
    Upload upload = stage_publish(&visit, CREATE_HYBRID, "both.ogg", 'b');
    Torrent torrent;
    Magnet magnet;
    check_fine(torrent_find(&visit, upload.id, &torrent));
    check_fine(magnet_parse(torrent_magnet(&visit, &torrent), &stage->arena, &magnet));
    assert_true(magnet.hash.has_v1 && magnet.hash.has_v2);
    assert_int_equal(magnet.tracker_count, 2);
    assert_int_equal(magnet.size_bytes, 40000);
    check_fine(magnet_parse(torrent_magnet_v1(&visit, &torrent), &stage->arena, &magnet));
    assert_true(magnet.hash.has_v1 && !magnet.hash.has_v2);
    upload = stage_publish(&visit, CREATE_V1, "one.ogg", '1');
    check_fine(torrent_find(&visit, upload.id, &torrent));
    check_str(torrent_magnet_v1(&visit, &torrent), "");
    assert_true(str_starts(torrent_path(&visit, LANGUAGE_FR, &torrent), STR("/fr/torrent/")));
    stage_close(stage);
}

static void lists_come_in_the_order_of_search(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit visit = stage_member(stage, "marie", ROLE_MEMBER);
    int64_t ids[5];
    for (int i = 0; i < 5; i++) {
        visit.now = STAGE_NOW + i;
        ids[i] = stage_publish(&visit, CREATE_V1, "a.ogg", (char)('a' + i)).id;
    }
    TorrentListAsk ask = {.ask = {.sort = SEARCH_BY_NEWEST, .limit = 2, .facets = true}};
    TorrentList list;
    check_fine(torrent_list(&visit, &ask, &list));
    assert_int_equal(list.total, 5);
    assert_int_equal(list.count, 2);
    assert_int_equal(list.at[0].id, ids[4]);
    assert_int_equal(list.at[1].id, ids[3]);
    assert_int_equal(list.categories.count, 1);
    check_str(list.categories.at[0].value, "music");
    ask.ask.cursor = list.next;
    check_fine(torrent_list(&visit, &ask, &list));
    assert_int_equal(list.at[0].id, ids[2]);
    ask = (TorrentListAsk){.category_code = STR("books")};
    check_fine(torrent_list(&visit, &ask, &list));
    assert_int_equal(list.total, 0);
    ask = (TorrentListAsk){.category_code = STR("music"),
                           .ask = {.license = STR("cc-by-sa-4.0"), .text = STR("harbour")}};
    check_fine(torrent_list(&visit, &ask, &list));
    assert_int_equal(list.total, 5);
    ask = (TorrentListAsk){.category_code = STR("nowhere")};
    check_code(torrent_list(&visit, &ask, &list), ERROR_BAD_INPUT, "unknown_category");
    ask = (TorrentListAsk){.ask = {.license = STR("none")}};
    check_code(torrent_list(&visit, &ask, &list), ERROR_BAD_INPUT, "unknown_license");
    stage_close(stage);
}

static void a_page_has_at_most_a_hundred_works(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit visit = stage_member(stage, "marie", ROLE_MEMBER);
    for (int i = 0; i <= LIST_PAGE_MAX; i++) {
        char name[16];
        snprintf(name, sizeof name, "song%d.ogg", i);
        (void)stage_publish(&visit, CREATE_V1, name, 'a');
    }
    TorrentListAsk ask = {.ask = {.limit = SIZE_MAX}};
    TorrentList list;
    check_fine(torrent_list(&visit, &ask, &list));
    assert_int_equal(list.count, LIST_PAGE_MAX);
    assert_int_equal(list.total, LIST_PAGE_MAX + 1);
    assert_true(list.next.len > 0);
    stage_close(stage);
}

static void a_members_page_shows_to_others_what_is_published(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit marie = stage_member(stage, "marie", ROLE_MEMBER);
    Visit pierre = stage_member(stage, "pierre", ROLE_MEMBER);
    Upload first = stage_publish(&marie, CREATE_V1, "a", 'a');
    (void)stage_publish(&marie, CREATE_V1, "b", 'b');
    check_fine(torrent_withdraw(&marie, first.id, STR("")));
    TorrentList list;
    check_fine(torrent_list_of_member(&marie, marie.viewer.member_id, &list));
    assert_int_equal(list.count, 2);
    check_fine(torrent_list_of_member(&pierre, marie.viewer.member_id, &list));
    assert_int_equal(list.count, 1);
    stage_close(stage);
}

static void editing_is_for_the_owner_and_moderators(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit marie = stage_member(stage, "marie", ROLE_MEMBER);
    Visit pierre = stage_member(stage, "pierre", ROLE_TRUSTED);
    Visit irene = stage_member(stage, "irene", ROLE_MODERATOR);
    Visit nobody = stage_visit(stage, 0, ROLE_NOBODY);
    Upload upload = stage_publish(&marie, CREATE_V1, "a", 'a');
    TorrentWords words = stage_words();
    words.title = STR("Songs of the Quay");
    words.tags = STR("shanty");
    ErrorList errors = {0};
    check_code(torrent_change(&nobody, upload.id, &words, &errors), ERROR_NOT_SIGNED_IN,
               "not_signed_in");
    check_code(torrent_change(&pierre, upload.id, &words, &errors), ERROR_NOT_ALLOWED,
               "not_allowed");
    assert_int_equal(stage->changed, 0);
    check_fine(torrent_change(&marie, upload.id, &words, &errors));
    assert_int_equal(stage->changed, 1);
    Torrent torrent;
    check_fine(torrent_find(&pierre, upload.id, &torrent));
    check_str(torrent.title, "Songs of the Quay");
    TorrentListAsk ask = {.ask = {.text = STR("quay")}};
    TorrentList list;
    check_fine(torrent_list(&pierre, &ask, &list));
    assert_int_equal(list.total, 1);
    ask.ask.text = STR("harbour");
    check_fine(torrent_list(&pierre, &ask, &list));
    assert_int_equal(list.total, 0);
    words.author = (Str){0};
    check_code(torrent_change(&marie, upload.id, &words, &errors), ERROR_BAD_INPUT,
               "author_required");
    words.author = STR("Somebody");
    errors = (ErrorList){0};
    check_fine(torrent_change(&irene, upload.id, &words, &errors));
    TorrentEvent *events;
    size_t count;
    check_fine(torrent_history(&pierre, upload.id, &events, &count));
    assert_int_equal(count, 3);
    check_str(events[0].what, "published");
    check_str(events[1].detail, "title tags");
    check_str(events[1].actor, "marie");
    check_str(events[2].actor, ""); /* a moderator */
    check_fine(torrent_history(&irene, upload.id, &events, &count));
    check_str(events[2].actor, "irene");
    check_fine(torrent_change(&marie, upload.id, &words, &errors)); /* nothing new */
    check_fine(torrent_history(&marie, upload.id, &events, &count));
    assert_int_equal(count, 3);
    stage_close(stage);
}

static void a_withdrawn_work_is_gone_at_once_and_leaves_a_page(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit marie = stage_member(stage, "marie", ROLE_MEMBER);
    Visit pierre = stage_member(stage, "pierre", ROLE_MEMBER);
    Visit irene = stage_member(stage, "irene", ROLE_MODERATOR);
    Upload upload = stage_publish(&marie, CREATE_HYBRID, "a", 'a');
    check_code(torrent_withdraw(&irene, upload.id, STR("")), ERROR_NOT_ALLOWED, "not_allowed");
    check_code(torrent_withdraw(&pierre, upload.id, STR("mine")), ERROR_NOT_ALLOWED, "not_allowed");
    check_fine(torrent_withdraw(&marie, upload.id, STR("a better one follows")));
    assert_int_equal(search_count(stage->community.search), 0);
    assert_int_equal(stage->forgotten, 1);
    assert_memory_equal(stage->last.v1, upload.hash.v1, SHA1_BYTES);
    assert_int_equal(stage->changed, 1);
    Torrent torrent;
    check_fine(torrent_find(&pierre, upload.id, &torrent));
    assert_string_equal(torrent_state_name(torrent.state), "withdrawn");
    check_str(torrent.title, "Songs of the Harbour");
    check_str(torrent.description, "");
    check_str(torrent.state_note, "a better one follows");
    assert_int_equal(torrent.state_at, STAGE_NOW);
    Str bytes, name;
    TorrentContents contents;
    check_code(torrent_file(&pierre, &torrent, &bytes, &name), ERROR_GONE, "torrent_withdrawn");
    check_code(torrent_contents(&pierre, &torrent, &contents), ERROR_GONE, "torrent_withdrawn");
    check_str(torrent_magnet(&pierre, &torrent), "");
    check_code(torrent_withdraw(&marie, upload.id, STR("")), ERROR_GONE, "torrent_withdrawn");
    TorrentWords words = stage_words();
    ErrorList errors = {0};
    check_code(torrent_change(&marie, upload.id, &words, &errors), ERROR_GONE, "torrent_withdrawn");
    stage_close(stage);
}

static void a_removal_says_which_kind(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit marie = stage_member(stage, "marie", ROLE_MEMBER);
    Visit irene = stage_member(stage, "irene", ROLE_MODERATOR);
    const struct {
        const char *reason;
        ErrorKind kind;
    } reasons[] = {{"rights", ERROR_UNLAWFUL}, {"illegal", ERROR_UNLAWFUL}, {"malware", ERROR_GONE},
                   {"fake", ERROR_GONE},       {"owner", ERROR_GONE},       {"other", ERROR_GONE}};
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
        Upload upload = stage_publish(&marie, CREATE_V1, "a", (char)('a' + i));
        Str reason = str_from_c(reasons[i].reason);
        check_code(torrent_remove(&marie, upload.id, reason, STR("")), ERROR_NOT_ALLOWED,
                   "not_allowed");
        check_code(torrent_remove(&irene, upload.id, STR("whim"), STR("")), ERROR_BAD_INPUT,
                   "unknown_reason");
        check_fine(torrent_remove(&irene, upload.id, reason, STR("see note")));
        assert_int_equal(stage->forgotten, i + 1);
        Torrent torrent;
        check_fine(torrent_find(&marie, upload.id, &torrent));
        assert_true(str_equal(torrent.state_reason, reason));
        Str bytes, name;
        check_code(torrent_file(&marie, &torrent, &bytes, &name), reasons[i].kind,
                   "torrent_removed");
        TorrentContents contents;
        check_fine(torrent_contents(&irene, &torrent, &contents));
    }
    Upload upload = stage_publish(&marie, CREATE_V1, "z", 'z');
    char note[NOTE_BYTES_MAX + 1];
    memset(note, 'n', sizeof note);
    check_code(torrent_remove(&irene, upload.id, STR("other"), (Str){note, sizeof note}),
               ERROR_BAD_INPUT, "too_long");
    check_fine(torrent_remove(&irene, upload.id, STR("other"), (Str){note, NOTE_BYTES_MAX}));
    check_code(torrent_remove(&irene, 999, STR("other"), STR("")), ERROR_NOT_FOUND, "not_found");
    stage_close(stage);
}

static void counts_reach_the_page_and_the_search(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit visit = stage_member(stage, "marie", ROLE_MEMBER);
    Upload v1 = stage_publish(&visit, CREATE_V1, "a", 'a');
    Upload v2 = stage_publish(&visit, CREATE_V2, "b", 'b');
    TorrentCount counts[3] = {
        {.hash = infohash_swarm(&v1.hash), .seeders = 3, .leechers = 1, .completed = 9},
        {.hash = {{1, 2, 3}}, .seeders = 99},
        {.hash = infohash_swarm(&v2.hash), .seeders = 7, .completed = 2}};
    Torrent torrent;
    check_fine(torrent_find(&visit, v1.id, &torrent));
    assert_int_equal(torrent.counted_at, 0);
    visit.now = STAGE_NOW + 60;
    check_fine(torrent_count(&visit, counts, 3));
    check_fine(torrent_find(&visit, v1.id, &torrent));
    assert_int_equal(torrent.seeders, 3);
    assert_int_equal(torrent.leechers, 1);
    assert_int_equal(torrent.completed, 9);
    assert_int_equal(torrent.counted_at, STAGE_NOW + 60);
    TorrentListAsk ask = {.ask = {.sort = SEARCH_BY_SEEDERS}};
    TorrentList list;
    check_fine(torrent_list(&visit, &ask, &list));
    assert_int_equal(list.at[0].id, v2.id);
    counts[0] = (TorrentCount){.hash = counts[0].hash, .seeders = 8, .completed = 4};
    check_fine(torrent_count(&visit, counts, 1));
    check_fine(torrent_list(&visit, &ask, &list));
    assert_int_equal(list.at[0].id, v1.id);
    assert_int_equal(list.at[0].completed, 9); /* never fewer */
    CommunityTotals totals;
    check_fine(torrent_totals(&visit, &totals));
    assert_int_equal(totals.torrents, 2);
    assert_int_equal(totals.seeders, 15);
    assert_int_equal(totals.completed, 11);
    assert_int_equal(totals.members, 1);
    uint64_t shelves[16];
    torrent_category_counts(&visit, shelves, 16);
    assert_int_equal(shelves[7], 2);
    assert_int_equal(shelves[1], 0);
    stage_close(stage);
}

static void many_counts_take_several_writes(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit visit = stage_member(stage, "marie", ROLE_MEMBER);
    Upload upload = stage_publish(&visit, CREATE_V1, "a", 'a');
    TorrentCount *counts = arena_new(&stage->arena, TorrentCount, COUNTS_OF_WRITE_MAX + 1);
    uint64_t writes = store_totals(stage->community.store).writes;
    check_fine(torrent_count(&visit, counts, 0));
    check_fine(torrent_count(&visit, counts, COUNTS_OF_WRITE_MAX));
    assert_int_equal(store_totals(stage->community.store).writes, writes + 1);
    counts[COUNTS_OF_WRITE_MAX] =
        (TorrentCount){.hash = infohash_swarm(&upload.hash), .seeders = 5};
    check_fine(torrent_count(&visit, counts, COUNTS_OF_WRITE_MAX + 1));
    assert_int_equal(store_totals(stage->community.store).writes, writes + 3);
    Torrent torrent;
    check_fine(torrent_find(&visit, upload.id, &torrent));
    assert_int_equal(torrent.seeders, 5);
    stage_close(stage);
}

/* Names of files are kept for search up to a limit; the work itself keeps all of them. */
static void a_work_of_very_many_files_keeps_them_all(void **state) {
    (void)state;
    enum { FILES = 3000, NAME_BYTES = 120 };
    Stage *stage = stage_open();
    Visit visit = stage_member(stage, "marie", ROLE_MEMBER);
    CreateFile *files = arena_new(&stage->arena, CreateFile, FILES);
    for (int i = 0; i < FILES; i++)
        files[i] =
            (CreateFile){.path = arena_print(&stage->arena, "song%04d%0*d", i, NAME_BYTES - 8, 0),
                         .size_bytes = 1};
    CreateOptions options = {
        .kind = CREATE_V1, .name = STR("archive"), .is_folder = true, .piece_length = 16 * KIB};
    Create *create;
    check_fine(create_open(&options, files, FILES, &stage->arena, &create));
    while (create_wanted(create) != CREATE_NO_FILE) create_feed(create, STR("x"));
    UploadAsk ask = {.torrent = create_write(create, &stage->arena), .words = stage_words()};
    create_close(create);
    ErrorList errors = {0};
    Upload upload;
    check_fine(upload_add(&visit, &ask, &errors, &upload));
    assert_int_equal(upload.files, FILES);
    Torrent torrent;
    TorrentContents contents;
    check_fine(torrent_find(&visit, upload.id, &torrent));
    check_fine(torrent_contents(&visit, &torrent, &contents));
    assert_int_equal(contents.file_count, FILES);
    TorrentListAsk list_ask = {.ask = {.text = STR("song0007*")}};
    TorrentList list;
    check_fine(torrent_list(&visit, &list_ask, &list));
    assert_int_equal(list.total, 1);
    assert_true(str_contains(list.matched_paths[0], STR("song0007")));
    list_ask.ask.text = STR("song2999*");
    check_fine(torrent_list(&visit, &list_ask, &list));
    assert_int_equal(list.total, 0);
    stage_close(stage);
}

static void a_start_reads_back_what_is_visible(void **state) {
    (void)state;
    enum { WORKS = 230 };
    Stage *stage = stage_open();
    Visit visit = stage_member(stage, "marie", ROLE_MEMBER);
    Upload upload = {0};
    for (int i = 0; i < WORKS; i++) {
        char name[16];
        snprintf(name, sizeof name, "song%d.ogg", i);
        upload = stage_publish(&visit, CREATE_V1, name, 'a');
    }
    check_fine(torrent_withdraw(&visit, upload.id, STR("")));
    search_free(stage->community.search);
    stage->community.search = search_create();
    stage->allowed = stage->forgotten = 0;
    check_fine(torrent_load_all(&visit));
    assert_int_equal(search_count(stage->community.search), WORKS - 1);
    assert_int_equal(stage->allowed, WORKS - 1);
    assert_int_equal(stage->forgotten, 1); /* an open tracker would take it for a stranger */
    TorrentListAsk ask = {.ask = {.text = STR("song17")}};
    TorrentList list;
    check_fine(torrent_list(&visit, &ask, &list));
    assert_true(list.total >= 1);
    stage_close(stage);
}

static Error give_many_files(Db *db, Arena *arena, void *argument) {
    (void)arena, (void)argument;
    return db_run(db,
                  "update torrent_blob set paths ="
                  " replace(hex(zeroblob(65536)), '00', 'a' || char(10))");
}

static void works_of_many_files_are_read_back_in_smaller_parts(void **state) {
    (void)state;
    enum { WORKS = 120 };
    Stage *stage = stage_open();
    Visit visit = stage_member(stage, "marie", ROLE_MEMBER);
    int64_t ids[WORKS];
    for (int i = 0; i < WORKS; i++) {
        char name[16];
        snprintf(name, sizeof name, "song%d.ogg", i);
        ids[i] = stage_publish(&visit, CREATE_V1, name, 'a').id;
    }
    check_fine(store_write(stage->community.store, visit.arena, give_many_files, NULL));
    check_fine(torrent_load_all(&visit));
    check_fine(torrent_index_some(&visit, ids, WORKS));
    assert_int_equal(search_count(stage->community.search), WORKS);
    size_t differences;
    check_fine(torrent_index_check(&visit, &(TorrentChecking){0}, &differences));
    assert_int_equal(differences, 0);
    stage_close(stage);
}

static void slugs_are_plain(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit visit = stage_visit(stage, 0, ROLE_NOBODY);
    const struct {
        const char *title, *path;
    } titles[] = {{"Debian 12.5 (netinst)", "/en/torrent/7/debian-12-5-netinst"},
                  {"L\xE2\x80\x99\xC5\x92uvre \xE2\x80\x94 2e \xC3\xA9"
                   "d.",
                   "/en/torrent/7/l-oeuvre-2e-ed"},
                  {"\xE9\x9F\xB3\xE6\xA5\xBD", "/en/torrent/7/work"},
                  {"../../etc", "/en/torrent/7/etc"}};
    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++) {
        Torrent torrent = {.id = 7, .title = str_from_c(titles[i].title)};
        check_str(torrent_path(&visit, LANGUAGE_EN, &torrent), titles[i].path);
    }
    stage_close(stage);
}

/* The tracker counts a work that comes back from nothing. */
static void completions_go_on_when_a_work_comes_back(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit marie = stage_member(stage, "marie", ROLE_MEMBER);
    Visit irene = stage_member(stage, "irene", ROLE_MODERATOR);
    Upload upload = stage_publish(&marie, CREATE_HYBRID, "a", 'a');
    TorrentCount count = {.hash = infohash_swarm(&upload.hash), .seeders = 5, .completed = 9};
    Torrent torrent;
    check_fine(torrent_count(&marie, &count, 1));
    check_fine(torrent_remove(&irene, upload.id, STR("other"), STR("")));
    check_fine(torrent_count(&marie, &count, 1)); /* counted before, written after */
    check_fine(torrent_find(&irene, upload.id, &torrent));
    assert_int_equal(torrent.seeders, 0);
    assert_int_equal(torrent.completed, 9);
    check_fine(torrent_publish(&irene, upload.id));
    count.completed = 2;
    check_fine(torrent_count(&marie, &count, 1));
    check_fine(torrent_find(&marie, upload.id, &torrent));
    assert_int_equal(torrent.seeders, 5);
    assert_int_equal(torrent.completed, 11);
    stage_close(stage);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_work_is_found_by_whatever_is_pasted),
        cmocka_unit_test(the_served_file_keeps_its_info_and_gets_our_trackers),
        cmocka_unit_test(a_hybrids_magnet_names_both_hashes),
        cmocka_unit_test(lists_come_in_the_order_of_search),
        cmocka_unit_test(a_page_has_at_most_a_hundred_works),
        cmocka_unit_test(a_members_page_shows_to_others_what_is_published),
        cmocka_unit_test(editing_is_for_the_owner_and_moderators),
        cmocka_unit_test(a_withdrawn_work_is_gone_at_once_and_leaves_a_page),
        cmocka_unit_test(a_removal_says_which_kind),
        cmocka_unit_test(counts_reach_the_page_and_the_search),
        cmocka_unit_test(completions_go_on_when_a_work_comes_back),
        cmocka_unit_test(many_counts_take_several_writes),
        cmocka_unit_test(a_work_of_very_many_files_keeps_them_all),
        cmocka_unit_test(a_start_reads_back_what_is_visible),
        cmocka_unit_test(works_of_many_files_are_read_back_in_smaller_parts),
        cmocka_unit_test(slugs_are_plain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
