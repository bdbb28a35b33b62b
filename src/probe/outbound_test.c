#include "probe/outbound.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe/test.h"

/* A resolver of the test's own. */
typedef struct {
    const char *ips[4];
    unsigned asked;
} Names;

static size_t resolve(void *argument, Str host, IpAddress ret_ips[]) {
    Names *names = argument;
    (void)host;
    names->asked++;
    size_t count = 0;
    while (count < 4 && names->ips[count]) {
        ret_ips[count] = ip(names->ips[count]);
        count++;
    }
    return count;
}

static OutboundSettings settings_of(Names *names) {
    return (OutboundSettings){.timeout_ms = 200,
                              .agent = STR("essaim-test"),
                              .resolve = resolve,
                              .resolve_argument = names};
}

static Outcome find(Names names, Endpoint *ret_endpoint) {
    OutboundSettings settings = settings_of(&names);
    Outbound *outbound = outbound_create(&settings);
    Target to = target("http://tracker.example:8000/announce");
    Outcome outcome = outbound_find(outbound, &to, ret_endpoint);
    outbound_free(outbound);
    return outcome;
}

static void a_public_address_is_gone_to(void **state) {
    (void)state;
    Endpoint to = {0};
    assert_int_equal(find((Names){.ips = {"8.8.4.4"}}, &to), OUTCOME_OK);
    assert_true(ip_equal(to.ip, ip("8.8.4.4")));
    assert_int_equal(to.port, 8000);
    assert_int_equal(find((Names){.ips = {"2a00:1450::1"}}, &to), OUTCOME_OK);
    assert_int_equal(find((Names){.ips = {"2a00:1450::1", "9.9.9.9"}}, &to), OUTCOME_OK);
    assert_true(ip_equal(to.ip, ip("9.9.9.9")));
}

static void no_form_of_a_private_address_is_gone_to(void **state) {
    (void)state;
    static const char *const inside[] = {
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "168.63.129.16",
        "100.100.100.200",
        "100.64.0.1",
        "0.0.0.0",
        "255.255.255.255",
        "224.0.0.1",
        "198.18.0.1",
        "192.0.2.1",
        "::1",
        "::",
        "fe80::1",
        "fc00::1",
        "fd12:3456::1",
        "fec0::1",
        "ff02::1",
        "2001:db8::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::a00:1",
        "64:ff9b:1::1",
        "2002:7f00:1::1",
        "2002:a00:1::",
        "2002:808:808::1",
        "2001:0:53aa::1",
        "2001:10::1",
        "2001:20::1",
        "3fff::1",
        "5f00::1",
        "100::1",
        "4000::1",
        "2a00:1450::5efe:7f00:1",
        "2a00:1450::200:5efe:a00:1",
    };
    for (size_t i = 0; i < sizeof inside / sizeof *inside; i++) {
        Endpoint untouched = {.port = 7};
        Outcome outcome = find((Names){.ips = {inside[i]}}, &untouched);
        if (outcome != OUTCOME_PRIVATE_ADDRESS) print_error("%s\n", inside[i]);
        assert_int_equal(outcome, OUTCOME_PRIVATE_ADDRESS);
        assert_int_equal(untouched.port, 7);
    }
}

static void one_private_address_spoils_a_name(void **state) {
    (void)state;
    Endpoint to;
    assert_int_equal(find((Names){.ips = {"8.8.8.8", "10.0.0.1"}}, &to), OUTCOME_PRIVATE_ADDRESS);
    assert_int_equal(find((Names){.ips = {"8.8.8.8", "9.9.9.9", "::1"}}, &to),
                     OUTCOME_PRIVATE_ADDRESS);
}

static void a_literal_is_checked_without_asking_for_its_name(void **state) {
    (void)state;
    Names names = {.ips = {"8.8.8.8"}};
    OutboundSettings settings = settings_of(&names);
    Outbound *outbound = outbound_create(&settings);
    Target to = target("http://[::ffff:192.168.0.1]:8000/announce");
    Endpoint endpoint;
    assert_int_equal(outbound_find(outbound, &to, &endpoint), OUTCOME_PRIVATE_ADDRESS);
    to = target("udp://10.0.0.1:8000");
    assert_int_equal(outbound_find(outbound, &to, &endpoint), OUTCOME_PRIVATE_ADDRESS);
    assert_int_equal(names.asked, 0);
    outbound_free(outbound);
}

static void odd_ways_to_write_loopback_end_as_the_address_they_mean(void **state) {
    (void)state;
    static const char *const urls[] = {"http://2130706433:8000/announce",
                                       "http://0x7f.1:8000/announce", "http://127.1:8000/announce",
                                       "http://0177.0.0.1:8000/announce",
                                       "http://localhost:8000/announce"};
    OutboundSettings settings = {.timeout_ms = 5000, .agent = STR("essaim-test")};
    Outbound *outbound = outbound_create(&settings);
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        Target to = target(urls[i]);
        Endpoint endpoint;
        assert_int_equal(outbound_find(outbound, &to, &endpoint), OUTCOME_PRIVATE_ADDRESS);
    }
    outbound_free(outbound);
}

