#include "probing.h"

#include <assert.h>

#include "base/limits.h"
#include "base/log.h"
#include "probe/fetch.h"
#include "probing_turn.h"
#include "version.h"

enum { LOOK_EVERY_S = 2, ARENA_BYTES = MIB };

/* --- threads --- */

static bool run_turn(Probing *probing, ProbingTurn turn, Visit *visit) {
    bool did = false;
    visit->now = clock_now();
    Error e = turn(probing, visit, &did);
    if (failed(e)) log_event(LOG_ERROR, "probe_failed", {"why", error_text(e, visit->arena)});
    /* A failure of ours is no reason to ask others again at once. */
    return did && !failed(e);
}

/* One of each kind; false when there was nothing to do. */
static bool run_round(Probing *probing) {
    static const ProbingTurn turns[] = {probing_enrol, probing_ask_tracker, probing_ask_seed,
                                        probing_knock, probing_tally_reach};
    Arena arena = arena_create(REQUEST_ARENA_BYTES_MAX);
    Visit visit;
    bool busy = false;
    Error e = program_visit(probing->program, &arena, &visit);
    if (failed(e)) log_event(LOG_ERROR, "probe_failed", {"why", error_text(e, &arena)});
    for (size_t i = 0; !failed(e) && i < sizeof turns / sizeof *turns; i++)
        if (!outbound_is_stopping(probing->outbound)) busy |= run_turn(probing, turns[i], &visit);
    if (!failed(e)) program_visit_end(&visit);
    arena_free(&arena);
    return busy;
}

static bool wait_for_turn(Probing *probing, bool at_once) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += at_once ? 0 : LOOK_EVERY_S;
    pthread_mutex_lock(&probing->lock);
    while (!probing->stopping &&
           pthread_cond_timedwait(&probing->wake, &probing->lock, &until) == 0)
        continue;
    bool going_on = !probing->stopping;
    pthread_mutex_unlock(&probing->lock);
    return going_on;
}

static void *run_rounds(void *argument) {
    Probing *probing = argument;
    for (bool busy = true; wait_for_turn(probing, busy);) busy = run_round(probing);
    return NULL;
}

/* --- what we are, so that we do not ask ourselves --- */

static const Str *own_hosts(const CommunitySettings *community, const Settings *settings,
                            size_t *ret_count) {
    size_t named, count = 0;
    const Str *more = settings_words(settings, SETTING_site_hosts, &named);
    Str *hosts = arena_new(settings->arena, Str, named + 1 + community->announce_url_count);
    for (size_t i = 0; i < named; i++) hosts[count++] = more[i];
    Target target;
    if (target_parse(settings_text(settings, SETTING_site_url), &target) == OUTCOME_OK)
        hosts[count++] = target.host;
    for (size_t i = 0; i < community->announce_url_count; i++)
        if (target_parse(community->announce_urls[i], &target) == OUTCOME_OK)
            hosts[count++] = target.host;
    *ret_count = count;
    return hosts;
}

static const Endpoint *own_listeners(const Settings *settings, size_t *ret_count) {
    size_t http_count, udp_count;
    const Endpoint *http = settings_endpoints(settings, SETTING_http_listen, &http_count);
    const Endpoint *udp = settings_endpoints(settings, SETTING_tracker_udp_listen, &udp_count);
    Endpoint *all = arena_new(settings->arena, Endpoint, http_count + udp_count);
    for (size_t i = 0; i < http_count; i++) all[i] = http[i];
    for (size_t i = 0; i < udp_count; i++) all[http_count + i] = udp[i];
    *ret_count = http_count + udp_count;
    return all;
}

/* Any thread may ask: what is made goes to `arena`, not to the one of the settings. */
OutboundSettings probing_outbound_settings(Program *program, Arena *arena) {
    Settings settings = *atomic_load(&program->settings);
    settings.arena = arena;
    OutboundSettings outbound = {
        .allow_private_addresses = settings_flag(&settings, SETTING_probe_allow_private_addresses),
        .timeout_ms = (Milliseconds)settings_number(&settings, SETTING_probe_timeout_s) * 1000,
        .pause_ms = (Milliseconds)settings_number(&settings, SETTING_probe_pause_s) * 1000,
        .agent = arena_print(arena, "essaim/%s (+%.*s)", ESSAIM_VERSION,
                             STR_PRINTF(settings_text(&settings, SETTING_site_url)))};
    outbound.own_hosts =
        own_hosts(program->community.settings, &settings, &outbound.own_host_count);
    outbound.own_listeners = own_listeners(&settings, &outbound.own_listener_count);
    return outbound;
}

