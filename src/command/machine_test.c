#include "command/machine.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"

static const Endpoint PUBLIC = {.ip = {{0}}, .port = 6969};

/* A machine of files. */
typedef struct {
    char root[64];
    Arena arena;
    Machine machine;
    Diagnosis findings[MACHINE_CHECKS];
} Scene;

static void put(Scene *scene, const char *path, const char *text) {
    char full[300];
    snprintf(full, sizeof full, "%s%s", scene->root, path);
    for (char *at = full + strlen(scene->root) + 1; (at = strchr(at, '/')); *at++ = '/') {
        *at = 0;
        mkdir(full, 0700);
    }
    FILE *file = fopen(full, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static int set_up(void **state) {
    static Scene scene;
    scene = (Scene){.root = "/tmp/essaim-machine-XXXXXX", .arena = arena_create(8 * MIB)};
    assert_non_null(mkdtemp(scene.root));
    scene.machine = (Machine){.root = str_from_c(scene.root),
                              .data_folder = STR("/var/lib/essaim"),
                              .udp_listen = &PUBLIC,
                              .udp_listen_count = 1,
                              .udp_buffer_bytes = 8 * MIB,
                              .connections_max = 10000,
                              .files_max = 65536,
                              .memory_bytes = 100 * MIB,
                              .clock_is_kept = true,
                              .arena = &scene.arena};
    put(&scene, "/proc/sys/net/core/rmem_max", "8388608\n");
    put(&scene, "/proc/sys/net/core/somaxconn", "4096\n");
    put(&scene, "/proc/net/if_inet6",
        "00000000000000000000000000000001 01 80 10 80       lo\n"
        "20010db8000000000000000000000001 02 40 00 80     eth0\n");
    put(&scene, "/proc/net/udp",
        "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  "
        "timeout inode ref pointer drops            \n"
        " 8116: 00000000:1B39 00000000:0000 07 00000000:00000000 00:00000000 00000000     0"
        "        0 4909551 2 00000000fca05752 0       \n");
    put(&scene, "/proc/self/mountinfo",
        "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
        "23 22 8:2 / /var rw - xfs /dev/sda2 rw\n");
    put(&scene, "/proc/meminfo", "MemTotal:  2000000 kB\nMemAvailable:  1000000 kB\n");
    put(&scene, "/sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n");
    *state = &scene;
    return 0;
}

static int drop(const char *path, const struct stat *status, int kind, struct FTW *walk) {
    (void)status, (void)kind, (void)walk;
    return remove(path);
}

static int tear_down(void **state) {
    Scene *scene = *state;
    nftw(scene->root, drop, 8, FTW_DEPTH | FTW_PHYS);
    arena_free(&scene->arena);
    return 0;
}

static const Diagnosis *look(Scene *scene, const char *name) {
    machine_diagnose(&scene->machine, scene->findings);
    for (size_t i = 0; i < MACHINE_CHECKS; i++) {
        const Diagnosis *finding = &scene->findings[i];
        assert_true(finding->words.len > 0);
        assert_true((finding->remedy.len > 0) == (finding->state != DIAGNOSIS_OK));
        if (strcmp(finding->name, name) == 0) return finding;
    }
    fail_msg("no check %s", name);
    return NULL;
}

static bool is(Scene *scene, const char *name, DiagnosisState state, const char *part) {
    const Diagnosis *finding = look(scene, name);
    bool says = str_contains(finding->words, str_from_c(part)) ||
                str_contains(finding->remedy, str_from_c(part));
    if (finding->state == state && says) return true;
    print_error("%s: %s: %.*s %.*s\n", name, diagnosis_state_name(finding->state),
                STR_PRINTF(finding->words), STR_PRINTF(finding->remedy));
    return false;
}

static void a_machine_in_order_has_no_complaint(void **state) {
    Scene *scene = *state;
    look(scene, "conntrack");
    for (size_t i = 0; i < MACHINE_CHECKS; i++) {
        machine_diagnose(&scene->machine, scene->findings);
        assert_int_equal(scene->findings[i].state, DIAGNOSIS_OK);
    }
}

static void a_machine_that_tells_nothing_is_no_problem(void **state) {
    Scene *scene = *state;
    scene->machine.root = STR("/nowhere/at/all");
    machine_diagnose(&scene->machine, scene->findings);
    for (size_t i = 0; i < MACHINE_CHECKS; i++)
        assert_true(scene->findings[i].state != DIAGNOSIS_PROBLEM && scene->findings[i].words.len);
}

static void connection_tracking_is_named_with_the_rules_that_end_it(void **state) {
    Scene *scene = *state;
    put(scene, "/proc/sys/net/netfilter/nf_conntrack_max", "1000\n");
    put(scene, "/proc/sys/net/netfilter/nf_conntrack_count", "0\n");
    assert_true(is(scene, "conntrack", DIAGNOSIS_OK, "follows nothing"));
    put(scene, "/proc/sys/net/netfilter/nf_conntrack_count", "12\n");
    assert_true(is(scene, "conntrack", DIAGNOSIS_WARNING, "udp dport 6969 notrack"));
    put(scene, "/proc/sys/net/netfilter/nf_conntrack_count", "800\n");
    assert_true(is(scene, "conntrack", DIAGNOSIS_PROBLEM, "800 of at most 1000"));
    Endpoint local = {.ip = {{[10] = 0xff, [11] = 0xff, [12] = 127, [15] = 1}}, .port = 6969};
    scene->machine.udp_listen = &local;
    assert_true(is(scene, "conntrack", DIAGNOSIS_OK, "800"));
}

static void small_buffers_and_lost_datagrams_are_told(void **state) {
    Scene *scene = *state;
    put(scene, "/proc/sys/net/core/rmem_max", "212992\n");
    assert_true(is(scene, "receive buffer", DIAGNOSIS_WARNING, "rmem_max = 8388608"));
    scene->machine.udp_listen_count = 0;
    assert_true(is(scene, "receive buffer", DIAGNOSIS_OK, "no UDP"));
    scene->machine.udp_listen_count = 1;
    put(scene, "/proc/net/udp6",
        " 1: 00000000000000000000000000000000:1B39 0:0 07 0:0 00:0 0 0 0 1 2 0 41\n"
        " 2: 00000000000000000000000000000000:1B40 0:0 07 0:0 00:0 0 0 0 1 2 0 900\n"
        " 3: nonsense\n\n :\n");
    assert_true(is(scene, "datagrams", DIAGNOSIS_WARNING, "41 were dropped"));
}

static void too_few_files_and_a_short_backlog_are_told(void **state) {
    Scene *scene = *state;
    scene->machine.files_max = 1024;
    assert_true(is(scene, "open files", DIAGNOSIS_WARNING, "LimitNOFILE=10256"));
    put(scene, "/proc/sys/net/core/somaxconn", "128\n");
    assert_true(is(scene, "backlog", DIAGNOSIS_WARNING, "net.core.somaxconn = 4096"));
}

static void no_public_ipv6_is_told_to_who_listens_outside(void **state) {
    Scene *scene = *state;
    put(scene, "/proc/net/if_inet6",
        "fe800000000000000000000000000001 02 40 20 80     eth0\n"
        "fd000000000000000000000000000001 02 40 00 80     eth0\n");
    assert_true(is(scene, "ipv6", DIAGNOSIS_WARNING, "no public IPv6"));
    scene->machine.udp_listen_count = 0;
    assert_true(is(scene, "ipv6", DIAGNOSIS_OK, "no public IPv6"));
}

static void a_clock_that_jumped_or_is_not_kept_is_told(void **state) {
    Scene *scene = *state;
    scene->machine.clock_is_kept = false;
    assert_true(is(scene, "clock", DIAGNOSIS_WARNING, "NTP"));
    scene->machine.clock_behind_s = 3600;
    assert_true(is(scene, "clock", DIAGNOSIS_PROBLEM, "3600 seconds behind"));
}

static void huge_pages_switched_off_are_told(void **state) {
    Scene *scene = *state;
    put(scene, "/sys/kernel/mm/transparent_hugepage/enabled", "always madvise [never]\n");
    assert_true(is(scene, "huge pages", DIAGNOSIS_WARNING, "echo madvise"));
}

static void a_data_folder_on_the_network_is_a_problem(void **state) {
    Scene *scene = *state;
    assert_true(is(scene, "file system", DIAGNOSIS_OK, "xfs"));
    put(scene, "/proc/self/mountinfo",
        "22 1 8:1 / / rw shared:1 - ext4 /dev/sda1 rw\n"
        "24 22 0:50 / /var/lib/essaim rw,relatime - nfs4 server:/export rw\n"
        "25 22 0:51 / /var/lib/essaim-other rw - tmpfs tmpfs rw\n");
    assert_true(is(scene, "file system", DIAGNOSIS_PROBLEM, "nfs4"));
    put(scene, "/proc/self/mountinfo", "22 1 8:1 / / rw - overlay overlay rw\n");
    assert_true(is(scene, "file system", DIAGNOSIS_WARNING, "volume"));
}

static void tables_larger_than_the_memory_are_told(void **state) {
    Scene *scene = *state;
    scene->machine.memory_bytes = 900ULL * MIB;
    assert_true(is(scene, "memory", DIAGNOSIS_WARNING, "tracker.peers_max"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

static void without_certificates_https_cannot_be_asked(void **state) {
    Scene *scene = *state;
    assert_int_equal(look(scene, "certificates")->state, DIAGNOSIS_OK); /* nobody is asked */
    scene->machine.asks_others = true;
    assert_int_equal(look(scene, "certificates")->state, DIAGNOSIS_WARNING);
    put(scene, "/etc/ssl/certs/ca-certificates.crt", "");
    assert_int_equal(look(scene, "certificates")->state, DIAGNOSIS_OK);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_machine_in_order_has_no_complaint),
        TEST(a_machine_that_tells_nothing_is_no_problem),
        TEST(connection_tracking_is_named_with_the_rules_that_end_it),
        TEST(small_buffers_and_lost_datagrams_are_told),
        TEST(too_few_files_and_a_short_backlog_are_told),
        TEST(no_public_ipv6_is_told_to_who_listens_outside),
        TEST(a_clock_that_jumped_or_is_not_kept_is_told),
        TEST(huge_pages_switched_off_are_told),
        TEST(a_data_folder_on_the_network_is_a_problem),
        TEST(tables_larger_than_the_memory_are_told),
        TEST(without_certificates_https_cannot_be_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
