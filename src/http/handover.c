#include <pthread.h>
#include <unistd.h>

#include "base/heap.h"
#include "http/engine.h"

void http_server_list_sockets(const HttpServer *server, ListenerSet *set) {
    for (size_t i = 0; i < server->settings.loops; i++)
        for (size_t j = 0; j < server->loops[i].listener_count; j++)
            listener_set_add_copy(set, server->loops[i].listeners[j]);
}

void engine_give_away(HttpServer *server, int fd) {
    HttpIdle *idle = &server->idle;
    pthread_mutex_lock(&server->idle_lock);
    idle->fds = heap_grow(idle->fds, &idle->room, idle->count + 1, sizeof *idle->fds);
    idle->fds[idle->count++] = fd;
    pthread_mutex_unlock(&server->idle_lock);
}

void http_server_yield(HttpServer *server, HttpIdle *ret_idle) {
    atomic_store(&server->yielding, true);
    http_server_stop(server);
    *ret_idle = server->idle;
    server->idle = (HttpIdle){0};
}

void http_idle_free(HttpIdle *idle) {
    for (size_t i = 0; i < idle->count; i++) close(idle->fds[i]);
    heap_free(idle->fds);
    *idle = (HttpIdle){0};
}

static bool accepts(const HttpServer *server, size_t i, Endpoint local) {
    static const IpAddress any_v6;
    const HttpListen *listen = &server->settings.listen[i];
    IpAddress any = ip_is_v4(local.ip) ? ip_from_v4((uint8_t[4]){0}) : any_v6;
    return server->ports[i] == local.port && !listen->proxy_protocol &&
           (ip_equal(listen->endpoint.ip, local.ip) || ip_equal(listen->endpoint.ip, any));
}

/* False when it comes from none of our addresses, or is no connection any more. */
static bool adopt(HttpServer *server, Loop *loop, int fd) {
    struct sockaddr_storage local = {0}, peer = {0};
    socklen_t local_len = sizeof local, peer_len = sizeof peer;
    if (getsockname(fd, (struct sockaddr *)&local, &local_len) != 0) return false;
    if (getpeername(fd, (struct sockaddr *)&peer, &peer_len) != 0) return false;
    if (local.ss_family != AF_INET && local.ss_family != AF_INET6) return false;
    if (loop->connection_count >= loop->connections_max) return false;
    for (size_t i = 0; i < server->settings.listen_count; i++) {
        if (!accepts(server, i, endpoint_from_sockaddr(&local))) continue;
        connection_open(loop, fd, i, endpoint_from_sockaddr(&peer).ip);
        return true;
    }
    return false;
}

void http_server_adopt(HttpServer *server, HttpIdle *idle) {
    for (size_t i = 0; i < server->settings.loops; i++) server->loops[i].now = clock_monotonic_ms();
    for (size_t i = 0; i < idle->count; i++)
        if (!adopt(server, &server->loops[i % server->settings.loops], idle->fds[i]))
            close(idle->fds[i]);
    heap_free(idle->fds);
    *idle = (HttpIdle){0};
}
