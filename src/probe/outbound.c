#include "probe/outbound.h"

#include <assert.h>
#include <ifaddrs.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/heap.h"
#include "probe/resolve.h"

enum { VISITS_KEPT = 1024 };

typedef struct {
    IpAddress ip; /* of IPv6 the first 64 bits: one neighbour */
    Milliseconds at_ms;
} Visited;

struct Outbound {
    OutboundSettings settings;
    atomic_bool stopping;
    int stop_fd;
    pthread_mutex_t lock;
    Visited *visits; /* a ring */
    size_t visit_at;
};

Outbound *outbound_create(const OutboundSettings *settings) {
    Outbound *outbound = calloc(1, sizeof *outbound);
    assert(outbound);
    outbound->settings = *settings;
    outbound->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    assert(outbound->stop_fd >= 0);
    pthread_mutex_init(&outbound->lock, NULL);
    outbound->visits = heap_new(VISITS_KEPT, sizeof *outbound->visits);
    return outbound;
}

void outbound_stop(Outbound *outbound) {
    atomic_store(&outbound->stopping, true);
    uint64_t one = 1;
    ssize_t written = write(outbound->stop_fd, &one, sizeof one);
    (void)written; /* full: it is readable already */
}

void outbound_free(Outbound *outbound) {
    if (!outbound) return;
    close(outbound->stop_fd);
    pthread_mutex_destroy(&outbound->lock);
    heap_free(outbound->visits);
    free(outbound);
}

const OutboundSettings *outbound_settings(const Outbound *outbound) { return &outbound->settings; }
bool outbound_is_stopping(const Outbound *outbound) { return atomic_load(&outbound->stopping); }
int outbound_stop_fd(const Outbound *outbound) { return outbound->stop_fd; }

bool outbound_wait(const Outbound *outbound, int fd, short events, Milliseconds deadline_ms) {
    struct pollfd fds[] = {{.fd = fd, .events = events},
                           {.fd = outbound->stop_fd, .events = POLLIN}};
    Milliseconds left = deadline_ms - clock_monotonic_ms();
    if (left <= 0 || poll(fds, 2, (int)left) <= 0) return false;
    return fds[1].revents == 0 && fds[0].revents != 0;
}

/* --- which addresses --- */

/* Beyond ip_is_bogon: forms that carry an IPv4 address inside, which the network may unwrap again
 * (6to4, Teredo, ISATAP), and what is not global unicast today. NAT64's 64:ff9b::/96 and
 * 64:ff9b:1::/48 lie in ::/8, which ip_is_bogon refuses whole. */
static bool is_strange_v6(IpAddress ip) {
    static const IpNetwork unicast = {{{0x20}}, 3};
    static const IpNetwork strange[] = {
        {{{0x20, 0x02}}, 16}, /* 6to4 */
        {{{0x20, 0x01}}, 23}, /* Teredo, benchmarking, ORCHID …: RFC 2928 */
        {{{0x3f, 0xff}}, 20}, /* documentation, RFC 9637 */
    };
    if (!ip_network_contains(unicast, ip)) return true;
    for (size_t i = 0; i < sizeof strange / sizeof *strange; i++)
        if (ip_network_contains(strange[i], ip)) return true;
    static const uint8_t isatap[] = {0x5e, 0xfe};
    return memcmp(ip.bytes + 10, isatap, sizeof isatap) == 0 && (ip.bytes[8] & 0xfd) == 0 &&
           ip.bytes[9] == 0;
}

/* A public address by its looks, and behind it the machinery of the cloud one runs in: Azure's
 * answers to every machine there, about that machine. */
static bool is_of_the_house(IpAddress ip) {
    return ip_equal(ip, ip_from_v4((const uint8_t[]){168, 63, 129, 16}));
}

static bool is_public(IpAddress ip) {
    return !ip_is_bogon(ip) && !is_of_the_house(ip) && (ip_is_v4(ip) || !is_strange_v6(ip));
}

/* Only what is here can be bound to. */
static bool can_bind(IpAddress ip) {
    struct sockaddr_storage address;
    socklen_t len = endpoint_to_sockaddr((Endpoint){ip, 0}, &address);
    int fd = socket(address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool bound = fd >= 0 && bind(fd, (const struct sockaddr *)&address, len) == 0;
    if (fd >= 0) close(fd);
    return bound;
}

/* What listens on a public address of this machine may be open to itself alone. A service manager
 * may deny the socket that lists addresses (AF_NETLINK). */
static bool is_of_this_machine(IpAddress ip) {
    struct ifaddrs *all = NULL;
    if (getifaddrs(&all) != 0) return can_bind(ip);
    bool found = false;
    for (const struct ifaddrs *one = all; one && !found; one = one->ifa_next) {
        if (!one->ifa_addr) continue;
        if (one->ifa_addr->sa_family != AF_INET && one->ifa_addr->sa_family != AF_INET6) continue;
        struct sockaddr_storage address = {0};
        bool v4 = one->ifa_addr->sa_family == AF_INET;
        memcpy(&address, one->ifa_addr,
               v4 ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6));
        found = ip_equal(endpoint_from_sockaddr(&address).ip, ip);
    }
    freeifaddrs(all);
    return found;
}

