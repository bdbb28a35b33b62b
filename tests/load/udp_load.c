/* udp_load.c — announces to UDP trackers, measured side by side.
 * Usage: udp_load MODE [NAME@HOST:PORT@PID]... [key=value]...
 *   compare  fills every server, then rounds: each server in turn, as fast as it answers
 *   stall    fills the first server, then a steady rate with new peers: how long answers wait
 *   churn    fills, then rounds in which for each peer that goes another one comes: memory
 *   mix      fills, then what real clients send: BEP 41 options, scrapes, wrong ids
 *   flood    packets= of forged senders: announces with wrong ids, then a tenth as many connects
 *   hashes   prints the info-hashes of the plan, one a line
 * Keys: peers torrents shape(zipf aquatic uniform) sources seeders wanted seed burst flight rounds
 * seconds rate fill(percent of the peers that are there before `stall` begins) core. A NAME that
 * begins with "null" invents its answers: its peers are not looked at. One line a measurement. */
#include <assert.h>
#include <errno.h>

#include "base/limits.h"
#include "udp_flood.h"
#include "udp_flow.h"
#include "udp_mix.h"
#include "udp_process.h"

enum { TARGETS_MAX = 16, WARM_MS = 300 };

static const int64_t SECOND = 1000000000;

typedef struct {
    Str name;
    Endpoint server;
    int pid;
    Flow flow;
    uint64_t empty_bytes;
} Target;

typedef struct {
    Str mode;
    PlanWish plan;
    uint64_t burst, flight, rounds, milliseconds, rate, fill_percent, core, server_core, packets;
    Target targets[TARGETS_MAX];
    size_t target_count;
} Load;

static int fail(Str name, const char *words) {
    fprintf(stderr, "udp_load: %.*s: %s: %s\n", STR_PRINTF(name), words, strerror(errno));
    return 1;
}

static bool add_target(Load *load, Str word) {
    Target *target = &load->targets[load->target_count];
    uint64_t pid = 0;
    if (load->target_count == TARGETS_MAX) return false;
    target->name = str_cut(&word, '@');
    Str endpoint = str_cut(&word, '@');
    if (!endpoint_parse(endpoint, &target->server) || !str_to_u64(word, &pid)) return false;
    target->pid = (int)pid;
    load->target_count++;
    return true;
}

static bool read_number(Load *load, Str key, Str value) {
    uint64_t number = 0;
    PlanWish *plan = &load->plan;
    if (str_equal(key, STR("shape"))) return plan_shape_parse(value, &plan->shape);
    if (!str_to_u64(value, &number) || number > UINT32_MAX) return false;
    if (str_equal(key, STR("peers"))) return (plan->peers = (uint32_t)number) > 0;
    if (str_equal(key, STR("torrents"))) return (plan->torrents = (uint32_t)number) > 0;
    if (str_equal(key, STR("sources")))
        return (plan->sources = (uint32_t)number) > 0 && number <= FLOW_SOURCES_MAX;
    if (str_equal(key, STR("seeders"))) return (plan->seeders_percent = (unsigned)number) <= 100;
    if (str_equal(key, STR("wanted")))
        return (plan->wanted = (unsigned)number) <= TRACKER_PEERS_V4_MAX;
    if (str_equal(key, STR("burst"))) return (load->burst = number) > 0 && number <= FLOW_BURST_MAX;
    struct {
        Str key;
        uint64_t *place;
    } rest[] = {{STR("seed"), &plan->seed},      {STR("flight"), &load->flight},
                {STR("rounds"), &load->rounds},  {STR("milliseconds"), &load->milliseconds},
                {STR("rate"), &load->rate},      {STR("fill"), &load->fill_percent},
                {STR("core"), &load->core},      {STR("server_core"), &load->server_core},
                {STR("packets"), &load->packets}};
    for (size_t i = 0; i < sizeof rest / sizeof rest[0]; i++)
        if (str_equal(key, rest[i].key)) {
            *rest[i].place = number;
            return true;
        }
    return false;
}

static bool read_arguments(int argc, char **argv, Load *load) {
    if (argc < 2) return false;
    load->mode = str_from_c(argv[1]);
    for (int i = 2; i < argc; i++) {
        Str value = str_from_c(argv[i]);
        if (str_find_byte(value, '@') != STR_NONE) {
            if (!add_target(load, value)) return false;
            continue;
        }
        Str key = str_cut(&value, '=');
        if (!read_number(load, key, value)) return false;
    }
    return true;
}

static double per_second(uint64_t count, int64_t ns) {
    return (double)count * (double)SECOND / (double)ns;
}

