#include "command/machine.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/text.h"

enum {
    PROC_FILE_BYTES_MAX = 4 * MIB,
    PART_BYTES = 16 * KIB,
    FULL_PERCENT = 80,
    FILES_ASIDE = 256, /* beside connections: database, sockets, index */
    BACKLOG_WANTED = 4096,
    HEX_BASE = 16,
};

const char *diagnosis_state_name(DiagnosisState state) {
    static const char *const names[] = {"ok", "warning", "problem"};
    return names[state];
}

/* Files of proc(5) do not tell their length. Empty when there is no such file. */
static Str read_file(const Machine *machine, const char *path) {
    Str full = arena_print(machine->arena, "%.*s%s", STR_PRINTF(machine->root), path);
    Text text = text_create(machine->arena, PROC_FILE_BYTES_MAX);
    char part[PART_BYTES];
    ssize_t len;
    int file = open(full.at, O_RDONLY | O_CLOEXEC);
    if (file < 0) return (Str){0};
    while ((len = read(file, part, sizeof part)) > 0) text_add(&text, (Str){part, (size_t)len});
    close(file);
    return text_str(&text);
}

static bool read_number(const Machine *machine, const char *path, uint64_t *ret_number) {
    return str_to_u64(str_trim(read_file(machine, path)), ret_number);
}

#define SAY(...) arena_print(machine->arena, __VA_ARGS__)
typedef unsigned long long Wide; /* for printf */

/* Listening beyond this machine is what makes most of these matter. */
static bool listens_outside(const Machine *machine) {
    for (size_t i = 0; i < machine->udp_listen_count; i++)
        if (!ip_is_loopback(machine->udp_listen[i].ip)) return true;
    return false;
}

/* Each UDP client takes a place in the table of connections; when it is full the kernel drops
 * packets of everybody, and trackers look dead for no reason anybody sees. */
static Diagnosis check_conntrack(const Machine *machine) {
    Diagnosis finding = {.name = "conntrack"};
    uint64_t count = 0, max = 0;
    bool there = read_number(machine, "/proc/sys/net/netfilter/nf_conntrack_count", &count) &&
                 read_number(machine, "/proc/sys/net/netfilter/nf_conntrack_max", &max);
    if (!there || count == 0 || max == 0) {
        finding.words = there ? STR("connection tracking is loaded and follows nothing")
                              : STR("no connection tracking");
        return finding;
    }
    finding.words =
        SAY("connection tracking follows %llu of at most %llu connections", (Wide)count, (Wide)max);
    if (!listens_outside(machine)) return finding;
    finding.state = count * 100 >= max * FULL_PERCENT ? DIAGNOSIS_PROBLEM : DIAGNOSIS_WARNING;
    unsigned port = machine->udp_listen[0].port;
    finding.remedy =
        SAY("Leave the tracker's packets out of it: nft add table inet essaim; nft 'add chain inet "
            "essaim in { type filter hook prerouting priority raw; }'; nft add rule inet essaim in "
            "udp dport %u notrack; nft 'add chain inet essaim out { type filter hook output "
            "priority raw; }'; nft add rule inet essaim out udp sport %u notrack. Or raise "
            "net.netfilter.nf_conntrack_max. A published port of a container is always tracked: "
            "use the network of the host.",
            port, port);
    return finding;
}

static Diagnosis check_buffer(const Machine *machine) {
    Diagnosis finding = {.name = "receive buffer"};
    uint64_t max;
    if (machine->udp_listen_count == 0) {
        finding.words = STR("no UDP");
    } else if (!read_number(machine, "/proc/sys/net/core/rmem_max", &max)) {
        finding.words = STR("the kernel does not tell the largest it gives");
    } else {
        finding.words = SAY("net.core.rmem_max is %llu bytes, %llu are wanted", (Wide)max,
                            (Wide)machine->udp_buffer_bytes);
        if (max >= machine->udp_buffer_bytes) return finding;
        finding.state = DIAGNOSIS_WARNING;
        finding.remedy =
            SAY("Bursts of datagrams are lost. Write net.core.rmem_max = %llu to "
                "/etc/sysctl.d/essaim.conf and run sysctl --system, or give the "
                "service CAP_NET_ADMIN.",
                (Wide)machine->udp_buffer_bytes);
    }
    return finding;
}

static bool hex_number(Str text, uint64_t *ret_number) {
    uint64_t number = 0;
    for (size_t i = 0; i < text.len; i++) {
        size_t digit = str_find_byte(STR("0123456789ABCDEF"), text.at[i]);
        if (digit == STR_NONE) return false;
        number = number * HEX_BASE + digit;
    }
    *ret_number = number;
    return text.len > 0;
}

static Str next_word(Str *line) {
    *line = str_trim(*line);
    return str_cut(line, ' ');
}

