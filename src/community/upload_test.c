#include "community/upload.h"

#include <pthread.h>

#include "base/encode.h"
#include "community/session.h"
#include "community/test.h"
#include "community/upload_words.h"

static Error check_words(const TorrentWords *typed, Arena *arena, ErrorList *ret_errors,
                         UploadWords *ret_words) {
    *ret_errors = (ErrorList){.arena = arena};
    upload_words_check(typed, WORDS_COMPLETE, arena, ret_errors, ret_words);
    return error_list_first(ret_errors);
}

static void good_words_are_tidied(void **state) {
    (void)state;
    Arena arena = arena_create(16 * MIB);
    TorrentWords typed = stage_words();
    typed.title = STR("  Songs\tof the Harbour ");
    typed.license = STR("cc-by-sa-4.0");
    typed.tags = STR("#Folk, Live  Music,folk, ,C++,\xC3\x89T\xC3\x89");
    typed.language = STR("ZH_hant_tw");
    ErrorList errors;
    UploadWords words;
    check_fine(check_words(&typed, &arena, &errors, &words));
    check_str(words.title, "Songs of the Harbour");
    check_str(words.tags, "folk live-music c++ \xC3\xA9t\xC3\xA9");
    check_str(words.language, "zh-Hant-TW");
    assert_string_equal(words.licence->id, "CC-BY-SA-4.0");
    assert_string_equal(words.category->code, "music");
    arena_free(&arena);
}

static void nothing_is_published_without_licence_author_and_source(void **state) {
    (void)state;
    Arena arena = arena_create(16 * MIB);
    TorrentWords typed = {0};
    ErrorList errors;
    UploadWords words;
    assert_true(failed(check_words(&typed, &arena, &errors, &words)));
    assert_int_equal(errors.count, 5);
    assert_string_equal(errors.at[0].field, "title"); /* in the order of the form */
    assert_string_equal(errors.at[4].field, "source_url");
    check_code(*error_list_find(&errors, "title"), ERROR_BAD_INPUT, "title_required");
    check_code(*error_list_find(&errors, "category"), ERROR_BAD_INPUT, "category_required");
    check_code(*error_list_find(&errors, "license"), ERROR_BAD_INPUT, "license_required");
    check_code(*error_list_find(&errors, "author"), ERROR_BAD_INPUT, "author_required");
    check_code(*error_list_find(&errors, "source_url"), ERROR_BAD_INPUT, "source_required");
    arena_free(&arena);
}

/* One field changed in otherwise good words: its code, or "" when it is taken. */
static const char *code_of(Arena *arena, size_t offset, Str value) {
    TorrentWords typed = stage_words();
    memcpy((char *)&typed + offset, &value, sizeof value);
    ErrorList errors;
    UploadWords words;
    return error_code(check_words(&typed, arena, &errors, &words));
}
#define code_of(arena, field, value) code_of((arena), offsetof(TorrentWords, field), (value))

static Str repeated(Arena *arena, const char *unit, size_t bytes) {
    char *at = arena_new(arena, char, bytes + 1);
    for (size_t i = 0; i < bytes; i++) at[i] = unit[i % strlen(unit)];
    return (Str){at, bytes};
}

static void words_have_limits_at_both_ends(void **state) {
    (void)state;
    Arena arena = arena_create(64 * MIB);
    const struct {
        size_t offset, max;
    } fields[] = {{offsetof(TorrentWords, title), TITLE_BYTES_MAX},
                  {offsetof(TorrentWords, author), AUTHOR_BYTES_MAX},
                  {offsetof(TorrentWords, description), DESCRIPTION_BYTES_MAX}};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        for (size_t more = 0; more < 2; more++) {
            TorrentWords typed = stage_words();
            Str value = repeated(&arena, "x", fields[i].max + more);
            memcpy((char *)&typed + fields[i].offset, &value, sizeof value);
            ErrorList errors;
            UploadWords words;
            assert_string_equal(error_code(check_words(&typed, &arena, &errors, &words)),
                                more ? "too_long" : "");
        }
    }
    assert_string_equal(code_of(&arena, title, STR("ab")), "title_too_short");
    assert_string_equal(code_of(&arena, title, STR("abc")), "");
    Str url = repeated(&arena, "x", SOURCE_URL_BYTES_MAX);
    memcpy((char *)url.at, "https://a.example/", 18);
    assert_string_equal(code_of(&arena, source_url, url), "");
    url = repeated(&arena, "x", SOURCE_URL_BYTES_MAX + 1);
    memcpy((char *)url.at, "https://a.example/", 18);
    assert_string_equal(code_of(&arena, source_url, url), "too_long");
    assert_string_equal(code_of(&arena, title, repeated(&arena, "x", 10 * MIB)), "too_long");
    arena_free(&arena);
}

