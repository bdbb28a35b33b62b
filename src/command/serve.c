#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <unistd.h>

#include "base/encode.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/text.h"
#include "command/commands.h"
#include "command/control.h"
#include "command/systemd.h"
#include "command/takeover.h"

enum { SERVE_ARENA_BYTES = 16 * MIB };

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

static Str names_of(const SettingId *ids, size_t count, Arena *arena) {
    Text text = text_create(arena, 16 * KIB);
    for (size_t i = 0; i < count; i++) {
        if (i > 0) text_add(&text, STR(" "));
        text_add(&text, setting_full_name(ids[i], arena));
    }
    return text_str(&text);
}

static void reload(Program *program) {
    Arena arena = arena_create(SERVE_ARENA_BYTES);
    Reload done;
    systemd_tell("RELOADING=1\nMONOTONIC_USEC=%lld", (long long)clock_monotonic_ms() * 1000);
    Error e = program_reload(program, &arena, &done);
    if (failed(e))
        log_event(LOG_ERROR, "reload_refused", {"why", error_text(e, &arena)});
    else
        log_event(LOG_INFO, "reloaded",
                  {"changed", names_of(done.changed, done.changed_count, &arena)},
                  {"waits_for_restart", names_of(done.waiting, done.waiting_count, &arena)});
    systemd_tell("READY=1");
    arena_free(&arena);
}

Error command_reload(Call *call) {
    if (!call->program->http) return error(NOT_FOUND, "not_running", "No server runs here.");
    Reload done;
    TRY(program_reload(call->program, call->arena, &done));
    for (size_t i = 0; i < done.changed_count; i++) {
        Str name = setting_full_name(done.changed[i], call->arena);
        Str value = settings_text(atomic_load(&call->program->settings), done.changed[i]);
        call_print(call, "changed: %.*s = %.*s\n", STR_PRINTF(name), STR_PRINTF(value));
    }
    for (size_t i = 0; i < done.waiting_count; i++) {
        Str name = setting_full_name(done.waiting[i], call->arena);
        call_print(call, "waits for a restart, or `essaim serve --takeover`: %.*s\n",
                   STR_PRINTF(name));
    }
    if (done.changed_count + done.waiting_count == 0) call_print(call, "nothing has changed\n");
    return OK;
}

/* A server at work, from start to end. */
typedef struct {
    Call *call;
    Program *program;
    Control *control;
    Inheritance inheritance;
    Predecessor *predecessor; /* NULL: there is none, or it has ended */
    sigset_t signals;
} Serving;

/* A setting that was changed, or a socket unit that was not. */
static void tell_unused(const ListenerSet *set) {
    Arena arena = arena_create(SERVE_ARENA_BYTES);
    for (size_t i = 0; i < set->count; i++)
        if (set->at[i].fd >= 0 && set->at[i].kind != LISTENER_LOCAL)
            log_event(LOG_WARNING, "address_given_up",
                      {"address", endpoint_write(&arena, set->at[i].bound)});
    arena_free(&arena);
}

static Error start(Serving *serving) {
    TRY(program_start(serving->program, &serving->inheritance));
    TRY(control_start(serving->program, serving->inheritance.listeners, &serving->control));
    tell_unused(serving->inheritance.listeners);
    inheritance_free(&serving->inheritance);
    takeover_ready(serving->predecessor);
    takeover_free(serving->predecessor);
    serving->predecessor = NULL;
    return OK;
}

/* True when a successor waits, false when it is time to end. */
static bool wait_for_end(Serving *serving) {
    for (;;) {
        int signal_number;
        if (sigwait(&serving->signals, &signal_number) != 0) continue;
        if (signal_number == SIGHUP)
            reload(serving->program);
        else if (signal_number != SIGUSR1)
            return false;
        else if (control_successor(serving->control) >= 0)
            return true;
    }
}

/* False when the successor came to nothing: then the inheritance is ours again. */
static bool hand_over(Serving *serving) {
    int successor = control_successor(serving->control);
    Milliseconds began_ms = clock_monotonic_ms();
    serving->inheritance.listeners = listener_set_create();
    control_yield(serving->control, serving->inheritance.listeners);
    serving->control = NULL;
    program_yield(serving->program, &serving->inheritance);
    bool taken = takeover_give(successor, &serving->inheritance);
    char after_ms[32];
    snprintf(after_ms, sizeof after_ms, "%lld", (long long)(clock_monotonic_ms() - began_ms));
    log_event(taken ? LOG_INFO : LOG_ERROR, taken ? "taken_over" : "successor_failed",
              {"after_ms", str_from_c(after_ms)});
    if (taken) systemd_tell("MAINPID=%ld", takeover_process(successor));
    close(successor);
    return taken;
}

/* Until the end; after a takeover the inheritance is the successor's. */
static Error serve(Serving *serving) {
    TRY(start(serving));
    print_start(serving->call, serving->program);
    systemd_tell("READY=1\nMAINPID=%ld", (long)getpid());
    while (wait_for_end(serving)) {
        if (hand_over(serving)) return OK;
        TRY(start(serving));
    }
    systemd_tell("STOPPING=1");
    log_event(LOG_INFO, "stopping");
    return OK;
}

/* Signals are blocked before any thread starts, so that only wait_for_end takes them. */
static void prepare_process(sigset_t *ret_signals) {
    enum { LARGE_BYTES = 512 * KIB, KEPT_BYTES = 1 * MIB };
    /* What a request held in large blocks goes back to the system when it ends; left alone, malloc
     * would learn to keep it, in every thread. Not so what every page needs: to give that back and
     * fault it in again costs a fifth of a page. */
    mallopt(M_MMAP_THRESHOLD, LARGE_BYTES);
    mallopt(M_TRIM_THRESHOLD, KEPT_BYTES);
    sigemptyset(ret_signals);
    sigaddset(ret_signals, SIGTERM);
    sigaddset(ret_signals, SIGINT);
    sigaddset(ret_signals, SIGHUP);
    sigaddset(ret_signals, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, ret_signals, NULL);
}

static Error open_program(Serving *serving) {
    const Settings *settings = serving->call->settings;
    serving->inheritance.listeners = listener_set_create();
    TRY(systemd_listeners(serving->inheritance.listeners));
    if (call_has(serving->call, "takeover"))
        TRY(takeover_ask(settings, &serving->inheritance, &serving->predecessor));
    if (!serving->predecessor) return program_open(settings, &serving->program);
    TRY(program_prepare(settings, &serving->inheritance, &serving->program));
    takeover_stop(serving->predecessor, &serving->inheritance);
    return OK;
}

Error command_serve(Call *call) {
    Serving serving = {.call = call};
    prepare_process(&serving.signals);
    Error e = open_program(&serving);
    if (!failed(e)) e = serve(&serving);
    control_stop(serving.control);
    if (serving.program) program_stop(serving.program);
    program_close(serving.program);
    inheritance_free(&serving.inheritance);
    takeover_free(serving.predecessor); /* not before the store is free: it may go on now */
    return e;
}
