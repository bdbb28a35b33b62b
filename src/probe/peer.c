#include "probe/peer.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/random.h"

enum { HANDSHAKE_BYTES = 68, HANDSHAKE_CHECKED_BYTES = 48, UTP_BYTES = 20 };
typedef enum { UTP_RESET = 3, UTP_SYN = 4 } UtpType;

typedef struct {
    const PeerKnock *knock;
    int tcp, utp; /* -1: done with */
    bool is_connected;
    uint16_t utp_id;
    uint8_t got[HANDSHAKE_BYTES];
    size_t got_bytes;
    PeerVerdict verdict;
} Door;

/* --- uTP --- */

static void send_utp(const Door *door, UtpType type) {
    uint8_t packet[UTP_BYTES];
    ByteWriter writer = byte_writer(packet, sizeof packet);
    byte_write_u8(&writer, (uint8_t)(type << 4 | 1));
    byte_write_u8(&writer, 0); /* no extension */
    /* A SYN names the id it wants answers to; all that follow use the next one. */
    byte_write_u16(&writer, (uint16_t)(door->utp_id + (type == UTP_SYN ? 0 : 1)));
    byte_write_u32(&writer, (uint32_t)clock_monotonic_us());
    byte_write_u32(&writer, 0);
    byte_write_u32(&writer, 16 * 1024);
    byte_write_u16(&writer, type == UTP_SYN ? 1 : 2);
    byte_write_u16(&writer, 0);
    assert(!writer.failed);
    ssize_t sent = send(door->utp, packet, sizeof packet, MSG_NOSIGNAL | MSG_DONTWAIT);
    (void)sent; /* lost is lost: it is UDP */
}

static bool is_utp_answer(const Door *door, Str packet) {
    ByteReader reader = byte_reader(packet.at, packet.len);
    uint8_t type = byte_read_u8(&reader);
    byte_skip(&reader, 1);
    uint16_t id = byte_read_u16(&reader);
    return packet.len >= UTP_BYTES && (type & 15) == 1 && type >> 4 < 5 && id == door->utp_id;
}

static void read_utp(Door *door) {
    uint8_t bytes[64];
    ssize_t len = recv(door->utp, bytes, sizeof bytes, MSG_DONTWAIT | MSG_TRUNC);
    if (len < 0 && (errno == EAGAIN || errno == EINTR)) return;
    Str packet = str_from_bytes(bytes, len < 0                      ? 0
                                       : (size_t)len < sizeof bytes ? (size_t)len
                                                                    : sizeof bytes);
    if (len >= 0 && !is_utp_answer(door, packet)) return;
    if (len >= 0) {
        send_utp(door, UTP_RESET);
        if (door->verdict < PEER_OPEN) door->verdict = PEER_OPEN;
    }
    close(door->utp);
    door->utp = -1;
}

/* --- TCP --- */

static void close_tcp(Door *door) {
    close(door->tcp);
    door->tcp = -1;
}

static void send_handshake(Door *door) {
    uint8_t packet[HANDSHAKE_BYTES];
    uint8_t peer_id[20] = "-ES0001-";
    random_bytes(peer_id + 8, sizeof peer_id - 8);
    ByteWriter writer = byte_writer(packet, sizeof packet);
    byte_write_bytes(&writer,
                     "\x13"
                     "BitTorrent protocol",
                     20);
    byte_write_u64(&writer, 0);
    byte_write_bytes(&writer, door->knock->hash.bytes, sizeof door->knock->hash.bytes);
    byte_write_bytes(&writer, peer_id, sizeof peer_id);
    assert(byte_written(&writer) == HANDSHAKE_BYTES);
    if (send(door->tcp, packet, sizeof packet, MSG_NOSIGNAL | MSG_DONTWAIT) != sizeof packet)
        close_tcp(door);
}

static void be_connected(Door *door) {
    int cause = 0;
    socklen_t len = sizeof cause;
    if (getsockopt(door->tcp, SOL_SOCKET, SO_ERROR, &cause, &len) != 0 || cause != 0) {
        close_tcp(door);
        return;
    }
    door->is_connected = true;
    if (door->verdict < PEER_OPEN) door->verdict = PEER_OPEN;
    if (door->knock->is_in_swarm)
        send_handshake(door);
    else
        close_tcp(door);
}

static bool is_greeting(const Door *door) {
    return memcmp(door->got,
                  "\x13"
                  "BitTorrent protocol",
                  20) == 0 &&
           memcmp(door->got + 28, door->knock->hash.bytes, 20) == 0;
}

