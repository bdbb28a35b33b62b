#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>

#include "base/limits.h"
#include "base/log.h"
#include "command/commands.h"
#include "command/machine.h"
#include "tracker/udp_server.h"

enum {
    FREE_BYTES_WANTED = 256 * MIB,
    FINDINGS_MAX = MACHINE_CHECKS + 8,
    CLOCK_SLACK_S = 60,
    PEER_BYTES = 16,  /* in the tables of a full tracker, all in */
    SWARM_BYTES = 48, /* beside its peers */
};

/* --- the site --- */

static Diagnosis check_store(Call *call) {
    Diagnosis finding = {.name = "store", .words = STR("the database is whole")};
    Error e = store_check(call->program->community.store);
    if (!failed(e)) return finding;
    finding.state = DIAGNOSIS_PROBLEM;
    finding.words = error_text(e, call->arena);
    finding.remedy =
        STR("Stop the server, keep a copy of the data folder as it is, and restore "
            "the last backup.");
    return finding;
}

static Diagnosis check_disk(Call *call) {
    Diagnosis finding = {.name = "disk"};
    struct statvfs status;
    if (statvfs(str_c(call->arena, call->settings->data_folder), &status) != 0) {
        finding.state = DIAGNOSIS_PROBLEM;
        finding.words = str_from_c(strerrordesc_np(errno));
        finding.remedy = STR("The data folder must be there and be ours: see --data.");
        return finding;
    }
    unsigned long long bytes = (unsigned long long)status.f_bavail * status.f_frsize;
    finding.words = arena_print(call->arena, "%llu MiB free in the data folder", bytes >> 20);
    if (bytes >= FREE_BYTES_WANTED) return finding;
    finding.state = DIAGNOSIS_PROBLEM;
    finding.remedy = STR("Make room: writes will soon be refused.");
    return finding;
}

static bool is_local_url(Str url) {
    return str_starts(url, STR("http://127.")) || str_starts(url, STR("http://localhost")) ||
           str_starts(url, STR("http://[::1]"));
}

static Diagnosis check_url(Call *call) {
    Str url = settings_text(call->settings, SETTING_site_url);
    Diagnosis finding = {.name = "site.url", .words = url};
    if (str_starts(url, STR("https://")) || is_local_url(url)) return finding;
    bool open =
        str_equal(settings_text(call->settings, SETTING_accounts_registration), STR("open"));
    finding.state = open ? DIAGNOSIS_PROBLEM : DIAGNOSIS_WARNING;
    finding.words = arena_print(call->arena, "%.*s is not https: passwords travel in the clear",
                                STR_PRINTF(url));
    finding.remedy =
        STR("Put Caddy, nginx or HAProxy in front, set site.url to its https "
            "address, and name it in proxy.trusted.");
    return finding;
}

/* The one trap that makes all the world one visitor: limits hit everybody, peers get wrong
 * addresses. */
static Diagnosis check_proxy(Call *call) {
    Diagnosis finding = {.name = "proxy", .words = STR("addresses of visitors are their own")};
    size_t count;
    const HttpListen *listen = settings_listeners(call->settings, SETTING_http_listen, &count);
    bool is_behind = count > 0 && !is_local_url(settings_text(call->settings, SETTING_site_url));
    for (size_t i = 0; i < count; i++)
        is_behind = is_behind && ip_is_loopback(listen[i].endpoint.ip) && !listen[i].trust.count;
    if (!is_behind) return finding;
    finding.state = DIAGNOSIS_PROBLEM;
    finding.words = STR("behind a proxy whose word on addresses nobody believes");
    finding.remedy =
        STR("To us every visitor has the address of the proxy. Set "
            "proxy.trusted=127.0.0.1 if it runs here, and let it send "
            "X-Forwarded-For.");
    return finding;
}

static Diagnosis check_limits(Call *call) {
    Diagnosis finding = {.name = "limits", .words = STR("in force")};
    if (settings_flag(call->settings, SETTING_limits_enabled)) return finding;
    finding.state = DIAGNOSIS_WARNING;
    finding.words = STR("lifted");
    finding.remedy = STR("That is for load tests: set limits.enabled=yes.");
    return finding;
}

static Diagnosis check_tracker(Call *call) {
    Diagnosis finding = {.name = "tracker", .words = STR("open only to listed works")};
    if (settings_flag(call->settings, SETTING_tracker_open))
        finding.words = STR("open to every work");
    if (!settings_flag(call->settings, SETTING_tracker_allow_private_addresses)) return finding;
    bool local = is_local_url(settings_text(call->settings, SETTING_site_url));
    finding.words = STR("hands out private addresses: right for a local network only");
    if (local) return finding;
    finding.state = DIAGNOSIS_WARNING;
    finding.remedy =
        STR("On the open internet set tracker.allow_private_addresses=no: peers "
            "would be sent to addresses in their own networks.");
    return finding;
}

