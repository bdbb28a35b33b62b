#include "tracker/udp_batch.h"

#include <errno.h>
#include <netinet/udp.h>

typedef union {
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    struct sockaddr any;
} Name;

typedef union {
    char bytes[CMSG_SPACE(sizeof(struct in6_pktinfo))];
    struct cmsghdr align;
} Control;

/* On the way out: from which address, and where one datagram ends and the next begins. */
typedef union {
    char bytes[CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(uint16_t))];
    struct cmsghdr align;
} OutControl;

/* Replies to one client that leave in one call: all as long as the first, the last one maybe
 * shorter. */
typedef struct {
    size_t first; /* of the datagrams: the first one's sender is that of all */
    size_t way_len, segment;
    bool is_closed;
} Train;

enum { TAIL_BYTES = UDP_PACKET_BYTES - UDP_HEAD_BYTES };

struct UdpBatch {
    bool asks_way;
    bool goes_alone; /* the way out knows no trains */
    size_t used;     /* slots whose lengths the kernel has changed */
    struct mmsghdr in[UDP_BATCH], out[UDP_BATCH];
    struct iovec in_parts[UDP_BATCH][2], out_parts[UDP_BATCH];
    Name names[UDP_BATCH];
    UdpDatagram datagrams[UDP_BATCH];
    alignas(64) uint8_t heads[UDP_BATCH][UDP_HEAD_BYTES];
    alignas(64) uint8_t replies[UDP_BATCH][UDP_REPLY_ROOM];
    alignas(64) uint8_t packets[UDP_BATCH][UDP_PACKET_BYTES]; /* long ones, whole */
    Control controls[UDP_BATCH];
    Train trains[UDP_BATCH];
    OutControl out_controls[UDP_BATCH];
};

static void prepare_slot(UdpBatch *batch, size_t i) {
    struct msghdr *in = &batch->in[i].msg_hdr;
    in->msg_namelen = sizeof batch->names[i];
    in->msg_controllen = batch->asks_way ? sizeof batch->controls[i] : 0;
}

UdpBatch *udp_batch_create(bool asks_way) {
    UdpBatch *batch = aligned_alloc(alignof(UdpBatch), sizeof *batch);
    if (!batch) return NULL;
    memset(batch, 0, sizeof *batch);
    batch->asks_way = asks_way;
    for (size_t i = 0; i < UDP_BATCH; i++) {
        batch->in_parts[i][0] = (struct iovec){batch->heads[i], UDP_HEAD_BYTES};
        batch->in_parts[i][1] = (struct iovec){batch->packets[i] + UDP_HEAD_BYTES, TAIL_BYTES};
        batch->in[i].msg_hdr = (struct msghdr){
            .msg_name = &batch->names[i],
            .msg_iov = batch->in_parts[i],
            .msg_iovlen = 2,
            .msg_control = asks_way ? &batch->controls[i] : NULL,
        };
        prepare_slot(batch, i);
        batch->datagrams[i].reply = batch->replies[i];
    }
    return batch;
}

void udp_batch_free(UdpBatch *batch) { free(batch); }

static Endpoint endpoint_of(const Name *name) {
    if (name->any.sa_family == AF_INET6) {
        Endpoint endpoint = {.port = ntohs(name->v6.sin6_port)};
        memcpy(endpoint.ip.bytes, &name->v6.sin6_addr, sizeof endpoint.ip.bytes);
        return endpoint;
    }
    Endpoint endpoint = {.ip = {.bytes = {[10] = 0xff, [11] = 0xff}},
                         .port = ntohs(name->v4.sin_port)};
    memcpy(endpoint.ip.bytes + 12, &name->v4.sin_addr, 4);
    return endpoint;
}

static void take_datagram(UdpBatch *batch, size_t i) {
    UdpDatagram *datagram = &batch->datagrams[i];
    datagram->len = batch->in[i].msg_len;
    datagram->from = endpoint_of(&batch->names[i]);
    datagram->reply_len = 0;
    datagram->packet = batch->heads[i];
    if (datagram->len <= UDP_HEAD_BYTES) return;
    memcpy(batch->packets[i], batch->heads[i], UDP_HEAD_BYTES);
    datagram->packet = batch->packets[i];
}

size_t udp_batch_receive(UdpBatch *batch, int socket) {
    for (size_t i = 0; i < batch->used; i++) prepare_slot(batch, i);
    batch->used = 0;
    int received = recvmmsg(socket, batch->in, UDP_BATCH, MSG_WAITFORONE, NULL);
    if (received <= 0) return 0;
    batch->used = (size_t)received;
    for (size_t i = 0; i < batch->used; i++) take_datagram(batch, i);
    return batch->used;
}