static void tags_have_limits(void **state) {
    (void)state;
    Arena arena = arena_create(16 * MIB);
    Text many = text_create(&arena, KIB);
    for (int i = 0; i < TAGS_MAX; i++) text_print(&many, "tag%d,", i);
    assert_string_equal(code_of(&arena, tags, text_str(&many)), "");
    text_print(&many, "one-more");
    assert_string_equal(code_of(&arena, tags, text_str(&many)), "too_many_tags");
    assert_string_equal(code_of(&arena, tags, repeated(&arena, "t", TAG_BYTES_MAX)), "");
    assert_string_equal(code_of(&arena, tags, repeated(&arena, "t", TAG_BYTES_MAX + 1)),
                        "tag_too_long");
    assert_string_equal(code_of(&arena, tags, STR("a/b")), "bad_tag");
    assert_string_equal(code_of(&arena, tags, STR("a\x01")), "bad_characters");
    assert_string_equal(code_of(&arena, tags, STR("")), "");
    arena_free(&arena);
}

static void a_source_is_an_address_or_own(void **state) {
    (void)state;
    Arena arena = arena_create(16 * MIB);
    static const char *const fine[] = {
        "http://a.example", "HTTPS://a.example:8443/x?y=z#w", "own",
        "Own work",         "https://\xC3\xA9.example/",      "http://[2001:db8::1]/"};
    static const char *const bad[] = {"a.example",
                                      "ftp://a.example",
                                      "javascript:alert(1)",
                                      "https://",
                                      "https:///x",
                                      "https://debian.org@evil.example/",
                                      "https://a.example/<b>",
                                      "https://a b.example/",
                                      "owner",
                                      "https://?x"};
    for (size_t i = 0; i < sizeof fine / sizeof *fine; i++)
        assert_string_equal(code_of(&arena, source_url, str_from_c(fine[i])), "");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_string_equal(code_of(&arena, source_url, str_from_c(bad[i])), "bad_source");
    TorrentWords typed = stage_words();
    typed.source_url = STR(" OWN ");
    ErrorList errors;
    UploadWords words;
    check_fine(check_words(&typed, &arena, &errors, &words));
    check_str(words.source_url, "own");
    arena_free(&arena);
}

static void languages_are_short_codes(void **state) {
    (void)state;
    Arena arena = arena_create(16 * MIB);
    static const char *const fine[] = {"",       "fr",      "gsw",           "pt-BR",
                                       "es-419", "sr-Latn", "en-GB-oxendict"};
    static const char *const bad[] = {"french",
                                      "f",
                                      "12",
                                      "fr-",
                                      "-fr",
                                      "fr--FR",
                                      "fr-123456789",
                                      "f r",
                                      "\xC3\xA9\xC3\xA9",
                                      "en-aaaaaaaa-bbbbbbbb-cccccccc-dddddd"};
    for (size_t i = 0; i < sizeof fine / sizeof *fine; i++)
        assert_string_equal(code_of(&arena, language, str_from_c(fine[i])), "");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_string_equal(code_of(&arena, language, str_from_c(bad[i])), "bad_language");
    arena_free(&arena);
}

static void unknown_categories_and_licences_are_refused(void **state) {
    (void)state;
    Arena arena = arena_create(16 * MIB);
    assert_string_equal(code_of(&arena, category, STR("films")), "unknown_category");
    assert_string_equal(code_of(&arena, license, STR("All rights reserved")), "unknown_license");
    assert_string_equal(code_of(&arena, title, STR("evil \xE2\x80\xAE title")), "bad_characters");
    assert_string_equal(code_of(&arena, description, STR("bad \xFF byte")), "bad_characters");
    arena_free(&arena);
}

