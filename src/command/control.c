#include "command/control.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/text.h"
#include "command/frame.h"

enum { CONTROL_ARENA_BYTES = 2000 * MIB, CONTROL_WORDS_MAX = 1000 };

struct Control {
    Program *program;
    int listener;
    pthread_t thread;
    struct sockaddr_un address;
};

static bool control_address(const Settings *settings, struct sockaddr_un *ret_address) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int len = snprintf(address.sun_path, sizeof address.sun_path, "%.*s/control.sock",
                       STR_PRINTF(settings->data_folder));
    if (len < 0 || (size_t)len >= sizeof address.sun_path) return false;
    *ret_address = address;
    return true;
}

/* The server's side: a CommandIo whose end is a socket. */
typedef struct {
    int fd;
    Arena *arena;
} Remote;

static void remote_out(void *end, Str text) { frame_write(((Remote *)end)->fd, FRAME_OUT, text); }
static void remote_err(void *end, Str text) { frame_write(((Remote *)end)->fd, FRAME_ERR, text); }

static Error ask_remote(Remote *remote, FrameKind kind, Str payload, Arena *arena, Str *ret_bytes) {
    Frame answer;
    if (!frame_write(remote->fd, kind, payload) || !frame_read(remote->fd, arena, &answer))
        return error(UNAVAILABLE, "caller_gone", "The other end of the control socket is gone.");
    if (answer.kind == FRAME_FAILED) return frame_failure_parse(answer.payload, arena);
    if (answer.kind != FRAME_BYTES)
        return error(BAD_REQUEST, "bad_frame",
                     "The other end of the control socket answered something else.");
    *ret_bytes = answer.payload;
    return OK;
}

static Error remote_read_file(void *end, Str path, Arena *arena, Str *ret_bytes) {
    return ask_remote(end, FRAME_READ, path, arena, ret_bytes);
}

/* Each entry: 'd' or 'f', size (8 bytes), length of the path (4), the path. */
static Error parse_entries(Str bytes, Arena *arena, FileEntry **ret_entries, size_t *ret_count) {
    ByteReader reader = byte_reader(bytes.at, bytes.len);
    FileEntry *entries = arena_new(arena, FileEntry, bytes.len / 13 + 1);
    size_t count = 0;
    while (reader.left && !reader.failed) {
        FileEntry *entry = &entries[count++];
        entry->is_folder = byte_read_u8(&reader) == 'd';
        entry->size_bytes = byte_read_u64(&reader);
        uint32_t len = byte_read_u32(&reader);
        const uint8_t *path = byte_read_bytes(&reader, len);
        entry->path = str_from_bytes(path, path ? len : 0);
        entry->name = entry->path;
        while (str_find_byte(entry->name, '/') != STR_NONE) str_cut(&entry->name, '/');
    }
    if (reader.failed)
        return error(BAD_REQUEST, "bad_frame", "The other end sent half a list of files.");
    *ret_entries = entries;
    *ret_count = count;
    return OK;
}

static Error remote_list_folder(void *end, Str path, Arena *arena, FileEntry **ret_entries,
                                size_t *ret_count) {
    Str bytes = {0};
    TRY(ask_remote(end, FRAME_LIST, path, arena, &bytes));
    return parse_entries(bytes, arena, ret_entries, ret_count);
}

static Error remote_write_file(void *end, Str path, Str bytes) {
    Remote *remote = end;
    Text payload = text_create(remote->arena, path.len + 1 + bytes.len);
    text_add(&payload, path);
    text_add_byte(&payload, '\0');
    text_add(&payload, bytes);
    Str ignored;
    return ask_remote(remote, FRAME_WRITE, text_str(&payload), remote->arena, &ignored);
}

static void serve_caller(Program *program, int fd) {
    Arena arena = arena_create(CONTROL_ARENA_BYTES);
    Frame frame;
    if (frame_read(fd, &arena, &frame) && frame.kind == FRAME_WORDS) {
        Str *words = arena_new(&arena, Str, CONTROL_WORDS_MAX);
        size_t count = 0;
        while (frame.payload.len && count < CONTROL_WORDS_MAX)
            words[count++] = str_cut(&frame.payload, '\0');
        Remote remote = {fd, &arena};
        CommandIo io = {&remote,          remote_out,         remote_err,
                        remote_read_file, remote_list_folder, remote_write_file};
        char code = (char)command_run_in(program, &io, words, count);
        frame_write(fd, FRAME_DONE, (Str){&code, 1});
    }
    arena_free(&arena);
}

static void *run_control(void *argument) {
    Control *control = argument;
    for (;;) {
        int fd = accept4(control->listener, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0 && (errno == EINTR || errno == ECONNABORTED)) continue;
        if (fd < 0) return NULL; /* shut down by control_stop */
        serve_caller(control->program, fd);
        close(fd);
    }
}

