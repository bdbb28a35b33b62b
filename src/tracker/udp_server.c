#include "tracker/udp_server.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sock_diag.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/log.h"

typedef struct {
    UdpServer *server;
    size_t number;
    int socket;
    bool is_running;
    pthread_t thread;
    UdpBatch *batch;
} Worker;

struct UdpServer {
    UdpHandler handler;
    atomic_bool is_stopping;
    size_t listen_count, worker_count;
    uint16_t ports[TRACKER_LISTENERS_MAX];
    Worker *workers[];
};

static bool is_wildcard(IpAddress ip) {
    static const uint8_t none[16];
    return memcmp(ip.bytes + 12, none, 4) == 0 &&
           (ip_is_v4(ip) || memcmp(ip.bytes, none, sizeof none) == 0);
}

static bool set_option(int socket, int level, int option, int value) {
    return setsockopt(socket, level, option, &value, sizeof value) == 0;
}

/* True for an address that can be bound; errno says why not. */
static bool prepare_socket(int socket, Endpoint listen) {
    bool v4 = ip_is_v4(listen.ip);
    struct timeval wait = {.tv_usec = UDP_STOP_MS * 1000 / 2};
    /* A small buffer loses bursts; without the right to a large one we take what we get. */
    if (!set_option(socket, SOL_SOCKET, SO_RCVBUFFORCE, UDP_RECEIVE_BUFFER_BYTES))
        set_option(socket, SOL_SOCKET, SO_RCVBUF, UDP_RECEIVE_BUFFER_BYTES);
    if (is_wildcard(listen.ip) && !(v4 ? set_option(socket, IPPROTO_IP, IP_PKTINFO, 1)
                                       : set_option(socket, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1)))
        return false;
    return setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait) == 0;
}

static bool bind_socket(int socket, Endpoint listen) {
    struct sockaddr_storage name;
    socklen_t len = endpoint_to_sockaddr(listen, &name);
    return bind(socket, (struct sockaddr *)&name, len) == 0;
}

static int open_socket(Endpoint listen, bool shared) {
    int family = ip_is_v4(listen.ip) ? AF_INET : AF_INET6;
    int descriptor = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return -1;
    if ((family == AF_INET || set_option(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, 1)) &&
        prepare_socket(descriptor, listen) &&
        (!shared || set_option(descriptor, SOL_SOCKET, SO_REUSEPORT, 1)) &&
        bind_socket(descriptor, listen))
        return descriptor;
    int cause = errno;
    close(descriptor);
    errno = cause;
    return -1;
}

/* With SO_REUSEPORT a second program of the same user would quietly take half of our packets; a
 * socket that does not share finds out. */
static bool is_free(Endpoint listen) {
    if (listen.port == 0) return true;
    int descriptor = open_socket(listen, false);
    if (descriptor >= 0) close(descriptor);
    return descriptor >= 0;
}

static uint16_t bound_port(int socket) {
    struct sockaddr_storage name = {0};
    socklen_t len = sizeof name;
    if (getsockname(socket, (struct sockaddr *)&name, &len) != 0) return 0;
    return endpoint_from_sockaddr(&name).port;
}

/* Errors of receiving are about earlier replies (ICMP) or the time-out; none ends the thread. */
static void *work(void *argument) {
    Worker *worker = argument;
    UdpServer *server = worker->server;
    const UdpHandler *handler = &server->handler;
    while (!atomic_load_explicit(&server->is_stopping, memory_order_relaxed)) {
        size_t count = udp_batch_receive(worker->batch, worker->socket);
        if (count == 0) continue;
        handler->handle(handler->argument, worker->number, udp_batch_datagrams(worker->batch),
                        count);
        udp_batch_send(worker->batch, worker->socket, count);
    }
    return NULL;
}

static Error listen_error(Endpoint listen, Arena *arena, int cause) {
    return error_field(UNAVAILABLE, "tracker.udp_listen", "cannot_listen",
                       "The tracker cannot listen on {}: {}.", endpoint_write(arena, listen),
                       str_from_c(strerrordesc_np(cause)));
}

static void worker_close(Worker *worker) {
    int cause = errno;
    if (worker->is_running) pthread_join(worker->thread, NULL);
    if (worker->socket >= 0) close(worker->socket);
    udp_batch_free(worker->batch);
    free(worker);
    errno = cause;
}

/* "All IPv6 addresses" of a machine without IPv6 is none: no reason not to serve the others. */
static bool is_missing_family(Endpoint listen, int cause) {
    return !ip_is_v4(listen.ip) && is_wildcard(listen.ip) &&
           (cause == EAFNOSUPPORT || cause == EADDRNOTAVAIL);
}

static Error pass_over(Error e, Arena *arena) {
    log_event(LOG_WARNING, "address passed over", {"cause", error_text(e, arena)});
    return OK;
}

/* One that was bound for us may be anyone's: it gets the options of our own. */
static int take_socket(ListenerSet *inherited, Endpoint listen) {
    int descriptor = listener_set_take(inherited, LISTENER_UDP, listen);
    if (descriptor < 0) return open_socket(listen, true);
    int flags = fcntl(descriptor, F_GETFL);
    if (flags >= 0 && fcntl(descriptor, F_SETFL, flags & ~O_NONBLOCK) == 0 &&
        prepare_socket(descriptor, listen))
        return descriptor;
    int cause = errno;
    close(descriptor);
    errno = cause;
    return -1;
}