/* "sl local_address rem_address st … drops" */
static uint64_t drops_of_line(const Machine *machine, Str line) {
    uint64_t port, drops = 0;
    next_word(&line);
    Str address = next_word(&line);
    size_t colon = str_find_byte(address, ':');
    if (colon == STR_NONE || !hex_number(str_skip(address, colon + 1), &port)) return 0;
    bool ours = false;
    for (size_t i = 0; i < machine->udp_listen_count; i++)
        ours = ours || machine->udp_listen[i].port == port;
    Str last = {0};
    while (ours && line.len) last = next_word(&line);
    return ours && str_to_u64(last, &drops) ? drops : 0;
}

static Diagnosis check_drops(const Machine *machine) {
    static const char *const paths[] = {"/proc/net/udp", "/proc/net/udp6"};
    uint64_t drops = 0;
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        Str lines = read_file(machine, paths[i]);
        while (lines.len) drops += drops_of_line(machine, str_cut(&lines, '\n'));
    }
    if (drops == 0)
        return (Diagnosis){.name = "datagrams", .words = STR("none were dropped on our ports")};
    return (Diagnosis){
        .name = "datagrams",
        .state = DIAGNOSIS_WARNING,
        .words = SAY("%llu were dropped on our ports since they were opened", (Wide)drops),
        .remedy = STR("We were too slow or the receive buffer too small: raise net.core.rmem_max "
                      "and tracker.udp_threads, and see whether something else takes the "
                      "processor.")};
}

static Diagnosis check_files(const Machine *machine) {
    uint64_t wanted = machine->connections_max + FILES_ASIDE;
    Diagnosis finding = {.name = "open files",
                         .words = SAY("%llu may be open at once, http.connections_max wants %llu",
                                      (Wide)machine->files_max, (Wide)wanted)};
    if (machine->files_max >= wanted) return finding;
    finding.state = DIAGNOSIS_WARNING;
    finding.remedy =
        SAY("Write LimitNOFILE=%llu to the service (ulimit -n in a shell), or lower "
            "http.connections_max.",
            (Wide)wanted);
    return finding;
}

static Diagnosis check_backlog(const Machine *machine) {
    Diagnosis finding = {.name = "backlog"};
    uint64_t max;
    if (!read_number(machine, "/proc/sys/net/core/somaxconn", &max)) {
        finding.words = STR("the kernel does not tell how many connections may wait");
        return finding;
    }
    finding.words = SAY("%llu connections may wait to be taken", (Wide)max);
    if (max >= BACKLOG_WANTED) return finding;
    finding.state = DIAGNOSIS_WARNING;
    finding.remedy =
        STR("In a rush people are turned away before we see them. Write "
            "net.core.somaxconn = 4096 to /etc/sysctl.d/essaim.conf and run sysctl "
            "--system.");
    return finding;
}

/* "2001…01 02 40 00 80 eth0": the fourth number is the scope, 00 is global. */
static Diagnosis check_ipv6(const Machine *machine) {
    Diagnosis finding = {.name = "ipv6", .words = STR("a public address is there")};
    Str lines = read_file(machine, "/proc/net/if_inet6");
    while (lines.len) {
        Str line = str_cut(&lines, '\n'), address = next_word(&line);
        next_word(&line), next_word(&line);
        bool is_global = str_equal(next_word(&line), STR("00"));
        bool is_local = str_starts(address, STR("fc")) || str_starts(address, STR("fd"));
        if (is_global && !is_local) return finding;
    }
    finding.words = STR("no public IPv6 address");
    if (!listens_outside(machine)) return finding;
    finding.state = DIAGNOSIS_WARNING;
    finding.remedy =
        STR("Peers that have only IPv6 cannot reach the tracker. Ask your provider "
            "for a network, and publish an AAAA record.");
    return finding;
}

static Diagnosis check_clock(const Machine *machine) {
    if (machine->clock_behind_s > 0)
        return (Diagnosis){.name = "clock",
                           .state = DIAGNOSIS_PROBLEM,
                           .words = SAY("%lld seconds behind what the data folder remembers",
                                        (long long)machine->clock_behind_s),
                           .remedy = STR("The clock has jumped back: sessions and dates will be "
                                         "wrong. Set it right and keep it by NTP (timedatectl "
                                         "set-ntp true).")};
    if (!machine->clock_is_kept)
        return (Diagnosis){.name = "clock",
                           .state = DIAGNOSIS_WARNING,
                           .words = STR("nobody keeps it right"),
                           .remedy = STR("Switch NTP on: timedatectl set-ntp true. In a container "
                                         "that is the host's to do.")};
    return (Diagnosis){.name = "clock", .words = STR("kept right")};
}

