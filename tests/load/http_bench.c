/* http_bench.c — a closed-loop HTTP load: N keep-alive connections, one request under way on each.
 * Usage: http_bench HOST:PORT TARGET [connections=64] [seconds=5] [header='Name: value']
 * Prints requests per second and the latency's percentiles. One thread; pin it beside the server.
 */
#include <assert.h>
#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/address.h"
#include "base/clock.h"
#include "base/text.h"

enum { CONNECTIONS_MAX = 20000, LATENCIES_MAX = 1 << 22, ANSWER_BYTES = 1 << 17 };

typedef struct {
    int fd;
    int64_t sent_us;
    size_t have, want; /* bytes of the answer; want 0: its head is not complete */
    char head[4096];
} BenchClient;

typedef struct {
    Endpoint server;
    Str request;
    int epoll_fd;
    size_t connections;
    int64_t seconds;
    uint64_t answers, bytes, refused;
    uint32_t *latencies_us;
    size_t latency_count;
} Bench;

static void fail(const char *words) {
    fprintf(stderr, "http_bench: %s: %s\n", words, strerror(errno));
    exit(1);
}

static void send_request(Bench *bench, BenchClient *client) {
    client->sent_us = clock_monotonic_us();
    client->have = client->want = 0;
    if (send(client->fd, bench->request.at, bench->request.len, MSG_NOSIGNAL) !=
        (ssize_t)bench->request.len)
        fail("send");
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
    if (!str_starts(head, STR("HTTP/1.1 200"))) bench->refused++;
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
    assert(count > 0);
    qsort(at, count, sizeof *at, compare);
    printf(
        "requests_per_s=%.0f answers=%llu not_200=%llu mib_per_s=%.1f p50_us=%u p99_us=%u "
        "max_us=%u\n",
        (double)bench->answers * 1e6 / (double)took_us, (unsigned long long)bench->answers,
        (unsigned long long)bench->refused, (double)bench->bytes / 1.048576 / (double)took_us,
        at[count / 2], at[count * 99 / 100], at[count - 1]);
}

int main(int argc, char **argv) {
    Bench bench = {.connections = 64, .seconds = 5, .epoll_fd = epoll_create1(EPOLL_CLOEXEC)};
    Arena arena = arena_create(1 << 20);
    Text request = text_create(&arena, 1 << 16);
    if (argc < 3 || !endpoint_parse(str_from_c(argv[1]), &bench.server)) {
        fprintf(stderr,
                "usage: http_bench HOST:PORT TARGET [connections=64] [seconds=5] [header=...]\n");
        return 2;
    }
    text_print(&request, "GET %s HTTP/1.1\r\nHost: %s\r\n", argv[2], argv[1]);
    for (int i = 3; i < argc; i++) {
        Str value = str_from_c(argv[i]);
        Str key = str_cut(&value, '=');
        uint64_t number = 0;
        str_to_u64(value, &number);
        if (str_equal(key, STR("connections")) && number <= CONNECTIONS_MAX && number > 0)
            bench.connections = number;
        if (str_equal(key, STR("seconds"))) bench.seconds = (int64_t)number;
        if (str_equal(key, STR("header"))) text_print(&request, "%.*s\r\n", STR_PRINTF(value));
    }
    text_add(&request, STR("\r\n"));
    bench.request = text_str(&request);
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
