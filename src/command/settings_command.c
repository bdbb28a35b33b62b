#include <jansson.h>

#include "command/commands.h"

static json_t *json_str(Str s) { return json_stringn(s.at ? s.at : "", s.len); }

static void print_json(Call *call) {
    json_t *list = json_array();
    for (SettingId id = 0; id < SETTING_COUNT; id++) {
        const SettingRow *row = &setting_rows[id];
        json_t *item = json_object();
        json_object_set_new(item, "name", json_str(setting_full_name(id, call->arena)));
        json_object_set_new(item, "value", json_str(settings_text(call->settings, id)));
        json_object_set_new(item, "origin", json_string(call->settings->origin[id]));
        json_object_set_new(item, "default", json_string(row->standard));
        json_object_set_new(item, "kind", json_string(row->kind));
        if (row->max) json_object_set_new(item, "min", json_integer(row->min));
        if (row->max) json_object_set_new(item, "max", json_integer(row->max));
        json_object_set_new(item, "unit", json_string(row->unit));
        json_object_set_new(item, "applies", json_string(setting_applies_name(row->applies)));
        json_object_set_new(item, "words", json_string(row->words));
        json_array_append_new(list, item);
    }
    call_print_json(call, list);
}

static void print_markdown(Call *call) {
    call_print(
        call,
        "# Settings\n\nMade by `essaim settings --markdown` from `src/settings.def`.\n\n"
        "A change of a *live* setting is taken up by `essaim reload` (or SIGHUP), one of the "
        "others by a restart or `essaim serve --takeover`.\n\n"
        "| setting | default | values | applies | what it does |\n|---|---|---|---|---|\n");
    for (SettingId id = 0; id < SETTING_COUNT; id++) {
        const SettingRow *row = &setting_rows[id];
        Str name = setting_full_name(id, call->arena);
        call_print(call, "| `%.*s` | %s%s%s | ", STR_PRINTF(name), row->standard[0] ? "`" : "",
                   row->standard, row->standard[0] ? "`" : "");
        bool number = strcmp(row->kind, "NUMBER") == 0;
        for (Str rest = str_from_c(row->unit); !number && rest.len;) {
            Str choice = str_cut(&rest, '|');
            call_print(call, "%.*s%s", STR_PRINTF(choice), rest.len ? ", " : "");
        }
        if (number)
            call_print(call, "%lld to %lld %s", (long long)row->min, (long long)row->max,
                       row->unit);
        call_print(call, " | %s | %s |\n", setting_applies_name(row->applies), row->words);
    }
}

Error command_settings(Call *call) {
    if (call_has(call, "markdown")) {
        print_markdown(call);
    } else if (call->json) {
        print_json(call);
    } else {
        for (SettingId id = 0; id < SETTING_COUNT; id++) {
            Str name = setting_full_name(id, call->arena),
                value = settings_text(call->settings, id);
            call_print(call, "%-36.*s %-30.*s (%s, %s)\n", STR_PRINTF(name), STR_PRINTF(value),
                       call->settings->origin[id], setting_applies_name(setting_rows[id].applies));
        }
    }
    return OK;
}
