/* A real tracker and a real HTTP server with the program's own routes, on loopback. Over UDP people
 * come from addresses of 127/8, over HTTP through a proxy that names them. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "machine_routes.h"
#include "scenario.h"

enum { PATIENCE_S = 20, ANSWER_ROOM = 64 * KIB };

static const Route tracker_routes[] = {
    {HTTP_GET, "/announce", ROUTE_ANYONE, LIMIT_NONE, announce_route, "announce",
     .inline_answer = true, .bare = true, .express = announce_express},
    {HTTP_GET, "/scrape", ROUTE_ANYONE, LIMIT_NONE, scrape_route, "scrape", .inline_answer = true,
     .bare = true},
    {0},
};

static void render_error(const Request *request, Error e, Response *response) {
    (void)request;
    response->status = error_status(e.kind);
    response_body(response, STR("text/plain"), str_from_c(error_code(e)));
}

static const Endpoint loopback = {.ip = {{[10] = 0xff, 0xff, 127, 0, 0, 1}}};
static const Endpoint loopback_v6 = {.ip = {{[15] = 1}}};

static void start_tracker(Scene *scene) {
    const Endpoint listen[] = {loopback, loopback_v6};
    TrackerSettings settings = scene_tracker_settings(scene, listen, 2);
    settings.folder = scene->folder;
    Error e = tracker_create(&settings, &scene->tracker);
    expect(scene, !failed(e));
    e = tracker_start(scene->tracker);
    expect(scene, !failed(e));
    scene->program.tracker = scene->tracker;
}

static void start_http(Scene *scene) {
    IpNetwork *proxy = arena_new(&scene->arena, IpNetwork, 1);
    *proxy = (IpNetwork){loopback.ip, 128};
    HttpListen listen = {.endpoint = loopback, .trust = {proxy, 1}};
    HttpServerSettings settings = {.listen = &listen,
                                   .listen_count = 1,
                                   .loops = 1,
                                   .workers = 1,
                                   .routes = tracker_routes,
                                   .site = &scene->program,
                                   .guard = {.render_error = render_error},
                                   .arena = &scene->arena};
    Error e = http_server_create(&settings, &scene->server);
    expect(scene, !failed(e));
    e = http_server_start(scene->server);
    expect(scene, !failed(e));
}

static void open_sockets(Scene *scene) {
    snprintf(scene->folder, sizeof scene->folder, "/tmp/essaim-scenario-XXXXXX");
    expect(scene, mkdtemp(scene->folder) != NULL);
    start_tracker(scene);
    start_http(scene);
}

static void remove_file(const Scene *scene, const char *name) {
    char path[FOLDER_BYTES + 32];
    snprintf(path, sizeof path, "%s/%s", scene->folder, name);
    unlink(path);
}

static void close_people(Scene *scene) {
    while (scene->socket_count) close(scene->sockets[--scene->socket_count].fd);
}

static void close_sockets(Scene *scene) {
    close_people(scene);
    http_server_free(scene->server);
    tracker_free(scene->tracker);
    remove_file(scene, "tracker.key");
    remove_file(scene, "swarms.snapshot");
    rmdir(scene->folder);
}

static Endpoint person(unsigned number) {
    uint8_t third = (uint8_t)(1 + (number >> 8));
    return (Endpoint){ip_from_v4((uint8_t[]){127, 0, third, (uint8_t)number}), 5000};
}

static Endpoint person_v6(unsigned number) {
    (void)number; /* there is only one */
    return (Endpoint){loopback_v6.ip, 5000};
}