static void an_upload_is_stored_found_and_tracked(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit visit = stage_member(stage, "marie", ROLE_MEMBER);
    Upload upload = stage_publish(&visit, CREATE_HYBRID, "harbour_songs-1.0.ogg", 'a');
    assert_true(upload.id > 0);
    assert_int_equal(upload.state, TORRENT_VISIBLE);
    assert_int_equal(upload.files, 1);
    assert_int_equal(upload.size_bytes, 40000);
    check_str(upload.suggested_title, "harbour songs-1.0");
    assert_true(str_ends(upload.path, STR("/songs-of-the-harbour")));
    assert_int_equal(stage->allowed, 1);
    assert_memory_equal(stage->last.v1, upload.hash.v1, SHA1_BYTES);
    assert_memory_equal(stage->last.v2, upload.hash.v2, SHA256_BYTES);
    assert_int_equal(search_count(stage->community.search), 1);
    Torrent torrent;
    check_fine(torrent_find(&visit, upload.id, &torrent));
    check_str(torrent.title, "Songs of the Harbour");
    check_str(torrent.description, "Recorded in one evening.");
    check_str(torrent.uploader, "marie");
    assert_int_equal(torrent.tag_count, 2);
    check_str(torrent.tags[1], "live-music");
    assert_int_equal(torrent.published_at, STAGE_NOW);
    stage_close(stage);
}

static void a_check_stores_nothing(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit visit = stage_member(stage, "marie", ROLE_MEMBER);
    UploadAsk ask = {.torrent = stage_torrent(stage, CREATE_V1, "a.ogg", 'a'),
                     .words = stage_words()};
    ErrorList errors = {0};
    Upload upload;
    uint64_t writes = store_totals(stage->community.store).writes;
    check_fine(upload_check(&visit, &ask, &errors, &upload));
    assert_int_equal(upload.id, 0);
    assert_true(upload.hash.has_v1);
    assert_int_equal(store_totals(stage->community.store).writes, writes);
    assert_int_equal(stage->allowed, 0);
    assert_int_equal(search_count(stage->community.search), 0);
    stage_close(stage);
}

static void file_and_words_are_judged_together(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit visit = stage_member(stage, "marie", ROLE_MEMBER);
    UploadAsk ask = {.torrent = STR("not a torrent"), .words = stage_words()};
    ask.words.title = (Str){0};
    ErrorList errors = {0};
    Upload upload;
    assert_true(failed(upload_add(&visit, &ask, &errors, &upload)));
    assert_int_equal(errors.count, 2);
    assert_non_null(error_list_find(&errors, "torrent"));
    assert_non_null(error_list_find(&errors, "title"));
    ask.torrent = (Str){0};
    errors = (ErrorList){0};
    check_code(upload_add(&visit, &ask, &errors, &upload), ERROR_BAD_INPUT, "torrent_required");
    assert_int_equal(search_count(stage->community.search), 0);
    stage_close(stage);
}

static void a_known_torrent_leads_to_its_page(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit marie = stage_member(stage, "marie", ROLE_MEMBER);
    Visit pierre = stage_member(stage, "pierre", ROLE_MEMBER);
    Upload first = stage_publish(&marie, CREATE_V1, "a.ogg", 'a');
    UploadAsk ask = {.torrent = stage_torrent(stage, CREATE_V1, "a.ogg", 'a'),
                     .words = stage_words()};
    ask.words.license = (Str){0}; /* also wrong, but beside the point */
    ErrorList errors = {0};
    Upload upload = {0};
    check_code(upload_add(&pierre, &ask, &errors, &upload), ERROR_CONFLICT, "infohash_known");
    assert_true(str_equal(upload.path, first.path));
    assert_int_equal(errors.count, 2);
    errors = (ErrorList){0};
    check_code(upload_check(&pierre, &ask, &errors, &upload), ERROR_CONFLICT, "infohash_known");
    assert_int_equal(upload.id, 0);
    assert_true(str_equal(upload.path, first.path));
    check_fine(torrent_withdraw(&marie, first.id, STR("")));
    errors = (ErrorList){0};
    check_code(upload_add(&marie, &ask, &errors, &upload), ERROR_CONFLICT, "infohash_known");
    stage_close(stage);
}

