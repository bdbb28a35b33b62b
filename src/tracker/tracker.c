#include "tracker/tracker.h"

#include <assert.h>
#include <pthread.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/random.h"
#include "tracker/answer.h"
#include "tracker/http_announce.h"
#include "tracker/snapshot.h"
#include "tracker/udp_server.h"
#include "tracker/web.h"

enum {
    UPKEEP_MS = 100,
    SWEEP_S = 60,       /* every peer is looked at this often */
    SWEEP_SLOTS = 4096, /* under one lock: a tenth of a millisecond */
    SAVE_S = 60,
    HOSTINGS_SWEPT = HOSTINGS_MAX / (SWEEP_S * 1000 / UPKEEP_MS) + 1,
    LISTING_S = 300, /* time to list all works after the start */
    INTERVAL_S_MIN = 1,
    INTERVAL_S_MAX = 24 * 3600,
    CLIENT_INTERVAL_S_MIN = 300, /* libtorrent never announces more often */
    GRACE_S = 300,               /* for retries and lost packets */
    FILE_NAME_BYTES_MAX = 4096,
    WORDS_BYTES_MAX = 16 * KIB,
};

/* What one UDP thread has to itself. */
typedef struct {
    Counters counters;
} Seat;

struct Tracker {
    TrackerSettings settings;
    AnswerDesk desk;
    Arena words; /* paths, and what an Error points to */
    const char *snapshot_path;
    UdpServer *server;
    ListenerSet *inherited; /* until the start; lent */
    Seat *seats;
    size_t seat_count;
    Counters *http_counters;
    Web *web;
    Doors *doors; /* made when first wanted, and kept: somebody may be noting */
    UdpSteering steering;
    atomic_bool awaits_list;

    pthread_t upkeep;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t wake;
    bool is_running, is_stopping, is_loaded;
    Seconds tally_read_at;
    Seconds expiry_s, expiry_falls_s; /* when it may become shorter; 0: it is right */
    Endpoint listen[TRACKER_LISTENERS_MAX];
};

static TwoClocks clocks_now(void) {
    return (TwoClocks){.unix_s = clock_now(), .steady_s = clock_monotonic_ms() / 1000};
}

static Seconds expiry_for(Seconds interval_s) {
    Seconds longest = interval_s + interval_s / 10;
    if (longest < CLIENT_INTERVAL_S_MIN) longest = CLIENT_INTERVAL_S_MIN;
    return longest * 3 / 2 + GRACE_S;
}

static Error check_settings(const TrackerSettings *settings) {
    if (settings->interval_s < INTERVAL_S_MIN || settings->interval_s > INTERVAL_S_MAX)
        return error_field(BAD_INPUT, "tracker.interval_s", "out_of_range",
                           "The announce interval must be between {} and {} seconds.", STR("1"),
                           STR("86400"));
    if (settings->udp_threads < 1 || settings->udp_threads > TRACKER_UDP_THREADS_MAX)
        return error_field(BAD_INPUT, "tracker.udp_threads", "out_of_range",
                           "The number of UDP threads must be between {} and {}.", STR("1"),
                           STR("64"));
    if (settings->udp_listen_count > TRACKER_LISTENERS_MAX)
        return error_field(BAD_INPUT, "tracker.udp_listen", "too_many",
                           "The tracker listens on at most {} addresses.", STR("16"));
    return OK;
}

static Error open_files(Tracker *tracker) {
    const char *folder = tracker->settings.folder;
    if (!folder) {
        random_bytes(tracker->desk.connection_key.bytes, sizeof tracker->desk.connection_key.bytes);
        return OK;
    }
    tracker->snapshot_path = arena_print(&tracker->words, "%s/swarms.snapshot", folder).at;
    const char *key_path = arena_print(&tracker->words, "%s/tracker.key", folder).at;
    return connection_key_open(key_path, &tracker->desk.connection_key);
}

static uint64_t or_no_ceiling(uint64_t max) { return max ? max : UINT64_MAX; }

static SwarmLimits swarm_limits(const TrackerSettings *settings, Seconds expiry_s) {
    return (SwarmLimits){
        .peers_max = or_no_ceiling(settings->peers_max),
        .swarms_max = or_no_ceiling(settings->torrents_max),
        .peers_per_address_max = settings->peers_per_address_max,
        .expiry_s = expiry_s,
        .gate = {.open = settings->open,
                 .new_swarms_per_address_max = settings->new_swarms_per_address_max}};
}

