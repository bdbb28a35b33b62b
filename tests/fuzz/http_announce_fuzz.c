/* Any query: announces and scrapes are read or refused, and what is written is whole. */
#include "tracker/http_announce.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void scrape(Str query, Arena *arena) {
    HttpScrape asked;
    SwarmState states[TRACKER_SCRAPE_HASHES_MAX] = {0};
    HttpRefusal refusal = http_scrape_parse(query, &asked);
    if (refusal.words.len) {
        char room[TRACKER_HTTP_ANSWER_BYTES_MAX];
        size_t len = http_refusal_write(refusal, room);
        assert(len <= sizeof room && room[len - 1] == 'e');
        return;
    }
    assert(asked.count >= 1 && asked.count <= TRACKER_SCRAPE_HASHES_MAX);
    for (size_t i = 1; i < asked.count; i++)
        assert(memcmp(&asked.hashes[i - 1], &asked.hashes[i], sizeof asked.hashes[i]) < 0);
    assert(str_ends(http_scrape_write(&asked, states, arena), STR("eeee")));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    static const IpAddress from = {{0x2a, 1, [15] = 1}};
    Arena arena = arena_create(4 * MIB);
    Str query = str_from_bytes(bytes, len < HTTP_TARGET_BYTES_MAX ? len : HTTP_TARGET_BYTES_MAX);
    Announce announce;
    HttpRefusal refusal = http_announce_parse(query, from, &announce);
    if (refusal.words.len == 0) {
        assert(announce.from.port != 0 && ip_equal(announce.from.ip, from));
        assert(announce.wanted <= TRACKER_PEERS_V4_MAX && announce.event <= EVENT_PAUSED);
    }
    scrape(query, &arena);
    arena_free(&arena);
    return 0;
}
