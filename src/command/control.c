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

enum {
    CONTROL_ARENA_BYTES = 2000 * MIB,
    CONTROL_WORDS_MAX = 1000,
    CALLERS_MAX = 4,      /* served at once: one that waits for its terminal keeps nobody out */
    CALLER_WORDS_S = 10,  /* to say what is wanted */
    CALLER_READS_S = 120, /* to take some of what it is sent; a paused terminal is gone then */
};

/* One thread and the caller it serves. */
typedef struct {
    struct Control *control;
    pthread_t thread;
    int fd; /* -1: waits for the next */
} Seat;

struct Control {
    Program *program;
    int listener;
    struct sockaddr_un address;
    pthread_mutex_t lock; /* of `stopping` and the seats' descriptors */
    bool stopping;
    size_t seat_count;
    Seat seats[CALLERS_MAX];
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

/* Half a frame cannot be mended: from then on the other end is gone, and every question to it fails
 * at once. */
static void tell_remote(const Remote *remote, FrameKind kind, Str text) {
    if (!frame_write(remote->fd, kind, text)) shutdown(remote->fd, SHUT_RDWR);
}

static void remote_out(void *end, Str text) { tell_remote(end, FRAME_OUT, text); }
static void remote_err(void *end, Str text) { tell_remote(end, FRAME_ERR, text); }

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

static void set_patience(int fd, int option, int seconds) {
    struct timeval patience = {.tv_sec = seconds};
    setsockopt(fd, SOL_SOCKET, option, &patience, sizeof patience);
}

static void serve_caller(Program *program, int fd) {
    Arena arena = arena_create(CONTROL_ARENA_BYTES);
    Frame frame;
    set_patience(fd, SO_RCVTIMEO, CALLER_WORDS_S);
    set_patience(fd, SO_SNDTIMEO, CALLER_READS_S);
    if (frame_read(fd, &arena, &frame) && frame.kind == FRAME_WORDS) {
        set_patience(fd, SO_RCVTIMEO, 0); /* a person may have to type what is read next */
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

/* False when it is time to stop: then the caller is not served. */
static bool take_seat(Seat *seat, int fd) {
    pthread_mutex_lock(&seat->control->lock);
    bool goes_on = !seat->control->stopping;
    seat->fd = goes_on ? fd : -1;
    pthread_mutex_unlock(&seat->control->lock);
    return goes_on;
}

static void leave_seat(Seat *seat) {
    pthread_mutex_lock(&seat->control->lock);
    close(seat->fd);
    seat->fd = -1;
    pthread_mutex_unlock(&seat->control->lock);
}

static void *run_seat(void *argument) {
    Seat *seat = argument;
    for (;;) {
        int fd = accept4(seat->control->listener, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0 && (errno == EINTR || errno == ECONNABORTED)) continue;
        if (fd < 0) return NULL; /* shut down by control_stop */
        if (!take_seat(seat, fd)) {
            close(fd);
            return NULL;
        }
        serve_caller(seat->control->program, fd);
        leave_seat(seat);
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

static bool start_seats(Control *control) {
    for (; control->seat_count < CALLERS_MAX; control->seat_count++) {
        Seat *seat = &control->seats[control->seat_count];
        *seat = (Seat){.control = control, .fd = -1};
        errno = pthread_create(&seat->thread, NULL, run_seat, seat);
        if (errno) return false;
    }
    return true;
}

Error control_start(Program *program, Control **ret_control) {
    Control *control = calloc(1, sizeof *control);
    assert(control);
    control->program = program;
    control->listener = -1;
    pthread_mutex_init(&control->lock, NULL);
    const Settings *settings = atomic_load(&program->settings);
    errno = ENAMETOOLONG;
    if (control_address(settings, &control->address))
        control->listener = open_listener(&control->address);
    if (control->listener < 0 || !start_seats(control)) {
        Error e =
            error(UNAVAILABLE, "no_control_socket", "The control socket in {} cannot be made: {}.",
                  settings->data_folder, str_from_c(strerrordesc_np(errno)));
        control_stop(control);
        return e;
    }
    *ret_control = control;
    return OK;
}

/* Whoever is being served is cut off: a command that waits for its caller must not keep the server
 * from ending. */
static void cut_off(Control *control) {
    pthread_mutex_lock(&control->lock);
    control->stopping = true;
    for (size_t i = 0; i < control->seat_count; i++)
        if (control->seats[i].fd >= 0) shutdown(control->seats[i].fd, SHUT_RDWR);
    pthread_mutex_unlock(&control->lock);
}

void control_stop(Control *control) {
    if (!control) return;
    if (control->listener >= 0) shutdown(control->listener, SHUT_RDWR);
    cut_off(control);
    for (size_t i = 0; i < control->seat_count; i++) pthread_join(control->seats[i].thread, NULL);
    if (control->listener >= 0) {
        close(control->listener);
        unlink(control->address.sun_path);
    }
    pthread_mutex_destroy(&control->lock);
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