static void change_doors(Tracker *tracker, const TrackerSettings *settings) {
    if (settings->notes_doors && !tracker->doors)
        tracker->doors = doors_create(settings->door_rest_s);
    if (tracker->doors) doors_set_rest(tracker->doors, settings->door_rest_s);
    tracker->desk.doors = settings->notes_doors ? tracker->doors : NULL;
    if (tracker->doors && !settings->notes_doors) doors_forget(tracker->doors);
}

static void log_failure(const char *what, Error e) {
    Arena arena = arena_create(WORDS_BYTES_MAX);
    log_event(LOG_ERROR, what, {"cause", error_text(e, &arena)});
    arena_free(&arena);
}

static Error change_clients(Tracker *tracker, const TrackerSettings *settings) {
    ClientRules rules;
    TRY(client_kinds_parse(settings->clients_denied, &rules.denied));
    TRY(client_kinds_parse(settings->clients_allowed, &rules.allowed));
    client_filter_change(tracker->desk.clients, &rules);
    return OK;
}

static void create_parts(Tracker *tracker) {
    const TrackerSettings *settings = &tracker->settings;
    SwarmLimits limits = swarm_limits(settings, expiry_for(settings->interval_s));
    tracker->expiry_s = limits.expiry_s;
    tracker->steering = udp_steering_create(random_u64(), settings->udp_threads);
    limits.steering = tracker->steering;
    tracker->desk.swarms = swarms_create(&limits);
    tracker->desk.hostings = hostings_create(limits.expiry_s);
    change_doors(tracker, settings);
    tracker->desk.clients = client_filter_create();
    tracker->desk.meter = address_meter_create();
    address_meter_change(tracker->desk.meter, settings->kept_per_address_max, settings->interval_s);
    tracker->desk.interval_s = settings->interval_s;
    tracker->desk.allow_private_addresses = settings->allow_private_addresses;
    tracker->desk.web_peers_per_address_max = settings->peers_per_address_max;
    random_bytes(&tracker->desk.jitter_key, sizeof tracker->desk.jitter_key);
    tracker->seat_count = settings->udp_listen_count * settings->udp_threads + 1;
    tracker->seats = aligned_alloc(alignof(Seat), tracker->seat_count * sizeof(Seat));
    assert(tracker->desk.swarms && tracker->seats);
    tracker->web = web_create(&tracker->desk);
    memset(tracker->seats, 0, tracker->seat_count * sizeof(Seat));
    /* The last seat is shared by all HTTP threads. */
    tracker->http_counters = &tracker->seats[tracker->seat_count - 1].counters;
    pthread_mutex_init(&tracker->lock, NULL);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&tracker->wake, &attributes);
    pthread_condattr_destroy(&attributes);
}

const AnswerDesk *tracker_desk(const Tracker *tracker) { return &tracker->desk; }

Error tracker_create(const TrackerSettings *settings, Tracker **ret_tracker) {
    TRY(check_settings(settings));
    Tracker *tracker = calloc(1, sizeof *tracker);
    assert(tracker);
    tracker->settings = *settings;
    tracker->words = arena_create(WORDS_BYTES_MAX);
    for (size_t i = 0; i < settings->udp_listen_count; i++)
        tracker->listen[i] = settings->udp_listen[i];
    tracker->settings.udp_listen = tracker->listen;
    create_parts(tracker);
    Error e = change_clients(tracker, settings);
    if (failed(e)) {
        tracker_free(tracker);
        return e;
    }
    *ret_tracker = tracker;
    return OK;
}

void tracker_await_list(Tracker *tracker, bool awaits) {
    atomic_store(&tracker->awaits_list, awaits);
}

static void wait_for_list(const Tracker *tracker) {
    static const struct timespec moment = {.tv_nsec = 5000000};
    while (atomic_load_explicit(&tracker->awaits_list, memory_order_relaxed))
        nanosleep(&moment, NULL);
}

static void answer_batch(void *argument, size_t thread, UdpDatagram *datagrams, size_t count) {
    Tracker *tracker = argument;
    Counters *counters = &tracker->seats[thread].counters;
    wait_for_list(tracker);
    TwoClocks now = clocks_now();
    answer_udp_batch(&tracker->desk, counters, now, datagrams, count);
}