UdpDatagram *udp_batch_datagrams(UdpBatch *batch) { return batch->datagrams; }

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

/* A client that asks about many torrents asks in bursts. */
static bool may_join(const UdpBatch *batch, const Train *train, size_t i, size_t way_len) {
    const struct msghdr *in = &batch->in[i].msg_hdr, *first = &batch->in[train->first].msg_hdr;
    return !batch->goes_alone && !train->is_closed && train->way_len == way_len &&
           batch->datagrams[i].reply_len <= train->segment &&
           in->msg_namelen == first->msg_namelen &&
           memcmp(in->msg_name, first->msg_name, in->msg_namelen) == 0 &&
           (way_len == 0 || memcmp(in->msg_control, first->msg_control, way_len) == 0);
}

/* Returns how many messages leave. */
static size_t make_trains(UdpBatch *batch, size_t count) {
    size_t trains = 0, parts = 0;
    for (size_t i = 0; i < count; i++) {
        const UdpDatagram *datagram = &batch->datagrams[i];
        struct msghdr *in = &batch->in[i].msg_hdr;
        /* At port 0 nobody can hear us. */
        if (datagram->reply_len == 0 || datagram->from.port == 0) continue;
        size_t way_len = batch->asks_way ? answer_from(in) : 0;
        batch->out_parts[parts] = (struct iovec){datagram->reply, datagram->reply_len};
        if (trains > 0 && may_join(batch, &batch->trains[trains - 1], i, way_len)) {
            batch->out[trains - 1].msg_hdr.msg_iovlen++;
            batch->trains[trains - 1].is_closed =
                datagram->reply_len < batch->trains[trains - 1].segment;
        } else {
            batch->trains[trains] = (Train){i, way_len, datagram->reply_len, false};
            batch->out[trains++].msg_hdr = (struct msghdr){
                .msg_name = in->msg_name,
                .msg_namelen = in->msg_namelen,
                .msg_iov = &batch->out_parts[parts],
                .msg_iovlen = 1,
                .msg_control = way_len ? in->msg_control : NULL,
                .msg_controllen = way_len,
            };
        }
        parts++;
    }
    return trains;
}

/* Tells the kernel where to cut (UDP_SEGMENT). */
static void couple(UdpBatch *batch, size_t number) {
    struct msghdr *out = &batch->out[number].msg_hdr;
    OutControl *control = &batch->out_controls[number];
    uint16_t segment = (uint16_t)batch->trains[number].segment;
    size_t way_len = batch->trains[number].way_len;
    if (way_len) memcpy(control->bytes, out->msg_control, way_len);
    struct cmsghdr *cut = (struct cmsghdr *)(control->bytes + way_len);
    *cut = (struct cmsghdr){
        .cmsg_len = CMSG_LEN(sizeof segment), .cmsg_level = SOL_UDP, .cmsg_type = UDP_SEGMENT};
    memcpy(CMSG_DATA(cut), &segment, sizeof segment);
    out->msg_control = control->bytes;
    out->msg_controllen = way_len + CMSG_SPACE(sizeof segment);
}

static void send_alone(UdpBatch *batch, int socket, size_t number) {
    struct msghdr *out = &batch->out[number].msg_hdr;
    size_t parts = out->msg_iovlen;
    out->msg_controllen = batch->trains[number].way_len;
    if (out->msg_controllen == 0) out->msg_control = NULL;
    out->msg_iovlen = 1;
    for (size_t i = 0; i < parts; i++, out->msg_iov++) (void)!sendmsg(socket, out, 0);
}

void udp_batch_send(UdpBatch *batch, int socket, size_t count) {
    size_t trains = make_trains(batch, count), sent = 0;
    for (size_t i = 0; i < trains; i++)
        if (batch->out[i].msg_hdr.msg_iovlen > 1) couple(batch, i);
    while (sent < trains) {
        int done = sendmmsg(socket, batch->out + sent, (unsigned)(trains - sent), 0);
        if (done > 0) {
            sent += (size_t)done;
            continue;
        }
        if (errno == EINTR) continue;
        /* A card that does not sum up for itself cannot cut either, a narrow path has another
         * length: then one by one. Else refused by a filter, no route: the next one may go. */
        if (batch->out[sent].msg_hdr.msg_iovlen > 1) {
            batch->goes_alone |= errno == EIO;
            send_alone(batch, socket, sent);
        }
        sent++;
    }
}
