#include "base/listener.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <cmocka.h>
#include <fcntl.h>
#include <unistd.h>

static const Endpoint any_port = {.ip = {{[10] = 0xff, 0xff, 127, 0, 0, 1}}};

static int open_bound(int type, bool shared) {
    struct sockaddr_storage name;
    socklen_t len = endpoint_to_sockaddr(any_port, &name);
    int fd = socket(AF_INET, type, 0), one = 1;
    assert_true(fd >= 0);
    if (shared) assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one), 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&name, len), 0);
    return fd;
}

static int open_listening(void) {
    int fd = open_bound(SOCK_STREAM, false);
    assert_int_equal(listen(fd, 1), 0);
    return fd;
}

static Endpoint bound_to(int fd) {
    struct sockaddr_storage name = {0};
    socklen_t len = sizeof name;
    assert_int_equal(getsockname(fd, (struct sockaddr *)&name, &len), 0);
    return endpoint_from_sockaddr(&name);
}

static bool is_open(int fd) { return fcntl(fd, F_GETFD) >= 0; }

static void a_socket_is_taken_once_and_by_what_it_is_bound_to(void **state) {
    (void)state;
    ListenerSet *set = listener_set_create();
    int tcp = open_listening(), udp = open_bound(SOCK_DGRAM, false);
    Endpoint tcp_at = bound_to(tcp), udp_at = bound_to(udp);
    assert_false(failed(listener_set_add(set, tcp)));
    assert_false(failed(listener_set_add(set, udp)));
    assert_int_equal(listener_set_count(set, LISTENER_TCP, tcp_at), 1);
    assert_int_equal(listener_set_count(set, LISTENER_UDP, udp_at), 1);
    Endpoint elsewhere = {tcp_at.ip, (uint16_t)(tcp_at.port ^ 1)};
    assert_int_equal(listener_set_take(set, LISTENER_TCP, elsewhere), -1);
    assert_int_equal(listener_set_take(set, LISTENER_TCP, tcp_at), tcp);
    assert_int_equal(listener_set_take(set, LISTENER_TCP, tcp_at), -1);
    assert_int_equal(listener_set_take(set, LISTENER_UDP, any_port), udp);
    listener_set_free(set);
    assert_true(is_open(tcp) && is_open(udp));
    close(tcp);
    close(udp);
}

static void the_sockets_of_a_group_come_in_the_order_they_were_bound(void **state) {
    (void)state;
    enum { GROUP = 3 };
    ListenerSet *set = listener_set_create();
    int group[GROUP];
    group[0] = open_bound(SOCK_DGRAM, true);
    Endpoint at = bound_to(group[0]);
    struct sockaddr_storage name;
    socklen_t len = endpoint_to_sockaddr(at, &name);
    for (int i = 1, one = 1; i < GROUP; i++) {
        group[i] = socket(AF_INET, SOCK_DGRAM, 0);
        assert_int_equal(setsockopt(group[i], SOL_SOCKET, SO_REUSEPORT, &one, sizeof one), 0);
        assert_int_equal(bind(group[i], (struct sockaddr *)&name, len), 0);
    }
    for (int i = 0; i < GROUP; i++) assert_false(failed(listener_set_add(set, group[i])));
    assert_int_equal(listener_set_count(set, LISTENER_UDP, at), GROUP);
    for (int i = 0; i < GROUP; i++) {
        assert_int_equal(listener_set_take(set, LISTENER_UDP, at), group[i]);
        close(group[i]);
    }
    listener_set_free(set);
}

static void what_does_not_listen_is_refused_and_closed(void **state) {
    (void)state;
    ListenerSet *set = listener_set_create();
    int refused[] = {open_bound(SOCK_STREAM, false), socket(AF_INET, SOCK_DGRAM, 0),
                     open("/dev/null", O_RDONLY)};
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        assert_true(failed(listener_set_add(set, refused[i])));
        assert_false(is_open(refused[i]));
    }
    assert_int_equal(set->count, 0);
    listener_set_free(set);
}

static void what_nobody_took_is_closed_and_copies_are_apart(void **state) {
    (void)state;
    ListenerSet *set = listener_set_create();
    int fd = open_listening();
    listener_set_add_copy(set, fd);
    assert_int_equal(set->count, 1);
    int copy = set->at[0].fd;
    assert_int_not_equal(copy, fd);
    assert_int_equal(fcntl(copy, F_GETFD), FD_CLOEXEC);
    listener_set_free(set);
    assert_true(is_open(fd));
    assert_false(is_open(copy));
    close(fd);
}

static void no_set_holds_nothing(void **state) {
    (void)state;
    assert_int_equal(listener_set_take(NULL, LISTENER_UDP, any_port), -1);
    assert_int_equal(listener_set_take_local(NULL), -1);
    assert_int_equal(listener_set_count(NULL, LISTENER_TCP, any_port), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_socket_is_taken_once_and_by_what_it_is_bound_to),
        cmocka_unit_test(the_sockets_of_a_group_come_in_the_order_they_were_bound),
        cmocka_unit_test(what_does_not_listen_is_refused_and_closed),
        cmocka_unit_test(what_nobody_took_is_closed_and_copies_are_apart),
        cmocka_unit_test(no_set_holds_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
