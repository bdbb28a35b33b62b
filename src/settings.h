/* settings.h — what the operator chose, checked once at start.
 * settings.def is the only list. A wrong value, an unknown name or an unreadable file is an Error
 * that names the line or the option and the nearest right name. Values live in the arena given to
 * settings_load. */
#pragma once
#include "base/address.h"
#include "base/error.h"
#include "base/language.h"
#include "http/server.h"

typedef enum {
#define SETTING(section, name, ...) SETTING_##section##_##name,
#include "settings.def"
#undef SETTING
    SETTING_COUNT
} SettingId;

typedef struct {
    Str data_folder;    /* --data; empty: ./data */
    Str file;           /* --config; empty: essaim.conf in the data folder, if there is one */
    const Str *options; /* --set section.name=value, each */
    size_t option_count;
    char *const *environment; /* ESSAIM_SECTION_NAME=value */
} SettingsAsk;

typedef struct {
    Str value[SETTING_COUNT];
    const char *origin[SETTING_COUNT]; /* "default", "file", "environment", "option" */
    Str data_folder, file;             /* file: empty when none was read */
    SettingsAsk ask;                   /* to load them again */
    Arena *arena;
} Settings;

MUST_USE Error settings_load(const SettingsAsk *ask, Arena *arena, Settings *ret_settings);
MUST_USE Error settings_check_together(const Settings *settings); /* settings_load has done it */

Str settings_text(const Settings *settings, SettingId id);
uint64_t settings_number(const Settings *settings, SettingId id);
bool settings_flag(const Settings *settings, SettingId id);
Language settings_language(const Settings *settings, SettingId id);
const Str *settings_words(const Settings *settings, SettingId id, size_t *ret_count);
const Endpoint *settings_endpoints(const Settings *settings, SettingId id, size_t *ret_count);
/* Those of http.listen, each with the trust that holds there. */
const HttpListen *settings_listeners(const Settings *settings, SettingId id, size_t *ret_count);
const IpNetwork *settings_networks(const Settings *settings, SettingId id, size_t *ret_count);

/* What a reload changes at once, and what a new process has to begin with. */
typedef enum { SETTING_APPLIES_LIVE, SETTING_APPLIES_RESTART } SettingApplies;

/* The list itself, for `essaim settings` and the manual. */
typedef struct {
    const char *section, *name, *kind, *standard, *unit, *words;
    int64_t min, max;
    SettingApplies applies;
} SettingRow;
extern const SettingRow setting_rows[SETTING_COUNT];
const char *setting_applies_name(SettingApplies applies); /* "live", "restart" */
Str setting_full_name(SettingId id, Arena *arena);        /* "http.listen" */
