/* help.h — the words of --help, made from the command table. */
#pragma once
#include "command/command.h"

Str help_all(Arena *arena);
Str help_command(const Command *command, Arena *arena);
Str help_usage(const Command *command, Arena *arena); /* one line */
