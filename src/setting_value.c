#include "setting_value.h"

#include "tracker/client_kind.h"

bool setting_value_flag(Str value, bool *ret_flag) {
    static const char *const words[2][4] = {{"no", "false", "off", "0"},
                                            {"yes", "true", "on", "1"}};
    for (int flag = 0; flag < 2; flag++)
        for (int i = 0; i < 4; i++)
            if (str_equal_nocase(value, str_from_c(words[flag][i]))) {
                *ret_flag = flag;
                return true;
            }
    return false;
}

const Str *setting_value_words(Str value, Arena *arena, size_t *ret_count) {
    Str *words = arena_new(arena, Str, value.len / 2 + 1);
    size_t count = 0;
    for (value = str_trim(value); value.len; value = str_trim(value)) {
        size_t end = 0;
        while (end < value.len && value.at[end] != ' ' && value.at[end] != '\t') end++;
        words[count++] = str_part(value, 0, end);
        value = str_skip(value, end);
    }
    *ret_count = count;
    return words;
}

typedef Error (*ValueCheck)(const SettingRow *row, Str value, Arena *arena);

static Error check_text(const SettingRow *row, Str value, Arena *arena) {
    if ((int64_t)value.len < row->min || (row->max && (int64_t)value.len > row->max))
        return error(BAD_INPUT, "bad_length", "must be {} to {} bytes long.",
                     arena_print(arena, "%lld", (long long)row->min),
                     arena_print(arena, "%lld", (long long)row->max));
    for (size_t i = 0; i < value.len; i++)
        if ((unsigned char)value.at[i] < ' ' || value.at[i] == 0x7f)
            return error(BAD_INPUT, "control_character", "must not hold control characters.");
    if (!str_is_utf8(value)) return error(BAD_INPUT, "bad_utf8", "must be UTF-8.");
    return OK;
}

static Error check_number(const SettingRow *row, Str value, Arena *arena) {
    int64_t number;
    if (!str_to_i64(value, &number) || number < row->min || number > row->max)
        return error(BAD_INPUT, "bad_number", "must be a whole number from {}, not \"{}\".",
                     arena_print(arena, "%lld to %lld", (long long)row->min, (long long)row->max),
                     value);
    return OK;
}

static Error check_flag(const SettingRow *row, Str value, Arena *arena) {
    (void)row, (void)arena;
    bool flag;
    if (!setting_value_flag(value, &flag))
        return error(BAD_INPUT, "bad_flag", "must be yes or no, not \"{}\".", value);
    return OK;
}

static Error check_choice(const SettingRow *row, Str value, Arena *arena) {
    (void)arena;
    for (Str rest = str_from_c(row->unit); rest.len;)
        if (str_equal(str_cut(&rest, '|'), value)) return OK;
    return error(BAD_INPUT, "bad_choice", "must be one of {}, not \"{}\".", str_from_c(row->unit),
                 value);
}

static Error check_language(const SettingRow *row, Str value, Arena *arena) {
    (void)row, (void)arena;
    Language language;
    if (!language_parse(value, &language))
        return error(BAD_INPUT, "bad_language", "must be en or fr, not \"{}\".", value);
    return OK;
}

static Error check_url(const SettingRow *row, Str value, Arena *arena) {
    (void)row, (void)arena;
    bool http = str_starts(value, STR("http://")), https = str_starts(value, STR("https://"));
    Str host = str_skip(value, https ? strlen("https://") : strlen("http://"));
    if ((!http && !https) || host.len == 0 || str_find_byte(host, '/') != STR_NONE)
        return error(BAD_INPUT, "bad_url",
                     "must be http:// or https:// and a host, without a path or a slash at the "
                     "end, not \"{}\".",
                     value);
    for (size_t i = 0; i < host.len; i++)
        if ((unsigned char)host.at[i] <= ' ' ||
            str_find_byte(STR("\"<>@?#\\\x7f"), host.at[i]) != STR_NONE)
            return error(BAD_INPUT, "bad_url", "holds a character that no host name has: \"{}\".",
                         value);
    return OK;
}

