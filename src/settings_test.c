#include "settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/limits.h"

typedef struct {
    Arena arena;
    char folder[64];
} Fixture;

static int set_up(void **state) {
    Fixture *fixture = calloc(1, sizeof *fixture);
    fixture->arena = arena_create(64 * MIB);
    snprintf(fixture->folder, sizeof fixture->folder, "/tmp/essaim-settings-XXXXXX");
    *state = fixture;
    return mkdtemp(fixture->folder) ? 0 : -1;
}

static int tear_down(void **state) {
    Fixture *fixture = *state;
    char path[128];
    snprintf(path, sizeof path, "%s/essaim.conf", fixture->folder);
    unlink(path);
    rmdir(fixture->folder);
    arena_free(&fixture->arena);
    free(fixture);
    return 0;
}

static void write_file(Fixture *fixture, const char *text) {
    Str path = arena_print(&fixture->arena, "%s/essaim.conf", fixture->folder);
    assert_false(failed(file_write(path, str_from_c(text), 0600)));
}

static Error load(Fixture *fixture, SettingsAsk ask, Settings *ret_settings) {
    ask.data_folder = str_from_c(fixture->folder);
    return settings_load(&ask, &fixture->arena, ret_settings);
}

static Error load_option(Fixture *fixture, const char *option, Settings *ret_settings) {
    Str options[] = {str_from_c(option)};
    return load(fixture, (SettingsAsk){.options = options, .option_count = 1}, ret_settings);
}

#define assert_str_equal(a, b) assert_true(str_equal((a), STR(b)))

static void assert_error_holds(Fixture *fixture, Error e, const char *words) {
    assert_true(failed(e));
    Str text = error_text(e, &fixture->arena);
    if (!str_contains(text, str_from_c(words)))
        fail_msg("\"%.*s\" does not say \"%s\"", STR_PRINTF(text), words);
}

static void settings_have_defaults(void **state) {
    Settings settings;
    assert_false(failed(load(*state, (SettingsAsk){0}, &settings)));
    assert_str_equal(settings_text(&settings, SETTING_http_listen), "127.0.0.1:8080");
    assert_int_equal(settings_number(&settings, SETTING_tracker_interval_s), 1800);
    assert_false(settings_flag(&settings, SETTING_tracker_open));
    assert_string_equal(settings.origin[SETTING_http_listen], "default");
}

static void settings_come_from_option_then_environment_then_file(void **state) {
    Fixture *fixture = *state;
    write_file(fixture, "[site]\nname = of file\nlanguage = fr\n[tracker]\ninterval_s = 900\n");
    char *environment[] = {(char *)"ESSAIM_SITE_NAME=of environment",
                           (char *)"ESSAIM_TRACKER_INTERVAL_S=901",
                           (char *)"ESSAIM_DATA=of a script", (char *)"PATH=/bin", NULL};
    Str options[] = {STR("site.name=of option")};
    Settings settings;
    SettingsAsk ask = {.options = options, .option_count = 1, .environment = environment};
    assert_false(failed(load(fixture, ask, &settings)));
    assert_str_equal(settings_text(&settings, SETTING_site_name), "of option");
    assert_string_equal(settings.origin[SETTING_site_name], "option");
    assert_int_equal(settings_number(&settings, SETTING_tracker_interval_s), 901);
    assert_string_equal(settings.origin[SETTING_tracker_interval_s], "environment");
    assert_int_equal(settings_language(&settings, SETTING_site_language), LANGUAGE_FR);
    assert_string_equal(settings.origin[SETTING_site_language], "file");
}

static void an_unknown_name_is_told_with_its_line_and_the_nearest(void **state) {
    Fixture *fixture = *state;
    Settings settings;
    write_file(fixture, "[http]\nlisten = 127.0.0.1:1\nlisen = 127.0.0.1:2\n");
    Error e = load(fixture, (SettingsAsk){0}, &settings);
    assert_error_holds(fixture, e, "line 3");
    assert_error_holds(fixture, e, "\"http.lisen\"");
    assert_error_holds(fixture, e, "\"http.listen\"");
    assert_string_equal(error_code(e), "unknown_setting");
}

static void a_line_that_is_no_setting_is_told(void **state) {
    Fixture *fixture = *state;
    Settings settings;
    write_file(fixture, "[http]\n\nnonsense\n");
    assert_error_holds(fixture, load(fixture, (SettingsAsk){0}, &settings), "line 3");
}

static void a_file_named_but_missing_is_an_error(void **state) {
    Settings settings;
    SettingsAsk ask = {.file = STR("/nonexistent/essaim.conf")};
    assert_error_holds(*state, load(*state, ask, &settings), "/nonexistent/essaim.conf");
}