/* The path holds the words of the title, which only its uploader and moderators may see yet. */
static void a_known_torrent_that_waits_leads_others_nowhere(void **state) {
    (void)state;
    Stage *stage = stage_open();
    stage->settings.review_new_members = true;
    Visit marie = stage_member(stage, "marie", ROLE_MEMBER);
    Visit pierre = stage_member(stage, "pierre", ROLE_MEMBER);
    Visit moderator = stage_member(stage, "paul", ROLE_MODERATOR);
    Upload first = stage_publish(&marie, CREATE_HYBRID, "a.ogg", 'a');
    assert_int_equal(first.state, TORRENT_QUARANTINED);
    UploadAsk ask = {.torrent = stage_torrent(stage, CREATE_HYBRID, "a.ogg", 'a'),
                     .words = stage_words()};
    Visit *visits[] = {&pierre, &marie, &moderator};
    for (size_t i = 0; i < 3; i++) {
        ErrorList errors = {0};
        Upload upload = {0};
        check_code(upload_add(visits[i], &ask, &errors, &upload), ERROR_CONFLICT, "infohash_known");
        assert_true(str_equal(upload.path, i == 0 ? (Str){0} : first.path));
        assert_int_equal(upload.id, i == 0 ? 0 : first.id);
    }
    stage_close(stage);
}

static void what_was_removed_does_not_come_back(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit member = stage_member(stage, "marie", ROLE_MEMBER);
    Visit moderator = stage_member(stage, "pierre", ROLE_MODERATOR);
    Upload first = stage_publish(&member, CREATE_V2, "a.ogg", 'a');
    Upload second = stage_publish(&member, CREATE_V2, "b.ogg", 'b');
    check_fine(torrent_remove(&moderator, first.id, STR("rights"), STR("a notice")));
    check_fine(torrent_remove(&moderator, second.id, STR("fake"), STR("")));
    UploadAsk ask = {.torrent = stage_torrent(stage, CREATE_V2, "a.ogg", 'a'),
                     .words = stage_words()};
    ErrorList errors = {0};
    Upload upload;
    check_code(upload_add(&member, &ask, &errors, &upload), ERROR_CONFLICT, "infohash_removed");
    ask.torrent = stage_torrent(stage, CREATE_V2, "b.ogg", 'b');
    errors = (ErrorList){0};
    check_code(upload_add(&member, &ask, &errors, &upload), ERROR_CONFLICT, "infohash_removed");
    stage_close(stage);
}

static void a_new_members_first_works_are_looked_at(void **state) {
    (void)state;
    Stage *stage = stage_open();
    stage->settings.review_new_members = true;
    Visit member = stage_member(stage, "marie", ROLE_MEMBER);
    Visit trusted = stage_member(stage, "pierre", ROLE_TRUSTED);
    Visit moderator = stage_member(stage, "irene", ROLE_MODERATOR);
    assert_int_equal(stage_publish(&trusted, CREATE_V1, "t", 't').state, TORRENT_VISIBLE);
    Upload waiting[3];
    for (int i = 0; i < 3; i++) {
        waiting[i] = stage_publish(&member, CREATE_V1, "w", (char)('a' + i));
        assert_int_equal(waiting[i].state, TORRENT_QUARANTINED);
    }
    assert_int_equal(search_count(stage->community.search), 1);
    assert_int_equal(stage->allowed, 1);
    Torrent torrent;
    Visit nobody = stage_visit(stage, 0, ROLE_NOBODY);
    check_fine(torrent_find(&member, waiting[0].id, &torrent));
    check_code(torrent_find(&trusted, waiting[0].id, &torrent), ERROR_NOT_FOUND, "not_found");
    check_code(torrent_find(&nobody, waiting[0].id, &torrent), ERROR_NOT_FOUND, "not_found");
    TorrentList list;
    check_code(torrent_list_waiting(&member, &list), ERROR_NOT_ALLOWED, "not_allowed");
    check_fine(torrent_list_waiting(&moderator, &list));
    assert_int_equal(list.count, 3);
    check_code(torrent_publish(&member, waiting[0].id), ERROR_NOT_ALLOWED, "not_allowed");
    for (int i = 0; i < 3; i++) {
        assert_int_equal(stage_publish(&member, CREATE_V1, "x", (char)('k' + i)).state,
                         TORRENT_QUARANTINED);
        check_fine(torrent_publish(&moderator, waiting[i].id));
    }
    assert_int_equal(search_count(stage->community.search), 4);
    assert_int_equal(stage->allowed, 4);
    assert_int_equal(stage_publish(&member, CREATE_V1, "y", 'y').state, TORRENT_VISIBLE);
    check_code(torrent_publish(&moderator, waiting[0].id), ERROR_CONFLICT, "published_already");
    stage_close(stage);
}

