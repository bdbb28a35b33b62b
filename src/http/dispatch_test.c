#include "http/dispatch.h"

#include <setjmp.h>
#include <stdarg.h>
/* cmocka wants the three above first */
#include <cmocka.h>

#include "base/limits.h"

static Error nothing(Request *request, Response *response) {
    (void)request, (void)response;
    return OK;
}

#define ROW(method, address) \
    { method, address, ROUTE_ANYONE, LIMIT_NONE, nothing, "words" }

static const Route rows[] = {
    ROW(HTTP_GET, "/"),
    ROW(HTTP_GET, "/{language}/"),
    ROW(HTTP_GET, "/{language}/browse/{category}"),
    ROW(HTTP_GET, "/{language}/browse/{category}.rss"),
    ROW(HTTP_GET, "/{language}/browse/all"),
    ROW(HTTP_POST, "/{language}/browse/all"),
    ROW(HTTP_GET, "/t/{infohash}"),
    ROW(HTTP_GET, "/t/{infohash}.torrent"),
    ROW(HTTP_GET, "/{name}/deep/path"),
    ROW(HTTP_GET, "/call"),
    ROW(HTTP_GET, "/{...}/call"),
    ROW(HTTP_GET, "/{...}/call.php"),
    {0},
};

typedef struct {
    Dispatch *dispatch;
    Arena arena;
} Fixture;

static int set_up(void **state) {
    static Fixture fixture;
    fixture = (Fixture){dispatch_create(rows), arena_create(MIB)};
    *state = &fixture;
    return 0;
}

static int tear_down(void **state) {
    Fixture *fixture = *state;
    dispatch_free(fixture->dispatch);
    arena_free(&fixture->arena);
    return 0;
}

static DispatchMatch match(void **state, HttpMethod method, const char *path) {
    Fixture *fixture = *state;
    DispatchMatch found = {0};
    assert_true(
        dispatch_match(fixture->dispatch, method, str_from_c(path), &fixture->arena, &found));
    return found;
}

static void leads_to(void **state, const char *path, const char *address) {
    DispatchMatch found = match(state, HTTP_GET, path);
    assert_non_null(found.route);
    assert_string_equal(found.route->address, address);
}

static void plain_parts_win_over_places(void **state) {
    leads_to(state, "/en/browse/all", "/{language}/browse/all");
    leads_to(state, "/en/browse/games", "/{language}/browse/{category}");
    leads_to(state, "/en/browse/all.rss", "/{language}/browse/{category}.rss");
}

static void longer_endings_win(void **state) {
    leads_to(state, "/t/00ff", "/t/{infohash}");
    leads_to(state, "/t/00ff.torrent", "/t/{infohash}.torrent");
    leads_to(state, "/t/.torrent", "/t/{infohash}"); /* a place is never empty */
}

static void a_branch_that_ends_nowhere_is_left_again(void **state) {
    leads_to(state, "/en/deep/path", "/{name}/deep/path");
    leads_to(state, "/t/deep/path", "/{name}/deep/path");
}

static void only_languages_of_the_site_match(void **state) {
    assert_int_equal(match(state, HTTP_GET, "/fr/").language, LANGUAGE_FR);
    assert_true(match(state, HTTP_GET, "/fr/").has_language);
    assert_null(match(state, HTTP_GET, "/de/").route);
    assert_null(match(state, HTTP_GET, "/FR/").route);
}

static void values_are_decoded(void **state) {
    DispatchMatch found = match(state, HTTP_GET, "/en/browse/a%20b%2Fc");
    assert_true(str_equal(found.values[1], STR("a b/c")));
    Fixture *fixture = *state;
    assert_false(dispatch_match(fixture->dispatch, HTTP_GET, STR("/en/browse/%g0"), &fixture->arena,
                                &found));
}

static void a_missing_method_is_told_apart_from_a_missing_address(void **state) {
    Fixture *fixture = *state;
    DispatchMatch found = match(state, HTTP_DELETE, "/en/browse/all");
    assert_null(found.route);
    assert_true(
        str_equal(dispatch_allow(found.methods, &fixture->arena), STR("GET, HEAD, POST, OPTIONS")));
    assert_int_equal(match(state, HTTP_GET, "/nowhere").methods, 0);
    assert_int_equal(match(state, HTTP_METHOD_COUNT, "/").methods,
                     match(state, HTTP_GET, "/").methods);
}

static void head_follows_get(void **state) {
    assert_non_null(match(state, HTTP_HEAD, "/en/").route);
    assert_null(match(state, HTTP_HEAD, "/nowhere").route);
}

static void a_missing_slash_is_noticed(void **state) {
    assert_true(match(state, HTTP_GET, "/en").wants_slash);
    assert_true(match(state, HTTP_GET, "/en/browse/all/").wants_slash);
    assert_false(match(state, HTTP_GET, "/nowhere/").wants_slash);
}

static void deep_addresses_end(void **state) {
    char path[400];
    memset(path, '/', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    assert_null(match(state, HTTP_GET, path).route);
}

static void any_parts_may_stand_before_an_end(void **state) {
    leads_to(state, "/call", "/call");
    leads_to(state, "/a/call", "/{...}/call");
    leads_to(state, "/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q/r/call", "/{...}/call");
    leads_to(state, "//call", "/{...}/call");
    leads_to(state, "/call.php", "/{...}/call.php");
    leads_to(state, "/en/browse/call", "/{language}/browse/{category}");
    leads_to(state, "/t/call", "/t/{infohash}");
    static const char *const others[] = {"/recall", "/a/recall", "/a/call/", "/a/call/b",
                                         "/a/Call"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        assert_int_equal(match(state, HTTP_GET, others[i]).methods, 0);
    DispatchMatch posted = match(state, HTTP_POST, "/a/call");
    assert_null(posted.route);
    assert_true(posted.methods & 1u << HTTP_GET);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_parts_win_over_places),
        cmocka_unit_test(longer_endings_win),
        cmocka_unit_test(a_branch_that_ends_nowhere_is_left_again),
        cmocka_unit_test(only_languages_of_the_site_match),
        cmocka_unit_test(values_are_decoded),
        cmocka_unit_test(a_missing_method_is_told_apart_from_a_missing_address),
        cmocka_unit_test(head_follows_get),
        cmocka_unit_test(a_missing_slash_is_noticed),
        cmocka_unit_test(deep_addresses_end),
        cmocka_unit_test(any_parts_may_stand_before_an_end),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
