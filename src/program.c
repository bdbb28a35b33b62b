#include "program.h"

#include <assert.h>

#include "allow_list.h"
#include "base/encode.h"
#include "base/file.h"
#include "base/key_file.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/random.h"
#include "community/account.h"
#include "community/category.h"
#include "community/member_key.h"
#include "community/secret.h"
#include "community/torrent.h"
#include "community/torrent_index.h"
#include "guard.h"
#include "indexing.h"
#include "jobs.h"
#include "probing.h"
#include "routes.h"
#include "site/assets.h"
#include "web_socket.h"

enum { PROGRAM_ARENA_BYTES = 64 * MIB, SETUP_CODE_BYTES = 18 };

static void allow(void *tracker, const InfoHash *hash) {
    if (tracker) tracker_allow(tracker, hash);
}

static void forget(void *tracker, const InfoHash *hash) {
    if (tracker) tracker_forget(tracker, hash);
}

static void add_key(void *tracker, const AnnounceKey *key, int64_t member_id) {
    if (!tracker_add_key(tracker, key, member_id))
        log_event(LOG_WARNING, "no room for an announce key");
}

static void remove_key(void *tracker, const AnnounceKey *key) { tracker_remove_key(tracker, key); }

static size_t hosts(void *tracker, const InfoHash *hash, int64_t *ret_member_ids, size_t room) {
    return tracker_hosts(tracker, hash, ret_member_ids, room);
}

static size_t hosted(void *tracker, const AnnounceKey *key, SwarmHash *ret_swarms, size_t room) {
    return tracker_hosted(tracker, key, ret_swarms, room);
}

static void forget_cached(void *argument) {
    Program *program = argument;
    if (program->http) http_server_forget_cached(program->http);
}

static Str url_host(Str url) {
    size_t scheme_end = str_find(url, STR("://"));
    if (scheme_end == STR_NONE) return (Str){0};
    Str host = str_skip(url, scheme_end + strlen("://"));
    host = str_cut(&host, '/');
    if (str_starts(host, STR("["))) return str_part(host, 0, str_find_byte(host, ']') + 1);
    return str_cut(&host, ':');
}

/* The host a person types, without its port: where our UDP tracker is reached too. */
static Str site_host(const Settings *settings) {
    return url_host(settings_text(settings, SETTING_site_url));
}

static const Str *announce_urls(const Settings *settings, uint16_t udp_port, size_t *ret_count) {
    const Str *given = settings_words(settings, SETTING_tracker_announce_urls, ret_count);
    if (*ret_count) return given;
    Arena *arena = settings->arena;
    Str *urls = arena_new(arena, Str, 3);
    Str host = site_host(settings), site = settings_text(settings, SETTING_site_url);
    size_t count = 0;
    if (udp_port)
        urls[count++] = arena_print(arena, "udp://%.*s:%u/announce", STR_PRINTF(host), udp_port);
    urls[count++] = arena_print(arena, "%.*s/announce", STR_PRINTF(site));
    /* http to ws, https to wss: pages by https may connect to nothing less. */
    if (settings_flag(settings, SETTING_tracker_web))
        urls[count++] =
            arena_print(arena, "ws%.*s/announce", STR_PRINTF(str_skip(site, strlen("http"))));
    *ret_count = count;
    return urls;
}

/* Keys of members are given to nobody else's tracker: only to hosts of this site, or below one. */
static bool is_own(const Settings *settings, Str url) {
    Str host = url_host(url), site = site_host(settings);
    size_t count;
    const Str *more = settings_words(settings, SETTING_site_hosts, &count);
    bool own = str_equal_nocase(host, site);
    for (size_t i = 0; i < count; i++) own = own || str_equal_nocase(host, more[i]);
    bool below = host.len > site.len && host.at[host.len - site.len - 1] == '.' &&
                 str_equal_nocase(str_skip(host, host.len - site.len), site);
    return own || below;
}

static const bool *which_are_own(const Settings *settings, const Str *urls, size_t count) {
    bool *own = arena_new(settings->arena, bool, count);
    for (size_t i = 0; i < count; i++) own[i] = is_own(settings, urls[i]);
    return own;
}

static uint16_t first_udp_port(const Program *program, const Settings *settings) {
    size_t count;
    const Endpoint *listen = settings_endpoints(settings, SETTING_tracker_udp_listen, &count);
    if (count == 0) return 0;
    return program->tracker ? tracker_udp_port(program->tracker, 0) : listen[0].port;
}

