#include "settings.h"

#include <assert.h>
#include <errno.h>
#include <ini.h>

#include "base/file.h"
#include "base/limits.h"
#include "setting_value.h"

const SettingRow setting_rows[SETTING_COUNT] = {
#define SETTING(section, name, kind, standard, min, max, unit, applies, words) \
    {#section, #name, #kind, standard, unit, words, min, max, SETTING_APPLIES_##applies},
#include "settings.def"
#undef SETTING
};

const char *setting_applies_name(SettingApplies applies) {
    return applies == SETTING_APPLIES_LIVE ? "live" : "restart";
}

Str setting_full_name(SettingId id, Arena *arena) {
    return arena_print(arena, "%s.%s", setting_rows[id].section, setting_rows[id].name);
}

/* Edit distance, for "did you mean": names are short, so the square table on the stack is small. */
static size_t distance(Str a, Str b) {
    enum { NAME_MAX_BYTES = 63 };
    size_t row[NAME_MAX_BYTES + 1];
    if (a.len > NAME_MAX_BYTES || b.len > NAME_MAX_BYTES) return SIZE_MAX;
    for (size_t j = 0; j <= b.len; j++) row[j] = j;
    for (size_t i = 1; i <= a.len; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            size_t change = diagonal + (a.at[i - 1] != b.at[j - 1]);
            diagonal = row[j];
            size_t insert = (row[j - 1] < row[j] ? row[j - 1] : row[j]) + 1;
            row[j] = change < insert ? change : insert;
        }
    }
    return row[b.len];
}

static Str nearest_name(Str name, Arena *arena) {
    SettingId best = 0;
    size_t best_distance = SIZE_MAX;
    for (SettingId id = 0; id < SETTING_COUNT; id++) {
        size_t d = distance(name, setting_full_name(id, arena));
        if (d < best_distance) best = id, best_distance = d;
    }
    return setting_full_name(best, arena);
}

/* `place` says where the value stands: "essaim.conf line 3", "--set", "ESSAIM_HTTP_LISTEN". */
static Error set_value(Settings *settings, Str name, Str value, const char *origin, Str place) {
    Arena *arena = settings->arena;
    for (SettingId id = 0; id < SETTING_COUNT; id++) {
        if (!str_equal(setting_full_name(id, arena), name)) continue;
        Error e = setting_value_check(&setting_rows[id], value, arena);
        if (failed(e)) {
            Str words = error_text(e, arena);
            Str where = arena_print(arena, "%.*s: %.*s", STR_PRINTF(place), STR_PRINTF(name));
            return error_field(BAD_INPUT, str_c(arena, name), "bad_setting", "{}: {}", where,
                               words);
        }
        settings->value[id] = arena_copy(arena, value);
        settings->origin[id] = origin;
        return OK;
    }
    Str where = arena_print(arena, "%.*s: there is no setting \"%.*s\"", STR_PRINTF(place),
                            STR_PRINTF(name));
    return error_field(BAD_INPUT, str_c(arena, name), "unknown_setting",
                       "{}; the nearest name is \"{}\".", where, nearest_name(name, arena));
}

typedef struct {
    Settings *settings;
    Str path;
    Error first;
    Str first_name;
} FileReading;

static int read_entry(void *argument, const char *section, const char *name, const char *value) {
    FileReading *reading = argument;
    Arena *arena = reading->settings->arena;
    if (failed(reading->first)) return 0;
    Str full = arena_print(arena, "%s.%s", section, name);
    reading->first = set_value(reading->settings, full, str_from_c(value), "file", reading->path);
    return !failed(reading->first);
}