/* A shorter interval is asked of everybody from now on, but who was told the longer one comes back
 * by that: until then nobody expires sooner. */
void tracker_change(Tracker *tracker, const TrackerSettings *settings) {
    TrackerSettings *own = &tracker->settings;
    pthread_mutex_lock(&tracker->lock);
    own->open = settings->open;
    own->allow_private_addresses = settings->allow_private_addresses;
    own->interval_s = settings->interval_s;
    own->peers_per_address_max = settings->peers_per_address_max;
    own->peers_max = settings->peers_max;
    own->torrents_max = settings->torrents_max;
    own->new_swarms_per_address_max = settings->new_swarms_per_address_max;
    address_meter_change(tracker->desk.meter, settings->kept_per_address_max, settings->interval_s);
    Error e = change_clients(tracker, settings);
    if (failed(e)) log_failure("lists of clients not changed", e);
    Seconds expiry_s = expiry_for(settings->interval_s);
    if (expiry_s < tracker->expiry_s)
        tracker->expiry_falls_s = clock_monotonic_ms() / 1000 + tracker->expiry_s;
    else
        tracker->expiry_s = expiry_s, tracker->expiry_falls_s = 0;
    SwarmLimits limits = swarm_limits(own, tracker->expiry_s);
    swarms_change_limits(tracker->desk.swarms, &limits, clock_monotonic_ms() / 1000);
    hostings_change_expiry(tracker->desk.hostings, tracker->expiry_s);
    tracker->desk.interval_s = settings->interval_s;
    tracker->desk.allow_private_addresses = settings->allow_private_addresses;
    tracker->desk.web_peers_per_address_max = settings->peers_per_address_max;
    change_doors(tracker, settings);
    pthread_mutex_unlock(&tracker->lock);
}

static void let_expiry_fall(Tracker *tracker, Seconds now) {
    pthread_mutex_lock(&tracker->lock);
    if (tracker->expiry_falls_s && now >= tracker->expiry_falls_s) {
        tracker->expiry_falls_s = 0;
        tracker->expiry_s = expiry_for(tracker->settings.interval_s);
        SwarmLimits limits = swarm_limits(&tracker->settings, tracker->expiry_s);
        swarms_change_limits(tracker->desk.swarms, &limits, now);
        hostings_change_expiry(tracker->desk.hostings, tracker->expiry_s);
    }
    pthread_mutex_unlock(&tracker->lock);
}

static void load_snapshot(Tracker *tracker) {
    if (!tracker->snapshot_path) return;
    Error e = snapshot_load(tracker->desk.swarms, tracker->snapshot_path, clocks_now(),
                            tracker->settings.allow_private_addresses);
    if (failed(e) && e.kind != ERROR_NOT_FOUND) log_failure("saved swarms not read", e);
}

static void save_snapshot(Tracker *tracker) {
    if (!tracker->snapshot_path) return;
    Error e = snapshot_save(tracker->desk.swarms, tracker->snapshot_path, clocks_now());
    if (failed(e)) log_failure("swarms not saved", e);
}

static void sweep_shard(Tracker *tracker, size_t shard, TwoClocks now, Seconds started_s) {
    bool through = false;
    pthread_mutex_lock(&tracker->lock);
    bool tally_is_read = now.steady_s - tracker->tally_read_at < 10 * SWEEP_S;
    pthread_mutex_unlock(&tracker->lock);
    while (!through) {
        SwarmSweep sweep = {
            .now = now.steady_s,
            .slots = SWEEP_SLOTS,
            .tally_is_read = tally_is_read,
            .keeps_unlisted = now.steady_s - started_s < LISTING_S,
        };
        through = swarms_sweep(tracker->desk.swarms, shard, &sweep);
    }
}

/* Waits for the next round; false when it is time to stop. */
static bool wait_round(Tracker *tracker) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += UPKEEP_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    pthread_mutex_lock(&tracker->lock);
    int waited = 0;
    while (!tracker->is_stopping && waited == 0)
        waited = pthread_cond_timedwait(&tracker->wake, &tracker->lock, &until);
    bool goes_on = !tracker->is_stopping;
    pthread_mutex_unlock(&tracker->lock);
    return goes_on;
}

/* The clock hand: sweeps shards so that all have been swept once in SWEEP_S, and saves now and
 * then. */
