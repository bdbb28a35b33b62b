#include "tracker/client_kind.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/random.h"

static ClientKinds kinds_of(const char *list) {
    ClientKinds kinds;
    assert_false(failed(client_kinds_parse(str_from_c(list), &kinds)));
    return kinds;
}

static bool holds(const char *list, const char *peer_id) {
    uint8_t bytes[PEER_ID_BYTES] = {0};
    ClientKinds kinds = kinds_of(list);
    memcpy(bytes, peer_id, strlen(peer_id));
    return client_kinds_hold(&kinds, bytes);
}

static void a_client_is_known_by_the_beginning_of_its_peer_id(void **state) {
    (void)state;
    assert_true(holds("-XL0012-", "-XL0012-abcdefghijkl"));
    assert_false(holds("-XL0012-", "-XL0013-abcdefghijkl"));
    assert_true(holds("-XL0012-,-SD", "-SD0100-abcdefghijkl"));
    assert_true(holds("-SD -XL0012-", "-XL0012-abcdefghijkl"));
    assert_false(holds("-SD, -XL0012-", "-TR4040-abcdefghijkl"));
    assert_true(holds("M7-10-", "M7-10-5--abcdefghijk"));
    assert_false(holds("M7-10-", "M7-9-5--abcdefghijkl"));
    assert_true(holds("exbc", "exbc01abcdefghijklmn"));
    assert_false(holds("", "-TR4040-abcdefghijkl"));
    assert_false(holds("-SD", ""));
}

static void one_that_covers_others_stands_for_them(void **state) {
    (void)state;
    assert_int_equal(kinds_of("-XL0012-,-XL,-XL0013-,-XL").count, 1);
    assert_int_equal(kinds_of("-XL,-XL0012-").count, 1);
    assert_int_equal(kinds_of(" ,, -XL , ").count, 1);
    assert_true(holds("-XL0012-,-XL", "-XL9999-abcdefghijkl"));
}

static bool is_refused(const char *list, const char *part) {
    Arena arena = arena_create(1 << 16);
    ClientKinds kinds;
    Error e = client_kinds_parse(str_from_c(list), &kinds);
    bool told = failed(e) && str_contains(error_text(e, &arena), str_from_c(part));
    arena_free(&arena);
    return told;
}

static void what_names_no_client_is_refused_and_quoted(void **state) {
    (void)state;
    assert_true(is_refused("-XL,-", "\"-\""));
    assert_true(is_refused("-X", "\"-X\""));
    assert_true(is_refused("M", "too short"));
    assert_true(is_refused("-XL0012-abcdefghijklm", "longer"));
    assert_true(is_refused("-XL\xc3\xa9", "ASCII"));
    assert_true(is_refused("-XL\t", "ASCII"));
}

static void the_list_is_bounded(void **state) {
    (void)state;
    char list[4 * (CLIENT_KINDS_MAX + 1) + 1] = "";
    for (unsigned i = 0; i <= CLIENT_KINDS_MAX; i++)
        snprintf(list + 4 * i, sizeof list - 4 * i, "%03x,", i);
    assert_true(is_refused(list, "at most"));
    list[4 * CLIENT_KINDS_MAX] = 0;
    assert_int_equal(kinds_of(list).count, CLIENT_KINDS_MAX);
}

/* The search agrees with looking at each. */
static void any_lists_and_ids_are_matched_as_one_by_one(void **state) {
    (void)state;
    for (unsigned round = 0; round < 20000; round++) {
        char list[200];
        size_t len = 0;
        for (unsigned i = 0; i < 12; i++) {
            uint64_t draw = random_u64();
            for (unsigned k = 0; k < 2 + draw % 4; k++) list[len++] = "ab"[draw >> (8 + k) & 1];
            list[len++] = ',';
        }
        list[len] = 0;
        ClientKinds kinds = kinds_of(list);
        uint8_t id[PEER_ID_BYTES];
        for (size_t i = 0; i < sizeof id; i++) id[i] = "ab"[random_u64() & 1];
        bool wanted = false;
        for (Str rest = str_from_c(list); rest.len;) {
            Str word = str_cut(&rest, ',');
            wanted = wanted || memcmp(word.at, id, word.len) == 0;
        }
        assert_int_equal(client_kinds_hold(&kinds, id), wanted);
    }
}

static void denied_wins_and_a_list_of_allowed_shuts_out_all_others(void **state) {
    (void)state;
    static const uint8_t transmission[] = "-TR4040-abcdefghijkl", old[] = "-TR2940-abcdefghijkl",
                         other[] = "-XL0012-abcdefghijkl";
    ClientRules rules = {.denied = kinds_of("-TR2"), .allowed = kinds_of("-TR")};
    ClientFilter *filter = client_filter_create();
    assert_true(client_filter_admits(filter, other));
    client_filter_change(filter, &rules);
    assert_true(client_filter_admits(filter, transmission));
    assert_false(client_filter_admits(filter, old));
    assert_false(client_filter_admits(filter, other));
    rules.allowed.count = 0;
    client_filter_change(filter, &rules);
    assert_true(client_filter_admits(filter, other));
    assert_false(client_filter_admits(filter, old));
    client_filter_free(filter);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_client_is_known_by_the_beginning_of_its_peer_id),
        cmocka_unit_test(one_that_covers_others_stands_for_them),
        cmocka_unit_test(what_names_no_client_is_refused_and_quoted),
        cmocka_unit_test(the_list_is_bounded),
        cmocka_unit_test(any_lists_and_ids_are_matched_as_one_by_one),
        cmocka_unit_test(denied_wins_and_a_list_of_allowed_shuts_out_all_others),
    };
    if (!random_start()) return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
