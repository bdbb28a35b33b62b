/* The probes alone, for tests with servers of their own:
 *   probe_run [OPTION]... scrape URL HASH...     what a tracker claims
 *   probe_run [OPTION]... seed URL FILE.torrent CHANCE   how a web seed is found
 *   probe_run [OPTION]... knock ADDRESS:PORT HASH|-      whether a peer is there
 * --private allows private addresses, --name=IP,IP is what every name resolves to, --timeout=MS,
 * --own=ADDRESS:PORT is a listener of ours. Answers in words on one line each. */
#include "base/encode.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/random.h"
#include "probe/peer.h"
#include "probe/scrape.h"
#include "probe/web_seed.h"
#include "torrent/metainfo.h"

typedef struct {
    Arena arena;
    OutboundSettings settings;
    Endpoint own;
    IpAddress named[OUTBOUND_ADDRESSES_MAX];
    size_t named_count;
} Run;

static size_t resolve(void *argument, Str host, IpAddress ret_ips[]) {
    const Run *run = argument;
    (void)host;
    memcpy(ret_ips, run->named, run->named_count * sizeof *ret_ips);
    return run->named_count;
}

static void name(Run *run, Str ips) {
    while (ips.len && run->named_count < OUTBOUND_ADDRESSES_MAX)
        if (ip_parse(str_cut(&ips, ','), &run->named[run->named_count])) run->named_count++;
    run->settings.resolve = resolve;
    run->settings.resolve_argument = run;
}

static int take_options(Run *run, int count, char **words) {
    int at = 1;
    for (; at < count && words[at][0] == '-' && words[at][1] == '-'; at++) {
        Str word = str_from_c(words[at]);
        uint64_t ms = 0;
        if (str_equal(word, STR("--private"))) run->settings.allow_private_addresses = true;
        if (str_starts(word, STR("--name="))) name(run, str_skip(word, 7));
        if (str_starts(word, STR("--own=")) && endpoint_parse(str_skip(word, 6), &run->own)) {
            run->settings.own_listeners = &run->own;
            run->settings.own_listener_count = 1;
        }
        if (str_starts(word, STR("--timeout=")) && str_to_u64(str_skip(word, 10), &ms))
            run->settings.timeout_ms = (Milliseconds)ms;
    }
    return at;
}

static int scrape(Run *run, int count, char **words) {
    static SwarmHash hashes[1000];
    static SwarmClaim claims[1000];
    ScrapeAsk ask = {hashes, 0};
    for (int i = 1; i < count && ask.count < 1000; i++)
        if (hex_parse(str_from_c(words[i]), hashes[ask.count].bytes, SHA1_BYTES)) ask.count++;
    Outbound *outbound = outbound_create(&run->settings);
    ScrapeAnswer answer = scrape_tracker(outbound, str_from_c(words[0]), &ask, claims);
    printf("%.*s %zu %lld\n", STR_PRINTF(outcome_code(answer.outcome)), answer.answered,
           (long long)answer.min_interval_s);
    for (size_t i = 0; i < answer.answered; i++)
        printf("%d %u %u %u\n", claims[i].known, claims[i].seeders, claims[i].leechers,
               claims[i].completed);
    outbound_free(outbound);
    return 0;
}

static int seed(Run *run, int count, char **words) {
    Str bytes;
    Metainfo metainfo;
    WebSeedAsk ask = {.url = str_from_c(words[0]), .piece_bytes_max = 4 * MIB};
    if (count < 3 || !str_to_u64(str_from_c(words[2]), &ask.chance)) return 2;
    if (failed(file_read(str_from_c(words[1]), TORRENT_FILE_BYTES_MAX, &run->arena, &bytes)))
        return 2;
    if (failed(metainfo_parse(bytes, &run->arena, &metainfo))) return 2;
    ask.info = metainfo.info;
    ask.piece_layers = metainfo.piece_layers;
    Outbound *outbound = outbound_create(&run->settings);
    Outcome outcome = web_seed_check(outbound, &ask, &run->arena);
    printf("%.*s\n", STR_PRINTF(outcome_code(outcome)));
    outbound_free(outbound);
    return 0;
}

static int knock(Run *run, int count, char **words) {
    static const char *const verdicts[] = {"not_asked", "closed", "open", "greeted"};
    PeerKnock knock = {0};
    PeerVerdict verdict;
    if (count < 2 || !endpoint_parse(str_from_c(words[0]), &knock.at)) return 2;
    knock.is_in_swarm = hex_parse(str_from_c(words[1]), knock.hash.bytes, SHA1_BYTES);
    Outbound *outbound = outbound_create(&run->settings);
    peer_knock(outbound, &knock, 1, &verdict);
    printf("%s\n", verdicts[verdict]);
    outbound_free(outbound);
    return 0;
}

int main(int count, char **words) {
    Run run = {.arena = arena_create(REQUEST_ARENA_BYTES_MAX),
               .settings = {.timeout_ms = 2000, .agent = STR("essaim/test (+http://t.example)")}};
    int status = 2, at = take_options(&run, count, words);
    if (!random_start()) return 1;
    fetch_start();
    Str verb = at < count ? str_from_c(words[at]) : (Str){0};
    int left = count - at - 1;
    if (left > 0 && str_equal(verb, STR("scrape"))) status = scrape(&run, left, words + at + 1);
    if (left > 0 && str_equal(verb, STR("seed"))) status = seed(&run, left, words + at + 1);
    if (left > 0 && str_equal(verb, STR("knock"))) status = knock(&run, left, words + at + 1);
    fetch_end();
    arena_free(&run.arena);
    return status;
}
