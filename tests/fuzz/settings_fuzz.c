/* The settings file and every kind of value: whatever stands there is taken or told apart, never
 * more. */
#include <stdio.h>
#include <unistd.h>

#include "base/limits.h"
#include "setting_value.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    Arena arena = arena_create(64 * MIB);
    Str text = str_from_bytes(bytes, len), line = str_cut(&text, '\n');
    for (SettingId id = 0; id < SETTING_COUNT; id++)
        (void)failed(setting_value_check(&setting_rows[id], line, &arena));
    Str options[1] = {line};
    Settings settings;
    SettingsAsk ask = {.data_folder = STR("/nonexistent"), .options = options, .option_count = 1};
    if (!failed(settings_load(&ask, &arena, &settings))) {
        size_t count;
        settings_endpoints(&settings, SETTING_http_listen, &count);
        settings_listeners(&settings, SETTING_http_listen, &count);
        settings_networks(&settings, SETTING_proxy_trusted, &count);
    }
    arena_free(&arena);
    return 0;
}
