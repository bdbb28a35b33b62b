#include "base/listener.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/heap.h"

ListenerSet *listener_set_create(void) { return heap_new(1, sizeof(ListenerSet)); }

void listener_set_free(ListenerSet *set) {
    if (!set) return;
    for (size_t i = 0; i < set->count; i++)
        if (set->at[i].fd >= 0) close(set->at[i].fd);
    heap_free(set->at);
    heap_free(set);
}

static int socket_option(int fd, int option) {
    int value = -1;
    socklen_t len = sizeof value;
    return getsockopt(fd, SOL_SOCKET, option, &value, &len) == 0 ? value : -1;
}

static bool recognize(int fd, Listener *ret_listener) {
    struct sockaddr_storage name = {0};
    socklen_t len = sizeof name;
    if (getsockname(fd, (struct sockaddr *)&name, &len) != 0) return false;
    int type = socket_option(fd, SO_TYPE);
    bool listens = socket_option(fd, SO_ACCEPTCONN) == 1;
    Listener listener = {.fd = fd};
    if (name.ss_family == AF_UNIX) {
        listener.kind = LISTENER_LOCAL;
        *ret_listener = listener;
        return listens && type == SOCK_STREAM;
    }
    if (name.ss_family != AF_INET && name.ss_family != AF_INET6) return false;
    listener.kind = type == SOCK_DGRAM ? LISTENER_UDP : LISTENER_TCP;
    listener.bound = endpoint_from_sockaddr(&name);
    *ret_listener = listener;
    return listener.bound.port != 0 && (type == SOCK_DGRAM || (type == SOCK_STREAM && listens));
}

Error listener_set_add(ListenerSet *set, int fd) {
    Listener listener;
    if (!recognize(fd, &listener)) {
        close(fd);
        return error(BAD_INPUT, "not_a_listener",
                     "A socket that was handed over neither listens nor is bound.");
    }
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    set->at = heap_grow(set->at, &set->room, set->count + 1, sizeof *set->at);
    set->at[set->count++] = listener;
    return OK;
}

void listener_set_add_copy(ListenerSet *set, int fd) {
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (copy < 0) return;
    Error e = listener_set_add(set, copy);
    (void)e; /* one of our own, and bound */
}

static bool is_bound_to(const Listener *listener, ListenerKind kind, Endpoint asked) {
    return listener->fd >= 0 && listener->kind == kind && ip_equal(listener->bound.ip, asked.ip) &&
           (asked.port == 0 || listener->bound.port == asked.port);
}

int listener_set_take(ListenerSet *set, ListenerKind kind, Endpoint asked) {
    for (size_t i = 0; set && i < set->count; i++) {
        Listener *listener = &set->at[i];
        if (!is_bound_to(listener, kind, asked)) continue;
        int fd = listener->fd;
        listener->fd = -1;
        return fd;
    }
    return -1;
}

int listener_set_take_local(ListenerSet *set) {
    for (size_t i = 0; set && i < set->count; i++) {
        if (set->at[i].fd < 0 || set->at[i].kind != LISTENER_LOCAL) continue;
        int fd = set->at[i].fd;
        set->at[i].fd = -1;
        return fd;
    }
    return -1;
}

size_t listener_set_count(const ListenerSet *set, ListenerKind kind, Endpoint asked) {
    size_t count = 0;
    for (size_t i = 0; set && i < set->count; i++) count += is_bound_to(&set->at[i], kind, asked);
    return count;
}
