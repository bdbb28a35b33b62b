#include <errno.h>
#include <jansson.h>
#include <sys/resource.h>
#include <sys/statvfs.h>

#include "base/log.h"
#include "command/commands.h"

enum { FREE_BYTES_WANTED = 256 * 1024 * 1024, FILES_WANTED = 4096 };

typedef struct {
    const char *name;
    bool fine;
    Str words;
} Finding;

static Finding check_store(Call *call) {
    Finding finding = {.name = "store", .words = STR("the database is whole")};
    Error e = store_check(call->program->community.store);
    finding.fine = !failed(e);
    if (!finding.fine) finding.words = error_text(e, call->arena);
    return finding;
}

static Finding check_disk(Call *call) {
    Finding finding = {.name = "disk"};
    struct statvfs status;
    if (statvfs(str_c(call->arena, call->settings->data_folder), &status) != 0) {
        finding.words = str_from_c(strerrordesc_np(errno));
        return finding;
    }
    unsigned long long bytes = (unsigned long long)status.f_bavail * status.f_frsize;
    finding.fine = bytes >= FREE_BYTES_WANTED;
    finding.words = arena_print(call->arena, "%llu MiB free in the data folder%s", bytes >> 20,
                                finding.fine ? "" : ": make room, writes will soon be refused");
    return finding;
}

static Finding check_files(Call *call) {
    Finding finding = {.name = "open files"};
    struct rlimit limit = {0};
    getrlimit(RLIMIT_NOFILE, &limit);
    finding.fine = limit.rlim_max >= FILES_WANTED;
    finding.words =
        arena_print(call->arena, "%llu may be open at once%s", (unsigned long long)limit.rlim_max,
                    finding.fine ? "" : ": raise LimitNOFILE for a busy site");
    return finding;
}

static Finding check_url(Call *call) {
    Finding finding = {.name = "site.url", .fine = true};
    Str url = settings_text(call->settings, SETTING_site_url);
    bool https = str_starts(url, STR("https://"));
    bool local = str_starts(url, STR("http://127.")) || str_starts(url, STR("http://localhost"));
    finding.fine = https || local;
    finding.words =
        finding.fine ? url
                     : arena_print(call->arena, "%.*s is not https: passwords travel in the clear",
                                   STR_PRINTF(url));
    return finding;
}

static Finding check_tracker(Call *call) {
    Finding finding = {.name = "tracker", .fine = true, .words = STR("open only to listed works")};
    if (settings_flag(call->settings, SETTING_tracker_open))
        finding.words = STR("open to every work");
    if (settings_flag(call->settings, SETTING_tracker_allow_private_addresses))
        finding.words = STR("hands out private addresses: right for a local network only");
    return finding;
}

/* What leaves this machine, and to whom. */
static Finding check_probes(Call *call) {
    const Settings *settings = call->settings;
    bool foreign = settings_flag(settings, SETTING_probe_foreign_trackers);
    bool seeds = settings_flag(settings, SETTING_probe_web_seeds);
    bool reach = settings_flag(settings, SETTING_probe_reachability);
    Finding finding = {
        .name = "probes", .fine = true, .words = STR("off: nothing is asked of others")};
    if (!foreign && !seeds && !reach) return finding;
    finding.words = arena_print(call->arena, "on, so this machine calls on%s%s%s%s%s",
                                foreign ? " other trackers" : "",
                                foreign && (seeds || reach) ? "," : "", seeds ? " web seeds" : "",
                                seeds && reach ? "," : "", reach ? " ports of seeders" : "");
    if (!settings_flag(settings, SETTING_probe_allow_private_addresses)) return finding;
    finding.fine = false;
    finding.words = arena_print(call->arena,
                                "%.*s, in private networks too: whoever may upload can make it "
                                "call on its neighbours; set probe.allow_private_addresses=no",
                                STR_PRINTF(finding.words));
    return finding;
}

Error command_doctor(Call *call) {
    const Finding findings[] = {check_store(call), check_disk(call),    check_files(call),
                                check_url(call),   check_tracker(call), check_probes(call)};
    size_t count = sizeof findings / sizeof findings[0], ill = 0;
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        const Finding *finding = &findings[i];
        ill += !finding->fine;
        json_t *item = json_object();
        json_object_set_new(item, "check", json_string(finding->name));
        json_object_set_new(item, "fine", json_boolean(finding->fine));
        json_object_set_new(item, "words", json_stringn(finding->words.at, finding->words.len));
        json_array_append_new(list, item);
        if (!call->json)
            call_print(call, "%-5s %-12s %.*s\n", finding->fine ? "fine" : "ILL", finding->name,
                       STR_PRINTF(finding->words));
    }
    if (call->json)
        call_print_json(call, list);
    else
        json_decref(list);
    if (ill) return error(UNAVAILABLE, "ill", "Not all is well.");
    return OK;
}
