/* udp_null.c — the limit: the tracker's own socket code with nothing behind it.
 * Looks at no id and keeps nothing; answers every request with as many bytes as the tracker would,
 * taking the number of peers from the request. Usage: udp_null HOST:PORT [threads=1]. Says "ready
 * PORT", ends at SIGTERM. */
#include <signal.h>

#include "base/bytes.h"
#include "base/limits.h"
#include "base/random.h"
#include "tracker/udp_server.h"

enum { CONNECT = 0, ANNOUNCE = 1, SCRAPE = 2, WANTED_AT = 92, INTERVAL_S = 1800 };

static size_t write_reply(const UdpDatagram *datagram) {
    ByteReader reader = byte_reader(datagram->packet, datagram->len);
    ByteWriter writer = byte_writer(datagram->reply, UDP_REPLY_ROOM);
    byte_skip(&reader, 8);
    uint32_t action = byte_read_u32(&reader), id = byte_read_u32(&reader);
    byte_write_u32(&writer, action);
    byte_write_u32(&writer, id);
    if (reader.failed) return 0;
    if (action == CONNECT) {
        byte_write_u64(&writer, 1);
        return byte_written(&writer);
    }
    if (action == SCRAPE) return 8 + reader.left / 20 * 12;
    byte_skip(&reader, WANTED_AT - 16);
    uint32_t wanted = byte_read_u32(&reader);
    if (reader.failed || action != ANNOUNCE) return 0;
    byte_write_u32(&writer, INTERVAL_S);
    byte_write_u64(&writer, 0);
    return 20 + 6 * (wanted < TRACKER_PEERS_V4_MAX ? wanted : TRACKER_PEERS_WANTED);
}

static void answer(void *argument, size_t thread, UdpDatagram *datagrams, size_t count) {
    (void)argument, (void)thread;
    for (size_t i = 0; i < count; i++) datagrams[i].reply_len = write_reply(&datagrams[i]);
}

int main(int argc, char **argv) {
    Endpoint listen;
    uint64_t threads = 1;
    if (argc < 2 || !endpoint_parse(str_from_c(argv[1]), &listen) || !random_start()) {
        fprintf(stderr, "usage: udp_null HOST:PORT [threads=1]\n");
        return 2;
    }
    if (argc > 2) str_to_u64(str_skip(str_from_c(argv[2]), strlen("threads=")), &threads);
    Arena arena = arena_create(MIB);
    UdpServer *server;
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    sigprocmask(SIG_BLOCK, &ends, NULL);
    UdpSteering steering = udp_steering_create(random_u64(), (unsigned)threads);
    UdpListen wish = {
        .listen = &listen, .listen_count = 1, .threads = (unsigned)threads, .steering = &steering};
    Error e = udp_server_open(&wish, (UdpHandler){.handle = answer}, &arena, &server);
    if (failed(e)) {
        fprintf(stderr, "udp_null: %.*s\n", STR_PRINTF(error_text(e, &arena)));
        return 1;
    }
    printf("ready %u\n", udp_server_port(server, 0));
    fflush(stdout);
    int signal_number;
    sigwait(&ends, &signal_number);
    udp_server_close(server);
    return 0;
}