static void print_flow(const Target *target, const char *what, const FlowTally *tally) {
    static const char *const kinds[] = {"good", "errors", "malformed", "too_many", "wrong"};
    printf(
        "%s server=%.*s announces_per_s=%.0f answers=%llu told=%.3f lost=%llu strange=%llu "
        "checked=%llu oneself=%llu p50_us=%.1f p99_us=%.1f p9999_us=%.1f max_us=%.1f "
        "generator_busy=%.2f",
        what, STR_PRINTF(target->name), per_second(tally->answers, tally->took_ns),
        (unsigned long long)tally->answers,
        tally->answers ? (double)tally->told / (double)tally->answers : 0,
        (unsigned long long)tally->lost, (unsigned long long)tally->strange,
        (unsigned long long)tally->checked, (unsigned long long)tally->oneself,
        (double)flow_latency_ns(tally, 0.5) / 1e3, (double)flow_latency_ns(tally, 0.99) / 1e3,
        (double)flow_latency_ns(tally, 0.9999) / 1e3, (double)tally->latency_max_ns / 1e3,
        1 - (double)tally->idle_ns / (double)tally->took_ns);
    for (unsigned i = 1; i < ANSWER_KINDS; i++)
        printf(" %s=%llu", kinds[i], (unsigned long long)tally->kinds[i]);
}

static int fill(Load *load, const Plan *plan, Target *target) {
    FlowWish wish = {.server = target->server,
                     .burst = (unsigned)load->burst,
                     .flight = (unsigned)(load->flight / load->burst),
                     .checks_peers = !str_starts(target->name, STR("null"))};
    target->empty_bytes = process_use(target->pid).rss_bytes;
    if (!flow_open(plan, &wish, &target->flow)) return fail(target->name, "no connect answer");
    uint32_t per_source = (uint32_t)((uint64_t)plan->peers_per_source * load->fill_percent / 100);
    /* The null server has nothing to fill: one round of its sources is enough. */
    if (!wish.checks_peers) per_source = per_source < 64 ? per_source : 64;
    if (!flow_fill(&target->flow, per_source)) return fail(target->name, "too much is lost");
    target->flow.filled = (uint32_t)((uint64_t)plan->peers_per_source * load->fill_percent / 100);
    ProcessUse use = process_use(target->pid);
    print_flow(target, "filled", &target->flow.tally);
    printf(" rss_mib=%.1f empty_mib=%.1f bytes_per_peer=%.2f\n", (double)use.rss_bytes / 1048576.0,
           (double)target->empty_bytes / 1048576.0,
           (double)use.rss_bytes / ((double)plan->wish.peers * (double)load->fill_percent / 100));
    fflush(stdout);
    return 0;
}

static void measure(const Load *load, Target *target) {
    flow_run(&target->flow, WARM_MS * (SECOND / 1000));
    ProcessUse before = process_use(target->pid);
    CoreUse core = core_use((unsigned)load->server_core);
    flow_run(&target->flow, (int64_t)load->milliseconds * (SECOND / 1000));
    ProcessUse after = process_use(target->pid);
    CoreUse later = core_use((unsigned)load->server_core);
    const FlowTally *tally = &target->flow.tally;
    double ticks = (double)(later.all - core.all) + 1e-9;
    print_flow(target, "measured", tally);
    printf(" cpu_ns=%.0f core_busy=%.2f stolen=%.2f rss_mib=%.1f\n",
           (double)(after.cpu_ns - before.cpu_ns) / (double)(tally->answers ? tally->answers : 1),
           (double)(later.busy - core.busy) / ticks, (double)(later.stolen - core.stolen) / ticks,
           (double)after.rss_bytes / 1048576.0);
    fflush(stdout);
}

static int compare(Load *load, const Plan *plan) {
    bool fits[TARGETS_MAX], all = true;
    for (size_t i = 0; i < load->target_count; i++)
        all &= fits[i] = fill(load, plan, &load->targets[i]) == 0;
    for (uint64_t round = 0; round < load->rounds; round++)
        for (size_t i = 0; i < load->target_count; i++)
            if (fits[i]) measure(load, &load->targets[i]);
    return all ? 0 : 1;
}

static int stall(Load *load, const Plan *plan) {
    Target *target = &load->targets[0];
    if (fill(load, plan, target)) return 1;
    flow_pace(&target->flow, (unsigned)load->rate, (int64_t)load->milliseconds * (SECOND / 1000));
    const FlowTally *tally = &target->flow.tally;
    print_flow(target, "paced", tally);
    printf(" rss_mib=%.1f histogram=", (double)process_use(target->pid).rss_bytes / 1048576.0);
    for (unsigned doubling = 12; doubling < 32; doubling++) {
        uint64_t count = 0;
        for (unsigned i = 0; i < 16; i++) count += tally->latencies[doubling * 16 + i];
        printf("%s%llu:%llu", doubling == 12 ? "" : ",", 2ull << doubling,
               (unsigned long long)count);
    }
    printf("\n");
    return 0;
}

static int churn(Load *load, const Plan *plan) {
    Target *target = &load->targets[0];
    if (fill(load, plan, target)) return 1;
    for (uint64_t round = 0; round < load->rounds; round++) {
        flow_churn(&target->flow, (int64_t)load->milliseconds * (SECOND / 1000));
        print_flow(target, "churned", &target->flow.tally);
        printf(" rss_mib=%.1f\n", (double)process_use(target->pid).rss_bytes / 1048576.0);
        fflush(stdout);
    }
    return 0;
}

