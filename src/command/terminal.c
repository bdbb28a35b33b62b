#include <errno.h>
#include <unistd.h>

#include "base/text.h"
#include "command/command.h"

static void out(void *end, Str text) {
    (void)end;
    fwrite(text.at, 1, text.len, stdout);
    fflush(stdout);
}

static void err(void *end, Str text) {
    (void)end;
    fwrite(text.at, 1, text.len, stderr);
}

static Error read_standard_input(Arena *arena, Str *ret_bytes) {
    Text text = text_create(arena, COMMAND_FILE_BYTES_MAX);
    char part[16 * 1024];
    for (size_t got; (got = fread(part, 1, sizeof part, stdin)) > 0;)
        text_add(&text, (Str){part, got});
    if (text.full) return error(TOO_LARGE, "input_too_large", "Standard input is too large.");
    *ret_bytes = text_str(&text);
    return OK;
}

static Error read_file(void *end, Str path, Arena *arena, Str *ret_bytes) {
    (void)end;
    if (str_equal(path, STR("-"))) return read_standard_input(arena, ret_bytes);
    return file_read(path, COMMAND_FILE_BYTES_MAX, arena, ret_bytes);
}

static Error list_folder(void *end, Str path, Arena *arena, FileEntry **ret_entries,
                         size_t *ret_count) {
    (void)end;
    return file_list(path, arena, ret_entries, ret_count);
}

static Error write_file(void *end, Str path, Str bytes) {
    if (!str_equal(path, STR("-"))) return file_write(path, bytes, 0644);
    out(end, bytes);
    return OK;
}

static Error read_part(void *end, Str path, FilePart part, Arena *arena, Str *ret_bytes) {
    (void)end;
    if (!str_equal(path, STR("-"))) return file_read_part(path, part, arena, ret_bytes);
    char *bytes = arena_alloc(arena, part.len + 1, 1);
    size_t len = fread(bytes, 1, part.len, stdin);
    *ret_bytes = (Str){bytes, len};
    return OK;
}

static Error write_part(void *end, Str path, uint64_t offset, Str bytes) {
    if (!str_equal(path, STR("-"))) return file_write_part(path, offset, bytes, 0644);
    out(end, bytes);
    return OK;
}

static CommandLook look(void *end, Str path) {
    (void)end;
    CommandLook look = {.on_terminal = isatty(STDERR_FILENO) == 1};
    if (!str_equal(path, STR("-"))) look.size_bytes = file_size(path);
    return look;
}

const CommandIo *command_terminal(void) {
    static const CommandIo terminal = {NULL,       out,       err,        read_file, list_folder,
                                       write_file, read_part, write_part, look};
    return &terminal;
}