static int connect_to(Scene *scene, Endpoint from, int type, uint16_t port) {
    struct sockaddr_storage name;
    struct timeval patience = {.tv_sec = PATIENCE_S};
    bool v4 = ip_is_v4(from.ip);
    from.port = 0;
    int fd = socket(v4 ? AF_INET : AF_INET6, type | SOCK_CLOEXEC, 0);
    expect(scene, fd >= 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    socklen_t len = endpoint_to_sockaddr(from, &name);
    expect(scene, bind(fd, (struct sockaddr *)&name, len) == 0);
    Endpoint to = v4 ? loopback : loopback_v6;
    to.port = port;
    len = endpoint_to_sockaddr(to, &name);
    expect(scene, connect(fd, (struct sockaddr *)&name, len) == 0);
    return fd;
}

static int socket_of(Scene *scene, Endpoint from) {
    for (size_t i = 0; i < scene->socket_count; i++) {
        Endpoint known = scene->sockets[i].from;
        if (ip_equal(known.ip, from.ip) && known.port == from.port) return scene->sockets[i].fd;
    }
    expect(scene, scene->socket_count < SCENE_SOCKETS_MAX);
    uint16_t port = tracker_udp_port(scene->tracker, ip_is_v4(from.ip) ? 0 : 1);
    int fd = connect_to(scene, from, SOCK_DGRAM, port);
    scene->sockets[scene->socket_count].from = from;
    scene->sockets[scene->socket_count++].fd = fd;
    return fd;
}

/* Silence cannot be waited for: behind the packet goes a connect, and the tracker answers in the
 * order it was asked. */
static size_t ask_udp(Scene *scene, Endpoint from, Str packet, uint8_t reply[UDP_REPLY_ROOM]) {
    static const uint8_t sentinel[16] = {0, 0, 4, 0x17, 0x27, 0x10, 0x19, 0x80,
                                         0, 0, 0, 0,    0xfe, 0xed, 0xbe, 0xef};
    uint8_t heard[UDP_REPLY_ROOM];
    int fd = socket_of(scene, from);
    size_t len = 0;
    expect(scene, send(fd, packet.at, packet.len, 0) == (ssize_t)packet.len);
    expect(scene, send(fd, sentinel, sizeof sentinel, 0) == sizeof sentinel);
    for (;;) {
        ssize_t got = recv(fd, heard, sizeof heard, 0);
        expect(scene, got >= 8);
        if (got == 16 && memcmp(heard + 4, sentinel + 12, 4) == 0) return len;
        expect(scene, len == 0); /* one answer at most */
        len = (size_t)got;
        memcpy(reply, heard, len);
    }
}

static Str receive_all(Scene *scene, int fd) {
    Text text = text_create(&scene->arena, ANSWER_ROOM);
    char bytes[4096];
    for (ssize_t got; (got = recv(fd, bytes, sizeof bytes, 0)) > 0;)
        text_add(&text, (Str){bytes, (size_t)got});
    expect(scene, !text.full);
    return text_str(&text);
}

static Str ask_http(Scene *scene, IpAddress from, Str target) {
    int fd = connect_to(scene, loopback, SOCK_STREAM, http_server_port(scene->server, 0));
    Str head = arena_print(&scene->arena,
                           "GET /%.*s HTTP/1.1\r\nHost: tracker\r\nX-Forwarded-For: %.*s\r\n"
                           "Connection: close\r\n\r\n",
                           STR_PRINTF(target), STR_PRINTF(ip_write(&scene->arena, from)));
    expect(scene, send(fd, head.at, head.len, MSG_NOSIGNAL) == (ssize_t)head.len);
    Str answer = receive_all(scene, fd);
    close(fd);
    expect(scene, str_starts(answer, STR("HTTP/1.1 200 ")));
    size_t body = str_find(answer, STR("\r\n\r\n"));
    expect(scene, body != STR_NONE);
    return str_skip(answer, body + 4);
}

static void restart(Scene *scene) {
    close_people(scene); /* the port may be another */
    tracker_free(scene->tracker);
    start_tracker(scene);
}

const Driver socket_driver = {.name = "sockets",
                              .lacks = NEEDS_CLOCK | NEEDS_ADDRESSES,
                              .open = open_sockets,
                              .close = close_sockets,
                              .person = person,
                              .person_v6 = person_v6,
                              .udp = ask_udp,
                              .http = ask_http,
                              .restart = restart};