static void only_an_administrator_vouches(void **state) {
    (void)state;
    Stage *stage = stage_open();
    stage->settings.review_new_members = true;
    Visit member = stage_member(stage, "marie", ROLE_MEMBER);
    UploadAsk ask = {.torrent = stage_torrent(stage, CREATE_V1, "a", 'a'),
                     .words = stage_words(),
                     .vouched = true};
    ErrorList errors = {0};
    Upload upload;
    check_code(upload_add(&member, &ask, &errors, &upload), ERROR_NOT_ALLOWED, "not_allowed");
    member.viewer.role = ROLE_ADMIN;
    ask.published_at = 1400000000;
    check_fine(upload_add(&member, &ask, &errors, &upload));
    assert_int_equal(upload.state, TORRENT_VISIBLE);
    Torrent torrent;
    check_fine(torrent_find(&member, upload.id, &torrent));
    assert_int_equal(torrent.published_at, 1400000000);
    ask = (UploadAsk){.torrent = stage_torrent(stage, CREATE_V1, "b", 'b'),
                      .words = stage_words(),
                      .quarantine = true};
    check_fine(upload_add(&member, &ask, &errors, &upload));
    assert_int_equal(upload.state, TORRENT_QUARANTINED);
    stage_close(stage);
}

static void an_import_waits_until_its_licence_is_known(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit admin = stage_member(stage, "irene", ROLE_ADMIN);
    UploadAsk ask = {.torrent = stage_torrent(stage, CREATE_V1, "old_tape.ogg", 'a'),
                     .quarantine = true};
    ErrorList errors = {0};
    Upload upload;
    check_fine(upload_add(&admin, &ask, &errors, &upload));
    assert_int_equal(upload.state, TORRENT_QUARANTINED);
    Torrent torrent;
    check_fine(torrent_find(&admin, upload.id, &torrent));
    check_str(torrent.title, "old tape");
    assert_string_equal(torrent.category->code, "other");
    assert_ptr_equal(torrent.licence, &licence_unknown);
    check_code(torrent_publish(&admin, upload.id), ERROR_CONFLICT, "work_incomplete");
    TorrentWords words = stage_words();
    check_fine(torrent_change(&admin, upload.id, &words, &errors));
    check_fine(torrent_publish(&admin, upload.id));
    assert_int_equal(search_count(stage->community.search), 1);
    ask.torrent = stage_torrent(stage, CREATE_V1, "b", 'b');
    ask.words.license = STR("All rights reserved"); /* what is said must be right even so */
    check_code(upload_add(&admin, &ask, &errors, &upload), ERROR_BAD_INPUT, "unknown_license");
    stage_close(stage);
}

static void strangers_and_weak_tokens_publish_nothing(void **state) {
    (void)state;
    Stage *stage = stage_open();
    UploadAsk ask = {.torrent = stage_torrent(stage, CREATE_V1, "a", 'a'), .words = stage_words()};
    ErrorList errors = {0};
    Upload upload;
    Visit nobody = stage_visit(stage, 0, ROLE_NOBODY);
    check_code(upload_add(&nobody, &ask, &errors, &upload), ERROR_NOT_SIGNED_IN, "not_signed_in");
    Visit member = stage_member(stage, "marie", ROLE_MEMBER);
    Str secret;
    check_fine(token_add(&member, member.viewer.member_id, STR(""), STR("read"), &secret));
    check_fine(token_identify(&member, secret));
    check_code(upload_add(&member, &ask, &errors, &upload), ERROR_NOT_ALLOWED, "scope_missing");
    stage_close(stage);
}

