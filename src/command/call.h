/* call.h — a command line taken apart. Pure. */
#pragma once
#include "command/command.h"

/* Options every command takes. */
typedef struct {
    SettingsAsk ask;
    bool help;
} CallGlobals;

/* Fills call->command, words, given, json; a wrong line is an error with code "usage". */
MUST_USE Error call_parse(Call *call, CallGlobals *globals, const Str *words, size_t count);