static void we_never_go_to_ourselves(void **state) {
    (void)state;
    Names names = {.ips = {"127.0.0.1"}};
    const Str hosts[] = {STR("essaim.example")};
    const Endpoint listeners[] = {{ip("0.0.0.0"), 8000}, {ip("127.0.0.1"), 6969}};
    OutboundSettings settings = settings_of(&names);
    settings.own_hosts = hosts;
    settings.own_host_count = 1;
    settings.own_listeners = listeners;
    settings.own_listener_count = 2;
    Outbound *outbound = outbound_create(&settings);
    Endpoint endpoint;
    Target by_name = target("udp://Essaim.Example.:4000/announce");
    assert_int_equal(outbound_find(outbound, &by_name, &endpoint), OUTCOME_OWN_ADDRESS);
    assert_int_equal(names.asked, 0);
    outbound_free(outbound);
    settings.allow_private_addresses = true;
    outbound = outbound_create(&settings);
    const char *const own[] = {"udp://t.example:8000/announce", "udp://t.example:6969/announce"};
    for (size_t i = 0; i < 2; i++) {
        Target to = target(own[i]);
        assert_int_equal(outbound_find(outbound, &to, &endpoint), OUTCOME_OWN_ADDRESS);
    }
    Target other = target("udp://t.example:8001/announce");
    assert_int_equal(outbound_find(outbound, &other, &endpoint), OUTCOME_OK);
    outbound_free(outbound);
}

/* What RestrictAddressFamilies= of systemd does. */
static bool deny_netlink(void) {
    struct sock_filter rules[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_NETLINK, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EAFNOSUPPORT),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof rules / sizeof *rules, rules};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

static int find_without_netlink(void) {
    Endpoint any = {{{0}}, 7}, to;
    if (!deny_netlink() || socket(AF_NETLINK, SOCK_RAW, 0) >= 0) return 2;
    if (find((Names){.ips = {"8.8.8.8"}}, &to) != OUTCOME_OK) return 3;
    OutboundSettings settings = {.own_listeners = &any, .own_listener_count = 1};
    Outbound *outbound = outbound_create(&settings);
    bool right = outbound_check(outbound, (Endpoint){ip("127.1.2.3"), 7}) == OUTCOME_OWN_ADDRESS &&
                 outbound_check(outbound, (Endpoint){ip("8.8.8.8"), 7}) == OUTCOME_OK;
    outbound_free(outbound);
    return right ? 0 : 4;
}

static void a_service_without_netlink_still_knows_itself(void **state) {
    (void)state;
    int status = 1;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) _exit(find_without_netlink());
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void a_neighbour_is_not_visited_twice_in_a_row(void **state) {
    (void)state;
    Names names = {.ips = {"2a00:1450::1"}};
    OutboundSettings settings = settings_of(&names);
    settings.pause_ms = 150;
    Outbound *outbound = outbound_create(&settings);
    Target to = target("http://tracker.example:8000/announce");
    Endpoint endpoint;
    assert_int_equal(outbound_find(outbound, &to, &endpoint), OUTCOME_OK);
    names.ips[0] = "2a00:1450::ffff"; /* the same 64 bits under another name */
    assert_int_equal(outbound_find(outbound, &to, &endpoint), OUTCOME_TOO_SOON);
    names.ips[0] = "2a00:1450:0:1::1";
    assert_int_equal(outbound_find(outbound, &to, &endpoint), OUTCOME_OK);
    usleep(200 * 1000);
    names.ips[0] = "2a00:1450::1";
    assert_int_equal(outbound_find(outbound, &to, &endpoint), OUTCOME_OK);
    outbound_free(outbound);
}

static void a_name_without_addresses_is_told(void **state) {
    (void)state;
    Endpoint to;
    assert_int_equal(find((Names){.ips = {NULL}}, &to), OUTCOME_NO_NAME);
}

static void *stop_soon(void *argument) {
    usleep(50 * 1000);
    outbound_stop(argument);
    return NULL;
}

static void stopping_ends_a_wait(void **state) {
    (void)state;
    OutboundSettings settings = {.timeout_ms = 60000};
    Outbound *outbound = outbound_create(&settings);
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, stop_soon, outbound), 0);
    Milliseconds start = clock_monotonic_ms();
    assert_false(outbound_wait(outbound, ends[0], 1, start + 20000));
    assert_true(clock_monotonic_ms() - start < 10000);
    assert_true(outbound_is_stopping(outbound));
    pthread_join(thread, NULL);
    close(ends[0]);
    close(ends[1]);
    outbound_free(outbound);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_public_address_is_gone_to),
        cmocka_unit_test(no_form_of_a_private_address_is_gone_to),
        cmocka_unit_test(one_private_address_spoils_a_name),
        cmocka_unit_test(a_literal_is_checked_without_asking_for_its_name),
        cmocka_unit_test(odd_ways_to_write_loopback_end_as_the_address_they_mean),
        cmocka_unit_test(we_never_go_to_ourselves),
        cmocka_unit_test(a_service_without_netlink_still_knows_itself),
        cmocka_unit_test(a_neighbour_is_not_visited_twice_in_a_row),
        cmocka_unit_test(a_name_without_addresses_is_told),
        cmocka_unit_test(stopping_ends_a_wait),
    };
    return cmocka_run_group_tests_name("probe/outbound", tests, NULL, NULL);
}