static void personal_tracker_keys_are_not_published(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit member = stage_member(stage, "marie", ROLE_MEMBER);
    Metainfo metainfo;
    check_fine(metainfo_parse(stage_torrent(stage, CREATE_V1, "a", 'a'), &stage->arena, &metainfo));
    const Str trackers[] = {
        STR("https://one.example/announce"), STR("https://two.example/0123456789abcdef/announce"),
        STR("https://three.example/announce.php?passkey=0123"),
        STR("udp://four.example:6969/announce"), STR("https://five.example/announce?lang=fr")};
    MetainfoParts parts = {.info = metainfo.info, .trackers = trackers, .tracker_count = 5};
    UploadAsk ask = {.torrent = metainfo_write(&parts, &stage->arena), .words = stage_words()};
    ErrorList errors = {0};
    Upload upload;
    check_fine(upload_add(&member, &ask, &errors, &upload));
    TorrentContents contents;
    Torrent torrent;
    check_fine(torrent_find(&member, upload.id, &torrent));
    check_fine(torrent_contents(&member, &torrent, &contents));
    assert_int_equal(contents.tracker_count, 5); /* ours are the first two */
    check_str(contents.trackers[2], "https://one.example/announce");
    check_str(contents.trackers[3], "udp://four.example:6969/announce");
    check_str(contents.trackers[4], "https://five.example/announce?lang=fr");
    stage_close(stage);
}

typedef struct {
    Stage *stage;
    Visit visit;
    Str torrent;
    pthread_t thread;
    Error result;
    Upload upload;
} Racer;

static void *race(void *argument) {
    Racer *racer = argument;
    Arena arena = arena_create(64 * MIB);
    racer->visit.arena = &arena;
    check_fine(store_reader_open(racer->stage->community.store, &racer->visit.db));
    UploadAsk ask = {.torrent = racer->torrent, .words = stage_words()};
    ErrorList errors = {0};
    racer->result = upload_add(&racer->visit, &ask, &errors, &racer->upload);
    store_reader_close(racer->visit.db);
    arena_free(&arena);
    return NULL;
}

static void of_many_at_once_one_publishes_and_the_others_are_told(void **state) {
    (void)state;
    enum { RACERS = 8 };
    Stage *stage = stage_open();
    Visit member = stage_member(stage, "marie", ROLE_MEMBER);
    Str torrent = stage_torrent(stage, CREATE_HYBRID, "a", 'a');
    Racer racers[RACERS];
    for (size_t i = 0; i < RACERS; i++) {
        racers[i] = (Racer){.stage = stage, .visit = member, .torrent = torrent};
        assert_int_equal(pthread_create(&racers[i].thread, NULL, race, &racers[i]), 0);
    }
    unsigned published = 0, told = 0;
    for (size_t i = 0; i < RACERS; i++) {
        pthread_join(racers[i].thread, NULL);
        if (!failed(racers[i].result))
            published++;
        else
            told += strcmp(error_code(racers[i].result), "infohash_known") == 0;
    }
    assert_int_equal(published, 1);
    assert_int_equal(told, RACERS - 1);
    assert_int_equal(search_count(stage->community.search), 1);
    stage_close(stage);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_words_are_tidied),
        cmocka_unit_test(nothing_is_published_without_licence_author_and_source),
        cmocka_unit_test(words_have_limits_at_both_ends),
        cmocka_unit_test(tags_have_limits),
        cmocka_unit_test(a_source_is_an_address_or_own),
        cmocka_unit_test(languages_are_short_codes),
        cmocka_unit_test(unknown_categories_and_licences_are_refused),
        cmocka_unit_test(an_upload_is_stored_found_and_tracked),
        cmocka_unit_test(a_check_stores_nothing),
        cmocka_unit_test(file_and_words_are_judged_together),
        cmocka_unit_test(a_known_torrent_leads_to_its_page),
        cmocka_unit_test(a_known_torrent_that_waits_leads_others_nowhere),
        cmocka_unit_test(what_was_removed_does_not_come_back),
        cmocka_unit_test(a_new_members_first_works_are_looked_at),
        cmocka_unit_test(only_an_administrator_vouches),
        cmocka_unit_test(an_import_waits_until_its_licence_is_known),
        cmocka_unit_test(strangers_and_weak_tokens_publish_nothing),
        cmocka_unit_test(personal_tracker_keys_are_not_published),
        cmocka_unit_test(of_many_at_once_one_publishes_and_the_others_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
