#include "command/call.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/limits.h"

typedef struct {
    Arena arena;
    Call call;
    CallGlobals globals;
} Fixture;

static int set_up(void **state) {
    Fixture *fixture = calloc(1, sizeof *fixture);
    fixture->arena = arena_create(16 * MIB);
    fixture->call.arena = &fixture->arena;
    *state = fixture;
    return 0;
}

static int tear_down(void **state) {
    Fixture *fixture = *state;
    arena_free(&fixture->arena);
    free(fixture);
    return 0;
}

static Error parse(Fixture *fixture, const char *line) {
    Str rest = str_from_c(line), *words = arena_new(&fixture->arena, Str, 64);
    size_t count = 0;
    while (rest.len) words[count++] = str_cut(&rest, ' ');
    return call_parse(&fixture->call, &fixture->globals, words, count);
}

static void assert_usage(Error e) {
    assert_true(failed(e));
    assert_string_equal(error_code(e), "usage");
}

static void a_command_of_two_words_is_found(void **state) {
    Fixture *fixture = *state;
    assert_false(failed(parse(fixture, "user add anna --email a@b --role=admin")));
    assert_string_equal(fixture->call.command->name, "user add");
    assert_int_equal(fixture->call.word_count, 1);
    assert_true(str_equal(fixture->call.words[0], STR("anna")));
    assert_true(str_equal(call_option(&fixture->call, "email", (Str){0}), STR("a@b")));
    assert_true(str_equal(call_option(&fixture->call, "role", (Str){0}), STR("admin")));
}

static void global_options_stand_anywhere(void **state) {
    Fixture *fixture = *state;
    assert_false(failed(parse(fixture, "--data d --set a.b=c settings --json --set d.e=f")));
    assert_string_equal(fixture->call.command->name, "settings");
    assert_true(fixture->call.json);
    assert_true(str_equal(fixture->globals.ask.data_folder, STR("d")));
    assert_int_equal(fixture->globals.ask.option_count, 2);
    assert_true(str_equal(fixture->globals.ask.options[1], STR("d.e=f")));
}

static void an_option_may_be_repeated(void **state) {
    Fixture *fixture = *state;
    size_t count;
    assert_false(failed(parse(fixture, "torrent create x --tracker a --tracker b")));
    const Str *trackers = call_options(&fixture->call, "tracker", &count);
    assert_int_equal(count, 2);
    assert_true(str_equal(trackers[1], STR("b")));
}

static void what_follows_two_dashes_is_no_option(void **state) {
    Fixture *fixture = *state;
    assert_false(failed(parse(fixture, "torrent show -- --odd")));
    assert_true(str_equal(fixture->call.words[0], STR("--odd")));
}

static void wrong_lines_are_wrong_usage(void **state) {
    static const char *const lines[] = {"bogus",
                                        "user",
                                        "user add",
                                        "user add a b",
                                        "settings extra",
                                        "serve --bogus",
                                        "torrent create x --v1=yes",
                                        "user add a --email",
                                        "settings --data"};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        void *fresh;
        set_up(&fresh);
        Error e = parse(fresh, lines[i]);
        if (!failed(e)) fail_msg("\"%s\" was taken", lines[i]);
        assert_usage(e);
        tear_down(&fresh);
    }
    (void)state;
}

static void the_missing_word_is_named(void **state) {
    Fixture *fixture = *state;
    Error e = parse(fixture, "user role anna");
    assert_usage(e);
    assert_true(str_equal(error_text(e, &fixture->arena), STR("ROLE is missing.")));
}

static void nothing_at_all_asks_for_help(void **state) {
    static const char *const lines[] = {"", "help", "-h"};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        void *fresh;
        set_up(&fresh);
        Fixture *fixture = fresh;
        assert_false(failed(parse(fixture, lines[i])));
        assert_true(fixture->globals.help);
        tear_down(&fresh);
    }
    (void)state;
}

static void the_version_may_be_asked_as_an_option(void **state) {
    Fixture *fixture = *state;
    assert_false(failed(parse(fixture, "--version")));
    assert_string_equal(fixture->call.command->name, "version");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_command_of_two_words_is_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(global_options_stand_anywhere, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_option_may_be_repeated, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_follows_two_dashes_is_no_option, set_up, tear_down),
        cmocka_unit_test_setup_teardown(wrong_lines_are_wrong_usage, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_missing_word_is_named, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_version_may_be_asked_as_an_option, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nothing_at_all_asks_for_help, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
