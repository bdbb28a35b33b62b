#include "probe/http_scrape.h"

#include "probe/test.h"

static const SwarmHash HASHES[] = {{"aaaaaaaaaaaaaaaaaaaa"}, {"b\0 /bbbbbbbbbbbbbbbb"}};

static void the_convention_of_bep_48_is_kept(void **state) {
    (void)state;
    static const struct {
        const char *announce, *scrape; /* NULL: cannot be asked */
    } rows[] = {
        {"http://t.example/announce", "http://t.example:80/scrape?"},
        {"http://t.example/x/announce", "http://t.example:80/x/scrape?"},
        {"http://t.example/announce.php", "http://t.example:80/scrape.php?"},
        {"https://t.example:4433/announce.php?key=1", "https://t.example:4433/scrape.php?key=1&"},
        {"http://t.example/announce?x=2%0644", "http://t.example:80/scrape?x=2%0644&"},
        {"http://t.example/announce/announce", "http://t.example:80/announce/scrape?"},
        {"http://t.example/a", NULL},
        {"http://t.example/announce/key", NULL},
        {"http://t.example/x?announce", NULL},
        {"http://t.example/x?/announce", NULL},
        {"http://t.example/preannounce", NULL},
        {"http://t.example", NULL},
        {"udp://t.example/announce", NULL},
    };
    Arena arena = arena_create(1 << 16);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        Target t = target(rows[i].announce);
        assert_int_equal(http_scrape_can(&t), rows[i].scrape != NULL);
        if (!rows[i].scrape) continue;
        Str wanted = arena_print(&arena, "%sinfo_hash=aaaaaaaaaaaaaaaaaaaa&info_hash=%s",
                                 rows[i].scrape, "b%00%20%2Fbbbbbbbbbbbbbbbb");
        check_str(http_scrape_url(&t, HASHES, 2, &arena), str_c(&arena, wanted));
    }
    arena_free(&arena);
}

static HttpScrapeVerdict read(const char *bytes, SwarmClaim claims[2], Seconds *ret_interval_s) {
    claims[0] = claims[1] = (SwarmClaim){.seeders = 9};
    *ret_interval_s = -1;
    return http_scrape_read(str_from_c(bytes), HASHES, claims, 2, ret_interval_s);
}

static void claims_are_read_for_the_hashes_asked(void **state) {
    (void)state;
    SwarmClaim claims[2];
    Seconds interval_s;
    assert_int_equal(
        read("d5:filesd20:aaaaaaaaaaaaaaaaaaaad8:completei5e10:downloadedi50e"
             "10:incompletei10ee20:cccccccccccccccccccccd8:completei7e10:incompletei0eee"
             "5:flagsd20:min_request_intervali7200eee",
             claims, &interval_s),
        HTTP_SCRAPE_BROKEN); /* a key of 20 bytes that are 21 */
    assert_int_equal(
        read("d5:filesd20:aaaaaaaaaaaaaaaaaaaad8:completei5e10:downloadedi50e"
             "10:incompletei10ee20:ccccccccccccccccccccd8:completei7e10:incompletei0eee"
             "5:flagsd20:min_request_intervali7200eee",
             claims, &interval_s),
        HTTP_SCRAPE_ANSWERED);
    assert_true(claims[0].known);
    assert_int_equal(claims[0].seeders, 5);
    assert_int_equal(claims[0].leechers, 10);
    assert_int_equal(claims[0].completed, 50);
    assert_false(claims[1].known);
    assert_int_equal(claims[1].seeders, 0);
    assert_int_equal(interval_s, 7200);
}

static void nonsense_is_no_claim(void **state) {
    (void)state;
    static const char *const entries[] = {"le",
                                          "i5e",
                                          "de",
                                          "d8:completei5ee",
                                          "d8:completei-1e10:incompletei0ee",
                                          "d8:complete1:510:incompletei0ee",
                                          "d8:completei99999999999e10:incompletei0ee",
                                          "d8:completei5e10:incompletei4000000000ee",
                                          "d8:completei5e10:downloadedle10:incompletei1ee"};
    SwarmClaim claims[2];
    Seconds interval_s;
    char answer[256];
    for (size_t i = 0; i < sizeof entries / sizeof *entries; i++) {
        snprintf(answer, sizeof answer, "d5:filesd20:aaaaaaaaaaaaaaaaaaaa%see", entries[i]);
        assert_int_equal(read(answer, claims, &interval_s), HTTP_SCRAPE_ANSWERED);
        assert_false(claims[0].known);
    }
    static const char *const broken[] = {"",
                                         "x",
                                         "le",
                                         "d5:filesle e",
                                         "<html>",
                                         "d5:filesi1ee",
                                         "d5:files20:aaaaaaaaaaaaaaaaaaaae",
                                         "de",
                                         "d5:filesd20:aaaaaaaaaaaaaaaaaaaa"};
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++)
        assert_int_equal(read(broken[i], claims, &interval_s), HTTP_SCRAPE_BROKEN);
}

static void a_refusal_is_told_apart_and_its_wait_is_bounded(void **state) {
    (void)state;
    SwarmClaim claims[2];
    Seconds interval_s;
    assert_int_equal(read("d14:failure reason3:no!e", claims, &interval_s), HTTP_SCRAPE_REFUSED);
    assert_int_equal(interval_s, 0);
    assert_int_equal(
        read("d5:filesde5:flagsd20:min_request_intervali999999999999eee", claims, &interval_s),
        HTTP_SCRAPE_ANSWERED);
    assert_int_equal(interval_s, PROBE_PAUSE_S_MAX);
    assert_int_equal(read("d5:filesde5:flagsd20:min_request_intervali-5eee", claims, &interval_s),
                     HTTP_SCRAPE_ANSWERED);
    assert_int_equal(interval_s, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_convention_of_bep_48_is_kept),
        cmocka_unit_test(claims_are_read_for_the_hashes_asked),
        cmocka_unit_test(nonsense_is_no_claim),
        cmocka_unit_test(a_refusal_is_told_apart_and_its_wait_is_bounded),
    };
    return cmocka_run_group_tests_name("probe/http_scrape", tests, NULL, NULL);
}