static bool is_any(IpAddress ip) {
    static const IpAddress v6_any;
    static const uint8_t v4_any[4];
    return ip_equal(ip, v6_any) || ip_equal(ip, ip_from_v4(v4_any));
}

static bool is_own_listener(const Outbound *outbound, Endpoint endpoint) {
    for (size_t i = 0; i < outbound->settings.own_listener_count; i++) {
        Endpoint own = outbound->settings.own_listeners[i];
        if (own.port != endpoint.port) continue;
        if (ip_equal(own.ip, endpoint.ip)) return true;
        if (is_any(own.ip) && (is_of_this_machine(endpoint.ip) || ip_is_loopback(endpoint.ip)))
            return true;
    }
    return false;
}

static bool is_own_host(const Outbound *outbound, Str host) {
    for (size_t i = 0; i < outbound->settings.own_host_count; i++)
        if (str_equal_nocase(outbound->settings.own_hosts[i], host)) return true;
    return false;
}

Outcome outbound_check(const Outbound *outbound, Endpoint endpoint) {
    if (is_own_listener(outbound, endpoint)) return OUTCOME_OWN_ADDRESS;
    if (outbound->settings.allow_private_addresses) return OUTCOME_OK;
    if (!is_public(endpoint.ip)) return OUTCOME_PRIVATE_ADDRESS;
    return is_of_this_machine(endpoint.ip) ? OUTCOME_OWN_ADDRESS : OUTCOME_OK;
}

/* --- how often --- */

static IpAddress neighbour_of(IpAddress ip) {
    if (!ip_is_v4(ip)) memset(ip.bytes + 8, 0, 8);
    return ip;
}

static bool is_too_soon(Outbound *outbound, IpAddress ip) {
    Milliseconds now = clock_monotonic_ms(), pause = outbound->settings.pause_ms;
    if (pause == 0) return false;
    IpAddress neighbour = neighbour_of(ip);
    bool soon = false;
    pthread_mutex_lock(&outbound->lock);
    for (size_t i = 0; i < VISITS_KEPT && !soon; i++) {
        const Visited *visited = &outbound->visits[i];
        soon = visited->at_ms && now - visited->at_ms < pause && ip_equal(visited->ip, neighbour);
    }
    if (!soon) {
        outbound->visits[outbound->visit_at] = (Visited){neighbour, now};
        outbound->visit_at = (outbound->visit_at + 1) % VISITS_KEPT;
    }
    pthread_mutex_unlock(&outbound->lock);
    return soon;
}

/* --- from a name to an address --- */

static size_t all_addresses(Outbound *outbound, Str host, IpAddress ips[]) {
    if (ip_parse(host, &ips[0])) return 1;
    if (outbound->settings.resolve)
        return outbound->settings.resolve(outbound->settings.resolve_argument, host, ips);
    return resolve_name(outbound, host, ips);
}

/* IPv4 first: more hosts without IPv6 have names with it than the other way round. */
static IpAddress preferred(const IpAddress ips[], size_t count) {
    for (size_t i = 0; i < count; i++)
        if (ip_is_v4(ips[i])) return ips[i];
    return ips[0];
}

Outcome outbound_find(Outbound *outbound, const Target *target, Endpoint *ret_endpoint) {
    if (is_own_host(outbound, target->host) && !outbound->settings.allow_private_addresses)
        return OUTCOME_OWN_ADDRESS;
    IpAddress ips[OUTBOUND_ADDRESSES_MAX];
    size_t count = all_addresses(outbound, target->host, ips);
    if (outbound_is_stopping(outbound)) return OUTCOME_STOPPED;
    if (count == 0) return OUTCOME_NO_NAME;
    /* One bad address among good ones is no accident worth serving. */
    for (size_t i = 0; i < count; i++) {
        Outcome outcome = outbound_check(outbound, (Endpoint){ips[i], target->port});
        if (outcome != OUTCOME_OK) return outcome;
    }
    Endpoint endpoint = {preferred(ips, count), target->port};
    if (is_too_soon(outbound, endpoint.ip)) return OUTCOME_TOO_SOON;
    *ret_endpoint = endpoint;
    return OUTCOME_OK;
}