static void read_tcp(Door *door) {
    if (!door->is_connected) {
        be_connected(door);
        return;
    }
    ssize_t len = recv(door->tcp, door->got + door->got_bytes, sizeof door->got - door->got_bytes,
                       MSG_DONTWAIT);
    if (len < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (len > 0) door->got_bytes += (size_t)len;
    if (door->got_bytes >= HANDSHAKE_CHECKED_BYTES && is_greeting(door))
        door->verdict = PEER_GREETED;
    if (len <= 0 || door->got_bytes >= HANDSHAKE_CHECKED_BYTES) close_tcp(door);
}

/* --- many doors --- */

static int open_socket(const struct sockaddr_storage *address, socklen_t len, int kind) {
    int fd = socket(address->ss_family, kind | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return -1;
    if (connect(fd, (const struct sockaddr *)address, len) == 0 || errno == EINPROGRESS) return fd;
    close(fd);
    return -1;
}

static void open_door(const Outbound *outbound, Door *door) {
    door->tcp = door->utp = -1;
    if (!target_port_is_fit(door->knock->at.port) ||
        outbound_check(outbound, door->knock->at) != OUTCOME_OK)
        return;
    struct sockaddr_storage address;
    socklen_t len = endpoint_to_sockaddr(door->knock->at, &address);
    door->tcp = open_socket(&address, len, SOCK_STREAM);
    door->utp = open_socket(&address, len, SOCK_DGRAM);
    /* No socket of our own, or no way to that network: nothing is learnt of theirs. */
    if (door->tcp < 0 && door->utp < 0) return;
    door->verdict = PEER_CLOSED;
    door->utp_id = (uint16_t)random_u64();
    if (door->utp >= 0) send_utp(door, UTP_SYN);
}

/* A greeting or any other sign of life that TCP will not better ends the wait for uTP. */
static bool is_done(const Door *door) {
    return door->tcp < 0 && (door->utp < 0 || door->verdict >= PEER_OPEN);
}

static size_t watch(Door *doors, size_t count, struct pollfd *fds) {
    size_t waiting = 0;
    for (size_t i = 0; i < count; i++) {
        Door *door = &doors[i];
        short wanted = door->is_connected ? POLLIN : POLLOUT;
        waiting += !is_done(door);
        fds[2 * i] = (struct pollfd){.fd = is_done(door) ? -1 : door->tcp, .events = wanted};
        fds[2 * i + 1] = (struct pollfd){.fd = is_done(door) ? -1 : door->utp, .events = POLLIN};
    }
    return waiting;
}

static void knock_until(const Outbound *outbound, Door *doors, size_t count,
                        Milliseconds deadline_ms) {
    struct pollfd fds[2 * PEER_KNOCKS_MAX + 1];
    while (watch(doors, count, fds) > 0 && !outbound_is_stopping(outbound)) {
        fds[2 * count] = (struct pollfd){.fd = outbound_stop_fd(outbound), .events = POLLIN};
        Milliseconds left = deadline_ms - clock_monotonic_ms();
        if (left <= 0 || poll(fds, 2 * count + 1, (int)left) <= 0) return;
        for (size_t i = 0; i < count; i++) {
            if (fds[2 * i].revents) read_tcp(&doors[i]);
            if (fds[2 * i + 1].revents) read_utp(&doors[i]);
        }
    }
}

void peer_knock(const Outbound *outbound, const PeerKnock *knocks, size_t count,
                PeerVerdict *ret_verdicts) {
    assert(count <= PEER_KNOCKS_MAX);
    Door doors[PEER_KNOCKS_MAX];
    for (size_t i = 0; i < count; i++) {
        doors[i] = (Door){.knock = &knocks[i]};
        open_door(outbound, &doors[i]);
    }
    Milliseconds start = clock_monotonic_ms(), half = outbound_settings(outbound)->timeout_ms / 2;
    knock_until(outbound, doors, count, start + half);
    for (size_t i = 0; i < count; i++) /* UDP packets get lost */
        if (!is_done(&doors[i]) && doors[i].utp >= 0) send_utp(&doors[i], UTP_SYN);
    knock_until(outbound, doors, count, start + 2 * half);
    for (size_t i = 0; i < count; i++) {
        if (doors[i].tcp >= 0) close(doors[i].tcp);
        if (doors[i].utp >= 0) close(doors[i].utp);
        bool cut = outbound_is_stopping(outbound) && doors[i].verdict == PEER_CLOSED;
        ret_verdicts[i] = cut ? PEER_NOT_ASKED : doors[i].verdict;
    }
}