static void *keep_up(void *argument) {
    Tracker *tracker = argument;
    Milliseconds started_ms = clock_monotonic_ms();
    const uint64_t shards = swarms_shard_count(tracker->desk.swarms);
    uint64_t swept = 0;
    Seconds saved_s = started_ms / 1000;
    while (wait_round(tracker)) {
        TwoClocks now = clocks_now();
        uint64_t due = (uint64_t)(clock_monotonic_ms() - started_ms) * shards / (SWEEP_S * 1000);
        /* After a long save or a stopped machine one whole turn is enough. */
        if (due - swept > shards) swept = due - shards;
        let_expiry_fall(tracker, now.steady_s);
        swarms_prepare(tracker->desk.swarms);
        for (; swept < due; swept++) sweep_shard(tracker, swept % shards, now, started_ms / 1000);
        hostings_sweep(tracker->desk.hostings, HOSTINGS_SWEPT, now.steady_s);
        web_sweep(tracker->web, now.steady_s);
        if (now.steady_s - saved_s < SAVE_S) continue;
        saved_s = now.steady_s;
        save_snapshot(tracker);
    }
    return NULL;
}

static Error start_upkeep(Tracker *tracker) {
    tracker->is_stopping = false;
    int cause = pthread_create(&tracker->upkeep, NULL, keep_up, tracker);
    if (cause)
        return error(UNAVAILABLE, "cannot_start_thread", "A thread cannot be started: {}.",
                     str_from_c(strerrordesc_np(cause)));
    tracker->is_running = true;
    return OK;
}

void tracker_inherit(Tracker *tracker, ListenerSet *inherited) { tracker->inherited = inherited; }

static Error load_files(Tracker *tracker) {
    if (tracker->is_loaded) return OK;
    TRY(open_files(tracker));
    load_snapshot(tracker);
    tracker->is_loaded = true;
    return OK;
}

Error tracker_start(Tracker *tracker) {
    assert(!tracker->is_running);
    UdpListen listen = {.listen = tracker->listen,
                        .listen_count = tracker->settings.udp_listen_count,
                        .threads = tracker->settings.udp_threads,
                        .steering = &tracker->steering,
                        .inherited = tracker->inherited};
    UdpHandler handler = {.handle = answer_batch, .argument = tracker};
    TRY(load_files(tracker));
    TRY(udp_server_open(&listen, handler, &tracker->words, &tracker->server));
    tracker->inherited = NULL;
    Error e = start_upkeep(tracker);
    if (failed(e)) {
        udp_server_close(tracker->server);
        tracker->server = NULL;
    }
    return e;
}

void tracker_list_sockets(const Tracker *tracker, ListenerSet *set) {
    if (tracker->server) udp_server_list(tracker->server, set);
}

void tracker_stop(Tracker *tracker) {
    if (!tracker->is_running) return;
    pthread_mutex_lock(&tracker->lock);
    tracker->is_stopping = true;
    UdpServer *server = tracker->server;
    tracker->server = NULL;
    pthread_cond_signal(&tracker->wake);
    pthread_mutex_unlock(&tracker->lock);
    udp_server_close(server);
    pthread_join(tracker->upkeep, NULL);
    tracker->is_running = false;
    save_snapshot(tracker);
}

void tracker_free(Tracker *tracker) {
    if (!tracker) return;
    tracker_stop(tracker);
    web_free(tracker->web);
    hostings_free(tracker->desk.hostings);
    doors_free(tracker->doors);
    client_filter_free(tracker->desk.clients);
    address_meter_free(tracker->desk.meter);
    swarms_free(tracker->desk.swarms);
    pthread_cond_destroy(&tracker->wake);
    pthread_mutex_destroy(&tracker->lock);
    arena_free(&tracker->words);
    free(tracker->seats);
    free(tracker);
}

uint16_t tracker_udp_port(const Tracker *tracker, size_t listen_index) {
    assert(listen_index < tracker->settings.udp_listen_count);
    if (!tracker->server) return tracker->listen[listen_index].port;
    return udp_server_port(tracker->server, listen_index);
}

void tracker_allow(Tracker *tracker, const InfoHash *hash) {
    GateNames names = gate_names(hash);
    bool listed = swarms_list(tracker->desk.swarms, hash);
    assert(listed);
    /* A swarm under the second name of a hybrid is from before it was known as one. */
    for (size_t i = 1; i < names.count; i++) web_forget(tracker->web, &names.hashes[i]);
}

