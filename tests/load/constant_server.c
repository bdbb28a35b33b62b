/* constant_server.c — the HTTP server of src/http with nothing behind it: every announce is
 * answered by the same bytes, on the loop, as a real one is. What a bench measures the tracker by.
 * Usage: constant_server BYTES [LOOPS=1]   prints "listening PORT" and serves until SIGTERM. */
#include <assert.h>
#include <signal.h>

#include "base/limits.h"
#include "base/random.h"
#include "http/server.h"

static Error constant(Request *request, Response *response) {
    response_body(response, STR("text/plain; charset=utf-8"), *(const Str *)request->site);
    return OK;
}

static void constant_express(void *site, ExpressAsk *asks, size_t count) {
    const Str *answer = site;
    for (size_t i = 0; i < count; i++) {
        memcpy(asks[i].room, answer->at, answer->len);
        asks[i].len = answer->len;
    }
}

static const Route routes[] = {
    {HTTP_GET, "/announce", ROUTE_ANYONE, LIMIT_TRACKER, constant, "For the bench",
     .inline_answer = true, .bare = true, .express = constant_express},
    {0},
};

int main(int argc, char **argv) {
    uint64_t bytes, loops = 1;
    sigset_t ends;
    int signal_number;
    if (argc < 2 || !str_to_u64(str_from_c(argv[1]), &bytes)) return 2;
    if (bytes > HTTP_EXPRESS_BODY_BYTES_MAX) return 2;
    if (argc > 2 && !str_to_u64(str_from_c(argv[2]), &loops)) return 2;
    char *body = malloc(bytes + 1);
    assert(random_start() && body);
    memset(body, 'x', bytes);
    Str answer = {body, bytes};
    HttpListen listen = {.endpoint = {ip_from_v4((const uint8_t[]){127, 0, 0, 1}), 0}};
    HttpServerSettings settings = {.listen = &listen,
                                   .listen_count = 1,
                                   .loops = (unsigned)loops,
                                   .workers = 1,
                                   .routes = routes,
                                   .site = &answer};
    HttpServer *server;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    pthread_sigmask(SIG_BLOCK, &ends, NULL);
    if (failed(http_server_create(&settings, &server)) || failed(http_server_start(server)))
        return 1;
    printf("listening %u\n", http_server_port(server, 0));
    fflush(stdout);
    sigwait(&ends, &signal_number);
    http_server_stop(server);
    http_server_free(server);
    free(body);
    return 0;
}
