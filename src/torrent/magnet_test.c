#include "torrent/magnet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/limits.h"
#include "base/text.h"

#define V1 "c12fe1c06bba254a9dc9f519b335aa7c1367a88a"
#define V2 "caf1e1c30e81cb361b9ee167c4aa64228a7fa4fa9f6105232b28ad099f3a302e"

static void magnet_words_are_read(void **state) {
    (void)state;
    Arena arena = arena_create(MIB);
    Magnet magnet;
    Str link = STR(
        "magnet:?xt=urn:btih:" V1 "&xt=urn:btmh:1220" V2
        "&dn=a+b%20c&xl=12"
        "&tr=udp%3A%2F%2Fa.example%3A1&tr.1=https://b.example/x&tr=ftp://c/"
        "&tr=udp%3A%2F%2Fa.example%3A1"
        "&ws=https%3A%2F%2Fd.example%2Fc%2B%2B&so=0,2,4-6,9-7,x&x.pe=1.2.3.4:5&unknown&=&zz=%GG");
    assert_false(failed(magnet_parse(link, &arena, &magnet)));
    assert_true(magnet.hash.has_v1 && magnet.hash.has_v2);
    assert_true(str_equal(infohash_v1_hex(&magnet.hash, &arena), STR(V1)));
    assert_true(str_equal(infohash_v2_hex(&magnet.hash, &arena), STR(V2)));
    assert_true(str_equal(magnet.name, STR("a b c")));
    assert_int_equal(magnet.size_bytes, 12);
    assert_int_equal(magnet.tracker_count, 2);
    assert_true(str_equal(magnet.trackers[1], STR("https://b.example/x")));
    assert_int_equal(magnet.web_seed_count, 1);
    assert_true(str_equal(magnet.web_seeds[0], STR("https://d.example/c++")));
    assert_int_equal(magnet.selected_count, 3);
    assert_int_equal(magnet.selected[2].first, 4);
    assert_int_equal(magnet.selected[2].last, 6);
    arena_free(&arena);
}

static void hashes_are_read_in_every_spelling(void **state) {
    (void)state;
    const char *links[] = {
        "magnet:?xt=urn:btih:YEX6DQDLXISUVHOJ6UM3GNNKPQJWPKEK",
        "magnet:?xt=urn:btih:yex6dqdlxisuvhoj6um3gnnkpqjwpkek",
        "MAGNET:?XT=urn:btih:C12FE1C06BBA254A9DC9F519B335AA7C1367A88A",
        " magnet:?dn=x&amp;xt.1=urn%3Abtih%3A" V1 "\n",
        "magnet:?xt=urn:sha1:ABC&xt=urn:btih:" V1 "&xt=urn:btih:" V1,
    };
    Arena arena = arena_create(MIB);
    for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
        Magnet magnet;
        if (failed(magnet_parse(str_from_c(links[i]), &arena, &magnet))) fail_msg("%s", links[i]);
        assert_true(str_equal(infohash_v1_hex(&magnet.hash, &arena), STR(V1)));
    }
    arena_free(&arena);
}

static void bad_links_are_refused_by_name(void **state) {
    (void)state;
    const struct {
        const char *link, *code;
    } bad[] = {
        {"", "magnet_not_one"},
        {"http://a/", "magnet_not_one"},
        {"magnet:?", "magnet_without_hash"},
        {"magnet:?dn=x", "magnet_without_hash"},
        {"magnet:?xt=urn:sha1:ABC", "magnet_without_hash"},
        {"magnet:?xt=urn:btih:", "magnet_bad_hash"},
        {"magnet:?xt=urn:btih:c12f", "magnet_bad_hash"},
        {"magnet:?xt=urn:btih:x12fe1c06bba254a9dc9f519b335aa7c1367a88a", "magnet_bad_hash"},
        {"magnet:?xt=urn:btih:1EX6DQDLXISUVHOJ6UM3GNNKPQJWPKEK", "magnet_bad_hash"},
        {"magnet:?xt=urn:btmh:" V2, "magnet_bad_hash"},
        {"magnet:?xt=urn:btmh:1220c12f", "magnet_bad_hash"},
        {"magnet:?xt=urn%btih:" V1, "magnet_bad_hash"},
        {"magnet:?xt=urn:btih:" V1 "&xt=urn:btih:0000000000000000000000000000000000000000",
         "magnet_two_torrents"},
    };
    Arena arena = arena_create(MIB);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        Magnet magnet;
        Error e = magnet_parse(str_from_c(bad[i].link), &arena, &magnet);
        assert_string_equal(error_code(e), bad[i].code);
        assert_string_equal(e.field, "magnet");
    }
    Text text = text_create(&arena, 2 * MAGNET_BYTES_MAX);
    text_add(&text, STR("magnet:?xt=urn:btih:" V1 "&dn="));
    while (text.len < MAGNET_BYTES_MAX) text_add_byte(&text, 'x');
    Magnet magnet;
    assert_false(failed(magnet_parse(text_str(&text), &arena, &magnet)));
    text_add_byte(&text, 'x');
    assert_string_equal(error_code(magnet_parse(text_str(&text), &arena, &magnet)),
                        "magnet_too_long");
    arena_free(&arena);
}

