#include "command/control.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/text.h"
#include "command/frame.h"
#include "command/takeover.h"

enum {
    CONTROL_ARENA_BYTES = 2000 * MIB,
    CONTROL_WORDS_MAX = 1000,
    CALLERS_MAX = 4,     /* served at once: one that waits for its terminal keeps nobody out */
    CALLER_WORDS_S = 10, /* to say what is wanted */
    SHORT_OF_DESCRIPTORS_MS = 100,
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
    int wake; /* readable when it is time to stop: the listener may live on in a successor */
    struct sockaddr_un address;
    pthread_mutex_t lock; /* of what follows, but for the threads */
    bool stopping;
    bool offered;  /* somebody is getting ready to take over ... */
    int successor; /* ... and has said stop; -1: not yet */
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

static Error remote_read_part(void *end, Str path, FilePart part, Arena *arena, Str *ret_bytes) {
    Remote *remote = end;
    size_t room = 16 + path.len;
    uint8_t *payload = arena_alloc(arena, room, 1);
    ByteWriter writer = byte_writer(payload, room);
    byte_write_u64(&writer, part.offset);
    byte_write_u64(&writer, part.len);
    byte_write_bytes(&writer, path.at, path.len);
    return ask_remote(remote, FRAME_READ_PART, str_from_bytes(payload, room), arena, ret_bytes);
}

/* In memory of its own: there are many parts. */
static Error remote_write_part(void *end, Str path, uint64_t offset, Str bytes) {
    size_t room = 9 + path.len + bytes.len;
    Arena arena = arena_create(room + 64 * KIB);
    uint8_t *payload = arena_alloc(&arena, room, 1);
    ByteWriter writer = byte_writer(payload, room);
    byte_write_u64(&writer, offset);
    byte_write_bytes(&writer, path.at, path.len);
    byte_write_u8(&writer, 0);
    byte_write_bytes(&writer, bytes.at, bytes.len);
    Str ignored;
    Error e = ask_remote(end, FRAME_WRITE_PART, str_from_bytes(payload, room), &arena, &ignored);
    for (size_t i = 0; i < 2 && failed(e); i++) /* they end with the arena */
        e.subject[i] = arena_copy(((Remote *)end)->arena, e.subject[i]);
    arena_free(&arena);
    return e;
}

static CommandLook remote_look(void *end, Str path) {
    Arena arena = arena_create(MIB);
    CommandLook look = {0};
    Str answer;
    if (!failed(ask_remote(end, FRAME_LOOK, path, &arena, &answer)) && answer.len) {
        look.on_terminal = answer.at[0] == '1';
        if (!str_to_u64(str_skip(answer, 1), &look.size_bytes)) look.size_bytes = 0;
    }
    arena_free(&arena);
    return look;
}

static void set_patience(int fd, int option, int seconds) {
    struct timeval patience = {.tv_sec = seconds};
    setsockopt(fd, SOL_SOCKET, option, &patience, sizeof patience);
}

static void run_words(Program *program, int fd, Frame frame, Arena *arena) {
    Str *words = arena_new(arena, Str, CONTROL_WORDS_MAX);
    size_t count = 0;
    while (frame.payload.len && count < CONTROL_WORDS_MAX)
        words[count++] = str_cut(&frame.payload, '\0');
    Remote remote = {fd, arena};
    CommandIo io = {&remote,          remote_out,         remote_err,
                    remote_read_file, remote_list_folder, remote_write_file,
                    remote_read_part, remote_write_part,  remote_look};
    char code = (char)command_run_in(program, &io, words, count);
    frame_write(fd, FRAME_DONE, (Str){&code, 1});
}

/* True for the first: two successors would share what can be had once. */
static bool begin_offer(Control *control) {
    pthread_mutex_lock(&control->lock);
    bool begins = !control->offered;
    control->offered = true;
    pthread_mutex_unlock(&control->lock);
    return begins;
}

static void end_offer(Seat *seat, bool wanted) {
    Control *control = seat->control;
    pthread_mutex_lock(&control->lock);
    control->offered = wanted;
    bool goes_on = wanted && !control->stopping;
    if (goes_on) {
        control->successor = seat->fd;
        seat->fd = -1;
    }
    pthread_mutex_unlock(&control->lock);
    if (goes_on) kill(getpid(), SIGUSR1);
    if (!wanted) log_event(LOG_WARNING, "takeover_given_up");
}

static void serve_successor(Seat *seat, Arena *arena) {
    Control *control = seat->control;
    if (begin_offer(control)) {
        log_event(LOG_INFO, "takeover_asked");
        end_offer(seat, takeover_offer(control->program, control->listener, seat->fd, arena));
        return;
    }
    Error e = error(CONFLICT, "takeover_under_way", "Another process is taking over already.");
    frame_write(seat->fd, FRAME_FAILED, frame_failure(e, arena));
}

static void serve_caller(Seat *seat) {
    Arena arena = arena_create(CONTROL_ARENA_BYTES);
    Frame frame;
    int fd = seat->fd;
    set_patience(fd, SO_RCVTIMEO, CALLER_WORDS_S);
    set_patience(fd, SO_SNDTIMEO, CALLER_READS_S);
    bool heard = frame_read(fd, &arena, &frame);
    /* A person may have to type what is read next, a successor to read a large catalogue. */
    if (heard) set_patience(fd, SO_RCVTIMEO, 0);
    if (heard && frame.kind == FRAME_WORDS)
        run_words(seat->control->program, fd, frame, &arena);
    else if (heard && frame.kind == FRAME_TAKEOVER)
        serve_successor(seat, &arena);
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
    if (seat->fd >= 0) close(seat->fd);
    seat->fd = -1;
    pthread_mutex_unlock(&seat->control->lock);
}

/* The next caller; -1: it is time to stop. */
static int wait_for_caller(const Control *control) {
    struct pollfd both[] = {{.fd = control->listener, .events = POLLIN},
                            {.fd = control->wake, .events = POLLIN}};
    for (;;) {
        if (poll(both, 2, -1) < 0 && errno != EINTR) return -1;
        if (both[1].revents) return -1;
        int fd = accept4(control->listener, NULL, NULL, SOCK_CLOEXEC);
        if (fd >= 0) return fd;
        /* Another seat was faster, the caller is gone, or descriptors are short for a while. */
        if (errno == EMFILE || errno == ENFILE || errno == ENOMEM)
            poll(NULL, 0, SHORT_OF_DESCRIPTORS_MS);
        else if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
            return -1;
    }
}

static void *run_seat(void *argument) {
    Seat *seat = argument;
    for (int fd; (fd = wait_for_caller(seat->control)) >= 0;) {
        if (!take_seat(seat, fd)) {
            close(fd);
            return NULL;
        }
        serve_caller(seat);
        leave_seat(seat);
    }
    return NULL;
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

static int take_listener(ListenerSet *inherited, const struct sockaddr_un *address) {
    int fd = listener_set_take_local(inherited);
    if (fd < 0) fd = open_listener(address);
    /* All seats wait for it, and one gets the caller. */
    if (fd >= 0) fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

Error control_start(Program *program, ListenerSet *inherited, Control **ret_control) {
    Control *control = calloc(1, sizeof *control);
    assert(control);
    control->program = program;
    control->listener = control->successor = -1;
    control->wake = eventfd(0, EFD_CLOEXEC);
    pthread_mutex_init(&control->lock, NULL);
    const Settings *settings = atomic_load(&program->settings);
    errno = ENAMETOOLONG;
    if (control_address(settings, &control->address))
        control->listener = take_listener(inherited, &control->address);
    if (control->listener < 0 || control->wake < 0 || !start_seats(control)) {
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

static void end_seats(Control *control) {
    uint64_t one = 1;
    if (control->wake >= 0) (void)!write(control->wake, &one, sizeof one);
    cut_off(control);
    for (size_t i = 0; i < control->seat_count; i++) pthread_join(control->seats[i].thread, NULL);
    if (control->wake >= 0) close(control->wake);
    pthread_mutex_destroy(&control->lock);
}

static void control_free(Control *control) {
    if (control->successor >= 0) close(control->successor);
    if (control->listener >= 0) close(control->listener);
    free(control);
}

void control_stop(Control *control) {
    if (!control) return;
    end_seats(control);
    if (control->listener >= 0) unlink(control->address.sun_path);
    control_free(control);
}

int control_successor(Control *control) {
    pthread_mutex_lock(&control->lock);
    int fd = control->successor;
    pthread_mutex_unlock(&control->lock);
    return fd;
}

void control_yield(Control *control, ListenerSet *ret_listeners) {
    end_seats(control);
    listener_set_add_copy(ret_listeners, control->listener);
    control->successor = -1; /* the caller's now */
    control_free(control);
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

static Error read_part_for_server(const CommandIo *io, Str asked, Arena *arena, Str *ret_bytes) {
    ByteReader reader = byte_reader(asked.at, asked.len);
    FilePart part = {.offset = byte_read_u64(&reader)};
    part.len = (size_t)byte_read_u64(&reader);
    if (reader.failed || part.len > COMMAND_FILE_BYTES_MAX)
        return error(BAD_REQUEST, "bad_frame", "The server asked for something else.");
    return io->read_part(io->end, str_skip(asked, 16), part, arena, ret_bytes);
}

static Error write_part_for_server(const CommandIo *io, Str asked) {
    ByteReader reader = byte_reader(asked.at, asked.len);
    uint64_t offset = byte_read_u64(&reader);
    Str rest = str_skip(asked, 8);
    Str path = str_cut(&rest, '\0');
    return io->write_part(io->end, path, offset, rest);
}

static Error answer_server(const CommandIo *io, const Frame *frame, Arena *arena, Str *ret_bytes) {
    if (frame->kind == FRAME_READ) return io->read_file(io->end, frame->payload, arena, ret_bytes);
    if (frame->kind == FRAME_LIST) return list_for_server(io, frame->payload, arena, ret_bytes);
    if (frame->kind == FRAME_READ_PART)
        return read_part_for_server(io, frame->payload, arena, ret_bytes);
    *ret_bytes = STR("");
    if (frame->kind == FRAME_WRITE_PART) return write_part_for_server(io, frame->payload);
    if (frame->kind == FRAME_LOOK) {
        CommandLook look = io->look(io->end, frame->payload);
        *ret_bytes = arena_print(arena, "%d%llu", look.on_terminal ? 1 : 0,
                                 (unsigned long long)look.size_bytes);
        return OK;
    }
    Str rest = frame->payload;
    Str path = str_cut(&rest, '\0');
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

int control_call(const Settings *settings) {
    struct sockaddr_un address;
    if (!control_address(settings, &address)) return -1;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) == 0) return fd;
    close(fd);
    return -1;
}

bool control_ask(const Settings *settings, const CommandIo *io, const Str *words, size_t count,
                 int *ret_code) {
    int fd = control_call(settings);
    if (fd < 0) return false;
    *ret_code = 1;
    bool going_on = send_words(fd, words, count);
    while (going_on) going_on = follow_server(fd, io, ret_code);
    close(fd);
    return true;
}
