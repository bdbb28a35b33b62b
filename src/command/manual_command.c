#include "base/text.h"
#include "command/commands.h"

enum { MANUAL_BYTES_MAX = 256 * 1024 };

/* Text of ours in mdoc(7): a backslash is the only letter with a meaning of its own inside a line,
 * a dot or a quote only at its start. */
static void add_words(Text *text, Str words) {
    bool line_start = true;
    for (size_t i = 0; i < words.len; i++) {
        char c = words.at[i];
        if (line_start && (c == '.' || c == '\'')) text_add(text, STR("\\&"));
        text_add(text, c == '\\' ? STR("\\e") : (Str){&c, 1});
        line_start = c == '\n';
    }
    if (!line_start) text_add_byte(text, '\n');
}

/* Two spaces before a line: an example, shown as it stands. */
static void add_manual(Text *text, Str manual) {
    bool example = false;
    while (manual.len) {
        Str line = str_cut(&manual, '\n');
        bool is_example = str_starts(line, STR("  "));
        if (is_example != example)
            text_add(text, is_example ? STR(".Bd -literal -offset indent\n") : STR(".Ed\n"));
        example = is_example;
        add_words(text, is_example ? str_skip(line, 2) : line);
    }
    if (example) text_add(text, STR(".Ed\n"));
}

static void add_option(Text *text, const CommandOption *option) {
    text_print(text, ".It Fl -%s%s%s\n", option->name, option->value ? " Ar " : "",
               option->value ? option->value : "");
    add_words(text, str_from_c(option->words));
}

static void add_command(Text *text, const Command *command) {
    text_print(text, ".It Cm %s%s%s\n", command->name, command->takes[0] ? " Ar " : "",
               command->takes);
    text_print(text, "%s.\n", command->words);
    if (command->manual) {
        text_add(text, STR(".Pp\n"));
        add_manual(text, str_from_c(command->manual));
    }
    if (!command->options[0].name) return;
    text_add(text, STR(".Bl -tag -width Ds\n"));
    for (const CommandOption *option = command->options; option->name; option++)
        add_option(text, option);
    text_add(text, STR(".El\n"));
}

static void write_commands(Text *text) {
    static const CommandOption globals[] = {
        {"data", "DIR", "the data folder; ./data unless given"},
        {"config", "FILE",
         "settings file; essaim.conf in the data folder, where there is one, unless given"},
        {"set", "SECTION.NAME=VALUE", "one setting; may be repeated"},
        {"json", NULL, "answer in JSON"},
        {"help", NULL, "say how"},
    };
    text_add(text, STR(".Dd $Mdocdate$\n.Dt ESSAIM 1\n.Os\n.Sh NAME\n.Nm essaim\n.Nd torrent index "
                       "and tracker for files "
                       "people are free to share\n.Sh SYNOPSIS\n.Nm\n.Ar command\n.Op Ar "
                       "options\n.Sh DESCRIPTION\n"
                       "One program: site, search, accounts, tracker.\nA command that changes data "
                       "goes through the running "
                       "server; where none runs it opens the store itself.\n.Sh COMMANDS\n.Bl -tag "
                       "-width Ds\n"));
    for (const Command *command = commands; command->name; command++) add_command(text, command);
    text_add(text, STR(".El\n.Sh OPTIONS\nEvery command takes:\n.Bl -tag -width Ds\n"));
    for (size_t i = 0; i < sizeof globals / sizeof globals[0]; i++) add_option(text, &globals[i]);
    text_add(text,
             STR(".El\n.Sh EXIT STATUS\n0 done, 1 refused or failed, 2 wrong usage.\n.Sh SEE ALSO\n"
                 ".Xr essaim.conf 5\n"));
}

static void add_setting(Text *text, const SettingRow *row) {
    text_print(text, ".It Cm %s.%s\n", row->section, row->name);
    add_words(text, str_from_c(row->words));
    if (row->standard[0])
        text_print(text, "Default: %s", row->standard);
    else
        text_add(text, STR("Default: empty"));
    if (strcmp(row->kind, "NUMBER") == 0)
        text_print(text, " (%lld to %lld %s)", (long long)row->min, (long long)row->max, row->unit);
    if (strcmp(row->kind, "CHOICE") == 0) text_print(text, " (%s)", row->unit);
    text_add(text, row->applies == SETTING_APPLIES_LIVE ? STR(". Live.\n") : STR(".\n"));
}

static void write_settings(Text *text) {
    text_add(
        text,
        STR(".Dd $Mdocdate$\n.Dt ESSAIM.CONF 5\n.Os\n.Sh NAME\n.Nm essaim.conf\n.Nd settings of "
            "essaim\n"
            ".Sh DESCRIPTION\nAn ini file: sections in brackets, name = value.\nA setting may also "
            "come from "
            "the environment (ESSAIM_HTTP_LISTEN) or the option --set, which comes first.\nAn "
            "unknown name is an "
            "error that says the line and the nearest name.\nA change of what is marked Live is "
            "taken "
            "up by\n.Ic essaim reload\nor SIGHUP, of the others by a restart or\n.Ic essaim serve "
            "Fl -takeover .\n.Sh SETTINGS\n.Bl -tag -width Ds\n"));
    for (SettingId id = 0; id < SETTING_COUNT; id++) add_setting(text, &setting_rows[id]);
    text_add(text, STR(".El\n.Sh SEE ALSO\n.Xr essaim 1\n"));
}

Error command_manual(Call *call) {
    Text text = text_create(call->arena, MANUAL_BYTES_MAX);
    if (str_equal(call->words[0], STR("essaim.1")))
        write_commands(&text);
    else if (str_equal(call->words[0], STR("essaim.conf.5")))
        write_settings(&text);
    else
        return call_usage(call, "The pages are essaim.1 and essaim.conf.5, not \"{}\".",
                          call->words[0]);
    call->io->out(call->io->end, text_str(&text));
    return OK;
}
