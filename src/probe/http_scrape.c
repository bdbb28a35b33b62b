#include "probe/http_scrape.h"

#include <assert.h>

#include "base/encode.h"
#include "torrent/bencode.h"

/* Where "announce" stands in target->rest; STR_NONE when not at the start of the last part. */
static size_t find_announce(const Target *target) {
    Str path = str_part(target->rest, 0, str_find_byte(target->rest, '?'));
    size_t last = path.len;
    while (last > 0 && path.at[last - 1] != '/') last--;
    bool is_there = last > 0 && str_starts(str_skip(path, last), STR("announce"));
    return is_there ? last : STR_NONE;
}

bool http_scrape_can(const Target *announce) {
    return announce->scheme != TARGET_UDP && find_announce(announce) != STR_NONE;
}

Str http_scrape_url(const Target *announce, const SwarmHash *hashes, size_t count, Arena *arena) {
    enum { HASH_BYTES = sizeof "&info_hash=" + 3 * SHA1_BYTES };
    size_t at = find_announce(announce);
    assert(at != STR_NONE);
    Target bare = *announce;
    bare.rest = str_part(announce->rest, 0, at);
    Str start = target_url(&bare, arena), end = str_skip(announce->rest, at + strlen("announce"));
    Text url = text_create(arena, start.len + end.len + sizeof "scrape" + count * HASH_BYTES);
    text_add(&url, start);
    text_add(&url, STR("scrape"));
    text_add(&url, end);
    char separator = str_find_byte(end, '?') == STR_NONE ? '?' : '&';
    for (size_t i = 0; i < count; i++) {
        text_add_byte(&url, separator);
        text_add(&url, STR("info_hash="));
        percent_write(&url, str_from_bytes(hashes[i].bytes, sizeof hashes[i].bytes));
        separator = '&';
    }
    assert(!url.full);
    return text_str(&url);
}

static bool as_count(Str value, uint32_t *ret_count) {
    int64_t number = 0;
    if (value.len && !bencode_as_integer(value, &number)) return false;
    if (number < 0 || number > UINT32_MAX) return false;
    *ret_count = (uint32_t)number;
    return true;
}

/* A tracker must say how many seeders and leechers there are; completions it may keep. */
static SwarmClaim read_claim(Str dict) {
    Str complete = {0}, incomplete = {0}, downloaded = {0};
    const BencodeSlot slots[] = {{STR("complete"), &complete},
                                 {STR("downloaded"), &downloaded},
                                 {STR("incomplete"), &incomplete}};
    SwarmClaim claim = {.known = true};
    if (bencode_kind(dict) != BENCODE_DICT) return (SwarmClaim){0};
    bencode_find(dict, slots, sizeof slots / sizeof *slots);
    if (!complete.len || !incomplete.len || !as_count(complete, &claim.seeders) ||
        !as_count(incomplete, &claim.leechers) || !as_count(downloaded, &claim.completed) ||
        !swarm_claim_is_credible(&claim))
        return (SwarmClaim){0};
    return claim;
}

static void read_files(Str files, const SwarmHash *hashes, SwarmClaim *claims, size_t count) {
    BencodeReader reader = bencode_reader(files);
    bencode_next(&reader);
    for (;;) {
        BencodeToken key = bencode_next(&reader);
        if (key.kind != BENCODE_STRING) return;
        Str value = bencode_value(&reader);
        if (key.string.len != SHA1_BYTES) continue;
        for (size_t i = 0; i < count; i++)
            if (memcmp(key.string.at, hashes[i].bytes, SHA1_BYTES) == 0)
                claims[i] = read_claim(value);
    }
}

static Seconds read_min_interval(Str flags) {
    Str value = {0};
    const BencodeSlot slot = {STR("min_request_interval"), &value};
    int64_t interval_s = 0;
    if (bencode_kind(flags) == BENCODE_DICT) bencode_find(flags, &slot, 1);
    bencode_as_integer(value, &interval_s);
    if (interval_s < 0) return 0;
    return interval_s > PROBE_PAUSE_S_MAX ? PROBE_PAUSE_S_MAX : interval_s;
}

HttpScrapeVerdict http_scrape_read(Str answer, const SwarmHash *hashes, SwarmClaim *ret_claims,
                                   size_t count, Seconds *ret_min_interval_s) {
    if (bencode_check(answer, false).fault != FAULT_NONE || bencode_kind(answer) != BENCODE_DICT)
        return HTTP_SCRAPE_BROKEN;
    Str failure = {0}, files = {0}, flags = {0};
    const BencodeSlot slots[] = {
        {STR("failure reason"), &failure}, {STR("files"), &files}, {STR("flags"), &flags}};
    bencode_find(answer, slots, sizeof slots / sizeof *slots);
    *ret_min_interval_s = read_min_interval(flags);
    if (failure.len) return HTTP_SCRAPE_REFUSED;
    if (bencode_kind(files) != BENCODE_DICT) return HTTP_SCRAPE_BROKEN;
    for (size_t i = 0; i < count; i++) ret_claims[i] = (SwarmClaim){0};
    read_files(files, hashes, ret_claims, count);
    return HTTP_SCRAPE_ANSWERED;
}
