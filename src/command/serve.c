#include <errno.h>
#include <malloc.h>
#include <signal.h>

#include "base/encode.h"
#include "base/limits.h"
#include "base/log.h"
#include "command/commands.h"
#include "command/control.h"

static void print_start(Call *call, const Program *program) {
    Str url = settings_text(call->settings, SETTING_site_url);
    call_print(call, "essaim is ready: %.*s/\n", STR_PRINTF(url));
    size_t count;
    const Endpoint *listen = settings_endpoints(call->settings, SETTING_http_listen, &count);
    for (size_t i = 0; i < count; i++) {
        Endpoint bound = {listen[i].ip, http_server_port(program->http, i)};
        call_print(call, "  http %.*s\n", STR_PRINTF(endpoint_write(call->arena, bound)));
    }
    listen = settings_endpoints(call->settings, SETTING_tracker_udp_listen, &count);
    for (size_t i = 0; i < count; i++) {
        Endpoint bound = {listen[i].ip, tracker_udp_port(program->tracker, i)};
        call_print(call, "  udp  %.*s\n", STR_PRINTF(endpoint_write(call->arena, bound)));
    }
    if (program->community.setup_code.len)
        call_print(call,
                   "Nobody administers this place yet. Make the first administrator, once, at:\n  "
                   "%.*s/%s/setup/%.*s\n",
                   STR_PRINTF(url),
                   language_code(settings_language(call->settings, SETTING_site_language)),
                   STR_PRINTF(program->community.setup_code));
}

/* The file and the environment may have changed; what was typed has not. Settings in force stay in
 * memory as long as the process: a worker may still be reading them. */
static void reload(Call *call, Program *program) {
    Settings *settings = arena_new(&program->arena, Settings, 1);
    Error e = settings_load(&call->settings->ask, &program->arena, settings);
    if (failed(e)) {
        log_event(LOG_ERROR, "reload_refused", {"why", error_text(e, call->arena)});
        return;
    }
    program_reload(program, settings);
    log_event(LOG_INFO, "reloaded");
}

static void wait_for_end(Call *call, Program *program, const sigset_t *signals) {
    for (;;) {
        int signal_number;
        if (sigwait(signals, &signal_number) != 0) continue;
        if (signal_number != SIGHUP) return;
        reload(call, program);
    }
}

static Error serve(Call *call, Program *program, const sigset_t *signals) {
    Control *control;
    TRY(program_start(program));
    TRY(control_start(program, &control));
    print_start(call, program);
    wait_for_end(call, program, signals);
    log_event(LOG_INFO, "stopping");
    control_stop(control);
    return OK;
}

Error command_serve(Call *call) {
    enum { LARGE_BYTES = 512 * KIB, KEPT_BYTES = 1 * MIB };
    sigset_t signals;
    /* What a request held in large blocks goes back to the system when it ends; left alone, malloc
     * would learn to keep it, in every thread. Not so what every page needs: to give that back and
     * fault it in again costs a fifth of a page. */
    mallopt(M_MMAP_THRESHOLD, LARGE_BYTES);
    mallopt(M_TRIM_THRESHOLD, KEPT_BYTES);
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    /* Blocked before any thread starts, so that only wait_for_end takes them. */
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    Program *program;
    TRY(program_open(call->settings, &program));
    Error e = serve(call, program, &signals);
    program_stop(program);
    program_close(program);
    return e;
}
