/* announce_load.c — HTTP announces of many peers, as a closed loop, every answer checked.
 * Usage: announce_load HOST:PORT [key=value]...
 *   peers=200000 torrents=10000   each peer announces under its own address and port; works by Zipf
 *   connections=64 depth=1        keep-alive; depth requests are under way on each at once
 *   once=0                        1: a connection for each announce; depth has no meaning
 *   addresses=4000                of 127.0.0.0/8 (::1 has one): with once=1 taken in turn
 *   seconds=3                     0: each peer announces once ("started"), then it ends
 *   path=/announce wanted=50 seeders=75 (of 100) seed=1
 *   bytes=0                       not 0: answers are a constant of that many
 *   hashes=FILE                   writes the info-hashes, one a line, and ends
 * Prints answers per second, percentiles, the mean number of peers answered, and how busy this
 * program was itself. One thread; pin it beside the server. */
#include <assert.h>
#include <errno.h>
#include <math.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/address.h"
#include "base/clock.h"
#include "base/encode.h"
#include "base/text.h"

enum {
    CONNECTIONS_MAX = 4096,
    DEPTH_MAX = 256,
    PORT_FIRST = 10000,
    PORTS_MAX = 50000,
    REQUEST_BYTES_MAX = 1024,
    ANSWER_ROOM_BYTES = 256 * 1024,
    LATENCIES_MAX = 1 << 22,
    HASH_BYTES = 20,
    ENDPOINT_V4_BYTES = 6,
    ENDPOINT_V6_BYTES = 18,
};

typedef struct {
    int fd;
    uint64_t peer_turn; /* how many of its peers have announced */
    size_t under_way;
    int64_t sent_us;
    char *answer; /* ANSWER_ROOM_BYTES */
    size_t have;
} LoadClient;

typedef struct {
    Endpoint server;
    uint64_t peers, torrents, connections, depth, seconds, addresses, wanted, bytes, seed, seeders;
    bool once;
    Str path, hashes_file;
    uint32_t *torrent_of; /* by peer */
    int epoll_fd;
    uint64_t asked, answers, peers_answered, answer_bytes;
    uint32_t *latencies_us;
    size_t latency_count;
} Load;

static void fail(const char *words) {
    fprintf(stderr, "announce_load: %s: %s\n", words, strerror(errno));
    exit(1);
}

