/* http_bench.c — a closed-loop HTTP load: N keep-alive connections, one request under way on each.
 * Usage: http_bench HOST:PORT TARGET [connections=64] [seconds=5] [body_min=0] [header='Name:
 * value'] TARGET is an address, or @FILE with one a line, asked for in turn; "{n}" in it becomes a
 * number that no other request of the run has. An answer is good when it is a 200 with body_min
 * bytes or more. Prints requests per second, the latency's percentiles, and how busy this program
 * was itself (of 1; near it, what was measured is the generator). One thread; pin it beside the
 * server.
 */
#include <assert.h>
#include <errno.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/address.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/text.h"

enum {
    CONNECTIONS_MAX = 20000,
    LATENCIES_MAX = 1 << 22,
    ANSWER_BYTES = 1 << 17,
    TARGETS_MAX = 1 << 20,
    REQUEST_BYTES_MAX = 1 << 14
};

typedef struct {
    int fd;
    int64_t sent_us;
    size_t have, want; /* bytes of the answer; want 0: its head is not complete */
    char head[4096];
} BenchClient;

typedef struct {
    Endpoint server;
    Str *targets;
    size_t target_count;
    Str headers; /* the rest of the head, the same for all */
    int epoll_fd;
    size_t connections;
    int64_t seconds;
    uint64_t sent, answers, bytes, refused, body_min;
    uint32_t *latencies_us;
    size_t latency_count;
} Bench;

static void fail(const char *words) {
    fprintf(stderr, "http_bench: %s: %s\n", words, strerror(errno));
    exit(1);
}

static void send_request(Bench *bench, BenchClient *client) {
    char request[REQUEST_BYTES_MAX];
    Str target = bench->targets[bench->sent % bench->target_count];
    size_t place = str_find(target, STR("{n}"));
    int len =
        place == STR_NONE
            ? snprintf(request, sizeof request, "GET %.*s %.*s", STR_PRINTF(target),
                       STR_PRINTF(bench->headers))
            : snprintf(request, sizeof request, "GET %.*s%llu%.*s %.*s",
                       STR_PRINTF(str_part(target, 0, place)), (unsigned long long)bench->sent,
                       STR_PRINTF(str_skip(target, place + 3)), STR_PRINTF(bench->headers));
    assert(len > 0 && len < REQUEST_BYTES_MAX);
    client->sent_us = clock_monotonic_us();
    client->have = client->want = 0;
    bench->sent++;
    if (send(client->fd, request, (size_t)len, MSG_NOSIGNAL) != len) fail("send");
}

static void read_head(Bench *bench, BenchClient *client) {
    Str head = {client->head,
                client->have < sizeof client->head ? client->have : sizeof client->head};
    size_t end = str_find(head, STR("\r\n\r\n"));
    size_t length_at = str_find(head, STR("\r\nContent-Length: "));
    uint64_t length = 0;
    if (end == STR_NONE) return;
    if (length_at != STR_NONE && length_at < end) {
        Str rest = str_skip(head, length_at + 18);
        str_to_u64(str_part(rest, 0, str_find_byte(rest, '\r')), &length);
    }
    client->want = end + 4 + length;
    if (!str_starts(head, STR("HTTP/1.1 200")) || length < bench->body_min) bench->refused++;
}

static void read_some(Bench *bench, BenchClient *client, char *buffer) {
    ssize_t got = recv(client->fd, buffer, ANSWER_BYTES, 0);
    if (got <= 0) fail("the server closed");
    size_t room = client->have < sizeof client->head ? sizeof client->head - client->have : 0;
    if (room) memcpy(client->head + client->have, buffer, (size_t)got < room ? (size_t)got : room);
    client->have += (size_t)got;
    bench->bytes += (size_t)got;
    if (!client->want) read_head(bench, client);
    if (!client->want || client->have < client->want) return;
    if (bench->latency_count < LATENCIES_MAX)
        bench->latencies_us[bench->latency_count++] =
            (uint32_t)(clock_monotonic_us() - client->sent_us);
    bench->answers++;
    send_request(bench, client);
}