static int open_listener(const struct sockaddr_un *address) {
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    unlink(
        address
            ->sun_path); /* of a server that was killed; the store's lock says there is no other */
    mode_t before = umask(0177);
    int bound = bind(fd, (const struct sockaddr *)address, sizeof *address);
    umask(before);
    if (bound == 0 && listen(fd, 8) == 0) return fd;
    close(fd);
    return -1;
}

Error control_start(Program *program, Control **ret_control) {
    Control *control = calloc(1, sizeof *control);
    assert(control);
    control->program = program;
    control->listener = -1;
    const Settings *settings = atomic_load(&program->settings);
    if (control_address(settings, &control->address))
        control->listener = open_listener(&control->address);
    if (control->listener < 0 ||
        pthread_create(&control->thread, NULL, run_control, control) != 0) {
        if (control->listener >= 0) close(control->listener);
        free(control);
        return error(UNAVAILABLE, "no_control_socket",
                     "The control socket in {} cannot be made: {}.", settings->data_folder,
                     str_from_c(strerrordesc_np(errno)));
    }
    *ret_control = control;
    return OK;
}

void control_stop(Control *control) {
    if (!control) return;
    shutdown(control->listener, SHUT_RDWR);
    pthread_join(control->thread, NULL);
    close(control->listener);
    unlink(control->address.sun_path);
    free(control);
}

/* The caller's side: answers what the server asks of files and terminal. */

static Str write_entries(const FileEntry *entries, size_t count, Arena *arena) {
    size_t room = 0;
    for (size_t i = 0; i < count; i++) room += 13 + entries[i].path.len;
    uint8_t *bytes = arena_alloc(arena, room, 1);
    ByteWriter writer = byte_writer(bytes, room);
    for (size_t i = 0; i < count; i++) {
        byte_write_u8(&writer, entries[i].is_folder ? 'd' : 'f');
        byte_write_u64(&writer, entries[i].size_bytes);
        byte_write_u32(&writer, (uint32_t)entries[i].path.len);
        byte_write_bytes(&writer, entries[i].path.at, entries[i].path.len);
    }
    return str_from_bytes(bytes, byte_written(&writer));
}

static Error list_for_server(const CommandIo *io, Str path, Arena *arena, Str *ret_bytes) {
    FileEntry *entries;
    size_t count;
    TRY(io->list_folder(io->end, path, arena, &entries, &count));
    *ret_bytes = write_entries(entries, count, arena);
    return OK;
}

static Error answer_server(const CommandIo *io, const Frame *frame, Arena *arena, Str *ret_bytes) {
    if (frame->kind == FRAME_READ) return io->read_file(io->end, frame->payload, arena, ret_bytes);
    if (frame->kind == FRAME_LIST) return list_for_server(io, frame->payload, arena, ret_bytes);
    Str rest = frame->payload;
    Str path = str_cut(&rest, '\0');
    *ret_bytes = STR("");
    return io->write_file(io->end, path, rest);
}

/* One frame of the server; false when the command is done, or the server gone. */
static bool follow_server(int fd, const CommandIo *io, int *ret_code) {
    Arena arena = arena_create(CONTROL_ARENA_BYTES);
    Frame frame;
    bool going_on = frame_read(fd, &arena, &frame);
    if (!going_on) {
        io->err(io->end, STR("essaim: the server ended before the command did.\n"));
    } else if (frame.kind == FRAME_OUT) {
        io->out(io->end, frame.payload);
    } else if (frame.kind == FRAME_ERR) {
        io->err(io->end, frame.payload);
    } else if (frame.kind == FRAME_DONE) {
        *ret_code = frame.payload.len ? frame.payload.at[0] : 1;
        going_on = false;
    } else {
        Str bytes = {0};
        Error e = answer_server(io, &frame, &arena, &bytes);
        going_on = failed(e) ? frame_write(fd, FRAME_FAILED, frame_failure(e, &arena))
                             : frame_write(fd, FRAME_BYTES, bytes);
    }
    arena_free(&arena);
    return going_on;
}

static bool send_words(int fd, const Str *words, size_t count) {
    Arena arena = arena_create(16 * MIB);
    Text text = text_create(&arena, 8 * MIB);
    for (size_t i = 0; i < count; i++) {
        text_add(&text, words[i]);
        text_add_byte(&text, '\0');
    }
    bool sent = !text.full && frame_write(fd, FRAME_WORDS, text_str(&text));
    arena_free(&arena);
    return sent;
}

bool control_ask(const Settings *settings, const CommandIo *io, const Str *words, size_t count,
                 int *ret_code) {
    struct sockaddr_un address;
    if (!control_address(settings, &address)) return false;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return false;
    if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        close(fd);
        return false;
    }
    *ret_code = 1;
    bool going_on = send_words(fd, words, count);
    while (going_on) going_on = follow_server(fd, io, ret_code);
    close(fd);
    return true;
}