static void a_written_link_reads_back(void **state) {
    (void)state;
    Arena arena = arena_create(MIB);
    const Str trackers[] = {STR("udp://a.example:6969/announce"),
                            STR("https://b.example/?k=1&l=2")};
    const Str seeds[] = {STR("https://c.example/é.iso")};
    const MagnetRange ranges[] = {{0, 0}, {3, 9}};
    Magnet magnet = {.name = STR("l’été & moi"),
                     .size_bytes = 99,
                     .trackers = trackers,
                     .tracker_count = 2,
                     .web_seeds = seeds,
                     .web_seed_count = 1,
                     .selected = ranges,
                     .selected_count = 2};
    infohash_parse(STR(V1), &magnet.hash);
    Str link = magnet_write(&magnet, &arena);
    assert_true(str_equal(
        link, STR("magnet:?xt=urn:btih:" V1 "&dn=l%E2%80%99%C3%A9t%C3%A9%20%26%20moi&xl=99"
                  "&tr=udp%3A%2F%2Fa.example%3A6969%2Fannounce&tr=https%3A%2F%2Fb.example%2F%3Fk%"
                  "3D1%26l%3D2"
                  "&ws=https%3A%2F%2Fc.example%2F%C3%A9.iso&so=0,3-9")));
    Magnet read;
    assert_false(failed(magnet_parse(link, &arena, &read)));
    assert_true(str_equal(read.name, magnet.name));
    assert_int_equal(read.tracker_count, 2);
    assert_true(str_equal(read.trackers[1], trackers[1]));
    assert_int_equal(read.selected_count, 2);
    magnet.hash = (InfoHash){0};
    infohash_parse(STR(V2), &magnet.hash);
    magnet.name.len = 0;
    assert_true(
        str_starts(magnet_write(&magnet, &arena), STR("magnet:?xt=urn:btmh:1220" V2 "&xl=99")));
    arena_free(&arena);
}

static void pasted_hashes_are_read(void **state) {
    (void)state;
    InfoHash hash;
    assert_true(infohash_parse(STR(" " V1 "\n"), &hash) && hash.has_v1 && !hash.has_v2);
    assert_true(infohash_parse(STR(V2), &hash) && hash.has_v2 && !hash.has_v1);
    assert_true(infohash_parse(STR("1220" V2), &hash) && hash.has_v2);
    assert_true(infohash_parse(STR("YEX6DQDLXISUVHOJ6UM3GNNKPQJWPKEK"), &hash) && hash.has_v1);
    assert_false(infohash_parse(STR(""), &hash));
    assert_false(infohash_parse(STR("c12fe1"), &hash));
    assert_false(infohash_parse(STR("1221" V2), &hash));
    assert_false(infohash_parse(STR("zzzfe1c06bba254a9dc9f519b335aa7c1367a88a"), &hash));
}

static void a_swarm_is_named_by_v1_or_by_the_start_of_v2(void **state) {
    (void)state;
    InfoHash v1 = infohash_of(STR("de"), true, false), v2 = infohash_of(STR("de"), false, true),
             both = infohash_of(STR("de"), true, true);
    assert_memory_equal(infohash_swarm(&v1).bytes, v1.v1, SHA1_BYTES);
    assert_memory_equal(infohash_swarm(&v2).bytes, v2.v2, SHA1_BYTES);
    assert_memory_equal(infohash_swarm(&both).bytes, v1.v1, SHA1_BYTES);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(magnet_words_are_read),
        cmocka_unit_test(hashes_are_read_in_every_spelling),
        cmocka_unit_test(bad_links_are_refused_by_name),
        cmocka_unit_test(a_written_link_reads_back),
        cmocka_unit_test(pasted_hashes_are_read),
        cmocka_unit_test(a_swarm_is_named_by_v1_or_by_the_start_of_v2),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
