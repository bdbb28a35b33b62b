/* command.h — the sub-commands of the binary: one const table, read by the parser, --help and the
 * manual. A command that needs the store goes through the running server's control socket; where
 * none runs it opens the store itself. Either way the same function runs, and reaches files and
 * terminal through its CommandIo. Exit codes: 0 done, 1 refused or failed, 2 wrong usage. */
#pragma once
#include "base/file.h"
#include "program.h"

typedef struct {
    bool on_terminal;    /* the error output: progress may be drawn over */
    uint64_t size_bytes; /* of the file; 0: nobody knows */
} CommandLook;

/* The terminal and files of the person who typed the command, here or at the other end of the
 * control socket. */
typedef struct {
    void *end;
    void (*out)(void *end, Str text);
    void (*err)(void *end, Str text);
    Error (*read_file)(void *end, Str path, Arena *arena, Str *ret_bytes); /* "-": standard input */
    Error (*list_folder)(void *end, Str path, Arena *arena, FileEntry **ret_entries,
                         size_t *ret_count);
    Error (*write_file)(void *end, Str path, Str bytes); /* "-": standard output */
    /* For files too large to be held. Parts: up to `len` bytes from `offset`, fewer at the end
     * only; of standard input what comes next. What is written stands beside the file, from 0 on
     * and in order, until an empty part says that this was all and it takes the name. */
    Error (*read_part)(void *end, Str path, FilePart part, Arena *arena, Str *ret_bytes);
    Error (*write_part)(void *end, Str path, uint64_t offset, Str bytes);
    CommandLook (*look)(void *end, Str path);
} CommandIo;

enum { COMMAND_OPTIONS_MAX = 24, COMMAND_OPTION_VALUES_MAX = 64, COMMAND_FILE_BYTES_MAX = 1 << 26 };

typedef struct {
    const char *name;  /* "email": typed --email E, or --email=E */
    const char *value; /* what it takes, for the help: "E"; NULL for a switch */
    const char *words;
} CommandOption;

/* MAKES_STORE: a store too, and where there is no data folder yet it begins one. */
typedef enum { NEEDS_NOTHING, NEEDS_SETTINGS, NEEDS_STORE, MAKES_STORE } CommandNeeds;

typedef struct Call Call;

typedef struct {
    const char *name;  /* "user add" */
    const char *takes; /* "NAME"; "" for none, "PATH..." for several */
    const char *words; /* one sentence */
    CommandNeeds needs;
    Error (*run)(Call *call);
    CommandOption options[COMMAND_OPTIONS_MAX]; /* ends with one without name */
    const char *manual;                         /* a paragraph and an example, for --help */
    bool (*needs_store)(const Call *call);      /* for what was typed; NULL: as `needs` says */
    bool indexes; /* where no server runs, the search index is opened for it */
} Command;

struct Call {
    const Command *command;
    Arena *arena;
    const CommandIo *io;
    const Settings *settings; /* unless NEEDS_NOTHING */
    Program *program;         /* NEEDS_STORE */
    Visit *visit;             /* NEEDS_STORE: as the operator */
    bool json;
    Str *words; /* what is neither command nor option */
    size_t word_count;
    struct {
        const char *name;
        Str value;
    } given[COMMAND_OPTION_VALUES_MAX];
    size_t given_count;
};

extern const Command commands[]; /* ends with one without name */

int command_main(int argc, char **argv, char *const *environment); /* the whole program */

bool call_has(const Call *call, const char *option);
Str call_option(const Call *call, const char *option, Str otherwise); /* the last one given */
const Str *call_options(const Call *call, const char *option, size_t *ret_count);
void call_print(Call *call, const char *format, ...) __attribute__((format(printf, 2, 3)));
MUST_USE Error call_usage(const Call *call, const char *words, Str subject); /* exit code 2 */

/* A JSON value (jansson's json_t) as one line; takes the reference. */
struct json_t;
void call_print_json(Call *call, struct json_t *value);

/* Runs one command line against an open program: what the control socket does. Returns the exit
 * code. */
int command_run_in(Program *program, const CommandIo *io, const Str *words, size_t count);
const CommandIo *command_terminal(void);