static Error read_file(Settings *settings, Str path, bool must_exist) {
    Arena *arena = settings->arena;
    Str text;
    Error e = file_read(path, SETTINGS_FILE_BYTES_MAX, arena, &text);
    if (e.kind == ERROR_NOT_FOUND && !must_exist) return OK;
    TRY(e);
    FileReading reading = {.settings = settings, .path = path};
    int line = ini_parse_string(str_c(arena, text), read_entry, &reading);
    settings->file = path;
    if (line == 0) return OK;
    Str where = arena_print(arena, "%.*s, line %d", STR_PRINTF(path), line);
    if (!failed(reading.first))
        return error(BAD_INPUT, "bad_settings_file",
                     "{}: neither \"[section]\" nor \"name = value\".", where);
    /* The entry's own error begins with the path; the line is known only now. */
    Str words = error_text(reading.first, arena);
    words = str_skip(words, path.len);
    return error_field(BAD_INPUT, reading.first.field, reading.first.code, "{}{}", where, words);
}

static Error read_environment(Settings *settings, char *const *environment) {
    Arena *arena = settings->arena;
    for (; environment && *environment; environment++) {
        Str rest = str_from_c(*environment);
        if (!str_starts(rest, STR("ESSAIM_"))) continue;
        Str variable = str_cut(&rest, '=');
        char *name = (char *)str_c(arena, str_skip(variable, strlen("ESSAIM_")));
        for (char *c = name; *c; c++)
            if (*c >= 'A' && *c <= 'Z') *c = (char)(*c + 32);
        /* ESSAIM_DATA and the like, without a section, are for scripts around the program. */
        char *separator = strchr(name, '_');
        if (!separator) continue;
        *separator = '.';
        TRY(set_value(settings, str_from_c(name), rest, "environment", variable));
    }
    return OK;
}

static Error read_options(Settings *settings, const SettingsAsk *ask) {
    for (size_t i = 0; i < ask->option_count; i++) {
        Str rest = ask->options[i];
        if (str_find_byte(rest, '=') == STR_NONE)
            return error(BAD_INPUT, "bad_option", "--set wants section.name=value, not \"{}\".",
                         rest);
        Str name = str_cut(&rest, '=');
        TRY(set_value(settings, name, rest, "option", STR("--set")));
    }
    return OK;
}

/* A listener behind a balancer that may come from nowhere would answer nobody. */
static Error check_balancers(const Settings *settings) {
    size_t count;
    const HttpListen *listen = settings_listeners(settings, SETTING_http_listen, &count);
    for (size_t i = 0; i < count; i++)
        if (listen[i].proxy_protocol && listen[i].trust.count == 0)
            return error_field(BAD_INPUT, "http.listen", "proxy_without_trust",
                               "http.listen: {} has proxy=v2, but neither trust= nor "
                               "proxy.trusted says where the balancer connects from.",
                               endpoint_write(settings->arena, listen[i].endpoint));
    return OK;
}

/* What one value alone cannot tell. */
Error settings_check_together(const Settings *settings) {
    TRY(check_balancers(settings));
    if (settings_flag(settings, SETTING_limits_enabled)) return OK;
    size_t count;
    const SettingId listeners[] = {SETTING_http_listen, SETTING_tracker_udp_listen};
    for (size_t l = 0; l < sizeof listeners / sizeof listeners[0]; l++) {
        const Endpoint *listen = settings_endpoints(settings, listeners[l], &count);
        for (size_t i = 0; i < count; i++)
            if (!ip_is_loopback(listen[i].ip))
                return error_field(
                    BAD_INPUT, "limits.enabled", "limits_off_in_public",
                    "limits.enabled = no is for load tests on loopback; {} listens on {}.",
                    setting_full_name(listeners[l], settings->arena),
                    endpoint_write(settings->arena, listen[i]));
    }
    return OK;
}

/* Where nobody said how people reach the site, it is where it listens: on every address means this
 * machine. Port 0 is not known yet. */