static const CommunitySettings *community_settings(const Program *program,
                                                   const Settings *settings) {
    CommunitySettings *made = arena_new(settings->arena, CommunitySettings, 1);
    made->site_url = settings_text(settings, SETTING_site_url);
    made->site_name = settings_text(settings, SETTING_site_name);
    made->registration_open =
        str_equal(settings_text(settings, SETTING_accounts_registration), STR("open"));
    made->review_new_members = settings_flag(settings, SETTING_uploads_review_new_members);
    made->limits_enabled = settings_flag(settings, SETTING_limits_enabled);
    made->announce_urls =
        announce_urls(settings, first_udp_port(program, settings), &made->announce_url_count);
    made->announce_url_is_own =
        which_are_own(settings, made->announce_urls, made->announce_url_count);
    return made;
}

static Str store_url(const Settings *settings) {
    Str path = str_skip(settings_text(settings, SETTING_store_url), strlen("sqlite:"));
    if (str_starts(path, STR("/")) || str_starts(path, STR(":")))
        return settings_text(settings, SETTING_store_url);
    return arena_print(settings->arena, "sqlite:%.*s/%.*s", STR_PRINTF(settings->data_folder),
                       STR_PRINTF(path));
}

static void set_log_level(const Settings *settings) {
    static const char *const names[] = {"debug", "info", "warning", "error"};
    for (int level = LOG_DEBUG; level <= LOG_ERROR; level++)
        if (str_equal(settings_text(settings, SETTING_log_level), str_from_c(names[level])))
            log_set_level((LogLevel)level);
}

/* So that "category:games" may be typed in the search box. */
static void name_categories(Search *search) {
    Str names[SEARCH_CATEGORIES_MAX] = {0};
    uint8_t parents[SEARCH_CATEGORIES_MAX] = {0};
    size_t count = 0;
    for (const Category *category = categories; category->code; category++) {
        names[category->number] = str_from_c(category->code);
        parents[category->number] = (uint8_t)category->parent;
        if (count <= category->number) count = category->number + 1;
    }
    search_name_categories(search, names, parents, count);
}

static Error open_store(Program *program, const Settings *settings) {
    TRY(store_open(store_url(settings), &program->community.store));
    return secret_load(&program->community);
}

static void make_parts(Program *program, const Settings *settings) {
    program->community.search = search_create();
    name_categories(program->community.search);
    search_set_health_rule(program->community.search, torrent_health_of, clock_now());
    program->community.tracker = (TrackerPort){.allow = allow,
                                               .forget = forget,
                                               .add_key = add_key,
                                               .remove_key = remove_key,
                                               .hosts = hosts,
                                               .hosted = hosted};
    program->community.port_test = (PortTest){program, probing_may_test_port, probing_test_port};
    program->community.changed = forget_cached;
    program->community.changed_argument = program;
    atomic_store(&program->community.settings, community_settings(program, settings));
}

static Program *program_create(const Settings *settings) {
    Program *program = calloc(1, sizeof *program);
    assert(program);
    program->arena = arena_create(PROGRAM_ARENA_BYTES);
    program->started_at = clock_now();
    pthread_mutex_init(&program->reload_lock, NULL);
    set_log_level(settings);
    atomic_store(&program->settings, settings);
    make_parts(program, settings);
    return program;
}

Error program_open(const Settings *settings, Program **ret_program) {
    TRY(file_make_folder(settings->data_folder, 0700));
    Program *program = program_create(settings);
    Error e = open_store(program, settings);
    if (failed(e)) {
        program_close(program);
        return e;
    }
    *ret_program = program;
    return OK;
}

void program_close(Program *program) {
    if (!program) return;
    allow_list_stop(program);
    indexing_stop(program);
    search_free(program->community.search);
    store_close(program->community.store);
    pthread_mutex_destroy(&program->reload_lock);
    arena_free(&program->arena);
    free(program);
}

void inheritance_free(Inheritance *inheritance) {
    listener_set_free(inheritance->listeners);
    http_idle_free(&inheritance->idle);
    *inheritance = (Inheritance){0};
}

/* The ports of one address stand together in a swarm, so their number is kept small there or not at
 * all. */
static unsigned peers_per_address_max(const Settings *settings) {
    uint64_t max = settings_number(settings, SETTING_tracker_peers_per_address_max);
    return max > SWARM_ADDRESS_PORTS_MAX ? 0 : (unsigned)max;
}