static Error check_store(const SettingRow *row, Str value, Arena *arena) {
    (void)row, (void)arena;
    if (!str_starts(value, STR("sqlite:")) || value.len == strlen("sqlite:"))
        return error(BAD_INPUT, "bad_store", "must be sqlite: and a file name, not \"{}\".", value);
    return OK;
}

static Error check_endpoints(const SettingRow *row, Str value, Arena *arena) {
    (void)row;
    size_t count;
    const Str *words = setting_value_words(value, arena, &count);
    Endpoint endpoint;
    for (size_t i = 0; i < count; i++)
        if (!endpoint_parse(words[i], &endpoint))
            return error(BAD_INPUT, "bad_endpoint",
                         "must be address:port, as 127.0.0.1:8080 or [::]:6969, not \"{}\".",
                         words[i]);
    return OK;
}

static Error add_trust(Str value, HttpListen *listen, IpNetwork *trusted) {
    if (str_equal(value, STR("none"))) return OK;
    if (!ip_network_parse(value, &trusted[listen->trust.count]))
        return error(BAD_INPUT, "bad_network",
                     "must be an address or a network, as 10.0.0.0/8, not \"{}\".", value);
    listen->trust.count++;
    return OK;
}

Error setting_value_listener(Str word, Arena *arena, HttpListen *ret_listen, bool *ret_trusts_own) {
    HttpListen listen = {.proxy_protocol = false};
    Str rest = word;
    if (!endpoint_parse(str_cut(&rest, ','), &listen.endpoint))
        return error(BAD_INPUT, "bad_endpoint",
                     "must be address:port, as 127.0.0.1:8080 or [::]:6969, not \"{}\".", word);
    IpNetwork *trusted = arena_new(arena, IpNetwork, rest.len / strlen("trust=") + 1);
    bool trusts_own = false;
    while (rest.len) {
        Str value = str_cut(&rest, ',');
        Str key = str_cut(&value, '=');
        if (str_equal(key, STR("proxy")) && str_equal(value, STR("v2"))) {
            listen.proxy_protocol = true;
        } else if (str_equal(key, STR("trust"))) {
            trusts_own = true;
            TRY(add_trust(value, &listen, trusted));
        } else {
            return error(BAD_INPUT, "bad_listener_option",
                         "knows the options proxy=v2, trust=NETWORK and trust=none, not \"{}\".",
                         word);
        }
    }
    listen.trust.trusted = trusted;
    *ret_listen = listen;
    *ret_trusts_own = trusts_own;
    return OK;
}

static Error check_listeners(const SettingRow *row, Str value, Arena *arena) {
    (void)row;
    size_t count;
    const Str *words = setting_value_words(value, arena, &count);
    HttpListen listen;
    bool trusts_own;
    for (size_t i = 0; i < count; i++)
        TRY(setting_value_listener(words[i], arena, &listen, &trusts_own));
    return OK;
}

static Error check_networks(const SettingRow *row, Str value, Arena *arena) {
    (void)row;
    size_t count;
    const Str *words = setting_value_words(value, arena, &count);
    IpNetwork network;
    for (size_t i = 0; i < count; i++)
        if (!ip_network_parse(words[i], &network))
            return error(BAD_INPUT, "bad_network",
                         "must be an address or a network, as 10.0.0.0/8, not \"{}\".", words[i]);
    return OK;
}

static Error check_clients(const SettingRow *row, Str value, Arena *arena) {
    (void)row, (void)arena;
    ClientKinds kinds;
    return client_kinds_parse(value, &kinds);
}

Error setting_value_check(const SettingRow *row, Str value, Arena *arena) {
    static const struct {
        const char *kind;
        ValueCheck check;
    } checks[] = {
        {"TEXT", check_text},
        {"WORDS", check_text},
        {"NUMBER", check_number},
        {"FLAG", check_flag},
        {"CHOICE", check_choice},
        {"LANGUAGE", check_language},
        {"URL", check_url},
        {"STORE", check_store},
        {"ENDPOINTS", check_endpoints},
        {"LISTENERS", check_listeners},
        {"NETWORKS", check_networks},
        {"CLIENTS", check_clients},
    };
    for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++)
        if (strcmp(checks[i].kind, row->kind) == 0) return checks[i].check(row, value, arena);
    return error(BROKEN, "unknown_kind", "is of a kind nobody checks: {}", str_from_c(row->kind));
}