static Diagnosis check_huge_pages(const Machine *machine) {
    Str modes = str_trim(read_file(machine, "/sys/kernel/mm/transparent_hugepage/enabled"));
    Diagnosis finding = {.name = "huge pages", .words = modes};
    if (modes.len == 0) finding.words = STR("the kernel has none");
    if (!str_contains(modes, STR("[never]"))) return finding;
    finding.state = DIAGNOSIS_WARNING;
    finding.remedy =
        STR("With millions of peers announces take longer: echo madvise > "
            "/sys/kernel/mm/transparent_hugepage/enabled");
    return finding;
}

static bool holds_path(Str mount, Str path) {
    if (!str_starts(path, mount)) return false;
    return str_equal(mount, STR("/")) || path.len == mount.len || path.at[mount.len] == '/';
}

/* The file system of the innermost mount: "36 35 98:0 / /mnt rw - ext3 /dev/root rw". */
static Str file_system(const Machine *machine) {
    Str lines = read_file(machine, "/proc/self/mountinfo"), kind = {0};
    size_t longest = 0;
    while (lines.len) {
        Str line = str_cut(&lines, '\n');
        size_t dash = str_find(line, STR(" - "));
        if (dash == STR_NONE) continue;
        Str rest = str_skip(line, dash + strlen(" - "));
        for (int skipped = 0; skipped < 4; skipped++) next_word(&line);
        Str mount = next_word(&line);
        if (mount.len < longest || !holds_path(mount, machine->data_folder)) continue;
        longest = mount.len;
        kind = next_word(&rest);
    }
    return kind;
}

static Diagnosis check_file_system(const Machine *machine) {
    static const char *const remote[] = {"nfs",  "nfs4", "cifs",      "smb3",      "9p",
                                         "ceph", "afs",  "glusterfs", "fuse.sshfs"};
    Str kind = file_system(machine);
    Diagnosis finding = {.name = "file system", .words = kind.len ? kind : STR("not known")};
    for (size_t i = 0; i < sizeof remote / sizeof remote[0]; i++) {
        if (!str_equal(kind, str_from_c(remote[i]))) continue;
        finding.state = DIAGNOSIS_PROBLEM;
        finding.remedy =
            STR("Over the network locks and syncs cannot be relied on, and the "
                "database may be damaged. Move the data folder to a disk of this "
                "machine (--data).");
    }
    if (str_equal(kind, STR("tmpfs")) || str_equal(kind, STR("ramfs")) ||
        str_equal(kind, STR("overlay"))) {
        finding.state = DIAGNOSIS_WARNING;
        finding.remedy =
            STR("What is written here goes with the machine or the container. Put "
                "the data folder on a disk or a volume.");
    }
    return finding;
}

static Diagnosis check_memory(const Machine *machine) {
    Diagnosis finding = {.name = "memory"};
    uint64_t available = 0;
    Str lines = read_file(machine, "/proc/meminfo");
    while (lines.len) {
        Str line = str_cut(&lines, '\n');
        if (!str_equal(next_word(&line), STR("MemAvailable:"))) continue;
        if (str_to_u64(next_word(&line), &available)) available *= KIB;
    }
    finding.words = SAY("%llu MiB available; a full tracker takes about %llu MiB",
                        (Wide)(available / MIB), (Wide)(machine->memory_bytes / MIB));
    if (available == 0 || machine->memory_bytes * 100 < available * FULL_PERCENT) return finding;
    finding.state = DIAGNOSIS_WARNING;
    finding.remedy =
        STR("Lower tracker.peers_max and tracker.torrents_max to what this machine "
            "can hold.");
    return finding;
}

/* Where Debian, Fedora and Alpine keep those everybody trusts. */
static Diagnosis check_certificates(const Machine *machine) {
    static const char *const paths[] = {"/etc/ssl/certs/ca-certificates.crt",
                                        "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"};
    Diagnosis finding = {.name = "certificates", .words = STR("those of HTTPS can be checked")};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        if (access(SAY("%.*s%s", STR_PRINTF(machine->root), paths[i]).at, R_OK) == 0)
            return finding;
    finding.words = STR("those everybody trusts are not here");
    if (!machine->asks_others) return finding;
    finding.state = DIAGNOSIS_WARNING;
    finding.remedy =
        STR("No tracker and no web seed can be asked over HTTPS: apt install "
            "ca-certificates.");
    return finding;
}

void machine_diagnose(const Machine *machine, Diagnosis ret_findings[MACHINE_CHECKS]) {
    static Diagnosis (*const checks[MACHINE_CHECKS])(const Machine *machine) = {
        check_conntrack, check_buffer, check_drops,       check_files,
        check_backlog,   check_ipv6,   check_huge_pages,  check_file_system,
        check_clock,     check_memory, check_certificates};
    for (size_t i = 0; i < MACHINE_CHECKS; i++) ret_findings[i] = checks[i](machine);
}