static void guess_site_url(Settings *settings) {
    size_t count, i = 0;
    const HttpListen *listen = settings_listeners(settings, SETTING_http_listen, &count);
    bool said = strcmp(settings->origin[SETTING_site_url], "default") != 0;
    while (i < count && listen[i].proxy_protocol) i++; /* browsers do not speak that */
    if (said || i == count || listen[i].endpoint.port == 0) return;
    Endpoint first = listen[i].endpoint;
    static const IpAddress any_v6;
    bool any = ip_equal(first.ip, any_v6) || ip_equal(first.ip, ip_from_v4((uint8_t[4]){0}));
    if (any) first.ip = ip_from_v4((uint8_t[4]){127, 0, 0, 1});
    settings->value[SETTING_site_url] = arena_print(
        settings->arena, "http://%.*s", STR_PRINTF(endpoint_write(settings->arena, first)));
}

Error settings_load(const SettingsAsk *ask, Arena *arena, Settings *ret_settings) {
    Settings settings = {.arena = arena, .ask = *ask};
    settings.data_folder = str_is_empty(ask->data_folder) ? STR("data") : ask->data_folder;
    for (SettingId id = 0; id < SETTING_COUNT; id++) {
        settings.value[id] = str_from_c(setting_rows[id].standard);
        settings.origin[id] = "default";
        assert(!failed(setting_value_check(&setting_rows[id], settings.value[id], arena)));
    }
    bool named = !str_is_empty(ask->file);
    Str path = named ? ask->file
                     : arena_print(arena, "%.*s/essaim.conf", STR_PRINTF(settings.data_folder));
    TRY(read_file(&settings, path, named));
    TRY(read_environment(&settings, ask->environment));
    TRY(read_options(&settings, ask));
    guess_site_url(&settings);
    TRY(settings_check_together(&settings));
    *ret_settings = settings;
    return OK;
}

Str settings_text(const Settings *settings, SettingId id) { return settings->value[id]; }

uint64_t settings_number(const Settings *settings, SettingId id) {
    uint64_t value = 0;
    bool is_number = str_to_u64(settings->value[id], &value);
    assert(is_number);
    return value;
}

bool settings_flag(const Settings *settings, SettingId id) {
    bool value = false;
    bool is_flag = setting_value_flag(settings->value[id], &value);
    assert(is_flag);
    return value;
}

Language settings_language(const Settings *settings, SettingId id) {
    Language language = LANGUAGE_EN;
    bool known = language_parse(settings->value[id], &language);
    assert(known);
    return language;
}

const Str *settings_words(const Settings *settings, SettingId id, size_t *ret_count) {
    return setting_value_words(settings->value[id], settings->arena, ret_count);
}

const Endpoint *settings_endpoints(const Settings *settings, SettingId id, size_t *ret_count) {
    size_t count;
    const Str *words = settings_words(settings, id, &count);
    Endpoint *endpoints = arena_new(settings->arena, Endpoint, count);
    for (size_t i = 0; i < count; i++) {
        Str word = words[i]; /* options of a listener stand behind a comma */
        bool parsed = endpoint_parse(str_cut(&word, ','), &endpoints[i]);
        assert(parsed);
    }
    *ret_count = count;
    return endpoints;
}

const HttpListen *settings_listeners(const Settings *settings, SettingId id, size_t *ret_count) {
    size_t count;
    const Str *words = settings_words(settings, id, &count);
    HttpListen *listeners = arena_new(settings->arena, HttpListen, count);
    ProxyTrust standard;
    standard.trusted = settings_networks(settings, SETTING_proxy_trusted, &standard.count);
    for (size_t i = 0; i < count; i++) {
        bool trusts_own;
        Error e = setting_value_listener(words[i], settings->arena, &listeners[i], &trusts_own);
        assert(!failed(e));
        if (!trusts_own) listeners[i].trust = standard;
    }
    *ret_count = count;
    return listeners;
}

const IpNetwork *settings_networks(const Settings *settings, SettingId id, size_t *ret_count) {
    size_t count;
    const Str *words = settings_words(settings, id, &count);
    IpNetwork *networks = arena_new(settings->arena, IpNetwork, count);
    for (size_t i = 0; i < count; i++) {
        bool parsed = ip_network_parse(words[i], &networks[i]);
        assert(parsed);
    }
    *ret_count = count;
    return networks;
}
