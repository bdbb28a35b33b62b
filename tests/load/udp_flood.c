#include "udp_flood.h"

#include <errno.h>
#include <netinet/udp.h>
#include <unistd.h>

#include "udp_exchange.h"
#include "udp_flow.h"

enum {
    MESSAGES = 64,
    PACKETS_OF_ONE = 8, /* from one source in one call; they arrive singly */
    ANSWERS_BYTES = 8 * 1024 * 1024,
};

typedef struct {
    char bytes[CMSG_SPACE(sizeof(struct in_pktinfo))];
} FloodControl;

typedef struct {
    int socket;
    uint64_t state;
    size_t packet_bytes;
    struct sockaddr_storage server;
    socklen_t server_len;
    struct mmsghdr messages[MESSAGES];
    struct iovec parts[MESSAGES];
    alignas(struct cmsghdr) FloodControl controls[MESSAGES];
    uint8_t bytes[MESSAGES][PACKETS_OF_ONE * EXCHANGE_ANNOUNCE_BYTES];
} Flood;

static uint64_t draw(Flood *flood) {
    flood->state = flood->state * 6364136223846793005 + 1442695040888963407;
    return flood->state ^ flood->state >> 29;
}

static void fill_packet(Flood *flood, bool connects, uint8_t *packet) {
    uint32_t id = (uint32_t)draw(flood);
    if (connects) {
        exchange_write_connect(id, packet);
        return;
    }
    for (size_t i = 0; i + 8 <= EXCHANGE_ANNOUNCE_BYTES; i += 8) {
        uint64_t word = draw(flood);
        memcpy(packet + i, &word, sizeof word);
    }
    memcpy(packet + 8, (uint8_t[]){0, 0, 0, 1}, 4);
}

static void fill_message(Flood *flood, size_t i, bool connects) {
    struct msghdr *message = &flood->messages[i].msg_hdr;
    uint32_t ip = 127u << 24 | (uint32_t)(draw(flood) % 0xfffffe + 1);
    for (unsigned n = 0; n < PACKETS_OF_ONE; n++)
        fill_packet(flood, connects, flood->bytes[i] + n * flood->packet_bytes);
    flood->parts[i] = (struct iovec){flood->bytes[i], PACKETS_OF_ONE * flood->packet_bytes};
    *message = (struct msghdr){.msg_name = &flood->server,
                               .msg_namelen = flood->server_len,
                               .msg_iov = &flood->parts[i],
                               .msg_iovlen = 1,
                               .msg_control = &flood->controls[i],
                               .msg_controllen = sizeof flood->controls[i]};
    struct cmsghdr *control = CMSG_FIRSTHDR(message);
    struct in_pktinfo way = {.ipi_spec_dst.s_addr = htonl(ip)};
    *control = (struct cmsghdr){
        .cmsg_len = CMSG_LEN(sizeof way), .cmsg_level = IPPROTO_IP, .cmsg_type = IP_PKTINFO};
    memcpy(CMSG_DATA(control), &way, sizeof way);
}

static void see_answers(Flood *flood, FloodTally *tally) {
    uint8_t bytes[EXCHANGE_ANSWER_ROOM];
    while (true) {
        ssize_t got = recv(flood->socket, bytes, sizeof bytes, MSG_DONTWAIT);
        if (got < 0) return;
        tally->answers++;
        if ((uint64_t)got > tally->answer_bytes_max) tally->answer_bytes_max = (uint64_t)got;
    }
}

static bool open_flood(Flood *flood, const FloodWish *wish) {
    struct sockaddr_in any = {.sin_family = AF_INET};
    int segment = (int)flood->packet_bytes, room = ANSWERS_BYTES;
    flood->server_len = endpoint_to_sockaddr(wish->server, &flood->server);
    flood->socket = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (flood->socket < 0) return false;
    setsockopt(flood->socket, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    return bind(flood->socket, (struct sockaddr *)&any, sizeof any) == 0 &&
           setsockopt(flood->socket, IPPROTO_UDP, UDP_SEGMENT, &segment, sizeof segment) == 0;
}

bool flood_run(const FloodWish *wish, FloodTally *ret_tally) {
    static _Thread_local Flood flood;
    FloodTally tally = {0};
    flood.state = wish->seed;
    flood.packet_bytes = wish->connects ? EXCHANGE_CONNECT_BYTES : EXCHANGE_ANNOUNCE_BYTES;
    if (!open_flood(&flood, wish)) return false;
    int64_t start = flow_now_ns();
    while (tally.sent < wish->packets) {
        for (size_t i = 0; i < MESSAGES; i++) fill_message(&flood, i, wish->connects);
        int done = sendmmsg(flood.socket, flood.messages, MESSAGES, 0);
        if (done < 0 && errno != EINTR && errno != ENOBUFS && errno != ECONNREFUSED) break;
        if (done > 0) tally.sent += (uint64_t)done * PACKETS_OF_ONE;
        see_answers(&flood, &tally);
    }
    tally.took_ns = flow_now_ns() - start;
    usleep(300000); /* for those still under way */
    see_answers(&flood, &tally);
    close(flood.socket);
    *ret_tally = tally;
    return tally.sent >= wish->packets;
}