static TrackerSettings tracker_settings(Program *program, const Settings *settings) {
    TrackerSettings tracker = {
        .udp_threads = (unsigned)settings_number(settings, SETTING_tracker_udp_threads),
        .open = settings_flag(settings, SETTING_tracker_open),
        .allow_private_addresses = settings_flag(settings, SETTING_tracker_allow_private_addresses),
        .interval_s = (Seconds)settings_number(settings, SETTING_tracker_interval_s),
        .peers_per_address_max = peers_per_address_max(settings),
        .clients_denied = settings_text(settings, SETTING_tracker_clients_denied),
        .clients_allowed = settings_text(settings, SETTING_tracker_clients_allowed),
        .peers_max = settings_number(settings, SETTING_tracker_peers_max),
        .torrents_max = settings_number(settings, SETTING_tracker_torrents_max),
        .folder = str_c(&program->arena, settings->data_folder),
        .notes_doors = settings_flag(settings, SETTING_probe_reachability),
        .door_rest_s = (Seconds)settings_number(settings, SETTING_probe_reach_interval_s),
    };
    if (settings_flag(settings, SETTING_limits_enabled)) {
        tracker.kept_per_address_max =
            (unsigned)settings_number(settings, SETTING_tracker_kept_per_address_max);
        tracker.new_swarms_per_address_max =
            (unsigned)settings_number(settings, SETTING_tracker_new_swarms_per_address_max);
    }
    tracker.udp_listen =
        settings_endpoints(settings, SETTING_tracker_udp_listen, &tracker.udp_listen_count);
    return tracker;
}

/* Every inherited socket needs a thread: packets wait in it. */
static void fit_inherited(TrackerSettings *tracker, const ListenerSet *inherited) {
    for (size_t i = 0; i < tracker->udp_listen_count; i++) {
        size_t count = listener_set_count(inherited, LISTENER_UDP, tracker->udp_listen[i]);
        if (count > TRACKER_UDP_THREADS_MAX) count = TRACKER_UDP_THREADS_MAX;
        if (tracker->udp_threads < count) tracker->udp_threads = (unsigned)count;
    }
}

static Error create_tracker(Program *program, const Settings *settings,
                            const ListenerSet *inherited) {
    TrackerSettings tracker = tracker_settings(program, settings);
    fit_inherited(&tracker, inherited);
    TRY(tracker_create(&tracker, &program->tracker));
    web_socket_connect(program);
    program->community.tracker.tracker = program->tracker;
    return OK;
}

/* Nobody can sign in to a place without an administrator: whoever reads the log can make one. */
static Error make_setup_code(Program *program, Visit *visit) {
    bool any = true;
    uint8_t code[SETUP_CODE_BYTES];
    TRY(account_any_admin(visit, &any));
    if (any || program->community.setup_code.len) return OK;
    random_bytes(code, sizeof code);
    program->community.setup_code = base64url_write(&program->arena, code, sizeof code);
    return OK;
}

/* What the tracker is to know, beside a process that still runs. */
static Error load_all(Program *program, Visit *visit) {
    int64_t at;
    TRY(torrent_story_at(visit, &at));
    TRY(torrent_allow_all(visit));
    program->loaded_at = at;
    program->is_loaded = true;
    return OK;
}

/* Last, so that no key removed meanwhile comes back. */
static Error load_announce_keys(Program *program, Visit *visit) {
    Str folder = atomic_load(&program->settings)->data_folder;
    Str path = arena_print(visit->arena, "%.*s/announce.key", STR_PRINTF(folder));
    TRY(key_file_open(path.at, program->community.announce_secret,
                      sizeof program->community.announce_secret));
    return member_key_load_all(visit);
}

static Error load_or_catch_up(Program *program, Visit *visit) {
    TRY(indexing_open(program, visit));
    if (program->is_loaded) TRY(torrent_catch_up(visit, program->loaded_at));
    TRY(load_announce_keys(program, visit));
    return make_setup_code(program, visit);
}

static Error with_visit(Program *program, Error (*run)(Program *program, Visit *visit)) {
    Arena arena = arena_create(REQUEST_ARENA_BYTES_MAX);
    Visit visit;
    Error e = program_visit(program, &arena, &visit);
    if (!failed(e)) {
        e = run(program, &visit);
        program_visit_end(&visit);
    }
    if (failed(e)) /* its subjects go with the arena */
        for (size_t i = 0; i < 2; i++) e.subject[i] = arena_copy(&program->arena, e.subject[i]);
    arena_free(&arena);
    return e;
}

static Error load_beside(Program *program) {
    const Settings *settings = atomic_load(&program->settings);
    TRY(store_open_beside(store_url(settings), &program->community.store));
    Error e = with_visit(program, load_all);
    store_close(program->community.store);
    program->community.store = NULL;
    return e;
}

