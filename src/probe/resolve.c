#include "probe/resolve.h"

#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/heap.h"

enum { NAME_BYTES = 256 };

/* Shared by who waits and who looks; whoever lets it go last frees it. */
typedef struct {
    atomic_int holders;
    int done_fd;
    char name[NAME_BYTES];
    IpAddress ips[OUTBOUND_ADDRESSES_MAX];
    size_t count;
} Lookup;

static void let_go(Lookup *lookup) {
    if (atomic_fetch_sub(&lookup->holders, 1) > 1) return;
    close(lookup->done_fd);
    heap_free(lookup);
}

static void *look_up(void *argument) {
    Lookup *lookup = argument;
    struct addrinfo wanted = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM}, *found = NULL;
    if (getaddrinfo(lookup->name, NULL, &wanted, &found) == 0) {
        for (const struct addrinfo *one = found; one && lookup->count < OUTBOUND_ADDRESSES_MAX;
             one = one->ai_next) {
            struct sockaddr_storage address = {0};
            memcpy(&address, one->ai_addr, one->ai_addrlen);
            lookup->ips[lookup->count++] = endpoint_from_sockaddr(&address).ip;
        }
        freeaddrinfo(found);
    }
    uint64_t one = 1;
    ssize_t written = write(lookup->done_fd, &one, sizeof one);
    (void)written; /* an eventfd nobody else writes to always has room */
    let_go(lookup);
    return NULL;
}

static bool start_thread(Lookup *lookup) {
    pthread_attr_t detached;
    pthread_t thread;
    pthread_attr_init(&detached);
    pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    int cause = pthread_create(&thread, &detached, look_up, lookup);
    pthread_attr_destroy(&detached);
    return cause == 0;
}

size_t resolve_name(const Outbound *outbound, Str host, IpAddress ret_ips[]) {
    if (host.len >= NAME_BYTES) return 0;
    Lookup *lookup = heap_new(1, sizeof *lookup);
    lookup->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    atomic_init(&lookup->holders, 2);
    if (lookup->done_fd < 0) {
        heap_free(lookup);
        return 0;
    }
    memcpy(lookup->name, host.at, host.len);
    if (!start_thread(lookup)) {
        let_go(lookup);
        let_go(lookup);
        return 0;
    }
    size_t count = 0;
    Milliseconds deadline = clock_monotonic_ms() + outbound_settings(outbound)->timeout_ms;
    if (outbound_wait(outbound, lookup->done_fd, POLLIN, deadline)) {
        uint64_t done;
        if (read(lookup->done_fd, &done, sizeof done) == sizeof done) {
            count = lookup->count;
            memcpy(ret_ips, lookup->ips, count * sizeof *ret_ips);
        }
    }
    let_go(lookup);
    return count;
}