static int mix(Load *load, const Plan *plan) {
    static const char *const words[] = {"connects", "announces", "scrapes", "forged"};
    Target *target = &load->targets[0];
    load->burst = 1;
    if (fill(load, plan, target)) return 1;
    for (uint64_t round = 0; round < load->rounds; round++) {
        MixTally tally;
        ProcessUse before = process_use(target->pid);
        mix_run(&target->flow, (int64_t)load->milliseconds * (SECOND / 1000), &tally);
        ProcessUse after = process_use(target->pid);
        uint64_t asked = 0;
        for (unsigned i = 0; i < MIX_KINDS; i++) asked += tally.asked[i];
        printf(
            "mixed server=%.*s requests_per_s=%.0f wrong=%llu lost=%llu strange=%llu cpu_ns=%.0f",
            STR_PRINTF(target->name), per_second(asked, tally.took_ns),
            (unsigned long long)tally.wrong, (unsigned long long)tally.lost,
            (unsigned long long)tally.strange,
            (double)(after.cpu_ns - before.cpu_ns) / (double)asked);
        for (unsigned i = 0; i < MIX_KINDS; i++)
            printf(" %s=%llu %s_answered=%llu", words[i], (unsigned long long)tally.asked[i],
                   words[i], (unsigned long long)tally.answered[i]);
        printf("\n");
        fflush(stdout);
    }
    return 0;
}

/* A server that has fallen silent is found by the fill that comes after the flood. */
static int flood(Load *load, const Plan *plan) {
    Target *target = &load->targets[0];
    for (unsigned kind = 0; kind < 2; kind++) {
        FloodWish wish = {.server = target->server,
                          .connects = kind == 1,
                          .packets = kind ? load->packets / 10 : load->packets,
                          .seed = load->plan.seed + kind};
        FloodTally tally;
        ProcessUse before = process_use(target->pid);
        if (!flood_run(&wish, &tally)) return fail(target->name, "flood");
        ProcessUse after = process_use(target->pid);
        printf(
            "%s server=%.*s sent=%llu sent_per_s=%.0f answers=%llu answer_bytes_max=%llu "
            "cpu_ns=%.0f rss_grown_mib=%.1f\n",
            kind ? "connects" : "forged", STR_PRINTF(target->name), (unsigned long long)tally.sent,
            per_second(tally.sent, tally.took_ns), (unsigned long long)tally.answers,
            (unsigned long long)tally.answer_bytes_max,
            (double)(after.cpu_ns - before.cpu_ns) / (double)tally.sent,
            (double)after.rss_bytes / 1048576.0 - (double)before.rss_bytes / 1048576.0);
        fflush(stdout);
    }
    return fill(load, plan, target);
}

static void print_hashes(const Plan *plan) {
    for (uint32_t torrent = 0; torrent < plan->wish.torrents; torrent++) {
        uint8_t hash[PLAN_HASH_BYTES];
        plan_hash(plan, torrent, hash);
        for (unsigned i = 0; i < PLAN_HASH_BYTES; i++) printf("%02x", hash[i]);
        printf("\n");
    }
}

static int run(Load *load, const Plan *plan) {
    if (str_equal(load->mode, STR("hashes"))) {
        print_hashes(plan);
        return 0;
    }
    if (!core_pin((unsigned)load->core)) return fail(load->mode, "cannot pin to the core");
    printf("plan peers=%u torrents=%u largest=%u asked=%.3f\n", plan->wish.peers,
           plan->used_torrents, plan->largest, plan_asked_mean(plan));
    fflush(stdout);
    if (str_equal(load->mode, STR("compare"))) return compare(load, plan);
    if (load->target_count != 1) {
        fprintf(stderr, "udp_load: this mode takes one server\n");
        return 2;
    }
    if (str_equal(load->mode, STR("stall"))) return stall(load, plan);
    if (str_equal(load->mode, STR("churn"))) return churn(load, plan);
    if (str_equal(load->mode, STR("mix"))) return mix(load, plan);
    if (str_equal(load->mode, STR("flood"))) return flood(load, plan);
    fprintf(stderr, "udp_load: no such mode\n");
    return 2;
}

int main(int argc, char **argv) {
    Load load = {.plan = {.seed = 1,
                          .peers = 200000,
                          .torrents = 10000,
                          .sources = 256,
                          .seeders_percent = 60,
                          .wanted = 50},
                 .burst = 4,
                 .flight = 128,
                 .rounds = 3,
                 .milliseconds = 1000,
                 .rate = 50000,
                 .fill_percent = 100,
                 .core = 1,
                 .packets = 10000000};
    Plan plan;
    if (!read_arguments(argc, argv, &load)) {
        fprintf(stderr,
                "usage: udp_load compare|stall|hashes [NAME@HOST:PORT@PID]... "
                "[key=value]...; see the head of udp_load.c\n");
        return 2;
    }
    if (!plan_create(&load.plan, &plan)) {
        fprintf(stderr, "udp_load: more sources are needed for so many peers\n");
        return 2;
    }
    int status = run(&load, &plan);
    for (size_t i = 0; i < load.target_count; i++)
        if (load.targets[i].flow.sources) flow_close(&load.targets[i].flow);
    plan_free(&plan);
    return status;
}