Error program_prepare(const Settings *settings, const Inheritance *inheritance,
                      Program **ret_program) {
    Program *program = program_create(settings);
    Error e = create_tracker(program, settings, inheritance->listeners);
    if (failed(e)) {
        program_close(program);
        return e;
    }
    /* A database of another version is read after it is ours: later, but not worse. */
    e = load_beside(program);
    if (failed(e))
        log_event(LOG_INFO, "catalogue_read_later", {"why", error_text(e, settings->arena)});
    *ret_program = program;
    return OK;
}

static void *open_reader(void *site) {
    Program *program = site;
    Db *db = NULL;
    Error e = store_reader_open(program->community.store, &db);
    if (failed(e)) log_event(LOG_ERROR, "reader_not_opened", {"code", str_from_c(error_code(e))});
    return db;
}

static void close_reader(void *worker) { store_reader_close(worker); }

/* A site tried out on its own machine answers to every name of that machine. */
static const char *const loopback_names[] = {"localhost", "127.0.0.1", "[::1]"};
enum { LOOPBACK_NAME_COUNT = sizeof loopback_names / sizeof loopback_names[0] };

static const Str *host_names(const Settings *settings, size_t *ret_count) {
    size_t count;
    const Str *more = settings_words(settings, SETTING_site_hosts, &count);
    Str *hosts = arena_new(settings->arena, Str, count + 1 + LOOPBACK_NAME_COUNT);
    if (count) memcpy(hosts, more, count * sizeof *hosts);
    Str own = site_host(settings);
    hosts[count++] = own;
    bool local = false;
    for (size_t i = 0; i < LOOPBACK_NAME_COUNT; i++)
        local = local || str_equal(own, str_from_c(loopback_names[i]));
    for (size_t i = 0; local && i < LOOPBACK_NAME_COUNT; i++)
        hosts[count++] = str_from_c(loopback_names[i]);
    *ret_count = count;
    return hosts;
}

static HttpServerSettings http_settings(Program *program, const Settings *settings) {
    HttpServerSettings http = {
        .loops = (unsigned)settings_number(settings, SETTING_http_loops),
        .workers = (unsigned)settings_number(settings, SETTING_http_workers),
        .connections_max = settings_number(settings, SETTING_http_connections_max),
        .websockets_max = settings_number(settings, SETTING_http_websockets_max),
        .websockets_per_address_max =
            (unsigned)settings_number(settings, SETTING_http_websockets_per_address_max),
        .websocket_ping_ms =
            (Milliseconds)settings_number(settings, SETTING_http_websocket_ping_s) * 1000,
        .routes = routes,
        .guard = guard_of_program(),
        .site = program,
        .arena = settings->arena,
        .worker_open = open_reader,
        .worker_close = close_reader,
        .secure = str_starts(settings_text(settings, SETTING_site_url), STR("https://")),
        .limits_enabled = settings_flag(settings, SETTING_limits_enabled),
        .log_addresses = settings_flag(settings, SETTING_log_addresses),
        .language = settings_language(settings, SETTING_site_language),
    };
    http.listen = settings_listeners(settings, SETTING_http_listen, &http.listen_count);
    http.hosts = host_names(settings, &http.host_count);
    return http;
}

static Error start_http(Program *program, const Settings *settings, Inheritance *inheritance) {
    HttpServerSettings http = http_settings(program, settings);
    http.inherited = inheritance->listeners;
    TRY(http_server_create(&http, &program->http));
    http_server_set_assets(program->http, site_assets, site_assets_count);
    http_server_adopt(program->http, &inheritance->idle);
    return http_server_start(program->http);
}

Error program_start(Program *program, Inheritance *inheritance) {
    const Settings *settings = atomic_load(&program->settings);
    if (!program->community.store) TRY(open_store(program, settings));
    if (!program->tracker) TRY(create_tracker(program, settings, inheritance->listeners));
    /* Before the first announce or page is answered. */
    TRY(with_visit(program, load_or_catch_up));
    if (!program->is_loaded) TRY(allow_list_start(program));
    tracker_inherit(program->tracker, inheritance->listeners);
    TRY(tracker_start(program->tracker));
    /* Only now is the port known that a 0 became. */
    atomic_store(&program->community.settings, community_settings(program, settings));
    TRY(jobs_start(program, &program->jobs));
    TRY(indexing_start(program));
    TRY(probing_start(program, &program->probing));
    return start_http(program, settings, inheritance);
}

void program_list_sockets(const Program *program, ListenerSet *set) {
    if (program->http) http_server_list_sockets(program->http, set);
    if (program->tracker) tracker_list_sockets(program->tracker, set);
}

static Error note_story(Program *program, Visit *visit) {
    return torrent_story_at(visit, &program->loaded_at);
}