static void wrong_values_are_refused_with_their_name(void **state) {
    static const char *const wrong[][2] = {
        {"http.listen=8080", "http.listen"},
        {"http.listen=127.0.0.1:65536", "http.listen"},
        {"http.listen=127.0.0.1:1,proxy=v1,trust=10.0.0.0/8", "proxy=v2"},
        {"http.listen=127.0.0.1:1,trust=10.0.0.0/33", "10.0.0.0/33"},
        {"http.listen=127.0.0.1:1,trust=", "network"},
        {"http.listen=127.0.0.1:1,secret=1", "trust=none"},
        {"http.listen=127.0.0.1:1,proxy=v2", "trust="},
        {"http.listen=127.0.0.1:1,proxy=v2,trust=none", "trust="},
        {"tracker.udp_listen=127.0.0.1:1,proxy=v2", "tracker.udp_listen"},
        {"http.workers=0", "1 to 256"},
        {"http.workers=257", "1 to 256"},
        {"http.workers=many", "\"many\""},
        {"tracker.open=perhaps", "yes or no"},
        {"site.url=example.org", "http://"},
        {"site.url=https://example.org/", "site.url"},
        {"site.url=http://a b", "site.url"},
        {"site.language=de", "en or fr"},
        {"site.name=", "site.name"},
        {"accounts.registration=invite", "open|closed"},
        {"proxy.trusted=10.0.0.0/33", "proxy.trusted"},
        {"store.url=mysql:x", "sqlite:"},
        {"store.url=sqlite:", "sqlite:"},
        {"log.level=loud", "debug|info"},
        {"nonsense", "section.name=value"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        Settings settings;
        assert_error_holds(*state, load_option(*state, wrong[i][0], &settings), wrong[i][1]);
    }
}

static void limits_hold_at_their_edges(void **state) {
    Settings settings;
    assert_false(failed(load_option(*state, "http.workers=1", &settings)));
    assert_false(failed(load_option(*state, "http.workers=256", &settings)));
    char name[80] = "site.name=";
    memset(name + 10, 'x', 60);
    assert_false(failed(load_option(*state, name, &settings)));
    name[70] = 'x';
    assert_true(failed(load_option(*state, name, &settings)));
}

static void limits_are_lifted_on_loopback_only(void **state) {
    Settings settings;
    Str local[] = {STR("limits.enabled=no"), STR("tracker.udp_listen=127.0.0.1:6969 [::1]:6969")};
    assert_false(
        failed(load(*state, (SettingsAsk){.options = local, .option_count = 2}, &settings)));
    assert_error_holds(*state, load_option(*state, "limits.enabled=no", &settings),
                       "tracker.udp_listen");
}

static void lists_are_split_at_white_space(void **state) {
    Settings settings;
    size_t count;
    assert_false(failed(load_option(*state, "http.listen=127.0.0.1:1  [::1]:2", &settings)));
    const Endpoint *endpoints = settings_endpoints(&settings, SETTING_http_listen, &count);
    assert_int_equal(count, 2);
    assert_int_equal(endpoints[1].port, 2);
    assert_false(failed(load_option(*state, "tracker.udp_listen=", &settings)));
    settings_endpoints(&settings, SETTING_tracker_udp_listen, &count);
    assert_int_equal(count, 0);
}

static void the_site_is_where_it_listens_unless_said(void **state) {
    static const char *const cases[][2] = {{"http.listen=127.0.0.1:81", "http://127.0.0.1:81"},
                                           {"http.listen=0.0.0.0:82", "http://127.0.0.1:82"},
                                           {"http.listen=[::]:83", "http://127.0.0.1:83"},
                                           {"http.listen=[::1]:84", "http://[::1]:84"},
                                           {"http.listen=127.0.0.1:0", "http://127.0.0.1:8080"}};
    Settings settings;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_false(failed(load_option(*state, cases[i][0], &settings)));
        Str url = settings_text(&settings, SETTING_site_url);
        assert_true(str_equal(url, str_from_c(cases[i][1])));
    }
    Str said[] = {STR("http.listen=127.0.0.1:81"), STR("site.url=https://example.org")};
    assert_false(
        failed(load(*state, (SettingsAsk){.options = said, .option_count = 2}, &settings)));
    assert_str_equal(settings_text(&settings, SETTING_site_url), "https://example.org");
}

static void each_listener_trusts_its_own_or_the_usual(void **state) {
    Settings settings;
    size_t count;
    Str said[] = {
        STR("proxy.trusted=192.0.2.1"),
        STR("http.listen=127.0.0.1:1 127.0.0.1:2,proxy=v2,trust=10.0.0.0/8,trust=fd00::/8 "
            "127.0.0.1:3,trust=none 127.0.0.1:4,proxy=v2")};
    assert_false(
        failed(load(*state, (SettingsAsk){.options = said, .option_count = 2}, &settings)));
    const HttpListen *listen = settings_listeners(&settings, SETTING_http_listen, &count);
    const size_t trusted[] = {1, 2, 0, 1};
    assert_int_equal(count, 4);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(listen[i].endpoint.port, i + 1);
        assert_int_equal(listen[i].proxy_protocol, i % 2);
        assert_int_equal(listen[i].trust.count, trusted[i]);
    }
    IpAddress inside;
    assert_true(ip_parse(STR("fd00::7"), &inside));
    assert_true(proxy_is_trusted(listen[1].trust, inside));
    assert_false(proxy_is_trusted(listen[0].trust, inside));
}

static void the_site_is_not_where_only_a_balancer_speaks(void **state) {
    Settings settings;
    assert_false(failed(load_option(
        *state, "http.listen=127.0.0.1:81,proxy=v2,trust=127.0.0.1 127.0.0.1:82", &settings)));
    assert_str_equal(settings_text(&settings, SETTING_site_url), "http://127.0.0.1:82");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(settings_have_defaults, set_up, tear_down),
        cmocka_unit_test_setup_teardown(settings_come_from_option_then_environment_then_file,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_unknown_name_is_told_with_its_line_and_the_nearest,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_line_that_is_no_setting_is_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_file_named_but_missing_is_an_error, set_up, tear_down),
        cmocka_unit_test_setup_teardown(wrong_values_are_refused_with_their_name, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(limits_hold_at_their_edges, set_up, tear_down),
        cmocka_unit_test_setup_teardown(limits_are_lifted_on_loopback_only, set_up, tear_down),
        cmocka_unit_test_setup_teardown(lists_are_split_at_white_space, set_up, tear_down),
        cmocka_unit_test_setup_teardown(each_listener_trusts_its_own_or_the_usual, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(the_site_is_not_where_only_a_balancer_speaks, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(the_site_is_where_it_listens_unless_said, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
