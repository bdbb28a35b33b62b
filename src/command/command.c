#include "command/command.h"

#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/random.h"
#include "command/call.h"
#include "command/commands.h"
#include "command/control.h"
#include "command/help.h"
#include "indexing.h"

enum { COMMAND_ARENA_BYTES = 2000 * MIB, EXIT_USAGE = 2 };

bool call_has(const Call *call, const char *option) {
    for (size_t i = 0; i < call->given_count; i++)
        if (strcmp(call->given[i].name, option) == 0) return true;
    return false;
}

Str call_option(const Call *call, const char *option, Str otherwise) {
    for (size_t i = call->given_count; i-- > 0;)
        if (strcmp(call->given[i].name, option) == 0) return call->given[i].value;
    return otherwise;
}

const Str *call_options(const Call *call, const char *option, size_t *ret_count) {
    Str *values = arena_new(call->arena, Str, call->given_count);
    size_t count = 0;
    for (size_t i = 0; i < call->given_count; i++)
        if (strcmp(call->given[i].name, option) == 0) values[count++] = call->given[i].value;
    *ret_count = count;
    return values;
}

void call_print(Call *call, const char *format, ...) {
    char text[4096];
    va_list arguments;
    va_start(arguments, format);
    int len = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (len < 0) return;
    size_t shown = (size_t)len < sizeof text ? (size_t)len : sizeof text - 1;
    call->io->out(call->io->end, (Str){text, shown});
}

static int add_piece(const char *at, size_t len, void *text) {
    text_add(text, (Str){at, len});
    return 0;
}

void call_print_json(Call *call, struct json_t *value) {
    Text text = text_create(call->arena, COMMAND_FILE_BYTES_MAX);
    json_dump_callback(value, add_piece, &text, JSON_COMPACT);
    json_decref(value);
    text_add_byte(&text, '\n');
    call->io->out(call->io->end, text_str(&text));
}

Error call_usage(const Call *call, const char *words, Str subject) {
    (void)call;
    return error(BAD_REQUEST, "usage", words, subject);
}

static int report(const CommandIo *io, const Call *call, Error e) {
    if (!failed(e)) return 0;
    bool usage = strcmp(error_code(e), "usage") == 0;
    Str text = arena_print(call->arena, "essaim: %.*s\n", STR_PRINTF(error_text(e, call->arena)));
    io->err(io->end, text);
    if (usage && call->command) io->err(io->end, help_usage(call->command, call->arena));
    return usage ? EXIT_USAGE : 1;
}

/* In the server a command that asks for too much must not take everything else with it. */
static Error run_bounded(Call *call) {
    enum { REPORT_BYTES = 64 * KIB };
    jmp_buf full;
    if (setjmp(full) == 0) {
        call->arena->overflow = &full;
        Error e = call->command->run(call);
        call->arena->overflow = NULL;
        return e;
    }
    call->arena->overflow = NULL;
    call->arena->cap += REPORT_BYTES;
    return error(UNAVAILABLE, "too_much_memory",
                 "This asks for more memory than one command may have.");
}

/* A command that changes works without searching only notes which. */
static Error open_index(Call *call) {
    bool is_new;
    if (!call->command->indexes) return indexing_note_only(call->program);
    Error (*const run)(Call * call) = call->command->run;
    if (run == command_search_rebuild || run == command_search_check) return OK; /* with progress */
    return indexing_open_alone(call->program, call->visit, NULL, NULL, &is_new);
}

static Error run_with_visit(Call *call, bool alone) {
    Visit visit;
    TRY(program_visit(call->program, call->arena, &visit));
    call->visit = &visit;
    Error e = alone ? open_index(call) : OK;
    if (!failed(e)) e = run_bounded(call);
    program_visit_end(&visit);
    call->visit = NULL;
    return e;
}

static bool needs_store(const Call *call) {
    const Command *command = call->command;
    return (command->needs_store && command->needs_store(call)) || command->needs >= NEEDS_STORE;
}

int command_run_in(Program *program, const CommandIo *io, const Str *words, size_t count) {
    Arena arena = arena_create(COMMAND_ARENA_BYTES);
    Call call = {
        .arena = &arena, .io = io, .program = program, .settings = atomic_load(&program->settings)};
    CallGlobals globals = {0};
    Error e = call_parse(&call, &globals, words, count);
    /* Whoever sends help, or another server, here is no command line of ours. */
    if (!failed(e) && (globals.help || !needs_store(&call)))
        e = error(BAD_REQUEST, "usage", "This command is not for a running server.");
    if (!failed(e)) e = run_with_visit(&call, false);
    int code = report(io, &call, e);
    arena_free(&arena);
    return code;
}

/* The store is ours for as long as the command runs; the catalogue is in search only where it is
 * needed. */
static Error run_alone(Call *call) {
    struct stat status;
    const char *folder = str_c(call->arena, call->settings->data_folder);
    if (call->command->needs != MAKES_STORE && stat(folder, &status) != 0)
        return error(
            NOT_FOUND, "no_data_folder",
            "There is no data folder {} here. `essaim serve` makes one; --data names another.",
            call->settings->data_folder);
    TRY(program_open(call->settings, &call->program));
    Error e = run_with_visit(call, true);
    program_close(call->program);
    call->program = NULL;
    return e;
}

static int run_command(Call *call, const CallGlobals *globals, const Str *words, size_t count) {
    if (globals->help) {
        call->io->out(call->io->end, call->command ? help_command(call->command, call->arena)
                                                   : help_all(call->arena));
        return 0;
    }
    Settings *settings = arena_new(call->arena, Settings, 1);
    bool stored = needs_store(call);
    if (stored || call->command->needs != NEEDS_NOTHING) {
        Error e = settings_load(&globals->ask, call->arena, settings);
        if (failed(e)) return report(call->io, call, e);
        call->settings = settings;
    }
    if (stored) {
        int code;
        if (control_ask(settings, call->io, words, count, &code)) return code;
        return report(call->io, call, run_alone(call));
    }
    return report(call->io, call, call->command->run(call));
}

int command_main(int argc, char **argv, char *const *environment) {
    Arena arena = arena_create(COMMAND_ARENA_BYTES);
    Call call = {.arena = &arena, .io = command_terminal()};
    CallGlobals globals = {.ask = {.environment = environment}};
    if (!random_start()) {
        call.io->err(call.io->end, STR("essaim: the system gives no random numbers.\n"));
        return 1;
    }
    signal(SIGPIPE, SIG_IGN);
    Str *words = arena_new(&arena, Str, (size_t)argc);
    for (int i = 1; i < argc; i++) words[i - 1] = str_from_c(argv[i]);
    size_t count = argc > 0 ? (size_t)argc - 1 : 0;
    Error e = call_parse(&call, &globals, words, count);
    int code = failed(e) ? report(call.io, &call, e) : run_command(&call, &globals, words, count);
    arena_free(&arena);
    return code;
}
