#include "probe/scrape.h"

#include "base/limits.h"
#include "probe/fetch.h"

Outcome scrape_check(Str announce_url, Target *ret_target) {
    Target target;
    Outcome outcome = target_parse(announce_url, &target);
    if (outcome != OUTCOME_OK) return outcome;
    if (target.scheme != TARGET_UDP && !http_scrape_can(&target)) return OUTCOME_NO_SCRAPE;
    *ret_target = target;
    return OUTCOME_OK;
}

static Outcome outcome_of_status(const Fetched *fetched) {
    if (fetched->status == 200) return fetched->is_cut ? OUTCOME_BAD_ANSWER : OUTCOME_OK;
    if (fetched->status >= 300 && fetched->status < 400) return OUTCOME_MOVED;
    if (fetched->status == 404 || fetched->status == 410) return OUTCOME_NO_SCRAPE;
    return OUTCOME_REFUSED;
}

static Outcome read_answer(Str body, const ScrapeAsk *batch, SwarmClaim *claims,
                           Seconds *min_interval_s) {
    switch (http_scrape_read(body, batch->hashes, claims, batch->count, min_interval_s)) {
        case HTTP_SCRAPE_ANSWERED: return OUTCOME_OK;
        case HTTP_SCRAPE_REFUSED: return OUTCOME_REFUSED;
        default: return OUTCOME_BAD_ANSWER;
    }
}

static ScrapeAnswer scrape_http(const Outbound *outbound, const Target *target, Endpoint to,
                                const ScrapeAsk *ask, SwarmClaim *ret_claims) {
    ScrapeAnswer answer = {0};
    while (answer.answered < ask->count && answer.outcome == OUTCOME_OK) {
        size_t left = ask->count - answer.answered;
        ScrapeAsk batch = {ask->hashes + answer.answered,
                           left < PROBE_HTTP_HASHES_MAX ? left : PROBE_HTTP_HASHES_MAX};
        Arena arena = arena_create(PROBE_ARENA_BYTES_MAX);
        FetchAsk fetch = {.to = to, .bytes_max = PROBE_SCRAPE_BYTES_MAX};
        fetch.url = http_scrape_url(target, batch.hashes, batch.count, &arena);
        Fetched fetched;
        answer.outcome = fetch_get(outbound, &fetch, &arena, &fetched);
        if (answer.outcome == OUTCOME_OK) answer.outcome = outcome_of_status(&fetched);
        if (answer.outcome == OUTCOME_OK)
            answer.outcome = read_answer(fetched.body, &batch, ret_claims + answer.answered,
                                         &answer.min_interval_s);
        if (answer.outcome == OUTCOME_OK) answer.answered += batch.count;
        arena_free(&arena);
    }
    return answer;
}

ScrapeAnswer scrape_tracker(Outbound *outbound, Str announce_url, const ScrapeAsk *ask,
                            SwarmClaim *ret_claims) {
    ScrapeAnswer answer = {0};
    Target target;
    Endpoint to;
    for (size_t i = 0; i < ask->count; i++) ret_claims[i] = (SwarmClaim){0};
    answer.outcome = scrape_check(announce_url, &target);
    if (answer.outcome == OUTCOME_OK) answer.outcome = outbound_find(outbound, &target, &to);
    if (answer.outcome != OUTCOME_OK) return answer;
    return target.scheme == TARGET_UDP ? scrape_udp(outbound, to, ask, ret_claims)
                                       : scrape_http(outbound, &target, to, ask, ret_claims);
}
