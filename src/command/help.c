#include "command/help.h"

#include "base/text.h"

enum { HELP_BYTES_MAX = 64 * 1024 };

static const char globals[] =
    "Options of every command:\n"
    "  --data DIR                 the data folder (default: ./data)\n"
    "  --config FILE              settings file (default: essaim.conf in the data folder)\n"
    "  --set SECTION.NAME=VALUE   one setting; may be repeated\n"
    "  --json                     answer in JSON\n"
    "  --help                     say how\n";

Str help_all(Arena *arena) {
    Text text = text_create(arena, HELP_BYTES_MAX);
    text_add(&text, STR("essaim: a torrent index and tracker for files people are free to share\n\n"
                        "Usage: essaim COMMAND [OPTIONS]\n\n"));
    for (const Command *command = commands; command->name; command++)
        text_print(&text, "  %-16s %s\n", command->name, command->words);
    text_print(&text, "\n%s\n`essaim COMMAND --help` says more. Start with: essaim serve\n",
               globals);
    return text_str(&text);
}

Str help_usage(const Command *command, Arena *arena) {
    bool options = command->options[0].name != NULL;
    return arena_print(arena, "Usage: essaim %s%s%s%s\n", command->name,
                       command->takes[0] ? " " : "", command->takes, options ? " [OPTIONS]" : "");
}

Str help_command(const Command *command, Arena *arena) {
    Text text = text_create(arena, HELP_BYTES_MAX);
    text_add(&text, help_usage(command, arena));
    text_print(&text, "\n%s\n", command->words);
    if (command->manual) text_print(&text, "\n%s\n", command->manual);
    if (command->options[0].name) text_add(&text, STR("\nOptions:\n"));
    for (const CommandOption *option = command->options; option->name; option++) {
        Str left = arena_print(arena, "--%s%s%s", option->name, option->value ? " " : "",
                               option->value ? option->value : "");
        text_print(&text, "  %-26.*s %s\n", STR_PRINTF(left), option->words);
    }
    text_print(&text, "\n%s", globals);
    return text_str(&text);
}
