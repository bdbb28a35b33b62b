/* setting_value.h — is this text a right value for that setting? One check for each kind of
 * settings.def. Pure. */
#pragma once
#include "settings.h"

MUST_USE Error setting_value_check(const SettingRow *row, Str value, Arena *arena);
bool setting_value_flag(Str value, bool *ret_flag); /* yes, no, true, false, on, off, 1, 0 */
/* "127.0.0.1:8080,proxy=v2,trust=10.0.0.0/8"; without a trust= of its own *ret_trusts_own is false.
 */
MUST_USE Error setting_value_listener(Str word, Arena *arena, HttpListen *ret_listen,
                                      bool *ret_trusts_own);
const Str *setting_value_words(Str value, Arena *arena,
                               size_t *ret_count); /* split at white space */
