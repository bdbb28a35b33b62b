#include "community/member_key.h"

#include "community/session.h"
#include "community/test.h"

static Stage *stage_of(const Visit *visit) { return visit->community->tracker.tracker; }

/* As the next request of that member finds it. */
static Visit come_back(Visit *visit) {
    Stage *stage = stage_of(visit);
    Visit fresh = stage_visit(stage, 0, ROLE_NOBODY);
    Str secret;
    check_fine(session_open(visit, visit->viewer.member_id, STR("Firefox"), &secret));
    check_fine(session_identify(&fresh, secret));
    assert_int_equal(fresh.viewer.member_id, visit->viewer.member_id);
    return fresh;
}

static void no_member_has_a_key_before_asking(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit anna = stage_member(stage, "anna", ROLE_MEMBER), nobody = stage_visit(stage, 0, 0);
    MemberKey key;
    size_t count;
    check_fine(member_key_find(&anna, &key));
    assert_false(key.is_made);
    check_str(member_key_urls(&anna, &count)[1], "https://essaim.example/announce");
    assert_int_equal(count, 2);
    check_code(member_key_find(&nobody, &key), ERROR_NOT_SIGNED_IN, "not_signed_in");
    check_code(member_key_renew(&nobody), ERROR_NOT_SIGNED_IN, "not_signed_in");
    check_code(member_key_change_named(&anna, true), ERROR_NOT_FOUND, "not_found");
    anna.viewer.by_token = true;
    check_code(member_key_renew(&anna), ERROR_NOT_ALLOWED, "not_allowed");
    assert_int_equal(stage->keys, 0);
    stage_close(stage);
}

static void files_and_magnets_of_its_owner_carry_the_key_and_pages_do_not(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit anna = stage_member(stage, "anna", ROLE_MEMBER), nobody = stage_visit(stage, 0, 0);
    Upload upload = stage_publish(&anna, CREATE_HYBRID, "harbour", 'a');
    check_fine(member_key_renew(&anna));
    assert_int_equal(stage->keys, 1);
    assert_int_equal(stage->holder, anna.viewer.member_id);
    const char *digits = announce_key_write(&stage->key, &stage->arena).at;

    Torrent torrent;
    TorrentContents contents;
    Str file, name;
    Visit visits[] = {come_back(&anna), nobody};
    for (size_t i = 0; i < 2; i++) {
        check_fine(torrent_find(&visits[i], upload.id, &torrent));
        check_fine(torrent_file(&visits[i], &torrent, &file, &name));
        Str url = arena_print(&stage->arena, "udp://essaim.example:6969/announce/%s", digits);
        assert_int_equal(str_contains(file, url), i == 0);
        url = arena_print(&stage->arena, "https://essaim.example/announce/%s", digits);
        assert_int_equal(str_contains(file, url), i == 0);
        assert_int_equal(str_contains(torrent_magnet(&visits[i], &torrent), str_from_c(digits)),
                         i == 0);
        assert_int_equal(str_contains(torrent_magnet_v1(&visits[i], &torrent), str_from_c(digits)),
                         i == 0);
        check_fine(torrent_contents(&visits[i], &torrent, &contents));
        for (size_t k = 0; k < contents.tracker_count; k++)
            assert_false(str_contains(contents.trackers[k], str_from_c(digits)));
    }
    stage_close(stage);
}

static void another_key_ends_the_one_before_at_once(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit anna = stage_member(stage, "anna", ROLE_MEMBER);
    check_fine(member_key_renew(&anna));
    AnnounceKey first = stage->key;
    check_fine(member_key_change_named(&anna, true));
    check_fine(member_key_renew(&anna));
    assert_int_equal(stage->keys, 1);
    assert_memory_not_equal(first.bytes, stage->key.bytes, sizeof first.bytes);
    MemberKey key;
    check_fine(member_key_find(&anna, &key));
    assert_true(key.is_made && key.is_named); /* what was chosen stays */
    assert_memory_equal(key.key.bytes, stage->key.bytes, sizeof first.bytes);
    check_fine(member_key_remove(&anna));
    assert_int_equal(stage->keys, 0);
    check_fine(member_key_find(&anna, &key));
    assert_false(key.is_made);
    stage_close(stage);
}

