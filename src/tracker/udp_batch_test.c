#include "tracker/udp_batch.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <sys/time.h>
#include <unistd.h>

static const uint8_t LOOPBACK[4] = {127, 0, 0, 1}, OTHER[4] = {127, 0, 0, 77};

static void set_patience(int socket) {
    struct timeval wait = {.tv_usec = 300000};
    assert_int_equal(setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait), 0);
}

static int open_server(IpAddress ip, Endpoint *ret_bound) {
    struct sockaddr_storage name;
    socklen_t len = endpoint_to_sockaddr((Endpoint){.ip = ip}, &name);
    int one = 1, descriptor = socket(name.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (name.ss_family == AF_INET)
        assert_int_equal(setsockopt(descriptor, IPPROTO_IP, IP_PKTINFO, &one, sizeof one), 0);
    if (bind(descriptor, (struct sockaddr *)&name, len) != 0) {
        close(descriptor);
        return -1;
    }
    len = sizeof name;
    assert_int_equal(getsockname(descriptor, (struct sockaddr *)&name, &len), 0);
    *ret_bound = endpoint_from_sockaddr(&name);
    set_patience(descriptor);
    return descriptor;
}

/* Connected, so that it hears that one address only. */
static int open_client(Endpoint server) {
    struct sockaddr_storage name;
    socklen_t len = endpoint_to_sockaddr(server, &name);
    int descriptor = socket(name.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(descriptor, (struct sockaddr *)&name, len), 0);
    set_patience(descriptor);
    return descriptor;
}

static void fill(uint8_t *bytes, size_t len, unsigned seed) {
    for (size_t i = 0; i < len; i++) bytes[i] = (uint8_t)(i * 7 + seed);
}

static void short_and_long_packets_come_whole(void **state) {
    (void)state;
    static const size_t lens[] = {1, 16, 98, 127, 128, 129, 1496, UDP_PACKET_BYTES};
    enum { COUNT = sizeof lens / sizeof lens[0] };
    Endpoint bound;
    int server = open_server(ip_from_v4(LOOPBACK), &bound), client = open_client(bound);
    UdpBatch *batch = udp_batch_create(false);
    uint8_t bytes[UDP_PACKET_BYTES];
    for (unsigned round = 0; round < 3; round++) {
        for (size_t i = 0; i < COUNT; i++) {
            fill(bytes, lens[i], (unsigned)i + round);
            assert_int_equal(send(client, bytes, lens[i], 0), lens[i]);
        }
        assert_int_equal(udp_batch_receive(batch, server), COUNT);
        UdpDatagram *datagrams = udp_batch_datagrams(batch);
        for (size_t i = 0; i < COUNT; i++) {
            fill(bytes, lens[i], (unsigned)i + round);
            assert_int_equal(datagrams[i].len, lens[i]);
            assert_memory_equal(datagrams[i].packet, bytes, lens[i]);
            assert_int_equal(datagrams[i].reply_len, 0);
            assert_true(ip_equal(datagrams[i].from.ip, ip_from_v4(LOOPBACK)));
        }
    }
    udp_batch_free(batch);
    close(server);
    close(client);
}

static void what_is_too_long_is_cut_off(void **state) {
    (void)state;
    Endpoint bound;
    int server = open_server(ip_from_v4(LOOPBACK), &bound), client = open_client(bound);
    UdpBatch *batch = udp_batch_create(false);
    uint8_t bytes[4000] = {1};
    assert_int_equal(send(client, bytes, sizeof bytes, 0), sizeof bytes);
    assert_int_equal(udp_batch_receive(batch, server), 1);
    assert_int_equal(udp_batch_datagrams(batch)->len, UDP_PACKET_BYTES);
    udp_batch_free(batch);
    close(server);
    close(client);
}

static void everyone_gets_the_reply_meant_for_them(void **state) {
    (void)state;
    enum { CLIENTS = 5 };
    Endpoint bound;
    int server = open_server(ip_from_v4(LOOPBACK), &bound), clients[CLIENTS];
    UdpBatch *batch = udp_batch_create(false);
    for (uint8_t i = 0; i < CLIENTS; i++) {
        clients[i] = open_client(bound);
        assert_int_equal(send(clients[i], &i, 1, 0), 1);
    }
    assert_int_equal(udp_batch_receive(batch, server), CLIENTS);
    UdpDatagram *datagrams = udp_batch_datagrams(batch);
    for (size_t i = 0; i < CLIENTS; i++) {
        datagrams[i].reply[0] = (uint8_t)(100 + datagrams[i].packet[0]);
        datagrams[i].reply_len = datagrams[i].packet[0] == 2 ? 0 : 1;
        /* One that the kernel refuses to send stands in the middle. */
        if (datagrams[i].packet[0] == 3) datagrams[i].reply_len = 70000;
    }
    udp_batch_send(batch, server, CLIENTS);
    for (uint8_t i = 0; i < CLIENTS; i++) {
        uint8_t got = 0;
        bool is_silent = i == 2 || i == 3;
        assert_int_equal(recv(clients[i], &got, 1, 0), is_silent ? -1 : 1);
        if (!is_silent) assert_int_equal(got, 100 + i);
        close(clients[i]);
    }
    udp_batch_free(batch);
    close(server);
}

static void the_reply_leaves_from_the_address_that_was_asked(void **state) {
    (void)state;
    Endpoint bound;
    int server = open_server(ip_from_v4((uint8_t[4]){0}), &bound);
    bound.ip = ip_from_v4(OTHER);
    int client = open_client(bound);
    UdpBatch *batch = udp_batch_create(true);
    for (unsigned round = 0; round < 2; round++) {
        uint8_t byte = 9;
        assert_int_equal(send(client, &byte, 1, 0), 1);
        assert_int_equal(udp_batch_receive(batch, server), 1);
        udp_batch_datagrams(batch)->reply_len = 1;
        udp_batch_send(batch, server, 1);
        assert_int_equal(recv(client, &byte, 1, 0), 1);
    }
    udp_batch_free(batch);
    close(server);
    close(client);
}

/* They leave together; nobody must see that. */
static void check_burst(IpAddress bind_ip, const uint8_t asked[4], bool asks_way) {
    static const size_t lens[] = {320, 320, 100, 320, 320, 1220, 8, 0, 8, 1};
    enum { COUNT = sizeof lens / sizeof lens[0] };
    Endpoint bound;
    int server = open_server(bind_ip, &bound);
    bound.ip = ip_from_v4(asked);
    int clients[2] = {open_client(bound), open_client(bound)};
    UdpBatch *batch = udp_batch_create(asks_way);
    uint8_t bytes[UDP_REPLY_ROOM], got[UDP_REPLY_ROOM];
    for (uint8_t i = 0; i < COUNT; i++)
        for (uint8_t n = 0; n < 2; n++) {
            uint8_t packet[2] = {i, n};
            assert_int_equal(send(clients[i < 6 ? n : n ^ (i & 1)], packet, 2, 0), 2);
        }
    assert_int_equal(udp_batch_receive(batch, server), 2 * COUNT);
    UdpDatagram *datagrams = udp_batch_datagrams(batch);
    for (size_t i = 0; i < 2 * COUNT; i++) {
        const uint8_t *packet = datagrams[i].packet;
        datagrams[i].reply_len = lens[packet[0]];
        fill(datagrams[i].reply, lens[packet[0]], packet[0] * 2u + packet[1]);
    }
    udp_batch_send(batch, server, 2 * COUNT);
    for (uint8_t i = 0; i < COUNT; i++)
        for (uint8_t n = 0; n < 2 && lens[i]; n++) {
            fill(bytes, lens[i], i * 2u + n);
            assert_int_equal(recv(clients[i < 6 ? n : n ^ (i & 1)], got, sizeof got, 0), lens[i]);
            assert_memory_equal(got, bytes, lens[i]);
        }
    udp_batch_free(batch);
    close(server);
    close(clients[0]);
    close(clients[1]);
}

static void a_burst_is_answered_one_by_one(void **state) {
    (void)state;
    check_burst(ip_from_v4(LOOPBACK), LOOPBACK, false);
    check_burst(ip_from_v4((uint8_t[4]){0}), OTHER, true);
}

/* All from one client, so that as many as fit leave in one call. */
static void replies_of_one_client_keep_their_bounds(void **state) {
    (void)state;
    Endpoint bound;
    int server = open_server(ip_from_v4(LOOPBACK), &bound), client = open_client(bound);
    UdpBatch *batch = udp_batch_create(false);
    uint8_t bytes[UDP_REPLY_ROOM], got[UDP_REPLY_ROOM];
    for (uint8_t i = 0; i < UDP_BATCH; i++) assert_int_equal(send(client, &i, 1, 0), 1);
    assert_int_equal(udp_batch_receive(batch, server), UDP_BATCH);
    UdpDatagram *datagrams = udp_batch_datagrams(batch);
    for (size_t i = 0; i < UDP_BATCH; i++) {
        datagrams[i].reply_len = i % 11 == 5 ? 20 : 1220;
        fill(datagrams[i].reply, datagrams[i].reply_len, (unsigned)i);
    }
    udp_batch_send(batch, server, UDP_BATCH);
    for (size_t i = 0; i < UDP_BATCH; i++) {
        size_t len = i % 11 == 5 ? 20 : 1220;
        fill(bytes, len, (unsigned)i);
        assert_int_equal(recv(client, got, sizeof got, 0), len);
        assert_memory_equal(got, bytes, len);
    }
    udp_batch_free(batch);
    close(server);
    close(client);
}

static void what_cannot_leave_together_leaves_alone(void **state) {
    (void)state;
    Endpoint bound;
    int server = open_server(ip_from_v4(LOOPBACK), &bound), client = open_client(bound);
    UdpBatch *batch = udp_batch_create(false);
    for (uint8_t i = 0; i < 3; i++) assert_int_equal(send(client, &i, 1, 0), 1);
    assert_int_equal(udp_batch_receive(batch, server), 3);
    UdpDatagram *datagrams = udp_batch_datagrams(batch);
    datagrams[0].reply_len = 70000; /* the kernel refuses the whole, then this one */
    for (uint8_t i = 1; i < 3; i++) {
        datagrams[i].reply[0] = i;
        datagrams[i].reply_len = 1;
    }
    udp_batch_send(batch, server, 3);
    for (uint8_t i = 1; i < 3; i++) {
        uint8_t got = 0;
        assert_int_equal(recv(client, &got, 1, 0), 1);
        assert_int_equal(got, i);
    }
    udp_batch_free(batch);
    close(server);
    close(client);
}

static void ipv6_senders_are_known_by_their_address(void **state) {
    (void)state;
    Endpoint bound;
    IpAddress loopback = {.bytes = {[15] = 1}};
    int server = open_server(loopback, &bound);
    if (server < 0) skip(); /* a machine without IPv6 */
    int client = open_client(bound);
    UdpBatch *batch = udp_batch_create(false);
    uint8_t byte = 9;
    assert_int_equal(send(client, &byte, 1, 0), 1);
    assert_int_equal(udp_batch_receive(batch, server), 1);
    assert_true(ip_equal(udp_batch_datagrams(batch)->from.ip, loopback));
    udp_batch_datagrams(batch)->reply_len = 1;
    udp_batch_send(batch, server, 1);
    assert_int_equal(recv(client, &byte, 1, 0), 1);
    udp_batch_free(batch);
    close(server);
    close(client);
}

static void nothing_there_is_nothing_received(void **state) {
    (void)state;
    Endpoint bound;
    int server = open_server(ip_from_v4(LOOPBACK), &bound);
    UdpBatch *batch = udp_batch_create(false);
    assert_int_equal(udp_batch_receive(batch, server), 0);
    udp_batch_send(batch, server, 0);
    udp_batch_free(batch);
    close(server);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(short_and_long_packets_come_whole),
        cmocka_unit_test(what_is_too_long_is_cut_off),
        cmocka_unit_test(everyone_gets_the_reply_meant_for_them),
        cmocka_unit_test(the_reply_leaves_from_the_address_that_was_asked),
        cmocka_unit_test(a_burst_is_answered_one_by_one),
        cmocka_unit_test(replies_of_one_client_keep_their_bounds),
        cmocka_unit_test(what_cannot_leave_together_leaves_alone),
        cmocka_unit_test(ipv6_senders_are_known_by_their_address),
        cmocka_unit_test(nothing_there_is_nothing_received),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
