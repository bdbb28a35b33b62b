#include "command/takeover.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/heap.h"
#include "base/limits.h"
#include "base/log.h"
#include "command/control.h"
#include "command/frame.h"

enum {
    TAKEOVER_ARENA_BYTES = 16 * MIB,
    OFFER_S = 30, /* the predecessor takes that long at most to show what it has ... */
    STOP_S = 300, /* ... and to finish what it has begun and save it */
};

/* Said first, so that two versions that would not understand each other find out in time. */
static const Str FORM = STR("essaim takeover 1");

struct Predecessor {
    int fd;
    Arena arena;
};

static void set_patience(int fd, int seconds) {
    struct timeval patience = {.tv_sec = seconds};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
}

static void take_all(ListenerSet *set, const int *sockets, size_t count) {
    for (size_t i = 0; i < count; i++) {
        Error e = listener_set_add(set, sockets[i]);
        if (failed(e)) log_event(LOG_WARNING, "socket_not_taken", {"code", str_from_c(e.code)});
    }
}

static void warn(const char *when) {
    log_event(LOG_WARNING, "predecessor_gone", {"when", str_from_c(when)});
}

/* False when there is nobody to take over from any more; an Error when it says no. */
static Error read_offer(Predecessor *predecessor, Inheritance *inheritance, Arena *arena,
                        bool *ret_offered) {
    int *sockets;
    size_t count;
    Frame frame;
    set_patience(predecessor->fd, OFFER_S);
    *ret_offered = frame_write(predecessor->fd, FRAME_TAKEOVER, FORM) &&
                   frame_read(predecessor->fd, &predecessor->arena, &frame);
    if (!*ret_offered) return OK;
    if (frame.kind == FRAME_FAILED) return frame_failure_parse(frame.payload, arena);
    *ret_offered = frame.kind == FRAME_YOURS && str_equal(frame.payload, FORM) &&
                   frame_read_sockets(predecessor->fd, &predecessor->arena, &sockets, &count);
    if (*ret_offered) take_all(inheritance->listeners, sockets, count);
    return OK;
}

Error takeover_ask(const Settings *settings, Inheritance *inheritance,
                   Predecessor **ret_predecessor) {
    int fd = control_call(settings);
    bool offered;
    *ret_predecessor = NULL;
    if (fd < 0) return OK;
    Predecessor *predecessor = heap_new(1, sizeof *predecessor);
    *predecessor = (Predecessor){.fd = fd, .arena = arena_create(TAKEOVER_ARENA_BYTES)};
    Error e = read_offer(predecessor, inheritance, settings->arena, &offered);
    if (!failed(e) && offered) {
        *ret_predecessor = predecessor;
        return OK;
    }
    if (!failed(e)) warn("asked for its sockets");
    takeover_free(predecessor);
    return e;
}

static void take_idle(HttpIdle *idle, const int *sockets, size_t count) {
    idle->fds = heap_grow(idle->fds, &idle->room, idle->count + count, sizeof *idle->fds);
    memcpy(idle->fds + idle->count, sockets, count * sizeof *sockets);
    idle->count += count;
}

void takeover_stop(Predecessor *predecessor, Inheritance *inheritance) {
    int *sockets;
    size_t count;
    set_patience(predecessor->fd, STOP_S);
    if (!frame_write(predecessor->fd, FRAME_STOP, STR("")) ||
        !frame_read_sockets(predecessor->fd, &predecessor->arena, &sockets, &count))
        warn("told to stop");
    else if (count)
        take_idle(&inheritance->idle, sockets, count);
}

void takeover_ready(Predecessor *predecessor) {
    if (predecessor) frame_write(predecessor->fd, FRAME_READY, STR(""));
}

void takeover_free(Predecessor *predecessor) {
    if (!predecessor) return;
    close(predecessor->fd);
    arena_free(&predecessor->arena);
    heap_free(predecessor);
}

/* ---- the predecessor ---- */

static bool offer(const ListenerSet *set, int fd, Arena *arena) {
    int *sockets = arena_new(arena, int, set->count);
    for (size_t i = 0; i < set->count; i++) sockets[i] = set->at[i].fd;
    return frame_write(fd, FRAME_YOURS, FORM) && frame_write_sockets(fd, sockets, set->count);
}

bool takeover_offer(const Program *program, int control_listener, int fd, Arena *arena) {
    ListenerSet *set = listener_set_create();
    program_list_sockets(program, set);
    listener_set_add_copy(set, control_listener);
    bool offered = offer(set, fd, arena);
    listener_set_free(set); /* the successor has its own copies */
    Frame frame;
    return offered && frame_read(fd, arena, &frame) && frame.kind == FRAME_STOP;
}

bool takeover_give(int fd, const Inheritance *inheritance) {
    Arena arena = arena_create(TAKEOVER_ARENA_BYTES);
    Frame frame;
    bool taken = frame_write_sockets(fd, inheritance->idle.fds, inheritance->idle.count) &&
                 frame_read(fd, &arena, &frame) && frame.kind == FRAME_READY;
    arena_free(&arena);
    return taken;
}

long takeover_process(int fd) {
    struct ucred who = {0};
    socklen_t len = sizeof who;
    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) == 0 ? (long)who.pid : 0;
}