void program_yield(Program *program, Inheritance *inheritance) {
    program_list_sockets(program, inheritance->listeners);
    if (program->http) http_server_yield(program->http, &inheritance->idle);
    http_server_free(program->http);
    program->http = NULL;
    probing_stop(program->probing);
    jobs_stop(program->jobs);
    program->jobs = NULL;
    program->probing = NULL;
    allow_list_stop(program);
    indexing_stop(program);
    Error e = with_visit(program, note_story);
    if (failed(e)) program->is_loaded = false;
    if (program->tracker) tracker_stop(program->tracker);
    store_close(program->community.store);
    program->community.store = NULL;
}

void program_stop(Program *program) {
    if (program->http) http_server_stop(program->http);
    probing_stop(program->probing);
    jobs_stop(program->jobs);
    allow_list_stop(program);
    indexing_stop(program);
    if (program->tracker) tracker_stop(program->tracker);
    http_server_free(program->http);
    tracker_free(program->tracker);
    program->http = NULL;
    program->jobs = NULL;
    program->probing = NULL;
    program->tracker = NULL;
    program->community.tracker.tracker = NULL;
}

/* --- reload --- */

static bool is_live(SettingId id, const Settings *now, const Settings *then) {
    /* Unsaid, it follows http.listen, which is not changed yet either. */
    if (id == SETTING_site_url)
        return strcmp(now->origin[id], "default") != 0 || strcmp(then->origin[id], "default") != 0;
    /* Swarms are kept in another order where there is a cap. */
    if (id == SETTING_tracker_peers_per_address_max)
        return (peers_per_address_max(now) == 0) == (peers_per_address_max(then) == 0);
    return setting_rows[id].applies == SETTING_APPLIES_LIVE;
}

/* `now` becomes what will be in force: the live ones of `then`. */
static void take_live(Settings *now, const Settings *then, Reload *reload) {
    for (SettingId id = 0; id < SETTING_COUNT; id++) {
        if (str_equal(now->value[id], then->value[id])) continue;
        if (!is_live(id, now, then)) {
            reload->waiting[reload->waiting_count++] = id;
            continue;
        }
        reload->changed[reload->changed_count++] = id;
        now->value[id] = then->value[id];
        now->origin[id] = then->origin[id];
    }
}

static Error bar_gone(Program *program, Visit *visit) {
    (void)program;
    return torrent_bar_gone(visit);
}

static Error put_in_force(Program *program, const Settings *settings) {
    bool was_open = settings_flag(atomic_load(&program->settings), SETTING_tracker_open);
    TrackerSettings tracker = tracker_settings(program, settings);
    HttpServerSettings http = http_settings(program, settings);
    atomic_store(&program->settings, settings);
    set_log_level(settings);
    atomic_store(&program->community.settings, community_settings(program, settings));
    tracker_change(program->tracker, &tracker);
    http_server_change(program->http, &http);
    probing_stop(program->probing);
    TRY(probing_start(program, &program->probing));
    /* An open tracker must be told again what it may not track. */
    return tracker.open && !was_open ? with_visit(program, bar_gone) : OK;
}

static Error reload_locked(Program *program, Arena *arena, Reload *ret_reload) {
    const Settings *before = atomic_load(&program->settings);
    Settings then, now = *before;
    Reload reload = {0};
    TRY(settings_load(&before->ask, arena, &then));
    take_live(&now, &then, &reload);
    if (reload.changed_count) {
        now.arena = arena;
        TRY(settings_check_together(&now));
        /* They stay as long as the process: somebody may still be reading the old ones. */
        Settings *kept = arena_new(before->arena, Settings, 1);
        *kept = now;
        kept->arena = before->arena;
        for (size_t i = 0; i < reload.changed_count; i++)
            kept->value[reload.changed[i]] =
                arena_copy(before->arena, now.value[reload.changed[i]]);
        TRY(put_in_force(program, kept));
    }
    *ret_reload = reload;
    return OK;
}

Error program_reload(Program *program, Arena *arena, Reload *ret_reload) {
    pthread_mutex_lock(&program->reload_lock);
    Error e = reload_locked(program, arena, ret_reload);
    pthread_mutex_unlock(&program->reload_lock);
    return e;
}

Error program_visit(Program *program, Arena *arena, Visit *ret_visit) {
    Visit visit = {.community = &program->community, .arena = arena, .now = clock_now()};
    visit.viewer = (Viewer){.name = STR("operator"), .role = ROLE_ADMIN};
    TRY(store_reader_open(program->community.store, &visit.db));
    *ret_visit = visit;
    return OK;
}

void program_visit_end(Visit *visit) { store_reader_close(visit->db); }