static uint64_t mix(uint64_t x) {
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

/* ---- peers and their works ---- */

static void draw_torrents(Load *load) {
    double *sum = malloc(load->torrents * sizeof *sum), total = 0;
    load->torrent_of = malloc(load->peers * sizeof *load->torrent_of);
    assert(sum && load->torrent_of);
    for (uint64_t i = 0; i < load->torrents; i++) sum[i] = total += 1 / (double)(i + 1);
    for (uint64_t i = 0; i < load->peers; i++) {
        double at = (double)(mix(i ^ load->seed << 40) >> 11) * 0x1p-53 * total;
        uint64_t low = 0, high = load->torrents - 1;
        while (low < high) {
            uint64_t middle = (low + high) / 2;
            if (sum[middle] < at)
                low = middle + 1;
            else
                high = middle;
        }
        load->torrent_of[i] = (uint32_t)low;
    }
    free(sum);
}

static void hash_of(uint64_t torrent, uint8_t hash[HASH_BYTES]) {
    uint64_t words[3] = {mix(torrent * 3 + 1), mix(torrent * 3 + 2), mix(torrent * 3 + 3)};
    memcpy(hash, words, HASH_BYTES);
}

static void write_hashes(const Load *load) {
    Arena arena = arena_create(4096);
    FILE *file = fopen(str_c(&arena, load->hashes_file), "w");
    if (!file) fail("hashes");
    for (uint64_t i = 0; i < load->torrents; i++) {
        uint8_t hash[HASH_BYTES];
        hash_of(i, hash);
        for (size_t j = 0; j < HASH_BYTES; j++) fprintf(file, "%02x", hash[j]);
        fputc('\n', file);
    }
    if (fclose(file) != 0) fail("hashes");
}

static char *put(char *to, Str s) {
    memcpy(to, s.at, s.len);
    return to + s.len;
}

static char *put_digits(char *to, uint64_t value, size_t digits) {
    for (size_t i = digits; i-- > 0; value /= 10) to[i] = (char)('0' + value % 10);
    return to + digits;
}

/* As Transmission writes it: the same keys, a head as short. Everything unique stands in it. */
static size_t write_request(const Load *load, uint64_t peer, bool first, char *request) {
    static const char hex[] = "0123456789abcdef";
    uint64_t sharers = load->once ? load->addresses : load->connections;
    bool seeds = mix(peer) % 100 < load->seeders;
    uint8_t hash[HASH_BYTES];
    char *to = put(put(put(request, STR("GET ")), load->path), STR("?info_hash="));
    hash_of(load->torrent_of[peer], hash);
    for (size_t i = 0; i < HASH_BYTES; i++) {
        *to++ = '%';
        *to++ = hex[hash[i] >> 4];
        *to++ = hex[hash[i] & 15];
    }
    to = put_digits(put(to, STR("&peer_id=-TR4030-")), peer, 12);
    to = put_digits(put(to, STR("&port=")), PORT_FIRST + peer / sharers, 5);
    to = put(to, STR("&uploaded=0&downloaded=0&left="));
    to = put_digits(to, seeds ? 0 : 734003200, seeds ? 1 : 9);
    to = put_digits(put(to, STR("&numwant=")), load->wanted, load->wanted > 99 ? 3 : 2);
    to = put_digits(put(to, STR("&key=")), mix(peer) % 100000000, 8);
    to = put(to, STR("&compact=1&supportcrypto=1"));
    if (first) to = put(to, STR("&event=started"));
    to = put(to, STR(" HTTP/1.1\r\nHost: tracker.example.org\r\nUser-Agent: Transmission/4.03\r\n"
                     "Accept: */*\r\n"));
    if (load->once) to = put(to, STR("Connection: close\r\n"));
    to = put(to, STR("\r\n"));
    assert(to - request < REQUEST_BYTES_MAX);
    return (size_t)(to - request);
}

/* ---- answers ---- */

static uint64_t read_number(const char **at, const char *end, char stop) {
    uint64_t value = 0;
    while (*at < end && **at >= '0' && **at <= '9') value = value * 10 + (uint64_t)(*(*at)++ - '0');
    if (*at == end || **at != stop) fail("the bencode is broken");
    (*at)++;
    return value;
}

/* A dictionary of numbers and strings, keys in order, counts and an interval among them. */
static uint64_t check_answer(Str body) {
    const char *at = body.at, *end = body.at + body.len;
    uint64_t peers = 0;
    unsigned found = 0;
    Str before = {0};
    if (body.len < 2 || *at++ != 'd') fail("no dictionary");
    while (at < end && *at != 'e') {
        uint64_t len = read_number(&at, end, ':');
        Str key = {at, len};
        if (len > (uint64_t)(end - at)) fail("a key is cut off");
        at += len;
        if (before.len && str_compare(before, key) >= 0) fail("keys are out of order");
        before = key;
        if (at < end && *at == 'i') {
            at++;
            uint64_t number = read_number(&at, end, 'e');
            found += str_equal(key, STR("complete")) || str_equal(key, STR("incomplete")) ||
                     (str_equal(key, STR("interval")) && number >= 60);
            continue;
        }
        len = read_number(&at, end, ':');
        if (len > (uint64_t)(end - at)) fail("a string is cut off");
        bool v4 = str_equal(key, STR("peers")), v6 = str_equal(key, STR("peers6"));
        size_t each = v6 ? ENDPOINT_V6_BYTES : ENDPOINT_V4_BYTES;
        if ((v4 || v6) && len % each) fail("half a peer");
        if (v4 || v6) peers += len / each;
        found += v4;
        at += len;
    }
    if (end - at != 1 || found != 4) {
        fprintf(stderr, "%.*s\n", STR_PRINTF(body));
        fail("the answer lacks something, or goes on");
    }
    return peers;
}

/* Takes one whole answer off the front; 0: not there yet. */
static size_t take_answer(Load *load, Str bytes) {
    Str head = str_part(bytes, 0, 512);
    size_t end = str_find(head, STR("\r\n\r\n"));
    size_t length_at = str_find(head, STR("Content-Length: "));
    uint64_t length = 0;
    if (end == STR_NONE) return 0;
    Str rest = str_skip(head, length_at == STR_NONE ? head.len : length_at + 16);
    if (!str_starts(head, STR("HTTP/1.")) || !str_equal(str_part(head, 9, 12), STR("200")) ||
        !str_to_u64(str_part(rest, 0, str_find_byte(rest, '\r')), &length)) {
        fprintf(stderr, "%.*s\n", STR_PRINTF(head));
        fail("no good answer");
    }
    if (bytes.len < end + 4 + length) return 0;
    Str body = str_part(bytes, end + 4, end + 4 + length);
    if (load->bytes && body.len != load->bytes) fail("the constant has another size");
    if (!load->bytes) load->peers_answered += check_answer(body);
    load->answer_bytes += end + 4 + length;
    load->answers++;
    return end + 4 + length;
}

/* ---- connections ---- */

static void connect_client(Load *load, LoadClient *client, uint64_t number) {
    struct sockaddr_storage address;
    int one = 1;
    uint8_t own[4] = {127, (uint8_t)(1 + (number >> 16)), (uint8_t)(number >> 8), (uint8_t)number};
    socklen_t len = endpoint_to_sockaddr(load->server, &address);
    client->fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (client->fd < 0) fail("socket");
    setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (address.ss_family == AF_INET) {
        struct sockaddr_storage from;
        socklen_t from_len = endpoint_to_sockaddr((Endpoint){ip_from_v4(own), 0}, &from);
        setsockopt(client->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
        if (bind(client->fd, (struct sockaddr *)&from, from_len) != 0) fail("bind");
    }
    if (connect(client->fd, (struct sockaddr *)&address, len) != 0) fail("connect");
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = client};
    if (epoll_ctl(load->epoll_fd, EPOLL_CTL_ADD, client->fd, &event) != 0) fail("epoll");
}

/* Which of the client's peers is next: in turn while all come for the first time, then any. */
static bool next_peer(Load *load, LoadClient *client, uint64_t own, uint64_t *ret_peer) {
    bool first = load->seconds == 0;
    if (load->once) {
        if (first && load->asked == load->peers) return false;
        *ret_peer = first ? load->asked : mix(load->asked ^ load->seed << 48) % load->peers;
        return true;
    }
    uint64_t count = (load->peers - own + load->connections - 1) / load->connections;
    if (first && client->peer_turn == count) return false;
    uint64_t turn = client->peer_turn++;
    if (!first) turn = mix(turn ^ own << 32 ^ load->seed << 48) % count;
    *ret_peer = own + turn * load->connections;
    return true;
}

static void ask(Load *load, LoadClient *client, LoadClient *clients) {
    static char requests[DEPTH_MAX * REQUEST_BYTES_MAX];
    uint64_t own = (uint64_t)(client - clients), peer;
    size_t len = 0;
    for (uint64_t i = 0; i < load->depth && next_peer(load, client, own, &peer); i++) {
        if (load->once) connect_client(load, client, peer % load->addresses);
        len += write_request(load, peer, load->seconds == 0, requests + len);
        client->under_way++;
        load->asked++;
    }
    if (len == 0) return;
    client->sent_us = clock_monotonic_us();
    if (send(client->fd, requests, len, MSG_NOSIGNAL) != (ssize_t)len) fail("send");
}

static void read_client(Load *load, LoadClient *client, LoadClient *clients) {
    ssize_t got =
        recv(client->fd, client->answer + client->have, ANSWER_ROOM_BYTES - client->have, 0);
    if (got <= 0) fail("the server closed");
    client->have += (size_t)got;
    Str bytes = {client->answer, client->have};
    for (size_t len; client->under_way && (len = take_answer(load, bytes)) > 0;) {
        bytes = str_skip(bytes, len);
        client->under_way--;
    }
    memmove(client->answer, bytes.at, bytes.len);
    client->have = bytes.len;
    if (client->under_way) return;
    if (bytes.len) fail("more than was asked for");
    if (load->latency_count < LATENCIES_MAX)
        load->latencies_us[load->latency_count++] =
            (uint32_t)(clock_monotonic_us() - client->sent_us);
    if (load->once) close(client->fd);
    ask(load, client, clients);
}

static int compare(const void *a, const void *b) {
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return left < right ? -1 : left > right;
}

static void report(Load *load, int64_t took_us) {
    uint32_t *at = load->latencies_us;
    size_t count = load->latency_count;
    struct rusage used;
    assert(count > 0);
    getrusage(RUSAGE_SELF, &used);
    double busy_us = (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1e6 +
                     (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
    qsort(at, count, sizeof *at, compare);
    printf(
        "answers_per_s=%.0f answers=%llu peers_mean=%.2f bytes_mean=%.0f p50_us=%u p99_us=%u "
        "max_us=%u generator_busy=%.2f\n",
        (double)load->answers * 1e6 / (double)took_us, (unsigned long long)load->answers,
        (double)load->peers_answered / (double)load->answers,
        (double)load->answer_bytes / (double)load->answers, at[count / 2], at[count * 99 / 100],
        at[count - 1], busy_us / (double)took_us);
}

static void run(Load *load) {
    LoadClient *clients = calloc(load->connections, sizeof *clients);
    assert(clients);
    int64_t start = clock_monotonic_us(), now = start;
    for (uint64_t i = 0; i < load->connections; i++) {
        clients[i].answer = malloc(ANSWER_ROOM_BYTES);
        assert(clients[i].answer);
        if (!load->once) connect_client(load, &clients[i], i);
        ask(load, &clients[i], clients);
    }
    while (load->seconds ? now - start < (int64_t)load->seconds * 1000000
                         : load->answers < load->peers) {
        struct epoll_event events[256];
        int count = epoll_wait(load->epoll_fd, events, 256, 10000);
        if (count == 0) fail("no answer in 10 s");
        for (int i = 0; i < count; i++) read_client(load, events[i].data.ptr, clients);
        now = clock_monotonic_us();
    }
    report(load, now - start);
}

static void set(Load *load, Str key, Str value) {
    uint64_t number = 0;
    str_to_u64(value, &number);
    if (str_equal(key, STR("peers"))) load->peers = number;
    if (str_equal(key, STR("torrents"))) load->torrents = number;
    if (str_equal(key, STR("connections"))) load->connections = number;
    if (str_equal(key, STR("depth"))) load->depth = number;
    if (str_equal(key, STR("once"))) load->once = number;
    if (str_equal(key, STR("addresses"))) load->addresses = number;
    if (str_equal(key, STR("seconds"))) load->seconds = number;
    if (str_equal(key, STR("wanted"))) load->wanted = number;
    if (str_equal(key, STR("seed"))) load->seed = number;
    if (str_equal(key, STR("seeders"))) load->seeders = number;
    if (str_equal(key, STR("bytes"))) load->bytes = number;
    if (str_equal(key, STR("path"))) load->path = value;
    if (str_equal(key, STR("hashes"))) load->hashes_file = value;
}

int main(int argc, char **argv) {
    Load load = {.peers = 200000,
                 .torrents = 10000,
                 .connections = 64,
                 .depth = 1,
                 .addresses = 4000,
                 .seconds = 3,
                 .wanted = 50,
                 .seeders = 75,
                 .seed = 1,
                 .path = STR("/announce"),
                 .epoll_fd = epoll_create1(EPOLL_CLOEXEC)};
    if (argc < 2 || !endpoint_parse(str_from_c(argv[1]), &load.server)) {
        fprintf(stderr, "usage: announce_load HOST:PORT [key=value]...\n");
        return 2;
    }
    for (int i = 2; i < argc; i++) {
        Str value = str_from_c(argv[i]);
        Str key = str_cut(&value, '=');
        set(&load, key, value);
    }
    if (load.once) load.depth = 1;
    uint64_t sharers = load.once ? load.addresses : load.connections;
    assert(load.connections > 0 && load.connections <= CONNECTIONS_MAX && load.addresses > 0);
    assert(load.depth > 0 && load.depth <= DEPTH_MAX && load.torrents > 0);
    assert(load.peers >= load.connections && load.peers / sharers < PORTS_MAX);
    if (load.hashes_file.len) {
        write_hashes(&load);
        return 0;
    }
    draw_torrents(&load);
    load.latencies_us = malloc(LATENCIES_MAX * sizeof *load.latencies_us);
    assert(load.latencies_us);
    run(&load);
    return 0;
}
