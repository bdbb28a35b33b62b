/* udp_server.h — receive, handle, send: datagrams in batches, one socket and thread each.
 * Knows nothing of trackers: `handle` turns a packet into a reply. All sockets of one address share
 * its port (SO_REUSEPORT) and the kernel spreads clients over them. IPv4 and IPv6 never share a
 * socket. On a wildcard address the reply leaves from the address that was asked: clients drop what
 * comes from another one. Owns sockets and threads. */
#pragma once
#include "base/address.h"
#include "base/error.h"

typedef struct UdpServer UdpServer;

enum { UDP_BATCH = 32, UDP_REPLY_ROOM = 1280, UDP_STOP_MS = 100 };

typedef struct {
    const uint8_t *packet;
    size_t len;
    Endpoint from;
} UdpDatagram;

/* Called from many threads at once, each with its own `thread` number. `begin` opens a batch, so
 * that the clock is read once for it. `handle` returns the length of the reply; 0: silence. */
typedef struct {
    void (*begin)(void *argument, size_t thread);
    size_t (*handle)(void *argument, size_t thread, const UdpDatagram *datagram,
                     uint8_t reply[UDP_REPLY_ROOM]);
    void *argument;
} UdpHandler;

typedef struct {
    const Endpoint *listen;
    size_t listen_count;
    unsigned threads; /* for each address */
} UdpListen;

/* Binds and starts. `arena` must outlive the Error, which names the address. */
MUST_USE Error udp_server_open(const UdpListen *listen, UdpHandler handler, Arena *arena,
                               UdpServer **ret_server);
uint16_t udp_server_port(const UdpServer *server, size_t listen_index);
void udp_server_close(UdpServer *server); /* within UDP_STOP_MS; NULL is fine */
