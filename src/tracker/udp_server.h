/* udp_server.h — receive, handle, send: datagrams in batches, one socket and thread each.
 * Knows nothing of trackers: `handle` turns packets into replies. All sockets of one address share
 * its port (SO_REUSEPORT) and the kernel spreads packets over them, by info-hash where it can. IPv4
 * and IPv6 never share a socket. On a wildcard address the reply leaves from the address that was
 * asked: clients drop what comes from another one. Owns sockets and threads. */
#pragma once
#include "base/error.h"
#include "base/limits.h"
#include "base/listener.h"
#include "tracker/udp_batch.h"
#include "tracker/udp_steering.h"

typedef struct UdpServer UdpServer;

enum { UDP_STOP_MS = 100 };

/* Called from many threads at once with 1 to UDP_BATCH datagrams. `thread` is dense; thread %
 * threads is the number of the socket within its address, which is what a steering says. */
typedef struct {
    void (*handle)(void *argument, size_t thread, UdpDatagram *datagrams, size_t count);
    void *argument;
} UdpHandler;

typedef struct {
    const Endpoint *listen;
    size_t listen_count;
    unsigned threads;            /* for each address */
    const UdpSteering *steering; /* NULL: the kernel spreads senders over the sockets */
    ListenerSet *inherited;      /* taken from first, in order; NULL is fine */
} UdpListen;

/* Binds and starts. `arena` must outlive the Error, which names the address. */
MUST_USE Error udp_server_open(const UdpListen *listen, UdpHandler handler, Arena *arena,
                               UdpServer **ret_server);
/* Copies of all sockets, for a successor: in the order of the steering. */
void udp_server_list(const UdpServer *server, ListenerSet *set);

enum { UDP_RECEIVE_BUFFER_BYTES = 8 * MIB }; /* what each socket asks for */

/* What the kernel really gave, and what it threw away because we were too slow. */
typedef struct {
    uint64_t receive_buffer_bytes; /* of the smallest socket */
    uint64_t dropped;              /* datagrams, of all sockets, since they were bound */
} UdpHealth;
UdpHealth udp_server_health(const UdpServer *server);
uint16_t udp_server_port(const UdpServer *server, size_t listen_index);
void udp_server_close(UdpServer *server); /* within UDP_STOP_MS; NULL is fine */