static void the_start_brings_all_keys_back_but_those_of_the_banned(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit anna = stage_member(stage, "anna", ROLE_MEMBER);
    Visit bob = stage_member(stage, "bob", ROLE_MEMBER);
    Visit admin = stage_member(stage, "root-of-all", ROLE_ADMIN);
    check_fine(member_key_renew(&anna));
    AnnounceKey first = stage->key;
    check_fine(member_key_renew(&bob));
    check_fine(account_change_banned(&admin, bob.viewer.member_id, true));
    assert_int_equal(stage->keys, 1);
    stage->keys = 0;
    check_fine(member_key_load_all(&admin));
    assert_int_equal(stage->keys, 1);
    assert_memory_equal(first.bytes, stage->key.bytes, sizeof first.bytes);
    check_fine(account_change_banned(&admin, bob.viewer.member_id, false));
    assert_int_equal(stage->keys, 2);
    stage_close(stage);
}

static void only_who_asked_for_it_is_named(void **state) {
    (void)state;
    Stage *stage = stage_open();
    Visit anna = stage_member(stage, "anna", ROLE_MEMBER), nobody = stage_visit(stage, 0, 0);
    Upload upload = stage_publish(&anna, CREATE_HYBRID, "harbour", 'a');
    Torrent torrent, *works;
    TorrentHosts hosts;
    size_t count;
    check_fine(torrent_find(&anna, upload.id, &torrent));
    check_fine(member_key_renew(&anna));
    check_fine(member_key_hosts(&nobody, &torrent, &hosts));
    assert_int_equal(hosts.count + hosts.unnamed, 0);

    memcpy(stage->hosted.bytes, torrent.hash.v1, SHA1_BYTES);
    check_fine(member_key_hosts(&nobody, &torrent, &hosts));
    assert_int_equal(hosts.count, 0);
    assert_int_equal(hosts.unnamed, 1);
    check_fine(member_key_hosted(&nobody, anna.viewer.member_id, &works, &count));
    assert_int_equal(count, 0);
    check_fine(member_key_hosted(&anna, anna.viewer.member_id, &works, &count));
    assert_int_equal(count, 1);
    assert_int_equal(works[0].id, upload.id);

    unsigned changed = stage->changed;
    check_fine(member_key_change_named(&anna, true));
    assert_true(stage->changed > changed); /* pages kept for others are forgotten */
    check_fine(member_key_hosts(&nobody, &torrent, &hosts));
    assert_int_equal(hosts.count, 1);
    assert_int_equal(hosts.unnamed, 0);
    check_str(hosts.names[0], "anna");
    check_fine(member_key_hosted(&nobody, anna.viewer.member_id, &works, &count));
    assert_int_equal(count, 1);
    check_str(works[0].title, "Songs of the Harbour");

    check_fine(torrent_withdraw(&anna, upload.id, STR("")));
    check_fine(torrent_find(&anna, upload.id, &torrent));
    check_fine(member_key_hosts(&nobody, &torrent, &hosts));
    assert_int_equal(hosts.count + hosts.unnamed, 0);
    check_fine(member_key_hosted(&nobody, anna.viewer.member_id, &works, &count));
    assert_int_equal(count, 0);
    stage_close(stage);
}

static void foreign_addresses_never_get_the_key(void **state) {
    (void)state;
    static const bool second_only[] = {false, true};
    Stage *stage = stage_open();
    Visit anna = stage_member(stage, "anna", ROLE_MEMBER);
    stage->settings.announce_url_is_own = second_only;
    check_fine(member_key_renew(&anna));
    size_t count;
    const Str *urls = member_key_urls(&anna, &count);
    assert_int_equal(count, 2);
    check_str(urls[0], "udp://essaim.example:6969/announce");
    assert_int_equal(urls[1].len, strlen("https://essaim.example/announce/") + ANNOUNCE_KEY_DIGITS);
    stage_close(stage);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_member_has_a_key_before_asking),
        cmocka_unit_test(files_and_magnets_of_its_owner_carry_the_key_and_pages_do_not),
        cmocka_unit_test(another_key_ends_the_one_before_at_once),
        cmocka_unit_test(the_start_brings_all_keys_back_but_those_of_the_banned),
        cmocka_unit_test(only_who_asked_for_it_is_named),
        cmocka_unit_test(foreign_addresses_never_get_the_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
