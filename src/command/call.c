#include "command/call.h"

/* The command whose name is the longest start of the plain words. */
static const Command *find_command(const Str *words, size_t count, size_t *ret_used) {
    const Command *best = NULL;
    *ret_used = 0;
    for (const Command *command = commands; command->name; command++) {
        Str rest = str_from_c(command->name);
        size_t used = 0;
        while (rest.len && used < count && str_equal(words[used], str_cut(&rest, ' '))) used++;
        Str all = str_from_c(command->name);
        size_t wanted = 0;
        while (all.len) str_cut(&all, ' '), wanted++;
        if (used == wanted && wanted > *ret_used) best = command, *ret_used = wanted;
    }
    return best;
}

static const CommandOption *find_option(const Command *command, Str name) {
    for (const CommandOption *option = command->options; option->name; option++)
        if (str_equal(name, str_from_c(option->name))) return option;
    return NULL;
}

typedef struct {
    const Str *words;
    size_t count, at;
} WordReader;

/* The value behind "--name": in the same word after '=', or the next word. */
static Error read_value(WordReader *reader, Str name, Str after_sign, bool has_sign,
                        Str *ret_value) {
    if (has_sign) {
        *ret_value = after_sign;
        return OK;
    }
    if (reader->at >= reader->count)
        return error(BAD_REQUEST, "usage", "--{} wants a value.", name);
    *ret_value = reader->words[reader->at++];
    return OK;
}

static bool is_global_switch(Call *call, CallGlobals *globals, Str name) {
    if (str_equal(name, STR("json")))
        call->json = true;
    else if (str_equal(name, STR("help")))
        globals->help = true;
    else
        return false;
    return true;
}

static bool is_global_value(Str name) {
    return str_equal(name, STR("data")) || str_equal(name, STR("config")) ||
           str_equal(name, STR("set"));
}

static void keep_global(CallGlobals *globals, Arena *arena, Str name, Str value) {
    if (str_equal(name, STR("data")))
        globals->ask.data_folder = value;
    else if (str_equal(name, STR("config")))
        globals->ask.file = value;
    else {
        Str *grown = arena_new(arena, Str, globals->ask.option_count + 1);
        if (globals->ask.option_count)
            memcpy(grown, globals->ask.options, globals->ask.option_count * sizeof *grown);
        grown[globals->ask.option_count++] = value;
        globals->ask.options = grown;
    }
}

static Error keep_option(Call *call, const CommandOption *option, Str value) {
    if (call->given_count == COMMAND_OPTION_VALUES_MAX)
        return error(BAD_REQUEST, "usage", "More options than one command takes.");
    call->given[call->given_count].name = option->name;
    call->given[call->given_count++].value = value;
    return OK;
}

static Error read_option(Call *call, CallGlobals *globals, WordReader *reader, Str word) {
    Str rest = str_skip(word, 2);
    bool has_sign = str_find_byte(rest, '=') != STR_NONE;
    Str name = str_cut(&rest, '='), value = {0};
    if (is_global_switch(call, globals, name)) return OK;
    if (is_global_value(name)) {
        TRY(read_value(reader, name, rest, has_sign, &value));
        keep_global(globals, call->arena, name, value);
        return OK;
    }
    const CommandOption *option = call->command ? find_option(call->command, name) : NULL;
    if (!option) return error(BAD_REQUEST, "usage", "There is no option --{} here.", name);
    if (option->value) {
        TRY(read_value(reader, name, rest, has_sign, &value));
    } else if (has_sign) {
        return error(BAD_REQUEST, "usage", "--{} takes no value.", name);
    }
    return keep_option(call, option, value);
}

/* The command stands before its own options: find it among the words that are no options of all
 * commands. */
static size_t plain_words(const Str *words, size_t count, Str *ret_plain) {
    size_t plain = 0;
    for (size_t i = 0; i < count && plain < 2; i++) {
        if (!str_starts(words[i], STR("-"))) {
            ret_plain[plain++] = words[i];
        } else if (is_global_value(str_skip(words[i], 2))) {
            i++;
        } else if (plain) {
            break;
        }
    }
    return plain;
}

static Error check_words(const Call *call) {
    bool several = str_ends(str_from_c(call->command->takes), STR("..."));
    size_t wanted = 0;
    for (Str rest = str_from_c(call->command->takes); rest.len; wanted++) {
        Str name = str_cut(&rest, ' ');
        if (wanted == call->word_count) return error(BAD_REQUEST, "usage", "{} is missing.", name);
    }
    if (call->word_count > wanted && !several)
        return error(BAD_REQUEST, "usage", "\"{}\" is one word too many.", call->words[wanted]);
    return OK;
}

Error call_parse(Call *call, CallGlobals *globals, const Str *words, size_t count) {
    Str plain[2];
    size_t used, plain_count = plain_words(words, count, plain);
    call->command = find_command(plain, plain_count, &used);
    if (count == 1 && (str_equal(words[0], STR("help")) || str_equal(words[0], STR("-h")))) {
        globals->help = true;
        return OK;
    }
    if (count == 1 && str_equal(words[0], STR("--version"))) {
        Str version = STR("version");
        return call_parse(call, globals, &version, 1);
    }
    call->words = arena_new(call->arena, Str, count + 1);
    WordReader reader = {words, count, 0};
    bool only_words = false;
    while (reader.at < count) {
        Str word = words[reader.at++];
        if (!only_words && str_equal(word, STR("--"))) {
            only_words = true;
        } else if (!only_words && str_starts(word, STR("--"))) {
            TRY(read_option(call, globals, &reader, word));
        } else if (used) {
            used--;
        } else {
            call->words[call->word_count++] = word;
        }
    }
    if (globals->help) return OK;
    if (!call->command && plain_count)
        return error(BAD_REQUEST, "usage",
                     "There is no command \"{}\"; `essaim --help` lists them.", plain[0]);
    if (!call->command) {
        globals->help = true;
        return OK;
    }
    return check_words(call);
}