/* Whoever bound the first may not share the port: then all threads read that one. */
static int next_socket(const UdpServer *server, const UdpListen *wanted, Endpoint listen,
                       bool has_one) {
    int descriptor = take_socket(wanted->inherited, listen);
    if (descriptor >= 0 || errno != EADDRINUSE || !has_one) return descriptor;
    return fcntl(server->workers[server->worker_count - 1]->socket, F_DUPFD_CLOEXEC, 0);
}

/* Takes the socket. NULL with errno set. */
static Worker *worker_open(UdpServer *server, int descriptor, bool is_any) {
    Worker *worker = calloc(1, sizeof *worker);
    if (!worker) {
        close(descriptor);
        return NULL;
    }
    worker->server = server;
    worker->number = server->worker_count;
    worker->socket = descriptor;
    worker->batch = udp_batch_create(is_any);
    if (worker->batch) return worker;
    worker_close(worker);
    return NULL;
}

static bool open_address(UdpServer *server, const UdpListen *wanted, size_t index) {
    Endpoint listen = wanted->listen[index];
    bool is_ours = listener_set_count(wanted->inherited, LISTENER_UDP, listen) > 0;
    if (!is_ours && !is_free(listen)) return false;
    for (unsigned i = 0; i < wanted->threads; i++) {
        int descriptor = next_socket(server, wanted, listen, is_ours && i > 0);
        if (descriptor < 0) return false;
        Worker *worker = worker_open(server, descriptor, is_wildcard(listen.ip));
        if (!worker) return false;
        server->workers[server->worker_count++] = worker;
        listen.port = bound_port(worker->socket);
        if (listen.port == 0) return false;
    }
    if (wanted->steering && wanted->threads > 1)
        (void)udp_steering_attach(wanted->steering,
                                  server->workers[server->worker_count - 1]->socket);
    server->ports[index] = listen.port;
    return true;
}

static Error start_threads(UdpServer *server) {
    for (size_t i = 0; i < server->worker_count; i++) {
        Worker *worker = server->workers[i];
        int cause = pthread_create(&worker->thread, NULL, work, worker);
        if (cause)
            return error(UNAVAILABLE, "cannot_start_thread", "A thread cannot be started: {}.",
                         str_from_c(strerrordesc_np(cause)));
        worker->is_running = true;
    }
    return OK;
}

Error udp_server_open(const UdpListen *listen, UdpHandler handler, Arena *arena,
                      UdpServer **ret_server) {
    assert(listen->listen_count <= TRACKER_LISTENERS_MAX && listen->threads >= 1 &&
           listen->threads <= TRACKER_UDP_THREADS_MAX);
    size_t workers = listen->listen_count * listen->threads;
    UdpServer *server = calloc(1, sizeof *server + workers * sizeof server->workers[0]);
    assert(server);
    server->handler = handler;
    server->listen_count = listen->listen_count;
    Error e = OK;
    for (size_t i = 0; i < listen->listen_count && !failed(e); i++) {
        server->ports[i] = listen->listen[i].port;
        if (open_address(server, listen, i)) continue;
        int cause = errno;
        e = listen_error(listen->listen[i], arena, cause);
        if (is_missing_family(listen->listen[i], cause)) e = pass_over(e, arena);
    }
    if (!failed(e)) e = start_threads(server);
    if (failed(e)) {
        udp_server_close(server);
        return e;
    }
    *ret_server = server;
    return OK;
}

void udp_server_list(const UdpServer *server, ListenerSet *set) {
    for (size_t i = 0; i < server->worker_count; i++)
        listener_set_add_copy(set, server->workers[i]->socket);
}

static uint32_t dropped_by(int socket) {
    uint32_t use[SK_MEMINFO_VARS] = {0};
    socklen_t len = sizeof use;
    if (getsockopt(socket, SOL_SOCKET, SO_MEMINFO, use, &len) != 0) return 0;
    return use[SK_MEMINFO_DROPS];
}

UdpHealth udp_server_health(const UdpServer *server) {
    UdpHealth health = {.receive_buffer_bytes = UINT64_MAX};
    for (size_t i = 0; i < server->worker_count; i++) {
        int bytes = 0, socket = server->workers[i]->socket;
        socklen_t len = sizeof bytes;
        /* The kernel doubles what was asked for, and says so. */
        if (getsockopt(socket, SOL_SOCKET, SO_RCVBUF, &bytes, &len) == 0 &&
            (uint64_t)bytes / 2 < health.receive_buffer_bytes)
            health.receive_buffer_bytes = (uint64_t)bytes / 2;
        health.dropped += dropped_by(socket);
    }
    if (health.receive_buffer_bytes == UINT64_MAX) health.receive_buffer_bytes = 0;
    return health;
}

uint16_t udp_server_port(const UdpServer *server, size_t listen_index) {
    assert(listen_index < server->listen_count);
    return server->ports[listen_index];
}

void udp_server_close(UdpServer *server) {
    if (!server) return;
    atomic_store(&server->is_stopping, true);
    for (size_t i = 0; i < server->worker_count; i++) worker_close(server->workers[i]);
    free(server);
}