/* What leaves this machine, and to whom. */
static Diagnosis check_probes(Call *call) {
    const Settings *settings = call->settings;
    bool foreign = settings_flag(settings, SETTING_probe_foreign_trackers);
    bool seeds = settings_flag(settings, SETTING_probe_web_seeds);
    bool reach = settings_flag(settings, SETTING_probe_reachability);
    Diagnosis finding = {.name = "probes", .words = STR("off: nothing is asked of others")};
    if (!foreign && !seeds && !reach) return finding;
    finding.words = arena_print(call->arena, "on, so this machine calls on%s%s%s%s%s",
                                foreign ? " other trackers" : "",
                                foreign && (seeds || reach) ? "," : "", seeds ? " web seeds" : "",
                                seeds && reach ? "," : "", reach ? " ports of seeders" : "");
    if (!settings_flag(settings, SETTING_probe_allow_private_addresses)) return finding;
    finding.state = DIAGNOSIS_PROBLEM;
    finding.remedy =
        STR("In private networks too: whoever may upload can make it call on its "
            "neighbours. Set probe.allow_private_addresses=no.");
    return finding;
}

/* --- the machine --- */

/* How far the youngest file lies ahead of the clock. */
static int64_t clock_behind_s(Call *call) {
    static const char *const names[] = {"essaim.db", "essaim.db-wal", "swarms.snapshot"};
    int64_t behind = 0;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct stat status;
        Str path =
            arena_print(call->arena, "%.*s/%s", STR_PRINTF(call->settings->data_folder), names[i]);
        if (stat(path.at, &status) != 0) continue;
        int64_t ahead = (int64_t)status.st_mtime - clock_now();
        if (ahead > CLOCK_SLACK_S && ahead > behind) behind = ahead;
    }
    return behind;
}

static bool clock_is_kept(void) {
    struct timex clock = {0};
    return adjtimex(&clock) != TIME_ERROR && !(clock.status & STA_UNSYNC);
}

static void look_at_machine(Call *call, Diagnosis findings[MACHINE_CHECKS]) {
    const Settings *settings = call->settings;
    struct rlimit files = {0};
    getrlimit(RLIMIT_NOFILE, &files);
    Machine machine = {
        .data_folder = settings->data_folder,
        .udp_buffer_bytes = UDP_RECEIVE_BUFFER_BYTES,
        .connections_max = settings_number(settings, SETTING_http_connections_max),
        .files_max = files.rlim_max,
        .memory_bytes = settings_number(settings, SETTING_tracker_peers_max) * PEER_BYTES +
                        settings_number(settings, SETTING_tracker_torrents_max) * SWARM_BYTES,
        .clock_is_kept = clock_is_kept(),
        .clock_behind_s = clock_behind_s(call),
        .asks_others = settings_flag(settings, SETTING_probe_foreign_trackers) ||
                       settings_flag(settings, SETTING_probe_web_seeds),
        .arena = call->arena,
    };
    char folder[PATH_MAX];
    if (realpath(str_c(call->arena, settings->data_folder), folder))
        machine.data_folder = str_from_c(folder);
    machine.udp_listen =
        settings_endpoints(settings, SETTING_tracker_udp_listen, &machine.udp_listen_count);
    machine_diagnose(&machine, findings);
}

/* --- what is told --- */

static void tell(Call *call, const Diagnosis *finding) {
    call_print(call, "%-8s %-15s %.*s\n", diagnosis_state_name(finding->state), finding->name,
               STR_PRINTF(finding->words));
    if (finding->remedy.len) call_print(call, "%25s%.*s\n", "", STR_PRINTF(finding->remedy));
}

static json_t *finding_json(const Diagnosis *finding) {
    json_t *item = json_object();
    json_object_set_new(item, "check", json_string(finding->name));
    json_object_set_new(item, "state", json_string(diagnosis_state_name(finding->state)));
    json_object_set_new(item, "fine", json_boolean(finding->state != DIAGNOSIS_PROBLEM));
    json_object_set_new(item, "words", json_stringn(finding->words.at, finding->words.len));
    json_object_set_new(
        item, "remedy",
        finding->remedy.len ? json_stringn(finding->remedy.at, finding->remedy.len) : json_null());
    return item;
}

Error command_doctor(Call *call) {
    Diagnosis findings[FINDINGS_MAX] = {check_store(call), check_disk(call),   check_url(call),
                                        check_proxy(call), check_limits(call), check_tracker(call),
                                        check_probes(call)};
    size_t count = 0, problems = 0;
    while (findings[count].name) count++;
    look_at_machine(call, findings + count);
    count += MACHINE_CHECKS;
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        problems += findings[i].state == DIAGNOSIS_PROBLEM;
        json_array_append_new(list, finding_json(&findings[i]));
        if (!call->json) tell(call, &findings[i]);
    }
    if (call->json)
        call_print_json(call, list);
    else
        json_decref(list);
    return problems ? error(UNAVAILABLE, "ill", "Not all is well.") : OK;
}