static void connect_all(Bench *bench, BenchClient *clients) {
    struct sockaddr_storage address;
    socklen_t len = endpoint_to_sockaddr(bench->server, &address);
    for (size_t i = 0; i < bench->connections; i++) {
        clients[i].fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (connect(clients[i].fd, (struct sockaddr *)&address, len) != 0) fail("connect");
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &clients[i]};
        if (epoll_ctl(bench->epoll_fd, EPOLL_CTL_ADD, clients[i].fd, &event) != 0) fail("epoll");
        send_request(bench, &clients[i]);
    }
}

static int compare(const void *a, const void *b) {
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return left < right ? -1 : left > right;
}

static void report(Bench *bench, int64_t took_us) {
    uint32_t *at = bench->latencies_us;
    size_t count = bench->latency_count;
    struct rusage used;
    assert(count > 0);
    getrusage(RUSAGE_SELF, &used);
    double busy_us = (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1e6 +
                     (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
    qsort(at, count, sizeof *at, compare);
    printf(
        "requests_per_s=%.0f answers=%llu not_200=%llu mib_per_s=%.1f p50_us=%u p99_us=%u "
        "max_us=%u generator_busy=%.2f\n",
        (double)bench->answers * 1e6 / (double)took_us, (unsigned long long)bench->answers,
        (unsigned long long)bench->refused, (double)bench->bytes / 1.048576 / (double)took_us,
        at[count / 2], at[count * 99 / 100], at[count - 1], busy_us / (double)took_us);
}

static void read_targets(Bench *bench, Str target, Arena *arena) {
    bench->targets = arena_new(arena, Str, TARGETS_MAX);
    bench->targets[0] = target;
    bench->target_count = 1;
    if (!str_starts(target, STR("@"))) return;
    Str lines;
    if (failed(file_read(str_skip(target, 1), (size_t)64 * MIB, arena, &lines))) fail("targets");
    bench->target_count = 0;
    while (lines.len && bench->target_count < TARGETS_MAX)
        bench->targets[bench->target_count++] = str_cut(&lines, '\n');
    assert(bench->target_count > 0);
}

int main(int argc, char **argv) {
    Bench bench = {.connections = 64, .seconds = 5, .epoll_fd = epoll_create1(EPOLL_CLOEXEC)};
    Arena arena = arena_create((size_t)256 * MIB);
    Text headers = text_create(&arena, REQUEST_BYTES_MAX / 2);
    if (argc < 3 || !endpoint_parse(str_from_c(argv[1]), &bench.server)) {
        fprintf(stderr,
                "usage: http_bench HOST:PORT TARGET [connections=64] [seconds=5] [body_min=0] "
                "[header=...]\n");
        return 2;
    }
    read_targets(&bench, str_from_c(argv[2]), &arena);
    text_print(&headers, "HTTP/1.1\r\nHost: %s\r\n", argv[1]);
    for (int i = 3; i < argc; i++) {
        Str value = str_from_c(argv[i]);
        Str key = str_cut(&value, '=');
        uint64_t number = 0;
        str_to_u64(value, &number);
        if (str_equal(key, STR("connections")) && number <= CONNECTIONS_MAX && number > 0)
            bench.connections = number;
        if (str_equal(key, STR("seconds"))) bench.seconds = (int64_t)number;
        if (str_equal(key, STR("body_min"))) bench.body_min = number;
        if (str_equal(key, STR("header"))) text_print(&headers, "%.*s\r\n", STR_PRINTF(value));
    }
    text_add(&headers, STR("\r\n"));
    bench.headers = text_str(&headers);
    bench.latencies_us = malloc(LATENCIES_MAX * sizeof *bench.latencies_us);
    BenchClient *clients = calloc(bench.connections, sizeof *clients);
    char *buffer = malloc(ANSWER_BYTES);
    assert(bench.latencies_us && clients && buffer);

    connect_all(&bench, clients);
    int64_t start = clock_monotonic_us(), now = start;
    while (now - start < bench.seconds * 1000000) {
        struct epoll_event events[256];
        int count = epoll_wait(bench.epoll_fd, events, 256, 1000);
        for (int i = 0; i < count; i++) read_some(&bench, events[i].data.ptr, buffer);
        now = clock_monotonic_us();
    }
    report(&bench, now - start);
    return 0;
}