void tracker_forget(Tracker *tracker, const InfoHash *hash) {
    GateNames names = gate_names(hash);
    swarms_unlist(tracker->desk.swarms, hash);
    for (size_t i = 0; i < names.count; i++) {
        web_forget(tracker->web, &names.hashes[i]);
        hostings_remove_swarm(tracker->desk.hostings, &names.hashes[i]);
    }
}

bool tracker_add_key(Tracker *tracker, const AnnounceKey *key, int64_t member) {
    return hostings_add_key(tracker->desk.hostings, key, member);
}

void tracker_remove_key(Tracker *tracker, const AnnounceKey *key) {
    hostings_remove_key(tracker->desk.hostings, key);
}

size_t tracker_hosts(Tracker *tracker, const InfoHash *hash, int64_t *ret_members, size_t room) {
    GateNames names = gate_names(hash);
    return hostings_members(tracker->desk.hostings, &names.hashes[0], clocks_now().steady_s,
                            ret_members, room);
}

size_t tracker_hosted(Tracker *tracker, const AnnounceKey *key, SwarmHash *ret_swarms,
                      size_t room) {
    return hostings_swarms(tracker->desk.hostings, key, clocks_now().steady_s,
                           (HostedRoom){ret_swarms, room});
}

static void put_off(HttpAsk *asks, size_t count) {
    static const HttpRefusal refusal = {.words = STR("The tracker is starting."),
                                        .retry_in_min = 1};
    for (size_t i = 0; i < count; i++) asks[i].len = http_refusal_write(refusal, asks[i].room);
}

void tracker_http_announces(Tracker *tracker, HttpAsk *asks, size_t count) {
    if (atomic_load_explicit(&tracker->awaits_list, memory_order_relaxed)) {
        put_off(asks, count);
        return;
    }
    HttpQuestion questions[ANSWER_HTTP_BATCH_MAX];
    for (size_t done = 0, part; done < count; done += part) {
        HttpAsk *from = asks + done;
        part = count - done < ANSWER_HTTP_BATCH_MAX ? count - done : ANSWER_HTTP_BATCH_MAX;
        for (size_t i = 0; i < part; i++)
            questions[i] =
                (HttpQuestion){from[i].query, from[i].key, from[i].from, from[i].room, 0};
        answer_http_announces(&tracker->desk, tracker->http_counters, asks->now / 1000, questions,
                              part);
        for (size_t i = 0; i < part; i++) from[i].len = questions[i].len;
    }
}

Doors *tracker_doors(Tracker *tracker) { return tracker->desk.doors; }

Str tracker_http_scrape(Tracker *tracker, Str query, Arena *arena) {
    return answer_http_scrape(&tracker->desk, tracker->http_counters, query, arena);
}

Web *tracker_web(Tracker *tracker) { return tracker->web; }

void tracker_tally(Tracker *tracker, TallyEach each, void *argument) {
    pthread_mutex_lock(&tracker->lock);
    tracker->tally_read_at = clock_monotonic_ms() / 1000;
    pthread_mutex_unlock(&tracker->lock);
    tally_hand_over(tracker->desk.swarms, each, argument);
}

TrackerTotals tracker_totals(Tracker *tracker) {
    SwarmTotals swarms = swarms_totals(tracker->desk.swarms);
    TrackerTotals totals = {.torrents = swarms.swarms,
                            .seeders = swarms.seeders,
                            .leechers = swarms.leechers,
                            .completed = swarms.completed};
    for (size_t i = 0; i < tracker->seat_count; i++)
        tally_add_counters(&tracker->seats[i].counters, &totals);
    return totals;
}

TrackerHealth tracker_health(Tracker *tracker) {
    WebTotals web = web_totals(tracker->web);
    TrackerHealth health = {.announce_keys = hostings_key_count(tracker->desk.hostings),
                            .web_peers = web.peers,
                            .web_announces = web.announces,
                            .web_offers = web.offers,
                            .web_answers = web.answers,
                            .web_refused = web.refused};
    UdpHealth udp = {0};
    pthread_mutex_lock(&tracker->lock);
    if (tracker->server) udp = udp_server_health(tracker->server);
    pthread_mutex_unlock(&tracker->lock);
    health.receive_buffer_bytes = udp.receive_buffer_bytes;
    health.datagrams_dropped = udp.dropped;
    return health;
}
