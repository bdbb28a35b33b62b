/* setting_value.h — is this text a right value for that setting? One check for each kind of
 * settings.def. Pure. */
#pragma once
#include "settings.h"

MUST_USE Error setting_value_check(const SettingRow *row, Str value, Arena *arena);
bool setting_value_flag(Str value, bool *ret_flag); /* yes, no, true, false, on, off, 1, 0 */
const Str *setting_value_words(Str value, Arena *arena,
                               size_t *ret_count); /* split at white space */
