#include "tracker/udp_steering.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <poll.h>
#include <unistd.h>

#include "base/address.h"
#include "base/random.h"

enum { SOCKETS_MAX = 8, PACKET_BYTES = 98, ROUNDS = 400 };

typedef struct {
    int sockets[SOCKETS_MAX], client;
    unsigned count;
    struct sockaddr_storage name;
    socklen_t name_len;
} Group;

static int bound_socket(Endpoint endpoint, Group *group) {
    int one = 1, descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_true(descriptor >= 0);
    assert_int_equal(setsockopt(descriptor, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one), 0);
    group->name_len = endpoint_to_sockaddr(endpoint, &group->name);
    assert_int_equal(bind(descriptor, (struct sockaddr *)&group->name, group->name_len), 0);
    return descriptor;
}

static Group group_open(unsigned count) {
    Group group = {.count = count, .client = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    Endpoint endpoint = {.ip = ip_from_v4((uint8_t[]){127, 0, 0, 1})};
    for (unsigned i = 0; i < count; i++) {
        group.sockets[i] = bound_socket(endpoint, &group);
        struct sockaddr_storage name;
        socklen_t len = sizeof name;
        assert_int_equal(getsockname(group.sockets[i], (struct sockaddr *)&name, &len), 0);
        endpoint.port = endpoint_from_sockaddr(&name).port;
        group.name_len = endpoint_to_sockaddr(endpoint, &group.name);
    }
    assert_true(group.client >= 0);
    return group;
}

static void group_close(Group *group) {
    for (unsigned i = 0; i < group->count; i++) close(group->sockets[i]);
    close(group->client);
}

/* Sends one packet; returns which socket it came to. */
static unsigned arrival(Group *group, const uint8_t *packet, size_t len) {
    struct pollfd polls[SOCKETS_MAX];
    uint8_t got[PACKET_BYTES];
    assert_int_equal(
        sendto(group->client, packet, len, 0, (struct sockaddr *)&group->name, group->name_len),
        len);
    for (unsigned i = 0; i < group->count; i++)
        polls[i] = (struct pollfd){.fd = group->sockets[i], .events = POLLIN};
    assert_int_equal(poll(polls, group->count, 1000), 1);
    unsigned at = 0;
    while (!(polls[at].revents & POLLIN)) at++;
    assert_int_equal(recv(group->sockets[at], got, sizeof got, 0), len);
    return at;
}

static void make_packet(uint8_t packet[PACKET_BYTES], uint8_t action) {
    random_bytes(packet, PACKET_BYTES);
    memcpy(packet + 8, (uint8_t[]){0, 0, 0, action}, 4);
}

static void kernel_and_program_agree(void **state) {
    (void)state;
    const unsigned counts[] = {1, 2, 3, 8};
    for (size_t n = 0; n < sizeof counts / sizeof counts[0]; n++) {
        UdpSteering steering = udp_steering_create(random_u64(), counts[n]);
        Group group = group_open(counts[n]);
        assert_true(udp_steering_attach(&steering, group.sockets[0]));
        unsigned seen[SOCKETS_MAX] = {0};
        for (unsigned i = 0; i < ROUNDS; i++) {
            uint8_t packet[PACKET_BYTES];
            make_packet(packet, i % 2 ? 1 : 2);
            size_t len = i % 2 ? PACKET_BYTES : 36;
            unsigned thread = udp_steering_thread(&steering, packet + 16);
            assert_int_equal(arrival(&group, packet, len), thread);
            seen[thread]++;
        }
        for (unsigned i = 0; i < counts[n]; i++) assert_true(seen[i] > ROUNDS / counts[n] / 3);
        group_close(&group);
    }
}

static void connects_go_everywhere(void **state) {
    (void)state;
    UdpSteering steering = udp_steering_create(random_u64(), 3);
    Group group = group_open(3);
    assert_true(udp_steering_attach(&steering, group.sockets[0]));
    unsigned seen[SOCKETS_MAX] = {0};
    uint8_t packet[PACKET_BYTES];
    make_packet(packet, 0);
    for (unsigned i = 0; i < ROUNDS; i++) seen[arrival(&group, packet, 16)]++;
    for (unsigned i = 0; i < 3; i++) assert_true(seen[i] > ROUNDS / 9);
    group_close(&group);
}

static void a_stump_is_received_too(void **state) {
    (void)state;
    UdpSteering steering = udp_steering_create(random_u64(), 2);
    Group group = group_open(2);
    assert_true(udp_steering_attach(&steering, group.sockets[1]));
    uint8_t packet[PACKET_BYTES];
    make_packet(packet, 1);
    assert_int_equal(arrival(&group, packet, 3), 0);
    assert_int_equal(arrival(&group, packet, 16), 0);
    group_close(&group);
}

static void a_group_without_steering_is_no_error(void **state) {
    (void)state;
    UdpSteering steering = udp_steering_create(random_u64(), 2);
    assert_false(udp_steering_attach(&steering, -1));
}

static void secrets_change_who_gets_what(void **state) {
    (void)state;
    unsigned differ = 0;
    for (unsigned i = 0; i < ROUNDS; i++) {
        UdpSteering one = udp_steering_create(random_u64(), 2);
        UdpSteering other = udp_steering_create(random_u64(), 2);
        uint8_t hash[4] = {0, 0, 0, (uint8_t)i};
        differ += udp_steering_thread(&one, hash) != udp_steering_thread(&other, hash);
    }
    assert_in_range(differ, ROUNDS / 3, ROUNDS * 2 / 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kernel_and_program_agree),
        cmocka_unit_test(connects_go_everywhere),
        cmocka_unit_test(a_stump_is_received_too),
        cmocka_unit_test(a_group_without_steering_is_no_error),
        cmocka_unit_test(secrets_change_who_gets_what),
    };
    if (!random_start()) return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