static void read_settings(Probing *probing, const Settings *settings) {
    probing->outbound_settings = probing_outbound_settings(probing->program, &probing->arena);
    probing->foreign_on = settings_flag(settings, SETTING_probe_foreign_trackers);
    probing->seeds_on = settings_flag(settings, SETTING_probe_web_seeds);
    probing->reach_on = settings_flag(settings, SETTING_probe_reachability);
    probing->trackers_max = settings_number(settings, SETTING_probe_trackers_max);
    probing->interval_s = (Seconds)settings_number(settings, SETTING_probe_interval_s);
    probing->seed_interval_s =
        (Seconds)settings_number(settings, SETTING_probe_web_seed_interval_s);
    probing->seed_piece_bytes_max =
        settings_number(settings, SETTING_probe_web_seed_piece_bytes_max);
    probing->hashes.per_hour = (double)settings_number(settings, SETTING_probe_hashes_per_hour_max);
    probing->seeds.per_hour =
        (double)settings_number(settings, SETTING_probe_web_seeds_per_hour_max);
    probing->knocks.per_hour =
        (double)settings_number(settings, SETTING_probe_seeders_per_hour_max);
    probing->thread_count = settings_number(settings, SETTING_probe_threads);
}

/* --- start and stop --- */

static Probing *probing_create(Program *program, const Settings *settings) {
    Probing *probing = calloc(1, sizeof *probing);
    assert(probing);
    probing->program = program;
    probing->arena = arena_create(ARENA_BYTES);
    read_settings(probing, settings);
    pthread_condattr_t steady;
    pthread_condattr_init(&steady);
    pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
    pthread_mutex_init(&probing->lock, NULL);
    pthread_cond_init(&probing->wake, &steady);
    pthread_condattr_destroy(&steady);
    fetch_start();
    probing->outbound = outbound_create(&probing->outbound_settings);
    return probing;
}

static Error start_threads(Probing *probing) {
    size_t wanted = probing->thread_count;
    for (probing->thread_count = 0; probing->thread_count < wanted; probing->thread_count++)
        if (pthread_create(&probing->threads[probing->thread_count], NULL, run_rounds, probing) !=
            0)
            return error(UNAVAILABLE, "no_thread", "The system gives no thread for the probes.");
    return OK;
}

Error probing_start(Program *program, Probing **ret_probing) {
    const Settings *settings = atomic_load(&program->settings);
    bool any = settings_flag(settings, SETTING_probe_foreign_trackers) ||
               settings_flag(settings, SETTING_probe_web_seeds) ||
               settings_flag(settings, SETTING_probe_reachability);
    *ret_probing = NULL;
    if (!any) return OK;
    Probing *probing = probing_create(program, settings);
    Error e = start_threads(probing);
    if (failed(e)) {
        probing_stop(probing);
        return e;
    }
    log_event(LOG_INFO, "probes_on",
              {"foreign_trackers", probing->foreign_on ? STR("yes") : STR("no")},
              {"web_seeds", probing->seeds_on ? STR("yes") : STR("no")},
              {"reachability", probing->reach_on ? STR("yes") : STR("no")});
    *ret_probing = probing;
    return OK;
}

void probing_stop(Probing *probing) {
    if (!probing) return;
    outbound_stop(probing->outbound);
    pthread_mutex_lock(&probing->lock);
    probing->stopping = true;
    pthread_cond_broadcast(&probing->wake);
    pthread_mutex_unlock(&probing->lock);
    for (size_t i = 0; i < probing->thread_count; i++) pthread_join(probing->threads[i], NULL);
    pthread_cond_destroy(&probing->wake);
    pthread_mutex_destroy(&probing->lock);
    outbound_free(probing->outbound);
    fetch_end();
    arena_free(&probing->arena);
    free(probing);
}
