#include "tracker/udp_server.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/log.h"

enum {
    PACKET_ROOM = 1536, /* the longest scrape is 1496 bytes; what is cut off is not looked at */
    RECEIVE_BUFFER_BYTES = 8 * MIB,
};

typedef union {
    char bytes[CMSG_SPACE(sizeof(struct in6_pktinfo))];
    struct cmsghdr align;
} Control;

typedef struct {
    struct mmsghdr messages[UDP_BATCH];
    struct iovec parts[UDP_BATCH];
    struct sockaddr_storage names[UDP_BATCH];
    Control controls[UDP_BATCH];
    uint8_t bytes[UDP_BATCH][PACKET_ROOM];
} Batch;

typedef struct {
    UdpServer *server;
    size_t number;
    int socket;
    bool is_running;
    pthread_t thread;
    Batch in, out;
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
    if (!set_option(socket, SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER_BYTES))
        set_option(socket, SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER_BYTES);
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

static void prepare_receive(Batch *batch) {
    for (size_t i = 0; i < UDP_BATCH; i++) {
        batch->parts[i] = (struct iovec){batch->bytes[i], sizeof batch->bytes[i]};
        batch->messages[i].msg_hdr = (struct msghdr){
            .msg_name = &batch->names[i],
            .msg_namelen = sizeof batch->names[i],
            .msg_iov = &batch->parts[i],
            .msg_iovlen = 1,
            .msg_control = &batch->controls[i],
            .msg_controllen = sizeof batch->controls[i],
        };
    }
}

/* Turns what was told of the way in into an order for the way out: same address, and the route is
 * the kernel's choice unless the address means something on one link only. Returns its length. */
static size_t answer_from(struct msghdr *message) {
    struct cmsghdr *control = CMSG_FIRSTHDR(message);
    if (!control) return 0;
    if (control->cmsg_level == IPPROTO_IP && control->cmsg_type == IP_PKTINFO) {
        struct in_pktinfo way;
        memcpy(&way, CMSG_DATA(control), sizeof way);
        way.ipi_ifindex = 0;
        memcpy(CMSG_DATA(control), &way, sizeof way);
        return CMSG_SPACE(sizeof way);
    }
    if (control->cmsg_level == IPPROTO_IPV6 && control->cmsg_type == IPV6_PKTINFO) {
        struct in6_pktinfo way;
        memcpy(&way, CMSG_DATA(control), sizeof way);
        if (!IN6_IS_ADDR_LINKLOCAL(&way.ipi6_addr)) way.ipi6_ifindex = 0;
        memcpy(CMSG_DATA(control), &way, sizeof way);
        return CMSG_SPACE(sizeof way);
    }
    return 0;
}

static void add_reply(Worker *worker, const UdpDatagram *datagram, struct msghdr *received,
                      size_t index) {
    size_t control_len = answer_from(received);
    worker->out.parts[index] = (struct iovec){datagram->reply, datagram->reply_len};
    worker->out.messages[index].msg_hdr = (struct msghdr){
        .msg_name = received->msg_name,
        .msg_namelen = received->msg_namelen,
        .msg_iov = &worker->out.parts[index],
        .msg_iovlen = 1,
        .msg_control = control_len ? received->msg_control : NULL,
        .msg_controllen = control_len,
    };
}

static size_t handle_batch(Worker *worker, size_t received) {
    const UdpHandler *handler = &worker->server->handler;
    UdpDatagram datagrams[UDP_BATCH];
    for (size_t i = 0; i < received; i++)
        datagrams[i] = (UdpDatagram){
            .packet = worker->in.bytes[i],
            .len = worker->in.messages[i].msg_len,
            .from = endpoint_from_sockaddr(&worker->in.names[i]),
            .reply = worker->out.bytes[i],
        };
    handler->handle(handler->argument, worker->number, datagrams, received);
    size_t replies = 0;
    /* At port 0 nobody can hear us. */
    for (size_t i = 0; i < received; i++)
        if (datagrams[i].reply_len > 0 && datagrams[i].from.port != 0)
            add_reply(worker, &datagrams[i], &worker->in.messages[i].msg_hdr, replies++);
    return replies;
}

/* One client that cannot be reached must not cost the others their answer. */
static void send_batch(Worker *worker, size_t count) {
    size_t sent = 0;
    while (sent < count) {
        int done =
            sendmmsg(worker->socket, worker->out.messages + sent, (unsigned)(count - sent), 0);
        if (done > 0)
            sent += (size_t)done;
        else if (errno != EINTR)
            sent++;
    }
}

static void *work(void *argument) {
    Worker *worker = argument;
    UdpServer *server = worker->server;
    while (!atomic_load_explicit(&server->is_stopping, memory_order_relaxed)) {
        prepare_receive(&worker->in);
        int received =
            recvmmsg(worker->socket, worker->in.messages, UDP_BATCH, MSG_WAITFORONE, NULL);
        /* Errors here are about earlier sends (ICMP) or the time-out: the next call clears them. */
        if (received > 0) send_batch(worker, handle_batch(worker, (size_t)received));
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

/* NULL with errno set. */
static Worker *worker_open(UdpServer *server, ListenerSet *inherited, Endpoint listen) {
    Worker *worker = calloc(1, sizeof *worker);
    if (!worker) return NULL;
    worker->server = server;
    worker->number = server->worker_count;
    worker->socket = take_socket(inherited, listen);
    if (worker->socket >= 0) return worker;
    worker_close(worker);
    return NULL;
}

static bool open_address(UdpServer *server, const UdpListen *wanted, size_t index) {
    Endpoint listen = wanted->listen[index];
    bool is_ours = listener_set_count(wanted->inherited, LISTENER_UDP, listen) > 0;
    if (!is_ours && !is_free(listen)) return false;
    for (unsigned i = 0; i < wanted->threads; i++) {
        Worker *worker = worker_open(server, wanted->inherited, listen);
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
