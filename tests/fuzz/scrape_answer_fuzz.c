/* Whatever a tracker answers to a scrape, over UDP or HTTP: only credible claims for the hashes
 * asked come out, and the rest is untouched. */
#include <assert.h>

#include "base/limits.h"
#include "probe/http_scrape.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

enum { HASHES = 3, TRANSACTION = 0x41424344 };

static void check_claims(const SwarmClaim *claims, size_t count) {
    for (size_t i = 0; i < count; i++) {
        assert(swarm_claim_is_credible(&claims[i]));
        if (!claims[i].known)
            assert(claims[i].seeders == 0 && claims[i].leechers == 0 && claims[i].completed == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    static const SwarmHash hashes[HASHES] = {
        {"aaaaaaaaaaaaaaaaaaaa"}, {"bbbbbbbbbbbbbbbbbbbb"}, {{0}}};
    Str answer = str_from_bytes(bytes, len);
    SwarmClaim claims[HASHES];
    memset(claims, 0xA5, sizeof claims);
    UdpScrapeVerdict udp = udp_scrape_read(answer, TRANSACTION, claims, HASHES);
    if (udp == UDP_SCRAPE_ANSWERED)
        check_claims(claims, HASHES);
    else
        assert(claims[0].seeders == 0xA5A5A5A5);
    uint64_t id = 7;
    if (udp_scrape_read_connect(answer, TRANSACTION, &id) != UDP_SCRAPE_ANSWERED) assert(id == 7);
    Seconds interval_s = 0;
    memset(claims, 0xA5, sizeof claims);
    if (http_scrape_read(answer, hashes, claims, HASHES, &interval_s) == HTTP_SCRAPE_ANSWERED)
        check_claims(claims, HASHES);
    assert(interval_s >= 0 && interval_s <= PROBE_PAUSE_S_MAX);
    return 0;
}
