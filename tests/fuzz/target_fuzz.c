/* Any address of a tracker: what is taken is written anew so that it reads the same, and its host
 * holds nothing that another reader could take for something else. */
#include <assert.h>

#include "probe/http_scrape.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

enum { URL_BYTES_MAX = 2048 };

static void check_host(Str host) {
    assert(host.len > 0);
    for (size_t i = 0; i < host.len; i++)
        assert(!memchr("@/?#\\%[] \t\r\n", host.at[i], 12) && host.at[i] > ' ');
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    static const SwarmHash hash = {"\0\xff& aaaaaaaaaaaaaaaa"};
    Target first, again;
    if (target_parse(str_from_bytes(bytes, len), &first) != OUTCOME_OK) return 0;
    assert(target_port_is_fit(first.port));
    check_host(first.host);
    Arena arena = arena_create(1 << 16);
    Str url = target_url(&first, &arena);
    if (url.len <= URL_BYTES_MAX) { /* the port may have been added */
        assert(target_parse(url, &again) == OUTCOME_OK);
        assert(first.scheme == again.scheme && first.port == again.port);
        assert(str_equal(first.host, again.host) && str_equal(first.rest, again.rest));
    }
    if (http_scrape_can(&first)) {
        Str scrape = http_scrape_url(&first, &hash, 1, &arena);
        if (scrape.len <= URL_BYTES_MAX) {
            assert(target_parse(scrape, &again) == OUTCOME_OK);
            assert(str_equal(first.host, again.host) && first.port == again.port);
        }
    }
    arena_free(&arena);
    return 0;
}
